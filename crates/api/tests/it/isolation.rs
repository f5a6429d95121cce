//! One customer never sees another's.

use berth_testkit::{
    app::{TestApp, body, body_with},
    aws::berth_customer,
    database::Backend,
    simulator::Simulator,
};
use rstest::rstest;
use serde_json::json;

#[rstest]
#[tokio::test]
async fn another_accounts_ids_are_unknown(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;
    let stranger = app.another_customer().await;
    let accepted = app.owner.post("/v1/cloud-accounts", body(&customer, "production")).await;
    let task_id = accepted.body["taskId"].as_str().unwrap().to_owned();
    let id = app.owner.finished(accepted).await["response"]["resourceId"].as_i64().unwrap();

    let path = format!("/v1/cloud-accounts/{id}");
    assert_eq!(stranger.get(&path).await.status, 404);
    assert_eq!(stranger.put(&path, json!({ "name": "mine" })).await.status, 404);
    assert_eq!(stranger.delete(&path).await.status, 404);
    assert_eq!(stranger.get(&format!("/v1/tasks/{task_id}")).await.status, 404);
    assert_eq!(stranger.get(&format!("/api/tasks/{task_id}/findings")).await.status, 404);
    let own_user = app.owner.get("/v1/users").await.body["users"][0]["id"].as_i64().unwrap();
    assert_eq!(stranger.get(&format!("/v1/users/{own_user}")).await.status, 404);
    assert_eq!(stranger.get("/v1/tasks").await.body["tasks"], json!([]));
    assert_eq!(stranger.get("/v1/cloud-accounts").await.body["cloudAccounts"].as_array().unwrap().len(), 1);
    let logs = stranger.get("/v1/logs").await.body.to_string();
    assert!(!logs.contains("production"), "{logs}");
    assert_eq!(app.owner.get(&path).await.body["name"], "production");
}

#[rstest]
#[tokio::test]
async fn an_aws_account_that_another_customer_has_registered_is_refused_without_saying_whose(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;
    let stranger = app.another_customer().await;
    app.owner.register(&customer, "secret name").await;

    let accepted = stranger.post("/v1/cloud-accounts", body(&customer, "production")).await;
    let task = stranger.finished(accepted).await;

    let error = &task["response"]["error"];
    assert_eq!(error["type"], "CLOUD_ACCOUNT_ACCESS_KEY_EXISTS", "{task:#}");
    assert!(error["description"].as_str().unwrap().contains("another account of this Berth"), "{task:#}");
    assert!(!task.to_string().contains("secret name"), "{task:#}");
}

#[tokio::test]
async fn a_second_cloud_account_over_one_aws_account_is_warned_of_and_an_edit_is_not() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let id = app.owner.register(&customer, "production").await;
    let second = customer.create_access_key().await;
    let verdict = async |accepted: berth_testkit::app::Answer| {
        let task = accepted.body["taskId"].as_str().unwrap().to_owned();
        app.owner.finished(accepted).await;
        let found = app.owner.get(&format!("/api/tasks/{task}/findings")).await.body;
        let findings = found["findings"].as_array().unwrap().clone();
        let about = findings.into_iter().find(|finding| finding["check"] == "registration").unwrap();
        (about["verdict"].clone(), about["message"].to_string())
    };

    let role = json!({ "consoleRoleName": "berth-console" });
    let (edited, _) = verdict(app.owner.put(&format!("/v1/cloud-accounts/{id}"), role).await).await;
    let (added, message) =
        verdict(app.owner.post("/v1/cloud-accounts", body_with(&customer, "second", &second)).await).await;

    assert_eq!((edited, added), (json!("pass"), json!("warn")));
    assert!(message.contains(&format!("production ({id})")), "{message}");
}

#[tokio::test]
async fn two_customers_may_use_the_same_name() {
    let simulator = Simulator::moto().await;
    let (first, second) =
        (berth_customer(&simulator).prepare().await, berth_customer(&simulator).prepare().await);
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let other = app.another_customer().await;
    app.owner.register(&first, "production").await;
    other.register(&second, "production").await;
}

#[tokio::test]
async fn the_account_key_of_one_and_the_secret_of_another_open_nothing() {
    let app = TestApp::start(Backend::Sqlite, "http://127.0.0.1:9").await;
    let mut mixed = app.another_customer().await;
    mixed.account_key.clone_from(&app.owner.account_key);
    assert_eq!(mixed.get("/v1/").await.status, 401);
}
