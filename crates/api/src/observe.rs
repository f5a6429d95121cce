//! What happens around every request: its id, its span, its time limit, its metrics, the headers every
//! answer has, and the body every failure has. One layer, because each layer costs every request.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use berth_control::environment::Environment;
use futures::FutureExt;
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use tokio::time::Instant;
use tracing::{Instrument, Span, debug, error, field, info, info_span};

use crate::failure::Failure;

/// The header that holds the request's id.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header that holds how many requests the account has left in this minute.
pub(crate) const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-rate-limit-remaining");

/// What [`observe`] needs.
pub(crate) struct Observer {
    environment: Environment,
    request_timeout: Duration,
    seed: u64,
    requests: AtomicU64,
}

impl Observer {
    /// Describes the metrics, too.
    pub(crate) fn new(environment: Environment, request_timeout: Duration) -> Self {
        describe_counter!("berth_http_requests_total", "HTTP requests by method, route and status.");
        describe_histogram!(
            "berth_http_request_duration_seconds",
            Unit::Seconds,
            "Time to answer HTTP requests, by method and route."
        );
        let mut seed = [0; 8];
        environment.random.fill(&mut seed);
        Self { environment, request_timeout, seed: u64::from_le_bytes(seed), requests: AtomicU64::new(0) }
    }

    /// 16 hexadecimal digits: the request's number, scrambled one-to-one (SplitMix64), so that ids never
    /// repeat in a process, hardly ever between processes, and don't tell how much traffic there is.
    fn next_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let mut z = self.seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        format!("{:016x}", z ^ (z >> 31))
    }
}

/// What a request's handler tells [`observe`].
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<AtomicU32>);

impl Told {
    /// The account has `requests` left in this minute. The last word counts.
    pub(crate) fn remaining(&self, requests: u32) {
        // Plus one, because nothing told is 0.
        self.0.store(requests.saturating_add(1), Ordering::Relaxed);
    }

    fn told(&self) -> Option<u32> {
        self.0.load(Ordering::Relaxed).checked_sub(1)
    }
}

/// The layer around every route, the fallbacks included.
pub(crate) async fn observe(
    State(observer): State<Arc<Observer>>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = observer.next_id();
    let method = method_label(request.method());
    let uri = request.uri().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = route_label(matched.as_ref());
    let span = info_span!(
        "http",
        method,
        route,
        request_id = id,
        account = field::Empty,
        status = field::Empty,
        latency_us = field::Empty
    );
    let told = Told::default();
    request.extensions_mut().insert(told.clone());

    let mut response = answer(&observer, request, next).instrument(span.clone()).await;

    let _entered = span.enter();
    if let Some(failure) = failure_of(&mut response) {
        failure.render(&mut response, uri.path(), &id, observer.environment.now());
    }
    put_headers(&mut response, &id, told.told());
    record(&span, started.elapsed(), method, route, response.status());
    response
}

async fn answer(observer: &Observer, request: Request, next: Next) -> Response {
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(observer.request_timeout, handled).await {
        Ok(Ok(response)) => response,
        Ok(Err(_payload)) => {
            // The payload stays out of the log: nobody knows what it holds. The panic hook says where it was.
            error!("a request's handler panicked");
            Failure::internal().into_response()
        }
        Err(_elapsed) => {
            error!("a request took longer than {:?}", observer.request_timeout);
            Failure::timeout().into_response()
        }
    }
}

/// The failure behind a response, also where one of axum's own refusals slipped through in plain text.
fn failure_of(response: &mut Response) -> Option<Failure> {
    let told = response.extensions_mut().remove::<Failure>();
    let status = response.status();
    let refused = status.is_client_error() || status.is_server_error();
    let is_json = || response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t == "application/json");
    told.or_else(|| (refused && !is_json()).then(|| Failure::from_status(status)))
}

fn put_headers(response: &mut Response, id: &str, remaining: Option<u32>) {
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, HeaderValue::from_str(id).expect("hexadecimal digits fit a header"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // What the API answers is nobody's to keep; the console's files say for themselves.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Some(remaining) = remaining {
        headers.insert(RATE_LIMIT_REMAINING, HeaderValue::from(remaining));
    }
}

