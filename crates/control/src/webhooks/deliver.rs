//! The reconciler that sends what is due, at least once. Endpoints take turns; one that is slow or dead keeps one
//! of many workers busy for one attempt, and the others wait for nothing.

use std::time::Duration;

use berth_domain::{
    account::Actor,
    webhook::{Delivery, next_attempt},
};
use berth_store::{Attempt, Error as StoreError, Then, Turn};
use jiff::SignedDuration;
use reqwest::StatusCode;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{Webhooks, event, send};
use crate::{Error, reconciler::Reconciler};

/// To how many endpoints one process sends at once.
const AT_ONCE: usize = 64;
/// How many events an endpoint gets in one turn, as long as it takes them.
const IN_ONE_TURN: usize = 20;
/// How long a turn lasts from each attempt on, which ends within 10 s: what a killed process had in hand is sent
/// again after this.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// How often to look for what is due.
const POLL: Duration = Duration::from_secs(1);

impl Webhooks {
    /// Sends what is due until told to stop; then waits for the attempts in hand, 10 seconds at most.
    pub async fn run(&self, stop: CancellationToken) {
        let owner = self.environment.uuid().to_string();
        let reconciler = Reconciler {
            seeks: "events to send",
            at_once: AT_ONCE,
            poll: POLL,
            spacing: Duration::ZERO,
            woken: None,
        };
        let claim = || async {
            let now = self.environment.now();
            let turn = self.store.take_turn(&owner, now, now + LEASE).await?;
            Ok(turn.map(|turn| {
                let (webhooks, stop) = (self.clone(), stop.clone());
                let span = tracing::info_span!("webhook", id = turn.webhook.id.0);
                async move { webhooks.serve(turn, stop).await }.instrument(span)
            }))
        };
        reconciler.run(stop.clone(), claim).await;
    }

    /// One endpoint's turn. When it cannot be brought to an end its lease runs out, which makes a pause.
    async fn serve(&self, turn: Turn, stop: CancellationToken) {
        let served = async {
            for _ in 0..IN_ONE_TURN {
                if stop.is_cancelled() || !self.send_next(&turn).await? {
                    break;
                }
            }
            Ok::<_, Error>(self.store.end_turn(&turn).await?)
        };
        if let Err(error) = served.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the turn of a webhook was interrupted; it gets another"
            );
        }
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
        match self.store.record_attempt(turn, attempt, at + LEASE).await {
            Ok(()) => Ok(taken),
            Err(StoreError::LostLease) => {
                tracing::info!("another process has the webhook by now, or it was removed");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What follows from an answer, or from none.
    fn follow(&self, delivery: &Delivery, status: Option<StatusCode>, outcome: &str) -> Then {
        let id = delivery.webhook_id;
        let record = |kind, description| event(Actor::system(), Some(id), kind, description);
        let (then, word) = match status {
            Some(status) if status.is_success() => (Then::Delivered, "delivered"),
            Some(StatusCode::GONE) => {
                let description = format!(
                    "Webhook {id} answered 410 Gone and is told nothing more. Remove it, or add it anew."
                );
                tracing::warn!("the endpoint is gone and is told nothing more");
                (Then::Gone(record("Webhook switched off", description)), "gone")
            }
            _ => {
                let mut jitter = [0];
                self.environment.random.fill(&mut jitter);
                let attempts = delivery.attempts + 1;
                match next_attempt(delivery.created_at, self.environment.now(), attempts, jitter[0]) {
                    Some(next) => (Then::Again(next), "failed"),
                    None => {
                        let description = format!(
                            "Event {} ({}) could not be delivered to webhook {id} within 24 hours; the last \
                             attempt: {outcome}.",
                            delivery.event_id, delivery.kind
                        );
                        tracing::warn!(event = %delivery.event_id, outcome, "a delivery is given up after 24 hours");
                        (Then::GivenUp(record("Webhook delivery given up", description)), "given-up")
                    }
                }
            }
        };
        metrics::counter!("berth_webhook_attempts_total", "outcome" => word).increment(1);
        then
    }
}
