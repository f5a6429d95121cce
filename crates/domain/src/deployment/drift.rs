//! Drift: what somebody else changed of what Berth had in place.

use std::collections::BTreeSet;

use super::{
    AwsId, Kind, Tags,
    action::Change,
    blueprint::{Blueprint, Key, RuleSpec, Spec},
    compare::{Seen, What, compare, rules},
    inventory::{Inventory, Rule},
    record::{Record, Records},
    teardown::foreign,
};

/// One thing that is not as Berth had it in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// What the resource is called in the deployment; `None` for what Berth did not make.
    pub key: Option<Key>,
    /// What the resource is.
    pub kind: Kind,
    /// Which.
    pub id: AwsId,
    /// What is different.
    pub what: What,
    /// What should be, for people.
    pub expected: String,
    /// What is, for people.
    pub found: String,
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
        let about = |what, expected: String, is: String, mend| Drift {
            key: Some(record.key.clone()),
            kind: record.kind,
            id: id.clone(),
            what,
            expected,
            found: is,
            mend,
        };
        match compare(spec, id, known, inventory) {
            // It goes with its node, of which that is said.
            Seen::Absent if record.kind == Kind::Volume && !has_node(spec, known, inventory) => {}
            Seen::Absent => found.push(about(What::Gone, "there".into(), "not there".into(), Vec::new())),
            Seen::Unsettled => {}
            Seen::AtRest(differences) => {
                let moving = in_flight(blueprint.get(&record.key), spec, known);
                let differences = differences
                    .into_iter()
                    .filter(|it| !moving.contains(&it.expected) && !moving.contains(&it.found));
                found.extend(differences.map(|it| about(it.what, it.expected, it.found, it.mend)));
            }
        }
        for (what, expected, is) in tags(record, inventory) {
            found.push(about(what, expected, is, Vec::new()));
        }
    }
    found.extend(foreign(records, inventory).into_iter().map(|it| Drift {
        key: None,
        found: it.to_string(),
        kind: it.kind,
        id: it.id,
        what: What::Unknown,
        expected: "only what Berth made".into(),
        mend: Vec::new(),
    }));
    found
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

/// The rules, in words, that a change of Berth's own adds or removes just now.
fn in_flight(wanted: Option<&Spec>, in_place: &Spec, records: Records<'_>) -> BTreeSet<String> {
    let resolved = |specs: &BTreeSet<RuleSpec>| rules(specs, records).unwrap_or_default();
    match (wanted, in_place) {
        (Some(Spec::SecurityGroup { rules: after, .. }), Spec::SecurityGroup { rules: before, .. }) => {
            let (before, after) = (resolved(before), resolved(after));
            before.symmetric_difference(&after).map(Rule::to_string).collect()
        }
        _ => BTreeSet::new(),
    }
}

fn tags(record: &Record, inventory: &Inventory) -> Vec<(What, String, String)> {
    let Some(id) = &record.aws_id else { return Vec::new() };
    let Some(seen) = inventory.tagged(record.kind).find(|(other, _)| *other == id).map(|(_, tags)| tags)
    else {
        return Vec::new();
    };
    differing_tags(&record.tags, seen)
}

fn differing_tags(expected: &Tags, seen: &Tags) -> Vec<(What, String, String)> {
    expected
        .iter()
        .filter_map(|(key, value)| match seen.get(key) {
            Some(is) if is == value => None,
            Some(is) => Some((What::TagChanged, format!("{key}={value}"), format!("{key}={is}"))),
            None => Some((What::TagRemoved, format!("{key}={value}"), format!("no tag {key}"))),
        })
        .collect()
}
