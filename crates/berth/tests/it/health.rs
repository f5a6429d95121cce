//! Health as the operator sees it: the command line, the metrics, and a server killed in the middle.

use std::time::{Duration, Instant};

use berth_testkit::{
    aws::berth_customer,
    customer::Customer,
    database::Backend,
    proxy::{Failure, Proxy},
    simulator::Simulator,
};
use rstest::rstest;
use serde_json::Value;

use crate::harness::{Home, Server, text};

const MISSING: &str = "ec2:RunInstances";
const SOON: Duration = Duration::from_secs(60);

/// An installation with one cloud account, whose server has ended.
async fn registered(backend: Backend, simulator: &Simulator) -> (Home, Customer, String) {
    let customer = berth_customer(simulator).prepare().await;
    let home = Home::new(backend, simulator.endpoint()).await;
    let server = home.serve();
    let id = home.owner(&server).register(&customer, "production").await;
    server.kill();
    (home, customer, id.to_string())
}

fn view(home: &Home, id: &str) -> Value {
    serde_json::from_str(&home.ok(&["cloud-account", "view", id, "--json"])).unwrap()
}

async fn metrics(server: &Server) -> String {
    reqwest::get(format!("{}/metrics", server.url)).await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_sees_what_is_wrong_and_verifies_again() {
    let simulator = Simulator::moto().await;
    let (home, mut customer, id) = registered(Backend::Sqlite, &simulator).await;
    let verify = || home.command(&["cloud-account", "verify", &id]).output().unwrap();
    assert_eq!(verify().status.code(), Some(0));

    customer.remove_action(MISSING).await;
    let refused = verify();
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    let shown = home.ok(&["cloud-account", "view", &id]);
    assert!(shown.contains("active-error") && shown.contains(MISSING), "{shown}");
    assert!(home.ok(&["cloud-account", "list"]).contains("active-error"));
    assert!(view(&home, &id)["failingSince"].is_string());

    let unknown = home.command(&["cloud-account", "verify", "4711"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2), "{}", text(&unknown));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_in_the_middle_leaves_its_verification_to_be_made_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let (mut home, mut customer, id) = registered(backend, &simulator).await;
    customer.remove_action(MISSING).await;
    let hanging = Proxy::start(simulator.endpoint()).await;
    hanging.fail(Failure::Hang);
    let often = [("BERTH_HEALTH_INTERVAL_SECONDS", "1")];

    home.reach_aws_at(&hanging.endpoint());
    let killed = home.serve_with(&often);
    until(|| hanging.requests() > 0).await;
    killed.kill();
    assert_eq!(view(&home, &id)["status"], "active", "nothing was written");
    home.reach_aws_at(simulator.endpoint());
    let _heir = home.serve_with(&often);
    // Its lease of a minute has to run out first.
    let deadline = Instant::now() + SOON * 2;
    while view(&home, &id)["status"] != "active-error" {
        assert!(Instant::now() < deadline, "it was not made again");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_count_checks_by_outcome_and_accounts_in_error() {
    let simulator = Simulator::moto().await;
    let (mut home, mut customer, _) = registered(Backend::Sqlite, &simulator).await;
    let proxy = Proxy::start(simulator.endpoint()).await;
    home.reach_aws_at(&proxy.endpoint());
    proxy.refuse().await;
    let server = home.serve_with(&[("BERTH_HEALTH_INTERVAL_SECONDS", "1")]);

    shows(&server, "berth_health_checks_total{outcome=\"unconfirmed\"}").await;
    assert!(metrics(&server).await.contains("berth_cloud_accounts_in_error 0"));
    customer.remove_action(MISSING).await;
    proxy.recover().await;
    shows(&server, "berth_health_checks_total{outcome=\"refused\"}").await;
    assert!(metrics(&server).await.contains("berth_cloud_accounts_in_error 1"));
}

async fn shows(server: &Server, metric: &str) {
    let deadline = Instant::now() + SOON;
    while !metrics(server).await.contains(metric) {
        assert!(Instant::now() < deadline, "no {metric}: {}", server.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn until(happened: impl Fn() -> bool) {
    let deadline = Instant::now() + SOON;
    while !happened() {
        assert!(Instant::now() < deadline, "it did not happen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
