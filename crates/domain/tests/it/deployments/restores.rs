//! What is restored next, and what it waits for.

use std::collections::BTreeSet;

use berth_domain::{
    deployment::{
        AwsId, Kind,
        blueprint::Key,
        compare::What,
        inventory::InstanceState,
        record::Settling,
        restore::{MostPerHour, Next, Restorable, Restore, RestoreOutcome, RestorePolicy, When, Why, next},
        state::{DriftFinding, KeptDrift},
    },
    ids::RestoreId,
    subscription::maintenance::{Day, MaintenanceWindow, MaintenanceWindows},
};
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;

use crate::deployments::model::{Fate, Model};

/// A Friday.
const NOW: &str = "2026-11-20T14:30:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

fn finding(what: What, resource: &str, kind: &str) -> DriftFinding {
    DriftFinding {
        resource: Some(resource.to_owned()).filter(|it| !it.is_empty()),
        kind: kind.to_owned(),
        id: AwsId(format!("id-of-{resource}")),
        what,
        expected: "as it was".into(),
        found: "otherwise".into(),
    }
}

/// A finding that is as old as that.
fn kept(what: What, resource: &str, kind: &str, age: SignedDuration) -> KeptDrift {
    let finding = finding(what, resource, kind);
    KeptDrift { fingerprint: finding.fingerprint(), finding, since: now() - age, by: None }
}

fn rule() -> KeptDrift {
    kept(What::RuleRemoved, "security-group/nodes", "security-group", minutes(0))
}

fn stopped() -> KeptDrift {
    kept(What::Stopped, "node/1", "instance", minutes(60))
}

fn terminated() -> KeptDrift {
    kept(What::Terminated, "node/2", "instance", minutes(0))
}

fn restored(what: &KeptDrift, ago: SignedDuration, outcome: RestoreOutcome) -> Restore {
    Restore {
        id: RestoreId(uuid::Uuid::nil()),
        fingerprint: what.fingerprint.clone(),
        finding: what.finding.clone(),
        at: now() - ago,
        outcome,
        message: None,
    }
}

fn everything() -> RestorePolicy {
    RestorePolicy {
        kinds: Restorable::ALL.into(),
        when: When::AnyTime,
        most_per_hour: MostPerHour::default(),
    }
}

fn settling() -> Settling {
    Settling { now: now(), time: minutes(2) }
}

/// What comes next in words: `nothing`, the resource, or why it waits with `until` in minutes from now.
fn told(
    policy: &RestorePolicy,
    drift: &[KeptDrift],
    before: &[Restore],
    windows: &MaintenanceWindows,
) -> String {
    match next(policy, drift, before, windows, settling()) {
        Next::Nothing => "nothing".into(),
        Next::Now(it) => it.finding.resource.clone().unwrap(),
        Next::Waiting(wait) => {
            let until = wait.until.map(|until| until.duration_since(now()).as_mins());
            format!("{:?} {until:?}", wait.why)
        }
    }
}

fn at_any_time(drift: &[KeptDrift], before: &[Restore]) -> String {
    told(&everything(), drift, before, &MaintenanceWindows::Automatic)
}

#[rstest]
#[case::rule_added(What::RuleAdded, "security-group", Some(Restorable::Rules))]
#[case::rule_removed(What::RuleRemoved, "security-group", Some(Restorable::Rules))]
#[case::rule_widened(What::RuleWidened, "security-group", Some(Restorable::Rules))]
#[case::other_groups(What::OtherGroups, "instance", Some(Restorable::SecurityGroups))]
#[case::route(What::RouteChanged, "route-table", Some(Restorable::Network))]
#[case::gateway(What::GatewayDetached, "internet-gateway", Some(Restorable::Network))]
#[case::stopped(What::Stopped, "instance", Some(Restorable::StoppedNodes))]
#[case::terminated(What::Terminated, "instance", Some(Restorable::LostNodes))]
#[case::node_gone(What::Gone, "instance", Some(Restorable::LostNodes))]
#[case::group_gone(What::Gone, "security-group", None)]
#[case::retyped(What::Retyped, "instance", None)]
#[case::not_berths(What::Unknown, "instance", None)]
fn what_can_be_restored(#[case] what: What, #[case] kind: &str, #[case] expected: Option<Restorable>) {
    assert_eq!(Restorable::of(&finding(what, "it", kind)), expected);
}

#[test]
fn by_default_nothing_is_restored() {
    let policy = RestorePolicy::default();
    let drift = [rule(), stopped(), terminated()];
    assert_eq!(told(&policy, &drift, &[], &MaintenanceWindows::Automatic), "nothing");
}

#[rstest]
#[case(Restorable::Rules, "security-group/nodes")]
#[case(Restorable::StoppedNodes, "node/1")]
#[case(Restorable::LostNodes, "node/2")]
#[case(Restorable::Network, "nothing")]
fn only_the_kinds_of_the_policy_are_restored(#[case] kind: Restorable, #[case] expected: &str) {
    let policy = RestorePolicy { kinds: BTreeSet::from([kind]), ..everything() };
    let drift = [rule(), stopped(), terminated()];
    assert_eq!(told(&policy, &drift, &[], &MaintenanceWindows::Automatic), expected);
}

#[test]
fn what_keeps_strangers_out_comes_first() {
    assert_eq!(at_any_time(&[terminated(), stopped(), rule()], &[]), "security-group/nodes");
}

fn fridays_from(start_hour: u8) -> MaintenanceWindows {
    MaintenanceWindows::Manual(vec![MaintenanceWindow {
        days: vec![Day::Friday],
        start_hour,
        duration_in_hours: 4,
    }])
}

