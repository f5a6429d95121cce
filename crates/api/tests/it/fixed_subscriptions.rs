//! Free subscriptions and those of a fixed size.

use berth_domain::account::Contract;
use berth_testkit::{app::TestApp, database::Backend};
use rstest::rstest;
use serde_json::{Value, json};

const NOWHERE: &str = "http://127.0.0.1:9";
const PATH: &str = "/v1/fixed/subscriptions";

/// A plan of this size in a region.
async fn plan(app: &TestApp, region: &str, name: &str) -> i64 {
    let plans = app.owner.get("/v1/fixed/plans?provider=AWS").await.body;
    let plans = plans["plans"].as_array().unwrap();
    let plan = plans.iter().find(|plan| plan["region"] == region && plan["name"] == name).unwrap();
    plan["id"].as_i64().unwrap()
}

#[rstest]
#[tokio::test]
async fn a_free_subscription_comes_changes_and_goes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend, NOWHERE).await;
    let free = plan(&app, "eu-west-1", "Free 30MB").await;
    let accepted = app.owner.post(PATH, json!({ "name": "Trial", "planId": free })).await;
    assert_eq!(accepted.body["commandType"], "fixedSubscriptionCreateRequest");
    let task = app.owner.finished(accepted).await;
    let path = format!("{PATH}/{}", task["response"]["resourceId"]);
    let shown = app.owner.get(&path).await.body;
    assert_eq!((&shown["status"], &shown["planType"]), (&json!("active"), &json!("free")));
    assert_eq!(app.owner.get(PATH).await.body["subscriptions"], json!([shown]));
    assert_eq!(app.owner.get("/v1/subscriptions").await.body["subscriptions"], json!([]));

    let second = app.owner.post(PATH, json!({ "name": "Trial", "planId": free })).await;
    let kind = json!("FIXED_SUBSCRIPTION_ACCOUNT_ALREADY_HAS_A_FREE_PLAN");
    assert_eq!((second.status, &second.body["type"]), (409, &kind));

    app.operator.set_contract(app.owner.account_id, Contract::Annual).await.unwrap();
    let larger = plan(&app, "eu-west-1", "Fixed 1GB").await;
    app.owner.finished(app.owner.put(&path, json!({ "planId": larger, "name": "Shop" })).await).await;
    let shown = app.owner.get(&path).await.body;
    assert_eq!((&shown["name"], &shown["planType"]), (&json!("Shop"), &json!("fixed")));

    app.owner.finished(app.owner.delete(&path).await).await;
    assert_eq!(app.owner.get(&path).await.status, 404);
}

#[rstest]
#[case::cloud_account(json!({ "cloudAccountId": 101 }), "BAD_REQUEST")]
#[case::cloud_provider(json!({ "cloudProviders": [] }), "BAD_REQUEST")]
#[case::no_name(json!({ "name": null }), "FIXED_SUBSCRIPTION_NAME_NOT_PROVIDED")]
#[case::no_plan(json!({ "planId": null }), "FIXED_SUBSCRIPTION_PLAN_NOT_PROVIDED")]
#[case::unknown_plan(json!({ "planId": 7 }), "FIXED_SUBSCRIPTION_CREATE_PLAN_NOT_FOUND")]
#[case::paid_and_free(json!({ "paymentMethodId": 1 }), "FIXED_PAYMENT_INFO_NOT_ALLOWED_IN_FREE_FIXED_PLAN")]
#[tokio::test]
async fn what_does_not_fit_is_refused(#[case] change: Value, #[case] kind: &str) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let mut body = json!({ "name": "Trial", "planId": plan(&app, "eu-west-1", "Free 30MB").await });
    for (name, value) in change.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = app.owner.post(PATH, body).await;
    assert_eq!(answer.body["type"], kind, "{answer:#?}");
    assert_eq!(app.owner.get(PATH).await.body["subscriptions"], json!([]));
}

#[tokio::test]
async fn a_plan_changes_within_its_region() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let free = plan(&app, "eu-west-1", "Free 30MB").await;
    let task =
        app.owner.finished(app.owner.post(PATH, json!({ "name": "Trial", "planId": free })).await).await;
    let id = &task["response"]["resourceId"];
    let offered = app.owner.get(&format!("/v1/fixed/plans/subscriptions/{id}")).await.body;
    assert_eq!(offered["plans"].as_array().unwrap().len(), 5);
    let elsewhere = plan(&app, "us-east-1", "Free 30MB").await;
    let answer = app.owner.put(&format!("{PATH}/{id}"), json!({ "planId": elsewhere })).await;
    let kind = json!("FIXED_MISMATCH_BETWEEN_REQUEST_PLAN_REGION_AND_SUBSCRIPTION_REGION");
    assert_eq!((answer.status, &answer.body["type"]), (400, &kind));
}
