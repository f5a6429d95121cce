//! Blueprints: every resource a deployment is to have, and what each is to be like.

use std::{collections::BTreeSet, fmt};

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

use super::{
    AwsId, Kind,
    action::NewVolume,
    inventory::{Direction, Traffic},
};
use crate::subscription::access::AllowList;

/// The ports of databases: clients reach these and no others.
pub const CLIENT_PORTS: (u16, u16) = (10_000, 19_999);
/// Everywhere.
pub const ANYWHERE: &str = "0.0.0.0/0";

/// What a resource is called within its deployment, such as `subnet/use1-az1` or `node/2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(String);

impl Key {
    /// A key as it was written down.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The VPC.
    pub fn vpc() -> Self {
        Self("vpc".into())
    }

    /// The subnet in a zone.
    pub fn subnet(zone_id: &str) -> Self {
        Self(format!("subnet/{zone_id}"))
    }

    /// The internet gateway.
    pub fn gateway() -> Self {
        Self("internet-gateway".into())
    }

    /// The route table.
    pub fn routes() -> Self {
        Self("route-table".into())
    }

    /// The group of the nodes.
    pub fn node_group() -> Self {
        Self("security-group/nodes".into())
    }

    /// The group that lets clients in.
    pub fn client_group() -> Self {
        Self("security-group/clients".into())
    }

    /// The key pair.
    pub fn key_pair() -> Self {
        Self("key-pair".into())
    }

    /// A node, counted from 1.
    pub fn node(number: u32) -> Self {
        Self(format!("node/{number}"))
    }

    /// Whether it is a node's.
    pub fn is_node(&self) -> bool {
        self.0.strip_prefix("node/").is_some_and(|number| !number.contains('/'))
    }

    /// The root volume of a node.
    pub fn root_volume(&self) -> Self {
        Self(format!("{}/root", self.0))
    }

    /// The data volume of a node.
    pub fn data_volume(&self) -> Self {
        Self(format!("{}/data", self.0))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A resource that another one needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ref {
    /// One of the same deployment.
    Own(Key),
    /// One that the customer has made.
    Customers(AwsId),
}

/// What a deployment is to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blueprint {
    /// The resources, each after those it needs.
    pub resources: Vec<Resource>,
}

/// A resource that is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// What it is called in the deployment.
    pub key: Key,
    /// What it is to be like.
    pub spec: Spec,
}

/// What a resource is to be like. All that is compared with AWS stands here, but for the tags, which a resource
/// keeps as it was created with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Spec {
    /// A VPC in which names are looked up and instances have names.
    Vpc {
        /// Its network.
        cidr: Ipv4Net,
    },
    /// A subnet of the VPC whose instances get public addresses.
    Subnet {
        /// The id of its availability zone.
        zone_id: String,
        /// Its network.
        cidr: Ipv4Net,
    },
    /// The gateway of the VPC.
    InternetGateway,
    /// The routes of these subnets: everything outside the VPC goes through the gateway.
    RouteTable {
        /// The subnets.
        subnets: BTreeSet<Key>,
    },
    /// A security group of the VPC.
    SecurityGroup {
        /// Its name.
        name: String,
        /// What it is for.
        description: String,
        /// Its rules: these and no others.
        rules: BTreeSet<RuleSpec>,
    },
    /// A key pair.
    KeyPair {
        /// Its name.
        name: String,
        /// The public half, in OpenSSH's form.
        public_key: String,
    },
    /// A node.
    Instance(InstanceSpec),
    /// A volume that comes with its node: gp3, encrypted.
    Volume {
        /// The node.
        instance: Key,
        /// Its device and its size.
        #[serde(flatten)]
        volume: NewVolume,
    },
}

/// What a node is to be like, besides IMDSv2 and monitoring, which every node has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceSpec {
    /// Its subnet.
    pub subnet: Ref,
    /// Its security groups.
    pub groups: BTreeSet<Ref>,
    /// Its type.
    pub instance_type: String,
    /// Its image.
    pub image: AwsId,
    /// The name of its instance profile.
    pub profile: String,
    /// The name of its key pair.
    pub key_name: String,
    /// What it is told at its first start.
    pub user_data: String,
    /// Its volumes, the root volume first.
    pub volumes: Vec<NewVolume>,
}

/// A rule of a security group that is to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleSpec {
    /// In or out.
    pub direction: Direction,
    /// What is allowed.
    pub traffic: Traffic,
    /// From whom, or to whom.
    pub peer: PeerSpec,
}

/// The other side of a rule that is to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeerSpec {
    /// A network.
    Cidr(IpNet),
    /// The members of a security group.
    Group(Ref),
}

impl RuleSpec {
    /// Everything from anywhere, in one direction.
    fn all_traffic(direction: Direction, peer: PeerSpec) -> Self {
        Self { direction, traffic: Traffic::All, peer }
    }

    /// Everything out: what AWS gives every new group.
    pub fn everything_out() -> Self {
        Self::all_traffic(Direction::Out, PeerSpec::Cidr(ANYWHERE.parse().expect("a network")))
    }

    /// Everything among the members of a group.
    pub fn among(group: Key) -> Self {
        Self::all_traffic(Direction::In, PeerSpec::Group(Ref::Own(group)))
    }

    fn client(peer: PeerSpec) -> Self {
        Self { direction: Direction::In, traffic: Traffic::Tcp(CLIENT_PORTS.0, CLIENT_PORTS.1), peer }
    }
}

impl Spec {
    /// What it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Vpc { .. } => Kind::Vpc,
            Self::Subnet { .. } => Kind::Subnet,
            Self::InternetGateway => Kind::InternetGateway,
            Self::RouteTable { .. } => Kind::RouteTable,
            Self::SecurityGroup { .. } => Kind::SecurityGroup,
            Self::KeyPair { .. } => Kind::KeyPair,
            Self::Instance(_) => Kind::Instance,
            Self::Volume { .. } => Kind::Volume,
        }
    }
}

impl Blueprint {
    /// The resource of that key.
    pub fn get(&self, key: &Key) -> Option<&Spec> {
        self.resources.iter().find(|resource| resource.key == *key).map(|resource| &resource.spec)
    }

    /// The same deployment with these clients let in. A deployment in a customer's own network has no group for
    /// clients: there the customer's group says who may come.
    pub fn with_access(mut self, allowed: &AllowList) -> Self {
        let networks = allowed.cidrs.iter().map(|cidr| PeerSpec::Cidr(IpNet::V4(*cidr)));
        let groups = allowed.security_groups.iter();
        let groups = groups.map(|id| PeerSpec::Group(Ref::Customers(AwsId::from(id.as_str()))));
        let group = self.resources.iter_mut().find(|resource| resource.key == Key::client_group());
        if let Some(Resource { spec: Spec::SecurityGroup { rules, .. }, .. }) = group {
            *rules = networks.chain(groups).map(RuleSpec::client).collect();
            rules.insert(RuleSpec::everything_out());
        }
        self
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.resources.iter().filter(|resource| resource.spec.kind() == Kind::Instance).count()
    }
}
