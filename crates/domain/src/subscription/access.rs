//! Who may reach a subscription's databases: its allow list of networks and security groups.

use std::{collections::HashSet, net::Ipv4Addr};

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    problem::Problem,
    reading::{Object, Reading},
    subscription::network::SecurityGroupId,
    task::ErrorType,
};

/// How many entries an allow list may have: each is a rule, and AWS allows 60 rules in a security group.
pub const MOST_ENTRIES: usize = 50;

/// From where clients may reach the databases. Nobody may while it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowList {
    /// Networks.
    pub cidrs: Vec<Ipv4Net>,
    /// Security groups, of the deployment's VPC or one that is peered with it.
    pub security_groups: Vec<SecurityGroupId>,
}

/// A change of an allow list: what is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowListChange {
    cidrs: Option<Vec<Ipv4Net>>,
    security_groups: Option<Vec<SecurityGroupId>>,
}

impl AllowListChange {
    /// Reads the body of a change: `{"cidrIps": […], "securityGroupIds": […]}`.
    pub fn parse(body: &Map<String, Value>) -> Result<Self, Vec<Problem>> {
        let mut reading = Reading::default();
        let body = Object::body(body);
        if !body.has("cidrIps") && !body.has("securityGroupIds") {
            let message = "is required, or securityGroupIds; [] removes all entries";
            reading.refuse("cidrIps", ErrorType::BadRequest, message);
        }
        let cidrs = read_cidrs(&mut reading, &body);
        let security_groups = read_security_groups(&mut reading, &body);
        let entries = cidrs.as_ref().map_or(0, Vec::len) + security_groups.as_ref().map_or(0, Vec::len);
        if entries > MOST_ENTRIES {
            let message =
                format!("and securityGroupIds may be at most {MOST_ENTRIES} together; these are {entries}");
            reading.refuse("cidrIps", ErrorType::CidrWhitelistLimitExceeded, message);
        }
        reading.finish(Some(Self { cidrs, security_groups }))
    }

    /// The list after the change. An error when it would be too long.
    pub fn apply(self, current: AllowList) -> Result<AllowList, Problem> {
        let changed = AllowList {
            cidrs: self.cidrs.unwrap_or(current.cidrs),
            security_groups: self.security_groups.unwrap_or(current.security_groups),
        };
        let entries = changed.cidrs.len() + changed.security_groups.len();
        if entries > MOST_ENTRIES {
            let message = format!(
                "and securityGroupIds may be at most {MOST_ENTRIES} together; they would be {entries}"
            );
            return Err(Problem::new("cidrIps", ErrorType::CidrWhitelistLimitExceeded, message));
        }
        Ok(changed)
    }
}

fn read_cidrs(reading: &mut Reading, body: &Object<'_>) -> Option<Vec<Ipv4Net>> {
    let items = reading.items(body, "cidrIps")?;
    let mut seen = HashSet::new();
    let mut cidrs = Vec::new();
    for (path, item) in items {
        // redisctl sends objects.
        let text = match item {
            Value::String(text) => Some(text.as_str()),
            Value::Object(fields) => fields.get("cidr").and_then(Value::as_str),
            _ => None,
        };
        let Some(cidr) = text.and_then(cidr) else {
            let message = "must be an IPv4 network without bits behind its prefix, such as 10.1.0.0/16";
            reading.refuse(path, ErrorType::CidrWhitelistInvalidCidrs, message);
            continue;
        };
        if !seen.insert(cidr) {
            reading.refuse(path, ErrorType::CidrWhitelistDuplicateCidrs, "is in the list twice");
        }
        cidrs.push(cidr);
    }
    Some(cidrs)
}

/// A network, or an address as a network of its own.
fn cidr(text: &str) -> Option<Ipv4Net> {
    let network = text.parse::<Ipv4Net>().or_else(|_| text.parse::<Ipv4Addr>().map(Ipv4Net::from)).ok()?;
    (network.trunc() == network).then_some(network)
}

fn read_security_groups(reading: &mut Reading, body: &Object<'_>) -> Option<Vec<SecurityGroupId>> {
    let items = reading.texts(body, "securityGroupIds")?;
    let mut seen = HashSet::new();
    let mut groups = Vec::new();
    for (path, text) in items {
        let Some(group) =
            reading.parse::<SecurityGroupId>(path.clone(), &text, ErrorType::CidrWhitelistInvalidSg)
        else {
            continue;
        };
        if !seen.insert(group.clone()) {
            reading.refuse(path, ErrorType::CidrWhitelistDuplicateSg, "is in the list twice");
        }
        groups.push(group);
    }
    Some(groups)
}
