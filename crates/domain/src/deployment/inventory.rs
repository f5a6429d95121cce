//! What AWS was seen to have in one region.
//!
//! `None` in a field documented as *not shown* means that the answer did not hold it, as with simulators:
//! unknown, and never a difference. Lists come in any order.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::{IpNet, Ipv4Net};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AwsId, Kind, Tags};

/// What to look at: everything a pass over the deployments of one AWS account and region needs, in the
/// fewest calls that AWS's pages allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The tag on everything Berth made, such as `berth:managed=true`. What carries it is found, wherever it is
    /// and whether or not it is on record.
    pub tag: (String, String),
    /// VPCs that Berth made. Their whole content is found, whoever made it.
    pub own_vpcs: BTreeSet<AwsId>,
    /// What is on record. What neither the tag nor the VPC finds is asked for by id; an id that AWS does not
    /// know is simply absent from the inventory, and no error.
    pub known: BTreeMap<Kind, BTreeSet<AwsId>>,
}

/// What there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// VPCs.
    pub vpcs: Vec<Vpc>,
    /// Subnets.
    pub subnets: Vec<Subnet>,
    /// Internet gateways.
    pub gateways: Vec<InternetGateway>,
    /// Route tables.
    pub route_tables: Vec<RouteTable>,
    /// Security groups.
    pub groups: Vec<SecurityGroup>,
    /// Key pairs.
    pub key_pairs: Vec<KeyPair>,
    /// Instances, terminated ones too as long as AWS shows them.
    pub instances: Vec<Instance>,
    /// Volumes.
    pub volumes: Vec<Volume>,
    /// Network interfaces.
    pub interfaces: Vec<NetworkInterface>,
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// Its id.
    pub id: AwsId,
    /// Its networks, the first one first.
    pub cidrs: Vec<Ipv4Net>,
    /// Whether it is usable yet.
    pub available: bool,
    /// `enableDnsSupport`; `None` when not shown. Read only for [`Look::own_vpcs`]: each costs a call.
    pub dns_support: Option<bool>,
    /// `enableDnsHostnames`; `None` when not shown. Read only for [`Look::own_vpcs`]: each costs a call.
    pub dns_hostnames: Option<bool>,
    /// Its tags.
    pub tags: Tags,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Its id.
    pub id: AwsId,
    /// Its VPC.
    pub vpc: AwsId,
    /// Its network; `None` when it is for IPv6 only.
    pub cidr: Option<Ipv4Net>,
    /// The id of its availability zone, such as `use1-az1`; `None` when not shown.
    pub zone_id: Option<String>,
    /// Whether instances in it get a public address; `None` when not shown.
    pub public_addresses: Option<bool>,
    /// Addresses that are free; `None` when not shown.
    pub free_addresses: Option<u32>,
    /// Its tags.
    pub tags: Tags,
}

/// An internet gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternetGateway {
    /// Its id.
    pub id: AwsId,
    /// The VPC it is attached to, or being attached to.
    pub vpc: Option<AwsId>,
    /// Its tags.
    pub tags: Tags,
}

/// A route table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteTable {
    /// Its id.
    pub id: AwsId,
    /// Its VPC.
    pub vpc: AwsId,
    /// Whether it is the one that AWS made with the VPC.
    pub main: bool,
    /// Its routes, without the VPC's own (`local`) and those that gateways propagate.
    pub routes: BTreeSet<Route>,
    /// Subnet → the id of its association with this table. Not the main association.
    pub associations: BTreeMap<AwsId, AwsId>,
    /// Its tags.
    pub tags: Tags,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Route {
    /// Where to: a network, or a prefix list's id.
    pub destination: String,
    /// Through what: the id of a gateway, an interface, a peering connection …
    pub target: AwsId,
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its id.
    pub id: AwsId,
    /// Its VPC.
    pub vpc: AwsId,
    /// Its name; `default` is the one that AWS made with the VPC.
    pub name: String,
    /// Its rules, one for each peer and range of ports, however AWS groups them.
    pub rules: BTreeSet<Rule>,
    /// Its tags.
    pub tags: Tags,
}

/// A rule of a security group: one peer, one range of ports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// In or out.
    pub direction: Direction,
    /// What is allowed.
    pub traffic: Traffic,
    /// From whom, or to whom.
    pub peer: Peer,
}

/// Whether a rule is about what comes in or what goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Ingress.
    In,
    /// Egress.
    Out,
}

