//! DELETE /v1/cloud-accounts/{id}.

use berth_testkit::{app::TestApp, aws::berth_customer, database::Backend, simulator::Simulator};
use rstest::rstest;
use serde_json::json;

#[rstest]
#[tokio::test]
async fn a_deleted_account_is_gone_and_its_name_is_free(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;
    let path = format!("/v1/cloud-accounts/{}", app.owner.register(&customer, "production").await);

    let accepted = app.owner.delete(&path).await;
    assert_eq!(
        (accepted.status, &accepted.body["commandType"]),
        (200, &json!("cloudAccountDeleteRequest"))
    );
    let task = app.owner.finished(accepted).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    assert_eq!(app.owner.get(&path).await.status, 404);
    let list = app.owner.get("/v1/cloud-accounts").await.body;
    assert_eq!(list["cloudAccounts"].as_array().unwrap().len(), 1);
    app.owner.register(&customer, "production").await;
}

#[tokio::test]
async fn deleting_twice_finds_nothing() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let path = format!("/v1/cloud-accounts/{}", app.owner.register(&customer, "production").await);
    app.owner.finished(app.owner.delete(&path).await).await;
    let again = app.owner.delete(&path).await;
    assert_eq!((again.status, &again.body["type"]), (404, &json!("CLOUD_ACCOUNT_NOT_FOUND")));
}

#[tokio::test]
async fn the_internal_account_stays() {
    let app = TestApp::start(Backend::Sqlite, "http://127.0.0.1:9").await;
    assert_eq!(app.owner.delete("/v1/cloud-accounts/1").await.status, 403);
    assert_eq!(app.owner.get("/v1/cloud-accounts/1").await.status, 200);
}
