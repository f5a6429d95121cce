//! What was accepted is done exactly once, whatever happens to the process.

use std::time::Duration;

use berth_testkit::{
    app::{Client, SOON, body},
    aws::berth_customer,
    customer::{Customer, OPERATOR_ACCOUNT, trust_policy},
    database::Backend,
    proxy::{Failure, Proxy},
    simulator::Simulator,
};
use rstest::rstest;
use serde_json::Value;
use tokio::time::Instant;

use crate::harness::Home;

/// Waits until a task, or anything else, is as it should be; gives the task.
pub(crate) async fn wait_for(client: &Client, task: &str, what: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + SOON;
    loop {
        let answer = client.get(&format!("/v1/tasks/{task}")).await;
        if what(&answer.body) {
            return answer.body;
        }
        assert!(Instant::now() < deadline, "{answer:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn names(list: &Value) -> Vec<&str> {
    list["cloudAccounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| account["name"].as_str().unwrap())
        .collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_task_in_hand_at_kill_9_is_taken_up_again_and_ends_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    let home = Home::new(backend, &aws.endpoint()).await;

    aws.fail(Failure::Hang);
    let server = home.serve();
    let owner = home.owner(&server);
    let accepted = owner.post("/v1/cloud-accounts", body(&customer, "production")).await;
    let id = accepted.body["taskId"].as_str().unwrap().to_owned();
    wait_for(&owner, &id, |task| task["status"] == "processing-in-progress").await;
    server.kill();
    aws.recover().await;

    let server = home.serve();
    let owner = home.owner(&server);
    let task = wait_for(&owner, &id, |task| !task["state"].is_null()).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    let list = owner.get("/v1/cloud-accounts").await.body;
    assert_eq!(names(&list)[1..], ["production"]);
    let logs = owner.get("/v1/logs").await.body;
    let registered = logs["entries"].as_array().unwrap().iter();
    assert_eq!(registered.filter(|entry| entry["type"] == "Cloud account registered").count(), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn kills_at_any_moment_lose_nothing_and_double_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let home = Home::new(backend, simulator.endpoint()).await;
    let mut accepted = Vec::new();
    // Kills fall before, while and after the task is worked on.
    for milliseconds in [0, 15, 40, 80, 150, 400] {
        let server = home.serve();
        let owner = home.owner(&server);
        let name = format!("after-{milliseconds}");
        let key = customer.access_key.access_key_id.as_str();
        let list = owner.get("/v1/cloud-accounts").await.body;
        let registered = list["cloudAccounts"].as_array().unwrap().iter().find(|a| a["accessKeyId"] == key);
        let answer = match registered {
            Some(account) => owner.delete(&format!("/v1/cloud-accounts/{}", account["id"])).await,
            None => owner.post("/v1/cloud-accounts", body(&customer, &name)).await,
        };
        if let Some(id) = answer.body["taskId"].as_str() {
            accepted.push(id.to_owned());
        }
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        server.kill();
    }
    let server = home.serve();
    let owner = home.owner(&server);
    let mut registered = 0;
    for id in &accepted {
        let task = wait_for(&owner, id, |task| !task["state"].is_null()).await;
        if task["status"] == "processing-completed" {
            registered += if task["commandType"] == "cloudAccountCreateRequest" { 1 } else { -1 };
        }
    }
    assert!(accepted.len() >= 2);
    let list = owner.get("/v1/cloud-accounts").await.body;
    assert_eq!(names(&list).len() - 1, usize::try_from(registered).unwrap(), "{list:#}");
}

/// Ends a server while it works on a registration; gives the task's id.
async fn interrupted(home: &Home, customer: &Customer) -> String {
    let server = home.serve();
    let owner = home.owner(&server);
    let accepted = owner.post("/v1/cloud-accounts", body(customer, "production")).await;
    let id = accepted.body["taskId"].as_str().unwrap().to_owned();
    wait_for(&owner, &id, |task| task["status"] == "processing-in-progress").await;
    server.signal("-TERM");
    let (code, took) = server.wait();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(30), "{took:?}");
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_lets_the_task_in_hand_finish_and_exits_0() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    aws.set_latency(Duration::from_millis(700));
    let home = Home::new(Backend::Sqlite, &aws.endpoint()).await;
    let id = interrupted(&home, &customer).await;
    let server = home.serve();
    let task = home.owner(&server).get(&format!("/v1/tasks/{id}")).await.body;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_gives_back_a_task_that_would_take_too_long() {
    let simulator = Simulator::moto().await;
    // A role that is not there is asked for again for 20 seconds.
    let customer = berth_customer(&simulator).without_console_role().prepare().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    aws.set_latency(Duration::from_secs(4));
    let home = Home::new(Backend::Sqlite, &aws.endpoint()).await;
    let id = interrupted(&home, &customer).await;
    aws.set_latency(Duration::ZERO);
    customer.create_console_role(&trust_policy(OPERATOR_ACCOUNT)).await;
    let server = home.serve();
    let task = wait_for(&home.owner(&server), &id, |task| !task["state"].is_null()).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_share_the_work_and_double_nothing() {
    let simulator = Simulator::moto().await;
    let home = Home::new(Backend::Postgres, simulator.endpoint()).await;
    let (first, second) = (home.serve(), home.serve());
    let clients = [home.owner(&first), home.owner(&second)];
    let mut accepted = Vec::new();
    for number in 0..6 {
        let customer = berth_customer(&simulator).prepare().await;
        let client = &clients[number % 2];
        accepted
            .push(client.post("/v1/cloud-accounts", body(&customer, &format!("account-{number}"))).await);
    }
    for (number, answer) in accepted.into_iter().enumerate() {
        // Asked of the other replica.
        let task = clients[(number + 1) % 2].finished(answer).await;
        assert_eq!(task["status"], "processing-completed", "{task:#}");
    }
    let list = clients[0].get("/v1/cloud-accounts").await.body;
    assert_eq!(names(&list).len(), 7);
}
