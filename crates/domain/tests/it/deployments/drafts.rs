//! From an order to a blueprint, and everything that stands against it.

use berth_domain::{
    deployment::{
        blueprint::{Key, Ref, Spec},
        draft::{Neighbour, draft},
        inventory::{Inventory, Limited, Quota, SecurityGroup, Subnet, Vpc},
    },
    problem::Problem,
    subscription::network::{Networking, Spread},
    task::ErrorType,
};

use crate::deployments::model::{drafted, managed, order, parts, sizing, survey};

#[test]
fn nodes_are_spread_over_the_zones() {
    let blueprint = drafted(Spread::MultiZone, 5).blueprint;
    let subnet = |number| match blueprint.get(&Key::node(number)) {
        Some(Spec::Instance(node)) => node.subnet.clone(),
        other => panic!("{other:?}"),
    };
    let zone = |number| Ref::Own(Key::subnet(&format!("use1-az{number}")));
    assert_eq!((1..=5).map(subnet).collect::<Vec<_>>(), [1, 2, 3, 1, 2].map(zone));
}

#[test]
fn subnets_are_quarters_of_the_network() {
    let blueprint = drafted(Spread::MultiZone, 3).blueprint;
    let cidr = |zone: &str| match blueprint.get(&Key::subnet(zone)) {
        Some(Spec::Subnet { cidr, .. }) => cidr.to_string(),
        other => panic!("{other:?}"),
    };
    let cidrs = ["use1-az1", "use1-az2", "use1-az3"].map(cidr);
    assert_eq!(cidrs, ["10.0.0.0/26", "10.0.0.64/26", "10.0.0.128/26"]);
}

#[test]
fn preferred_zones_are_used_in_their_order() {
    let mut order = order(Spread::MultiZone, managed());
    order.zones.preferred = ["use1-az4", "use1-az1", "use1-az2"].map(|zone| zone.parse().unwrap()).into();
    let draft = draft(&order, &sizing(3), &survey(), &parts(), "regions[0]").unwrap();
    assert_eq!(draft.zones, ["use1-az4", "use1-az1", "use1-az2"]);
}

#[test]
fn everything_that_stands_against_it_is_named_at_once() {
    let mut order = order(Spread::SingleZone, managed());
    order.zones.preferred = vec!["use1-az9".parse().unwrap()];
    let mut survey = survey();
    survey.machines.clear();
    survey.neighbours.push(Neighbour {
        network: "10.0.0.0/16".parse().unwrap(),
        whose: "subscription 7".into(),
        vpc: None,
    });
    survey.vpcs.push(vpc("vpc-9", "10.0.0.128/25"));
    let quota = |of| Quota { of, limit: Some(6), used: Some(5), unknown_because: None };
    survey.quotas = vec![quota(Limited::StandardVcpus), quota(Limited::Vpcs)];
    let problems = draft(&order, &sizing(3), &survey, &parts(), "regions[0]").unwrap_err();
    let kinds: Vec<_> = problems.iter().map(|problem| problem.kind).collect();
    let told = Problem::tell(&problems);
    assert_eq!(
        kinds,
        [
            ErrorType::SubscriptionInvalidCidr,
            ErrorType::SubscriptionPreferredAzInvalidValue,
            ErrorType::PlannerFailure,
            ErrorType::PlannerFailure,
        ],
        "{told}"
    );
    for words in [
        "subscription 7",
        "10.0.0.128/25 of vpc-9 in the AWS account",
        "use1-az9",
        "r6i.large",
        "6 virtual processors",
        "L-1216C47A",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

fn vpc(id: &str, cidr: &str) -> Vpc {
    Vpc {
        id: id.into(),
        cidrs: vec![cidr.parse().unwrap()],
        available: true,
        dns_support: None,
        dns_hostnames: None,
        tags: Default::default(),
    }
}

#[rstest::rstest]
#[case::vcpus(Limited::StandardVcpus, 6, 5, "6 virtual processors")]
#[case::vpcs(Limited::Vpcs, 5, 5, "1 VPCs in the region are needed, and 0 of 5 are free")]
#[case::gateways(Limited::InternetGateways, 5, 5, "1 internet gateways in the region are needed")]
#[case::groups(Limited::SecurityGroups, 5, 4, "2 security groups in the region are needed, and 1 of 5")]
#[case::interfaces(
    Limited::NetworkInterfaces,
    5,
    3,
    "3 network interfaces in the region are needed, and 2 of 5"
)]
#[case::more_used_than_allowed(Limited::Vpcs, 5, 9, "0 of 5 are free")]
fn what_there_is_no_room_for_is_refused(
    #[case] of: Limited,
    #[case] limit: u32,
    #[case] used: u32,
    #[case] words: &str,
) {
    let mut survey = survey();
    survey.quotas = vec![Quota { of, limit: Some(limit), used: Some(used), unknown_because: None }];
    let order = order(Spread::SingleZone, managed());
    let problems = draft(&order, &sizing(3), &survey, &parts(), "regions[0]").unwrap_err();
    let told = Problem::tell(&problems);
    assert!(problems.len() == 1 && told.contains(words) && told.contains(of.code().1), "{told}");
    survey.quotas[0].used = None;
    draft(&order, &sizing(3), &survey, &parts(), "regions[0]").expect("what is not known is no problem");
}

