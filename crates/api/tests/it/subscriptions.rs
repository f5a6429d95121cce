//! Subscriptions, and the cloud accounts they hold on to.

use berth_control::operator::NewSubscription;
use berth_domain::{
    account::Role,
    ids::CloudAccountId,
    subscription::{Plan, SubscriptionStatus},
};
use berth_testkit::{app::TestApp, aws::berth_customer, database::Backend, simulator::Simulator};
use rstest::rstest;
use serde_json::json;

const NOWHERE: &str = "http://127.0.0.1:9";

fn new(name: &str, plan: Plan, cloud_account: Option<i64>) -> NewSubscription {
    NewSubscription {
        name: name.parse().unwrap(),
        plan,
        status: SubscriptionStatus::Active,
        cloud_account_id: cloud_account.map(|id| CloudAccountId(id.try_into().unwrap())),
        regions: vec!["eu-west-1".to_owned()],
    }
}

#[rstest]
#[tokio::test]
async fn a_cloud_account_in_use_cannot_be_deleted_until_it_is_free(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;
    let id = app.owner.register(&customer, "production").await;
    let account = app.owner.account_id;
    let shop =
        app.operator.add_subscription(account, new("Web shop", Plan::Flexible, Some(id))).await.unwrap();
    app.operator.add_subscription(account, new("Trial", Plan::Free, None)).await.unwrap();

    let path = format!("/v1/cloud-accounts/{id}");
    let refused = app.owner.delete(&path).await;
    assert_eq!((refused.status, &refused.body["type"]), (409, &json!("CLOUD_ACCOUNT_USED")));
    let message = refused.body["message"].as_str().unwrap();
    assert!(message.contains("Web shop (1)") && !message.contains("Trial"), "{message}");
    assert_eq!(app.owner.get(&path).await.body["status"], "active");

    let browser = app.at_console(Role::Viewer).await;
    let listed = browser.get("/api/cloud-accounts").await.body;
    let listed = listed["cloudAccounts"].as_array().unwrap();
    assert_eq!(listed.len(), 1, "without the internal one");
    assert_eq!(listed[0]["usedBy"], json!([{ "id": 1, "name": "Web shop" }]));
    assert_eq!(listed[0]["statusReason"], json!(null));
    assert_eq!(listed[0]["awsAccountId"], customer.account_id.as_str());
    assert!(!listed[0].to_string().contains(&customer.access_key.secret_access_key));

    app.operator.remove_subscription(account, shop.id).await.unwrap();
    let task = app.owner.finished(app.owner.delete(&path).await).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
}

#[rstest]
#[tokio::test]
async fn subscriptions_are_listed_to_their_own_account(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend, NOWHERE).await;
    for plan in Plan::ALL {
        let new = new(&format!("The {plan} one"), plan, None);
        app.operator.add_subscription(app.owner.account_id, new).await.unwrap();
    }
    let browser = app.at_console(Role::Manager).await;
    let mut listed = browser.get("/api/subscriptions").await.body;
    assert_eq!(
        listed["subscriptions"][2],
        json!({
            "id": 3,
            "name": "The flexible one",
            "plan": "flexible",
            "status": "active",
            "cloudAccountId": null,
            "regions": ["eu-west-1"],
            "drift": 0,
        })
    );
    for subscription in listed["subscriptions"].as_array_mut().unwrap() {
        subscription.as_object_mut().unwrap().remove("drift");
    }
    assert_eq!(browser.get("/api/session").await.body["subscriptions"], listed["subscriptions"]);
    let stranger = app.another_customer().await;
    assert_eq!(stranger.get("/api/subscriptions").await.body["subscriptions"], json!([]));
}

#[tokio::test]
async fn a_subscription_that_cannot_be_is_not_recorded() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let account = app.owner.account_id;
    for refused in [
        new("x", Plan::Fixed, Some(101)),
        new("x", Plan::Flexible, Some(101)),
        NewSubscription { regions: vec!["mars-1".into()], ..new("x", Plan::Annual, None) },
    ] {
        app.operator.add_subscription(account, refused).await.unwrap_err();
    }
    assert!(app.operator.subscriptions(account).await.unwrap().is_empty());
}
