//! What differs, as facts: each kind of difference with what should be and what is. How they are told is `words.rs`.

use std::{collections::BTreeSet, fmt};

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{
    AwsId,
    inventory::{InstanceState, Route, Rule},
};

/// One thing that differs. Two are the same exactly when they are equal: how they are told decides nothing.
///
/// It is kept as JSON, and what is kept is looked up by it. To change how it is serialised needs a migration of the
/// tables `deployment_drift` and `restores`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Difference {
    /// The resource is not there any more.
    Gone,
    /// The instance was stopped.
    Stopped {
        /// What it does.
        state: InstanceState,
        /// Why, in AWS's words, where AWS says.
        reason: Option<String>,
    },
    /// The instance was terminated.
    Terminated {
        /// What it does.
        state: InstanceState,
        /// Why, in AWS's words, where AWS says.
        reason: Option<String>,
    },
    /// The instance is of another type.
    Retyped {
        /// The type that it should have.
        expected: String,
        /// The type that it has.
        found: String,
    },
    /// The instance has another instance profile, or none.
    OtherProfile {
        /// The name of the one that it should have.
        expected: String,
        /// The name of the one that it has.
        found: Option<String>,
    },
    /// The instance has other security groups.
    OtherGroups {
        /// Those that it should have.
        expected: BTreeSet<AwsId>,
        /// Those that it has.
        found: BTreeSet<AwsId>,
    },
    /// The instance's metadata may be read without a session token.
    MetadataOpen,
    /// The instance's detailed monitoring is off.
    MonitoringOff,
    /// The security group has a rule too many.
    RuleAdded {
        /// The rule.
        rule: Rule,
    },
    /// The security group lacks a rule.
    RuleRemoved {
        /// The rule.
        rule: Rule,
    },
    /// A rule of the security group allows more than it should.
    RuleWidened {
        /// The rule that should be.
        expected: Rule,
        /// The rule in its place.
        found: Rule,
    },
    /// The route table has a route too many.
    RouteAdded {
        /// The route.
        route: Route,
    },
    /// The route table lacks a route.
    RouteRemoved {
        /// The route.
        route: Route,
    },
    /// A route leads elsewhere.
    RouteChanged {
        /// The route that should be.
        expected: Route,
        /// The route to the same destination that is.
        found: Route,
    },
    /// The subnet does not use the route table.
    SubnetWithoutRoutes {
        /// The subnet.
        subnet: AwsId,
        /// The table that should route it.
        expected: AwsId,
        /// The table that does; `None`: the VPC's main one.
        found: Option<AwsId>,
    },
    /// The gateway is not attached to the VPC.
    GatewayDetached {
        /// The VPC.
        expected: AwsId,
        /// The VPC that it is attached to.
        found: Option<AwsId>,
    },
    /// Instances in the subnet get no public address.
    NoPublicAddresses,
    /// The VPC has other networks.
    OtherNetworks {
        /// The one that it should have.
        expected: Ipv4Net,
        /// Those that it has, as AWS orders them.
        found: Vec<Ipv4Net>,
    },
    /// The VPC's `enableDnsSupport` is off.
    DnsSupportOff,
    /// The VPC's `enableDnsHostnames` is off.
    DnsHostnamesOff,
    /// A tag is gone.
    TagRemoved {
        /// Its key.
        key: String,
        /// The value that it should have.
        expected: String,
    },
    /// A tag has another value.
    TagChanged {
        /// Its key.
        key: String,
        /// The value that it should have.
        expected: String,
        /// The value that it has.
        found: String,
    },
    /// The volume is not attached where it should be.
    VolumeDetached {
        /// Where it should be.
        expected: Option<Attachment>,
        /// Where it is; `None`: nowhere.
        found: Option<Attachment>,
    },
    /// The volume is not encrypted.
    VolumeUnencrypted,
    /// The volume is of another size or type.
    VolumeChanged {
        /// What it should be.
        expected: VolumeShape,
        /// What it is.
        found: VolumeShape,
    },
    /// A volume is attached that does not belong there.
    VolumeAdded {
        /// The device it is attached as.
        device: String,
        /// The volume.
        volume: AwsId,
        /// Whether it is known not to be encrypted.
        unencrypted: bool,
    },
    /// Something that Berth did not make is in the VPC.
    Foreign {
        /// Its name or description; may be empty.
        name: String,
    },
}

/// Where a volume is attached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// To which instance.
    pub instance: AwsId,
    /// As which device; `None` when not shown.
    pub device: Option<String>,
}

/// What a volume is like.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeShape {
    /// Its size in GiB.
    pub size_gib: u32,
    /// Its type, such as `gp3`.
    pub volume_type: String,
}

impl Difference {
    /// The kind of difference.
    pub fn what(&self) -> What {
        match self {
            Self::Gone => What::Gone,
            Self::Stopped { .. } => What::Stopped,
            Self::Terminated { .. } => What::Terminated,
            Self::Retyped { .. } => What::Retyped,
            Self::OtherProfile { .. } => What::OtherProfile,
            Self::OtherGroups { .. } => What::OtherGroups,
            Self::MetadataOpen => What::MetadataOpen,
            Self::MonitoringOff => What::MonitoringOff,
            Self::RuleAdded { .. } => What::RuleAdded,
            Self::RuleRemoved { .. } => What::RuleRemoved,
            Self::RuleWidened { .. } => What::RuleWidened,
            Self::RouteAdded { .. } => What::RouteAdded,
            Self::RouteRemoved { .. } => What::RouteRemoved,
            Self::RouteChanged { .. } => What::RouteChanged,
            Self::SubnetWithoutRoutes { .. } => What::SubnetWithoutRoutes,
            Self::GatewayDetached { .. } => What::GatewayDetached,
            Self::NoPublicAddresses => What::SubnetChanged,
            Self::OtherNetworks { .. } | Self::DnsSupportOff | Self::DnsHostnamesOff => What::VpcChanged,
            Self::TagRemoved { .. } => What::TagRemoved,
            Self::TagChanged { .. } => What::TagChanged,
            Self::VolumeDetached { .. } => What::VolumeDetached,
            Self::VolumeUnencrypted => What::VolumeUnencrypted,
            Self::VolumeChanged { .. } => What::VolumeChanged,
            Self::VolumeAdded { .. } => What::VolumeAdded,
            Self::Foreign { .. } => What::Unknown,
        }
    }

    /// The rules of a security group that it is about.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        let (one, other) = match self {
            Self::RuleAdded { rule } | Self::RuleRemoved { rule } => (Some(rule), None),
            Self::RuleWidened { expected, found } => (Some(expected), Some(found)),
            _ => (None, None),
        };
        one.into_iter().chain(other)
    }
}

/// A kind of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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

    /// The word in the API and in metrics. Webhooks know it as it is serialised, where [`Self::Unknown`] is `unknown`.
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
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
