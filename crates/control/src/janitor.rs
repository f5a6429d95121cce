//! The reconciler that removes tasks which ended and deliveries made more than 10 days ago, verifications made more
//! than 90 days ago, sessions that are over, and external ids that nobody used in time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{
    Control, external_ids, records::TASKS_KEPT, verifications::VERIFICATIONS_KEPT,
    webhooks::DELIVERIES_KEPT,
};

const PERIOD: Duration = Duration::from_secs(3600);

impl Control {
    /// Removes old tasks, verifications, sessions, deliveries and external ids every hour until told to stop.
    pub async fn run_janitor(&self, stop: CancellationToken) {
        let mut timer = tokio::time::interval(PERIOD);
        while stop.run_until_cancelled(timer.tick()).await.is_some() {
            match self.0.store.purge_sessions(self.0.environment.now()).await {
                Ok(count) => tracing::debug!(count, "removed sessions that were over"),
                Err(error) => {
                    tracing::warn!(%error, "could not remove old sessions; trying again in an hour")
                }
            }
            match self.0.store.purge_deliveries(self.0.environment.now() - DELIVERIES_KEPT).await {
                Ok(count) => tracing::debug!(count, "removed old deliveries of webhooks"),
                Err(error) => {
                    tracing::warn!(%error, "could not remove old deliveries; trying again in an hour")
                }
            }
            match self.0.store.purge_external_ids(self.0.environment.now() - external_ids::KEPT).await {
                Ok(count) => tracing::debug!(count, "removed external ids that nobody used in time"),
                Err(error) => {
                    tracing::warn!(%error, "could not remove old external ids; trying again in an hour")
                }
            }
            match self.0.store.purge_tasks(self.0.environment.now() - TASKS_KEPT).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "removed tasks that ended more than 10 days ago"),
                Err(error) => tracing::warn!(%error, "could not remove old tasks; trying again in an hour"),
            }
            match self.0.store.purge_verifications(self.0.environment.now() - VERIFICATIONS_KEPT).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "removed verifications made more than 90 days ago"),
                Err(error) => {
                    tracing::warn!(%error, "could not remove old verifications; trying again in an hour")
                }
            }
        }
    }
}
