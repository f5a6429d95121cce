//! One resource as it should be against the same resource as it was seen: what differs, and what would mend it.

use std::collections::BTreeSet;

use super::{
    AwsId,
    action::{Change, NewVolume, Rules},
    blueprint::{ANYWHERE, InstanceSpec, Key, PeerSpec, RuleSpec, Spec},
    difference::{Attachment, Difference, VolumeShape},
    inventory::{Instance, InstanceState, Inventory, Peer, Route, Rule, Traffic, Volume},
    record::Records,
};

/// The type of every volume that Berth makes, as [`NewVolume`] says.
const VOLUME_TYPE: &str = "gp3";

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// What differs.
    pub difference: Difference,
    /// The calls that put it right, in order; none when there is no way without making it anew.
    pub mend: Vec<Change>,
}

impl From<Difference> for Deviation {
    fn from(difference: Difference) -> Self {
        Self { difference, mend: Vec::new() }
    }
}

impl Deviation {
    fn mend(mut self, change: Change) -> Self {
        self.mend.push(change);
        self
    }
}

/// How a resource was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Not at all.
    Absent,
    /// On its way to something, by itself or by AWS's own doing: nothing can be said yet.
    Unsettled,
    /// At rest, with these differences.
    AtRest(Vec<Deviation>),
}

/// Compares a resource with what it should be like.
pub fn compare(spec: &Spec, id: &AwsId, records: Records<'_>, inventory: &Inventory) -> Seen {
    match spec {
        Spec::Vpc { cidr } => vpc(*cidr, id, inventory),
        Spec::Subnet { .. } => subnet(id, inventory),
        Spec::InternetGateway => gateway(id, records, inventory),
        Spec::RouteTable { subnets } => routes(subnets, id, records, inventory),
        Spec::SecurityGroup { rules, .. } => group(rules, id, records, inventory),
        Spec::KeyPair { .. } => match inventory.key_pairs.iter().any(|it| it.id == *id) {
            true => Seen::AtRest(Vec::new()),
            false => Seen::Absent,
        },
        Spec::Instance(spec) => match inventory.instance(id) {
            Some(seen) => instance(spec, seen, records, inventory),
            None => Seen::Absent,
        },
        Spec::Volume { instance, volume } => {
            let Some(seen) = inventory.volumes.iter().find(|it| it.id == *id) else { return Seen::Absent };
            self::volume(volume, records.id(instance), seen)
        }
    }
}

fn volume(spec: &NewVolume, owner: Option<&AwsId>, seen: &Volume) -> Seen {
    let mut found: Vec<Deviation> = Vec::new();
    let at = |instance: Option<&AwsId>, device: Option<&String>| {
        instance.map(|instance| Attachment { instance: instance.clone(), device: device.cloned() })
    };
    let moved = seen.device.as_ref().is_some_and(|device| *device != spec.device);
    if seen.instance.as_ref() != owner || moved {
        let (expected, is) =
            (at(owner, Some(&spec.device)), at(seen.instance.as_ref(), seen.device.as_ref()));
        found.push(Difference::VolumeDetached { expected, found: is }.into());
    }
    if seen.encrypted == Some(false) {
        found.push(Difference::VolumeUnencrypted.into());
    }
    let shape = |size_gib, volume_type: &str| VolumeShape { size_gib, volume_type: volume_type.to_owned() };
    let expected = shape(spec.size_gib, VOLUME_TYPE);
    let is = shape(seen.size_gib, seen.volume_type.as_deref().unwrap_or(VOLUME_TYPE));
    if is != expected {
        found.push(Difference::VolumeChanged { expected, found: is }.into());
    }
    Seen::AtRest(found)
}

fn vpc(cidr: ipnet::Ipv4Net, id: &AwsId, inventory: &Inventory) -> Seen {
    let Some(seen) = inventory.vpcs.iter().find(|it| it.id == *id) else { return Seen::Absent };
    if !seen.available {
        return Seen::Unsettled;
    }
    let mut found: Vec<Deviation> = Vec::new();
    if seen.cidrs != [cidr] {
        found.push(Difference::OtherNetworks { expected: cidr, found: seen.cidrs.clone() }.into());
    }
    if seen.dns_support == Some(false) {
        let change = Change::EnableDnsSupport(id.clone());
        found.push(Deviation::from(Difference::DnsSupportOff).mend(change));
    }
    if seen.dns_hostnames == Some(false) {
        let change = Change::EnableDnsHostnames(id.clone());
        found.push(Deviation::from(Difference::DnsHostnamesOff).mend(change));
    }
    Seen::AtRest(found)
}

