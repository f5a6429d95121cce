//! Cloud accounts that are entered by a role: what the process keeps of their sessions, and what it does after a kill.

use std::fs;

use berth_testkit::{
    app::{Client, role_body},
    aws::{berth_customer_with_role, operator_key},
    customer::{Customer, access_trust_policy},
    database::Backend,
    proxy::{Failure, Proxy},
    simulator::Simulator,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    crashes::wait_for,
    harness::{Home, Server},
    secrets::search,
};

async fn external_id(owner: &Client) -> String {
    let issued = owner.post("/api/cloud-accounts/external-id", json!({})).await;
    issued.body["externalId"].as_str().unwrap_or_else(|| panic!("{issued:#?}")).to_owned()
}

async fn customer_trusting(simulator: &Simulator, external_id: &str) -> Customer {
    berth_customer_with_role(simulator, &access_trust_policy(external_id)).await
}

/// What AWS answered to AssumeRole, as far as it opens anything.
pub(crate) fn session_secrets(aws: &Proxy) -> Vec<String> {
    let answers = aws.answers_to("AssumeRole");
    let part = |answer: &str, name: &str| {
        let (_, rest) = answer.split_once(&format!("<{name}>"))?;
        Some(rest.split_once('<')?.0.trim().to_owned())
    };
    let names = ["SecretAccessKey", "SessionToken"];
    answers.iter().flat_map(|answer| names.iter().filter_map(|name| part(answer, name))).collect()
}

/// Every file of the installation, and the log.
pub(crate) fn places(home: &Home, server: &Server) -> Vec<(String, Vec<u8>)> {
    let log = ("the log".to_owned(), server.log().into_bytes());
    let files = home.files().into_iter().map(|file| (file.display().to_string(), fs::read(&file).unwrap()));
    files.chain([log]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_assumed_roles_session_shows_up_anywhere() {
    let simulator = Simulator::moto().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    let home = Home::new(Backend::Sqlite, &aws.endpoint()).await;
    let home = home.operated_with(operator_key(&simulator).await);
    // Asked often for a task that is patient with AWS.
    let asked_often = ("BERTH_RATE_LIMIT_PER_MINUTE", "100000");
    let server = home.serve_with(&[("BERTH_LOG_FILTER", "trace"), ("RUST_BACKTRACE", "1"), asked_often]);
    let owner = home.owner(&server);
    let with = external_id(&owner).await;
    let customer = customer_trusting(&simulator, &with).await;
    let mut answers = Vec::new();

    // Saved, verified again, refused.
    let task =
        owner.finished(owner.post("/v1/cloud-accounts", role_body(&customer, "prod", &with)).await).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    let path = format!("/v1/cloud-accounts/{}", task["response"]["resourceId"]);
    answers.push(task);
    let verifications = format!("{}/verifications", path.replacen("/v1/", "/api/", 1));
    answers.push(owner.post(&verifications, json!({})).await.body);
    customer.replace_access_trust(&access_trust_policy("berth-somebody-elses")).await;
    let change = json!({ "consoleRoleName": "berth-console" });
    answers.push(owner.finished(owner.put(&path, change).await).await);
    for read in [&path[..], "/api/cloud-accounts", "/v1/tasks", "/v1/logs", "/metrics"] {
        answers.push(owner.get(read).await.body);
    }

    let secrets = session_secrets(&aws);
    assert!(secrets.len() >= 4 && secrets.iter().all(|secret| secret.len() > 20), "{}", secrets.len());
    assert!(server.log().contains("DEBUG"), "the log was not at its most talkative");
    let mut places = places(&home, &server);
    assert!(places.iter().any(|(name, _)| name.ends_with("-wal")), "no write-ahead log");
    places.extend(
        answers.into_iter().map(|answer| ("an answer".to_owned(), answer.to_string().into_bytes())),
    );
    search(&places, &secrets.iter().map(String::as_str).collect::<Vec<_>>());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_role_in_hand_at_kill_9_is_assumed_by_the_next_process_and_registered_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    let home = Home::new(backend, &aws.endpoint()).await.operated_with(operator_key(&simulator).await);
    let server = home.serve();
    let owner = home.owner(&server);
    let with = external_id(&owner).await;
    let customer = customer_trusting(&simulator, &with).await;

    aws.fail(Failure::Hang);
    let accepted = owner.post("/v1/cloud-accounts", role_body(&customer, "production", &with)).await;
    let id = accepted.body["taskId"].as_str().unwrap().to_owned();
    wait_for(&owner, &id, |_| aws.requests_by_action().contains_key("AssumeRole")).await;
    server.kill();
    aws.recover().await;

    let server = home.serve();
    let owner = home.owner(&server);
    let task = wait_for(&owner, &id, |task| !task["state"].is_null()).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    let list = owner.get("/api/cloud-accounts").await.body;
    let roles: Vec<&Value> =
        list["cloudAccounts"].as_array().unwrap().iter().map(|one| &one["roleArn"]).collect();
    assert_eq!(roles, [&json!(customer.access_role_arn())]);
}
