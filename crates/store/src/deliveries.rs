//! Who sends to an endpoint, until when, and what came of it.
//!
//! One process at a time sends to an endpoint, by a lease, so that a slow one keeps no more than one worker busy.
//! Endpoints take turns: the one that waits longest since its last turn comes first.

use berth_domain::{
    account::AuditEvent,
    ids::{EventId, WebhookId},
    webhook::{Delivery, DeliveryState, Webhook},
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, sea_query::Expr,
};

use crate::{
    Error, Store, audit,
    entities::{webhook, webhook_delivery},
    leases,
    rows::{micros, statement},
    webhooks,
};

/// How many endpoints with something due one look fetches: who looks at the same time loses races.
const CANDIDATES: i64 = 16;

/// The right to send to one endpoint until a time.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The endpoint.
    pub webhook: Webhook,
    /// What signs what is sent to it, sealed.
    pub sealed_secret: Vec<u8>,
    owner: String,
    generation: i32,
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The event that was sent.
    pub event_id: EventId,
    /// Now.
    pub at: Timestamp,
    /// In a few words, for people.
    pub outcome: String,
    /// What follows.
    pub then: Then,
}

/// What follows from an attempt.
#[derive(Clone, Debug)]
pub enum Then {
    /// It was delivered.
    Delivered,
    /// It is tried again at this time.
    Again(Timestamp),
    /// It is given up; for an account's own endpoint its log says so.
    GivenUp(AuditEvent),
    /// The endpoint is gone: everything that waits for it is given up and nothing is sent to it any more; for an
    /// account's own one its log says so.
    Gone(AuditEvent),
}

impl Turn {
    fn condition(&self) -> Condition {
        Condition::all()
            .add(webhook::Column::Id.eq(self.webhook.id.0))
            .add(webhook::Column::LeaseOwner.eq(self.owner.as_str()))
            .add(webhook::Column::Generation.eq(self.generation))
    }
}

