//! The task runner: takes tasks by lease, oldest first, one at a time per account, and ends each exactly once.

use std::{sync::Arc, time::Duration};

use berth_store::ClaimedTask;
use jiff::SignedDuration;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use crate::{Control, tasks};

/// How many tasks one process works on at once; they wait for AWS most of the time.
const AT_ONCE: usize = 16;
/// How long a lease lasts: what a killed process had in hand is taken up again after this.
const LEASE: SignedDuration = SignedDuration::from_secs(15);
const RENEWAL: Duration = Duration::from_secs(5);
/// How often to look for tasks that other processes queued or left behind.
const POLL: Duration = Duration::from_secs(1);
/// How long a pass waits after the database failed it.
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// How long tasks in hand may go on when told to stop, before their leases are released.
const GRACE: Duration = Duration::from_secs(20);

impl Control {
    /// Works on tasks until told to stop; then finishes what is in hand, or releases it after 20 seconds.
    pub async fn run_tasks(&self, stop: CancellationToken) {
        let owner = self.0.environment.uuid().to_string();
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        let in_hand = TaskTracker::new();
        let give_up = CancellationToken::new();
        while let Some(slot) = stop.run_until_cancelled(slots.clone().acquire_owned()).await {
            let now = self.0.environment.now();
            let pause = match self.0.store.claim_task(&owner, now, now + LEASE).await {
                Ok(Some(claimed)) => {
                    let (control, give_up) = (self.clone(), give_up.clone());
                    let span = tracing::info_span!("task", id = %claimed.task.id, command = claimed.task.command.as_str());
                    in_hand.spawn(
                        async move {
                            control.carry_out(claimed, give_up).await;
                            // The account's next task may be claimable now.
                            control.0.queued.notify_one();
                            drop(slot);
                        }
                        .instrument(span),
                    );
                    continue;
                }
                Ok(None) => POLL,
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "could not look for tasks; trying again"
                    );
                    AFTER_FAILURE
                }
            };
            drop(slot);
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.0.queued.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        in_hand.close();
        if tokio::time::timeout(GRACE, in_hand.wait()).await.is_err() {
            give_up.cancel();
            in_hand.wait().await;
        }
    }

    /// Works on one task while its lease is kept up; leaves it to others when the lease is lost.
    async fn carry_out(&self, claimed: ClaimedTask, give_up: CancellationToken) {
        let lease = claimed.lease.clone();
        tokio::select! {
            result = tasks::process(self, claimed) => match result {
                Ok(task) => {
                    let kind = task.error.as_ref().map_or("none", |error| error.kind.status_line());
                    metrics::counter!("berth_tasks_finished_total", "command" => task.command.as_str(), "status" => task.status.as_str()).increment(1);
                    tracing::info!(status = task.status.as_str(), error = kind, "task ended");
                }
                // Nothing was written: the lease runs out and the task is taken up again.
                Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "task interrupted; it will be taken up again"),
            },
            () = self.keep_up(&lease) => tracing::warn!("lost the lease; another process has the task"),
            () = give_up.cancelled() => match self.0.store.release_lease(&lease, self.0.environment.now()).await {
                Ok(()) => tracing::info!("stopping; the task waits for the next process"),
                Err(error) => tracing::warn!(%error, "stopping; the task waits until its lease runs out"),
            },
        }
    }

    /// Renews a lease until it is lost.
    async fn keep_up(&self, lease: &berth_store::Lease) {
        loop {
            tokio::time::sleep(RENEWAL).await;
            match self.0.store.renew_lease(lease, self.0.environment.now() + LEASE).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, "could not renew the lease; trying again"),
            }
        }
    }
}
