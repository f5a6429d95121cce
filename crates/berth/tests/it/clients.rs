//! The published Redis Cloud clients work unchanged: the `redis-cloud` crate and `redisctl`.

use std::process::{Command, Output};

use berth_testkit::{
    app::SOON, aws::berth_customer, customer::Customer, database::Backend, simulator::Simulator,
};
use redis_cloud::{
    CloudClient,
    cloud_accounts::{CloudAccountCreateRequest, CloudAccountUpdateRequest},
    types::{TaskStateUpdate, TaskStatus},
};
use serde_json::Value;
use tokio::time::Instant;

use crate::harness::{Home, Server, text};

const PASSWORD: &str = "correct horse battery";

pub(crate) async fn customer_with_console_user(simulator: &Simulator) -> Customer {
    let customer = berth_customer(simulator).without_console_role().prepare().await;
    customer.create_console_user("support", PASSWORD).await;
    customer
}

pub(crate) fn crate_client(home: &Home, server: &Server) -> CloudClient {
    let key = |name: &str| home.keys()["apiKey"][name].as_str().unwrap();
    CloudClient::builder()
        .api_key(key("accountKey"))
        .api_secret(key("secretKey"))
        .base_url(format!("{}/v1", server.url))
        .build()
        .unwrap()
}

pub(crate) async fn finished(client: &CloudClient, task: TaskStateUpdate) -> TaskStateUpdate {
    let id = task.task_id.unwrap();
    let deadline = Instant::now() + SOON;
    loop {
        let task = client.tasks().get(id.clone()).await.unwrap();
        if matches!(task.status, Some(TaskStatus::ProcessingCompleted | TaskStatus::ProcessingError)) {
            return task;
        }
        assert!(Instant::now() < deadline, "{task:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_published_crate_creates_reads_updates_and_deletes() {
    let simulator = Simulator::moto().await;
    let customer = customer_with_console_user(&simulator).await;
    let home = Home::new(Backend::Sqlite, simulator.endpoint()).await;
    let server = home.serve();
    let client = crate_client(&home, &server);
    let accounts = client.cloud_accounts();

    let request = CloudAccountCreateRequest {
        name: "production".into(),
        provider: Some("AWS".into()),
        access_key_id: customer.access_key.access_key_id.clone(),
        access_secret_key: customer.access_key.secret_access_key.clone(),
        console_username: "support".into(),
        console_password: PASSWORD.into(),
        sign_in_login_url: customer.sign_in_url(),
        command_type: None,
    };
    let task = finished(&client, accounts.create(&request).await.unwrap()).await;
    assert_eq!(task.status, Some(TaskStatus::ProcessingCompleted), "{task:?}");
    let id = task.response.unwrap().resource_id.unwrap();
    let account = accounts.get(id).await.unwrap();
    assert_eq!(account.access_key_id.as_deref(), Some(customer.access_key.access_key_id.as_str()));
    assert_eq!(account.aws_user_arn, Some(customer.user_arn()));
    assert_eq!((account.access_secret_key, account.console_password), (None, None));

    let change = CloudAccountUpdateRequest {
        name: Some("live".into()),
        cloud_account_id: None,
        access_key_id: request.access_key_id.clone(),
        access_secret_key: request.access_secret_key.clone(),
        console_username: "support".into(),
        console_password: PASSWORD.into(),
        sign_in_login_url: None,
        command_type: None,
    };
    let task = finished(&client, accounts.update(id, &change).await.unwrap()).await;
    assert_eq!(task.status, Some(TaskStatus::ProcessingCompleted), "{task:?}");
    let listed = accounts.list().await.unwrap().cloud_accounts.unwrap();
    assert_eq!(listed.last().unwrap().name.as_deref(), Some("live"));

    let task = finished(&client, accounts.delete(id).await.unwrap()).await;
    assert_eq!(task.status, Some(TaskStatus::ProcessingCompleted), "{task:?}");
    assert!(matches!(accounts.get(id).await, Err(redis_cloud::CloudError::NotFound { .. })));
    assert_eq!(client.tasks().list().await.unwrap().len(), 3);
}

#[tokio::test]
async fn the_published_crate_reads_account_users_regions_payment_methods_and_logs() {
    let simulator = Simulator::moto().await;
    let home = Home::new(Backend::Sqlite, simulator.endpoint()).await;
    let server = home.serve();
    let client = crate_client(&home, &server);
    let account = client.account();
    assert_eq!(account.get_current_account().await.unwrap().account.unwrap().id, Some(1));
    assert!(account.get_supported_regions(None).await.unwrap().regions.unwrap().len() > 30);
    account.get_account_payment_methods().await.unwrap();
    assert!(!account.get_account_system_logs(None, None).await.unwrap().entries.unwrap().is_empty());
    let users = client.users().get_all_users().await.unwrap().users.unwrap();
    let id = users[0].id.unwrap();
    assert_eq!(client.users().get_user_by_id(id).await.unwrap().id, Some(id));
}

/// `redisctl cloud provider-account`, with its words in one text, waiting for the task where there is one.
fn redisctl(home: &Home, server: &Server, words: &str, more: &[(&str, &str)]) -> Output {
    redisctl_cloud(home, server, &format!("provider-account {words}"), more)
}

/// `redisctl cloud`, with its words in one text.
pub(crate) fn redisctl_cloud(home: &Home, server: &Server, words: &str, more: &[(&str, &str)]) -> Output {
    let program = std::env::var("BERTH_TEST_REDISCTL").unwrap_or_else(|_| {
        panic!("BERTH_TEST_REDISCTL is not set: run `make test`, which installs redisctl")
    });
    let key = |name: &str| home.keys()["apiKey"][name].as_str().unwrap().to_owned();
    Command::new(program)
        .env_clear()
        .env("HOME", home.master_key_file().parent().unwrap())
        .env("REDIS_CLOUD_API_KEY", key("accountKey"))
        .env("REDIS_CLOUD_SECRET_KEY", key("secretKey"))
        .env("REDIS_CLOUD_API_URL", format!("{}/v1", server.url))
        .arg("cloud")
        .args(words.split(' '))
        .args(more.iter().flat_map(|(option, value)| [option, value]))
        .output()
        .unwrap()
}

const CREATE: &str = "create --name production --provider AWS --wait --wait-interval 1 -o json";

fn credentials<'a>(customer: &'a Customer, sign_in_url: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("--access-key-id", &customer.access_key.access_key_id),
        ("--access-secret-key", &customer.access_key.secret_access_key),
        ("--console-username", "support"),
        ("--console-password", PASSWORD),
        ("--sign-in-login-url", sign_in_url),
    ]
}

