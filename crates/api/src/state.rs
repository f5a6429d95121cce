//! What every handler can reach.

use axum::body::Bytes;
use berth_control::Control;
use berth_domain::ids::AccountId;
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::{
    ApiConfig,
    rate_limit::{Limiter, Source},
};

/// More accounts than one Berth serves; more addresses than one person has.
const MOST_ACCOUNTS: usize = 100_000;
const MOST_SOURCES: usize = 10_000;

/// What every handler can reach.
pub(crate) struct Api {
    pub(crate) control: Control,
    pub(crate) metrics: Option<PrometheusHandle>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) public_base_url: Option<String>,
    /// Requests by account.
    pub(crate) requests: Limiter<AccountId>,
    /// Wrong pairs of API keys by source address.
    pub(crate) failed_authentications: Limiter<Source>,
    /// The OpenAPI document, written out once.
    pub(crate) document: Bytes,
}

impl Api {
    pub(crate) fn new(control: Control, config: ApiConfig, metrics: Option<PrometheusHandle>) -> Self {
        let public_base_url = config.public_base_url.map(|url| url.trim_end_matches('/').to_owned());
        Self {
            control,
            metrics,
            trusted_proxies: config.trusted_proxies,
            public_base_url,
            requests: Limiter::new(config.rate_limit_per_minute, MOST_ACCOUNTS),
            failed_authentications: Limiter::new(config.failed_authentications_per_minute, MOST_SOURCES),
            document: crate::openapi_json().into(),
        }
    }
}
