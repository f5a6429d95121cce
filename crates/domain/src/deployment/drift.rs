//! Drift: what somebody else changed of what Berth had in place.

use std::collections::BTreeSet;

use super::{
    AwsId, Kind, Tags,
    action::Change,
    blueprint::{Blueprint, RuleSpec, Spec},
    compare::{Deviation, Seen, compare, rules},
    difference::Difference,
    inventory::{Inventory, Rule},
    record::{Record, Records},
    state::{DriftFinding, KeptDrift},
    teardown::foreign,
};

/// One thing that is not as Berth had it in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// What.
    pub finding: DriftFinding,
    /// The calls that would put it right, in order.
    pub mend: Vec<Change>,
}

/// Everything about a deployment that somebody else changed.
///
/// Compared is what was in place, with what is there: what Berth is still building, changing or removing, and what
/// the blueprint asks for but was never in place, is no drift. Nor is what AWS did itself, or does not show.
pub fn drift(blueprint: &Blueprint, records: &[Record], inventory: &Inventory) -> Vec<Drift> {
    let known = Records(records);
    let mut found = Vec::new();
    for record in records {
        let (Some(spec), Some(id)) = (&record.in_place, &record.aws_id) else { continue };
        let about = |Deviation { difference, mend }| {
            let (kind, id) = (record.kind, id.clone());
            Drift {
                finding: DriftFinding { id, resource: Some(record.key.clone()), kind, difference },
                mend,
            }
        };
        match compare(spec, id, known, inventory) {
            // It goes with its node, of which that is said.
            Seen::Absent if record.kind == Kind::Volume && !has_node(spec, known, inventory) => {}
            Seen::Absent => found.push(about(Difference::Gone.into())),
            Seen::Unsettled => {}
            Seen::AtRest(differences) => {
                let moving = in_flight(blueprint.get(&record.key), spec, known);
                let is_moving = |it: &Deviation| it.difference.rules().any(|rule| moving.contains(rule));
                found.extend(differences.into_iter().filter(|it| !is_moving(it)).map(about));
            }
        }
        found.extend(tags(record, inventory).into_iter().map(|difference| about(difference.into())));
    }
    found.extend(foreign(records, inventory).into_iter().map(|it| Drift {
        finding: DriftFinding {
            id: it.id,
            resource: None,
            kind: it.kind,
            difference: Difference::Foreign { name: it.name },
        },
        mend: Vec::new(),
    }));
    found
}

/// What of a deployment's drift was known before, and what was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News<'a> {
    /// What is found and was not known.
    pub fresh: Vec<&'a DriftFinding>,
    /// What was known and is not found any more.
    pub over: Vec<&'a KeptDrift>,
    /// What was known and is still so.
    pub left: Vec<&'a KeptDrift>,
}

/// Compares what is found with what was known. What is on its way somewhere ([`unsettled`]), such as a node that
/// starts, is not over before it has arrived.
pub fn news<'a>(found: &'a [Drift], kept: &'a [KeptDrift], unsettled: &BTreeSet<AwsId>) -> News<'a> {
    let is_found = |it: &KeptDrift| found.iter().any(|drift| drift.finding == it.finding);
    let is_over = |it: &&KeptDrift| !is_found(it) && !unsettled.contains(&it.finding.id);
    let (over, left) = kept.iter().partition(is_over);
    let is_known = |finding: &DriftFinding| kept.iter().any(|it| it.finding == *finding);
    let fresh = found.iter().map(|drift| &drift.finding).filter(|finding| !is_known(finding));
    News { fresh: fresh.collect(), over, left }
}

/// What is on its way to something just now, so that nothing can be said of it.
pub fn unsettled(records: &[Record], inventory: &Inventory) -> BTreeSet<AwsId> {
    let on_its_way = |record: &&Record| match (&record.in_place, &record.aws_id) {
        (Some(spec), Some(id)) => compare(spec, id, Records(records), inventory) == Seen::Unsettled,
        _ => false,
    };
    records.iter().filter(on_its_way).filter_map(|record| record.aws_id.clone()).collect()
}

/// A terminated or lost node takes its volumes with it.
fn has_node(spec: &Spec, records: Records<'_>, inventory: &Inventory) -> bool {
    let Spec::Volume { instance, .. } = spec else { return true };
    records.id(instance).is_some_and(|id| inventory.has(Kind::Instance, id))
}

/// The rules that a change of Berth's own adds or removes just now.
fn in_flight(wanted: Option<&Spec>, in_place: &Spec, records: Records<'_>) -> BTreeSet<Rule> {
    let resolved = |specs: &BTreeSet<RuleSpec>| rules(specs, records).unwrap_or_default();
    match (wanted, in_place) {
        (Some(Spec::SecurityGroup { rules: after, .. }), Spec::SecurityGroup { rules: before, .. }) => {
            let (before, after) = (resolved(before), resolved(after));
            before.symmetric_difference(&after).cloned().collect()
        }
        _ => BTreeSet::new(),
    }
}

fn tags(record: &Record, inventory: &Inventory) -> Vec<Difference> {
    let Some(id) = &record.aws_id else { return Vec::new() };
    let Some(seen) = inventory.tagged(record.kind).find(|(other, _)| *other == id).map(|(_, tags)| tags)
    else {
        return Vec::new();
    };
    differing_tags(&record.tags, seen)
}

fn differing_tags(tags: &Tags, seen: &Tags) -> Vec<Difference> {
    tags.iter()
        .filter_map(|(key, value)| {
            let (key, expected) = (key.clone(), value.clone());
            match seen.get(&key) {
                Some(is) if *is == expected => None,
                Some(is) => Some(Difference::TagChanged { key, expected, found: is.clone() }),
                None => Some(Difference::TagRemoved { key, expected }),
            }
        })
        .collect()
}
