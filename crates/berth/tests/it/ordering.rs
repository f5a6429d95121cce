//! The published Redis Cloud clients order subscriptions: the `redis-cloud` crate and `redisctl`.

use berth_testkit::{database::Backend, simulator::Simulator};
use redis_cloud::{
    flexible::subscriptions::{
        CidrAllowlistUpdateRequest, SubscriptionCreateRequest, SubscriptionHandler,
        SubscriptionUpdateRequest,
    },
    types::TaskStatus,
};
use serde_json::{Value, json};

use crate::{
    clients::{crate_client, customer_with_console_user, finished, json, redisctl_cloud},
    harness::{Home, Server, text},
};

const CARD: [&str; 10] = [
    "payment-method",
    "add",
    "--account-id=1",
    "--type=Visa",
    "--last4=4242",
    "--name-on-card",
    "Eve Ops",
    "--expires",
    "12/2030",
    "--json",
];

/// A Berth with a payment method and a cloud account: their ids.
async fn stocked(simulator: &Simulator) -> (Home, Server, i64, i64) {
    let customer = customer_with_console_user(simulator).await;
    let home = Home::new(Backend::Sqlite, simulator.endpoint()).await;
    let server = home.serve();
    let card: Value = serde_json::from_str(&home.ok(&CARD)).unwrap();
    let card = card["id"].as_i64().unwrap();
    let url = customer.sign_in_url();
    let credentials = [
        ("--access-key-id", customer.access_key.access_key_id.as_str()),
        ("--access-secret-key", &customer.access_key.secret_access_key),
        ("--console-username", "support"),
        ("--console-password", "correct horse battery"),
        ("--sign-in-login-url", &url),
    ];
    let create =
        "provider-account create --name production --provider AWS --wait --wait-interval 1 -o json";
    let created = json(&redisctl_cloud(&home, &server, create, &credentials));
    let id = created["response"]["resourceId"].as_i64().unwrap_or_else(|| panic!("{created:#}"));
    (home, server, card, id)
}

fn order(card: i64, cloud_account: i64) -> Value {
    json!({
        "name": "shop",
        "paymentMethodId": card,
        "cloudProviders": [{
            "provider": "AWS",
            "cloudAccountId": cloud_account,
            "regions": [{ "region": "us-east-1", "networking": { "deploymentCIDR": "10.0.0.0/24" } }],
        }],
        "databases": [{ "name": "cart", "protocol": "redis", "datasetSizeInGb": 1 }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_crate_orders_reads_changes_and_deletes() {
    let simulator = Simulator::moto().await;
    let (home, server, card, cloud_account) = stocked(&simulator).await;
    let client = crate_client(&home, &server);
    let subscriptions = SubscriptionHandler::new(client.clone());
    // The crate spells this one otherwise than the API is documented, and sends it so.
    let spelled = order(card, cloud_account).to_string().replace("deploymentCIDR", "deploymentCidr");
    let request: SubscriptionCreateRequest = serde_json::from_str(&spelled).unwrap();

    let task = finished(&client, subscriptions.create(&request).await.unwrap()).await;
    assert_eq!(task.status, Some(TaskStatus::ProcessingCompleted), "{task:?}");
    let id = task.response.unwrap().resource_id.unwrap();
    let shown = subscriptions.get(id).await.unwrap();
    assert_eq!((shown.name.as_deref(), shown.number_of_databases), (Some("shop"), Some(1)));
    assert_eq!(subscriptions.list().await.unwrap().subscriptions.unwrap().len(), 1);

    let change: SubscriptionUpdateRequest = serde_json::from_value(json!({ "name": "store" })).unwrap();
    finished(&client, subscriptions.update(id, &change).await.unwrap()).await;
    assert_eq!(subscriptions.get(id).await.unwrap().name.as_deref(), Some("store"));
    let list: CidrAllowlistUpdateRequest =
        serde_json::from_value(json!({ "cidrIps": ["10.1.0.0/16"] })).unwrap();
    finished(&client, subscriptions.update_cidr_allowlist(id, &list).await.unwrap()).await;
    let read = finished(&client, subscriptions.cidr_allowlist(id).await.unwrap()).await;
    assert!(format!("{read:?}").contains("10.1.0.0/16"), "{read:?}");
    let windows = subscriptions.maintenance_windows(id).await.unwrap();
    assert_eq!(windows.mode.as_deref(), Some("automatic"));
    assert!(subscriptions.pricing(id).await.unwrap().pricing.unwrap().is_empty());

    let task = finished(&client, subscriptions.delete(id).await.unwrap()).await;
    assert_eq!(task.status, Some(TaskStatus::ProcessingCompleted), "{task:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn redisctl_orders_lists_changes_and_deletes() {
    let simulator = Simulator::moto().await;
    let (home, server, card, cloud_account) = stocked(&simulator).await;
    let run = |words: &str, more: &[(&str, &str)]| redisctl_cloud(&home, &server, words, more);
    let data = order(card, cloud_account).to_string();
    let create = format!("subscription create --payment-method-id {card} --wait --wait-interval 1 -o json");
    let created = json(&run(&create, &[("--data", &data)]));
    let id = created["response"]["resourceId"].as_i64().unwrap_or_else(|| panic!("{created:#}"));

    assert!(json(&run("subscription list -o json", &[])).to_string().contains("shop"));
    assert_eq!(json(&run(&format!("subscription get {id} -o json"), &[]))["id"], id);
    json(&run(&format!("subscription get-maintenance-windows {id} -o json"), &[]));
    json(&run(&format!("subscription get-cidr-allowlist {id} -o json"), &[]));
    json(&run("subscription redis-versions -o json", &[]));
    json(&run("fixed-subscription list -o json", &[]));
    json(&run("fixed-subscription list-plans -o json", &[]));
    let update = format!("subscription update {id} --name store --wait --wait-interval 1 -o json");
    json(&run(&update, &[]));
    assert_eq!(json(&run(&format!("subscription get {id} -o json"), &[]))["name"], "store");
    let deleted = run(&format!("subscription delete {id} --force -o json"), &[]);
    assert!(deleted.status.success(), "{}", text(&deleted));
}
