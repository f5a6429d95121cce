//! What is restored next, and what it waits for.

use std::collections::BTreeSet;

use berth_domain::{
    deployment::{
        AwsId, Kind,
        blueprint::Key,
        difference::Difference,
        inventory::{Direction, InstanceState, Peer, Route, Rule, Traffic},
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

fn finding(difference: Difference, resource: &str, kind: Kind) -> DriftFinding {
    let id = AwsId(format!("id-of-{resource}"));
    DriftFinding { id, resource: Some(Key::new(resource)), kind, difference }
}

fn port(port: u16) -> Rule {
    let peer = Peer::Cidr("10.0.0.0/8".parse().unwrap());
    Rule { direction: Direction::In, traffic: Traffic::Tcp(port, port), peer }
}

fn route(target: &str) -> Route {
    Route { destination: "0.0.0.0/0".into(), target: target.into() }
}

fn stop() -> Difference {
    Difference::Stopped { state: InstanceState::Stopped, reason: None }
}

fn termination() -> Difference {
    Difference::Terminated { state: InstanceState::Terminated, reason: None }
}

/// A finding that is as old as that.
fn kept(difference: Difference, resource: &str, kind: Kind, age: SignedDuration) -> KeptDrift {
    KeptDrift { finding: finding(difference, resource, kind), since: now() - age, by: None }
}

fn rule() -> KeptDrift {
    kept(
        Difference::RuleRemoved { rule: port(22) },
        "security-group/nodes",
        Kind::SecurityGroup,
        minutes(0),
    )
}

fn stopped() -> KeptDrift {
    kept(stop(), "node/1", Kind::Instance, minutes(60))
}

fn terminated() -> KeptDrift {
    kept(termination(), "node/2", Kind::Instance, minutes(0))
}

fn restored(what: &KeptDrift, ago: SignedDuration, outcome: RestoreOutcome) -> Restore {
    Restore {
        id: RestoreId(uuid::Uuid::nil()),
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
        Next::Now(it) => it.finding.name(),
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
#[case::rule_added(Difference::RuleAdded { rule: port(22) }, Kind::SecurityGroup, Some(Restorable::Rules))]
#[case::rule_removed(Difference::RuleRemoved { rule: port(22) }, Kind::SecurityGroup, Some(Restorable::Rules))]
#[case::rule_widened(Difference::RuleWidened { expected: port(22), found: port(23) }, Kind::SecurityGroup, Some(Restorable::Rules))]
#[case::other_groups(Difference::OtherGroups { expected: BTreeSet::new(), found: BTreeSet::new() }, Kind::Instance, Some(Restorable::SecurityGroups))]
#[case::route(Difference::RouteChanged { expected: route("igw-1"), found: route("nat-1") }, Kind::RouteTable, Some(Restorable::Network))]
#[case::gateway(Difference::GatewayDetached { expected: "vpc-1".into(), found: None }, Kind::InternetGateway, Some(Restorable::Network))]
#[case::subnet(Difference::NoPublicAddresses, Kind::Subnet, Some(Restorable::Network))]
#[case::vpc(Difference::DnsSupportOff, Kind::Vpc, Some(Restorable::Network))]
#[case::stopped(stop(), Kind::Instance, Some(Restorable::StoppedNodes))]
#[case::terminated(termination(), Kind::Instance, Some(Restorable::LostNodes))]
#[case::node_gone(Difference::Gone, Kind::Instance, Some(Restorable::LostNodes))]
#[case::group_gone(Difference::Gone, Kind::SecurityGroup, None)]
#[case::retyped(Difference::Retyped { expected: "a".into(), found: "b".into() }, Kind::Instance, None)]
#[case::not_berths(Difference::Foreign { name: "web".into() }, Kind::Instance, None)]
fn what_can_be_restored(
    #[case] difference: Difference,
    #[case] kind: Kind,
    #[case] expected: Option<Restorable>,
) {
    assert_eq!(Restorable::of(&finding(difference, "it", kind)), expected);
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
#[case::terminated_for_all_to_see(termination(), 0, "node/2")]
#[case::not_seen_just_now(Difference::Gone, 0, "MayTurnUp(\"node/2\") Some(2)")]
#[case::not_seen_for_long(Difference::Gone, 2, "node/2")]
fn a_node_that_may_turn_up_again_is_not_replaced(
    #[case] difference: Difference,
    #[case] age: i64,
    #[case] expected: &str,
) {
    assert_eq!(at_any_time(&[kept(difference, "node/2", Kind::Instance, minutes(age))], &[]), expected);
}

#[rstest]
#[case::its_own("node/2/data", "Volume(\"node/2/data (id-of-node/2/data)\") None")]
#[case::of_another_node("node/1/data", "node/2")]
fn a_lost_node_whose_volume_is_left_is_not_replaced(#[case] volume: &str, #[case] expected: &str) {
    let volume =
        kept(Difference::VolumeDetached { expected: None, found: None }, volume, Kind::Volume, minutes(0));
    assert_eq!(at_any_time(&[terminated(), volume], &[]), expected);
}

#[test]
fn what_waits_alone_holds_nothing_else_up() {
    let gone = kept(Difference::Gone, "node/1", Kind::Instance, minutes(1));
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
