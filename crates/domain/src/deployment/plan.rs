//! What to do next: the difference between a blueprint and what is there, and the way back to nothing.

use std::collections::BTreeSet;

use super::{
    AwsId, Kind,
    action::{Change, Creation, NewInstance, Rules},
    blueprint::{Blueprint, InstanceSpec, Key, Resource, Spec},
    compare::{Seen, compare, rules},
    difference::Difference,
    inventory::{Inventory, Rule},
    record::{Learnt, Record, Records, Settling, find},
    teardown::surplus,
};

/// How many steps one plan has at most: a pass does a little, looks again, and decides anew.
pub const MOST_STEPS: usize = 8;

/// What to do next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What can be done now, in any order.
    pub steps: Vec<Step>,
    /// What has to be waited for.
    pub waiting: Vec<Waiting>,
    /// What cannot be done because something stands in the way that Berth must not touch.
    pub blocked: Vec<Blocked>,
}

impl Plan {
    /// Whether there is nothing to do, nothing to wait for, and nothing in the way.
    pub fn is_done(&self) -> bool {
        self.steps.is_empty() && self.waiting.is_empty() && self.blocked.is_empty()
    }
}

/// One call to AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Create a resource, and with it those that come with it.
    Create {
        /// The resource.
        key: Key,
        /// How.
        creation: Creation,
        /// Its volumes, when it is a node.
        together: Vec<Key>,
    },
    /// Change a resource.
    Change {
        /// The resource.
        key: Key,
        /// How.
        change: Change,
    },
    /// Delete a resource.
    Delete {
        /// The resource.
        key: Key,
        /// What it is.
        kind: Kind,
        /// Which.
        id: AwsId,
    },
}

impl Step {
    /// The resource it is about.
    pub fn key(&self) -> &Key {
        match self {
            Self::Create { key, .. } | Self::Change { key, .. } | Self::Delete { key, .. } => key,
        }
    }
}

/// Something that has to be waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The resource.
    pub key: Key,
    /// For what.
    pub why: &'static str,
}

/// A resource that cannot be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The resource.
    pub key: Key,
    /// What is in the way: `security group sg-… "web"`.
    pub by: String,
}

/// What the inventory shows about the records of a deployment that is to be as in the blueprint.
pub fn learn(
    blueprint: &Blueprint,
    records: &[Record],
    inventory: &Inventory,
    settling: Settling,
) -> Vec<Learnt> {
    let known = Records(records);
    let mut learnt = Vec::new();
    for Resource { key, spec } in &blueprint.resources {
        let Some(record) = known.get(key) else { continue };
        let Some(id) = &record.aws_id else {
            match find(record, Some(spec), known, inventory) {
                Some(id) => learnt.push(Learnt::Found(key.clone(), id)),
                None if record.in_place.is_none() && is_not_shown(spec, known, inventory) => {
                    learnt.push(Learnt::InPlace(key.clone(), Box::new(spec.clone())));
                }
                None => {}
            }
            continue;
        };
        if record.in_place.as_ref() == Some(spec) {
            continue;
        }
        match compare(spec, id, known, inventory) {
            Seen::AtRest(_) if left_to_do(record, spec, known, inventory).is_empty() => {
                learnt.push(Learnt::InPlace(key.clone(), Box::new(spec.clone())));
            }
            Seen::Absent if record.in_place.is_none() && settling.is_over_for(record) => {
                learnt.push(Learnt::Gone(key.clone()));
            }
            Seen::AtRest(found)
                if record.in_place.is_none()
                    && found.iter().any(|it| matches!(it.difference, Difference::Terminated { .. })) =>
            {
                learnt.push(Learnt::Gone(key.clone()));
            }
            _ => {}
        }
    }
    learnt
}

/// A volume of a node whose volumes are not shown: nothing more will ever be known about it.
fn is_not_shown(spec: &Spec, records: Records<'_>, inventory: &Inventory) -> bool {
    let Spec::Volume { instance, .. } = spec else { return false };
    let Some(record) = records.get(instance) else { return false };
    let seen = record.aws_id.as_ref().and_then(|id| inventory.instance(id));
    record.in_place.is_some() && seen.is_some_and(|seen| seen.volumes.is_none())
}

