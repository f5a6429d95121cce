//! Drift in words, for people: the API, webhooks and the audit log show these. Nothing is decided by them, and nothing
//! keeps them, so that they may be worded anew at any time.

use std::{collections::BTreeSet, fmt};

use super::{
    AwsId, Kind,
    difference::{Attachment, Difference, VolumeShape},
    inventory::{Direction, InstanceState, Peer, Route, Rule, Traffic},
    state::DriftFinding,
    teardown::Foreign,
};

const NO_RULE: &str = "no such rule";
const NO_ROUTE: &str = "no such route";

impl DriftFinding {
    /// What the resource is called: in the deployment, or else by AWS.
    pub fn name(&self) -> String {
        self.resource.as_ref().map_or_else(|| self.id.to_string(), ToString::to_string)
    }

    /// What should be.
    pub fn expected(&self) -> String {
        match &self.difference {
            Difference::Gone => "there".into(),
            Difference::Stopped { .. } | Difference::Terminated { .. } => "running".into(),
            Difference::Retyped { expected, .. } | Difference::OtherProfile { expected, .. } => {
                expected.clone()
            }
            Difference::OtherGroups { expected, .. } => list(expected),
            Difference::MetadataOpen => "IMDSv2 required".into(),
            Difference::MonitoringOff => "detailed monitoring on".into(),
            Difference::RuleAdded { .. } => NO_RULE.into(),
            Difference::RuleRemoved { rule } => rule.to_string(),
            Difference::RuleWidened { expected, .. } => expected.to_string(),
            Difference::RouteAdded { .. } => NO_ROUTE.into(),
            Difference::RouteRemoved { route } => route.to_string(),
            Difference::RouteChanged { expected, .. } => expected.to_string(),
            Difference::SubnetWithoutRoutes { subnet, expected, .. } => {
                format!("{expected} routes {subnet}")
            }
            Difference::GatewayDetached { expected, .. } => format!("attached to {expected}"),
            Difference::NoPublicAddresses => "instances get a public address".into(),
            Difference::OtherNetworks { expected, .. } => format!("the network {expected}"),
            Difference::DnsSupportOff => "enableDnsSupport on".into(),
            Difference::DnsHostnamesOff => "enableDnsHostnames on".into(),
            Difference::TagRemoved { key, expected } | Difference::TagChanged { key, expected, .. } => {
                format!("{key}={expected}")
            }
            Difference::VolumeDetached { expected, .. } => attached(expected.as_ref()),
            Difference::VolumeUnencrypted => "encrypted".into(),
            Difference::VolumeChanged { expected, .. } => expected.to_string(),
            Difference::VolumeAdded { device, .. } => format!("nothing as {device}"),
            Difference::Foreign { .. } => "only what Berth made".into(),
        }
    }

    /// What is.
    pub fn found(&self) -> String {
        match &self.difference {
            Difference::Gone => "not there".into(),
            Difference::Stopped { state, reason } | Difference::Terminated { state, reason } => {
                tell_state(*state, reason.as_deref())
            }
            Difference::Retyped { found, .. } => found.clone(),
            Difference::OtherProfile { found, .. } => {
                found.clone().unwrap_or_else(|| "no instance profile".into())
            }
            Difference::OtherGroups { found, .. } => list(found),
            Difference::MetadataOpen => "IMDSv2 optional".into(),
            Difference::MonitoringOff => "detailed monitoring off".into(),
            Difference::RuleAdded { rule } => rule.to_string(),
            Difference::RuleRemoved { .. } => NO_RULE.into(),
            Difference::RuleWidened { found, .. } => found.to_string(),
            Difference::RouteAdded { route } => route.to_string(),
            Difference::RouteRemoved { .. } => NO_ROUTE.into(),
            Difference::RouteChanged { found, .. } => found.to_string(),
            Difference::SubnetWithoutRoutes { subnet, found, .. } => {
                let table = found.as_ref().map_or("the VPC's main route table", AwsId::as_str);
                format!("{table} routes {subnet}")
            }
            Difference::GatewayDetached { found, .. } => {
                format!("attached to {}", found.as_ref().map_or("nothing", AwsId::as_str))
            }
            Difference::NoPublicAddresses => "instances get no public address".into(),
            Difference::OtherNetworks { found, .. } => {
                let networks: Vec<String> = found.iter().map(ToString::to_string).collect();
                format!("the networks {}", networks.join(", "))
            }
            Difference::DnsSupportOff => "enableDnsSupport off".into(),
            Difference::DnsHostnamesOff => "enableDnsHostnames off".into(),
            Difference::TagRemoved { key, .. } => format!("no tag {key}"),
            Difference::TagChanged { key, found, .. } => format!("{key}={found}"),
            Difference::VolumeDetached { found, .. } => attached(found.as_ref()),
            Difference::VolumeUnencrypted => "not encrypted".into(),
            Difference::VolumeChanged { found, .. } => found.to_string(),
            Difference::VolumeAdded { device, volume, unencrypted } => {
                format!("{volume} as {device}{}", if *unencrypted { ", not encrypted" } else { "" })
            }
            Difference::Foreign { name } => foreign(self.kind, &self.id, name),
        }
    }
}

fn foreign(kind: Kind, id: &AwsId, name: &str) -> String {
    let what = format!("{} {id}", kind.as_str().replace('-', " "));
    if name.is_empty() { what } else { format!("{what} \"{name}\"") }
}

fn tell_state(state: InstanceState, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("{} ({reason})", state.as_str()),
        None => state.as_str().to_owned(),
    }
}

fn attached(to: Option<&Attachment>) -> String {
    match to {
        Some(Attachment { instance, device: Some(device) }) => {
            format!("attached to {instance} as {device}")
        }
        Some(Attachment { instance, device: None }) => format!("attached to {instance}"),
        None => "attached to nothing".into(),
    }
}

fn list(ids: &BTreeSet<AwsId>) -> String {
    match ids.is_empty() {
        true => "none".to_owned(),
        false => ids.iter().map(AwsId::as_str).collect::<Vec<_>>().join(", "),
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&foreign(self.kind, &self.id, &self.name))
    }
}

impl fmt::Display for VolumeShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} GiB of {}", self.size_gib, self.volume_type)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} through {}", self.destination, self.target)
    }
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
