//! An Owner manages users and API keys in the console.

use berth_domain::account::Role;
use berth_testkit::{
    app::{SOON, TestApp},
    browser::Browser,
    database::Backend,
};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::Instant;

const NOWHERE: &str = "http://127.0.0.1:9";

#[rstest]
#[tokio::test]
async fn a_new_user_signs_in_with_the_password_shown_once_until_disabled(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend, NOWHERE).await;
    let owner = app.at_console(Role::Owner).await;
    let body = json!({ "email": "eve@acme.example", "name": "Eve", "role": "Logs Viewer" });
    let created = owner.post("/api/users", body.clone()).await;
    assert_eq!(created.status, 201, "{created:#?}");
    assert_eq!((&created.body["role"], &created.body["enabled"]), (&json!("Logs Viewer"), &json!(true)));
    let password = created.body["password"].as_str().unwrap();

    let mut eve = Browser::open(&app.owner.base_url);
    assert_eq!(eve.sign_in("eve@acme.example", password).await.status, 200);
    let listed = owner.get("/api/users").await.body;
    assert!(!listed.to_string().contains(password));
    assert_eq!(listed["users"].as_array().unwrap().len(), 3);

    assert_eq!(owner.post("/api/users", body).await.status, 400, "the address is taken");
    let id = created.body["id"].as_i64().unwrap();
    let disabled = owner.post(&format!("/api/users/{id}/disable"), json!({})).await;
    assert_eq!((disabled.status, &disabled.body["enabled"]), (200, &json!(false)));
    assert_eq!(eve.get("/api/session").await.status, 401);
    let log = owner.get("/api/logs?user=owner@console.example&resource=User").await.body;
    let kinds: Vec<_> = log["entries"].as_array().unwrap().iter().map(|it| it["type"].clone()).collect();
    assert_eq!(kinds, ["User disabled", "User created"]);
}

#[tokio::test]
async fn nobody_disables_themselves_or_somebody_elses_users() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let owner = app.at_console(Role::Owner).await;
    let own = owner.get("/api/session").await.body["user"]["id"].as_i64().unwrap();
    assert_eq!(owner.post(&format!("/api/users/{own}/disable"), json!({})).await.status, 403);
    let stranger = app.another_customer().await;
    let foreign = stranger.get("/v1/users").await.body["users"][0]["id"].as_i64().unwrap();
    assert_eq!(owner.post(&format!("/api/users/{foreign}/disable"), json!({})).await.status, 404);
    assert_eq!(stranger.get("/v1/").await.status, 200);
    let key = json!({ "name": "stolen-key-1", "userId": foreign });
    assert_eq!(owner.post("/api/api-keys", key).await.status, 404);
}

#[rstest]
#[tokio::test]
async fn a_new_api_key_works_shows_its_use_and_ends_when_revoked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend, NOWHERE).await;
    let owner = app.at_console(Role::Owner).await;
    let user = owner.get("/api/session").await.body["user"]["id"].clone();
    let body = json!({ "name": "ci-pipeline", "userId": user, "allowedSources": ["127.0.0.0/8"] });
    let created = owner.post("/api/api-keys", body).await;
    assert_eq!(created.status, 201, "{created:#?}");
    assert_eq!(created.body["lastUsedTimestamp"], json!(null));
    assert_eq!(created.body["userEmail"], "owner@console.example");
    let secret = created.body["secretKey"].as_str().unwrap().to_owned();
    let robot = app.owner.with_secret_key(&secret.clone().into());
    assert_eq!(robot.get("/v1/").await.status, 200);

    let id = created.body["id"].clone();
    let find = async || {
        let listed = owner.get("/api/api-keys").await.body;
        assert!(!listed.to_string().contains(&secret));
        assert_eq!(listed["accountKey"], app.owner.account_key.as_str());
        listed["apiKeys"].as_array().unwrap().iter().find(|key| key["id"] == id).cloned().unwrap()
    };
    let deadline = Instant::now() + SOON;
    while find().await["lastUsedTimestamp"] == json!(null) {
        assert!(Instant::now() < deadline, "the use of the key is not recorded");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let revoked = owner.delete(&format!("/api/api-keys/{id}")).await;
    assert_eq!(revoked.status, 200, "{revoked:#?}");
    assert!(find().await["revokedTimestamp"].is_string());
    assert_eq!(robot.get("/v1/").await.status, 401);
}

#[rstest]
#[case(json!({}), &["name", "userId"])]
#[case(json!({ "name": "short", "userId": "1", "allowedSources": "anywhere" }), &["name", "userId", "allowedSources"])]
#[case(json!({ "name": "long-enough", "userId": 1, "allowedSources": ["10.0.0.0/33"] }), &["allowedSources"])]
#[tokio::test]
async fn a_malformed_api_key_is_refused_field_by_field(#[case] body: Value, #[case] fields: &[&str]) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let answer = app.at_console(Role::Owner).await.post("/api/api-keys", body).await;
    assert_eq!(answer.status, 400, "{answer:#?}");
    let named: Vec<_> =
        answer.body["errors"].as_array().unwrap().iter().map(|it| it["field"].as_str().unwrap()).collect();
    assert_eq!(named, fields);
}

#[rstest]
#[case(Role::Manager)]
#[case(Role::Viewer)]
#[tokio::test]
async fn only_owners_manage_access(#[case] role: Role) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let browser = app.at_console(role).await;
    assert_eq!(browser.get("/api/users").await.status, 403);
    assert_eq!(browser.post("/api/users", json!({})).await.status, 403);
    assert_eq!(browser.post("/api/users/1/disable", json!({})).await.status, 403);
    assert_eq!(browser.get("/api/api-keys").await.status, 403);
    assert_eq!(browser.post("/api/api-keys", json!({})).await.status, 403);
    assert_eq!(browser.delete("/api/api-keys/1").await.status, 403);
    assert_eq!(app.owner.get("/v1/").await.status, 200, "nothing was revoked");
}
