//! Bad input gets a clear answer and loses nothing.

use berth_testkit::{app::TestApp, database::Backend};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

const NOWHERE: &str = "http://127.0.0.1:9";

fn fields(answer: &Value) -> Vec<&str> {
    answer["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let answer = app
        .owner
        .post(
            "/v1/cloud-accounts",
            json!({ "name": "a\u{7}b", "provider": "GCP", "accessKeyId": 7, "accessSecretKey": "short" }),
        )
        .await;
    assert_eq!(answer.status, 400);
    let mut named = fields(&answer.body);
    named.sort_unstable();
    assert_eq!(named, ["accessKeyId", "accessSecretKey", "consoleRoleName", "name", "provider"]);
    assert!(!answer.body.to_string().contains("short"), "{:#}", answer.body);
}

#[tokio::test]
async fn fields_that_clients_send_in_vain_are_ignored() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let answer = app.owner.post("/v1/cloud-accounts", json!({ "persistentStorageEncryption": 1 })).await;
    assert_eq!(fields(&answer.body), ["name", "accessKeyId", "accessSecretKey", "consoleRoleName"]);
}

#[rstest]
#[case("{")]
#[case("")]
#[case("[]")]
#[case("\"text\"")]
#[case("{\"name\":\"a\",}")]
#[tokio::test]
async fn what_is_not_a_json_object_is_400(#[case] body: &str) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let answer = app.owner.send(Method::POST, "/v1/cloud-accounts", Some(body.into())).await;
    assert_eq!((answer.status, &answer.body["type"]), (400, &json!("BAD_REQUEST")), "{:#}", answer.body);
}

#[tokio::test]
async fn a_body_over_64_kib_is_413() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let body = json!({ "name": "x".repeat(64 * 1024) }).to_string();
    let answer = app.owner.send(Method::POST, "/v1/cloud-accounts", Some(body)).await;
    assert_eq!((answer.status, &answer.body["type"]), (413, &json!("PAYLOAD_TOO_LARGE")));
}

#[rstest]
#[case(Method::GET, "/v1/nowhere", 404)]
#[case(Method::GET, "/nowhere", 404)]
#[case(Method::PATCH, "/v1/cloud-accounts", 405)]
#[case(Method::DELETE, "/v1/regions", 405)]
#[case(Method::GET, "/v1/cloud-accounts/abc", 404)]
#[case(Method::GET, "/v1/cloud-accounts/99999999999", 404)]
#[case(Method::GET, "/v1/tasks/not-a-uuid", 404)]
#[case(Method::GET, "/v1/logs?limit=many", 400)]
#[case(Method::GET, "/v1/cloud-accounts?offset=-1", 400)]
#[tokio::test]
async fn wrong_paths_methods_and_parameters_are_answered_in_json(
    #[case] method: Method,
    #[case] path: &str,
    #[case] status: u16,
) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let answer = app.owner.send(method, path, None).await;
    assert_eq!(answer.status, status, "{:#}", answer.body);
    assert_eq!(answer.body["status"], status);
    assert_eq!(answer.body["requestId"], answer.headers["x-request-id"].to_str().unwrap());
    if status == 405 {
        assert!(answer.headers.contains_key("allow"));
    }
}

#[tokio::test]
async fn gcp_is_refused_clearly() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let request = json!({ "provider": "GCP", "name": "x", "serviceAccountJson": "{}" });
    let answer = app.owner.post("/v1/cloud-accounts", request).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body["message"].as_str().unwrap().contains("GCP accounts cannot be registered"));
}