/// The survey, where only some zones have the nodes' type.
fn survey_with_machines_in(zones: &[&str]) -> berth_domain::deployment::draft::Survey {
    let mut survey = survey();
    let there = zones.iter().map(|zone| (*zone).to_owned()).collect();
    survey
        .machines
        .iter_mut()
        .for_each(|machine| machine.zones = Some(std::collections::BTreeSet::clone(&there)));
    survey
}

#[test]
fn zones_without_the_nodes_type_are_not_used() {
    let survey = survey_with_machines_in(&["use1-az2", "use1-az3", "use1-az4"]);
    let mut order = order(Spread::MultiZone, managed());
    let draft = |order: &_| draft(order, &sizing(3), &survey, &parts(), "regions[0]");
    assert_eq!(draft(&order).unwrap().zones, ["use1-az2", "use1-az3", "use1-az4"]);
    order.zones.preferred = ["use1-az4", "use1-az1", "use1-az2"].map(|zone| zone.parse().unwrap()).into();
    let told = Problem::tell(&draft(&order).unwrap_err());
    assert!(told.contains("names use1-az1, where AWS has no instances of type r6i.large"), "{told}");
}

#[test]
fn three_zones_with_the_nodes_type_are_needed_for_three() {
    let survey = survey_with_machines_in(&["use1-az2"]);
    let order = order(Spread::MultiZone, managed());
    let told = Problem::tell(&draft(&order, &sizing(3), &survey, &parts(), "regions[0]").unwrap_err());
    assert!(told.contains("needs 3 availability zones with instances of type r6i.large"), "{told}");
}

#[test]
fn the_vpc_of_another_deployment_is_named_once() {
    let mut survey = survey();
    let network = "10.0.0.0/16".parse().unwrap();
    survey.neighbours.push(Neighbour { network, whose: "subscription 7".into(), vpc: None });
    survey.vpcs.push(vpc("vpc-7", "10.0.0.0/16"));
    let order = order(Spread::SingleZone, managed());
    let told = Problem::tell(&draft(&order, &sizing(3), &survey, &parts(), "regions[0]").unwrap_err());
    assert!(told.contains("subscription 7") && !told.contains("vpc-7"), "{told}");
}

fn own_network() -> (Networking, Inventory) {
    let networking = Networking::Customer {
        vpc_id: "vpc-00000001".parse().unwrap(),
        subnet_ids: vec!["subnet-00000001".parse().unwrap()],
        security_group_id: "sg-00000001".parse().unwrap(),
        stated_cidr: None,
    };
    let network = Inventory {
        vpcs: vec![vpc("vpc-00000001", "10.3.0.0/16")],
        subnets: vec![Subnet {
            id: "subnet-00000001".into(),
            vpc: "vpc-00000001".into(),
            cidr: Some("10.3.1.0/24".parse().unwrap()),
            zone_id: Some("use1-az2".into()),
            public_addresses: None,
            free_addresses: Some(100),
            tags: Default::default(),
        }],
        groups: vec![SecurityGroup {
            id: "sg-00000001".into(),
            vpc: "vpc-00000001".into(),
            name: "redis".into(),
            rules: Default::default(),
            tags: Default::default(),
        }],
        ..Inventory::default()
    };
    (networking, network)
}

#[test]
fn in_a_network_of_the_customers_only_nodes_and_their_key_are_made() {
    let (networking, network) = own_network();
    let mut survey = survey();
    survey.network = network;
    let draft = draft(&order(Spread::SingleZone, networking), &sizing(1), &survey, &parts(), "r").unwrap();
    let keys: Vec<_> = draft.blueprint.resources.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(keys, ["key-pair", "node/1", "node/1/root", "node/1/data"]);
    assert_eq!(draft.network.to_string(), "10.3.0.0/16");
}

#[test]
fn a_network_of_the_customers_must_be_there_and_have_room() {
    let (networking, mut network) = own_network();
    let mut survey = survey();
    network.subnets[0].free_addresses = Some(2);
    survey.network = network.clone();
    let order = order(Spread::SingleZone, networking);
    let problems = draft(&order, &sizing(3), &survey, &parts(), "r").unwrap_err();
    assert!(Problem::tell(&problems).contains("2 addresses free"), "{problems:?}");
    network.groups[0].vpc = "vpc-other".into();
    network.subnets.clear();
    survey.network = network;
    let problems = draft(&order, &sizing(3), &survey, &parts(), "r").unwrap_err();
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn a_subnet_for_ipv6_only_has_no_room() {
    let (networking, mut network) = own_network();
    (network.subnets[0].cidr, network.subnets[0].free_addresses) = (None, Some(200));
    let mut survey = survey();
    survey.network = network;
    let order = order(Spread::SingleZone, networking);
    let told = Problem::tell(&draft(&order, &sizing(1), &survey, &parts(), "r").unwrap_err());
    assert!(told.contains("0 addresses free"), "{told}");
}

#[test]
fn a_subnet_in_a_zone_without_the_nodes_type_is_refused() {
    let (networking, network) = own_network();
    let mut survey = survey_with_machines_in(&["use1-az1"]);
    survey.network = network;
    let order = order(Spread::SingleZone, networking);
    let told = Problem::tell(&draft(&order, &sizing(1), &survey, &parts(), "r").unwrap_err());
    assert!(told.contains("is in use1-az2, where AWS has no instances of type r6i.large"), "{told}");
}
