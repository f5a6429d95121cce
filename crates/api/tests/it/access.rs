//! Who may do what: keys, roles, allowed sources, the rate limit.

use berth_domain::account::Role;
use berth_testkit::{
    app::{Client, TestApp},
    database::{Backend, TestDatabase},
};
use rstest::rstest;
use serde_json::json;

const NOWHERE: &str = "http://127.0.0.1:9";

async fn with_role(app: &TestApp, role: Role) -> Client {
    let email = format!("a-{role}@acme.example").parse().unwrap();
    let account = app.owner.account_id;
    let (user, _) =
        app.operator.create_user(account, email, "A user".parse().unwrap(), role).await.unwrap();
    let name = "key-of-a-user".parse().unwrap();
    let keys = app.operator.create_api_key(account, &user.email, name, vec![]).await.unwrap();
    app.owner.with_secret_key(&keys.secret_key)
}

#[rstest]
#[case(Role::Owner, 200, 200, 200, 400)]
#[case(Role::Viewer, 200, 200, 200, 403)]
#[case(Role::LogsViewer, 403, 200, 403, 403)]
#[case(Role::BillingAdmin, 403, 403, 200, 403)]
#[case(Role::Manager, 403, 403, 403, 403)]
#[tokio::test]
async fn a_role_opens_what_it_should(
    #[case] role: Role,
    #[case] read: u16,
    #[case] logs: u16,
    #[case] billing: u16,
    #[case] write: u16,
) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let client = with_role(&app, role).await;
    assert_eq!(client.get("/v1/cloud-accounts").await.status, read);
    assert_eq!(client.get("/v1/logs").await.status, logs);
    assert_eq!(client.get("/v1/payment-methods").await.status, billing);
    assert_eq!(client.post("/v1/cloud-accounts", json!({})).await.status, write);
}

#[rstest]
#[tokio::test]
async fn wrong_half_and_no_keys_open_nothing(
    #[values(("x", true), ("", true), ("right", false))] keys: (&str, bool),
) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let (secret, send_it) = keys;
    let mut request = reqwest::Client::new()
        .get(format!("{}/v1/", app.owner.base_url))
        .header("x-api-key", &app.owner.account_key);
    if send_it {
        request = request.header("x-api-secret-key", secret);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 401);
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["type"], "UNAUTHORIZED");
}

#[rstest]
#[tokio::test]
async fn a_revoked_key_opens_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend, NOWHERE).await;
    assert_eq!(app.owner.get("/v1/").await.status, 200);
    let keys = app.operator.api_keys(app.owner.account_id).await.unwrap();
    app.operator.revoke_api_key(app.owner.account_id, keys[0].id).await.unwrap();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(1);
    while app.owner.get("/v1/").await.status != 401 {
        assert!(tokio::time::Instant::now() < deadline, "a revoked key works for more than a second");
    }
}

#[tokio::test]
async fn a_disabled_users_keys_open_nothing() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let viewer = with_role(&app, Role::Viewer).await;
    assert_eq!(viewer.get("/v1/").await.status, 200);
    let email = "a-viewer@acme.example".parse().unwrap();
    app.operator.disable_user(app.owner.account_id, &email).await.unwrap();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(1);
    while viewer.get("/v1/").await.status != 401 {
        assert!(
            tokio::time::Instant::now() < deadline,
            "a disabled user's key works for more than a second"
        );
    }
}

#[rstest]
#[case("10.0.0.0/8", 403)]
#[case("127.0.0.0/8", 200)]
#[tokio::test]
async fn a_key_works_only_from_its_allowed_sources(#[case] source: &str, #[case] status: u16) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let (account, email) = (app.owner.account_id, "owner@acme.example".parse().unwrap());
    let name = "from-somewhere".parse().unwrap();
    let sources = vec![source.parse().unwrap()];
    let keys = app.operator.create_api_key(account, &email, name, sources).await.unwrap();
    assert_eq!(app.owner.with_secret_key(&keys.secret_key).get("/v1/").await.status, status);
}

#[tokio::test]
async fn the_requests_of_a_minute_are_counted_and_limited() {
    let database = TestDatabase::new(Backend::Sqlite).await;
    let app = TestApp::start_with(database, NOWHERE, |mut config| {
        config.rate_limit_per_minute = 5;
        config
    })
    .await;
    for left in (0..5).rev() {
        let answer = app.owner.get("/v1/").await;
        assert_eq!(
            (answer.status, &answer.headers["x-rate-limit-remaining"]),
            (200, &left.to_string().parse().unwrap())
        );
    }
    let answer = app.owner.get("/v1/").await;
    assert_eq!(answer.status, 429);
    let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(app.another_customer().await.get("/v1/").await.status, 200, "others are not affected");
}

#[tokio::test]
async fn guessing_keys_is_slowed_down_and_hurts_nobody_else_at_the_address() {
    let database = TestDatabase::new(Backend::Sqlite).await;
    let app = TestApp::start_with(database, NOWHERE, |mut config| {
        config.failed_authentications_per_minute = 3;
        config
    })
    .await;
    let mut guessing = app.owner.clone();
    guessing.secret_key = "a-guess".into();
    for _ in 0..3 {
        assert_eq!(guessing.get("/v1/").await.status, 401);
    }
    let answer = guessing.get("/v1/").await;
    assert_eq!(answer.status, 429);
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(app.owner.get("/v1/").await.status, 200);
}

#[rstest]
#[case("127.0.0.0/8", 200)]
#[case("10.0.0.0/8", 403)]
#[tokio::test]
async fn behind_a_trusted_proxy_the_client_behind_it_counts(#[case] trusted: &str, #[case] status: u16) {
    let database = TestDatabase::new(Backend::Sqlite).await;
    let app = TestApp::start_with(database, NOWHERE, |mut config| {
        config.trusted_proxies = vec![trusted.parse().unwrap()];
        config
    })
    .await;
    let (account, email) = (app.owner.account_id, "owner@acme.example".parse().unwrap());
    let sources = vec!["192.0.2.0/24".parse().unwrap()];
    let name = "behind-a-proxy".parse().unwrap();
    let keys = app.operator.create_api_key(account, &email, name, sources).await.unwrap();
    let response = reqwest::Client::new()
        .get(format!("{}/v1/", app.owner.base_url))
        .header("x-api-key", &app.owner.account_key)
        .header("x-api-secret-key", keys.secret_key.expose())
        .header("x-forwarded-for", "198.51.100.7, 192.0.2.1")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), status);
}
