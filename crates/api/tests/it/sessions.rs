//! Signing in to the console: cookies, roles, expiry, and what keeps other sites' pages out.

use std::time::Duration;

use berth_api::FailedSignIns;
use berth_control::sessions::SessionLimits;
use berth_domain::account::Role;
use berth_testkit::{
    app::{SOON, TestApp},
    browser::Browser,
    database::{Backend, TestDatabase},
};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::Instant;

const NOWHERE: &str = "http://127.0.0.1:9";

#[rstest]
#[tokio::test]
async fn a_person_signs_in_looks_around_and_signs_out(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend, NOWHERE).await;
    let password = app.user("Eve@Acme.example", Role::Owner).await;
    let mut browser = Browser::open(&app.owner.base_url);

    let answer = browser.sign_in("eve@acme.EXAMPLE", password.expose()).await;
    assert_eq!(answer.status, 200, "{answer:#?}");
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("berth_session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    assert_eq!(answer.body["user"]["email"], "Eve@Acme.example");
    assert_eq!(answer.body["user"]["role"], "Owner");
    assert_eq!(answer.body["account"]["name"], "Acme");
    assert_eq!(answer.body["permissions"]["manageUsers"], true);
    assert!(!answer.body.to_string().contains(password.expose()));

    assert_eq!(browser.get("/api/session").await.body["account"], answer.body["account"]);
    assert_eq!(browser.get("/v1/cloud-accounts").await.status, 200);
    let sessions = browser.get("/api/sessions").await.body;
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(sessions["sessions"][0]["current"], true);
    assert_eq!(sessions["sessions"][0]["address"], "127.0.0.1");

    let out = browser.delete("/api/session").await;
    assert_eq!(out.status, 204);
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(browser.get("/api/session").await.status, 401, "it ended on the server, too");
    let log = app.owner.get("/v1/logs").await.body.to_string();
    assert!(log.contains("Signed in") && log.contains("Signed out"), "{log}");
}

#[tokio::test]
async fn wrong_email_wrong_password_and_disabled_user_get_one_and_the_same_answer() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let password = app.user("eve@acme.example", Role::Owner).await;
    let disabled = app.user("off@acme.example", Role::Owner).await;
    app.operator.disable_user(app.owner.account_id, &"off@acme.example".parse().unwrap()).await.unwrap();
    let mut browser = Browser::open(&app.owner.base_url);

    let mut messages = Vec::new();
    for (email, password) in [
        ("eve@acme.example", "wrong"),
        ("eve@acme.example", ""),
        ("nobody@acme.example", password.expose()),
        ("no address", password.expose()),
        ("off@acme.example", disabled.expose()),
    ] {
        let answer = browser.sign_in(email, password).await;
        assert_eq!((answer.status, browser.cookie.as_ref()), (401, None), "{email}");
        messages.push(answer.body["message"].clone());
    }
    messages.dedup();
    assert_eq!(messages, ["The email address or the password is wrong."]);
}

#[rstest]
#[case(json!([]))]
#[case(json!({}))]
#[case(json!({ "email": 1, "password": ["hunter2"] }))]
#[tokio::test]
async fn a_malformed_sign_in_is_refused(#[case] body: Value) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let answer = Browser::open(&app.owner.base_url).post("/api/session", body).await;
    assert_eq!(answer.status, 400, "{answer:#?}");
    assert!(!answer.body.to_string().contains("hunter2"));
}

#[tokio::test]
async fn too_many_wrong_passwords_slow_down_one_user_and_then_an_address() {
    let database = TestDatabase::new(Backend::Sqlite).await;
    let app = TestApp::start_with(database, NOWHERE, |mut config| {
        config.failed_sign_ins_per_minute = FailedSignIns { as_a_user: 2, from_an_address: 4 };
        config
    })
    .await;
    let eve = app.user("eve@acme.example", Role::Owner).await;
    let bob = app.user("bob@acme.example", Role::Owner).await;
    let mut browser = Browser::open(&app.owner.base_url);

    for _ in 0..5 {
        assert_eq!(browser.sign_in("eve@acme.example", eve.expose()).await.status, 200, "not counted");
    }
    for _ in 0..2 {
        assert_eq!(browser.sign_in("eve@acme.example", "wrong").await.status, 401);
    }
    let slowed = browser.sign_in("EVE@acme.example", eve.expose()).await;
    assert_eq!(slowed.status, 429, "{slowed:#?}");
    let wait: u64 = slowed.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(
        browser.sign_in("bob@acme.example", bob.expose()).await.status,
        200,
        "others are not slowed"
    );
    assert_eq!(browser.sign_in("bob@acme.example", "wrong").await.status, 401);
    assert_eq!(browser.sign_in("bob@acme.example", bob.expose()).await.status, 429, "from this address");
}

