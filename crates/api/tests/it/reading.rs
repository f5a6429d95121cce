//! What can be read, in the shapes that the public clients expect.

use berth_control::operator::NewPaymentMethod;
use berth_testkit::{app::TestApp, aws::berth_customer, database::Backend, simulator::Simulator};
use rstest::rstest;
use serde_json::json;

const NOWHERE: &str = "http://127.0.0.1:9";

#[rstest]
#[tokio::test]
async fn the_root_says_who_is_asking(#[values("/v1", "/v1/")] path: &str) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let root = app.owner.get(path).await.body;
    assert_eq!(root["account"]["id"], app.owner.account_id.0);
    assert_eq!(root["account"]["name"], "Acme");
    assert_eq!(root["account"]["key"]["owner"]["email"], "owner@acme.example");
    assert!(!root.to_string().contains(&app.owner.secret_key));
}

#[tokio::test]
async fn the_list_begins_with_the_internal_account() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let list = app.owner.get("/v1/cloud-accounts").await.body;
    let internal = &list["cloudAccounts"][0];
    assert_eq!(list["accountId"], app.owner.account_id.0);
    assert_eq!((&internal["id"], &internal["status"]), (&json!(1), &json!("active")));
    assert_eq!(internal["provider"], "AWS");
    assert!(internal["accessKeyId"].is_null());
    assert_eq!(app.owner.get("/v1/cloud-accounts/1").await.body["id"], 1);
}

#[tokio::test]
async fn regions_are_listed_with_numbers_that_stay() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let regions = app.owner.get("/v1/regions").await.body;
    let regions = regions["regions"].as_array().unwrap();
    assert!(regions.len() > 30);
    assert_eq!(regions[0], json!({ "id": 1, "name": "us-east-1", "provider": "AWS" }));
    assert_eq!(app.owner.get("/v1/regions?provider=GCP").await.body["regions"], json!([]));
}

#[tokio::test]
async fn users_are_listed_and_viewed() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let users = app.owner.get("/v1/users").await.body;
    let owner = &users["users"][0];
    assert_eq!((&owner["email"], &owner["role"]), (&json!("owner@acme.example"), &json!("Owner")));
    assert_eq!(owner["hasApiKey"], true);
    assert_eq!(app.owner.get(&format!("/v1/users/{}", owner["id"])).await.body["name"], owner["name"]);
    assert_eq!(app.owner.get("/v1/users/999").await.status, 404);
}

#[tokio::test]
async fn payment_methods_are_those_the_operator_recorded() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    assert_eq!(app.owner.get("/v1/payment-methods").await.body["paymentMethods"], json!([]));
    let new = NewPaymentMethod {
        kind: "Visa".parse().unwrap(),
        last4: 42,
        name_on_card: "Ada Lovelace".parse().unwrap(),
        expiration_month: 12,
        expiration_year: 2030,
    };
    app.operator.add_payment_method(app.owner.account_id, new).await.unwrap();
    let methods = app.owner.get("/v1/payment-methods").await.body;
    let method = &methods["paymentMethods"][0];
    assert_eq!((&method["creditCardEndsWith"], &method["expirationYear"]), (&json!(42), &json!(2030)));
}

#[rstest]
#[tokio::test]
async fn the_log_tells_who_did_what_newest_first(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;
    let id = app.owner.register(&customer, "production").await;

    let entries = app.owner.get("/v1/logs").await.body["entries"].clone();
    let types: Vec<_> =
        entries.as_array().unwrap().iter().map(|entry| entry["type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        ["Cloud account registered", "Cloud account registration requested", "Account created"]
    );
    assert_eq!(entries[0]["originator"], "owner@acme.example");
    assert_eq!(entries[0]["apiKeyName"], "initial-owner-key");
    assert_eq!(entries[0]["resourceId"].as_i64(), Some(id));
    assert!(entries[0]["id"].as_i64() > entries[1]["id"].as_i64());

    let second = app.owner.get("/v1/logs?offset=1&limit=1").await.body["entries"].clone();
    assert_eq!(second, json!([entries[1]]));
    let about = app.owner.get(&format!("/v1/logs?resourceId={id}")).await.body["entries"].clone();
    assert_eq!(about, json!([entries[0]]));
}

#[tokio::test]
async fn lists_come_in_pages() {
    let simulator = Simulator::moto().await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    for name in ["a", "b", "c"] {
        app.owner.register(&berth_customer(&simulator).prepare().await, name).await;
    }
    let names = |list: serde_json::Value| -> Vec<String> {
        let accounts = list["cloudAccounts"].as_array().unwrap().clone();
        accounts.iter().map(|account| account["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = names(app.owner.get("/v1/cloud-accounts").await.body);
    assert_eq!(all[1..], ["a", "b", "c"]);
    assert_eq!(names(app.owner.get("/v1/cloud-accounts?offset=0&limit=2").await.body), all[..2]);
    assert_eq!(names(app.owner.get("/v1/cloud-accounts?offset=2&limit=9").await.body), all[2..]);
}
