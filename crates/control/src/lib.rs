//! What Berth does: the use cases behind the API and the command line, verification, the task runner.

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
mod reconciler;
pub mod records;
mod registrations;
pub mod rehearsal;
mod request;
pub mod rotation;
mod runner;
pub mod sessions;
mod stored;
pub mod subscriptions;
pub mod support;
mod tasks;
pub mod team;
pub mod verifications;
pub mod verify;
pub mod webhooks;

use std::sync::Arc;

use berth_store::Store;
use berth_vault::Vault;
use tokio::sync::{Notify, Semaphore};

use crate::{
    environment::Environment, recent_keys::RecentKeys, support::Support, verify::Verifier,
    webhooks::Webhooks,
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
    /// Wakes the task runner when a task was queued in this process.
    queued: Notify,
    /// How deployments are built and watched.
    provisioning: deployments::Settings,
    /// Wakes the reconciler of deployments when there is something for it in this process.
    ordered: Notify,
    recent_keys: RecentKeys,
    /// Wakes the reconciler of health when a task ended in this process.
    changed: Notify,
    /// Wakes the reconciler of rotations when one was begun in this process, or can go on.
    rotations: Notify,
    /// Each check of a password takes 19 MiB and a processor: there are never many at once.
    password_checks: Semaphore,
}

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
            queued: Notify::new(),
            provisioning: deployments::Settings::default(),
            ordered: Notify::new(),
            recent_keys: RecentKeys::default(),
            changed: Notify::new(),
            rotations: Notify::new(),
            password_checks: Semaphore::new(PASSWORD_CHECKS),
        }))
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
