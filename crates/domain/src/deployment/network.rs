//! Where nodes go: which zones, which subnets.

use ipnet::Ipv4Net;

use super::inventory::{InstanceType, Zone};
use crate::{
    problem::Problem,
    subscription::network::{Spread, Zones},
    task::ErrorType,
};

/// How many parts a network is cut into for several zones: three are used, one is spare.
const PARTS_BITS: u8 = 2;

/// The zones to use: those preferred, in their order, or else the first of the region that have the nodes' type.
/// Without a type (the region does not have it, which is said elsewhere) every zone will do. `path` is the region's
/// in the order.
pub fn choose_zones(
    zones: &Zones,
    there: &[Zone],
    machine: Option<&InstanceType>,
    path: &str,
) -> Result<Vec<String>, Vec<Problem>> {
    let usable = usable_zones(there, machine);
    let needed = zones.spread.zones();
    if zones.preferred.is_empty() {
        if usable.len() < needed {
            let of = machine
                .map_or(String::new(), |machine| format!(" with instances of type {}", machine.name));
            let message = format!(
                "needs {needed} availability zones{of}; this AWS account has {} in the region",
                usable.len()
            );
            let field = format!("{path}.multipleAvailabilityZones");
            let kind = ErrorType::SubscriptionRegionDoesNotSupportMultiAz;
            return Err(vec![Problem::new(field, kind, message)]);
        }
        return Ok(usable.into_iter().take(needed).collect());
    }
    let missing = zones.preferred.iter().enumerate();
    let missing: Vec<Problem> = missing
        .filter(|(_, zone)| !usable.iter().any(|usable| usable == zone.as_str()))
        .map(|(at, zone)| {
            let field = format!("{path}.preferredAvailabilityZones[{at}]");
            let known = there.iter().any(|it| it.available && it.id == zone.as_str());
            let why = match machine {
                Some(machine) if known => format!("where AWS has no instances of type {}", machine.name),
                _ => "which this AWS account cannot use in the region".to_owned(),
            };
            let message = format!("names {zone}, {why}; it can have {}", usable.join(", "));
            Problem::new(field, ErrorType::SubscriptionPreferredAzInvalidValue, message)
        })
        .collect();
    match missing.is_empty() {
        true => Ok(zones.preferred.iter().map(|zone| zone.as_str().to_owned()).collect()),
        false => Err(missing),
    }
}

/// The zones that can be used and have instances of that type, by id.
pub fn usable_zones(there: &[Zone], machine: Option<&InstanceType>) -> Vec<String> {
    let has = |zone: &&Zone| machine.is_none_or(|machine| machine.is_in(&zone.id));
    let mut usable: Vec<String> =
        there.iter().filter(|zone| zone.available).filter(has).map(|zone| zone.id.clone()).collect();
    usable.sort_unstable();
    usable
}

/// The subnet of each zone: the whole network for one zone, a quarter each for three.
pub fn subnets(network: Ipv4Net, zones: &[String]) -> Vec<(String, Ipv4Net)> {
    if zones.len() <= Spread::SingleZone.zones() {
        return zones.iter().map(|zone| (zone.clone(), network)).collect();
    }
    let parts = network
        .subnets(network.prefix_len() + PARTS_BITS)
        .expect("a network of an order has at least 256 addresses");
    zones.iter().cloned().zip(parts).collect()
}