#[rstest]
#[case::open(When::MaintenanceWindows, fridays_from(12), "security-group/nodes")]
#[case::not_yet(When::MaintenanceWindows, fridays_from(15), "Window Some(30)")]
#[case::over_until_next_week(When::MaintenanceWindows, fridays_from(10), "Window Some(9810)")]
#[case::whenever_berth_likes(
    When::MaintenanceWindows,
    MaintenanceWindows::Automatic,
    "security-group/nodes"
)]
#[case::told_otherwise(When::AnyTime, fridays_from(15), "security-group/nodes")]
fn windows_are_kept(#[case] when: When, #[case] windows: MaintenanceWindows, #[case] expected: &str) {
    assert_eq!(told(&RestorePolicy { when, ..everything() }, &[rule()], &[], &windows), expected);
}

#[rstest]
#[case::below_it(&[50], "security-group/nodes")]
#[case::reached(&[50, 40], "Limit Some(10)")]
#[case::exceeded_as_it_was_higher_before(&[50, 40, 30], "Limit Some(20)")]
fn no_more_is_restored_in_an_hour_than_the_limit(#[case] before: &[i64], #[case] expected: &str) {
    let policy = RestorePolicy { most_per_hour: MostPerHour::new(2).unwrap(), ..everything() };
    let before = before.iter().map(|ago| restored(&stopped(), minutes(*ago), RestoreOutcome::Refused));
    let before: Vec<Restore> = before.collect();
    assert_eq!(told(&policy, &[rule()], &before, &MaintenanceWindows::Automatic), expected);
}

#[test]
fn what_was_restored_more_than_an_hour_ago_does_not_count() {
    let policy = RestorePolicy { most_per_hour: MostPerHour::new(1).unwrap(), ..everything() };
    let before = [restored(&stopped(), minutes(60), RestoreOutcome::Asked)];
    assert_eq!(told(&policy, &[rule()], &before, &MaintenanceWindows::Automatic), "security-group/nodes");
}

#[rstest]
#[case::it_may_not_show_yet(1, RestoreOutcome::Asked, "LastOne(\"security-group/nodes\") Some(1)")]
#[case::nobody_read_the_answer(1, RestoreOutcome::Begun, "LastOne(\"security-group/nodes\") Some(1)")]
#[case::it_did_not_work_then(2, RestoreOutcome::Asked, "security-group/nodes")]
#[case::it_was_refused(1, RestoreOutcome::Refused, "node/1")]
fn one_thing_is_restored_at_a_time(
    #[case] ago: i64,
    #[case] outcome: RestoreOutcome,
    #[case] expected: &str,
) {
    let before = [restored(&rule(), minutes(ago), outcome)];
    assert_eq!(at_any_time(&[rule(), stopped()], &before), expected);
}

#[test]
fn what_aws_refused_waits_for_an_hour() {
    let before = [restored(&rule(), minutes(20), RestoreOutcome::Refused)];
    assert_eq!(at_any_time(&[rule()], &before), "Refused(\"security-group/nodes\") Some(40)");
}

#[rstest]
#[case::terminated_for_all_to_see(What::Terminated, 0, "node/2")]
#[case::not_seen_just_now(What::Gone, 0, "MayTurnUp(\"node/2\") Some(2)")]
#[case::not_seen_for_long(What::Gone, 2, "node/2")]
fn a_node_that_may_turn_up_again_is_not_replaced(
    #[case] what: What,
    #[case] age: i64,
    #[case] expected: &str,
) {
    assert_eq!(at_any_time(&[kept(what, "node/2", "instance", minutes(age))], &[]), expected);
}

#[rstest]
#[case::its_own("node/2/data", "Volume(\"node/2/data (id-of-node/2/data)\") None")]
#[case::of_another_node("node/1/data", "node/2")]
fn a_lost_node_whose_volume_is_left_is_not_replaced(#[case] volume: &str, #[case] expected: &str) {
    let volume = kept(What::VolumeDetached, volume, "volume", minutes(0));
    assert_eq!(at_any_time(&[terminated(), volume], &[]), expected);
}

#[test]
fn what_waits_alone_holds_nothing_else_up() {
    let gone = kept(What::Gone, "node/1", "instance", minutes(1));
    assert_eq!(at_any_time(&[gone, terminated()], &[]), "node/2");
}

#[rstest]
#[case(0, false)]
#[case(1, true)]
#[case(60, true)]
#[case(61, false)]
#[case(-1, false)]
fn a_limit_is_from_1_to_60(#[case] number: i32, #[case] good: bool) {
    assert_eq!(MostPerHour::new(number).is_some(), good);
}

#[test]
fn every_reason_is_a_sentence() {
    let text = || "node/1".to_owned();
    let reasons = [
        Why::Window,
        Why::Limit,
        Why::LastOne(text()),
        Why::MayTurnUp(text()),
        Why::Volume(text()),
        Why::Refused(text()),
    ];
    for reason in reasons {
        assert!(reason.to_string().ends_with('.'), "{reason}");
    }
}

#[test]
fn a_node_that_is_replaced_keeps_its_place() {
    let mut model = Model::built();
    let (key, lost) = (Key::node(2), model.id(&Key::node(2)));
    let place = model.aws.instance(&lost).unwrap().subnet.clone();
    model.delete(Kind::Instance, &lost);
    crate::deployments::model::find(&mut model.aws.instances, |it| it.id == lost).state =
        InstanceState::Terminated;

    model.forget(&key);
    model.build(|_| Fate::Answered);

    let new = model.aws.instance(&model.id(&key)).unwrap();
    assert_eq!((&new.subnet, new.state), (&place, InstanceState::Running));
    assert_eq!(model.aws.tagged(Kind::Instance).count(), 3);
}
