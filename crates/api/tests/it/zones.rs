//! The availability zones of a region, asked of AWS with a cloud account's credentials.

use berth_cloud::ErrorKind;
use berth_testkit::{app::TestApp, aws::berth_customer, database::Backend, simulator::Simulator};
use serde_json::{Value, json};

use crate::deployments::{REGION, start};

#[tokio::test(flavor = "multi_thread")]
async fn zones_are_what_the_customers_aws_account_calls_them() {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let path = format!("/api/cloud-accounts/{cloud_account}/zones");
    let listed = app.owner.get(&format!("{path}?region={REGION}")).await.body;
    let there =
        customer.admin_call_in(REGION, "ec2", "describe_availability_zones", json!({})).await.unwrap();
    let mut expected: Vec<Value> = there["AvailabilityZones"].as_array().unwrap().iter().map(|zone| {
        json!({ "id": zone["ZoneId"], "name": zone["ZoneName"], "available": zone["State"] == "available" })
    }).collect();
    expected.sort_by_key(|zone| zone["id"].to_string());
    assert!(expected.len() >= 3);
    assert_eq!(listed["zones"], json!(expected));

    for query in ["", "?region=", "?region=mars-1", "?region=eu-west-1&region=eu-west-2"] {
        let refused = app.owner.get(&format!("{path}{query}")).await;
        assert_eq!(
            (refused.status, &refused.body["errors"][0]["field"]),
            (400, &json!("region")),
            "{query}"
        );
    }
    let stranger = app.another_customer().await.get(&format!("{path}?region={REGION}")).await;
    assert_eq!((stranger.status, &stranger.body["type"]), (404, &json!("CLOUD_ACCOUNT_NOT_FOUND")));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_aws_tells_no_zones_the_answer_says_why_and_what_to_do() {
    let simulator = Simulator::moto().await;
    let mut customer = berth_customer(&simulator).prepare().await;
    let (app, cloud) = TestApp::start_unreliable(Backend::Sqlite, &simulator).await;
    let cloud_account = app.owner.register(&customer, "production").await;
    let path = format!("/api/cloud-accounts/{cloud_account}/zones?region={REGION}");

    cloud.fail_next("ec2:DescribeAvailabilityZones", ErrorKind::Unreachable);
    let answer = app.owner.get(&path).await;
    assert_eq!(answer.status, 503, "{:#}", answer.body);

    customer.remove_action("ec2:DescribeAvailabilityZones").await;
    let answer = app.owner.get(&path).await;
    assert_eq!((answer.status, &answer.body["type"]), (403, &json!("CLOUD_ACCOUNT_PERMISSION_FAILED")));
    assert!(answer.body["message"].as_str().unwrap().contains("Allow ec2:DescribeAvailabilityZones"));

    customer.disable_access_key(&customer.access_key.access_key_id).await;
    let answer = app.owner.get(&path).await;
    assert_eq!(answer.status, 403);
    assert!(
        answer.body["message"].as_str().unwrap().contains("update the cloud account with working ones"),
        "{:#}",
        answer.body
    );
}
