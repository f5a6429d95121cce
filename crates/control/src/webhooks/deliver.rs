//! The reconciler that sends what is due, at least once. Endpoints take turns; one that is slow or dead keeps one
//! of many workers busy for one attempt, and the others wait for nothing.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use berth_domain::{
    account::Actor,
    webhook::{Delivery, next_attempt},
};
use berth_store::{
    Attempt, Error as StoreError, Then as Follows, Turn,
    work::{Kind, Lease, Then},
};
use reqwest::StatusCode;
use tokio_util::sync::CancellationToken;
use tracing::Span;

use super::{Webhooks, event, send};
use crate::{
    Error,
    work::{Dispatcher, Limits, Reconciler, Step, Stop, Wakes},
};

/// To how many endpoints one process sends at once.
const AT_ONCE: usize = 64;
/// How many events an endpoint gets in one turn, as long as it takes them.
const IN_ONE_TURN: usize = 20;

/// Sends what is due.
pub(crate) struct Sending {
    webhooks: Webhooks,
    /// Told to stop, it sends nothing more.
    stop: CancellationToken,
}

#[async_trait]
impl Reconciler for Sending {
    fn limits(&self) -> Limits {
        Limits { kind: Kind::Webhooks, at_once: AT_ONCE, spacing: Duration::ZERO, stop: Stop::Finish }
    }

    fn span(&self, lease: &Lease) -> Span {
        tracing::info_span!("webhook", id = lease.key())
    }

    /// One endpoint's turn.
    async fn step(&self, lease: &Lease) -> Result<Step, Error> {
        let Self { webhooks, stop } = self;
        let Some(turn) = webhooks.store.turn_in_hand(lease).await? else {
            return Ok(Step::Settle(Then::Done));
        };
        for _ in 0..IN_ONE_TURN {
            if stop.is_cancelled() || !webhooks.send_next(&turn).await? {
                break;
            }
        }
        let next = webhooks.store.next_delivery(turn.webhook.id).await?;
        let now = webhooks.environment.now();
        Ok(Step::Settle(next.map_or(Then::Rest, |next| Then::Again(now.duration_until(next)))))
    }
}

impl Webhooks {
    /// Sends what is due until told to stop; then waits for the attempts in hand, 10 seconds at most.
    pub async fn run(&self, stop: CancellationToken) {
        let (store, environment, wakes) = (&self.store, &self.environment, &Wakes::default());
        let dispatcher = Dispatcher { store, environment, wakes };
        let sending: Arc<dyn Reconciler> = Arc::new(self.sending(stop.clone()));
        dispatcher.run(vec![sending], stop).await;
    }

    /// What sends until told to stop.
    pub(crate) fn sending(&self, stop: CancellationToken) -> Sending {
        Sending { webhooks: self.clone(), stop }
    }

    /// Sends the oldest event that is due. `false` when there is none, or it was not taken: others come first.
    async fn send_next(&self, turn: &Turn) -> Result<bool, Error> {
        let (webhook, now) = (&turn.webhook, self.environment.now());
        let due = self.store.due_delivery(webhook.id, now).await?;
        let Some((delivery, payload)) = due else { return Ok(false) };
        let secret = self.open(webhook.id, &turn.sealed_secret)?;
        let sent = self.sender.send(&webhook.url, &secret, delivery.event_id, now, payload).await;
        let (status, outcome) = match sent {
            Ok(response) => (Some(response.status()), send::words(response.status())),
            Err(no_answer) => (None, no_answer.to_string()),
        };
        let taken = status.is_some_and(|status| status.is_success());
        let at = self.environment.now();
        let then = self.follow(&delivery, status, &outcome);
        let attempt = Attempt { event_id: delivery.event_id, at, outcome, then };
        match self.store.record_attempt(turn, attempt).await {
            Ok(()) => Ok(taken),
            Err(StoreError::LostLease) => {
                tracing::info!("another process has the webhook by now, or it was removed");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What follows from an answer, or from none.
    fn follow(&self, delivery: &Delivery, status: Option<StatusCode>, outcome: &str) -> Follows {
        let id = delivery.webhook_id;
        let record = |kind, description| event(Actor::system(), Some(id), kind, description);
        let (then, word) = match status {
            Some(status) if status.is_success() => (Follows::Delivered, "delivered"),
            Some(StatusCode::GONE) => {
                let description = format!(
                    "Webhook {id} answered 410 Gone and is told nothing more. Remove it, or add it anew."
                );
                tracing::warn!("the endpoint is gone and is told nothing more");
                (Follows::Gone(record("Webhook switched off", description)), "gone")
            }
            _ => {
                let mut jitter = [0];
                self.environment.random.fill(&mut jitter);
                let attempts = delivery.attempts + 1;
                match next_attempt(delivery.created_at, self.environment.now(), attempts, jitter[0]) {
                    Some(next) => (Follows::Again(next), "failed"),
                    None => {
                        let description = format!(
                            "Event {} ({}) could not be delivered to webhook {id} within 24 hours; the last \
                             attempt: {outcome}.",
                            delivery.event_id, delivery.kind
                        );
                        tracing::warn!(event = %delivery.event_id, outcome, "a delivery is given up after 24 hours");
                        (Follows::GivenUp(record("Webhook delivery given up", description)), "given-up")
                    }
                }
            }
        };
        metrics::counter!("berth_webhook_attempts_total", "outcome" => word).increment(1);
        then
    }
}
