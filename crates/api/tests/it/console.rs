//! The console's own files at every address that is not the API's.

use berth_testkit::{app::TestApp, browser::Browser, database::Backend};
use reqwest::Method;

#[tokio::test]
async fn a_browser_gets_a_page_that_cannot_be_framed_and_a_program_gets_json() {
    let app = TestApp::start(Backend::Sqlite, "http://127.0.0.1:9").await;
    let browser = Browser::open(&app.owner.base_url);
    let page = [("accept", "text/html,application/xhtml+xml")];

    for path in ["/", "/account-settings", "/subscriptions/7"] {
        let answer = browser.send_with(Method::GET, path, &page, None).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("script-src 'self';"),
            "{policy}"
        );
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        assert!(answer.body.as_str().unwrap().contains("Berth"));
    }
    for (method, path, headers) in [
        (Method::GET, "/subscriptions/7", &[][..]),
        (Method::GET, "/v1/nothing", &page[..]),
        (Method::GET, "/api/nothing", &page[..]),
        (Method::POST, "/subscriptions/7", &page[..]),
        (Method::GET, "/assets/gone.js", &[][..]),
    ] {
        let answer = browser.send_with(method, path, headers, None).await;
        assert_eq!((answer.status, &answer.body["type"]), (404, &"NOT_FOUND".into()), "{path}");
    }
}
