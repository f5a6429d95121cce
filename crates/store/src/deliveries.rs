//! Who sends to an endpoint, until when, and what came of it.
//!
//! One process at a time sends to an endpoint, so that a slow one keeps no more than one worker busy. Endpoints take
//! turns: after its turn an endpoint is due again from then on, after those that wait for longer.

use berth_domain::{
    account::AuditEvent,
    ids::{EventId, WebhookId},
    webhook::{Delivery, DeliveryState, Webhook},
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use crate::{
    Error, Store, audit,
    entities::{webhook, webhook_delivery},
    rows::{OrCorrupt, micros, time},
    webhooks,
    work::{self, Lease},
};

/// The right to send to one endpoint until a time.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The endpoint.
    pub webhook: Webhook,
    /// What signs what is sent to it, sealed.
    pub sealed_secret: Vec<u8>,
    lease: Lease,
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

impl Store {
    /// The endpoint of a claimed row. `None` when it was removed, or is told nothing more.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "turn_in_hand"))]
    pub async fn turn_in_hand(&self, lease: &Lease) -> Result<Option<Turn>, Error> {
        let what = || format!("the work on webhook {}", lease.key());
        let id: i32 = lease.key().parse().or_corrupt(what)?;
        let row = webhook::Entity::find_by_id(id)
            .filter(webhook::Column::Enabled.eq(true))
            .one(&self.reader)
            .await?;
        row.map(|row| {
            let sealed_secret = row.secret.clone();
            Ok(Turn { webhook: row.into_domain()?, sealed_secret, lease: lease.clone() })
        })
        .transpose()
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
            // What was never tried is due whatever the clock says that its event was told by.
            .filter(
                webhook_delivery::Column::NextAttemptAt
                    .lte(micros(now))
                    .or(webhook_delivery::Column::Attempts.eq(0)),
            )
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

    /// Writes down what came of an attempt.
    ///
    /// Errors: [`Error::LostLease`], with nothing written, when another process has the endpoint by now, or it
    /// was removed.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "record_attempt"))]
    pub async fn record_attempt(&self, turn: &Turn, attempt: Attempt) -> Result<(), Error> {
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
        work::hold(&tx, &turn.lease).await?;
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

    /// When the next delivery to an endpoint is due; `None` when nothing waits.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "next_delivery"))]
    pub async fn next_delivery(&self, id: WebhookId) -> Result<Option<Timestamp>, Error> {
        let next: Option<Option<i64>> = webhook_delivery::Entity::find()
            .filter(webhook_delivery::Column::WebhookId.eq(id.0))
            .filter(webhook_delivery::Column::EndedAt.is_null())
            .select_only()
            .column_as(webhook_delivery::Column::NextAttemptAt.min(), "next")
            .into_tuple()
            .one(&self.reader)
            .await?;
        next.flatten().map(|at| time(at, || format!("a delivery to webhook {id}"))).transpose()
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
