//! What `/metrics` tells of deployments and their nodes, and that it says what every number is.

use std::{collections::BTreeSet, time::Duration};

use berth_testkit::{
    app::{Client, SOON, body},
    aws::{REGION, berth_customer},
    database::Backend,
    simulator::Simulator,
};
use serde_json::json;
use tokio::time::Instant;

use crate::harness::Home;

async fn metrics(owner: &Client) -> String {
    owner.get("/metrics").await.body.as_str().unwrap().to_owned()
}

/// The metrics, once a line begins with each of these; none does with `-` in front.
async fn until(owner: &Client, lines: &[&str]) -> String {
    let deadline = Instant::now() + SOON;
    loop {
        let told = metrics(owner).await;
        let there = |start: &str| told.lines().any(|line| line.starts_with(start));
        if lines.iter().all(|line| line.strip_prefix('-').map_or_else(|| there(line), |not| !there(not))) {
            return told;
        }
        assert!(Instant::now() < deadline, "{lines:?}\n{told}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The names of the metrics for which there is such a line.
fn names<'a>(metrics: &'a str, line: &str) -> BTreeSet<&'a str> {
    let lines = metrics.lines().filter_map(|it| it.strip_prefix(line));
    lines.filter_map(|rest| rest.split(' ').next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn deployments_and_nodes_are_told_with_descriptions_and_forgotten_when_they_are_gone() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let home = Home::new(Backend::Sqlite, simulator.endpoint()).await;
    let server = home.serve_with(&[("BERTH_AWS_SETTLING_SECONDS", "1")]);
    let owner = home.owner(&server);
    let accepted = owner.post("/v1/cloud-accounts", body(&customer, "production")).await;
    let cloud_account = owner.finished(accepted).await["response"]["resourceId"].clone();
    let order = json!({
        "name": "orders", "paymentMethod": "marketplace",
        "cloudProviders": [{
            "cloudAccountId": cloud_account,
            "regions": [{ "region": REGION, "networking": { "deploymentCIDR": "10.0.0.0/24" } }],
        }],
        "databases": [{ "name": "db", "protocol": "redis", "datasetSizeInGb": 1, "replication": false }],
    });
    let task = owner.finished(owner.post("/v1/subscriptions", order).await).await;
    let id = task["response"]["resourceId"].as_i64().unwrap();

    let built = until(
        &owner,
        &[
            "berth_deployments{state=\"built\"} 1",
            "berth_drift_findings{what=\"rule-added\"} 0",
            "berth_deployment_passes_total{outcome=\"done\"}",
            "berth_deployment_pass_duration_seconds_count{outcome=\"done\"}",
            "berth_aws_calls_total{operation=\"ec2:RunInstances\",outcome=\"ok\"} 1",
            "berth_nodes{check=\"system\",health=\"ok\"} 1",
            "berth_node_check{",
        ],
    )
    .await;
    assert_eq!(names(&built, "# TYPE "), names(&built, "# HELP "), "every metric says what it is");

    owner.finished(owner.delete(&format!("/v1/subscriptions/{id}")).await).await;
    until(&owner, &["berth_deployments{state=\"built\"} 0", "-berth_node_check{"]).await;
    server.kill();
}
