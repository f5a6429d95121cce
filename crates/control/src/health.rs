//! The reconciler that verifies every registered cloud account again and again.
//!
//! It takes no input: what is due stands in the work queue, and any number of replicas share it. When an account is
//! due is decided by `berth_domain::health::Schedule`; a process that starts and finds many overdue begins them at the
//! same bounded pace as ever.

mod check;

use std::time::Duration;

use async_trait::async_trait;
use berth_domain::{
    account::Actor,
    cloud_account::Status,
    health::{Cause, Schedule},
};
use berth_store::work::{Kind, Lease, Then};
use jiff::SignedDuration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::Span;

pub(crate) use self::check::{begin, check, verification};
use crate::{
    Control, Error,
    work::{Limits, Reconciler, Step, Stop},
};

/// How many accounts one process verifies at once; the calls to each are spaced out, so this is waiting mostly.
const AT_ONCE: usize = 32;
/// The pause between the beginnings of two verifications: 5 a second, so that ten thousand accounts that are all
/// overdue take 34 minutes. Ten thousand accounts that are verified every hour need 3 a second.
const SPACING: Duration = Duration::from_millis(200);
/// How often to look for accounts that nothing is planned for; more often where all are verified more often.
const PLANNING: Duration = Duration::from_secs(5);
/// How many accounts are planned in one transaction.
const PLANNED_AT_ONCE: u64 = 500;
/// How long an account is left alone that a task is changing.
const BEING_CHANGED: SignedDuration = SignedDuration::from_secs(2);

/// Verifies cloud accounts as they become due.
pub(crate) struct Checks(pub(crate) Control);

#[async_trait]
impl Reconciler for Checks {
    fn limits(&self) -> Limits {
        Limits { kind: Kind::Checks, at_once: AT_ONCE, spacing: SPACING, stop: Stop::CutOff }
    }

    fn span(&self, lease: &Lease) -> Span {
        tracing::info_span!("health", cloud_account = lease.key())
    }

    async fn step(&self, lease: &Lease) -> Result<Step, Error> {
        let Self(control) = self;
        let Some(claimed) = control.0.store.check_in_hand(lease).await? else {
            return Ok(Step::Settle(Then::Done));
        };
        if !matches!(claimed.account.status, Status::Active | Status::ActiveError) {
            return Ok(Step::Settle(Then::Again(BEING_CHANGED)));
        }
        let verifier = control.0.verifier.unhurried(&claimed.account.aws_account_id);
        check(control, &verifier, claimed, Cause::Schedule, Actor::system(), &|_| {})
            .await
            .inspect_err(|_| metrics::counter!(check::CHECKS, "outcome" => "error").increment(1))?;
        Ok(Step::Settled(Then::Rest))
    }
}

impl Control {
    /// Plans the checks of accounts that nothing is planned for until told to stop.
    pub(crate) async fn keep_checks_planned(&self, stop: CancellationToken) {
        let pause = PLANNING.min(self.0.verifier.settings().interval);
        while !stop.is_cancelled() {
            if let Err(error) = self.plan_checks().await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "could not plan verifications; trying again");
            }
            stop.run_until_cancelled(sleep(pause)).await;
        }
    }

    async fn plan_checks(&self) -> Result<(), Error> {
        let (store, environment) = (&self.0.store, &self.0.environment);
        loop {
            let (schedule, now) = (self.schedule(), environment.now());
            let horizon = now.duration_until(schedule.horizon(now));
            let unplanned = store.unplanned_checks(horizon, PLANNED_AT_ONCE).await?;
            if unplanned.is_empty() {
                return Ok(());
            }
            let first = |id| (id, now.duration_until(schedule.first(id, now, environment.number())));
            store.plan_checks(horizon, &unplanned.into_iter().map(first).collect::<Vec<_>>()).await?;
        }
    }

    pub(crate) fn schedule(&self) -> Schedule {
        Schedule::every(self.0.verifier.settings().interval)
    }
}
