//! The way back to nothing, in the order AWS allows, without touching what is not Berth's.

use super::{
    AwsId, Kind,
    action::Change,
    blueprint::{Blueprint, Key},
    inventory::{InstanceState, Inventory, Peer},
    plan::{Blocked, MOST_STEPS, Plan, Step, Waiting},
    record::{Record, Records, Settling, find},
};

/// What is removed after what: a kind is only touched when nothing of the kinds before it is left.
const ORDER: [&[Kind]; 7] = [
    &[Kind::Instance],
    &[Kind::Volume, Kind::KeyPair],
    &[Kind::SecurityGroup],
    &[Kind::RouteTable],
    &[Kind::Subnet],
    &[Kind::InternetGateway],
    &[Kind::Vpc],
];

/// What to do to remove a deployment, or what was begun of it. Done when nothing is left that it made.
///
/// What is not to be seen is gone once AWS had time to show it; until then it is waited for.
pub fn teardown(records: &[Record], inventory: &Inventory, settling: Settling) -> Plan {
    remove_some(|_| true, records, inventory, settling)
}

/// What to do to remove what is on record and no longer in the blueprint.
pub fn clearing(
    blueprint: &Blueprint,
    records: &[Record],
    inventory: &Inventory,
    settling: Settling,
) -> Plan {
    remove_some(|record| blueprint.get(&record.key).is_none(), records, inventory, settling)
}

fn remove_some(
    chosen: impl Fn(&Record) -> bool,
    records: &[Record],
    inventory: &Inventory,
    settling: Settling,
) -> Plan {
    let known = Records(records);
    let mut plan = Plan::default();
    for kinds in ORDER {
        for record in records.iter().filter(|record| kinds.contains(&record.kind) && chosen(record)) {
            remove(record, known, inventory, settling, &mut plan);
        }
        plan.steps.extend(surplus(kinds, known, inventory));
        if !plan.is_done() {
            break;
        }
    }
    plan.steps.truncate(MOST_STEPS);
    plan
}

/// Whether a resource is proven to be gone, or never to have come.
pub fn is_gone(record: &Record, records: &[Record], inventory: &Inventory, settling: Settling) -> bool {
    match &record.aws_id {
        Some(id) if inventory.has(record.kind, id) => false,
        // To be seen as terminated is proof at once.
        Some(id) if record.kind == Kind::Instance && inventory.instance(id).is_some() => true,
        None if find(record, None, Records(records), inventory).is_some() => false,
        _ => settling.is_over_for(record),
    }
}

fn remove(
    record: &Record,
    records: Records<'_>,
    inventory: &Inventory,
    settling: Settling,
    plan: &mut Plan,
) {
    let key = &record.key;
    let wait = |why| Waiting { key: key.clone(), why };
    if is_gone(record, records.0, inventory, settling) {
        return;
    }
    let recorded = record.aws_id.clone().filter(|id| inventory.has(record.kind, id));
    let found = || find(record, None, records, inventory).filter(|_| record.aws_id.is_none());
    let Some(id) = recorded.or_else(found) else {
        plan.waiting.push(wait("AWS to show whether it is there"));
        return;
    };
    if let Some(by) = in_the_way(record.kind, &id, records, inventory) {
        plan.blocked.push(Blocked { key: key.clone(), by });
        return;
    }
    if is_ending(record.kind, &id, inventory) {
        plan.waiting.push(wait("AWS to finish it"));
        return;
    }
    let changes = before_removal(record.kind, &id, inventory);
    if changes.is_empty() {
        plan.steps.push(Step::Delete { key: key.clone(), kind: record.kind, id });
    }
    plan.steps.extend(changes.into_iter().map(|change| Step::Change { key: key.clone(), change }));
}

fn is_ending(kind: Kind, id: &AwsId, inventory: &Inventory) -> bool {
    let state = inventory.instance(id).map(|instance| instance.state);
    kind == Kind::Instance && state == Some(InstanceState::ShuttingDown)
}

/// What has to be undone before AWS deletes it.
fn before_removal(kind: Kind, id: &AwsId, inventory: &Inventory) -> Vec<Change> {
    match kind {
        Kind::RouteTable => {
            let tables = inventory.route_tables.iter().filter(|table| table.id == *id);
            tables
                .flat_map(|table| table.associations.values())
                .map(|association| Change::DisassociateRouteTable {
                    table: id.clone(),
                    association: association.clone(),
                })
                .collect()
        }
        Kind::InternetGateway => {
            let vpc = inventory.gateways.iter().find(|it| it.id == *id).and_then(|it| it.vpc.clone());
            vpc.into_iter().map(|vpc| Change::DetachGateway { gateway: id.clone(), vpc }).collect()
        }
        _ => Vec::new(),
    }
}

