//! Deployments: what is built in AWS for one subscription in one region, and the rules that build it.
//!
//! Everything here is pure: [`inventory`] is what AWS was seen to have, [`action`] what can be done to it.

pub mod action;
pub mod blueprint;
pub mod compare;
pub mod difference;
pub mod draft;
pub mod drift;
pub mod inventory;
pub mod monitoring;
pub mod moving;
pub mod network;
pub mod plan;
pub mod record;
pub mod restore;
pub mod sizing;
pub mod state;
pub mod teardown;
mod words;

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// Tags of an AWS resource, or those to be set on one.
pub type Tags = BTreeMap<String, String>;

/// The tag that says which deployment a resource belongs to.
pub const DEPLOYMENT_TAG: &str = "berth:deployment";
/// The tag that says which attempt made a resource.
pub const OPERATION_TAG: &str = "berth:operation";
/// The tag that the AWS console shows as a resource's name.
pub const NAME_TAG: &str = "Name";

/// The id that AWS gave a resource, such as `vpc-0125be68a4625884a`. Never looked into.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AwsId(pub String);

impl AwsId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for AwsId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl fmt::Display for AwsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What Berth makes in AWS, and so can own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A VPC.
    Vpc,
    /// A subnet.
    Subnet,
    /// An internet gateway.
    InternetGateway,
    /// A route table, with its routes and associations.
    RouteTable,
    /// A security group, with its rules.
    SecurityGroup,
    /// A key pair.
    KeyPair,
    /// An instance.
    Instance,
    /// A volume. Made together with its instance.
    Volume,
    /// A network interface. Made together with its instance.
    NetworkInterface,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Vpc,
        Self::Subnet,
        Self::InternetGateway,
        Self::RouteTable,
        Self::SecurityGroup,
        Self::KeyPair,
        Self::Instance,
        Self::Volume,
        Self::NetworkInterface,
    ];

    /// AWS's word for it, as in ARNs and tag specifications.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vpc => "vpc",
            Self::Subnet => "subnet",
            Self::InternetGateway => "internet-gateway",
            Self::RouteTable => "route-table",
            Self::SecurityGroup => "security-group",
            Self::KeyPair => "key-pair",
            Self::Instance => "instance",
            Self::Volume => "volume",
            Self::NetworkInterface => "network-interface",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
