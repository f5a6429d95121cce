//! One resource as it should be against the same resource as it was seen: what differs, and what would mend it.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use super::{
    AwsId,
    action::{Change, Rules},
    blueprint::{ANYWHERE, InstanceSpec, Key, PeerSpec, RuleSpec, Spec},
    inventory::{Direction, Instance, InstanceState, Inventory, Peer, Route, Rule, Traffic},
    record::Records,
};

/// What is different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The resource is not there any more.
    Gone,
    /// The instance was stopped.
    Stopped,
    /// The instance was terminated.
    Terminated,
    /// The instance is of another type.
    Retyped,
    /// The instance has another instance profile, or none.
    OtherProfile,
    /// The instance has other security groups.
    OtherGroups,
    /// The instance's metadata may be read without a session token.
    MetadataOpen,
    /// The instance's detailed monitoring is off.
    MonitoringOff,
    /// The security group has a rule too many.
    RuleAdded,
    /// The security group lacks a rule.
    RuleRemoved,
    /// A rule of the security group allows more than it should.
    RuleWidened,
    /// The route table has a route too many.
    RouteAdded,
    /// The route table lacks a route.
    RouteRemoved,
    /// A route leads elsewhere.
    RouteChanged,
    /// The subnet does not use the route table.
    SubnetWithoutRoutes,
    /// The gateway is not attached to the VPC.
    GatewayDetached,
    /// An attribute of the subnet is another.
    SubnetChanged,
    /// An attribute of the VPC is another.
    VpcChanged,
    /// A tag is gone.
    TagRemoved,
    /// A tag has another value.
    TagChanged,
    /// The volume is not attached where it should be.
    VolumeDetached,
    /// The volume is not encrypted.
    VolumeUnencrypted,
    /// The volume is of another size or type.
    VolumeChanged,
    /// A volume is attached that does not belong there.
    VolumeAdded,
    /// Something that Berth did not make is in the VPC.
    Unknown,
}

impl What {
    /// Every difference.
    pub const ALL: [Self; 25] = [
        Self::Gone,
        Self::Stopped,
        Self::Terminated,
        Self::Retyped,
        Self::OtherProfile,
        Self::OtherGroups,
        Self::MetadataOpen,
        Self::MonitoringOff,
        Self::RuleAdded,
        Self::RuleRemoved,
        Self::RuleWidened,
        Self::RouteAdded,
        Self::RouteRemoved,
        Self::RouteChanged,
        Self::SubnetWithoutRoutes,
        Self::GatewayDetached,
        Self::SubnetChanged,
        Self::VpcChanged,
        Self::TagRemoved,
        Self::TagChanged,
        Self::VolumeDetached,
        Self::VolumeUnencrypted,
        Self::VolumeChanged,
        Self::VolumeAdded,
        Self::Unknown,
    ];

    /// The word in the API, in metrics and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Stopped => "stopped",
            Self::Terminated => "terminated",
            Self::Retyped => "retyped",
            Self::OtherProfile => "other-profile",
            Self::OtherGroups => "other-groups",
            Self::MetadataOpen => "metadata-open",
            Self::MonitoringOff => "monitoring-off",
            Self::RuleAdded => "rule-added",
            Self::RuleRemoved => "rule-removed",
            Self::RuleWidened => "rule-widened",
            Self::RouteAdded => "route-added",
            Self::RouteRemoved => "route-removed",
            Self::RouteChanged => "route-changed",
            Self::SubnetWithoutRoutes => "subnet-without-routes",
            Self::GatewayDetached => "gateway-detached",
            Self::SubnetChanged => "subnet-changed",
            Self::VpcChanged => "vpc-changed",
            Self::TagRemoved => "tag-removed",
            Self::TagChanged => "tag-changed",
            Self::VolumeDetached => "volume-detached",
            Self::VolumeUnencrypted => "volume-unencrypted",
            Self::VolumeChanged => "volume-changed",
            Self::VolumeAdded => "volume-added",
            Self::Unknown => "unknown-resource",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.as_str() == text)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub what: What,
    /// What should be, for people.
    pub expected: String,
    /// What is, for people.
    pub found: String,
    /// The calls that put it right, in order; none when there is no way without making it anew.
    pub mend: Vec<Change>,
}