/// What an attempt made twice, because AWS was asked again when the first answer was lost: Berth's by tag and by
/// record. Tags alone prove nothing: whoever launches "more like this" copies them. A volume goes with its instance.
pub(super) fn surplus(kinds: &[Kind], records: Records<'_>, inventory: &Inventory) -> Vec<Step> {
    let recorded = records.ids();
    let mut steps = Vec::new();
    for kind in kinds.iter().filter(|kind| **kind != Kind::Volume) {
        for (id, tags) in inventory.tagged(*kind) {
            let Some(record) = records.of(tags) else { continue };
            let twice = record.asked > 1 && record.aws_id.is_some() && record.kind == *kind;
            if twice && !recorded.contains(id) && !is_ending(*kind, id, inventory) {
                steps.push(Step::Delete { key: record.key.clone(), kind: *kind, id: id.clone() });
            }
        }
    }
    steps
}

/// What is in the VPC and not Berth's, each once.
pub fn foreign<'a>(records: &'a [Record], inventory: &'a Inventory) -> Vec<Foreign> {
    let known = Records(records);
    let Some(vpc) = known.id(&Key::vpc()) else { return Vec::new() };
    let recorded = known.ids();
    let mut found = Vec::new();
    let mut add =
        |kind: Kind, id: &AwsId, tags: &super::Tags, called: Option<&str>, subnet: Option<&AwsId>| {
            if recorded.contains(id) || is_pending(known.of(tags), kind) {
                return;
            }
            let name =
                tags.get(super::NAME_TAG).map(String::as_str).or(called).unwrap_or_default().to_owned();
            found.push(Foreign { kind, id: id.clone(), name, subnet: subnet.cloned() });
        };
    for it in inventory.subnets.iter().filter(|it| it.vpc == *vpc) {
        add(Kind::Subnet, &it.id, &it.tags, None, Some(&it.id));
    }
    for it in inventory.gateways.iter().filter(|it| it.vpc.as_ref() == Some(vpc)) {
        add(Kind::InternetGateway, &it.id, &it.tags, None, None);
    }
    for it in inventory.route_tables.iter().filter(|it| it.vpc == *vpc && !it.main) {
        add(Kind::RouteTable, &it.id, &it.tags, None, None);
    }
    for it in inventory.groups.iter().filter(|it| it.vpc == *vpc && it.name != "default") {
        add(Kind::SecurityGroup, &it.id, &it.tags, Some(&it.name), None);
    }
    let alive = inventory.instances.iter().filter(|it| it.state != InstanceState::Terminated);
    for it in alive.filter(|it| it.vpc.as_ref() == Some(vpc)) {
        add(Kind::Instance, &it.id, &it.tags, None, it.subnet.as_ref());
    }
    // An instance's interface goes with it, whoever the instance belongs to.
    let alone = inventory.interfaces.iter().filter(|it| it.vpc == *vpc && it.instance.is_none());
    for it in alone {
        add(Kind::NetworkInterface, &it.id, &it.tags, Some(&it.description), Some(&it.subnet));
    }
    found
}

/// Whether an attempt of Berth's may have made it: not found yet, or made twice.
fn is_pending(record: Option<&Record>, kind: Kind) -> bool {
    record.is_some_and(|it| it.kind == kind && (it.aws_id.is_none() || it.asked > 1))
}

/// Something in Berth's VPC that is not Berth's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// What.
    pub kind: Kind,
    /// Which.
    pub id: AwsId,
    /// Its name or description; may be empty.
    pub name: String,
    /// The subnet it is in, or is.
    pub subnet: Option<AwsId>,
}

fn in_the_way(kind: Kind, id: &AwsId, records: Records<'_>, inventory: &Inventory) -> Option<String> {
    let foreign = foreign(records.0, inventory);
    let lives_in_subnet = |it: &&Foreign| matches!(it.kind, Kind::Instance | Kind::NetworkInterface);
    let blocking: Vec<String> = match kind {
        Kind::Instance | Kind::Volume | Kind::KeyPair | Kind::NetworkInterface => return None,
        Kind::SecurityGroup => using_group(id, &foreign, inventory),
        Kind::RouteTable | Kind::Subnet | Kind::InternetGateway => {
            foreign.iter().filter(lives_in_subnet).map(ToString::to_string).collect()
        }
        Kind::Vpc => foreign.iter().map(ToString::to_string).collect(),
    };
    (!blocking.is_empty()).then(|| blocking.join(", "))
}

fn using_group(id: &AwsId, foreign: &[Foreign], inventory: &Inventory) -> Vec<String> {
    let refers = |other: &Foreign| {
        let group = inventory.groups.iter().find(|it| it.id == other.id);
        let instance = inventory.instance(&other.id);
        group.is_some_and(|it| it.rules.iter().any(|rule| rule.peer == Peer::Group(id.clone())))
            || instance.is_some_and(|it| it.groups.contains(id))
    };
    foreign.iter().filter(|other| refers(other)).map(ToString::to_string).collect()
}
