//! The reconciler that removes tasks which ended more than 10 days ago, and sessions that are over.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{Control, records::TASKS_KEPT};

const PERIOD: Duration = Duration::from_secs(3600);

impl Control {
    /// Removes old tasks and sessions every hour until told to stop.
    pub async fn run_janitor(&self, stop: CancellationToken) {
        let mut timer = tokio::time::interval(PERIOD);
        while stop.run_until_cancelled(timer.tick()).await.is_some() {
            match self.0.store.purge_sessions(self.0.environment.now()).await {
                Ok(count) => tracing::debug!(count, "removed sessions that were over"),
                Err(error) => {
                    tracing::warn!(%error, "could not remove old sessions; trying again in an hour")
                }
            }
            match self.0.store.purge_tasks(self.0.environment.now() - TASKS_KEPT).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "removed tasks that ended more than 10 days ago"),
                Err(error) => tracing::warn!(%error, "could not remove old tasks; trying again in an hour"),
            }
        }
    }
}
