//! The reconciler of rotations: takes no input, finds what is due, does one step of it.
//!
//! A rotation lives for days and holds up nothing: it is a row of its own in the work queue, and no task.

use std::time::Duration;

use async_trait::async_trait;
use berth_domain::{
    account::Actor,
    ids::{AccountId, CloudAccountId},
};
use berth_store::work::{Kind, Lease, Then};
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;
use tracing::{Span, field::Empty};

use super::{Settings, step};
use crate::{
    Control, Error,
    work::{Limits, Reconciler, Step, Stop},
};

/// How many rotations one process works on at once; they wait for AWS most of the time.
const AT_ONCE: usize = 8;
/// How often to look for keys that are due by schedule.
const SCHEDULES: Duration = Duration::from_secs(60);
/// A scheduled rotation that did not come to an end is tried again after this.
const TRIED: SignedDuration = SignedDuration::from_hours(24);

/// Rotates keys, as asked for and by schedule.
pub(crate) struct Rotations {
    pub(crate) control: Control,
    pub(crate) settings: Settings,
}

#[async_trait]
impl Reconciler for Rotations {
    fn limits(&self) -> Limits {
        Limits { kind: Kind::Rotations, at_once: AT_ONCE, spacing: Duration::ZERO, stop: Stop::Finish }
    }

    fn span(&self, _: &Lease) -> Span {
        tracing::info_span!("rotation", id = Empty, cloud_account = Empty)
    }

    async fn step(&self, lease: &Lease) -> Result<Step, Error> {
        let Some(claimed) = self.control.0.store.rotation_in_hand(lease).await? else {
            return Ok(Step::Settle(Then::Done));
        };
        Span::current()
            .record("id", tracing::field::display(claimed.rotation.id))
            .record("cloud_account", tracing::field::display(claimed.rotation.cloud_account_id));
        step::take(&self.control, self.settings, claimed).await.map(Step::Settled)
    }
}

impl Control {
    /// Begins what is due by schedule until told to stop.
    pub(crate) async fn keep_schedules(&self, settings: &Settings, stop: CancellationToken) {
        let mut timer = tokio::time::interval(SCHEDULES);
        while stop.run_until_cancelled(timer.tick()).await.is_some() {
            self.begin_by_schedule(settings).await;
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
