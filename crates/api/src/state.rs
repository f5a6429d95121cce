//! What every handler can reach.

use std::hash::{BuildHasher, RandomState};

use berth_control::{Control, sessions::SessionLimits};
use berth_domain::{
    account::{Principal, Via},
    ids::{AccountId, UserId},
    values::Email,
};
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::{
    ApiConfig, ConsoleFile,
    cookie::SessionCookie,
    rate_limit::{Limiter, Source},
};

/// More accounts than one Berth serves; more addresses than one person has.
const MOST_ACCOUNTS: usize = 100_000;
const MOST_SOURCES: usize = 10_000;
/// Live verifications of one user in a minute.
const VERIFICATIONS: u32 = 10;
/// Console sessions that one user opens in a minute.
const CONSOLE_SESSIONS: u32 = 5;

/// Whose requests are counted together: a person at the console takes nothing from the account's API keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Counted {
    Account(AccountId),
    Person(UserId),
}

impl From<&Principal> for Counted {
    fn from(principal: &Principal) -> Self {
        match principal.via {
            Via::ApiKey(_) => Self::Account(principal.account_id),
            Via::Session(_) => Self::Person(principal.user_id),
        }
    }
}

/// What every handler can reach.
pub(crate) struct Api {
    pub(crate) control: Control,
    pub(crate) metrics: Option<PrometheusHandle>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) public_base_url: Option<String>,
    /// The cookie that sessions are kept in.
    pub(crate) cookie: SessionCookie,
    /// How long sessions last.
    pub(crate) session_limits: SessionLimits,
    /// Requests by account, and by person at the console.
    pub(crate) requests: Limiter<Counted>,
    /// Wrong pairs of API keys by source address.
    pub(crate) failed_authentications: Limiter<Source>,
    /// Failed tries to sign in, by source address.
    pub(crate) sign_ins_from: Limiter<Source>,
    /// Failed tries to sign in, by the hash of the email.
    sign_ins_as: Limiter<u64>,
    email_hasher: RandomState,
    /// Live verifications by user.
    pub(crate) verifications: Limiter<UserId>,
    /// Console sessions by user.
    pub(crate) console_sessions: Limiter<UserId>,
    /// The console's files.
    pub(crate) console: fn(&str) -> Option<ConsoleFile>,
}

impl Api {
    pub(crate) fn new(control: Control, config: ApiConfig, metrics: Option<PrometheusHandle>) -> Self {
        let public_base_url = config.public_base_url.map(|url| url.trim_end_matches('/').to_owned());
        Self {
            control,
            metrics,
            trusted_proxies: config.trusted_proxies,
            cookie: SessionCookie::new(public_base_url.as_deref()),
            session_limits: config.sessions,
            sign_ins_from: Limiter::new(config.failed_sign_ins_per_minute.from_an_address, MOST_SOURCES),
            sign_ins_as: Limiter::new(config.failed_sign_ins_per_minute.as_a_user, MOST_ACCOUNTS),
            email_hasher: RandomState::new(),
            verifications: Limiter::new(VERIFICATIONS, MOST_ACCOUNTS),
            console_sessions: Limiter::new(CONSOLE_SESSIONS, MOST_ACCOUNTS),
            public_base_url,
            console: config.console,
            requests: Limiter::new(config.rate_limit_per_minute, MOST_ACCOUNTS),
            failed_authentications: Limiter::new(config.failed_authentications_per_minute, MOST_SOURCES),
        }
    }

    /// Failed tries to sign in as the user with this email, and the key it has there.
    pub(crate) fn sign_ins_as(&self, email: &Email) -> (&Limiter<u64>, u64) {
        (&self.sign_ins_as, self.email_hasher.hash_one(email.as_str().to_lowercase()))
    }
}