fn subnet(id: &AwsId, inventory: &Inventory) -> Seen {
    let Some(seen) = inventory.subnets.iter().find(|it| it.id == *id) else { return Seen::Absent };
    let mut found = Vec::new();
    if seen.public_addresses == Some(false) {
        let change = Change::GivePublicAddresses(id.clone());
        found.push(Deviation::from(Difference::NoPublicAddresses).mend(change));
    }
    Seen::AtRest(found)
}

fn gateway(id: &AwsId, records: Records<'_>, inventory: &Inventory) -> Seen {
    let Some(seen) = inventory.gateways.iter().find(|it| it.id == *id) else { return Seen::Absent };
    let Some(vpc) = records.id(&Key::vpc()) else { return Seen::Unsettled };
    if seen.vpc.as_ref() == Some(vpc) {
        return Seen::AtRest(Vec::new());
    }
    let detached =
        Deviation::from(Difference::GatewayDetached { expected: vpc.clone(), found: seen.vpc.clone() });
    let attach = Change::AttachGateway { gateway: id.clone(), vpc: vpc.clone() };
    Seen::AtRest(vec![if seen.vpc.is_none() { detached.mend(attach) } else { detached }])
}

fn routes(subnets: &BTreeSet<Key>, id: &AwsId, records: Records<'_>, inventory: &Inventory) -> Seen {
    let Some(seen) = inventory.route_tables.iter().find(|it| it.id == *id) else { return Seen::Absent };
    let Some(gateway) = records.id(&Key::gateway()) else { return Seen::Unsettled };
    let out = Route { destination: ANYWHERE.to_owned(), target: gateway.clone() };
    let add = Change::AddRoute { table: id.clone(), route: out.clone() };
    let remove =
        |route: &Route| Change::RemoveRoute { table: id.clone(), destination: route.destination.clone() };
    let mut found = Vec::new();
    for route in seen.routes.iter().filter(|route| **route != out) {
        found.push(if route.destination == out.destination {
            Deviation::from(Difference::RouteChanged { expected: out.clone(), found: route.clone() })
                .mend(remove(route))
                .mend(add.clone())
        } else {
            Deviation::from(Difference::RouteAdded { route: route.clone() }).mend(remove(route))
        });
    }
    if !seen.routes.iter().any(|route| route.destination == out.destination) {
        found.push(Deviation::from(Difference::RouteRemoved { route: out }).mend(add));
    }
    for key in subnets {
        let Some(subnet) = records.id(key) else { return Seen::Unsettled };
        if !seen.associations.contains_key(subnet) {
            let other = inventory.route_tables.iter().find(|it| it.associations.contains_key(subnet));
            let deviation = Deviation::from(Difference::SubnetWithoutRoutes {
                subnet: subnet.clone(),
                expected: id.clone(),
                found: other.map(|other| other.id.clone()),
            });
            let associate = Change::AssociateRouteTable { table: id.clone(), subnet: subnet.clone() };
            found.push(if other.is_none() { deviation.mend(associate) } else { deviation });
        }
    }
    Seen::AtRest(found)
}

fn group(specs: &BTreeSet<RuleSpec>, id: &AwsId, records: Records<'_>, inventory: &Inventory) -> Seen {
    let Some(seen) = inventory.groups.iter().find(|it| it.id == *id) else { return Seen::Absent };
    let Some(expected) = rules(specs, records) else { return Seen::Unsettled };
    let mut missing: BTreeSet<&Rule> = expected.difference(&seen.rules).collect();
    let mut found = Vec::new();
    for rule in seen.rules.difference(&expected) {
        let revoke = Change::Revoke(just(id, rule));
        let narrower = missing.iter().copied().find(|missing| covers(rule, missing));
        found.push(match narrower {
            Some(narrower) => {
                missing.remove(narrower);
                let widened = Difference::RuleWidened { expected: narrower.clone(), found: rule.clone() };
                Deviation::from(widened).mend(Change::Authorize(just(id, narrower))).mend(revoke)
            }
            None => Deviation::from(Difference::RuleAdded { rule: rule.clone() }).mend(revoke),
        });
    }
    for rule in missing {
        let authorize = Change::Authorize(just(id, rule));
        found.push(Deviation::from(Difference::RuleRemoved { rule: rule.clone() }).mend(authorize));
    }
    Seen::AtRest(found)
}

