//! POST /api/cloud-accounts/verify: findings as they come, nothing saved.

use std::time::Duration;

use berth_domain::account::Role;
use berth_testkit::{
    app::{SOON, TestApp, body, body_with},
    aws::berth_customer,
    database::Backend,
    proxy::Proxy,
    simulator::Simulator,
};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::{io::AsyncReadExt, net::TcpListener, time::timeout};

use crate::deployments::ordered;

const PATH: &str = "/api/cloud-accounts/verify";

/// A body that is well-formed, of nobody's AWS account.
fn anybody(name: &str) -> Value {
    json!({
        "name": name,
        "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "accessSecretKey": "a".repeat(40),
        "consoleRoleName": "berth-console",
    })
}

#[rstest]
#[tokio::test]
async fn a_sound_account_is_verified_finding_by_finding_and_not_saved(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;
    let browser = app.at_console(Role::Manager).await;

    let answer = browser.post(PATH, body(&customer, "production")).await;
    assert_eq!(answer.status, 200, "{answer:#?}");
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let events = answer.events();
    let (last, findings) = events.split_last().unwrap();
    assert_eq!(*last, ("done".to_owned(), json!({ "conclusion": "verified" })));
    assert!(findings.iter().all(|(name, _)| name == "finding"), "{events:#?}");
    assert_eq!(findings[0].1["check"], "credentials", "what comes first is told first");
    let list = app.owner.get("/v1/cloud-accounts").await.body;
    assert_eq!(list["cloudAccounts"].as_array().unwrap().len(), 1, "nothing was saved");

    // A task finds the same.
    let accepted = app.owner.post("/v1/cloud-accounts", body(&customer, "production")).await;
    let id = accepted.body["taskId"].as_str().unwrap().to_owned();
    app.owner.finished(accepted).await;
    let stored = app.owner.get(&format!("/api/tasks/{id}/findings")).await.body;
    let sorted = |findings: Vec<Value>| {
        // But for the ids of the requests, which were others.
        let without_evidence = |mut finding: Value| {
            finding.as_object_mut().unwrap().remove("evidence");
            finding.to_string()
        };
        let mut texts: Vec<_> = findings.into_iter().map(without_evidence).collect();
        texts.sort();
        texts
    };
    let streamed = findings.iter().map(|(_, data)| data.clone()).collect();
    assert_eq!(sorted(streamed), sorted(stored["findings"].as_array().unwrap().clone()));
}

#[tokio::test]
async fn a_finding_comes_before_the_slow_ones_are_done() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    let app = TestApp::start(Backend::Sqlite, &aws.endpoint()).await;
    let browser = app.at_console(Role::Owner).await;
    aws.set_latency(Duration::from_millis(300));

    let mut response = browser.begin(Method::POST, PATH, Some(body(&customer, "production"))).await;
    let first = response.chunk().await.unwrap().expect("something comes");
    let first = String::from_utf8_lossy(&first);
    assert!(first.contains("event: finding") && !first.contains("event: done"), "{first}");
}

#[tokio::test]
async fn a_wrong_secret_is_refused_on_its_field() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let browser = app.at_console(Role::Owner).await;
    let wrong = body_with(&customer, "production", &customer.wrong_secret());
    let events = browser.post(PATH, wrong).await.events();
    assert_eq!(events[0].1["field"], "accessSecretKey", "{events:#?}");
    assert_eq!(events.last().unwrap().1["conclusion"], "refused");
}

#[rstest]
#[tokio::test]
async fn an_existing_account_is_verified_with_what_is_stored_and_what_is_typed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let app = TestApp::start(backend, simulator.endpoint()).await;
    let id = app.owner.register(&customer, "production").await;
    let browser = app.at_console(Role::Owner).await;
    let conclusion = async |body: Value| {
        let answer = browser.post(PATH, body).await;
        assert_eq!(answer.status, 200, "{answer:#?}");
        answer.events().last().unwrap().1["conclusion"].clone()
    };

    assert_eq!(conclusion(json!({ "cloudAccountId": id })).await, "verified", "nothing typed");
    assert_eq!(conclusion(json!({ "cloudAccountId": id, "name": "production" })).await, "verified");
    assert_eq!(conclusion(json!({ "cloudAccountId": id, "consoleRoleName": "no-role" })).await, "refused");
    let wrong = customer.wrong_secret().secret_access_key;
    assert_eq!(conclusion(json!({ "cloudAccountId": id, "accessSecretKey": wrong })).await, "refused");
    let stored = app.owner.get(&format!("/v1/cloud-accounts/{id}")).await.body;
    assert_eq!(
        (&stored["status"], &stored["consoleRoleName"]),
        (&json!("active"), &json!("berth-console"))
    );

    let stranger = app.another_customer().await;
    assert_eq!(stranger.post(PATH, json!({ "cloudAccountId": id })).await.status, 404);
    assert_eq!(browser.post(PATH, json!({ "cloudAccountId": 1 })).await.status, 404, "the internal one");
}