impl Difference {
    fn new(what: What, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { what, expected: expected.into(), found: found.into(), mend: Vec::new() }
    }

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
    AtRest(Vec<Difference>),
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
            let mut found = Vec::new();
            let at = |instance: &Option<AwsId>, device: &Option<String>| match (instance, device) {
                (Some(instance), Some(device)) => format!("attached to {instance} as {device}"),
                (Some(instance), None) => format!("attached to {instance}"),
                (None, _) => "attached to nothing".to_owned(),
            };
            let owner = records.id(instance).cloned();
            let moved = seen.device.as_ref().is_some_and(|device| *device != volume.device);
            if seen.instance != owner || moved {
                let expected = at(&owner, &Some(volume.device.clone()));
                found.push(Difference::new(
                    What::VolumeDetached,
                    expected,
                    at(&seen.instance, &seen.device),
                ));
            }
            if seen.encrypted == Some(false) {
                found.push(Difference::new(What::VolumeUnencrypted, "encrypted", "not encrypted"));
            }
            let kind = seen.volume_type.as_deref().unwrap_or("gp3");
            if seen.size_gib != volume.size_gib || kind != "gp3" {
                let expected = format!("{} GiB of gp3", volume.size_gib);
                found.push(Difference::new(
                    What::VolumeChanged,
                    expected,
                    format!("{} GiB of {kind}", seen.size_gib),
                ));
            }
            Seen::AtRest(found)
        }
    }
}

fn vpc(cidr: ipnet::Ipv4Net, id: &AwsId, inventory: &Inventory) -> Seen {
    let Some(seen) = inventory.vpcs.iter().find(|it| it.id == *id) else { return Seen::Absent };
    if !seen.available {
        return Seen::Unsettled;
    }
    let mut found = Vec::new();
    if seen.cidrs != [cidr] {
        let cidrs: Vec<_> = seen.cidrs.iter().map(ToString::to_string).collect();
        let (expected, is) = (format!("the network {cidr}"), format!("the networks {}", cidrs.join(", ")));
        found.push(Difference::new(What::VpcChanged, expected, is));
    }
    if seen.dns_support == Some(false) {
        let change = Change::EnableDnsSupport(id.clone());
        found.push(
            Difference::new(What::VpcChanged, "enableDnsSupport on", "enableDnsSupport off").mend(change),
        );
    }
    if seen.dns_hostnames == Some(false) {
        let change = Change::EnableDnsHostnames(id.clone());
        let difference =
            Difference::new(What::VpcChanged, "enableDnsHostnames on", "enableDnsHostnames off");
        found.push(difference.mend(change));
    }
    Seen::AtRest(found)
}

fn subnet(id: &AwsId, inventory: &Inventory) -> Seen {
    let Some(seen) = inventory.subnets.iter().find(|it| it.id == *id) else { return Seen::Absent };
    let mut found = Vec::new();
    if seen.public_addresses == Some(false) {
        let difference = Difference::new(
            What::SubnetChanged,
            "instances get a public address",
            "instances get no public address",
        );
        found.push(difference.mend(Change::GivePublicAddresses(id.clone())));
    }
    Seen::AtRest(found)
}

fn gateway(id: &AwsId, records: Records<'_>, inventory: &Inventory) -> Seen {
    let Some(seen) = inventory.gateways.iter().find(|it| it.id == *id) else { return Seen::Absent };
    let Some(vpc) = records.id(&Key::vpc()) else { return Seen::Unsettled };
    if seen.vpc.as_ref() == Some(vpc) {
        return Seen::AtRest(Vec::new());
    }
    let is = seen.vpc.as_ref().map_or("attached to nothing".into(), |other| format!("attached to {other}"));
    let difference = Difference::new(What::GatewayDetached, format!("attached to {vpc}"), is);
    let attach = Change::AttachGateway { gateway: id.clone(), vpc: vpc.clone() };
    Seen::AtRest(vec![if seen.vpc.is_none() { difference.mend(attach) } else { difference }])
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
            Difference::new(What::RouteChanged, tell_route(&out), tell_route(route))
                .mend(remove(route))
                .mend(add.clone())
        } else {
            Difference::new(What::RouteAdded, "no such route", tell_route(route)).mend(remove(route))
        });
    }
    if !seen.routes.iter().any(|route| route.destination == out.destination) {
        found.push(Difference::new(What::RouteRemoved, tell_route(&out), "no such route").mend(add));
    }
    for key in subnets {
        let Some(subnet) = records.id(key) else { return Seen::Unsettled };
        if !seen.associations.contains_key(subnet) {
            let other = inventory.route_tables.iter().find(|it| it.associations.contains_key(subnet));
            let is = other.map_or("the VPC's main route table".into(), |other| other.id.to_string());
            let difference = Difference::new(
                What::SubnetWithoutRoutes,
                format!("{id} routes {subnet}"),
                format!("{is} routes {subnet}"),
            );
            let associate = Change::AssociateRouteTable { table: id.clone(), subnet: subnet.clone() };
            found.push(if other.is_none() { difference.mend(associate) } else { difference });
        }
    }
    Seen::AtRest(found)
}

