//! Servers that stand in for AWS, and sessions with them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use berth_cloud::{Cloud, Session};
use berth_cloud_aws::AwsCloud;
use berth_domain::{
    access::{Access, AccessKey, Purpose, SessionName},
    secret::Secret,
    values::{Arn, RoleName, SecretAccessKey},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wiremock::{
    Mock, MockBuilder, MockServer, Request, ResponseTemplate,
    matchers::{body_string_contains, method},
};

pub(crate) const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// The access key `id` with [`SECRET`].
pub(crate) fn key(id: &str) -> AccessKey {
    AccessKey {
        id: id.parse().expect("a well-formed id"),
        secret: SecretAccessKey::parse(Secret::new(SECRET.to_owned())).expect("a well-formed secret"),
    }
}

/// Access by [`key`].
pub(crate) fn access(id: &str) -> Access {
    Access::Key(key(id))
}

/// A session that takes `url` for AWS.
pub(crate) async fn session(url: &str) -> Arc<dyn Session> {
    AwsCloud::at(url, "eu-central-1").await.session(&access(KEY_ID), &session_name())
}

pub(crate) fn session_name() -> SessionName {
    SessionName::new(&"111122223333".parse().expect("an account id"), &Purpose::named("test"))
}

pub(crate) fn role_name() -> RoleName {
    "berth-console".parse().expect("a well-formed name")
}

pub(crate) fn user_arn() -> Arn {
    "arn:aws:iam::123456789012:user/berth-user".parse().expect("a well-formed ARN")
}

/// An answer in XML with AWS's request id in its header.
pub(crate) fn answer(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .insert_header("x-amzn-RequestId", "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE")
        .set_body_raw(body, "text/xml")
}

/// Requests for one action, such as `GetRole`.
pub(crate) fn on(action: &str) -> MockBuilder {
    Mock::given(method("POST")).and(body_string_contains(format!("Action={action}&")))
}

/// A server that gives `response` to everything.
pub(crate) async fn always(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(response).mount(&server).await;
    server
}

/// A request's parameters.
pub(crate) fn parameters(request: &Request) -> BTreeMap<String, String> {
    let body = String::from_utf8_lossy(&request.body);
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    let plain = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    pairs.map(|(name, value)| (name.to_owned(), plain(value))).collect()
}

/// What a server was asked for, by the names that permissions have.
pub(crate) async fn called(aws: &MockServer) -> BTreeSet<String> {
    aws.received_requests().await.expect("requests are recorded").iter().map(operation).collect()
}

/// The service is the one that a request was signed for; services differ in where they say what is asked.
fn operation(request: &Request) -> String {
    let signed = request.headers["authorization"].to_str().expect("it is text");
    let scope = signed.split(", ").next().and_then(|credential| credential.rsplit('/').nth(1));
    let service = scope.map(|service| if service == "monitoring" { "cloudwatch" } else { service });
    let target = request.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let parameters = parameters(request);
    let named = parameters.get("Action").map(String::as_str).or(target).unwrap_or(request.url.path());
    let name = named.rsplit(['.', '/']).next().unwrap_or_default();
    format!("{}:{name}", service.expect("it is signed"))
}

/// A server that writes `response`, as it is, to every request, and counts the connections made to it.
pub(crate) async fn raw(response: impl Into<String>) -> (String, Arc<AtomicUsize>) {
    let response: Arc<str> = response.into().into();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(converse(stream, Arc::clone(&response)));
        }
    });
    (url, connections)
}

/// The requests are small enough to arrive in one piece.
async fn converse(mut stream: TcpStream, response: Arc<str>) {
    let mut request = [0; 64 * 1024];
    while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
        let written = stream.write_all(response.as_bytes()).await;
        if written.is_err() || response.contains("connection: close") {
            return;
        }
    }
}