#[tokio::test]
async fn behind_a_trusted_proxy_a_session_has_the_address_of_the_person() {
    let database = TestDatabase::new(Backend::Sqlite).await;
    let app = TestApp::start_with(database, NOWHERE, |mut config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        config
    })
    .await;
    let password = app.user("eve@acme.example", Role::Owner).await;
    let body = json!({ "email": "eve@acme.example", "password": password.expose() });
    let mut browser = Browser::open(&app.owner.base_url);
    let forwarded = [("x-forwarded-for", "192.0.2.7")];
    let answer = browser.send_with(Method::POST, "/api/session", &forwarded, Some(body)).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    browser.cookie = cookie.split(';').next().map(str::to_owned);
    assert_eq!(browser.get("/api/sessions").await.body["sessions"][0]["address"], "192.0.2.7");
}

#[rstest]
#[case::forged("berth_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
#[case::empty("berth_session=")]
#[case::of_another_name("__Host-berth_session=AAAA")]
#[tokio::test]
async fn a_cookie_that_nobody_gave_opens_nothing(#[case] cookie: &str) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let mut browser = Browser::open(&app.owner.base_url);
    browser.cookie = Some(cookie.to_owned());
    for path in ["/api/session", "/v1/cloud-accounts", "/api/cloud-accounts"] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, &answer.body["type"]), (401, &json!("UNAUTHORIZED")), "{path}");
    }
}

#[rstest]
#[tokio::test]
async fn a_session_shows_its_own_account_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let app = TestApp::start(backend, NOWHERE).await;
    let browser = app.at_console(Role::Owner).await;
    let stranger = app.another_customer().await;
    let (account, email) = (stranger.account_id, "eve@globex.example".parse().unwrap());
    let name = "Eve".parse().unwrap();
    let (_, password) = app.operator.create_user(account, email, name, Role::Owner).await.unwrap();
    let mut foreign = Browser::open(&app.owner.base_url);
    foreign.sign_in("eve@globex.example", password.expose()).await;

    assert_eq!(foreign.get("/api/session").await.body["account"]["name"], "Globex");
    let own = browser.get("/api/sessions").await.body["sessions"][0]["id"].clone();
    let path = format!("/api/sessions/{}", own.as_str().unwrap());
    assert_eq!(foreign.delete(&path).await.status, 404);
    assert_eq!(browser.get("/api/session").await.status, 200);
}

#[rstest]
#[tokio::test]
async fn one_session_ends_another(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend, NOWHERE).await;
    let password = app.user("eve@acme.example", Role::Viewer).await;
    let mut browsers = Vec::new();
    for _ in 0..2 {
        let mut browser = Browser::open(&app.owner.base_url);
        browser.sign_in("eve@acme.example", password.expose()).await;
        browsers.push(browser);
    }
    let sessions = browsers[0].get("/api/sessions").await.body;
    let other = sessions["sessions"].as_array().unwrap().iter().find(|it| it["current"] == false).unwrap();
    let path = format!("/api/sessions/{}", other["id"].as_str().unwrap());

    assert_eq!(browsers[0].delete(&path).await.status, 204);
    assert_eq!(browsers[1].get("/api/session").await.status, 401);
    assert_eq!(browsers[0].get("/api/session").await.status, 200);
    assert_eq!(browsers[0].delete(&path).await.status, 404);
    assert_eq!(browsers[0].delete("/api/sessions/mine").await.status, 404);
}

