//! Tasks: one at a time per account, oldest first, across replicas; what is accepted is never lost.

use berth_store::SealedLocation;
use berth_testkit::{
    app::{TestApp, body},
    aws::berth_customer,
    database::Backend,
    proxy::Proxy,
    simulator::Simulator,
};
use rstest::rstest;
use serde_json::{Value, json};

fn timestamp(task: &Value) -> jiff::Timestamp {
    task["timestamp"].as_str().unwrap().parse().unwrap()
}

#[rstest]
#[tokio::test]
async fn an_accounts_tasks_end_in_the_order_they_came(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;
    app.add_replica(simulator.endpoint()).await;
    let path = format!("/v1/cloud-accounts/{}", app.owner.register(&customer, "production").await);
    let mut accepted = Vec::new();
    for name in 0..8 {
        accepted.push(app.owner.put(&path, json!({ "name": format!("name-{name}") })).await);
    }
    let mut ended = Vec::new();
    for answer in accepted {
        let task = app.owner.finished(answer).await;
        assert_eq!(task["status"], "processing-completed", "{task:#}");
        ended.push(timestamp(&task));
    }
    assert!(ended.is_sorted(), "{ended:?}");
    let account = app.owner.get(&path).await.body;
    assert_eq!((&account["name"], &account["status"]), (&json!("name-7"), &json!("active")));
}

#[rstest]
#[tokio::test]
async fn a_change_shows_while_it_is_under_way(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    let app = TestApp::start(backend, &aws.endpoint()).await;
    let path = format!("/v1/cloud-accounts/{}", app.owner.register(&customer, "production").await);
    aws.set_latency(std::time::Duration::from_millis(500));
    let change = app.owner.put(&path, json!({ "consoleRoleName": "berth-console" })).await;
    assert_eq!(app.owner.get(&path).await.body["status"], "change-draft");
    let removal = app.owner.delete(&path).await;
    assert_eq!(app.owner.get(&path).await.body["status"], "delete-draft");
    let refused = app.owner.put(&path, json!({ "name": "x" })).await;
    assert_eq!((refused.status, &refused.body["type"]), (403, &json!("CLOUD_ACCOUNT_NOT_ACTIVE")));
    app.owner.finished(change).await;
    app.owner.finished(removal).await;
    assert_eq!(app.owner.get(&path).await.status, 404);
}

#[tokio::test]
async fn the_list_begins_with_the_newest_change() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let id = app.owner.register(&customer, "production").await;
    app.owner.finished(app.owner.delete(&format!("/v1/cloud-accounts/{id}")).await).await;
    let tasks = app.owner.get("/v1/tasks").await.body;
    let commands: Vec<_> = tasks["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["commandType"].as_str().unwrap())
        .collect();
    assert_eq!(commands, ["cloudAccountDeleteRequest", "cloudAccountCreateRequest"]);
}

#[tokio::test]
async fn accounts_do_not_wait_for_each_other() {
    let simulator = Simulator::moto().await;
    let (slow, quick) =
        (berth_customer(&simulator).prepare().await, berth_customer(&simulator).prepare().await);
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let other = app.another_customer().await;
    // A key that AWS does not know is asked for again for 20 seconds: it may be too new.
    slow.disable_access_key(&slow.access_key.access_key_id).await;
    let waiting = app.owner.post("/v1/cloud-accounts", body(&slow, "slow")).await;
    other.register(&quick, "quick").await;
    let path = format!("/v1/tasks/{}", waiting.body["taskId"].as_str().unwrap());
    assert_eq!(app.owner.get(&path).await.body["status"], "processing-in-progress");
    slow.enable_access_key(&slow.access_key.access_key_id).await;
    let task = app.owner.finished(waiting).await;
    assert_eq!(task["status"], "processing-completed", "a key that becomes known in time is accepted");
}

#[tokio::test]
async fn a_task_that_was_tampered_with_fails_and_lets_the_next_one_pass() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    let app = TestApp::start(Backend::Sqlite, &aws.endpoint()).await;
    let path = format!("/v1/cloud-accounts/{}", app.owner.register(&customer, "production").await);
    // While the first change waits for AWS, the second one is tampered with.
    aws.set_latency(std::time::Duration::from_secs(1));
    let first = app.owner.put(&path, json!({ "consoleRoleName": "berth-console" })).await;
    let second = app.owner.put(&path, json!({ "name": "second" })).await;
    let third = app.owner.put(&path, json!({ "name": "third" })).await;
    let store = app.database.store();
    let id = second.body["taskId"].as_str().unwrap().parse().unwrap();
    let values = store.sealed_values(None, 100).await.unwrap();
    let value = values.iter().find(|value| value.location == SealedLocation::TaskRequest(id)).unwrap();
    let mut spoiled = value.sealed.clone();
    *spoiled.last_mut().unwrap() ^= 1;
    assert!(store.replace_sealed(value.location, &value.sealed, &spoiled).await.unwrap());

    app.owner.finished(first).await;
    let task = app.owner.finished(second).await;
    assert_eq!(task["response"]["error"]["type"], "GENERAL_ERROR", "{task:#}");
    let task = app.owner.finished(third).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    assert_eq!(app.owner.get(&path).await.body["name"], "third");
}

#[tokio::test]
async fn a_database_that_went_away_and_came_back_loses_nothing() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(Backend::Postgres, simulator.endpoint()).await;
    let accepted = app.owner.post("/v1/cloud-accounts", body(&customer, "production")).await;
    for _ in 0..3 {
        app.database.kill_connections().await;
    }
    let id = accepted.body["taskId"].as_str().unwrap();
    let deadline = tokio::time::Instant::now() + berth_testkit::app::SOON;
    loop {
        let task = app.owner.get(&format!("/v1/tasks/{id}")).await;
        assert!(matches!(task.status, 200 | 503), "{task:#?}");
        if task.body["state"] == "completed" {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{task:#?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
