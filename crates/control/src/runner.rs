//! The task runner: takes tasks by lease, oldest first, one at a time per account, and ends each exactly once.

use std::{panic::AssertUnwindSafe, time::Duration};

use berth_domain::task::Task;
use berth_store::ClaimedTask;
use futures::FutureExt;
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    Control, Error,
    reconciler::{Reconciler, keep_up},
    tasks,
};

/// A task that has been taken up this often and makes Berth panic again is given up.
const MOST_TRIES: i32 = 5;
/// How many tasks one process works on at once; they wait for AWS most of the time.
const AT_ONCE: usize = 16;
/// How long a lease lasts: what a killed process had in hand is taken up again after this.
const LEASE: SignedDuration = SignedDuration::from_secs(15);
const RENEWAL: Duration = Duration::from_secs(5);
/// How often to look for tasks that other processes queued or left behind.
const POLL: Duration = Duration::from_secs(1);

impl Control {
    /// Works on tasks until told to stop; then finishes what is in hand, or releases it after 20 seconds.
    pub async fn run_tasks(&self, stop: CancellationToken) {
        let owner = self.0.environment.uuid().to_string();
        let give_up = CancellationToken::new();
        let reconciler = Reconciler {
            seeks: "tasks",
            at_once: AT_ONCE,
            poll: POLL,
            spacing: Duration::ZERO,
            woken: Some(&self.0.queued),
        };
        let claim = || async {
            let now = self.0.environment.now();
            let claimed = self.0.store.claim_task(&owner, now, now + LEASE).await?;
            Ok(claimed.map(|claimed| {
                let (control, give_up) = (self.clone(), give_up.clone());
                let (id, command) = (claimed.task.id, claimed.task.command.as_str());
                let work = async move {
                    control.carry_out(claimed, give_up).await;
                    // The account's next task may be claimable now.
                    control.0.queued.notify_one();
                    control.0.changed.notify_one();
                };
                work.instrument(tracing::info_span!("task", %id, command))
            }))
        };
        let left = reconciler.run(stop, claim).await;
        give_up.cancel();
        left.wait().await;
    }

    /// Works on one task while its lease is kept up; leaves it to others when the lease is lost.
    async fn carry_out(&self, claimed: ClaimedTask, give_up: CancellationToken) {
        let lease = claimed.lease.clone();
        tokio::select! {
            result = self.process(claimed) => match result {
                Ok(task) => {
                    let kind = task.error.as_ref().map_or("none", |error| error.kind.status_line());
                    metrics::counter!("berth_tasks_finished_total", "command" => task.command.as_str(), "status" => task.status.as_str()).increment(1);
                    tracing::info!(status = task.status.as_str(), error = kind, "task ended");
                }
                // Nothing was written: the lease runs out and the task is taken up again.
                Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "task interrupted; it will be taken up again"),
            },
            () = keep_up(RENEWAL, || self.0.store.renew_lease(&lease, self.0.environment.now() + LEASE)) => tracing::warn!("lost the lease; another process has the task"),
            () = give_up.cancelled() => match self.0.store.release_lease(&lease, self.0.environment.now()).await {
                Ok(()) => tracing::info!("stopping; the task waits for the next process"),
                Err(error) => tracing::warn!(%error, "stopping; the task waits until its lease runs out"),
            },
        }
    }

    /// Carries a task out. One that makes Berth panic is left to be taken up again, a few times: what was wrong may
    /// have been the moment. Its account's later tasks wait for it, so it can't be tried for ever.
    async fn process(&self, claimed: ClaimedTask) -> Result<Task, Error> {
        let again = claimed.clone();
        match AssertUnwindSafe(tasks::process(self, claimed)).catch_unwind().await {
            Ok(result) => result,
            Err(_) if again.lease.times_taken() >= MOST_TRIES => {
                tracing::error!("the task made Berth panic once more; it is given up");
                tasks::give_up(self, again).await
            }
            Err(_) => Err(Error::Internal("it panicked".into())),
        }
    }
}