/// What a rule allows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Traffic {
    /// Everything (protocol `-1`).
    All,
    /// TCP to these ports, both included.
    Tcp(u16, u16),
    /// UDP to these ports, both included.
    Udp(u16, u16),
    /// Another protocol, by name or number as AWS shows it, with AWS's from and to (`-1`: any).
    Other(String, i32, i32),
}

/// The other side of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    /// A network.
    Cidr(IpNet),
    /// The members of a security group.
    Group(AwsId),
    /// A prefix list.
    PrefixList(AwsId),
}

/// A key pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    /// Its id.
    pub id: AwsId,
    /// Its name, unique in the AWS account and region.
    pub name: String,
    /// Its tags.
    pub tags: Tags,
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: AwsId,
    /// What it does.
    pub state: InstanceState,
    /// Why it does that, in AWS's words, where AWS says.
    pub state_reason: Option<String>,
    /// Its type, such as `r6i.large`.
    pub instance_type: String,
    /// Its image.
    pub image: AwsId,
    /// Its VPC; none when terminated.
    pub vpc: Option<AwsId>,
    /// Its subnet; none when terminated.
    pub subnet: Option<AwsId>,
    /// Its security groups.
    pub groups: BTreeSet<AwsId>,
    /// The name of its instance profile; none when it has none.
    pub profile: Option<String>,
    /// The name of its key pair.
    pub key_name: Option<String>,
    /// Device → volume; `None` when not shown.
    pub volumes: Option<BTreeMap<String, AwsId>>,
    /// Whether its metadata service insists on session tokens (IMDSv2); `None` when not shown.
    pub tokens_required: Option<bool>,
    /// Whether detailed monitoring is on; `None` when not shown.
    pub monitoring: Option<bool>,
    /// Its private address.
    pub private_address: Option<std::net::Ipv4Addr>,
    /// Its public address.
    pub public_address: Option<std::net::Ipv4Addr>,
    /// Its tags.
    pub tags: Tags,
}

/// What an instance does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstanceState {
    /// Being started.
    Pending,
    /// Running.
    Running,
    /// Being stopped.
    Stopping,
    /// Stopped.
    Stopped,
    /// Being terminated.
    ShuttingDown,
    /// Terminated: gone for good, though still shown for about an hour.
    Terminated,
}

impl InstanceState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Running, Self::Stopping, Self::Stopped, Self::ShuttingDown, Self::Terminated];

    /// AWS's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
        }
    }
}

/// A volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its id.
    pub id: AwsId,
    /// Its type, such as `gp3`; `None` when not shown.
    pub volume_type: Option<String>,
    /// Its size in GiB.
    pub size_gib: u32,
    /// Whether it is encrypted; `None` when not shown.
    pub encrypted: Option<bool>,
    /// The instance it is attached to.
    pub instance: Option<AwsId>,
    /// The device it is attached as.
    pub device: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkInterface {
    /// Its id.
    pub id: AwsId,
    /// Its VPC.
    pub vpc: AwsId,
    /// Its subnet.
    pub subnet: AwsId,
    /// The instance it is attached to.
    pub instance: Option<AwsId>,
    /// What it says about itself, such as `ELB app/customer/1`.
    pub description: String,
    /// Its tags.
    pub tags: Tags,
}

/// An availability zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its id, such as `use1-az1`: the same place in every AWS account.
    pub id: String,
    /// Its name in this AWS account, such as `us-east-1a`.
    pub name: String,
    /// Whether it can be used.
    pub available: bool,
}

/// An instance type that can be had in the region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceType {
    /// Its name, such as `r6i.large`.
    pub name: String,
    /// Virtual processors.
    pub vcpus: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The ids of the availability zones that have it; `None` when not shown.
    pub zones: Option<BTreeSet<String>>,
}

impl InstanceType {
    /// Whether a zone has it, as far as is known.
    pub fn is_in(&self, zone_id: &str) -> bool {
        self.zones.as_ref().is_none_or(|zones| zones.contains(zone_id))
    }
}

/// A machine image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its id.
    pub id: AwsId,
    /// The device of its root volume, such as `/dev/xvda`.
    pub root_device: String,
    /// The size of its root volume in GiB; `None` when not shown.
    pub root_size_gib: Option<u32>,
    /// Such as `x86_64`; `None` when not shown.
    pub architecture: Option<String>,
}

/// A limit that AWS sets an AWS account in a region, as far as it could be found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Of what.
    pub of: Limited,
    /// How many there may be; `None` when it could not be found out.
    pub limit: Option<u32>,
    /// How many there are; `None` when it could not be found out.
    pub used: Option<u32>,
    /// Why a number is missing: one sentence.
    pub unknown_because: Option<String>,
}

