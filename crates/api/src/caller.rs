//! Who calls: authentication by API keys or a session's cookie, source addresses, the rate limit and roles, in this order, before a handler
//! sees anything of the request.

use std::{
    marker::PhantomData,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};
use berth_control::access::Access;
use berth_domain::{
    account::{Need, Principal, Role, Via},
    task::ErrorType,
};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::{
    client_address::client_address,
    cookie,
    failure::Failure,
    observe::Told,
    rate_limit::{Limiter, Source},
    state::{Api, Counted},
};

/// Longer keys than this are nobody's.
const LONGEST_KEY: usize = 256;

/// What an endpoint asks of the caller's role.
pub(crate) trait Asks: Send + Sync + 'static {
    const NEED: Need;
}

macro_rules! asks {
    ($($(#[$doc:meta])* $name:ident),*) => {
        $($(#[$doc])* pub(crate) struct $name;

        impl Asks for $name {
            const NEED: Need = Need::$name;
        })*
    };
}

asks!(
    /// Reads resources.
    Read,
    /// Reads the log.
    ReadLogs,
    /// Reads billing data.
    ReadBilling,
    /// Changes resources.
    Write,
    /// Manages users, API keys, webhooks, and what Berth may do by itself.
    ManageUsers,
    /// Sees and ends sessions of its own.
    OwnSession
);

/// A caller who may do what `N` asks.
pub(crate) struct Caller<N> {
    /// Who it is.
    pub(crate) principal: Principal,
    /// Where the request came from.
    pub(crate) address: IpAddr,
    /// When the session ends if it is not used any more; none for API keys.
    pub(crate) session_expires_at: Option<Timestamp>,
    need: PhantomData<N>,
}

impl<N: Asks> FromRequestParts<Arc<Api>> for Caller<N> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Failure> {
        let now = Instant::now();
        let address = address_of(parts, api);
        let (access, session_expires_at) = match api.cookie.token(&parts.headers) {
            // Keys are there on purpose; cookies come along.
            Some(token) if !parts.headers.contains_key("x-api-secret-key") => {
                let visit = api.control.resume_session(token, api.session_limits).await?;
                let visit = visit.ok_or_else(signed_out)?;
                cookie::refuse_forged(parts, api.public_base_url.as_deref())?;
                let access = Access { principal: visit.principal, allowed_sources: Vec::new() };
                (access, Some(visit.expires_at))
            }
            _ => (authenticate(parts, api, address, now).await?, None),
        };
        tracing::Span::current().record("account", access.principal.account_id.0);
        let told = parts.extensions.get::<Told>();
        admit(&access, address, N::NEED, &api.requests, now, told)?;
        Ok(Self { principal: access.principal, address, session_expires_at, need: PhantomData })
    }
}

pub(crate) fn address_of(parts: &Parts, api: &Api) -> IpAddr {
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    client_address(peer, &parts.headers, &api.trusted_proxies)
}

async fn authenticate(parts: &Parts, api: &Api, address: IpAddr, now: Instant) -> Result<Access, Failure> {
    let (Some(account_key), Some(secret_key)) = (key(parts, "x-api-key"), key(parts, "x-api-secret-key"))
    else {
        return Err(unauthenticated());
    };
    if let Some(access) = api.control.authenticate(account_key, secret_key).await? {
        return Ok(access);
    }
    // Only wrong keys are turned away: others may share the address, behind a proxy or a NAT.
    api.failed_authentications.take(Source::from(address), now).map_err(|exhausted| {
        Failure::exhausted(exhausted, "Too many wrong API keys came from this address")
    })?;
    Err(unauthenticated())
}

fn key<'a>(parts: &'a Parts, header: &str) -> Option<&'a str> {
    let key = parts.headers.get(header)?.to_str().ok()?;
    (1..=LONGEST_KEY).contains(&key.len()).then_some(key)
}

/// One text for every case: it must not help to tell a wrong key from a wrong secret.
fn unauthenticated() -> Failure {
    Failure::new(
        ErrorType::Unauthorized,
        "The headers x-api-key and x-api-secret-key must hold a pair of API keys that is in force.",
    )
}

/// One text for every case: forged, ended, of a user who was disabled.
fn signed_out() -> Failure {
    Failure::new(ErrorType::Unauthorized, "There is no such session, or it has ended. Sign in again.")
}

