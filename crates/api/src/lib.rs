//! The HTTP surface: `/v1`, compatible with the Redis Cloud REST API; `/api`, Berth's own; what whoever runs
//! Berth needs (`/healthz`, `/readyz`, `/metrics`); and the console at every other address.
//!
//! A handler authenticates, authorises, reads its input and calls one use case of `berth_control`.
//! One endpoint per file; what they share stands beside them.

mod body;
mod caller;
mod client_address;
mod console;
mod cookie;
mod document;
mod failure;
mod fields;
mod links;
mod observe;
mod operations;
mod own;
mod path_id;
mod query;
mod rate_limit;
mod routes;
mod state;
#[cfg(test)]
mod testing;
mod v1;

use std::{sync::Arc, time::Duration};

use axum::{Router, middleware};
use berth_control::{Control, environment::Environment, sessions::SessionLimits};
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::{
    observe::{Observer, observe},
    state::Api,
};
pub use console::ConsoleFile;

/// What an operator decides about the API.
#[derive(Clone)]
pub struct ApiConfig {
    /// Where the time of error bodies and the randomness of request ids come from.
    pub environment: Environment,
    /// How many requests an account may make in a minute.
    pub rate_limit_per_minute: u32,
    /// How many wrong pairs of API keys may come from one address in a minute, before it is turned away.
    pub failed_authentications_per_minute: u32,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// What links begin with, such as `https://berth.example.com`; the request's `Host` over `http` when
    /// `None`.
    pub public_base_url: Option<String>,
    /// How many failed tries to sign in there may be in a minute.
    pub failed_sign_ins_per_minute: FailedSignIns,
    /// How long sessions of the console last.
    pub sessions: SessionLimits,
    /// How long a request may take before it is answered 503.
    pub request_timeout: Duration,
    /// The console's file at a path such as `assets/main.js`; a page that says how to build the console is shown
    /// where there is no `index.html`.
    pub console: fn(&str) -> Option<ConsoleFile>,
}

/// How many failed tries to sign in there may be in a minute.
#[derive(Clone, Copy, Debug)]
pub struct FailedSignIns {
    /// As one user, from wherever.
    pub as_a_user: u32,
    /// From one address, as whomever.
    pub from_an_address: u32,
}

impl ApiConfig {
    /// The defaults: 400 requests, 60 wrong key pairs, and 10 failed tries to sign in as a user or 30 from an
    /// address a minute; no proxy trusted; links after the `Host`, sessions of 12 hours that end after 30 idle minutes, 30
    /// seconds; no console.
    pub fn new(environment: Environment) -> Self {
        Self {
            environment,
            rate_limit_per_minute: 400,
            failed_authentications_per_minute: 60,
            trusted_proxies: Vec::new(),
            public_base_url: None,
            failed_sign_ins_per_minute: FailedSignIns { as_a_user: 10, from_an_address: 30 },
            sessions: SessionLimits::default(),
            request_timeout: Duration::from_secs(30),
            console: |_| None,
        }
    }
}

/// The whole API over `control`.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: the peer's address decides whether
/// a key may be used, and without it every request counts as coming from `0.0.0.0`.
/// `/metrics` answers 404 when `metrics` is `None`.
pub fn router(control: Control, config: ApiConfig, metrics: Option<PrometheusHandle>) -> Router {
    let observer = Arc::new(Observer::new(config.environment.clone(), config.request_timeout));
    let api = Arc::new(Api::new(control, config, metrics));
    routes::router()
        .method_not_allowed_fallback(routes::method_not_allowed)
        .fallback(console::serve)
        .with_state(api)
        .layer(middleware::from_fn_with_state(observer, observe))
}

/// The description of the API, as OpenAPI 3.1.
pub fn openapi() -> utoipa::openapi::OpenApi {
    document::finish(routes::documentation())
}

/// [`openapi`] as indented JSON with a final newline, as it is kept in `docs/reference/openapi.json`.
pub fn openapi_json() -> String {
    let mut json = openapi().to_pretty_json().expect("an OpenAPI document always serialises");
    json.push('\n');
    json
}
