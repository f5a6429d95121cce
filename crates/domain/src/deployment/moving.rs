//! Leaving a zone in which AWS has no machines left, while a deployment is being built.

use std::collections::BTreeMap;

use super::{
    blueprint::{Blueprint, Key, Ref, Resource, Spec},
    draft::user_data,
    state::Deployment,
};
use crate::ids::DeploymentId;

/// The zone to try instead of a full one: the next of the usable ones, by id, that is not used already. Each is tried
/// once, because the nodes that leave a zone get new numbers; `None` when all were tried.
pub fn next_zone<'a>(deployment: &Deployment, full: &str, usable: &'a [String]) -> Option<&'a str> {
    let nodes = deployment.blueprint.nodes();
    let highest = deployment.blueprint.resources.iter().filter_map(|it| number(&it.key)).max()?;
    let in_zone = (nodes / deployment.zones.len().max(1)).max(1);
    let moves = (highest as usize - nodes.min(highest as usize)) / in_zone;
    let untried = moves + 1 < usable.len();
    let (before, after) = usable.split_at(usable.partition_point(|zone| zone.as_str() <= full));
    let free = |zone: &&String| !deployment.zones.contains(zone);
    after.iter().chain(before).filter(|_| untried).find(free).map(String::as_str)
}

/// The same deployment with its subnet and its nodes of one zone in another one. The nodes have new numbers, so that
/// what was begun in the old zone is told from what is to be, and is removed.
pub fn moved(blueprint: &Blueprint, deployment: DeploymentId, from: &str, to: &str) -> Blueprint {
    let (old, new) = (Key::subnet(from), Key::subnet(to));
    let highest = blueprint.resources.iter().filter_map(|it| number(&it.key)).max().unwrap_or_default();
    let leaving = blueprint
        .resources
        .iter()
        .filter(|it| matches!(&it.spec, Spec::Instance(node) if node.subnet == Ref::Own(old.clone())));
    let renamed: BTreeMap<&Key, Key> =
        leaving.zip(highest + 1..).map(|(it, number)| (&it.key, Key::node(number))).collect();
    let resources = blueprint.resources.iter().cloned().map(|resource| {
        let Resource { key, spec } = resource;
        match spec {
            Spec::Subnet { cidr, .. } if key == old => {
                Resource { key: new.clone(), spec: Spec::Subnet { zone_id: to.to_owned(), cidr } }
            }
            Spec::RouteTable { subnets } => {
                let subnets = subnets.into_iter().map(|it| if it == old { new.clone() } else { it });
                Resource { key, spec: Spec::RouteTable { subnets: subnets.collect() } }
            }
            Spec::Instance(mut node) if renamed.contains_key(&key) => {
                let key = renamed[&key].clone();
                node.subnet = Ref::Own(new.clone());
                node.user_data = user_data(deployment, &key);
                Resource { key, spec: Spec::Instance(node) }
            }
            Spec::Volume { instance, volume } if renamed.contains_key(&instance) => {
                let node = renamed[&instance].clone();
                let is_root = key == instance.root_volume();
                let key = if is_root { node.root_volume() } else { node.data_volume() };
                Resource { key, spec: Spec::Volume { instance: node, volume } }
            }
            spec => Resource { key, spec },
        }
    });
    Blueprint { resources: resources.collect() }
}

/// The number of a node.
fn number(key: &Key) -> Option<u32> {
    key.as_str().strip_prefix("node/")?.parse().ok()
}