/// Whether the holder of valid keys may do this, from here, now.
fn admit(
    access: &Access,
    address: IpAddr,
    need: Need,
    requests: &Limiter<Counted>,
    now: Instant,
    told: Option<&Told>,
) -> Result<(), Failure> {
    let from_anywhere = access.allowed_sources.is_empty();
    if !from_anywhere && !access.allowed_sources.iter().any(|network| network.contains(&address)) {
        return Err(Failure::new(
            ErrorType::Forbidden,
            format!(
                "This API key may not be used from {address}: it is outside the key's allowed sources."
            ),
        ));
    }
    let counted = requests.take(Counted::from(&access.principal), now);
    if let Some(told) = told {
        told.remaining(counted.unwrap_or(0));
    }
    counted.map_err(|exhausted| {
        Failure::exhausted(exhausted, "This account has used up its API requests for this minute")
    })?;
    if access.principal.may(need) { Ok(()) } else { Err(forbidden(&access.principal, need)) }
}

fn forbidden(principal: &Principal, need: Need) -> Failure {
    let role = principal.role.title();
    let roles = |allows: fn(Role, Need) -> bool| {
        let roles: Vec<_> =
            Role::ALL.into_iter().filter(|role| allows(*role, need)).map(Role::title).collect();
        roles.join(" or ")
    };
    let message = match (&principal.via, need) {
        (_, Need::OwnSession) => {
            "This is about a session of the console, and API keys have none.".to_owned()
        }
        (Via::ApiKey(_), _) => format!(
            "This needs an API key whose user has the role {}; this key's user has the role {role}.",
            roles(Role::allows)
        ),
        (Via::Session(_), _) => {
            format!("This needs the role {}; you have the role {role}.", roles(Role::allows_in_console))
        }
    };
    Failure::new(ErrorType::Forbidden, message)
}

#[cfg(test)]
mod tests {
    use berth_domain::ids::{AccountId, UserId};
    use rstest::rstest;

    use super::*;

    fn access(role: Role, allowed_sources: &[&str]) -> Access {
        Access {
            principal: Principal {
                account_id: AccountId(7),
                user_id: UserId(1),
                email: "ops@example.com".parse().unwrap(),
                role,
                via: Via::ApiKey("test-key-1".parse().unwrap()),
            },
            allowed_sources: allowed_sources.iter().map(|network| network.parse().unwrap()).collect(),
        }
    }

    fn try_once(access: &Access, address: &str, need: Need) -> Result<(), String> {
        let requests = Limiter::new(1, 10);
        admit(access, address.parse().unwrap(), need, &requests, Instant::now(), None)
            .map_err(|failure| format!("{failure:?}"))
    }

    #[rstest]
    #[case(&[], "192.0.2.1", true)]
    #[case(&["192.0.2.0/24"], "192.0.2.1", true)]
    #[case(&["192.0.2.0/24"], "198.51.100.1", false)]
    #[case(&["192.0.2.0/24", "2001:db8::/32"], "2001:db8::1", true)]
    #[case(&["2001:db8::/32"], "192.0.2.1", false)]
    fn a_key_is_good_only_from_its_allowed_sources(
        #[case] allowed: &[&str],
        #[case] address: &str,
        #[case] good: bool,
    ) {
        assert_eq!(try_once(&access(Role::Owner, allowed), address, Need::Read).is_ok(), good);
    }

    #[test]
    fn a_forbidden_role_is_told_which_one_is_needed() {
        let refused = try_once(&access(Role::Viewer, &[]), "192.0.2.1", Need::Write).unwrap_err();
        assert!(refused.contains("has the role Owner; this key's user has the role Viewer"), "{refused}");

        let refused = try_once(&access(Role::BillingAdmin, &[]), "192.0.2.1", Need::ReadLogs).unwrap_err();
        assert!(refused.contains("the role Owner or Viewer or Logs Viewer"), "{refused}");
    }

    #[test]
    fn a_request_from_a_foreign_address_uses_up_nothing_of_the_account() {
        let requests = Limiter::new(1, 10);
        let (now, access) = (Instant::now(), access(Role::Owner, &["192.0.2.0/24"]));
        let from = |address: &str| {
            admit(&access, address.parse().unwrap(), Need::Read, &requests, now, None).is_ok()
        };

        assert!(!from("198.51.100.1"));
        assert!(from("192.0.2.1"));
        assert!(!from("192.0.2.1"));
    }
}
