//! PUT /v1/cloud-accounts/{id}.

use berth_testkit::{
    app::TestApp, aws::berth_customer, database::Backend, proxy::Proxy, simulator::Simulator,
};
use rstest::rstest;
use serde_json::json;

#[rstest]
#[tokio::test]
async fn a_new_name_needs_no_call_to_aws(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    let app = TestApp::start(backend, &aws.endpoint()).await;
    let path = format!("/v1/cloud-accounts/{}", app.owner.register(&customer, "production").await);
    aws.forget_requests();

    let accepted = app.owner.put(&path, json!({ "name": "live" })).await;
    assert_eq!(
        (accepted.status, &accepted.body["commandType"]),
        (202, &json!("cloudAccountUpdateRequest"))
    );
    let task = app.owner.finished(accepted).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    let account = app.owner.get(&path).await.body;
    assert_eq!((&account["name"], &account["status"]), (&json!("live"), &json!("active")));
    assert_eq!(account["accessKeyId"], customer.access_key.access_key_id.as_str());
    assert_eq!(aws.requests(), 0);
}

#[rstest]
#[tokio::test]
async fn a_new_key_is_verified_and_then_used(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;
    let path = format!("/v1/cloud-accounts/{}", app.owner.register(&customer, "production").await);

    let new = customer.create_access_key().await;
    let change = json!({ "accessKeyId": new.access_key_id, "accessSecretKey": new.secret_access_key });
    let task = app.owner.finished(app.owner.put(&path, change).await).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    assert_eq!(app.owner.get(&path).await.body["accessKeyId"], new.access_key_id.as_str());

    // The stored secret is the new one: a change that needs it still verifies once the old key is gone.
    customer.delete_access_key(&customer.access_key.access_key_id).await;
    let change = json!({ "consoleRoleName": "berth-console" });
    let task = app.owner.finished(app.owner.put(&path, change).await).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
}

#[rstest]
#[tokio::test]
async fn bad_credentials_never_replace_working_ones(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;
    let path = format!("/v1/cloud-accounts/{}", app.owner.register(&customer, "production").await);
    let before = app.owner.get(&path).await.body;

    let change = json!({ "accessSecretKey": customer.wrong_secret().secret_access_key, "name": "live" });
    let task = app.owner.finished(app.owner.put(&path, change).await).await;
    let error = &task["response"]["error"];
    assert_eq!(error["type"], "CLOUD_ACCOUNT_INVALID_CREDS", "{task:#}");
    assert!(error["description"].as_str().unwrap().contains("keeps working with the credentials it had"));
    assert_eq!(app.owner.get(&path).await.body, before);

    // The stored secret is still the working one: verifying with it succeeds.
    let change = json!({ "consoleRoleName": "berth-console" });
    let task = app.owner.finished(app.owner.put(&path, change).await).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
}

#[tokio::test]
async fn aws_that_cannot_be_reached_leaves_the_account_as_it_was() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    let app = TestApp::start(Backend::Sqlite, &aws.endpoint()).await;
    let path = format!("/v1/cloud-accounts/{}", app.owner.register(&customer, "production").await);
    let before = app.owner.get(&path).await.body;
    aws.refuse().await;
    let change = json!({ "consoleRoleName": "berth-console" });
    let task = app.owner.finished(app.owner.put(&path, change).await).await;
    assert_eq!(task["response"]["error"]["status"], "503 SERVICE_UNAVAILABLE", "{task:#}");
    assert_eq!(app.owner.get(&path).await.body, before);
}

#[tokio::test]
async fn another_accounts_name_is_taken() {
    let simulator = Simulator::moto().await;
    let (first, second) =
        (berth_customer(&simulator).prepare().await, berth_customer(&simulator).prepare().await);
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    app.owner.register(&first, "production").await;
    let path = format!("/v1/cloud-accounts/{}", app.owner.register(&second, "staging").await);
    let answer = app.owner.put(&path, json!({ "name": "production" })).await;
    assert_eq!((answer.status, &answer.body["type"]), (409, &json!("CLOUD_ACCOUNT_NAME_EXISTS")));
    assert_eq!(
        app.owner.put(&path, json!({ "name": "staging" })).await.status,
        202,
        "its own name is free"
    );
}

#[tokio::test]
async fn a_new_key_without_its_secret_is_refused() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let path = format!("/v1/cloud-accounts/{}", app.owner.register(&customer, "production").await);
    let answer = app.owner.put(&path, json!({ "accessKeyId": "AKIAIOSFODNN7EXAMPLE" })).await;
    assert_eq!((answer.status, &answer.body["errors"][0]["field"]), (400, &json!("accessSecretKey")));
}

#[tokio::test]
async fn the_internal_account_and_unknown_ones_cannot_be_changed() {
    let app = TestApp::start(Backend::Sqlite, "http://127.0.0.1:9").await;
    let internal = app.owner.put("/v1/cloud-accounts/1", json!({ "name": "mine" })).await;
    assert_eq!(internal.status, 403, "{internal:#?}");
    let unknown = app.owner.put("/v1/cloud-accounts/4711", json!({ "name": "mine" })).await;
    assert_eq!((unknown.status, &unknown.body["type"]), (404, &json!("CLOUD_ACCOUNT_NOT_FOUND")));
}
