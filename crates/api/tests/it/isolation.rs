//! One customer never sees another's.

use berth_testkit::{
    app::TestApp, app::body, aws::berth_customer, database::Backend, simulator::Simulator,
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
