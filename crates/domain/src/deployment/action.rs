//! What Berth can do in AWS to build, change and remove a deployment: each value is one call.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::{
    AwsId, Kind,
    inventory::{Direction, Peer, Route, Traffic},
};

/// Something to create. The call carries the tags for everything it creates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation {
    /// A VPC (`ec2:CreateVpc`).
    Vpc {
        /// Its network.
        cidr: Ipv4Net,
    },
    /// A subnet (`ec2:CreateSubnet`).
    Subnet {
        /// Its VPC.
        vpc: AwsId,
        /// The id of its availability zone.
        zone_id: String,
        /// Its network.
        cidr: Ipv4Net,
    },
    /// An internet gateway, attached to nothing (`ec2:CreateInternetGateway`).
    InternetGateway,
    /// A route table (`ec2:CreateRouteTable`).
    RouteTable {
        /// Its VPC.
        vpc: AwsId,
    },
    /// A security group, with the outgoing rule that AWS gives it (`ec2:CreateSecurityGroup`).
    SecurityGroup {
        /// Its VPC.
        vpc: AwsId,
        /// Its name, unique in the VPC.
        name: String,
        /// What it is for: letters, digits and simple signs.
        description: String,
    },
    /// A key pair of which AWS gets the public half (`ec2:ImportKeyPair`).
    KeyPair {
        /// Its name, unique in the AWS account and region.
        name: String,
        /// The public key, in OpenSSH's form: `ssh-ed25519 AAAA…`.
        public_key: String,
    },
    /// One instance with its volumes and its network interface (`ec2:RunInstances`, 1 of 1): IMDSv2 required,
    /// detailed monitoring on, a stop by itself stops it, the volumes go with it.
    Instance(Box<NewInstance>),
}

/// An instance to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInstance {
    /// Its image.
    pub image: AwsId,
    /// Its type, such as `r6i.large`.
    pub instance_type: String,
    /// Its subnet.
    pub subnet: AwsId,
    /// Its security groups.
    pub groups: BTreeSet<AwsId>,
    /// The name of its key pair.
    pub key_name: String,
    /// The name of its instance profile.
    pub profile: String,
    /// What it is told at its first start: plain text, encoded by the adapter.
    pub user_data: String,
    /// Its volumes: the root volume's device is the image's.
    pub volumes: Vec<NewVolume>,
}

/// A volume that comes with an instance, always gp3 and encrypted, deleted with the instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewVolume {
    /// Its device, such as `/dev/xvda`.
    pub device: String,
    /// Its size in GiB.
    pub size_gib: u32,
}

impl Creation {
    /// What comes of it.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Vpc { .. } => Kind::Vpc,
            Self::Subnet { .. } => Kind::Subnet,
            Self::InternetGateway => Kind::InternetGateway,
            Self::RouteTable { .. } => Kind::RouteTable,
            Self::SecurityGroup { .. } => Kind::SecurityGroup,
            Self::KeyPair { .. } => Kind::KeyPair,
            Self::Instance(_) => Kind::Instance,
        }
    }

    /// The AWS action.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Vpc { .. } => "ec2:CreateVpc",
            Self::Subnet { .. } => "ec2:CreateSubnet",
            Self::InternetGateway => "ec2:CreateInternetGateway",
            Self::RouteTable { .. } => "ec2:CreateRouteTable",
            Self::SecurityGroup { .. } => "ec2:CreateSecurityGroup",
            Self::KeyPair { .. } => "ec2:ImportKeyPair",
            Self::Instance(_) => "ec2:RunInstances",
        }
    }
}

