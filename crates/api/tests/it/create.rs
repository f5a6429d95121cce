//! POST /v1/cloud-accounts.

use berth_testkit::{
    app::{TestApp, body, body_with},
    aws::berth_customer,
    customer::{Customer, unknown_access_key},
    database::Backend,
    proxy::Proxy,
    simulator::{Credentials, Simulator},
};
use rstest::rstest;
use serde_json::{Value, json};

/// Registers with these credentials, expects a refusal, and shows that nothing was saved; gives the error.
async fn refused(app: &TestApp, request: Value) -> Value {
    let task = app.owner.finished(app.owner.post("/v1/cloud-accounts", request).await).await;
    assert_eq!(task["status"], "processing-error", "{task:#}");
    let list = app.owner.get("/v1/cloud-accounts").await;
    assert_eq!(list.body["cloudAccounts"].as_array().unwrap().len(), 1, "{:#}", list.body);
    let error = task["response"]["error"].clone();
    let description = error["description"].as_str().unwrap();
    assert!(description.contains(task["taskId"].as_str().unwrap()), "{description}");
    assert!(description.contains("Nothing was saved"), "{description}");
    error
}

#[rstest]
#[tokio::test]
async fn a_prepared_account_becomes_active(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("moto", "ministack")] simulator: &str,
) {
    let simulator =
        if simulator == "moto" { Simulator::moto().await } else { Simulator::ministack().await };
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;

    let accepted = app.owner.post("/v1/cloud-accounts", body(&customer, "production")).await;
    assert_eq!(accepted.status, 202);
    assert_eq!(accepted.body["commandType"], "cloudAccountCreateRequest");
    assert_eq!(accepted.body["status"], "received");
    assert_eq!(accepted.body["links"][0]["rel"], "task");
    let task = app.owner.finished(accepted).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    assert!(task["response"]["error"].is_null());

    let id = task["response"]["resourceId"].as_i64().unwrap();
    let account = app.owner.get(&format!("/v1/cloud-accounts/{id}")).await.body;
    assert_eq!(account["status"], "active");
    assert_eq!(account["provider"], "AWS");
    assert_eq!(account["accessKeyId"], customer.access_key.access_key_id.as_str());
    assert_eq!(account["awsUserArn"], customer.user_arn());
    assert_eq!(account["awsConsoleRoleArn"], customer.console_role_arn());
    assert_eq!(account["consoleRoleName"], "berth-console");
    assert_eq!(account["signInLoginUrl"], customer.sign_in_url());
    assert!(!account.to_string().contains(&customer.access_key.secret_access_key));
}

#[tokio::test]
async fn every_finding_of_a_task_can_be_read() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let task = app.owner.finished(app.owner.post("/v1/cloud-accounts", body(&customer, "x")).await).await;
    let path = format!("/api/tasks/{}/findings", task["taskId"].as_str().unwrap());
    let findings = app.owner.get(&path).await.body;
    let findings = findings["findings"].as_array().unwrap();
    assert!(findings.len() >= 8, "{findings:#?}");
    // moto does not know all quotas.
    let mut rest = findings.iter().filter(|finding| finding["check"] != "quotas");
    assert!(rest.all(|finding| finding["verdict"] == "pass"), "{findings:#?}");
}

#[rstest]
#[tokio::test]
async fn a_wrong_secret_is_refused_with_the_cause(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;
    let error = refused(&app, body_with(&customer, "production", &customer.wrong_secret())).await;
    assert_eq!(error["type"], "CLOUD_ACCOUNT_INVALID_CREDS");
    assert_eq!(error["status"], "400 BAD_REQUEST");
    assert!(error["description"].as_str().unwrap().contains("The secret key is not the secret"), "{error}");
}

#[tokio::test]
async fn an_unknown_key_is_refused_with_the_cause() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let error = refused(&app, body_with(&customer, "production", &unknown_access_key())).await;
    assert_eq!(error["type"], "CLOUD_ACCOUNT_INVALID_CREDS");
    assert!(error["description"].as_str().unwrap().contains("does not exist"), "{error}");
}

#[tokio::test]
async fn a_temporary_key_is_refused_with_the_cause() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let session = Credentials::new("ASIAIOSFODNN7EXAMPLE", unknown_access_key().secret_access_key);
    let error = refused(&app, body_with(&customer, "production", &session)).await;
    assert_eq!(error["type"], "CLOUD_ACCOUNT_INVALID_CREDS");
    assert!(error["description"].as_str().unwrap().contains("is temporary"), "{error}");
}

