//! Reads the English that findings of drift were kept as. It knows every sentence there was, and nothing of what comes
//! after it: like its migration, it never changes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// Tags of a resource, as Berth set them.
pub(super) type Tags = BTreeMap<String, String>;

/// A finding as it was kept.
#[derive(Deserialize)]
pub(super) struct Worded {
    pub(super) resource: Option<String>,
    kind: String,
    id: String,
    what: String,
    expected: String,
    found: String,
}

impl Worded {
    /// The same as facts, in the JSON in which they are kept from now on; `None` when nothing ever said it so.
    pub(super) fn facts(&self, tags: &Tags) -> Option<String> {
        let difference = self.difference(tags)?;
        Some(object([
            ("id", text(&self.id)),
            ("resource", self.resource.as_deref().map_or_else(null, text)),
            ("kind", text(&self.kind)),
            ("difference", difference),
        ]))
    }

    fn difference(&self, tags: &Tags) -> Option<String> {
        let Self { what, expected, found, .. } = self;
        let (expected, found) = (expected.as_str(), found.as_str());
        Some(match what.as_str() {
            "gone" | "metadata-open" | "monitoring-off" | "volume-unencrypted" => plain(what),
            "stopped" | "terminated" => {
                let (state, reason) = match found.split_once(" (") {
                    Some((state, reason)) => (state, text(reason.strip_suffix(')')?)),
                    None => (found, null()),
                };
                differs(what, [("state", text(state)), ("reason", reason)])
            }
            "retyped" => differs(what, [("expected", text(expected)), ("found", text(found))]),
            "other-profile" => differs(
                what,
                [("expected", text(expected)), ("found", unless("no instance profile", found))],
            ),
            "other-groups" => differs(what, [("expected", ids(expected)), ("found", ids(found))]),
            "rule-added" => differs(what, [("rule", rule(found)?)]),
            "rule-removed" => differs(what, [("rule", rule(expected)?)]),
            "rule-widened" => differs(what, [("expected", rule(expected)?), ("found", rule(found)?)]),
            "route-added" => differs(what, [("route", route(found)?)]),
            "route-removed" => differs(what, [("route", route(expected)?)]),
            "route-changed" => differs(what, [("expected", route(expected)?), ("found", route(found)?)]),
            "subnet-without-routes" => {
                let (table, subnet) = expected.split_once(" routes ")?;
                let found = found.strip_suffix(subnet)?.strip_suffix(" routes ")?;
                let found = unless("the VPC's main route table", found);
                differs(what, [("subnet", text(subnet)), ("expected", text(table)), ("found", found)])
            }
            "gateway-detached" => {
                let (expected, found) = (attached(expected)?, attached(found)?);
                differs(what, [("expected", text(expected)), ("found", unless("nothing", found))])
            }
            "subnet-changed" => plain("no-public-addresses"),
            "vpc-changed" => match found {
                "enableDnsSupport off" => plain("dns-support-off"),
                "enableDnsHostnames off" => plain("dns-hostnames-off"),
                _ => {
                    let found = found.strip_prefix("the networks ")?;
                    let expected = text(expected.strip_prefix("the network ")?);
                    differs("other-networks", [("expected", expected), ("found", list(found))])
                }
            },
            "tag-removed" => {
                let key = found.strip_prefix("no tag ")?;
                let value = expected.strip_prefix(key)?.strip_prefix('=')?;
                differs(what, [("key", text(key)), ("expected", text(value))])
            }
            "tag-changed" => {
                let (key, value, found) = tag(expected, found, tags)?;
                differs(what, [("key", text(key)), ("expected", text(value)), ("found", text(found))])
            }
            "volume-detached" => {
                let (expected, found) = (attached(expected)?, attached(found)?);
                differs(what, [("expected", attachment(expected)), ("found", attachment(found))])
            }
            "volume-changed" => differs(what, [("expected", shape(expected)?), ("found", shape(found)?)]),
            "volume-added" => {
                let device = expected.strip_prefix("nothing as ")?;
                let (found, unencrypted) = match found.strip_suffix(", not encrypted") {
                    Some(found) => (found, "true"),
                    None => (found, "false"),
                };
                let volume = found.strip_suffix(device)?.strip_suffix(" as ")?;
                let unencrypted = unencrypted.to_owned();
                differs(
                    what,
                    [("device", text(device)), ("volume", text(volume)), ("unencrypted", unencrypted)],
                )
            }
            "unknown" => {
                let kind = self.kind.replace('-', " ");
                let name = found.strip_prefix(&kind)?.strip_prefix(' ')?.strip_prefix(&self.id)?;
                let name = match name {
                    "" => "",
                    name => name.strip_prefix(" \"")?.strip_suffix('"')?,
                };
                differs("foreign", [("name", text(name))])
            }
            _ => return None,
        })
    }
}