fn record(span: &Span, latency: Duration, method: &'static str, route: &str, status: StatusCode) {
    span.record("status", status.as_u16());
    span.record("latency_us", u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
    if status.is_client_error() || status.is_server_error() {
        info!("answered");
    } else {
        debug!("answered");
    }
    let route = route.to_owned();
    counter!("berth_http_requests_total",
        "method" => method, "route" => route.clone(), "status" => status.as_str().to_owned())
    .increment(1);
    histogram!("berth_http_request_duration_seconds", "method" => method, "route" => route).record(latency);
}

/// The method, or `other`: callers must not be able to invent label values.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The route without its trailing slash, such as `/v1/tasks/{id}`, or `unmatched`.
fn route_label(matched: Option<&MatchedPath>) -> &str {
    matched.map_or("unmatched", |path| path.as_str().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, http::Request, middleware, routing::get};
    use berth_domain::task::ErrorType;
    use rstest::rstest;
    use tower::ServiceExt;

    use super::*;
    use crate::{
        routes,
        testing::{environment, json_of},
    };

    fn app() -> Router {
        let observer = Arc::new(Observer::new(environment(), Duration::from_secs(30)));
        Router::new()
            .route("/ok", get(|| async { "fine" }))
            .route("/panic", get(|| async { if true { panic!("hunter2") } else { "" } }))
            .route("/slow", get(|| async { std::future::pending::<()>().await }))
            .route("/plain", get(|| async { (StatusCode::CONFLICT, "internal detail") }))
            .route("/told", get(|| async { Failure::new(ErrorType::Forbidden, "Not you.") }))
            .method_not_allowed_fallback(routes::method_not_allowed)
            .fallback(routes::not_found)
            .layer(middleware::from_fn_with_state(observer, observe))
    }

    async fn send(method: &str, path: &str) -> Response {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        app().oneshot(request).await.unwrap()
    }

    #[rstest]
    #[case("GET", "/ok", 200)]
    #[case("HEAD", "/ok", 200)]
    #[case("GET", "/panic", 500)]
    #[case("POST", "/ok", 405)]
    #[case("GET", "/nowhere", 404)]
    #[tokio::test]
    async fn every_answer_has_an_id_and_must_not_be_kept(
        #[case] method: &str,
        #[case] path: &str,
        #[case] status: u16,
    ) {
        let response = send(method, path).await;

        assert_eq!(response.status(), status);
        assert_eq!(response.headers()[REQUEST_ID].len(), 16);
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert_eq!(response.headers()["cache-control"], "no-store");
    }

    #[tokio::test]
    async fn a_failure_gets_its_body_with_path_and_request_id() {
        let response = send("GET", "/told?with=query").await;

        let id = response.headers()[REQUEST_ID].to_str().unwrap().to_owned();
        let body = json_of(response).await;
        assert_eq!(body["requestId"], id);
        assert_eq!(body["path"], "/told");
        assert_eq!(body["message"], "Not you.");
        assert_eq!(body["type"], "FORBIDDEN");
    }

    #[tokio::test]
    async fn a_panic_is_a_500_that_shows_nothing_of_it() {
        let body = json_of(send("GET", "/panic").await).await;

        assert_eq!(body["status"], 500);
        assert!(!body.to_string().contains("hunter2"), "{body}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_a_503() {
        let response = send("GET", "/slow").await;

        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
    }

    #[tokio::test]
    async fn a_wrong_method_is_told_the_right_ones() {
        let response = send("DELETE", "/ok").await;

        assert_eq!(response.headers()[header::ALLOW], "GET,HEAD");
        assert_eq!(json_of(response).await["type"], "METHOD_NOT_ALLOWED");
    }

    #[tokio::test]
    async fn an_answer_no_handler_of_ours_wrote_is_replaced() {
        let body = json_of(send("GET", "/plain").await).await;

        assert_eq!(body["status"], 409);
        assert!(!body.to_string().contains("internal detail"), "{body}");
    }

    #[tokio::test]
    async fn a_head_request_has_headers_only() {
        let response = send("HEAD", "/told").await;

        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        assert!(axum::body::to_bytes(response.into_body(), 1_000).await.unwrap().is_empty());
    }

    #[test]
    fn ids_do_not_repeat() {
        let observer = Observer::new(environment(), Duration::from_secs(1));

        let ids: std::collections::HashSet<_> = (0..10_000).map(|_| observer.next_id()).collect();

        assert_eq!(ids.len(), 10_000);
    }
}
