//! A key that is being rotated outlives `kill -9` at any step, with one key that works in the end.

use std::time::Duration;

use berth_testkit::{
    app::{Client, SOON, body},
    aws::berth_customer,
    customer::Customer,
    database::Backend,
    proxy::Proxy,
    simulator::Simulator,
};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::harness::{Home, Server};

const QUICK: [(&str, &str); 2] =
    [("BERTH_ROTATION_GRACE_SECONDS", "2"), ("BERTH_ROTATION_OBSERVE_SECONDS", "2")];

/// Often enough to see every state.
const OFTEN: Duration = Duration::from_millis(5);
/// Often enough to see an end.
const NOW_AND_THEN: Duration = Duration::from_millis(200);

/// The newest rotation, once it is as `what` says.
async fn until(owner: &Client, id: i64, pause: Duration, what: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + SOON * 2;
    loop {
        let answer = owner.get(&format!("/api/cloud-accounts/{id}/rotations")).await;
        let newest = &answer.body["rotations"][0];
        if what(newest) {
            return newest.clone();
        }
        assert!(Instant::now() < deadline, "{answer:#?}");
        tokio::time::sleep(pause).await;
    }
}

async fn keys_in_aws(customer: &Customer) -> Vec<(String, String)> {
    let params = json!({ "UserName": customer.names.user });
    let answer = customer.admin_call("iam", "list_access_keys", params).await.unwrap();
    let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
    let keys = answer["AccessKeyMetadata"].as_array().unwrap().iter();
    keys.map(|key| (text(key, "AccessKeyId"), text(key, "Status"))).collect()
}

async fn begin(home: &Home, customer: &Customer) -> (Server, i64) {
    let server = home.serve_with(&QUICK);
    let owner = home.owner(&server);
    let task = owner.finished(owner.post("/v1/cloud-accounts", body(customer, "production")).await).await;
    let id = task["response"]["resourceId"].as_i64().unwrap();
    let begun = owner.post(&format!("/api/cloud-accounts/{id}/rotate"), json!({})).await;
    assert_eq!(begun.status, 202, "{begun:#?}");
    (server, id)
}

#[rstest]
#[case("checking")]
#[case("creating")]
#[case("verifying")]
#[case("grace")]
#[case("deactivating")]
#[case("observing")]
#[case("deleting")]
#[tokio::test(flavor = "multi_thread")]
async fn kill_9_at_any_step_leaves_one_key_that_works(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] state: &str,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    let home = Home::new(backend, &aws.endpoint()).await;
    let (server, id) = begin(&home, &customer).await;
    // Slow enough to be seen in every state.
    aws.set_latency(Duration::from_millis(150));
    let there = |rotation: &Value| rotation["state"] == state || !rotation["finishedTimestamp"].is_null();
    until(&home.owner(&server), id, OFTEN, there).await;
    server.kill();
    aws.set_latency(Duration::ZERO);

    let server = home.serve_with(&QUICK);
    let owner = home.owner(&server);
    let ended = until(&owner, id, NOW_AND_THEN, |rotation| !rotation["finishedTimestamp"].is_null()).await;

    assert_eq!(ended["state"], "completed", "{ended:#}");
    let account = owner.get(&format!("/v1/cloud-accounts/{id}")).await.body;
    let key = account["accessKeyId"].as_str().unwrap().to_owned();
    assert_eq!(keys_in_aws(&customer).await, [(key, "Active".to_owned())], "{ended:#}");
    let change = json!({ "consoleRoleName": "berth-console" });
    let task = owner.finished(owner.put(&format!("/v1/cloud-accounts/{id}"), change).await).await;
    assert_eq!(task["status"], "processing-completed", "Berth has the key's secret: {task:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_begins_a_rotation_and_waits_for_its_end() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let home = Home::new(Backend::Sqlite, simulator.endpoint()).await;
    let (server, id) = begin(&home, &customer).await;
    let ended = |rotation: &Value| !rotation["finishedTimestamp"].is_null();
    until(&home.owner(&server), id, NOW_AND_THEN, ended).await;

    let told = home.ok(&["cloud-account", "rotate", &id.to_string(), "--wait"]);
    assert!(told.lines().last().unwrap().contains("is in force; the key"), "{told}");
    let listed = home.ok(&["cloud-account", "rotations", &id.to_string()]);
    assert_eq!(listed.matches("completed").count(), 2, "{listed}");
    assert_eq!(keys_in_aws(&customer).await.len(), 1);
}
