//! `berth verify`: the whole verification without a server.

use std::process::Output;

use berth_testkit::{
    aws::berth_customer, customer::Customer, database::Backend, proxy::Proxy, simulator::Simulator,
};
use serde_json::Value;

use crate::harness::{Home, text};

async fn verify(aws: &str, customer: &Customer, format: &str) -> Output {
    let home = Home::new(Backend::Sqlite, aws).await;
    home.command(&["verify", "--role-name", "berth-console", "--format", format])
        .env("AWS_ACCESS_KEY_ID", &customer.access_key.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &customer.access_key.secret_access_key)
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prepared_account_exits_0() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let output = verify(simulator.endpoint(), &customer, "json").await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report.to_string().contains(&customer.user_arn()), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn explained_each_finding_names_the_call_and_awss_own_request_id() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let proxy = Proxy::start(simulator.endpoint()).await;
    let home = Home::new(Backend::Sqlite, &proxy.endpoint()).await;
    let output = home
        .command(&["verify", "--role-name", "berth-console", "--explain"])
        .env("AWS_ACCESS_KEY_ID", &customer.access_key.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &customer.access_key.secret_access_key)
        .output()
        .unwrap();
    let printed = text(&output);
    let (_, id) = proxy.answered().into_iter().find(|(action, _)| action == "GetCallerIdentity").unwrap();
    assert!(printed.contains(&format!("says: sts:GetCallerIdentity, AWS request {id}")), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_exits_1_and_shows_the_statement() {
    let simulator = Simulator::moto().await;
    let mut customer = berth_customer(&simulator).prepare().await;
    customer.remove_action("ec2:RunInstances").await;
    let output = verify(simulator.endpoint(), &customer, "table").await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let printed = text(&output);
    assert!(printed.contains("may not ec2:RunInstances") && printed.contains("\"Effect\""), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_that_cannot_be_reached_exits_2() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let proxy = Proxy::start(simulator.endpoint()).await;
    proxy.refuse().await;
    let output = verify(&proxy.endpoint(), &customer, "table").await;
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
}
