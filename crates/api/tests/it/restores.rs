//! What others changed is put right where the subscription's policy says so, and only then.

use berth_domain::account::Role;
use berth_testkit::{
    app::{Client, TestApp},
    customer::Customer,
    database::Backend,
    environment,
    meddling::Meddling,
    simulator::Simulator,
    view::View,
};
use jiff::tz::TimeZone;
use rstest::rstest;
use serde_json::{Value, json};

use crate::deployments::{REGION, drift, one_zone, ordered, start, three_zones, until};

fn everything() -> Value {
    json!({
        "rules": "restore", "securityGroups": "restore", "network": "restore", "stoppedNodes": "restore",
        "lostNodes": "restore", "when": "any-time", "mostPerHour": 60,
    })
}

async fn set(client: &Client, id: i64, policy: &Value) {
    let answer = client.put(&format!("/api/subscriptions/{id}/restore-policy"), policy.clone()).await;
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    assert_eq!(answer.body, *policy);
}

async fn vpc(customer: &Customer) -> String {
    View::of(customer, REGION).await.ids("vpc")[0].to_owned()
}

/// Lets everybody reach the nodes by SSH.
async fn open_ssh(client: &Client, customer: &Customer, id: i64) {
    let deployments = client.get(&format!("/api/subscriptions/{id}/deployments")).await.body;
    let resources = deployments["deployments"][0]["resources"].as_array().unwrap().clone();
    let group = resources.iter().find(|it| it["name"] == "security-group/nodes").unwrap()["awsId"].clone();
    let rule = json!({ "GroupId": group, "IpPermissions": [{
        "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{ "CidrIp": "0.0.0.0/0" }],
    }]});
    customer.admin_call_in(REGION, "ec2", "authorize_security_group_ingress", rule).await.unwrap();
}

/// What is restored next, and what was: kinds of differences, the latest first.
async fn restores(client: &Client, id: i64) -> (Value, Vec<String>) {
    let body = client.get(&format!("/api/subscriptions/{id}/restores")).await.body;
    let one = &body["deployments"][0];
    let done = one["restores"].as_array().unwrap_or_else(|| panic!("{body:#}")).iter();
    let done =
        done.map(|it| format!("{} {}", it["what"].as_str().unwrap(), it["outcome"].as_str().unwrap()));
    (one["next"].clone(), done.collect())
}

async fn until_whole(client: &Client, id: i64) {
    let none = |it: &Value| it["deployments"][0]["findings"] == json!([]);
    until(client, &format!("/api/subscriptions/{id}/drift"), none).await;
}