fn just(group: &AwsId, rule: &Rule) -> Rules {
    Rules {
        group: group.clone(),
        direction: rule.direction,
        rules: [(rule.traffic.clone(), rule.peer.clone())].into(),
    }
}

/// The rules with AWS's ids in them; `None` as long as one is not known.
pub(super) fn rules(specs: &BTreeSet<RuleSpec>, records: Records<'_>) -> Option<BTreeSet<Rule>> {
    specs
        .iter()
        .map(|spec| {
            let peer = match &spec.peer {
                PeerSpec::Cidr(cidr) => Peer::Cidr(*cidr),
                PeerSpec::Group(group) => Peer::Group(records.resolve(group)?.clone()),
            };
            Some(Rule { direction: spec.direction, traffic: spec.traffic.clone(), peer })
        })
        .collect()
}

/// Whether `wide` allows all that `narrow` allows.
fn covers(wide: &Rule, narrow: &Rule) -> bool {
    let traffic = match (&wide.traffic, &narrow.traffic) {
        (Traffic::All, _) => true,
        (Traffic::Tcp(from, to), Traffic::Tcp(first, last))
        | (Traffic::Udp(from, to), Traffic::Udp(first, last)) => from <= first && last <= to,
        (wide, narrow) => wide == narrow,
    };
    let peer = match (&wide.peer, &narrow.peer) {
        (Peer::Cidr(wide), Peer::Cidr(narrow)) => wide.contains(narrow),
        (wide, narrow) => wide == narrow,
    };
    wide.direction == narrow.direction && traffic && peer
}

fn instance(spec: &InstanceSpec, seen: &Instance, records: Records<'_>, inventory: &Inventory) -> Seen {
    // AWS's own doing: a failed host, a retirement. It starts the instance again, or says so in the node's status.
    let by_aws = seen.state_reason.as_deref().is_some_and(|reason| reason.starts_with("Server."));
    match seen.state {
        InstanceState::Pending => return Seen::Unsettled,
        InstanceState::ShuttingDown | InstanceState::Terminated if !by_aws => {
            let (state, reason) = (seen.state, seen.state_reason.clone());
            return Seen::AtRest(vec![Difference::Terminated { state, reason }.into()]);
        }
        InstanceState::Running => {}
        _ if by_aws => return Seen::Unsettled,
        _ => {}
    }
    let mut found: Vec<Deviation> = Vec::new();
    if seen.state != InstanceState::Running {
        let (state, reason) = (seen.state, seen.state_reason.clone());
        let stopped = Deviation::from(Difference::Stopped { state, reason });
        found.push(match state {
            InstanceState::Stopped => stopped.mend(Change::StartInstance(seen.id.clone())),
            _ => stopped,
        });
    }
    if seen.instance_type != spec.instance_type {
        let (expected, is) = (spec.instance_type.clone(), seen.instance_type.clone());
        found.push(Difference::Retyped { expected, found: is }.into());
    }
    if seen.profile.as_ref() != Some(&spec.profile) {
        let (expected, is) = (spec.profile.clone(), seen.profile.clone());
        found.push(Difference::OtherProfile { expected, found: is }.into());
    }
    let groups: Option<BTreeSet<AwsId>> =
        spec.groups.iter().map(|to| records.resolve(to).cloned()).collect();
    let Some(groups) = groups else { return Seen::Unsettled };
    if seen.groups != groups {
        let change = Change::SetGroups { instance: seen.id.clone(), groups: groups.clone() };
        let other = Difference::OtherGroups { expected: groups, found: seen.groups.clone() };
        found.push(Deviation::from(other).mend(change));
    }
    if seen.tokens_required == Some(false) {
        found.push(Difference::MetadataOpen.into());
    }
    if seen.monitoring == Some(false) {
        found.push(Difference::MonitoringOff.into());
    }
    found.extend(added_volumes(spec, seen, inventory));
    Seen::AtRest(found)
}

fn added_volumes<'a>(
    spec: &'a InstanceSpec,
    seen: &'a Instance,
    inventory: &'a Inventory,
) -> impl Iterator<Item = Deviation> + 'a {
    let volumes = seen.volumes.iter().flatten();
    let added = volumes.filter(|(device, _)| spec.volumes.iter().all(|volume| volume.device != **device));
    added.map(|(device, id)| {
        let encrypted = inventory.volumes.iter().find(|it| it.id == *id).and_then(|it| it.encrypted);
        let (device, volume) = (device.clone(), id.clone());
        Difference::VolumeAdded { device, volume, unencrypted: encrypted == Some(false) }.into()
    })
}