#[rstest]
#[case::idle(SessionLimits { idle: Duration::from_millis(300), lifetime: Duration::from_secs(3600) })]
#[case::too_old(SessionLimits { idle: Duration::from_secs(3600), lifetime: Duration::from_millis(300) })]
#[tokio::test]
async fn a_session_ends_by_itself(
    #[case] sessions: SessionLimits,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let database = TestDatabase::new(backend).await;
    let app = TestApp::start_with(database, NOWHERE, |mut config| {
        config.sessions = sessions;
        config
    })
    .await;
    let browser = app.at_console(Role::Owner).await;
    let deadline = Instant::now() + SOON;
    // Each look prolongs an idle session: the pauses grow until one is too long.
    let mut pause = Duration::from_millis(50);
    loop {
        let answer = browser.get("/api/session").await;
        if answer.status == 401 {
            break;
        }
        assert!(Instant::now() < deadline, "{answer:#?}");
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    assert_eq!(browser.get("/v1/cloud-accounts").await.status, 401);
}

#[rstest]
#[tokio::test]
async fn a_disabled_users_session_is_over(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let app = TestApp::start(backend, NOWHERE).await;
    let browser = app.at_console(Role::Owner).await;
    let email = "owner@console.example".parse().unwrap();
    app.operator.disable_user(app.owner.account_id, &email).await.unwrap();
    assert_eq!(browser.get("/api/session").await.status, 401);
}

#[rstest]
#[case::nothing(&[], 403)]
#[case::no_origin(&[("x-berth-console", "1")], 403)]
#[case::no_mark(&[("sec-fetch-site", "same-origin")], 403)]
#[case::foreign_origin(&[("x-berth-console", "1"), ("origin", "https://evil.example")], 403)]
#[case::foreign_site(&[("x-berth-console", "1"), ("sec-fetch-site", "cross-site")], 403)]
#[case::own_page(&[("x-berth-console", "1"), ("sec-fetch-site", "same-origin")], 400)]
#[tokio::test]
async fn a_change_with_a_cookie_must_come_from_the_consoles_own_pages(
    #[case] headers: &[(&str, &str)],
    #[case] status: u16,
) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let browser = app.at_console(Role::Owner).await;
    let answer = browser.send_with(Method::POST, "/v1/cloud-accounts", headers, Some(json!({}))).await;
    assert_eq!(answer.status, status, "{answer:#?}");
    assert_eq!(browser.send_with(Method::GET, "/v1/cloud-accounts", &[], None).await.status, 200);
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_sign_anybody_in() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let password = app.user("eve@acme.example", Role::Owner).await;
    let body = json!({ "email": "eve@acme.example", "password": password.expose() });
    let browser = Browser::open(&app.owner.base_url);
    let foreign = [("origin", "https://evil.example")];
    let answer = browser.send_with(Method::POST, "/api/session", &foreign, Some(body.clone())).await;
    assert_eq!((answer.status, answer.headers.get("set-cookie")), (403, None));
    let answer = browser.send_with(Method::POST, "/api/session", &[], Some(body)).await;
    assert_eq!(answer.status, 200, "what is no browser says nothing of where it comes from");
}

#[rstest]
#[case(Role::Owner, [200, 200, 200, 400, 200])]
#[case(Role::Manager, [200, 200, 403, 400, 403])]
#[case(Role::Viewer, [200, 200, 200, 403, 403])]
#[case(Role::LogsViewer, [403, 200, 403, 403, 403])]
#[case(Role::BillingAdmin, [403, 403, 200, 403, 403])]
#[tokio::test]
async fn a_role_opens_in_the_console_what_it_should(#[case] role: Role, #[case] expected: [u16; 5]) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let browser = app.at_console(role).await;
    let statuses = [
        browser.get("/api/cloud-accounts").await.status,
        browser.get("/api/logs").await.status,
        browser.get("/v1/payment-methods").await.status,
        browser.post("/v1/cloud-accounts", json!({})).await.status,
        browser.get("/api/users").await.status,
    ];
    assert_eq!(statuses, expected);
    let told = browser.get("/api/session").await.body["permissions"].clone();
    let told = ["read", "readLogs", "readBilling", "write", "manageUsers"].map(|name| told[name] == true);
    assert_eq!(told, expected.map(|status| status != 403), "the console is told the same");
}

#[tokio::test]
async fn api_keys_have_no_session_and_a_session_has_no_api_key() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    assert_eq!(app.owner.get("/api/session").await.status, 403);
    assert_eq!(app.owner.get("/api/sessions").await.status, 403);
    let answer = app.at_console(Role::Owner).await.get("/v1").await;
    assert_eq!(answer.status, 403, "{answer:#?}");
}

#[tokio::test]
async fn behind_tls_the_cookie_is_bound_to_the_host() {
    let database = TestDatabase::new(Backend::Sqlite).await;
    let app = TestApp::start_with(database, NOWHERE, |mut config| {
        config.public_base_url = Some("https://berth.example".to_owned());
        config
    })
    .await;
    let password = app.user("eve@acme.example", Role::Owner).await;
    let body = json!({ "email": "eve@acme.example", "password": password.expose() });
    let own = [("x-berth-console", "1"), ("origin", "https://berth.example")];
    let mut browser = Browser::open(&app.owner.base_url);
    let answer = browser.send_with(Method::POST, "/api/session", &own, Some(body)).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-berth_session=") && cookie.ends_with("; Secure"), "{cookie}");
    browser.cookie = cookie.split(';').next().map(str::to_owned);
    let out = browser.send_with(Method::DELETE, "/api/session", &own, None).await;
    assert_eq!(out.status, 204, "{out:#?}");
}