async fn log(app: &TestApp) -> String {
    app.owner.get("/v1/logs").await.body.to_string()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn whatever_can_be_put_right_is_put_right_one_thing_after_the_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(backend, &simulator).await;
    let id = ordered(&app.owner, cloud_account, &three_zones()).await;
    let before = View::of(&customer, REGION).await;
    let vpc = vpc(&customer).await;
    for meddling in [
        Meddling::TerminateInstance,
        Meddling::StopInstance,
        Meddling::DeleteRoute,
        Meddling::TakeHostnames,
    ] {
        meddling.apply(&customer, REGION, &vpc).await;
    }
    open_ssh(&app.owner, &customer, id).await;

    set(&app.owner, id, &everything()).await;
    until(&app.owner, &format!("/api/subscriptions/{id}/restores"), |it| {
        it["deployments"][0]["restores"].as_array().is_some_and(|done| done.len() == 5)
    })
    .await;
    until_whole(&app.owner, id).await;

    assert_eq!(View::of(&customer, REGION).await.by_name(), before.by_name());
    let (next, mut done) = restores(&app.owner, id).await;
    assert_eq!(next["state"], "nothing");
    done.reverse();
    let expected = ["rule-added", "route-removed", "vpc-changed", "stopped", "terminated"];
    let mut network = done[1..3].to_vec();
    network.sort();
    done.splice(1..3, network);
    assert_eq!(done, expected.map(|what| format!("{what} asked")));
    let log = log(&app).await;
    assert_eq!(log.matches("Drift restored").count(), 5, "{log}");
    assert_eq!(log.matches("Deployment restored").count(), 1, "{log}");
    assert!(log.contains("Restore policy changed"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_policy_does_not_name_is_only_reported() {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    let mut policy = everything();
    policy["rules"] = json!("report");
    set(&app.owner, id, &policy).await;
    open_ssh(&app.owner, &customer, id).await;
    for _ in 0..3 {
        assert_eq!(drift(&app.owner, id).await[0]["what"], "rule-added");
    }
    assert_eq!(restores(&app.owner, id).await, (next("nothing", None), vec![]));
}

fn next(state: &str, reason: Option<&str>) -> Value {
    json!({ "state": state, "reason": reason, "until": null })
}

/// Four hours a day that are at least eight away from now.
fn closed() -> Value {
    let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let hour = (environment::system().now().to_zoned(TimeZone::UTC).hour() + 12) % 24;
    json!({ "mode": "manual", "windows": [{ "days": days, "startHour": hour, "durationInHours": 4 }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_the_maintenance_windows_nothing_is_restored_until_told_otherwise() {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    let path = format!("/v1/subscriptions/{id}/maintenance-windows");
    app.owner.finished(app.owner.put(&path, closed()).await).await;
    let mut policy = everything();
    policy["when"] = json!("maintenance-windows");
    set(&app.owner, id, &policy).await;
    open_ssh(&app.owner, &customer, id).await;
    assert_eq!(drift(&app.owner, id).await[0]["what"], "rule-added");
    let (waits, done) = restores(&app.owner, id).await;
    assert_eq!(
        (&waits["state"], &waits["reason"]),
        (&json!("waiting"), &json!("No maintenance window is open."))
    );
    assert!(waits["until"].is_string() && done.is_empty(), "{waits:#} {done:?}");

    set(&app.owner, id, &everything()).await;
    until_whole(&app.owner, id).await;
    assert_eq!(restores(&app.owner, id).await.1, ["rule-added asked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_restored_in_an_hour_than_the_policy_says() {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    let mut policy = everything();
    policy["mostPerHour"] = json!(1);
    set(&app.owner, id, &policy).await;
    open_ssh(&app.owner, &customer, id).await;
    Meddling::TakeHostnames.apply(&customer, REGION, &vpc(&customer).await).await;
    drift(&app.owner, id).await;

    let path = format!("/api/subscriptions/{id}/drift");
    let left = until(&app.owner, &path, |it| {
        it["deployments"][0]["findings"].as_array().is_some_and(|left| left.len() == 1)
    })
    .await;
    assert_eq!(left["deployments"][0]["findings"][0]["what"], "vpc-changed");
    let (waits, done) = restores(&app.owner, id).await;
    assert_eq!(waits["reason"], "As much was restored within the last hour as the policy allows.");
    assert_eq!(done, ["rule-added asked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_owners_say_what_is_restored_and_only_of_their_own() {
    let simulator = Simulator::moto().await;
    let (app, _, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    let path = format!("/api/subscriptions/{id}/restore-policy");
    let stranger = app.another_customer().await;
    let viewer = app.at_console(Role::Viewer).await;
    let manager = app.at_console(Role::Manager).await;
    assert_eq!(viewer.get(&path).await.status, 200);
    assert_eq!(viewer.put(&path, everything()).await.status, 403);
    assert_eq!(manager.put(&path, everything()).await.status, 403);
    assert_eq!(stranger.put(&path, everything()).await.status, 404);
    assert_eq!(stranger.get(&format!("/api/subscriptions/{id}/restores")).await.status, 404);
    let refused = app.owner.put(&path, json!({ "rules": "maybe", "mostPerHour": 0 })).await;
    assert_eq!((refused.status, refused.body["errors"].as_array().map(Vec::len)), (400, Some(2)));
    assert_eq!(app.owner.get(&path).await.body["rules"], "report", "nothing was set");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_aws_refuses_is_told_and_holds_nothing_else_up() {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    set(&app.owner, id, &everything()).await;
    customer.deny("ec2:RevokeSecurityGroupIngress").await;
    open_ssh(&app.owner, &customer, id).await;
    Meddling::TakeHostnames.apply(&customer, REGION, &vpc(&customer).await).await;
    drift(&app.owner, id).await;
    let path = format!("/api/subscriptions/{id}/restores");
    let done = until(&app.owner, &path, |it| {
        let done = it["deployments"][0]["restores"].as_array().unwrap();
        done.len() == 2 && done[0]["outcome"] == "asked"
    })
    .await;
    let refused = &done["deployments"][0]["restores"][1];
    assert_eq!((&refused["what"], &refused["outcome"]), (&json!("rule-added"), &json!("refused")));
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("Allow ec2:RevokeSecurityGroupIngress"), "{message}");
    assert!(log(&app).await.contains("Drift not restored"));
    let path = format!("/api/subscriptions/{id}/drift");
    let left = until(&app.owner, &path, |it| {
        it["deployments"][0]["findings"].as_array().is_some_and(|left| left.len() == 1)
    })
    .await;
    assert_eq!(left["deployments"][0]["findings"][0]["what"], "rule-added");
    let waits = restores(&app.owner, id).await.0;
    assert_eq!((&waits["state"], waits["until"].is_string()), (&json!("waiting"), true), "{waits:#}");
}

/// What a finding says of who did it, when these actions are denied to Berth.
async fn by_whom(denied: &[&str]) -> Value {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    for action in denied {
        customer.deny(action).await;
    }
    open_ssh(&app.owner, &customer, id).await;
    drift(&app.owner, id).await[0]["by"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_says_who_did_it_and_does_not_name_berth() {
    let by = by_whom(&[]).await;
    assert_eq!((&by["state"], &by["event"]), (&json!("known"), &json!("AuthorizeSecurityGroupIngress")));
    let who = by["who"].as_str().unwrap();
    assert!(who.ends_with("user/simulator-admin"), "{who}");
    assert!(by["at"].is_string() && by["unknownBecause"].is_null(), "{by:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn not_to_be_permitted_to_look_is_not_the_same_as_nobody() {
    let by = by_whom(&["cloudtrail:LookupEvents"]).await;
    assert_eq!((&by["state"], &by["who"]), (&json!("not-permitted"), &Value::Null));
    assert!(by["unknownBecause"].as_str().unwrap().starts_with("Not permitted to look"), "{by:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_record_is_nobodys_so_far() {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    // What is created has no id in the call that creates it, by which the simulator finds it.
    Meddling::ForeignGroup.apply(&customer, REGION, &vpc(&customer).await).await;
    let by = drift(&app.owner, id).await[0]["by"].clone();
    assert_eq!((&by["state"], &by["who"]), (&json!("nobody-yet"), &Value::Null), "{by:#}");
}