/// AWS tells the last use of a key some hours late, so that it may be anybody's; a simulator's is always Berth's own call.
#[rstest]
#[case::by_another_service("s3", "us-east-1", Some("s3 in us-east-1"))]
#[case::in_a_region_where_berth_does_nothing("ec2", "ap-southeast-2", Some("ec2 in ap-southeast-2"))]
#[case::by_berth("ec2", "us-east-1", None)]
#[case::by_its_other_name("service-quotas", "us-east-1", None)]
#[case::where_iam_is("iam", "us-east-1", None)]
#[case::where_berth_builds("ec2", "eu-west-1", None)]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_something_else_uses_is_told_to_be_shared_and_can_be_registered(
    #[case] service: &str,
    #[case] region: &str,
    #[case] shared: Option<&str>,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    let app = TestApp::start(Backend::Sqlite, &aws.endpoint()).await;
    let id = app.owner.register(&customer, "production").await;
    let ireland = json!({ "region": "eu-west-1", "networking": { "deploymentCIDR": "10.0.0.0/24" } });
    ordered(&app.owner, id, &ireland).await;
    let last_use = format!(
        "<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><AccessKeyLastUsed>\
         <LastUsedDate>2026-03-03T09:00:00Z</LastUsedDate><ServiceName>{service}</ServiceName>\
         <Region>{region}</Region></AccessKeyLastUsed></GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>"
    );
    aws.answer("GetAccessKeyLastUsed", &last_use);

    let browser = app.at_console(Role::Owner).await;
    let events = browser.post(PATH, json!({ "cloudAccountId": id })).await.events();
    let (last, findings) = events.split_last().unwrap();
    assert_eq!(last.1["conclusion"], "verified", "a warning refuses nothing: {events:#?}");
    let found: Vec<_> = findings.iter().filter(|(_, it)| it["check"] == "access-key-use").collect();
    assert_eq!(found.len(), 1, "{events:#?}");
    let finding = &found[0].1;
    assert_eq!(finding["field"], "accessKeyId");
    let Some(shared) = shared else {
        assert_eq!(finding["verdict"], "pass", "{finding:#}");
        return;
    };
    assert_eq!(finding["verdict"], "warn", "{finding:#}");
    let message = finding["message"].as_str().unwrap();
    assert!(message.contains("is shared") && message.contains(shared), "{message}");
    assert!(
        finding["remedy"].as_str().unwrap().contains("an IAM user and an access key of its own"),
        "{finding:#}"
    );
}

#[tokio::test]
async fn what_registering_refuses_is_refused_before_any_call_to_aws() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    let app = TestApp::start(Backend::Sqlite, &aws.endpoint()).await;
    app.owner.register(&customer, "production").await;
    aws.forget_requests();
    let browser = app.at_console(Role::Owner).await;

    let taken = browser.post(PATH, anybody("production")).await;
    assert_eq!((taken.status, &taken.body["type"]), (409, &json!("CLOUD_ACCOUNT_NAME_EXISTS")));
    let malformed = browser.post(PATH, json!({ "name": 7, "accessKeyId": "short" })).await;
    assert_eq!(malformed.status, 400);
    assert_eq!(malformed.body["errors"].as_array().unwrap().len(), 4, "{malformed:#?}");
    let strange = browser.post(PATH, json!({ "cloudAccountId": "101" })).await;
    assert_eq!(strange.body["errors"][0]["field"], "cloudAccountId");
    assert_eq!(app.at_console(Role::Viewer).await.post(PATH, anybody("x")).await.status, 403);
    assert_eq!(aws.requests(), 0);
}

#[rstest]
#[case(100, 200)]
#[case(101, 400)]
#[tokio::test]
async fn a_name_is_counted_in_characters(#[case] emoji: usize, #[case] status: u16) {
    let app = TestApp::start(Backend::Sqlite, "http://127.0.0.1:9").await;
    let browser = app.at_console(Role::Owner).await;
    let answer = browser.post(PATH, anybody(&"🛳".repeat(emoji))).await;
    assert_eq!(answer.status, status, "{answer:#?}");
}

#[rstest]
#[case("<script>alert(1)</script>")]
#[case("\u{202e}evil\u{202c}")]
#[tokio::test]
async fn a_strange_name_is_a_name(#[case] name: &str) {
    let app = TestApp::start(Backend::Sqlite, "http://127.0.0.1:9").await;
    let browser = app.at_console(Role::Owner).await;
    assert_eq!(browser.post(PATH, anybody(name)).await.status, 200);
}

#[tokio::test]
async fn a_user_verifies_ten_times_a_minute() {
    let app = TestApp::start(Backend::Sqlite, "http://127.0.0.1:9").await;
    let browser = app.at_console(Role::Owner).await;
    for _ in 0..10 {
        let answer = browser.begin(Method::POST, PATH, Some(anybody("x"))).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(browser.post(PATH, json!({})).await.status, 400, "not counted");
    }
    let answer = browser.post(PATH, anybody("x")).await;
    assert_eq!(answer.status, 429, "{answer:#?}");
    assert!(answer.headers.contains_key("retry-after"));
    let other = app.at_console(Role::Manager).await;
    assert_eq!(other.begin(Method::POST, PATH, Some(anybody("x"))).await.status(), 200);
}

#[tokio::test]
async fn whoever_goes_away_ends_the_verification() {
    // An AWS that takes the call and never answers: it sees when Berth hangs up.
    let aws = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", aws.local_addr().unwrap());
    let app = TestApp::start(Backend::Sqlite, &endpoint).await;
    let browser = app.at_console(Role::Owner).await;

    let response = browser.begin(Method::POST, PATH, Some(anybody("x"))).await;
    assert_eq!(response.status(), 200);
    let (mut call, _) = timeout(SOON, aws.accept()).await.expect("Berth calls AWS").unwrap();
    let mut buffer = [0; 4096];
    assert!(call.read(&mut buffer).await.unwrap() > 0);
    drop(response);
    // Well before Berth would give up by itself.
    let hung_up = async { while call.read(&mut buffer).await.is_ok_and(|bytes| bytes > 0) {} };
    timeout(Duration::from_secs(3), hung_up).await.expect("Berth hangs up on AWS");
}