pub(crate) fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(output)))
}

#[tokio::test(flavor = "multi_thread")]
async fn redisctl_creates_lists_gets_updates_and_deletes() {
    let simulator = Simulator::moto().await;
    let customer = customer_with_console_user(&simulator).await;
    let home = Home::new(Backend::Sqlite, simulator.endpoint()).await;
    let server = home.serve();
    let run = |words: &str| redisctl(&home, &server, words, &[]);

    let url = customer.sign_in_url();
    let created = json(&redisctl(&home, &server, CREATE, &credentials(&customer, &url)));
    let id = created["response"]["resourceId"].as_i64().unwrap_or_else(|| panic!("{created:#}"));
    let listed = json(&run("list -o json"));
    assert!(listed.to_string().contains("\"production\""), "{listed:#}");
    assert_eq!(json(&run(&format!("get {id} -o json")))["awsUserArn"], customer.user_arn());

    json(&run(&format!("update {id} --name live --wait --wait-interval 1 -o json")));
    assert_eq!(json(&run(&format!("get {id} -o json")))["name"], "live");
    assert!(run(&format!("delete {id} --force --wait --wait-interval 1 -o json")).status.success());
    assert!(!run(&format!("get {id}")).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn redisctl_shows_why_an_account_was_refused() {
    let simulator = Simulator::moto().await;
    let mut customer = customer_with_console_user(&simulator).await;
    customer.remove_action("ec2:RunInstances").await;
    let home = Home::new(Backend::Sqlite, simulator.endpoint()).await;
    let server = home.serve();
    let url = customer.sign_in_url();
    let output = redisctl(&home, &server, CREATE, &credentials(&customer, &url));
    assert_eq!(output.status.code(), Some(8), "{}", text(&output));
    assert!(text(&output).contains("may not ec2:RunInstances"), "{}", text(&output));
}
