//! The reconciler that verifies every registered cloud account again and again.
//!
//! It takes no input: what is due stands in the database, and any number of replicas share it by leases. When an
//! account is due is decided by `berth_domain::health::Schedule`; a process that starts and finds many overdue
//! begins them at the same bounded pace as ever.

mod check;

use std::time::Duration;

use berth_domain::{
    account::Actor,
    health::{Cause, Schedule},
};
use berth_store::ClaimedCheck;
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

pub(crate) use self::check::{begin, check, verification};
use crate::{Control, Error, reconciler::Reconciler};

/// How many accounts one process verifies at once; the calls to each are spaced out, so this is waiting mostly.
const AT_ONCE: usize = 32;
/// The pause between the beginnings of two verifications: 5 a second, so that ten thousand accounts that are all
/// overdue take 34 minutes. Ten thousand accounts that are verified every hour need 3 a second.
const SPACING: Duration = Duration::from_millis(200);
/// How often to look for what has become due.
const POLL: Duration = Duration::from_secs(1);
/// How long a claim holds: longer than a verification may take. What a killed process had in hand is due again
/// after this.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How many accounts are planned in one transaction.
const PLANNED_AT_ONCE: u64 = 500;

impl Control {
    /// Verifies cloud accounts as they become due, until told to stop; then gives back what is in hand.
    pub async fn run_health(&self, stop: CancellationToken) {
        let reconciler = Reconciler {
            seeks: "accounts to verify",
            at_once: AT_ONCE,
            poll: POLL,
            spacing: SPACING,
            woken: Some(&self.0.changed),
        };
        let claim = || async {
            Ok(self.next_check().await?.map(|claimed| {
                let (control, stop) = (self.clone(), stop.clone());
                let span = tracing::info_span!("health", cloud_account = %claimed.account.id);
                async move { control.check_in_background(claimed, stop).await }.instrument(span)
            }))
        };
        reconciler.run(stop.clone(), claim).await;
    }

    /// Plans what nothing is planned for, and takes what is due longest.
    async fn next_check(&self) -> Result<Option<ClaimedCheck>, Error> {
        let (store, environment) = (&self.0.store, &self.0.environment);
        let (schedule, now) = (self.schedule(), environment.now());
        let horizon = schedule.horizon(now);
        let unplanned = store.unplanned_checks(horizon, PLANNED_AT_ONCE).await?;
        if !unplanned.is_empty() {
            let first = |id| (id, schedule.first(id, now, environment.number()));
            store.plan_checks(horizon, &unplanned.into_iter().map(first).collect::<Vec<_>>()).await?;
        }
        let now = environment.now();
        Ok(store.claim_check(now, now + LEASE).await?)
    }

    async fn check_in_background(&self, claimed: ClaimedCheck, stop: CancellationToken) {
        let lease = claimed.lease.clone();
        let verifier = self.0.verifier.unhurried(&claimed.account.aws_account_id);
        let work = check(self, &verifier, claimed, Cause::Schedule, Actor::system(), &|_| {});
        match stop.run_until_cancelled(work).await {
            Some(Ok(_)) => {}
            // Nothing was written: it is due again when the lease runs out.
            Some(Err(error)) => {
                metrics::counter!(check::CHECKS, "outcome" => "error").increment(1);
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "a verification could not be made; it will be made again");
            }
            None => {
                if let Err(error) = self.0.store.release_check(&lease).await {
                    tracing::warn!(%error, "stopping; a verification waits until its lease runs out");
                }
            }
        }
    }

    pub(crate) fn schedule(&self) -> Schedule {
        Schedule::every(self.0.verifier.settings().interval)
    }
}