/// What AWS limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limited {
    /// Virtual processors of running On-Demand Standard instances (`ec2` L-1216C47A).
    StandardVcpus,
    /// VPCs in the region (`vpc` L-F678F1CE).
    Vpcs,
    /// Internet gateways in the region (`vpc` L-A4707A72).
    InternetGateways,
    /// Network interfaces in the region (`vpc` L-DF5E4CA3).
    NetworkInterfaces,
    /// Subnets in one VPC (`vpc` L-407747CB); what is used is not asked for.
    SubnetsPerVpc,
    /// Security groups in the region (`vpc` L-E79EC296).
    SecurityGroups,
    /// Rules in one direction of one security group (`vpc` L-0EA8095F); what is used is not asked for.
    RulesPerGroup,
}

impl Limited {
    /// Everything that is limited and matters to Berth.
    pub const ALL: [Self; 7] = [
        Self::StandardVcpus,
        Self::Vpcs,
        Self::InternetGateways,
        Self::NetworkInterfaces,
        Self::SubnetsPerVpc,
        Self::SecurityGroups,
        Self::RulesPerGroup,
    ];

    /// AWS's service code and quota code.
    pub fn code(self) -> (&'static str, &'static str) {
        match self {
            Self::StandardVcpus => ("ec2", "L-1216C47A"),
            Self::Vpcs => ("vpc", "L-F678F1CE"),
            Self::InternetGateways => ("vpc", "L-A4707A72"),
            Self::NetworkInterfaces => ("vpc", "L-DF5E4CA3"),
            Self::SubnetsPerVpc => ("vpc", "L-407747CB"),
            Self::SecurityGroups => ("vpc", "L-E79EC296"),
            Self::RulesPerGroup => ("vpc", "L-0EA8095F"),
        }
    }

    /// What there may be only so many of, in the plural.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StandardVcpus => "virtual processors of On-Demand Standard instances",
            Self::Vpcs => "VPCs in the region",
            Self::InternetGateways => "internet gateways in the region",
            Self::NetworkInterfaces => "network interfaces in the region",
            Self::SubnetsPerVpc => "subnets in a VPC",
            Self::SecurityGroups => "security groups in the region",
            Self::RulesPerGroup => "rules in one direction of a security group",
        }
    }
}

/// Something that somebody did to a resource, by CloudTrail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// What, such as `AuthorizeSecurityGroupIngress`.
    pub event: String,
    /// The ARN of who did it, or the name where there is no ARN.
    pub who: String,
    /// The access key that was used, where CloudTrail says.
    pub access_key_id: Option<String>,
}

impl Deed {
    /// Whether a user or role did it: of a role, whichever session of it.
    pub fn is_by(&self, arn: &str) -> bool {
        role(&self.who).map_or(self.who == arn, |it| role(arn) == Some(it))
    }
}

/// AWS account and name of the role behind the ARN of a role or of a session of it.
fn role(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':').skip(4);
    let (account, resource) = (parts.next()?, parts.next()?);
    if let Some(session) = resource.strip_prefix("assumed-role/") {
        return Some((account, session.split('/').next()?));
    }
    Some((account, resource.strip_prefix("role/")?.rsplit('/').next()?))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("arn:aws:iam::111122223333:user/berth-user", "arn:aws:iam::111122223333:user/berth-user", true)]
    #[case("arn:aws:iam::111122223333:user/eve", "arn:aws:iam::111122223333:user/berth-user", false)]
    #[case(
        "arn:aws:sts::111122223333:assumed-role/berth/a",
        "arn:aws:sts::111122223333:assumed-role/berth/b",
        true
    )]
    #[case(
        "arn:aws:sts::111122223333:assumed-role/berth/a",
        "arn:aws:iam::111122223333:role/path/berth",
        true
    )]
    #[case("arn:aws:sts::111122223333:assumed-role/admin/a", "arn:aws:iam::111122223333:role/berth", false)]
    #[case("arn:aws:sts::444455556666:assumed-role/berth/a", "arn:aws:iam::111122223333:role/berth", false)]
    #[case("autoscaling.amazonaws.com", "arn:aws:iam::111122223333:role/berth", false)]
    fn what_a_role_did_was_done_by_it_in_whichever_session(
        #[case] who: &str,
        #[case] arn: &str,
        #[case] expected: bool,
    ) {
        let deed = Deed {
            at: Timestamp::UNIX_EPOCH,
            event: "StopInstances".into(),
            who: who.into(),
            access_key_id: None,
        };
        assert_eq!(deed.is_by(arn), expected);
    }
}
