//! How many nodes of which type: the documented arithmetic, by examples.

use berth_domain::{
    deployment::sizing::{Demand, demand, nodes_for},
    subscription::{
        database::{
            DatabaseOrder, DatabaseSize, Gigabytes, LocalThroughput, MemoryStorage, Protocol, Throughput,
            ThroughputUnit,
        },
        network::Spread,
    },
};
use proptest::prelude::*;
use rstest::rstest;

fn database(size: DatabaseSize, replication: bool) -> DatabaseOrder {
    DatabaseOrder {
        name: "db".into(),
        protocol: Protocol::Redis,
        size,
        replication,
        throughput: Throughput { by: ThroughputUnit::OperationsPerSecond, value: 1_000 },
        local_throughput: Vec::new(),
        quantity: 1,
        ram_percentage: None,
        details: serde_json::Map::new(),
    }
}

fn dataset(gb: f64) -> DatabaseSize {
    DatabaseSize::Dataset(Gigabytes(gb))
}

#[rstest]
#[case::plain(database(dataset(10.0), false), 10.0, 1)]
#[case::replicated(database(dataset(10.0), true), 20.0, 2)]
#[case::memory_limit_holds_the_replica(database(DatabaseSize::MemoryLimit(Gigabytes(20.0)), true), 20.0, 2)]
#[case::several(DatabaseOrder { quantity: 3, ..database(dataset(1.0), true) }, 6.0, 6)]
#[case::sharded_by_size(database(dataset(60.0), false), 60.0, 3)]
#[case::sharded_by_work(DatabaseOrder { throughput: Throughput { by: ThroughputUnit::OperationsPerSecond, value: 100_000 }, ..database(dataset(1.0), true) }, 2.0, 8)]
#[case::shards_by_number(DatabaseOrder { throughput: Throughput { by: ThroughputUnit::NumberOfShards, value: 5 }, ..database(dataset(1.0), true) }, 2.0, 10)]
#[case::work_of_the_region(DatabaseOrder { local_throughput: vec![LocalThroughput { region: "us-east-1".into(), operations: 50_000 }], ..database(dataset(1.0), false) }, 1.0, 2)]
fn memory_and_shards_add_up(#[case] database: DatabaseOrder, #[case] memory: f64, #[case] shards: u64) {
    let demand = demand(&[database], MemoryStorage::Ram, "us-east-1");
    assert!((demand.memory_gb - memory).abs() < 1e-9, "{demand:?}");
    assert_eq!(demand.shards, shards);
}

#[test]
fn on_flash_a_fifth_is_in_memory() {
    let demand = demand(&[database(dataset(100.0), false)], MemoryStorage::RamAndFlash, "us-east-1");
    assert!((demand.memory_gb - 20.0).abs() < 1e-9);
    assert!((demand.flash_gb - 80.0).abs() < 1e-9);
}

#[rstest]
#[case::smallest(1.0, 1, false, Spread::SingleZone, Some((1, "r6i.large")))]
#[case::available(2.0, 2, true, Spread::SingleZone, Some((3, "r6i.large")))]
#[case::zones(1.0, 1, false, Spread::MultiZone, Some((3, "r6i.large")))]
// 16 GiB × 70 % is 11.2 GiB, which is 12.0 GB.
#[case::just_fits(12.0, 1, false, Spread::SingleZone, Some((1, "r6i.large")))]
#[case::just_not(12.1, 1, false, Spread::SingleZone, Some((1, "r6i.xlarge")))]
// Two of three nodes must hold it all.
#[case::one_lost(24.0, 2, true, Spread::SingleZone, Some((3, "r6i.large")))]
#[case::one_lost_and_more(24.1, 2, true, Spread::SingleZone, Some((5, "r6i.large")))]
// Nine shards are three times four and less memory than one machine for sixteen.
#[case::many_shards(1.0, 9, false, Spread::SingleZone, Some((3, "r6i.large")))]
#[case::too_large(10_000.0, 1, false, Spread::SingleZone, None)]
fn nodes_meet_the_demand(
    #[case] memory_gb: f64,
    #[case] shards: u64,
    #[case] replicated: bool,
    #[case] spread: Spread,
    #[case] expected: Option<(u32, &str)>,
) {
    let sizing = nodes_for(&Demand { memory_gb, flash_gb: 0.0, shards, replicated }, spread);
    let sizing = sizing.as_ref().map(|it| (it.nodes, it.instance_type.as_str()));
    assert_eq!(sizing, expected);
}

proptest! {
    #[test]
    fn more_is_never_less(memory in 0.1_f64..2000.0, shards in 1_u64..200, replicated in any::<bool>()) {
        let of = |memory_gb, shards| {
            let demand = Demand { memory_gb, flash_gb: 0.0, shards, replicated };
            nodes_for(&demand, Spread::SingleZone).map(|it| it.nodes * it.memory_gib)
        };
        if let (Some(less), Some(more)) = (of(memory, shards), of(memory * 1.5, shards + 1)) {
            prop_assert!(less <= more);
        }
    }
}
