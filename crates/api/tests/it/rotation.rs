//! Rotation of access keys: POST …/rotate, …/rotations, …/rotation-schedule.

use std::time::Duration;

use berth_domain::account::Role;
use berth_testkit::{
    app::{Client, SOON, TestApp},
    aws::berth_customer,
    database::Backend,
    simulator::Simulator,
};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::Instant;

/// The newest rotation, once it has ended.
async fn ended(client: &Client, id: i64) -> Value {
    let deadline = Instant::now() + SOON;
    loop {
        let answer = client.get(&format!("/api/cloud-accounts/{id}/rotations")).await;
        let newest = answer.body["rotations"][0].clone();
        if !newest["finishedTimestamp"].is_null() {
            return newest;
        }
        assert!(Instant::now() < deadline, "{answer:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[rstest]
#[tokio::test]
async fn a_rotation_is_accepted_and_can_be_followed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;
    let id = app.owner.register(&customer, "production").await;
    let old = customer.access_key.access_key_id.as_str();

    let accepted = app.owner.post(&format!("/api/cloud-accounts/{id}/rotate"), json!({})).await;
    assert_eq!((accepted.status, &accepted.body["state"]), (202, &json!("checking")), "{accepted:#?}");
    assert_eq!(accepted.body["oldAccessKeyId"], old);
    let rotation = ended(&app.owner, id).await;

    assert_eq!(rotation["state"], "completed", "{rotation:#}");
    let account = app.owner.get(&format!("/v1/cloud-accounts/{id}")).await.body;
    assert_eq!(account["accessKeyId"], rotation["newAccessKeyId"]);
    assert_ne!(account["accessKeyId"], old);
    assert!(rotation["events"].as_array().unwrap().len() >= 6, "{rotation:#}");
    let key = &rotation["keys"].as_array().unwrap()[0];
    assert!(["used", "never"].contains(&key["lastUse"].as_str().unwrap()), "{key}");
    let gone = app
        .owner
        .delete(&format!("/api/cloud-accounts/{id}/rotations/{}", rotation["id"].as_str().unwrap()))
        .await;
    assert_eq!(gone.status, 409, "{gone:#?}");
}

#[tokio::test]
async fn what_is_not_there_is_404_and_the_internal_account_is_refused() {
    let app = TestApp::start(Backend::Sqlite, "http://127.0.0.1:9").await;
    let nil = "00000000-0000-0000-0000-000000000000";
    for (method, path) in [
        ("POST", "/api/cloud-accounts/4711/rotate".to_owned()),
        ("GET", "/api/cloud-accounts/4711/rotations".to_owned()),
        ("GET", "/api/cloud-accounts/4711/rotation-schedule".to_owned()),
        ("DELETE", format!("/api/cloud-accounts/101/rotations/{nil}")),
        ("DELETE", "/api/cloud-accounts/101/rotations/x".to_owned()),
        ("POST", format!("/api/cloud-accounts/101/rotations/{nil}/reactivate")),
        ("POST", "/api/cloud-accounts/1/rotate".to_owned()),
    ] {
        let answer = app.owner.send(method.parse().unwrap(), &path, None).await;
        assert_eq!(answer.status, 404, "{method} {path}: {answer:#?}");
    }
}

#[rstest]
#[case(json!({ "everyDays": 90 }), 200, json!(90))]
#[case(json!({ "everyDays": 0 }), 200, json!(0))]
#[case(json!({ "everyDays": null }), 200, json!(null))]
#[case(json!({}), 200, json!(null))]
#[case(json!({ "everyDays": -1 }), 400, json!(30))]
#[case(json!({ "everyDays": 3651 }), 400, json!(30))]
#[case(json!({ "everyDays": "90" }), 400, json!(30))]
#[tokio::test]
async fn a_schedule_is_kept(#[case] body: Value, #[case] status: u16, #[case] kept: Value) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let id = app.owner.register(&customer, "production").await;
    let path = format!("/api/cloud-accounts/{id}/rotation-schedule");
    assert_eq!(app.owner.get(&path).await.body["everyDays"], json!(null), "none at first");
    app.owner.put(&path, json!({ "everyDays": 30 })).await;

    let answer = app.owner.put(&path, body).await;

    assert_eq!(answer.status, status, "{answer:#?}");
    assert_eq!(app.owner.get(&path).await.body["everyDays"], kept);
}

#[tokio::test]
async fn another_accounts_rotations_do_not_exist_and_viewers_begin_none() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let id = app.owner.register(&customer, "production").await;
    let stranger = app.another_customer().await;
    let viewer = app.at_console(Role::Viewer).await;

    let path = format!("/api/cloud-accounts/{id}/rotate");
    assert_eq!(stranger.post(&path, json!({})).await.status, 404);
    assert_eq!(viewer.post(&path, json!({})).await.status, 403);
    let list = app.owner.get(&format!("/api/cloud-accounts/{id}/rotations")).await;
    assert_eq!(list.body["rotations"], json!([]));
}
