//! Webhooks: the endpoints, and the events written for them in the transaction that changes what they tell of.

use berth_domain::{
    account::AuditEvent,
    ids::{AccountId, EventId, WebhookId},
    webhook::{Delivery, DeliveryState, Event, EventKind, Webhook, WebhookUrl},
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select, sea_query::Expr,
};

use crate::{
    Error, Store,
    audit::{self, About},
    entities::{webhook, webhook_delivery},
    rows::{OrCorrupt, Sequence, json, micros, next_id, time},
    work::{self, Kind},
};

/// An endpoint to be.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Its id, from [`Store::allocate_webhook_id`]: its secret is sealed for it.
    pub id: WebhookId,
    /// Whose events it is told; of all accounts when `None`.
    pub account_id: Option<AccountId>,
    /// Where it is.
    pub url: WebhookUrl,
    /// What signs what is sent to it, sealed.
    pub sealed_secret: Vec<u8>,
    /// What it wants to hear of; everything when empty.
    pub events: Vec<EventKind>,
}

/// Whose endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owned {
    /// An account's own.
    By(AccountId),
    /// Everybody's, as the operator sees them.
    ByAnybody,
}

impl Store {
    /// An id for an endpoint to be.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "allocate_webhook_id"))]
    pub async fn allocate_webhook_id(&self) -> Result<WebhookId, Error> {
        let tx = self.begin().await?;
        let id = next_id(&tx, Sequence::Webhooks).await?;
        tx.commit().await?;
        Ok(WebhookId(id))
    }

    /// Adds an endpoint. That of an account is on record in its log: where `event` names no resource id, it gets
    /// the endpoint's. That of all accounts is in nobody's log.
    ///
    /// Errors: [`Error::NoSuchAccount`], [`Error::TooManyWebhooks`] when the account has `most` already.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "add_webhook"))]
    pub async fn add_webhook(
        &self,
        new: NewWebhook,
        most: u64,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<Webhook, Error> {
        let tx = self.begin().await?;
        if let Some(account) = new.account_id {
            audit::record(&tx, account, event.about(new.id.0), at).await?;
            let there = webhook::Entity::find().filter(webhook::Column::AccountId.eq(account.0));
            if there.count(&tx).await? >= most {
                return Err(Error::TooManyWebhooks);
            }
        }
        let events: Vec<_> = new.events.iter().map(|kind| kind.as_str()).collect();
        let row = webhook::Model {
            id: new.id.0,
            account_id: new.account_id.map(|account| account.0),
            url: new.url.as_str().to_owned(),
            secret: new.sealed_secret,
            events: json(&events),
            enabled: true,
            created_at: micros(at),
        };
        webhook::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx).await?;
        tx.commit().await?;
        row.into_domain()
    }

    /// Endpoints, by id.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "webhooks"))]
    pub async fn webhooks(&self, owned: Owned) -> Result<Vec<Webhook>, Error> {
        let rows = find(owned).order_by_asc(webhook::Column::Id).all(&self.reader).await?;
        rows.into_iter().map(webhook::Model::into_domain).collect()
    }

    /// One endpoint, with its sealed secret.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "webhook"))]
    pub async fn webhook(&self, owned: Owned, id: WebhookId) -> Result<Option<(Webhook, Vec<u8>)>, Error> {
        let row = find(owned).filter(webhook::Column::Id.eq(id.0)).one(&self.reader).await?;
        row.map(|row| {
            let secret = row.secret.clone();
            Ok((row.into_domain()?, secret))
        })
        .transpose()
    }

