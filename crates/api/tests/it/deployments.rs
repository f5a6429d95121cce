//! What is ordered is built in the customer's AWS account, watched, and removed.

mod drift;
mod faults;
mod refusals;
mod shared;
mod trouble;
mod variants;

use std::time::Duration;

use berth_testkit::{
    app::{Client, SOON, TestApp},
    aws::berth_customer,
    customer::Customer,
    database::Backend,
    simulator::Simulator,
    view::View,
};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::Instant;

pub(crate) const REGION: &str = "us-east-1";

/// Waits until a GET answers what is waited for; gives the answer.
pub(crate) async fn until(client: &Client, path: &str, what: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + SOON;
    loop {
        let answer = client.get(path).await;
        if what(&answer.body) {
            return answer.body;
        }
        assert!(Instant::now() < deadline, "{path}: {:#}", answer.body);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn order(cloud_account: i64, region: &Value) -> Value {
    json!({
        "name": "orders",
        "paymentMethod": "marketplace",
        "cloudProviders": [{ "cloudAccountId": cloud_account, "regions": [region] }],
        "databases": [{ "name": "db", "protocol": "redis", "datasetSizeInGb": 1 }],
    })
}

/// What the order of [`one_zone`] comes to in AWS.
const ONE_ZONE: [(&str, usize); 9] = [
    ("vpc", 1),
    ("subnet", 1),
    ("internet-gateway", 1),
    ("route-table", 1),
    ("security-group", 2),
    ("key-pair", 1),
    ("instance", 3),
    ("volume", 6),
    ("network-interface", 3),
];

pub(crate) fn one_zone() -> Value {
    json!({ "region": REGION, "networking": { "deploymentCIDR": "10.0.0.0/24" } })
}

pub(crate) fn three_zones() -> Value {
    json!({
        "region": REGION, "multipleAvailabilityZones": true,
        "preferredAvailabilityZones": ["use1-az2", "use1-az1", "use1-az4"],
        "networking": { "deploymentCIDR": "10.1.0.0/24" },
    })
}

/// Orders a subscription; gives its id as soon as it is planned.
async fn planned(client: &Client, order: Value) -> i64 {
    let task = client.finished(client.post("/v1/subscriptions", order).await).await;
    task["response"]["resourceId"].as_i64().unwrap_or_else(|| panic!("{task:#}"))
}

/// Waits until a subscription is built.
async fn built(client: &Client, id: i64) {
    let path = format!("/v1/subscriptions/{id}");
    let deadline = Instant::now() + SOON;
    loop {
        let subscription = client.get(&path).await.body;
        if subscription["status"] == "active" {
            return;
        }
        let deployments = client.get(&format!("/api/subscriptions/{id}/deployments")).await.body;
        let waits = subscription["status"] == "pending" && Instant::now() < deadline;
        assert!(waits, "{subscription:#}\n{deployments:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Orders a subscription and waits until it is built; gives its id.
pub(crate) async fn ordered(client: &Client, cloud_account: i64, region: &Value) -> i64 {
    let id = planned(client, order(cloud_account, region)).await;
    built(client, id).await;
    id
}

/// The first deployment of a subscription, as soon as something stands in its way.
async fn in_trouble(client: &Client, id: i64) -> Value {
    let path = format!("/api/subscriptions/{id}/deployments");
    until(client, &path, |it| !it["deployments"][0]["trouble"].is_null()).await["deployments"][0].take()
}

async fn deleted(client: &Client, id: i64) {
    client.finished(client.delete(&format!("/v1/subscriptions/{id}")).await).await;
    gone(client, id).await;
}

/// Waits until there is no such subscription any more.
async fn gone(client: &Client, id: i64) {
    let path = format!("/v1/subscriptions/{id}");
    let deadline = Instant::now() + SOON;
    while client.get(&path).await.status != 404 {
        let deployments = client.get(&format!("/api/subscriptions/{id}/deployments")).await.body;
        assert!(Instant::now() < deadline, "{deployments:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(crate) async fn start(backend: Backend, simulator: &Simulator) -> (TestApp, Customer, i64) {
    let customer = berth_customer(simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;
    let cloud_account = app.owner.register(&customer, "production").await;
    (app, customer, cloud_account)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_ordered_is_built_and_what_is_deleted_is_gone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(backend, &simulator).await;
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    let counts = View::of(&customer, REGION).await.counts();
    assert_eq!(counts, ONE_ZONE.into());
    deleted(&app.owner, id).await;
    assert_eq!(View::of(&customer, REGION).await.things, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_aws_has_against_an_order_is_named_field_by_field() {
    let simulator = Simulator::moto().await;
    let (app, _, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let own = json!({ "region": REGION, "networking": {
        "vpcId": "vpc-0123456789abcdef0",
        "subnetIds": ["subnet-0123456789abcdef0"],
        "securityGroupId": "sg-0123456789abcdef0",
    }});
    let task =
        app.owner.finished(app.owner.post("/v1/subscriptions", order(cloud_account, &own)).await).await;
    let errors = task["response"]["error"]["errors"].as_array().unwrap_or_else(|| panic!("{task:#}"));
    let fields: Vec<_> = errors.iter().filter_map(|it| it["field"].as_str()).collect();
    let networking = "cloudProviders[0].regions[0].networking";
    let expected =
        ["vpcId", "securityGroupId", "subnetIds[0]"].map(|field| format!("{networking}.{field}"));
    assert_eq!(fields, expected, "{task:#}");
    assert_eq!(errors[0]["type"], "NETWORKING_VPC_ID_MISSING");
}

async fn listed_drift(client: &Client) -> Value {
    client.get("/api/subscriptions").await.body["subscriptions"][0]["drift"].clone()
}

/// Has a subscription compared with AWS; gives what is found.
pub(crate) async fn drift(client: &Client, id: i64) -> Value {
    let path = format!("/api/subscriptions/{id}/drift");
    let before = client.get(&path).await.body["deployments"][0]["comparedTimestamp"].clone();
    assert_eq!(client.post(&path, json!({})).await.status, 202);
    let seen = until(client, &path, |it| it["deployments"][0]["comparedTimestamp"] != before).await;
    seen["deployments"][0]["findings"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_added_by_hand_is_drift_until_it_is_taken_away() {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    assert_eq!(drift(&app.owner, id).await, json!([]), "nothing was changed");
    let deployments = app.owner.get(&format!("/api/subscriptions/{id}/deployments")).await.body;
    let resources = deployments["deployments"][0]["resources"].as_array().unwrap().clone();
    let group = resources.iter().find(|it| it["name"] == "security-group/nodes").unwrap()["awsId"].clone();
    let rule = json!({ "GroupId": group, "IpPermissions": [{
        "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{ "CidrIp": "0.0.0.0/0" }],
    }]});
    let allow = "authorize_security_group_ingress";
    customer.admin_call_in(REGION, "ec2", allow, rule.clone()).await.unwrap();
    let found = drift(&app.owner, id).await;
    assert_eq!(found.as_array().unwrap().len(), 1, "{found:#}");
    assert_eq!(found[0]["what"], "rule-added");
    assert_eq!(found[0]["found"], "in: TCP 22 from 0.0.0.0/0");
    assert_eq!(listed_drift(&app.owner).await, 1, "the list of subscriptions says so, too");
    customer.admin_call_in(REGION, "ec2", "revoke_security_group_ingress", rule).await.unwrap();
    assert_eq!(drift(&app.owner, id).await, json!([]), "it was taken away");
    assert_eq!(listed_drift(&app.owner).await, 0);
    let log = app.owner.get("/v1/logs").await.body.to_string();
    assert!(log.contains("Deployment drifted") && log.contains("Deployment restored"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_berths_is_left_alone_and_named() {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    let vpc = View::of(&customer, REGION).await.ids("vpc")[0].to_owned();
    let web = json!({ "VpcId": vpc, "GroupName": "web", "Description": "the customer's" });
    let web = customer.admin_call_in(REGION, "ec2", "create_security_group", web).await.unwrap();
    let web = web["GroupId"].as_str().unwrap().to_owned();
    app.owner.finished(app.owner.delete(&format!("/v1/subscriptions/{id}")).await).await;
    let stuck = in_trouble(&app.owner, id).await;
    let message = stuck["trouble"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains(&format!("security group {web} \"web\"")), "{message}");
    let left = View::of(&customer, REGION).await;
    assert_eq!((left.ids("vpc"), left.ids("security-group")), (vec![vpc.as_str()], vec![web.as_str()]));
    assert_eq!(left.things.len(), 2);
}
