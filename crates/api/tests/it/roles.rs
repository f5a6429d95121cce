//! Cloud accounts that are entered by a role: external ids, and registering with one.

use std::time::Duration;

use berth_domain::account::{Actor, AuditEvent, Role};
use berth_store::NewExternalId;
use berth_testkit::{
    app::{Answer, Client, SOON, TestApp, role_body},
    aws::berth_customer_with_role,
    customer::{Customer, access_trust_policy},
    database::Backend,
    environment,
    simulator::Simulator,
};
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::Instant;

async fn external_id(client: &Client) -> String {
    let issued = client.post("/api/cloud-accounts/external-id", json!({})).await;
    assert_eq!(issued.status, 201, "{issued:#?}");
    let id = issued.body["externalId"].as_str().unwrap().to_owned();
    assert!(issued.body["trustPolicy"].to_string().contains(&id), "{issued:#?}");
    id
}

async fn customer_trusting(simulator: &Simulator, external_id: &str) -> Customer {
    berth_customer_with_role(simulator, &access_trust_policy(external_id)).await
}

#[rstest]
#[tokio::test]
async fn an_account_is_registered_by_its_role_and_nothing_secret_is_kept(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let app = TestApp::start_for_roles(backend, &simulator).await;
    let with = external_id(&app.owner).await;
    let customer = customer_trusting(&simulator, &with).await;

    let task = app
        .owner
        .finished(app.owner.post("/v1/cloud-accounts", role_body(&customer, "prod", &with)).await)
        .await;

    let id = task["response"]["resourceId"].as_i64().unwrap_or_else(|| panic!("{task:#}"));
    let account = app.owner.get(&format!("/v1/cloud-accounts/{id}")).await.body;
    assert_eq!(account["accessMode"], "role");
    assert_eq!(account["roleArn"], customer.access_role_arn());
    assert_eq!(account["externalId"], with.as_str());
    assert_eq!(account["awsUserArn"], customer.access_role_arn());
    assert!(account.get("accessKeyId").is_none(), "{account:#}");
    assert!(app.database.store().sealed_values(None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn another_accounts_external_id_does_not_exist() {
    let simulator = Simulator::moto().await;
    let app = TestApp::start_for_roles(Backend::Sqlite, &simulator).await;
    let with = external_id(&app.owner).await;
    let customer = customer_trusting(&simulator, &with).await;
    let thief = app.another_customer().await;

    let created = thief.post("/v1/cloud-accounts", role_body(&customer, "prod", &with)).await;
    let verified = thief.post("/api/cloud-accounts/verify", role_body(&customer, "prod", &with)).await;

    assert_eq!((created.status, verified.status), (404, 404), "{created:#?} {verified:#?}");
    let own = app.owner.post("/v1/cloud-accounts", role_body(&customer, "prod", &with)).await;
    assert_eq!(own.status, 202, "{own:#?}");
}

#[tokio::test]
async fn an_external_id_is_used_once() {
    let simulator = Simulator::moto().await;
    let app = TestApp::start_for_roles(Backend::Sqlite, &simulator).await;
    let with = external_id(&app.owner).await;
    let customer = customer_trusting(&simulator, &with).await;
    app.owner
        .finished(app.owner.post("/v1/cloud-accounts", role_body(&customer, "prod", &with)).await)
        .await;

    let again = app.owner.post("/v1/cloud-accounts", role_body(&customer, "again", &with)).await;

    assert_eq!(again.status, 404, "{again:#?}");
}

#[tokio::test]
async fn a_role_that_does_not_ask_for_its_external_id_is_refused() {
    let simulator = Simulator::moto().await;
    let app = TestApp::start_for_roles(Backend::Sqlite, &simulator).await;
    let with = external_id(&app.owner).await;
    let customer = customer_trusting(&simulator, &with).await;
    let mut trust = access_trust_policy(&with);
    trust["Statement"][0].as_object_mut().unwrap().remove("Condition");
    customer.replace_access_trust(&trust).await;

    let task = app
        .owner
        .finished(app.owner.post("/v1/cloud-accounts", role_body(&customer, "prod", &with)).await)
        .await;

    assert!(task.to_string().contains("confused deputy"), "{task:#}");
    assert_eq!(
        app.owner.get("/v1/cloud-accounts").await.body["cloudAccounts"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn an_account_changes_from_its_key_to_a_role() {
    let simulator = Simulator::moto().await;
    let app = TestApp::start_for_roles(Backend::Sqlite, &simulator).await;
    let with = external_id(&app.owner).await;
    let customer = customer_trusting(&simulator, &with).await;
    let id = app.owner.register(&customer, "prod").await;
    let path = format!("/v1/cloud-accounts/{id}");

    let change = json!({ "accessMode": "role", "roleArn": customer.access_role_arn(), "externalId": with });
    app.owner.finished(app.owner.put(&path, change).await).await;

    let account = app.owner.get(&path).await.body;
    assert_eq!(
        (&account["accessMode"], &account["externalId"]),
        (&json!("role"), &json!(with)),
        "{account:#}"
    );
    assert!(
        app.database.store().sealed_values(None, 9).await.unwrap().is_empty(),
        "the old secret is still there"
    );
}

#[tokio::test]
async fn a_viewer_gets_no_external_id() {
    let app = TestApp::start(Backend::Sqlite, "http://127.0.0.1:9").await;

    let refused =
        app.at_console(Role::Viewer).await.post("/api/cloud-accounts/external-id", json!({})).await;

    assert_eq!(refused.status, 403);
}

/// An external id that could be used until an hour ago.
async fn expired_external_id(app: &TestApp) -> String {
    let now = environment::system().now();
    let new = NewExternalId {
        account_id: app.owner.account_id,
        external_id: format!("berth-{}", environment::system().uuid()).parse().unwrap(),
        at: now - SignedDuration::from_hours(25),
        expires_at: now - SignedDuration::from_hours(1),
    };
    let event = AuditEvent {
        actor: Actor::system(),
        resource: "Cloud account",
        resource_id: None,
        kind: "External id issued",
        description: String::new(),
    };
    let id = new.external_id.to_string();
    app.database.store().issue_external_id(new, event).await.unwrap();
    id
}

#[rstest]
#[tokio::test]
async fn an_external_id_that_has_expired_does_not_exist(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let app = TestApp::start_for_roles(backend, &simulator).await;
    let with = expired_external_id(&app).await;
    let customer = customer_trusting(&simulator, &with).await;

    for path in ["/v1/cloud-accounts", "/api/cloud-accounts/verify"] {
        let refused = app.owner.post(path, role_body(&customer, "prod", &with)).await;
        assert_eq!(refused.status, 404, "{path}: {refused:#?}");
        let message = refused.body["description"].as_str().or(refused.body["message"].as_str()).unwrap();
        assert!(message.contains("can be used for 24 hours"), "{message}");
    }
}

/// Whether a registration succeeded; one that did not must have been refused for its external id.
async fn registered(client: &Client, answer: Answer) -> bool {
    let told = match answer.status {
        202 => client.finished(answer).await,
        _ => answer.body,
    };
    let registered = told["response"]["resourceId"].is_i64();
    assert!(registered || told.to_string().contains("There is no such external id"), "{told:#}");
    registered
}

#[rstest]
#[tokio::test]
async fn of_two_registrations_with_one_external_id_one_is_saved(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let app = TestApp::start_for_roles(backend, &simulator).await;
    let with = external_id(&app.owner).await;
    let customer = customer_trusting(&simulator, &with).await;
    let post = async |name| app.owner.post("/v1/cloud-accounts", role_body(&customer, name, &with)).await;

    let (one, other) = tokio::join!(post("one"), post("other"));

    let saved = [registered(&app.owner, one).await, registered(&app.owner, other).await];
    assert_eq!(saved.iter().filter(|saved| **saved).count(), 1, "{saved:?}");
    let list = app.owner.get("/v1/cloud-accounts").await.body;
    assert_eq!(list["cloudAccounts"].as_array().unwrap().len(), 2, "the internal one and one: {list:#}");
}

#[tokio::test]
async fn an_account_does_not_change_to_another_accounts_external_id() {
    let simulator = Simulator::moto().await;
    let app = TestApp::start_for_roles(Backend::Sqlite, &simulator).await;
    let thief = app.another_customer().await;
    let with = external_id(&app.owner).await;
    let customer = customer_trusting(&simulator, &with).await;
    let id = thief.register(&customer, "stolen").await;

    let change = json!({ "accessMode": "role", "roleArn": customer.access_role_arn(), "externalId": with });
    let refused = thief.put(&format!("/v1/cloud-accounts/{id}"), change).await;

    assert_eq!(refused.status, 404, "{refused:#?}");
}

/// Registers by role; gives the cloud account's id.
async fn registered_by_role(app: &TestApp, customer: &Customer, with: &str) -> i64 {
    let accepted = app.owner.post("/v1/cloud-accounts", role_body(customer, "prod", with)).await;
    let task = app.owner.finished(accepted).await;
    task["response"]["resourceId"].as_i64().unwrap_or_else(|| panic!("{task:#}"))
}

#[rstest]
#[tokio::test]
async fn a_role_has_no_key_to_rotate(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let simulator = Simulator::moto().await;
    let app = TestApp::start_for_roles(backend, &simulator).await;
    let with = external_id(&app.owner).await;
    let customer = customer_trusting(&simulator, &with).await;
    let id = registered_by_role(&app, &customer, &with).await;

    let refused = app.owner.post(&format!("/api/cloud-accounts/{id}/rotate"), json!({})).await;

    assert_eq!(refused.status, 409, "{refused:#?}");
    assert!(refused.body.to_string().contains("entered by a role: it has no access key"), "{refused:#?}");
    let rotations = app.owner.get(&format!("/api/cloud-accounts/{id}/rotations")).await.body;
    assert_eq!(rotations["rotations"], json!([]));
}

/// Waits until the only cloud account's status is this.
async fn becomes(app: &TestApp, status: &str) -> Value {
    let deadline = Instant::now() + SOON;
    loop {
        let list = app.owner.get("/api/cloud-accounts").await.body;
        let shown = &list["cloudAccounts"][0];
        if shown["status"] == status {
            return shown.clone();
        }
        assert!(Instant::now() < deadline, "not {status}: {shown:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[rstest]
#[tokio::test]
async fn trust_that_is_withdrawn_shows_though_a_session_is_still_good_and_so_does_its_return(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let app = TestApp::start_for_roles(backend, &simulator).await;
    let with = external_id(&app.owner).await;
    let customer = customer_trusting(&simulator, &with).await;
    registered_by_role(&app, &customer, &with).await;
    app.watch_roles(&simulator, Duration::from_secs(1)).await;

    customer.replace_access_trust(&access_trust_policy("berth-somebody-elses")).await;
    let failing = becomes(&app, "active-error").await;
    let finding = &failing["failingFindings"][0];
    assert_eq!((&finding["field"], &finding["action"]), (&json!("roleArn"), &json!("sts:AssumeRole")));
    let message = finding["message"].as_str().unwrap();
    assert!(
        message.contains("may not assume") && message.contains(&customer.access_role_arn()),
        "{message}"
    );

    customer.replace_access_trust(&access_trust_policy(&with)).await;
    let working = becomes(&app, "active").await;
    assert_eq!(working["failingFindings"], json!([]));
}
