//! What Berth does: the use cases behind the API and the command line, verification, the reconcilers.

pub mod access;
pub mod cloud_accounts;
pub mod deployments;
pub mod environment;
pub mod error;
pub mod external_ids;
mod health;
mod janitor;
pub mod master_key;
mod metrics;
pub mod operator;
mod orders;
mod queue;
pub mod readiness;
mod recent_keys;
pub mod records;
mod registrations;
pub mod rehearsal;
mod request;
pub mod rotation;
pub mod sessions;
mod stored;
pub mod subscriptions;
pub mod support;
mod tasks;
pub mod team;
pub mod verifications;
pub mod verify;
pub mod webhooks;
mod work;

use std::{sync::Arc, time::Duration};

pub use berth_store::work::Kind;
use berth_store::{Store, work::Lease};
use berth_vault::Vault;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    environment::Environment,
    recent_keys::RecentKeys,
    support::Support,
    verify::Verifier,
    webhooks::Webhooks,
    work::{Dispatcher, Reconciler, Wakes},
};
pub use crate::{error::Error, metrics::describe_metrics};

/// Everything Berth does, over its store, its vault and AWS. Cheap to clone.
#[derive(Clone)]
pub struct Control(Arc<Inner>);

struct Inner {
    store: Store,
    vault: Vault,
    verifier: Verifier,
    environment: Environment,
    webhooks: Webhooks,
    support: Support,
    /// Wakes whoever works on what was called for in this process.
    wakes: Wakes,
    /// How deployments are built and watched.
    provisioning: deployments::Settings,
    recent_keys: RecentKeys,
    /// Each check of a password takes 19 MiB and a processor: there are never many at once.
    password_checks: Semaphore,
}

/// Fails when a call that changes something in AWS might not end within the lease it is made under: another process
/// may be at work by then.
pub(crate) fn may_change(lease: &Lease) -> Result<(), Error> {
    if lease.may_change(CHANGING) { Ok(()) } else { Err(berth_store::Error::LostLease.into()) }
}

/// How long a call that changes something lasts at most, what the SDK repeats of it not counted: that is asked for under
/// the same name.
const CHANGING: Duration = Duration::from_secs(5);

/// How many passwords are checked at once.
const PASSWORD_CHECKS: usize = 2;

impl Control {
    /// Puts the parts together.
    pub fn new(
        store: Store,
        vault: Vault,
        verifier: Verifier,
        environment: Environment,
        webhooks: Webhooks,
        support: Support,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            vault,
            verifier,
            environment,
            webhooks,
            support,
            wakes: Wakes::default(),
            provisioning: deployments::Settings::default(),
            recent_keys: RecentKeys::default(),
            password_checks: Semaphore::new(PASSWORD_CHECKS),
        }))
    }

    /// Does what is due of these kinds of work until told to stop; then ends what is in hand, or gives it back after
    /// 20 seconds.
    pub async fn run(&self, kinds: &[Kind], rotation: rotation::Settings, stop: CancellationToken) {
        let reconciler = |kind: &Kind| -> Option<Arc<dyn Reconciler>> {
            Some(match kind {
                Kind::Tasks => Arc::new(tasks::Runner(self.clone())),
                Kind::Checks => Arc::new(health::Checks(self.clone())),
                Kind::Webhooks => Arc::new(self.0.webhooks.sending(stop.clone())),
                Kind::Rotations => {
                    Arc::new(rotation::Rotations { control: self.clone(), settings: rotation })
                }
                Kind::Sites => Arc::new(deployments::Sites(self.clone())),
                Kind::Readings => Arc::new(deployments::Readings {
                    control: self.clone(),
                    every: self.0.provisioning.read_every?,
                }),
            })
        };
        let Inner { store, environment, wakes, .. } = &*self.0;
        let dispatcher = Dispatcher { store, environment, wakes };
        let work = dispatcher.run(kinds.iter().filter_map(reconciler).collect(), stop.clone());
        let plan = async {
            if kinds.contains(&Kind::Checks) {
                self.keep_checks_planned(stop.clone()).await;
            }
        };
        let schedules = async {
            if kinds.contains(&Kind::Rotations) {
                self.keep_schedules(&rotation, stop.clone()).await;
            }
        };
        tokio::join!(work, plan, schedules);
    }

    /// Technical support access to customers' AWS consoles.
    pub fn support(&self) -> &Support {
        &self.0.support
    }

    /// The endpoints that are told of events.
    pub fn webhooks(&self) -> &Webhooks {
        &self.0.webhooks
    }

    /// The same with other settings for deployments.
    ///
    /// # Panics
    /// When it was cloned before.
    #[must_use]
    pub fn provisioning(mut self, settings: deployments::Settings) -> Self {
        let inner = Arc::get_mut(&mut self.0).expect("it is put together before it is shared");
        inner.provisioning = settings;
        self
    }
}