#[tokio::test]
async fn a_missing_permission_is_refused_with_the_statement_to_add() {
    let simulator = Simulator::moto().await;
    let mut customer = berth_customer(&simulator).prepare().await;
    customer.remove_action("ec2:RunInstances").await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let error = refused(&app, body(&customer, "production")).await;
    assert_eq!(error["type"], "CLOUD_ACCOUNT_PERMISSION_FAILED");
    assert_eq!(error["status"], "403 FORBIDDEN");
    let description = error["description"].as_str().unwrap();
    assert!(description.contains("user berth-user may not ec2:RunInstances"), "{description}");
    assert!(description.contains(r#""Action":["ec2:RunInstances"]"#), "{description}");
}

#[tokio::test]
async fn aws_that_cannot_be_reached_is_not_held_against_the_customer() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    let app = TestApp::start(Backend::Sqlite, &aws.endpoint()).await;
    aws.refuse().await;
    let error = refused(&app, body(&customer, "production")).await;
    assert_eq!(error["status"], "503 SERVICE_UNAVAILABLE");
    assert!(error["description"].as_str().unwrap().contains("AWS could not be reached"), "{error}");

    aws.recover().await;
    app.owner.register(&customer, "production").await;
}

#[rstest]
#[tokio::test]
async fn a_name_or_key_that_is_taken_is_refused_before_any_call_to_aws(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let (first, second) =
        (berth_customer(&simulator).prepare().await, berth_customer(&simulator).prepare().await);
    let aws = Proxy::start(simulator.endpoint()).await;
    let app = TestApp::start(backend, &aws.endpoint()).await;
    app.owner.register(&first, "production").await;
    aws.forget_requests();

    let same_name = app.owner.post("/v1/cloud-accounts", body(&second, "production")).await;
    assert_eq!((same_name.status, &same_name.body["type"]), (409, &json!("CLOUD_ACCOUNT_NAME_EXISTS")));
    let same_key = app.owner.post("/v1/cloud-accounts", body(&first, "staging")).await;
    assert_eq!((same_key.status, &same_key.body["type"]), (409, &json!("CLOUD_ACCOUNT_ACCESS_KEY_EXISTS")));
    assert_eq!(aws.requests(), 0);
}

#[rstest]
#[tokio::test]
async fn of_two_requests_for_one_name_only_one_wins(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let (first, second) =
        (berth_customer(&simulator).prepare().await, berth_customer(&simulator).prepare().await);
    let app = TestApp::start(backend, simulator.endpoint()).await;
    let (one, two) = tokio::join!(
        app.owner.post("/v1/cloud-accounts", body(&first, "production")),
        app.owner.post("/v1/cloud-accounts", body(&second, "production")),
    );
    let ended = [app.owner.finished(one).await, app.owner.finished(two).await];
    let completed = ended.iter().filter(|task| task["status"] == "processing-completed").count();
    let taken = ended
        .iter()
        .filter(|task| task["response"]["error"]["type"] == "CLOUD_ACCOUNT_NAME_EXISTS")
        .count();
    assert_eq!((completed, taken), (1, 1), "{ended:#?}");
}

#[tokio::test]
async fn a_console_user_will_do_instead_of_a_role() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).without_console_role().prepare().await;
    customer.create_console_user("support", "correct horse battery").await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let request = console_user(&customer, "support");
    let task = app.owner.finished(app.owner.post("/v1/cloud-accounts", request).await).await;
    let id = &task["response"]["resourceId"];
    let account = app.owner.get(&format!("/v1/cloud-accounts/{id}")).await.body;
    assert_eq!(account["status"], "active", "{account:#}");
    assert!(account["awsConsoleRoleArn"].is_null());
    assert!(!account.to_string().contains("correct horse"));
}

fn console_user(customer: &Customer, user: &str) -> Value {
    json!({
        "name": "production",
        "accessKeyId": customer.access_key.access_key_id,
        "accessSecretKey": customer.access_key.secret_access_key,
        "consoleUsername": user,
        "consolePassword": "correct horse battery",
        "signInLoginUrl": customer.sign_in_url(),
    })
}