impl Store {
    /// Takes an endpoint that something is due for and nobody sends to, for `owner`, until `until`. `None` when
    /// there is none, or others took them all meanwhile.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "take_turn"))]
    pub async fn take_turn(
        &self,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Turn>, Error> {
        let sql = "SELECT w.id, w.generation FROM webhooks w \
             WHERE w.enabled AND (w.lease_until IS NULL OR w.lease_until <= $1) \
             AND EXISTS (SELECT 1 FROM webhook_deliveries d \
                 WHERE d.webhook_id = w.id AND d.ended_at IS NULL AND d.next_attempt_at <= $1) \
             ORDER BY w.served_at, w.id LIMIT $2";
        let values = [micros(now).into(), CANDIDATES.into()];
        for row in self.reader.query_all_raw(statement(&self.reader, sql, values)).await? {
            let (id, generation): (i32, i32) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            if let Some(turn) = self.claim_webhook(id, generation, owner, now, until).await? {
                return Ok(Some(turn));
            }
        }
        Ok(None)
    }

    /// The compare-and-swap: only one claimer finds the generation it has seen.
    async fn claim_webhook(
        &self,
        id: i32,
        seen: i32,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Turn>, Error> {
        let mut rows = webhook::Entity::update_many()
            .col_expr(webhook::Column::LeaseOwner, Expr::value(owner))
            .col_expr(webhook::Column::LeaseUntil, Expr::value(micros(until)))
            .col_expr(webhook::Column::Generation, Expr::value(seen + 1))
            .col_expr(webhook::Column::ServedAt, Expr::value(micros(now)))
            .filter(webhook::Column::Id.eq(id))
            .filter(webhook::Column::Generation.eq(seen))
            .filter(webhook::Column::Enabled.eq(true))
            .filter(leases::free(webhook::Column::LeaseUntil, now))
            .exec_with_returning(&self.writer)
            .await?;
        let Some(row) = rows.pop() else { return Ok(None) };
        let sealed_secret = row.secret.clone();
        let webhook = row.into_domain()?;
        Ok(Some(Turn { webhook, sealed_secret, owner: owner.to_owned(), generation: seen + 1 }))
    }

    /// The oldest delivery that is due for an endpoint, with what to send.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "due_delivery"))]
    pub async fn due_delivery(
        &self,
        id: WebhookId,
        now: Timestamp,
    ) -> Result<Option<(Delivery, String)>, Error> {
        let row = webhook_delivery::Entity::find()
            .filter(webhook_delivery::Column::WebhookId.eq(id.0))
            .filter(webhook_delivery::Column::EndedAt.is_null())
            .filter(webhook_delivery::Column::NextAttemptAt.lte(micros(now)))
            .order_by_asc(webhook_delivery::Column::NextAttemptAt)
            .order_by_asc(webhook_delivery::Column::EventId)
            .one(&self.reader)
            .await?;
        row.map(|mut row| {
            let payload = std::mem::take(&mut row.payload);
            Ok((row.into_domain()?, payload))
        })
        .transpose()
    }

    /// Writes down what came of an attempt, and prolongs the turn.
    ///
    /// Errors: [`Error::LostLease`], with nothing written, when another process has the endpoint by now, or it
    /// was removed.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "record_attempt"))]
    pub async fn record_attempt(
        &self,
        turn: &Turn,
        attempt: Attempt,
        until: Timestamp,
    ) -> Result<(), Error> {
        let Attempt { event_id, at, outcome, then } = attempt;
        let tx = self.begin().await?;
        let (state, next, gone) = match then {
            Then::Delivered => (DeliveryState::Delivered, None, false),
            Then::Again(next) => (DeliveryState::Waiting, Some(next), false),
            Then::GivenUp(event) => {
                self.record_end(&tx, turn, event, at).await?;
                (DeliveryState::GivenUp, None, false)
            }
            Then::Gone(event) => {
                self.record_end(&tx, turn, event, at).await?;
                (DeliveryState::GivenUp, None, true)
            }
        };
        let held = webhook::Entity::update_many()
            .col_expr(webhook::Column::LeaseUntil, Expr::value(micros(until)))
            .filter(turn.condition())
            .exec(&tx)
            .await?;
        if held.rows_affected == 0 {
            return Err(Error::LostLease);
        }
        let ended = next.is_none().then(|| micros(at));
        webhook_delivery::Entity::update_many()
            .col_expr(webhook_delivery::Column::State, Expr::value(state.as_str()))
            .col_expr(
                webhook_delivery::Column::Attempts,
                Expr::col(webhook_delivery::Column::Attempts).add(1),
            )
            .col_expr(webhook_delivery::Column::Outcome, Expr::value(outcome.as_str()))
            .col_expr(webhook_delivery::Column::NextAttemptAt, Expr::value(next.map(micros)))
            .col_expr(webhook_delivery::Column::EndedAt, Expr::value(ended))
            .filter(webhook_delivery::Column::WebhookId.eq(turn.webhook.id.0))
            .filter(webhook_delivery::Column::EventId.eq(event_id.0))
            .exec(&tx)
            .await?;
        if gone {
            webhooks::disable(&tx, turn.webhook.id, &outcome, at).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Ends a turn: others may send to the endpoint at once. Does nothing when the lease was lost.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "end_turn"))]
    pub async fn end_turn(&self, turn: &Turn) -> Result<(), Error> {
        webhook::Entity::update_many()
            .col_expr(webhook::Column::LeaseOwner, Expr::value(Option::<String>::None))
            .col_expr(webhook::Column::LeaseUntil, Expr::value(Option::<i64>::None))
            .filter(turn.condition())
            .exec(&self.writer)
            .await?;
        Ok(())
    }

    /// Comes before the endpoint's row is locked: everybody locks an account first.
    async fn record_end(
        &self,
        tx: &DatabaseTransaction,
        turn: &Turn,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<(), Error> {
        match turn.webhook.account_id {
            Some(account) => audit::record(tx, account, event, at).await,
            None => Ok(()),
        }
    }
}