/// What to do to make a deployment as in the blueprint, given what [`learn`] found is written down.
///
/// What was in place once and is not any more is not touched: that is drift.
pub fn diff(blueprint: &Blueprint, records: &[Record], inventory: &Inventory, settling: Settling) -> Plan {
    let known = Records(records);
    let mut plan = Plan::default();
    for Resource { key, spec } in &blueprint.resources {
        match known.get(key) {
            None if spec.kind() == Kind::Volume => {}
            None => match creation(blueprint, key, spec, known) {
                Some(step) => plan.steps.push(step),
                None => plan.waiting.push(Waiting { key: key.clone(), why: "what it needs" }),
            },
            Some(record) if record.in_place.as_ref() == Some(spec) => {}
            Some(record) if record.aws_id.is_none() => {
                match settling.is_over_for(record) && record.kind != Kind::Volume {
                    true => plan.steps.extend(creation(blueprint, key, spec, known)),
                    false => plan.waiting.push(Waiting { key: key.clone(), why: "AWS to show it" }),
                }
            }
            Some(record) => {
                let steps = left_to_do(record, spec, known, inventory);
                if steps.is_empty() {
                    plan.waiting.push(Waiting { key: key.clone(), why: "AWS to finish it" });
                }
                plan.steps
                    .extend(steps.into_iter().map(|change| Step::Change { key: key.clone(), change }));
            }
        }
    }
    plan.steps.extend(surplus(&Kind::ALL, known, inventory));
    plan.steps.truncate(MOST_STEPS);
    plan
}

/// The changes that make a resource as it should be. One that was in place before, in another shape, gets only
/// what is new in its shape: the rest is none of this change's business.
fn left_to_do(record: &Record, spec: &Spec, records: Records<'_>, inventory: &Inventory) -> Vec<Change> {
    let Some(id) = &record.aws_id else { return Vec::new() };
    if let (Some(Spec::SecurityGroup { rules: before, .. }), Spec::SecurityGroup { rules: after, .. }) =
        (&record.in_place, spec)
    {
        let (Some(before), Some(after)) = (rules(before, records), rules(after, records)) else {
            return Vec::new();
        };
        let Some(seen) = inventory.groups.iter().find(|it| it.id == *id) else { return Vec::new() };
        let add = after.difference(&before).filter(|rule| !seen.rules.contains(rule));
        let remove = before.difference(&after).filter(|rule| seen.rules.contains(rule));
        return by_direction(id, add, Change::Authorize)
            .into_iter()
            .chain(by_direction(id, remove, Change::Revoke))
            .collect();
    }
    match compare(spec, id, records, inventory) {
        Seen::AtRest(found) => found.into_iter().flat_map(|deviation| deviation.mend).collect(),
        _ => Vec::new(),
    }
}

fn by_direction<'a>(
    group: &AwsId,
    changed: impl Iterator<Item = &'a Rule>,
    change: fn(Rules) -> Change,
) -> Vec<Change> {
    let mut changes = std::collections::BTreeMap::<_, BTreeSet<_>>::new();
    for rule in changed {
        changes.entry(rule.direction).or_default().insert((rule.traffic.clone(), rule.peer.clone()));
    }
    changes
        .into_iter()
        .map(|(direction, rules)| change(Rules { group: group.clone(), direction, rules }))
        .collect()
}

/// The step that creates a resource; `None` as long as something it needs is missing.
fn creation(blueprint: &Blueprint, key: &Key, spec: &Spec, records: Records<'_>) -> Option<Step> {
    let vpc = || records.id(&Key::vpc()).cloned();
    let creation = match spec {
        Spec::Vpc { cidr } => Creation::Vpc { cidr: *cidr },
        Spec::Subnet { zone_id, cidr } => {
            Creation::Subnet { vpc: vpc()?, zone_id: zone_id.clone(), cidr: *cidr }
        }
        Spec::InternetGateway => Creation::InternetGateway,
        Spec::RouteTable { .. } => Creation::RouteTable { vpc: vpc()? },
        Spec::SecurityGroup { name, description, .. } => {
            Creation::SecurityGroup { vpc: vpc()?, name: name.clone(), description: description.clone() }
        }
        Spec::KeyPair { name, public_key } => {
            Creation::KeyPair { name: name.clone(), public_key: public_key.clone() }
        }
        Spec::Instance(node) => {
            // A node calls home at its first start: by then the way there must be.
            let others = blueprint
                .resources
                .iter()
                .filter(|other| !matches!(other.spec, Spec::Instance(_) | Spec::Volume { .. }));
            let ready = |other: &Resource| records.get(&other.key).is_some_and(|it| it.in_place.is_some());
            if !others.into_iter().all(ready) {
                return None;
            }
            Creation::Instance(Box::new(new_instance(node, records)?))
        }
        // It comes with its node.
        Spec::Volume { .. } => return None,
    };
    let together = blueprint.resources.iter();
    let together =
        together.filter(|it| matches!(&it.spec, Spec::Volume { instance, .. } if instance == key));
    Some(Step::Create { key: key.clone(), creation, together: together.map(|it| it.key.clone()).collect() })
}

fn new_instance(node: &InstanceSpec, records: Records<'_>) -> Option<NewInstance> {
    let groups: Option<BTreeSet<AwsId>> =
        node.groups.iter().map(|to| records.resolve(to).cloned()).collect();
    Some(NewInstance {
        image: node.image.clone(),
        instance_type: node.instance_type.clone(),
        subnet: records.resolve(&node.subnet)?.clone(),
        groups: groups?,
        key_name: node.key_name.clone(),
        profile: node.profile.clone(),
        user_data: node.user_data.clone(),
        volumes: node.volumes.clone(),
    })
}
