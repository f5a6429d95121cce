//! A person at the console: signs in with a password, keeps the cookie, sends what the console's own pages send.

use berth_domain::{account::Role, secret::Secret};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::app::{Answer, TestApp};

/// A browser with the console open.
#[derive(Clone)]
pub struct Browser {
    base_url: String,
    /// Such as `berth_session=…`; none before signing in.
    pub cookie: Option<String>,
    http: reqwest::Client,
}

/// One event of a stream: its name and its data.
pub type Event = (String, Value);

impl Browser {
    /// Opens the console at `base_url`.
    pub fn open(base_url: &str) -> Self {
        Self { base_url: base_url.to_owned(), cookie: None, http: reqwest::Client::new() }
    }

    /// Signs in and keeps the cookie, when there is one.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let answer = self.post("/api/session", json!({ "email": email, "password": password })).await;
        if let Some(cookie) = answer.headers.get("set-cookie") {
            let cookie = cookie.to_str().expect("a cookie is ASCII");
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        answer
    }

    /// Sends a request with the cookie and these headers, and nothing else.
    pub async fn send_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        Answer::read(self.respond(method, path, headers, body).await).await
    }

    /// Sends a request as the console does; gives the response as it begins.
    pub async fn begin(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let own = [("x-berth-console", "1"), ("origin", self.base_url.as_str())];
        self.respond(method, path, &own, body).await
    }

    async fn respond(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Response {
        let mut request = self.http.request(method, format!("{}{path}", self.base_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        request.send().await.expect("Berth answers")
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::read(self.begin(Method::GET, path, None).await).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::read(self.begin(Method::POST, path, Some(body)).await).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::read(self.begin(Method::PUT, path, Some(body)).await).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        Answer::read(self.begin(Method::DELETE, path, None).await).await
    }
}

impl TestApp {
    /// A user of the owner's account, with its password.
    pub async fn user(&self, email: &str, role: Role) -> Secret {
        let (email, name) = (email.parse().expect("an address"), "A person".parse().expect("a name"));
        let made = self.operator.create_user(self.owner.account_id, email, name, role).await;
        made.expect("a new user").1
    }

    /// A user of the owner's account who has just signed in to the console.
    pub async fn at_console(&self, role: Role) -> Browser {
        let email = format!("{role}@console.example");
        let password = self.user(&email, role).await;
        let mut browser = Browser::open(&self.owner.base_url);
        let answer = browser.sign_in(&email, password.expose()).await;
        assert_eq!(answer.status, 200, "{answer:#?}");
        browser
    }
}

impl Answer {
    /// The events of an answer that streamed some.
    pub fn events(&self) -> Vec<Event> {
        let text = self.body.as_str().unwrap_or_default();
        let part = |event: &str, name: &str| {
            event.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned())
        };
        text.split("\n\n")
            .filter_map(|event| {
                let data = serde_json::from_str(&part(event, "data:")?).expect("events hold JSON");
                Some((part(event, "event:")?, data))
            })
            .collect()
    }
}
