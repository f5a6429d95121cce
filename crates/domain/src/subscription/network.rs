//! Where in AWS a subscription's nodes are: region, zones, network.

use std::{fmt, str::FromStr};

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::values::{Invalid, text_value};

/// The shortest and the longest prefix of a network that Berth makes a VPC of: 65,536 to 256 addresses.
const PREFIXES: std::ops::RangeInclusive<u8> = 16..=24;

text_value!(
    /// The id of a VPC, such as `vpc-0125be68a4625884a`.
    VpcId,
    |text| aws_id(text, "vpc-", "a VPC")
);

text_value!(
    /// The id of a subnet, such as `subnet-0125be68a4625884a`.
    SubnetId,
    |text| aws_id(text, "subnet-", "a subnet")
);

text_value!(
    /// The id of a security group, such as `sg-0125be68a4625884a`.
    SecurityGroupId,
    |text| aws_id(text, "sg-", "a security group")
);

text_value!(
    /// The id of an availability zone, such as `use1-az1`: the same place in every AWS account, unlike names
    /// such as `us-east-1a`.
    ZoneId,
    |text| {
        let sound = text.len() <= 20
            && matches!(text.rsplit_once("-az"), Some((region, number))
                if !region.is_empty()
                    && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
                    && (1..=2).contains(&number.len())
                    && number.bytes().all(|b| b.is_ascii_digit()));
        if sound {
            Ok(())
        } else {
            Err(Invalid("must be the id of an availability zone, such as use1-az1".into()))
        }
    }
);

fn aws_id(text: &str, prefix: &str, what: &str) -> Result<(), Invalid> {
    // AWS's own ids have 8 or 17 digits; the Redis Cloud API's examples have 18.
    let sound = text.strip_prefix(prefix).is_some_and(|digits| {
        (8..=18).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    });
    if sound {
        Ok(())
    } else {
        Err(Invalid(format!("must be the id of {what}, such as {prefix}0125be68a4625884a")))
    }
}

/// The network of a deployment that Berth makes the VPC for: private (RFC 1918), /16 to /24.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeploymentCidr(Ipv4Net);

impl DeploymentCidr {
    /// The network.
    pub fn network(self) -> Ipv4Net {
        self.0
    }

    /// Whether the two have addresses in common.
    pub fn overlaps(self, other: Ipv4Net) -> bool {
        self.0.contains(&other) || other.contains(&self.0)
    }
}

impl FromStr for DeploymentCidr {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let Ok(network) = text.parse::<Ipv4Net>() else {
            return Err(Invalid("must be an IPv4 network, such as 10.0.0.0/24".into()));
        };
        if network.trunc() != network {
            return Err(Invalid(format!(
                "has bits set behind its prefix; the network is {}",
                network.trunc()
            )));
        }
        if !PREFIXES.contains(&network.prefix_len()) {
            return Err(Invalid(format!(
                "must be from /{} to /{}; this is a /{}",
                PREFIXES.start(),
                PREFIXES.end(),
                network.prefix_len()
            )));
        }
        if !(network.network().is_private() && network.broadcast().is_private()) {
            return Err(Invalid(
                "must be private: within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16".into(),
            ));
        }
        Ok(Self(network))
    }
}

impl TryFrom<String> for DeploymentCidr {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<DeploymentCidr> for String {
    fn from(cidr: DeploymentCidr) -> Self {
        cidr.to_string()
    }
}

impl fmt::Display for DeploymentCidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether a region's nodes are spread over zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// All in one availability zone.
    SingleZone,
    /// Over three availability zones.
    MultiZone,
}

impl Spread {
    /// How many availability zones it uses.
    pub fn zones(self) -> usize {
        match self {
            Self::SingleZone => 1,
            Self::MultiZone => 3,
        }
    }
}

/// Which availability zones a region's nodes are in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zones {
    /// Over how many.
    pub spread: Spread,
    /// Which, in the customer's order: none, or as many as the spread uses.
    pub preferred: Vec<ZoneId>,
}

/// The network of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Networking {
    /// Berth makes the VPC and all in it.
    Managed {
        /// The VPC's network.
        cidr: DeploymentCidr,
    },
    /// The customer has made the network; Berth makes instances in it and nothing else.
    Customer {
        /// The VPC.
        vpc_id: VpcId,
        /// One subnet for each availability zone.
        subnet_ids: Vec<SubnetId>,
        /// The security group of every node.
        security_group_id: SecurityGroupId,
        /// What the customer says the network is. Shown back; AWS is asked for the real one.
        stated_cidr: Option<DeploymentCidr>,
    },
}

/// A region of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionOrder {
    /// The region's code, one of [`crate::regions::REGIONS`].
    pub region: String,
    /// Its availability zones.
    pub zones: Zones,
    /// Its network.
    pub networking: Networking,
}