fn tell_route(route: &Route) -> String {
    format!("{} through {}", route.destination, route.target)
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
                Difference::new(What::RuleWidened, narrower.to_string(), rule.to_string())
                    .mend(Change::Authorize(just(id, narrower)))
                    .mend(revoke)
            }
            None => Difference::new(What::RuleAdded, "no such rule", rule.to_string()).mend(revoke),
        });
    }
    for rule in missing {
        let authorize = Change::Authorize(just(id, rule));
        found.push(Difference::new(What::RuleRemoved, rule.to_string(), "no such rule").mend(authorize));
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

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (direction, preposition) = match self.direction {
            Direction::In => ("in", "from"),
            Direction::Out => ("out", "to"),
        };
        write!(f, "{direction}: ")?;
        match &self.traffic {
            Traffic::All => f.write_str("all traffic")?,
            Traffic::Tcp(from, to) if from == to => write!(f, "TCP {from}")?,
            Traffic::Tcp(from, to) => write!(f, "TCP {from}-{to}")?,
            Traffic::Udp(from, to) if from == to => write!(f, "UDP {from}")?,
            Traffic::Udp(from, to) => write!(f, "UDP {from}-{to}")?,
            Traffic::Other(protocol, from, to) => write!(f, "{protocol} {from}-{to}")?,
        }
        match &self.peer {
            Peer::Cidr(cidr) => write!(f, " {preposition} {cidr}"),
            Peer::Group(id) | Peer::PrefixList(id) => write!(f, " {preposition} {id}"),
        }
    }
}

fn instance(spec: &InstanceSpec, seen: &Instance, records: Records<'_>, inventory: &Inventory) -> Seen {
    // AWS's own doing: a failed host, a retirement. It starts the instance again, or says so in the node's status.
    let by_aws = seen.state_reason.as_deref().is_some_and(|reason| reason.starts_with("Server."));
    match seen.state {
        InstanceState::Pending => return Seen::Unsettled,
        InstanceState::ShuttingDown | InstanceState::Terminated if !by_aws => {
            return Seen::AtRest(vec![Difference::new(What::Terminated, "running", tell_state(seen))]);
        }
        InstanceState::Running => {}
        _ if by_aws => return Seen::Unsettled,
        _ => {}
    }
    let mut found = Vec::new();
    if seen.state != InstanceState::Running {
        let difference = Difference::new(What::Stopped, "running", tell_state(seen));
        found.push(match seen.state {
            InstanceState::Stopped => difference.mend(Change::StartInstance(seen.id.clone())),
            _ => difference,
        });
    }
    if seen.instance_type != spec.instance_type {
        found.push(Difference::new(What::Retyped, &spec.instance_type, &seen.instance_type));
    }
    if seen.profile.as_ref() != Some(&spec.profile) {
        let is = seen.profile.as_deref().unwrap_or("no instance profile");
        found.push(Difference::new(What::OtherProfile, &spec.profile, is));
    }
    let groups: Option<BTreeSet<AwsId>> =
        spec.groups.iter().map(|to| records.resolve(to).cloned()).collect();
    let Some(groups) = groups else { return Seen::Unsettled };
    if seen.groups != groups {
        let change = Change::SetGroups { instance: seen.id.clone(), groups: groups.clone() };
        found.push(Difference::new(What::OtherGroups, list(&groups), list(&seen.groups)).mend(change));
    }
    if seen.tokens_required == Some(false) {
        found.push(Difference::new(What::MetadataOpen, "IMDSv2 required", "IMDSv2 optional"));
    }
    if seen.monitoring == Some(false) {
        found.push(Difference::new(
            What::MonitoringOff,
            "detailed monitoring on",
            "detailed monitoring off",
        ));
    }
    found.extend(added_volumes(spec, seen, inventory));
    Seen::AtRest(found)
}

fn added_volumes<'a>(
    spec: &'a InstanceSpec,
    seen: &'a Instance,
    inventory: &'a Inventory,
) -> impl Iterator<Item = Difference> + 'a {
    let volumes = seen.volumes.iter().flatten();
    let added = volumes.filter(|(device, _)| spec.volumes.iter().all(|volume| volume.device != **device));
    added.map(|(device, id)| {
        let encrypted = inventory.volumes.iter().find(|it| it.id == *id).and_then(|it| it.encrypted);
        let how = if encrypted == Some(false) { ", not encrypted" } else { "" };
        Difference::new(What::VolumeAdded, format!("nothing as {device}"), format!("{id} as {device}{how}"))
    })
}

fn tell_state(seen: &Instance) -> String {
    match &seen.state_reason {
        Some(reason) => format!("{} ({reason})", seen.state.as_str()),
        None => seen.state.as_str().to_owned(),
    }
}

fn list(ids: &BTreeSet<AwsId>) -> String {
    match ids.is_empty() {
        true => "none".to_owned(),
        false => ids.iter().map(AwsId::as_str).collect::<Vec<_>>().join(", "),
    }
}