/// `in: TCP 22 from 0.0.0.0/0`, `out: icmp -1--1 to sg-1`.
fn rule(told: &str) -> Option<String> {
    let (direction, rest) = told.split_once(": ")?;
    let preposition = match direction {
        "in" => " from ",
        "out" => " to ",
        _ => return None,
    };
    let (told, peer) = rest.rsplit_once(preposition)?;
    let traffic = match told.split_once(' ')? {
        _ if told == "all traffic" => text("all"),
        ("TCP", ports) => tagged("tcp", &range(ports)?),
        ("UDP", ports) => tagged("udp", &range(ports)?),
        (protocol, ports) => {
            // A sign may come before each of the two.
            let dash = 1 + ports.get(1..)?.find('-')?;
            let (from, to) = (ports.get(..dash)?.parse::<i32>().ok()?, ports.get(dash + 1..)?);
            tagged("other", &format!("[{},{from},{}]", text(protocol), to.parse::<i32>().ok()?))
        }
    };
    let peer = match peer {
        network if network.parse::<ipnet::IpNet>().is_ok() => tagged("cidr", &text(network)),
        list if list.starts_with("pl-") => tagged("prefix-list", &text(list)),
        group => tagged("group", &text(group)),
    };
    Some(object([("direction", text(direction)), ("traffic", traffic), ("peer", peer)]))
}

/// `22`, `10000-19999`.
fn range(ports: &str) -> Option<String> {
    let (from, to) = ports.split_once('-').unwrap_or((ports, ports));
    Some(format!("[{},{}]", from.parse::<u16>().ok()?, to.parse::<u16>().ok()?))
}

/// `0.0.0.0/0 through igw-1`.
fn route(told: &str) -> Option<String> {
    let (destination, target) = told.split_once(" through ")?;
    Some(object([("destination", text(destination)), ("target", text(target))]))
}

fn attached(told: &str) -> Option<&str> {
    told.strip_prefix("attached to ")
}

/// `i-1 as /dev/sdf`, `i-1`, `nothing`.
fn attachment(told: &str) -> String {
    match told.split_once(" as ") {
        _ if told == "nothing" => null(),
        Some((instance, device)) => object([("instance", text(instance)), ("device", text(device))]),
        None => object([("instance", text(told)), ("device", null())]),
    }
}

/// `32 GiB of gp3`.
fn shape(told: &str) -> Option<String> {
    let (size, kind) = told.split_once(" GiB of ")?;
    Some(object([("sizeGib", size.parse::<u32>().ok()?.to_string()), ("volumeType", text(kind))]))
}

/// Key, value and other value of `key=value` and `key=other value`; both parts may hold `=` themselves.
fn tag<'a>(expected: &'a str, found: &'a str, tags: &Tags) -> Option<(&'a str, &'a str, &'a str)> {
    let mut possible = Vec::new();
    for (at, _) in expected.match_indices('=') {
        let (key, value) = (expected.get(..at)?, expected.get(at + 1..)?);
        if let Some(found) = found.strip_prefix(key).and_then(|rest| rest.strip_prefix('=')) {
            possible.push((key, value, found));
        }
    }
    let is_set = |(key, value, _): &&(&str, &str, &str)| tags.get(*key).is_some_and(|is| is == value);
    possible.iter().find(is_set).or(possible.first()).copied()
}

fn plain(what: &str) -> String {
    differs(what, [])
}

fn differs<const N: usize>(what: &str, fields: [(&str, String); N]) -> String {
    object([("what", text(what))].into_iter().chain(fields))
}

/// Fields in the order in which they are given, as they are kept: what is kept is looked up by its text.
fn object<'a>(fields: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let fields: Vec<String> =
        fields.into_iter().map(|(name, value)| format!("{}:{value}", text(name))).collect();
    format!("{{{}}}", fields.join(","))
}

fn tagged(name: &str, value: &str) -> String {
    object([(name, value.to_owned())])
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}

fn null() -> String {
    "null".into()
}

fn unless(none: &str, told: &str) -> String {
    if told == none { null() } else { text(told) }
}

fn ids(told: &str) -> String {
    list(if told == "none" { "" } else { told })
}

/// `a, b`; nothing at all is no item.
fn list(told: &str) -> String {
    let items: Vec<String> = told.split(", ").filter(|item| !item.is_empty()).map(text).collect();
    format!("[{}]", items.join(","))
}
