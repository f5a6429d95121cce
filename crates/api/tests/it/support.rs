//! Technical support access: what a cloud account permits, and who may ask for what.

use berth_domain::account::Role;
use berth_testkit::{
    app::TestApp,
    database::{Backend, insert_cloud_account},
};
use rstest::rstest;
use serde_json::{Value, json};

const SETTING: &str = "/api/cloud-accounts/101/support-access";
const SESSIONS: &str = "/api/cloud-accounts/101/console-sessions";

/// A Berth whose operator has no AWS credentials, with cloud account 101.
async fn app(backend: Backend) -> TestApp {
    let app = TestApp::start(backend, "http://127.0.0.1:9").await;
    insert_cloud_account(app.database.store(), app.owner.account_id).await;
    app
}

fn sound() -> Value {
    json!({ "reason": "Ticket 4711", "minutes": 30 })
}

#[rstest]
#[tokio::test]
async fn an_owner_decides_what_is_permitted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = app(backend).await;
    assert_eq!(app.owner.get(SETTING).await.body, json!({ "mode": "on" }));
    let changed = app.owner.put(SETTING, json!({ "mode": "off" })).await;
    assert_eq!((changed.status, &changed.body), (200, &json!({ "mode": "off" })));

    let refused = app.owner.post(SESSIONS, sound()).await;
    assert_eq!(refused.status, 403, "{refused:#?}");
    assert!(refused.body["message"].as_str().unwrap().contains("is switched off"), "{refused:#?}");
    let log = app.owner.get("/api/logs?resourceId=101").await.body;
    assert_eq!(log["entries"][0]["type"], "Support access changed");
    assert_eq!(app.owner.put(SETTING, json!({ "mode": "maybe" })).await.status, 400);
}

#[rstest]
#[case(json!({ "reason": "", "minutes": 30 }), &["reason"])]
#[case(json!({ "reason": "x", "minutes": 14 }), &["minutes"])]
#[case(json!({ "reason": "x", "minutes": 61 }), &["minutes"])]
#[case(json!({ "reason": "x", "minutes": 30, "mfaCode": "12345" }), &["mfaCode"])]
#[case(json!({}), &["reason", "minutes"])]
#[tokio::test]
async fn a_malformed_request_is_refused_field_by_field(#[case] body: Value, #[case] fields: &[&str]) {
    let app = app(Backend::Sqlite).await;
    let answer = app.owner.post(SESSIONS, body).await;
    assert_eq!(answer.status, 400, "{answer:#?}");
    let named: Vec<_> =
        answer.body["errors"].as_array().unwrap().iter().map(|it| it["field"].as_str().unwrap()).collect();
    assert_eq!(named, fields);
}

#[tokio::test]
async fn without_credentials_of_the_operators_no_session_is_opened_and_the_reason_said() {
    let app = app(Backend::Sqlite).await;
    for _ in 0..5 {
        let answer = app.owner.post(SESSIONS, sound()).await;
        assert_eq!(answer.status, 503, "{answer:#?}");
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.contains("no AWS credentials of its own"), "{message}");
    }
    assert_eq!(app.owner.post(SESSIONS, sound()).await.status, 429);
    assert_eq!(app.owner.get(SESSIONS).await.body, json!({ "consoleSessions": [] }));
}

#[tokio::test]
async fn strangers_know_of_nothing_and_only_owners_decide() {
    let app = app(Backend::Sqlite).await;
    let stranger = app.another_customer().await;
    assert_eq!(stranger.get(SETTING).await.status, 404);
    assert_eq!(stranger.put(SETTING, json!({ "mode": "on" })).await.status, 404);
    assert_eq!(stranger.get(SESSIONS).await.status, 404);
    assert_eq!(stranger.post(SESSIONS, sound()).await.status, 404);
    let viewer = app.at_console(Role::Viewer).await;
    assert_eq!(viewer.get(SESSIONS).await.status, 200);
    assert_eq!(viewer.post(SESSIONS, sound()).await.status, 403);
    assert_eq!(viewer.put(SETTING, json!({ "mode": "off" })).await.status, 403);
    let nothing = "/api/console-sessions/0b8ba3a1-6a5c-4f3e-9d57-1a2b3c4d5e6f";
    for verdict in ["approve", "deny"] {
        assert_eq!(viewer.post(&format!("{nothing}/{verdict}"), json!({})).await.status, 403);
        assert_eq!(app.owner.post(&format!("{nothing}/{verdict}"), json!({})).await.status, 404);
    }
}
