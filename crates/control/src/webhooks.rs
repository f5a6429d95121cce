//! Webhooks: endpoints that are told of events. Here they are added, removed and tried out; what happened is sent
//! to them in `deliver`.

mod deliver;
mod send;

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use berth_domain::{
    account::{Actor, AuditEvent, Principal},
    ids::{AccountId, EventId, WebhookId},
    secret::Secret,
    task::ErrorType,
    webhook::{Delivery, Destinations, Event, EventKind, Refused, Webhook, WebhookUrl},
};
use berth_store::{Error as StoreError, NewWebhook, Owned, Store};
use berth_vault::{Location, Vault};
use jiff::SignedDuration;
use serde_json::{Map, json};

use self::send::Sender;
pub use self::send::{Answer, NoAnswer, Resolver, SystemResolver};
use crate::{Error, environment::Environment};

/// What the audit log calls these resources.
const RESOURCE: &str = "Webhook";
/// How many an account may have.
const MOST: u64 = 10;
/// How many deliveries are listed.
const LISTED: u64 = 100;
/// Random bytes in a signing secret: what the specification recommends.
const SECRET_LENGTH: usize = 32;
/// What a signing secret begins with.
const PREFIX: &str = "whsec_";

/// How long deliveries are kept.
pub(crate) const DELIVERIES_KEPT: SignedDuration = SignedDuration::from_hours(10 * 24);

/// Endpoints that are told of events, over the store, the vault and the network. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks {
    store: Store,
    vault: Vault,
    environment: Environment,
    sender: Arc<Sender>,
}

/// Who manages webhooks.
#[derive(Clone, Copy, Debug)]
pub enum Party<'a> {
    /// An Owner, those of its account.
    Owner(&'a Principal),
    /// The operator, those of one account; or everybody's, and those that are told of all accounts.
    Operator(Option<AccountId>),
}

impl Party<'_> {
    fn account(self) -> Option<AccountId> {
        match self {
            Self::Owner(by) => Some(by.account_id),
            Self::Operator(account) => account,
        }
    }

    fn owned(self) -> Owned {
        self.account().map_or(Owned::ByAnybody, Owned::By)
    }

    fn actor(self) -> Actor {
        match self {
            Self::Owner(by) => Actor::from(by),
            Self::Operator(_) => Actor::system(),
        }
    }
}

impl Webhooks {
    /// Sends to `destinations` only, by whatever addresses `resolver` gives to names.
    pub fn new(
        store: Store,
        vault: Vault,
        environment: Environment,
        destinations: Destinations,
        resolver: impl Resolver,
    ) -> Self {
        let sender = Arc::new(Sender::new(destinations, Arc::new(resolver)));
        Self { store, vault, environment, sender }
    }

    /// Adds an endpoint that is told of these events, of every kind when there are none; returns it with the
    /// secret that signs what is sent to it, shown once.
    pub async fn add(
        &self,
        by: Party<'_>,
        url: WebhookUrl,
        events: Vec<EventKind>,
    ) -> Result<(Webhook, Secret), Error> {
        self.sender.check(&url).map_err(refused_url)?;
        let mut bytes = [0; SECRET_LENGTH];
        self.environment.random.fill(&mut bytes);
        let secret = Secret::new(format!("{PREFIX}{}", BASE64_STANDARD.encode(bytes)));
        let id = self.store.allocate_webhook_id().await?;
        let sealed_secret = self.vault.seal(&secret_of(id), secret.expose().as_bytes())?;
        let host = url.url().host_str().unwrap_or_default();
        let event = event(by.actor(), None, "Webhook added", format!("Webhook to {host} added."));
        let new = NewWebhook { id, account_id: by.account(), url, sealed_secret, events };
        let added = self.store.add_webhook(new, MOST, event, self.environment.now()).await;
        let webhook = added.map_err(|error| match error {
            StoreError::NoSuchAccount => not_found("There is no such account."),
            StoreError::TooManyWebhooks => Error::rejected(
                ErrorType::BadRequest,
                format!(
                    "The account has {MOST} webhooks already, as many as it may have. Remove one first."
                ),
            ),
            error => error.into(),
        })?;
        Ok((webhook, secret))
    }

    /// Endpoints, by id.
    pub async fn list(&self, by: Party<'_>) -> Result<Vec<Webhook>, Error> {
        Ok(self.store.webhooks(by.owned()).await?)
    }

    /// Removes an endpoint, with what waits for it.
    pub async fn remove(&self, by: Party<'_>, id: WebhookId) -> Result<Webhook, Error> {
        let event = event(by.actor(), Some(id), "Webhook removed", format!("Webhook {id} removed."));
        let removed = self.store.remove_webhook(by.owned(), id, event, self.environment.now()).await?;
        removed.ok_or_else(|| no_webhook(id))
    }

    /// The latest 100 deliveries to an endpoint, newest first.
    pub async fn deliveries(&self, by: Party<'_>, id: WebhookId) -> Result<Vec<Delivery>, Error> {
        self.store.webhook(by.owned(), id).await?.ok_or_else(|| no_webhook(id))?;
        Ok(self.store.deliveries(id, LISTED).await?)
    }

    /// How many deliveries wait, over all endpoints.
    pub async fn waiting(&self) -> Result<u64, Error> {
        Ok(self.store.waiting_deliveries().await?)
    }

    /// Sends an event of the type `ping` to an endpoint now, once, and gives what came of it.
    pub async fn ping(&self, by: Party<'_>, id: WebhookId) -> Result<Result<Answer, NoAnswer>, Error> {
        let found = self.store.webhook(by.owned(), id).await?;
        let (webhook, sealed) = found.ok_or_else(|| no_webhook(id))?;
        let event = Event {
            id: EventId(self.environment.uuid()),
            account_id: webhook.account_id.unwrap_or(AccountId(0)),
            kind: EventKind::Ping,
            at: self.environment.now(),
            data: Map::from_iter([("webhookId".to_owned(), json!(id))]),
        };
        let secret = self.open(id, &sealed)?;
        let sent = self.sender.send(&webhook.url, &secret, event.id, event.at, event.payload()).await;
        Ok(match sent {
            Ok(response) => Ok(Answer::read(response).await),
            Err(no_answer) => Err(no_answer),
        })
    }

    /// The bytes that sign what is sent to an endpoint.
    fn open(&self, id: WebhookId, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let plain = self.vault.unseal(&secret_of(id), sealed)?;
        let text = plain.strip_prefix(PREFIX.as_bytes()).unwrap_or(&plain);
        BASE64_STANDARD.decode(text).map_err(|error| Error::Internal(Box::new(error)))
    }
}

/// Where an endpoint's sealed secret is.
pub(crate) fn secret_of(id: WebhookId) -> Location {
    Location::new("webhook", id, "secret")
}

fn event(actor: Actor, id: Option<WebhookId>, kind: &'static str, description: String) -> AuditEvent {
    AuditEvent { actor, resource: RESOURCE, resource_id: id.map(|id| id.0), kind, description }
}

fn refused_url(refused: Option<Refused>) -> Error {
    let why = match refused {
        Some(refused) => format!("The url cannot be used: {refused}."),
        None => "The url must begin with https://.".to_owned(),
    };
    Error::rejected(ErrorType::BadRequest, why)
}

fn no_webhook(id: WebhookId) -> Error {
    not_found(&format!("There is no webhook {id}."))
}

fn not_found(message: &str) -> Error {
    Error::rejected(ErrorType::NotFound, message)
}