/// Something to change. A change that is in place already succeeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Names for addresses are looked up in the VPC (`ec2:ModifyVpcAttribute`, `EnableDnsSupport`).
    EnableDnsSupport(AwsId),
    /// Instances in the VPC get names (`ec2:ModifyVpcAttribute`, `EnableDnsHostnames`).
    EnableDnsHostnames(AwsId),
    /// Instances in the subnet get public addresses (`ec2:ModifySubnetAttribute`).
    GivePublicAddresses(AwsId),
    /// Joins a gateway to a VPC (`ec2:AttachInternetGateway`).
    AttachGateway {
        /// The gateway.
        gateway: AwsId,
        /// The VPC.
        vpc: AwsId,
    },
    /// Takes a gateway from its VPC (`ec2:DetachInternetGateway`).
    DetachGateway {
        /// The gateway.
        gateway: AwsId,
        /// The VPC.
        vpc: AwsId,
    },
    /// Adds a route through an internet gateway (`ec2:CreateRoute`).
    AddRoute {
        /// The table.
        table: AwsId,
        /// Where to, and the gateway.
        route: Route,
    },
    /// Takes a route away (`ec2:DeleteRoute`).
    RemoveRoute {
        /// The table.
        table: AwsId,
        /// Where to.
        destination: String,
    },
    /// Gives a subnet its routes (`ec2:AssociateRouteTable`).
    AssociateRouteTable {
        /// The table.
        table: AwsId,
        /// The subnet.
        subnet: AwsId,
    },
    /// Takes its routes from a subnet (`ec2:DisassociateRouteTable`).
    DisassociateRouteTable {
        /// The table, which AWS's permissions are about.
        table: AwsId,
        /// The association.
        association: AwsId,
    },
    /// Adds rules (`ec2:AuthorizeSecurityGroupIngress` or `…Egress`).
    Authorize(Rules),
    /// Takes rules away (`ec2:RevokeSecurityGroupIngress` or `…Egress`).
    Revoke(Rules),
    /// Starts a stopped instance (`ec2:StartInstances`).
    StartInstance(AwsId),
    /// Sets an instance's security groups (`ec2:ModifyInstanceAttribute`).
    SetGroups {
        /// The instance.
        instance: AwsId,
        /// All its groups.
        groups: BTreeSet<AwsId>,
    },
}

/// Rules of one group in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The group.
    pub group: AwsId,
    /// In or out, for all of them.
    pub direction: Direction,
    /// The rules; never empty.
    pub rules: BTreeSet<(Traffic, Peer)>,
}

impl Change {
    /// The AWS action.
    pub fn action(&self) -> &'static str {
        match self {
            Self::EnableDnsSupport(_) | Self::EnableDnsHostnames(_) => "ec2:ModifyVpcAttribute",
            Self::GivePublicAddresses(_) => "ec2:ModifySubnetAttribute",
            Self::AttachGateway { .. } => "ec2:AttachInternetGateway",
            Self::DetachGateway { .. } => "ec2:DetachInternetGateway",
            Self::AddRoute { .. } => "ec2:CreateRoute",
            Self::RemoveRoute { .. } => "ec2:DeleteRoute",
            Self::AssociateRouteTable { .. } => "ec2:AssociateRouteTable",
            Self::DisassociateRouteTable { .. } => "ec2:DisassociateRouteTable",
            Self::Authorize(Rules { direction: Direction::In, .. }) => "ec2:AuthorizeSecurityGroupIngress",
            Self::Authorize(_) => "ec2:AuthorizeSecurityGroupEgress",
            Self::Revoke(Rules { direction: Direction::In, .. }) => "ec2:RevokeSecurityGroupIngress",
            Self::Revoke(_) => "ec2:RevokeSecurityGroupEgress",
            Self::StartInstance(_) => "ec2:StartInstances",
            Self::SetGroups { .. } => "ec2:ModifyInstanceAttribute",
        }
    }

    /// The resource that changes.
    pub fn resource(&self) -> &AwsId {
        match self {
            Self::EnableDnsSupport(id)
            | Self::EnableDnsHostnames(id)
            | Self::GivePublicAddresses(id)
            | Self::StartInstance(id) => id,
            Self::AttachGateway { gateway, .. } | Self::DetachGateway { gateway, .. } => gateway,
            Self::AddRoute { table, .. }
            | Self::RemoveRoute { table, .. }
            | Self::AssociateRouteTable { table, .. }
            | Self::DisassociateRouteTable { table, .. } => table,
            Self::Authorize(rules) | Self::Revoke(rules) => &rules.group,
            Self::SetGroups { instance, .. } => instance,
        }
    }
}

/// The AWS action that deletes a resource of this kind; none for what goes with its instance.
pub fn removal(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Vpc => "ec2:DeleteVpc",
        Kind::Subnet => "ec2:DeleteSubnet",
        Kind::InternetGateway => "ec2:DeleteInternetGateway",
        Kind::RouteTable => "ec2:DeleteRouteTable",
        Kind::SecurityGroup => "ec2:DeleteSecurityGroup",
        Kind::KeyPair => "ec2:DeleteKeyPair",
        Kind::Instance => "ec2:TerminateInstances",
        Kind::Volume => "ec2:DeleteVolume",
        Kind::NetworkInterface => return None,
    })
}