    /// Removes an endpoint with its deliveries, and returns what it was. `None` when there is no such one.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "remove_webhook"))]
    pub async fn remove_webhook(
        &self,
        owned: Owned,
        id: WebhookId,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<Option<Webhook>, Error> {
        // Whose it is never changes: what is read before the lock is as true after it.
        let Some((webhook, _)) = self.webhook(owned, id).await? else { return Ok(None) };
        let tx = self.begin().await?;
        if let Some(account) = webhook.account_id {
            audit::record(&tx, account, event.about(id.0), at).await?;
        }
        let done = webhook::Entity::delete_by_id(id.0).exec(&tx).await?;
        if done.rows_affected == 0 {
            return Ok(None);
        }
        // First the right to send, then what is sent: as whoever sends locks them.
        work::remove(&tx, Kind::Webhooks, &id.to_string()).await?;
        webhook_delivery::Entity::delete_many()
            .filter(webhook_delivery::Column::WebhookId.eq(id.0))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(Some(webhook))
    }

    /// The latest deliveries to an endpoint, newest first.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "deliveries"))]
    pub async fn deliveries(&self, id: WebhookId, limit: u64) -> Result<Vec<Delivery>, Error> {
        let rows = webhook_delivery::Entity::find()
            .filter(webhook_delivery::Column::WebhookId.eq(id.0))
            .order_by_desc(webhook_delivery::Column::CreatedAt)
            .order_by_desc(webhook_delivery::Column::EventId)
            .limit(limit)
            .all(&self.reader)
            .await?;
        rows.into_iter().map(webhook_delivery::Model::into_domain).collect()
    }

    /// How many deliveries wait, over all endpoints.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "waiting_deliveries"))]
    pub async fn waiting_deliveries(&self) -> Result<u64, Error> {
        let waiting = webhook_delivery::Entity::find().filter(webhook_delivery::Column::EndedAt.is_null());
        Ok(waiting.count(&self.reader).await?)
    }

    /// Forgets the deliveries of events before this, and returns how many. They have all ended, unless their
    /// endpoint was removed while they were written.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "purge_deliveries"))]
    pub async fn purge_deliveries(&self, before: Timestamp) -> Result<u64, Error> {
        let done = webhook_delivery::Entity::delete_many()
            .filter(webhook_delivery::Column::CreatedAt.lt(micros(before)))
            .exec(&self.writer)
            .await?;
        Ok(done.rows_affected)
    }
}

/// Writes an event for every endpoint that wants it: those of its account and those of all accounts. In the
/// transaction that makes the change it tells of, after that has locked the account's row.
pub(crate) async fn enqueue(tx: &DatabaseTransaction, event: &Event) -> Result<(), Error> {
    let rows = webhook::Entity::find()
        .filter(webhook::Column::Enabled.eq(true))
        .filter(
            Condition::any()
                .add(webhook::Column::AccountId.eq(event.account_id.0))
                .add(webhook::Column::AccountId.is_null()),
        )
        .all(tx)
        .await?;
    let payload = event.payload();
    let mut deliveries = Vec::new();
    for row in rows {
        let wanted = row.events()?;
        if !wanted.is_empty() && !wanted.contains(&event.kind) {
            continue;
        }
        let delivery = webhook_delivery::Model {
            webhook_id: row.id,
            event_id: event.id.0,
            account_id: event.account_id.0,
            kind: event.kind.as_str().to_owned(),
            payload: payload.clone(),
            state: DeliveryState::Waiting.as_str().to_owned(),
            attempts: 0,
            outcome: None,
            created_at: micros(event.at),
            next_attempt_at: Some(micros(event.at)),
            ended_at: None,
        };
        deliveries.push(delivery.into_active_model());
    }
    if !deliveries.is_empty() {
        webhook_delivery::Entity::insert_many(deliveries).exec_without_returning(tx).await?;
        let keys = "SELECT CAST(webhook_id AS TEXT) AS key FROM webhook_deliveries WHERE event_id = $1";
        work::call_all(tx, Kind::Webhooks, keys, [event.id.0.into()]).await?;
    }
    Ok(())
}

fn find(owned: Owned) -> Select<webhook::Entity> {
    match owned {
        Owned::By(account) => webhook::Entity::find().filter(webhook::Column::AccountId.eq(account.0)),
        Owned::ByAnybody => webhook::Entity::find(),
    }
}

/// Switches an endpoint off, and gives up what waits for it.
pub(crate) async fn disable(
    tx: &DatabaseTransaction,
    id: WebhookId,
    why: &str,
    at: Timestamp,
) -> Result<(), Error> {
    webhook::Entity::update_many()
        .col_expr(webhook::Column::Enabled, Expr::value(false))
        .filter(webhook::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    webhook_delivery::Entity::update_many()
        .col_expr(webhook_delivery::Column::State, Expr::value(DeliveryState::GivenUp.as_str()))
        .col_expr(webhook_delivery::Column::Outcome, Expr::value(why))
        .col_expr(webhook_delivery::Column::NextAttemptAt, Expr::value(Option::<i64>::None))
        .col_expr(webhook_delivery::Column::EndedAt, Expr::value(micros(at)))
        .filter(webhook_delivery::Column::WebhookId.eq(id.0))
        .filter(webhook_delivery::Column::EndedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

impl webhook::Model {
    fn events(&self) -> Result<Vec<EventKind>, Error> {
        let what = || format!("webhook {}", self.id);
        let names: Vec<String> = serde_json::from_str(&self.events).or_corrupt(what)?;
        names.iter().map(|name| name.parse().or_corrupt(what)).collect()
    }

    pub(crate) fn into_domain(self) -> Result<Webhook, Error> {
        let what = || format!("webhook {}", self.id);
        Ok(Webhook {
            id: WebhookId(self.id),
            account_id: self.account_id.map(AccountId),
            events: self.events()?,
            url: self.url.parse().or_corrupt(what)?,
            enabled: self.enabled,
            created_at: time(self.created_at, what)?,
        })
    }
}

impl webhook_delivery::Model {
    pub(crate) fn into_domain(self) -> Result<Delivery, Error> {
        let what = || format!("the delivery of event {} to webhook {}", self.event_id, self.webhook_id);
        Ok(Delivery {
            webhook_id: WebhookId(self.webhook_id),
            event_id: EventId(self.event_id),
            account_id: AccountId(self.account_id),
            kind: self.kind.parse().or_corrupt(what)?,
            state: DeliveryState::parse(&self.state).or_corrupt(what)?,
            attempts: self.attempts,
            created_at: time(self.created_at, what)?,
            next_attempt_at: self.next_attempt_at.map(|at| time(at, what)).transpose()?,
            ended_at: self.ended_at.map(|at| time(at, what)).transpose()?,
            outcome: self.outcome,
        })
    }
}
