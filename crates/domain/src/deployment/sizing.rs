//! How many nodes of which type a deployment gets. The arithmetic is documented in `docs/howto`; what it rests on are
//! the constants here.

use serde::{Deserialize, Serialize};

use crate::subscription::{
    database::{DatabaseOrder, DatabaseSize, MemoryStorage, ThroughputUnit},
    network::Spread,
};

/// The share of a node's memory that databases may use, in per cent. The rest is for the system, for the processes
/// and for copies made while persisting.
pub const USABLE_MEMORY_PERCENT: u64 = 70;
/// What one master shard holds at most, in GB.
pub const SHARD_GB: f64 = 25.0;
/// What one master shard does at most, in operations per second.
pub const SHARD_OPERATIONS: u64 = 25_000;
/// How many shards a virtual processor carries.
pub const SHARDS_PER_VCPU: u64 = 2;
/// The share of a database on flash that is in RAM when nothing is said, in per cent.
pub const DEFAULT_RAM_PERCENT: u8 = 20;
/// The fewest nodes of a deployment that outlives the loss of one: two must remain to agree.
pub const FEWEST_AVAILABLE: u32 = 3;
/// The most nodes of a deployment.
pub const MOST_NODES: u32 = 35;
/// The size of a root volume in GiB.
pub const ROOT_GIB: u32 = 30;

/// A machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// AWS's name.
    pub name: &'static str,
    /// Virtual processors.
    pub vcpus: u32,
    /// Memory in GiB.
    pub memory_gib: u32,
}

/// The machines a node can be, smallest first: 8 GiB for each virtual processor, as a database in memory wants it.
pub const MACHINES: [Machine; 5] = [
    Machine { name: "r6i.large", vcpus: 2, memory_gib: 16 },
    Machine { name: "r6i.xlarge", vcpus: 4, memory_gib: 32 },
    Machine { name: "r6i.2xlarge", vcpus: 8, memory_gib: 64 },
    Machine { name: "r6i.4xlarge", vcpus: 16, memory_gib: 128 },
    Machine { name: "r6i.8xlarge", vcpus: 32, memory_gib: 256 },
];

/// What databases need together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Memory for data and replicas, in GB.
    pub memory_gb: f64,
    /// Flash, in GB.
    pub flash_gb: f64,
    /// Shards, replicas included.
    pub shards: u64,
    /// Whether any of them has a replica.
    pub replicated: bool,
}

/// The nodes of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizing {
    /// How many.
    pub nodes: u32,
    /// Their type.
    pub instance_type: String,
    /// Virtual processors of each.
    pub vcpus: u32,
    /// Memory of each in GiB.
    pub memory_gib: u32,
    /// The data volume of each in GiB.
    pub data_gib: u32,
}

/// What these databases need in a region.
pub fn demand(databases: &[DatabaseOrder], storage: MemoryStorage, region: &str) -> Demand {
    let mut total = Demand { memory_gb: 0.0, flash_gb: 0.0, shards: 0, replicated: false };
    for database in databases {
        let copies: u64 = if database.replication { 2 } else { 1 };
        let (each, dataset) = match database.size {
            DatabaseSize::Dataset(size) => (size.0 * copies as f64, size.0),
            DatabaseSize::MemoryLimit(size) => (size.0, size.0 / copies as f64),
        };
        let in_ram = match storage {
            MemoryStorage::Ram => each,
            MemoryStorage::RamAndFlash => {
                each * f64::from(database.ram_percentage.unwrap_or(DEFAULT_RAM_PERCENT)) / 100.0
            }
        };
        let quantity = f64::from(database.quantity);
        total.memory_gb += in_ram * quantity;
        total.flash_gb += (each - in_ram) * quantity;
        total.shards += masters(database, dataset, region) * copies * u64::from(database.quantity);
        total.replicated |= database.replication;
    }
    total
}

/// The master shards of one database: enough for its data and for what it does.
fn masters(database: &DatabaseOrder, dataset_gb: f64, region: &str) -> u64 {
    let local = database.local_throughput.iter().find(|local| local.region == region);
    let for_work = match (local, database.throughput.by) {
        (Some(local), _) => local.operations.div_ceil(SHARD_OPERATIONS),
        (None, ThroughputUnit::OperationsPerSecond) => database.throughput.value.div_ceil(SHARD_OPERATIONS),
        (None, ThroughputUnit::NumberOfShards) => database.throughput.value,
    };
    for_work.max((dataset_gb / SHARD_GB).ceil() as u64).max(1)
}

/// The nodes that meet a demand: of all machines and numbers that do, the least memory in all, then the fewest nodes.
/// `None` when no deployment can be that large.
///
/// A deployment with replicas, or over several zones, has an odd number of nodes, three at least, and still meets the
/// demand when one of them is lost.
pub fn nodes_for(demand: &Demand, spread: Spread) -> Option<Sizing> {
    let available = demand.replicated || spread == Spread::MultiZone;
    let fits = MACHINES.iter().filter_map(|machine| {
        let nodes = (1..=MOST_NODES).find(|nodes| {
            let working = if available { nodes - 1 } else { *nodes };
            let allowed = !available || (*nodes >= FEWEST_AVAILABLE && nodes % 2 == 1);
            allowed && meets(demand, machine, working)
        })?;
        Some((machine, nodes))
    });
    let (machine, nodes) = fits.min_by_key(|(machine, nodes)| (machine.memory_gib * nodes, *nodes))?;
    let flash_gib = (gib(demand.flash_gb) / f64::from(nodes)).ceil() as u32;
    Some(Sizing {
        nodes,
        instance_type: machine.name.to_owned(),
        vcpus: machine.vcpus,
        memory_gib: machine.memory_gib,
        // Room for a snapshot and for the log that is being rewritten.
        data_gib: 2 * machine.memory_gib + flash_gib,
    })
}

fn meets(demand: &Demand, machine: &Machine, working: u32) -> bool {
    let memory = f64::from(working) * f64::from(machine.memory_gib) * USABLE_MEMORY_PERCENT as f64 / 100.0;
    let shards = u64::from(working) * u64::from(machine.vcpus) * SHARDS_PER_VCPU;
    gib(demand.memory_gb) <= memory && demand.shards <= shards
}

/// Databases are ordered in powers of ten, machines made in powers of two.
fn gib(gb: f64) -> f64 {
    gb * 1e9 / f64::from(1 << 30)
}
