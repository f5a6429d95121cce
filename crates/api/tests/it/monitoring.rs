//! How nodes do, read from AWS and told honestly: what may not be read, and what there is nothing of yet.

use berth_testkit::{app::Client, database::Backend, environment, simulator::Simulator, view::View};
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Value, json};

use crate::deployments::{REGION, one_zone, ordered, start, until};

/// The path of how the nodes of a subscription's only deployment do.
async fn path(client: &Client, subscription: i64) -> String {
    let path = format!("/api/subscriptions/{subscription}/deployments");
    let deployments = client.get(&path).await.body;
    format!("/api/deployments/{}/monitoring", deployments["deployments"][0]["id"].as_str().unwrap())
}

fn series<'a>(node: &'a Value, figure: &str) -> Vec<&'a Value> {
    let series = node["series"].as_array().unwrap().iter();
    series.filter(|series| series["figure"] == figure).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn figures_are_shown_node_by_node(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(backend, &simulator).await;
    app.read_nodes();
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    let path = path(&app.owner, id).await;
    let nothing = until(&app.owner, &path, |it| it["nodes"][2]["series"].is_array()).await;
    assert_eq!(nothing["figures"]["state"], "none-yet", "{nothing:#}");
    let instance = nothing["nodes"][1]["instanceId"].clone();
    let dimension = json!([{ "Name": "InstanceId", "Value": instance }]);
    let at = (environment::system().now() - SignedDuration::from_mins(5)).to_string();
    let data = |metric: &str, value: f64| json!({ "MetricName": metric, "Dimensions": dimension, "Value": value, "Timestamp": at });
    let params = json!({
        "Namespace": "AWS/EC2", "MetricData": [data("CPUUtilization", 12.5), data("NetworkIn", 4096.0)],
    });
    customer.admin_call_in(REGION, "cloudwatch", "put_metric_data", params).await.unwrap();

    let shown = until(&app.owner, &path, |it| it["figures"]["state"] == "known").await;
    let node = &shown["nodes"][1];
    assert_eq!((&node["node"], &node["instanceId"]), (&json!("node/2"), &instance));
    assert_eq!(series(node, "cpu")[0]["points"][0]["value"], 12.5);
    assert_eq!(series(node, "cpu")[0]["unit"], "percent");
    assert_eq!(series(node, "network-in")[0]["points"][0]["value"], 4096.0);
    assert_eq!(
        series(&shown["nodes"][0], "cpu")[0]["points"],
        json!([]),
        "that of node 2 is of node 2 only"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checks_of_every_node_are_shown_with_its_volumes() {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    app.read_nodes();
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    let path = path(&app.owner, id).await;
    let shown = until(&app.owner, &path, |it| {
        let nodes = it["nodes"].as_array().unwrap();
        nodes.len() == 3 && nodes.iter().all(|node| node["series"].as_array().unwrap().len() == 7)
    })
    .await;
    assert_eq!(shown["checks"], json!({ "state": "known", "reason": null }));
    let view = View::of(&customer, REGION).await;
    for node in shown["nodes"].as_array().unwrap() {
        assert_eq!(node["checks"], json!({ "system": "ok", "instance": "ok", "announced": [] }));
        assert!(view.ids("instance").contains(&node["instanceId"].as_str().unwrap()));
        let volumes: Vec<&Value> = series(node, "volume-read").iter().map(|it| &it["volume"]).collect();
        assert_eq!(volumes, ["data", "root"]);
    }
    assert!(shown["readTimestamp"].is_string(), "{shown:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_is_said_and_nothing_else_suffers() {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    app.read_nodes();
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    let path = path(&app.owner, id).await;
    customer.deny("cloudwatch:GetMetricData").await;
    let shown = until(&app.owner, &path, |it| it["figures"]["state"] == "not-permitted").await;
    let reason = shown["figures"]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("Not permitted to read") && reason.contains("cloudwatch:GetMetricData"),
        "{reason}"
    );
    assert_eq!(shown["checks"]["state"], "known");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_the_nodes_of_others() {
    let simulator = Simulator::moto().await;
    let (app, _, cloud_account) = start(Backend::Sqlite, &simulator).await;
    app.read_nodes();
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    let path = path(&app.owner, id).await;
    let stranger = app.another_customer().await;
    assert_eq!((app.owner.get(&path).await.status, stranger.get(&path).await.status), (200, 404));
}
