//! The reconciler of rotations: takes no input, finds what is due, does one step of it.
//!
//! A rotation lives for days and holds up nothing: it has its own table, its own leases, and no task.

use std::time::Duration;

use berth_domain::{
    account::Actor,
    ids::{AccountId, CloudAccountId},
};
use berth_store::{ClaimedRotation, Error as StoreError};
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{Settings, step};
use crate::{
    Control, Error,
    reconciler::{Reconciler, keep_up},
};

/// How many rotations one process works on at once; they wait for AWS most of the time.
const AT_ONCE: usize = 8;
/// How long a lease lasts: what a killed process had in hand is taken up again after this.
const LEASE: SignedDuration = SignedDuration::from_secs(15);
const RENEWAL: Duration = Duration::from_secs(5);
/// How often to look for what is due.
const POLL: Duration = Duration::from_secs(1);
/// How often to look for keys that are due by schedule.
const SCHEDULES: Duration = Duration::from_secs(60);
/// A scheduled rotation that did not come to an end is tried again after this.
const TRIED: SignedDuration = SignedDuration::from_hours(24);

impl Control {
    /// Rotates keys, as asked for and by schedule, until told to stop.
    pub async fn run_rotations(&self, settings: Settings, stop: CancellationToken) {
        let owner = self.0.environment.uuid().to_string();
        let reconciler = Reconciler {
            seeks: "rotations",
            at_once: AT_ONCE,
            poll: POLL,
            spacing: Duration::ZERO,
            woken: Some(&self.0.rotations),
        };
        let claim = || async {
            let now = self.0.environment.now();
            let claimed = self.0.store.claim_rotation(&owner, now, now + LEASE).await?;
            Ok(claimed.map(|claimed| {
                let control = self.clone();
                let (id, cloud_account) = (claimed.rotation.id, claimed.rotation.cloud_account_id);
                let work = async move {
                    control.take_step(claimed, settings).await;
                    // The next step may be due at once.
                    control.0.rotations.notify_one();
                };
                work.instrument(tracing::info_span!("rotation", %id, %cloud_account))
            }))
        };
        tokio::join!(reconciler.run(stop.clone(), claim), self.keep_schedules(&settings, stop));
    }

    async fn keep_schedules(&self, settings: &Settings, stop: CancellationToken) {
        let mut timer = tokio::time::interval(SCHEDULES);
        while stop.run_until_cancelled(timer.tick()).await.is_some() {
            self.begin_by_schedule(settings).await;
        }
    }

    /// Does one step while its lease is kept up; leaves it to others when the lease is lost.
    async fn take_step(&self, claimed: ClaimedRotation, settings: Settings) {
        let lease = claimed.lease.clone();
        tokio::select! {
            result = step::take(self, settings, claimed) => match result {
                Ok(()) => {}
                Err(Error::Internal(cause)) if lost(&*cause) => {
                    tracing::info!("somebody else has the rotation now");
                }
                // Nothing was written: the lease runs out and the rotation is taken up again.
                Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "a step of a rotation was interrupted; it will be taken up again"),
            },
            () = keep_up(RENEWAL, || self.0.store.renew_rotation(&lease, self.0.environment.now() + LEASE)) => tracing::warn!("lost the lease; somebody else has the rotation"),
        }
    }

    async fn begin_by_schedule(&self, settings: &Settings) {
        let now = self.0.environment.now();
        let due = match self.0.store.rotations_due(settings.every, now - TRIED, now).await {
            Ok(due) => due,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "could not look for keys due by schedule; trying again in a minute"
                );
                return;
            }
        };
        for (account, id) in due {
            self.begin_scheduled(account, id).await;
        }
    }

    async fn begin_scheduled(&self, account: AccountId, id: CloudAccountId) {
        let what = format!("Rotation of the access key of cloud account {id} is due by schedule");
        match self.begin_rotation(account, id, Actor::system(), what).await {
            Ok(rotation) => {
                tracing::info!(cloud_account = id.0, rotation = %rotation.id, "a key is due by schedule")
            }
            // Another replica, or somebody, was first.
            Err(Error::Rejected { message, .. }) => {
                tracing::debug!(cloud_account = id.0, message, "not begun by schedule")
            }
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                cloud_account = id.0,
                "could not begin a rotation by schedule"
            ),
        }
    }
}

fn lost(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    matches!(cause.downcast_ref::<StoreError>(), Some(StoreError::LostLease))
}
