//! /api/webhooks: an Owner's endpoints.

use berth_domain::{
    account::Role,
    ids::EventId,
    webhook::{Event, EventKind},
};
use berth_store::testing::publish;
use berth_testkit::{
    app::{SOON, TestApp},
    database::Backend,
    environment,
    receiver::{Manner, Receiver},
};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::Instant;

const NOWHERE: &str = "http://127.0.0.1:9";
const PATH: &str = "/api/webhooks";

#[rstest]
#[tokio::test]
async fn an_owner_adds_an_endpoint_sees_what_it_was_told_and_removes_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend, NOWHERE).await;
    let receiver = Receiver::start(&[Manner::Status(200)]).await;
    let body = json!({ "url": receiver.url, "events": ["cloud_account.degraded"] });
    let added = app.owner.post(PATH, body).await;
    assert_eq!(added.status, 201, "{added:#?}");
    assert!(added.body["secret"].as_str().unwrap().starts_with("whsec_"));
    let path = format!("{PATH}/{}", added.body["id"]);
    let listed = app.owner.get(PATH).await.body["webhooks"][0].clone();
    assert_eq!((&listed["url"], &listed["secret"]), (&json!(receiver.url), &Value::Null));

    let environment = environment::system();
    let event = Event {
        id: EventId(environment.uuid()),
        account_id: app.owner.account_id,
        kind: EventKind::CloudAccountDegraded,
        at: environment.now(),
        data: Default::default(),
    };
    publish(app.database.store(), &event).await;
    receiver.wait_for(1).await;
    let deadline = Instant::now() + SOON;
    let delivery = loop {
        let delivery = app.owner.get(&format!("{path}/deliveries")).await.body["deliveries"][0].clone();
        if delivery["state"] == "delivered" {
            break delivery;
        }
        assert!(Instant::now() < deadline, "{delivery:#}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!((&delivery["eventId"], &delivery["attempts"]), (&json!(event.id), &json!(1)));

    assert_eq!(app.owner.delete(&path).await.status, 200);
    assert_eq!(app.owner.delete(&path).await.status, 404);
    let log = app.owner.get("/api/logs?resource=Webhook").await.body;
    let kinds: Vec<_> = log["entries"].as_array().unwrap().iter().map(|it| it["type"].clone()).collect();
    assert_eq!(kinds, ["Webhook removed", "Webhook added"]);
}

#[rstest]
#[case(json!({}), "url is required")]
#[case(json!({ "url": "http://10.0.0.1/" }), "10.0.0.1 is not an address on the internet")]
#[case(json!({ "url": "https://169.254.169.254/latest" }), "169.254.169.254 is not an address")]
#[case(json!({ "url": "https://0x7f000001:22/" }), "must use the port")]
#[case(json!({ "url": "http://[::1]:8080/" }), "::1 is not an address")]
#[case(json!({ "url": "http://1.1.1.1/" }), "must be reached by https")]
#[case(json!({ "url": "https://me:secret@example.com/" }), "must not hold a user")]
#[case(json!({ "url": "https://example.com/", "events": ["ping"] }), "events must be a list of")]
#[tokio::test]
async fn an_endpoint_that_could_never_be_told_is_refused_with_the_reason(
    #[case] body: Value,
    #[case] why: &str,
) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let answer = app.owner.post(PATH, body).await;
    assert_eq!(answer.status, 400, "{answer:#?}");
    let message = answer.body["message"].as_str().unwrap();
    assert!(message.contains(why) && !message.contains("secret"), "{message}");
}

#[tokio::test]
async fn an_account_has_ten_at_most() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    for _ in 0..10 {
        assert_eq!(app.owner.post(PATH, json!({ "url": "https://example.com/" })).await.status, 201);
    }
    let answer = app.owner.post(PATH, json!({ "url": "https://example.com/" })).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body["message"].as_str().unwrap().contains("10 webhooks already"), "{answer:#?}");
}

#[tokio::test]
async fn another_accounts_endpoints_and_the_operators_are_unknown() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let stranger = app.another_customer().await;
    let added = app.owner.post(PATH, json!({ "url": "https://example.com/" })).await;
    let path = format!("{PATH}/{}", added.body["id"]);
    assert_eq!(stranger.get(PATH).await.body["webhooks"], json!([]));
    assert_eq!(stranger.get(&format!("{path}/deliveries")).await.status, 404);
    assert_eq!(stranger.delete(&path).await.status, 404);
    assert_eq!(app.owner.get(PATH).await.body["webhooks"].as_array().unwrap().len(), 1);
}

#[rstest]
#[case(Role::Manager)]
#[case(Role::Viewer)]
#[tokio::test]
async fn only_owners_manage_webhooks(#[case] role: Role) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let browser = app.at_console(role).await;
    assert_eq!(browser.get(PATH).await.status, 403);
    assert_eq!(browser.post(PATH, json!({ "url": "https://example.com/" })).await.status, 403);
    assert_eq!(browser.delete(&format!("{PATH}/1")).await.status, 403);
    assert_eq!(browser.get(&format!("{PATH}/1/deliveries")).await.status, 403);
}
