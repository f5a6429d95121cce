//! What stands against an order in the AWS account is told before anything is created, all of it at once.

use super::*;

async fn refused(client: &Client, order: Value) -> Value {
    let task = client.finished(client.post("/v1/subscriptions", order).await).await;
    assert_eq!(task["status"], "processing-error", "{task:#}");
    task["response"]["error"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_the_aws_account_has_against_an_order_is_told_at_once() {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    // Five of each are allowed; one VPC with its gateway may be there from the beginning.
    for number in 0..5 {
        let cidr = json!({ "CidrBlock": format!("10.{number}.0.0/16") });
        customer.admin_call_in(REGION, "ec2", "create_vpc", cidr).await.unwrap();
        customer.admin_call_in(REGION, "ec2", "create_internet_gateway", json!({})).await.unwrap();
    }
    let before = View::of(&customer, REGION).await;
    let mut region = one_zone();
    region["preferredAvailabilityZones"] = json!(["use1-az9"]);
    let error = refused(&app.owner, order(cloud_account, &region)).await;
    let told = error["description"].as_str().unwrap();
    let words = [
        "10.0.0.0/16 of vpc-",
        "use1-az9",
        "VPCs in the region",
        "internet gateways in the region",
        "L-F678F1CE",
    ];
    for words in words {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(View::of(&customer, REGION).await, before, "something was created");
}

#[tokio::test]
async fn a_cloud_account_without_access_takes_no_subscription() {
    let simulator = Simulator::moto().await;
    let (app, mut customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    customer.remove_action("ec2:RunInstances").await;
    let path = format!("/api/cloud-accounts/{cloud_account}/verifications");
    app.owner.send(reqwest::Method::POST, &path, None).await;
    let shown = app.owner.get(&format!("/v1/cloud-accounts/{cloud_account}")).await.body;
    assert_eq!(shown["status"], "active-error");
    let answer = app.owner.post("/v1/subscriptions", order(cloud_account, &one_zone())).await;
    let expected = (403, &json!("CLOUD_ACCOUNT_NOT_ACTIVE"));
    assert_eq!((answer.status, &answer.body["type"]), expected, "{answer:#?}");
}
