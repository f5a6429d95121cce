//! One signed request to one endpoint, and never to an address that webhooks may not be sent to.
//!
//! The address is decided on when a connection is opened: what a name led to a moment ago, when the webhook was
//! added or at the last attempt, says nothing (DNS rebinding). So connections are not kept, and proxies not used.

use std::{
    error::Error as StdError,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_STANDARD};
use berth_domain::{
    ids::EventId,
    webhook::{Destinations, Refused, WebhookUrl},
};
use jiff::Timestamp;
use reqwest::{
    Client, Response, StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use url::Host;

/// How long an attempt may take from the look-up of the name to the head of the answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How much of an answer is read when somebody wants to see it, in bytes.
const SHOWN: usize = 1_024;

/// Finds the addresses of names.
#[async_trait]
pub trait Resolver: Send + Sync + 'static {
    /// Every address of `host`.
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// As the operating system does.
#[derive(Clone, Copy, Debug)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// What an endpoint answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// How the body begins, up to 1 KiB.
    pub body: String,
}

impl Answer {
    pub(super) async fn read(mut response: Response) -> Self {
        let mut body = Vec::new();
        while body.len() < SHOWN
            && let Ok(Some(chunk)) = response.chunk().await
        {
            body.extend_from_slice(&chunk);
        }
        body.truncate(SHOWN);
        Self { status: response.status().as_u16(), body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// Whether it is a success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no answer. Never holds the URL, which may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The host has no address that webhooks may be sent to.
    #[error("refused: {0}")]
    Refused(Refused),
    /// It took too long.
    #[error("no answer within 10 seconds")]
    Timeout,
    /// No connection, or a broken one.
    #[error("no answer: {0}")]
    Broken(String),
}

/// Sends requests.
pub(super) struct Sender {
    destinations: Destinations,
    encrypted: Client,
    plain: Client,
}

impl Sender {
    pub(super) fn new(destinations: Destinations, resolver: Arc<dyn Resolver>) -> Self {
        let client = |encrypted| {
            let checked =
                Checked { destinations: destinations.clone(), resolver: resolver.clone(), encrypted };
            client(checked)
        };
        Self { encrypted: client(true), plain: client(false), destinations }
    }

    /// Whether anything can ever be sent to `url`, as far as it can be told without looking up its name. The
    /// error has no reason where `http` is not permitted at all.
    pub(super) fn check(&self, url: &WebhookUrl) -> Result<(), Option<Refused>> {
        match literal(url) {
            Some(address) => self.destinations.check(address, url.is_encrypted()).map_err(Some),
            None if url.is_encrypted() || self.destinations.allows_more() => Ok(()),
            None => Err(None),
        }
    }

    /// Sends `payload`, signed with `secret`. Whatever is answered is an answer; its body is not read here.
    pub(super) async fn send(
        &self,
        url: &WebhookUrl,
        secret: &[u8],
        id: EventId,
        at: Timestamp,
        payload: String,
    ) -> Result<Response, NoAnswer> {
        if let Some(address) = literal(url) {
            self.destinations.check(address, url.is_encrypted()).map_err(NoAnswer::Refused)?;
        }
        let client = if url.is_encrypted() { &self.encrypted } else { &self.plain };
        let request = client
            .post(url.as_str())
            .header("content-type", "application/json")
            .header("webhook-id", id.to_string())
            .header("webhook-timestamp", at.as_second())
            .header("webhook-signature", signature(secret, id, at, &payload))
            .body(payload);
        request.send().await.map_err(|error| no_answer(&error))
    }
}

/// As the Standard Webhooks specification says: HMAC-SHA256 over id, time in seconds and body.
fn signature(secret: &[u8], id: EventId, at: Timestamp, payload: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = hmac::sign(&key, format!("{id}.{}.{payload}", at.as_second()).as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(tag))
}

fn client(checked: Checked) -> Client {
    Client::builder()
        .user_agent(concat!("Berth/", env!("CARGO_PKG_VERSION")))
        .timeout(TIMEOUT)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        .no_proxy()
        .dns_resolver(checked)
        .build()
        .expect("the settings are constant and TLS needs no file")
}

/// The address that stands in the URL itself. No resolver is asked for those.
fn literal(url: &WebhookUrl) -> Option<IpAddr> {
    match url.url().host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

/// A resolver that gives only addresses a connection may be opened to.
#[derive(Clone)]
struct Checked {
    destinations: Destinations,
    resolver: Arc<dyn Resolver>,
    encrypted: bool,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let addresses = this.resolver.addresses(name.as_str()).await?;
            let mut refused = None;
            let mut permitted = Vec::new();
            for address in addresses {
                match this.destinations.check(address, this.encrypted) {
                    Ok(()) => permitted.push(SocketAddr::new(address, 0)),
                    Err(why) => refused = Some(why),
                }
            }
            match (permitted.is_empty(), refused) {
                (true, Some(why)) => Err(why.into()),
                (true, None) => Err("the name has no address".into()),
                (false, _) => Ok(Box::new(permitted.into_iter()) as Addrs),
            }
        })
    }
}

fn no_answer(error: &reqwest::Error) -> NoAnswer {
    // The error itself names the URL, its causes do not.
    let causes = || std::iter::successors(StdError::source(error), |cause| (*cause).source());
    if let Some(refused) = causes().find_map(|cause| cause.downcast_ref::<Refused>()) {
        return NoAnswer::Refused(*refused);
    }
    if error.is_timeout() {
        return NoAnswer::Timeout;
    }
    NoAnswer::Broken(causes().last().map_or_else(|| "the connection broke".to_owned(), ToString::to_string))
}

/// What came of an attempt that was answered, in a few words.
pub(super) fn words(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("answered {} {reason}", status.as_u16()),
        None => format!("answered {}", status.as_u16()),
    }
}
