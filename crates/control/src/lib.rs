//! What Berth does: the use cases behind the API and the command line, verification, the task runner.

pub mod access;
pub mod cloud_accounts;
pub mod environment;
pub mod error;
mod janitor;
pub mod master_key;
pub mod operator;
pub mod readiness;
pub mod records;
pub mod rehearsal;
mod request;
mod runner;
pub mod sessions;
mod tasks;
pub mod team;
pub mod verify;

use std::sync::Arc;

use berth_store::Store;
use berth_vault::Vault;
use tokio::sync::{Notify, Semaphore};

pub use crate::error::Error;
use crate::{environment::Environment, verify::Verifier};

/// Everything Berth does, over its store, its vault and AWS. Cheap to clone.
#[derive(Clone)]
pub struct Control(Arc<Inner>);

struct Inner {
    store: Store,
    vault: Vault,
    verifier: Verifier,
    environment: Environment,
    /// Wakes the task runner when a task was queued in this process.
    queued: Notify,
    /// Each check of a password takes 19 MiB and a processor: there are never many at once.
    password_checks: Semaphore,
}

/// How many passwords are checked at once.
const PASSWORD_CHECKS: usize = 2;

impl Control {
    /// Puts the parts together.
    pub fn new(store: Store, vault: Vault, verifier: Verifier, environment: Environment) -> Self {
        Self(Arc::new(Inner {
            store,
            vault,
            verifier,
            environment,
            queued: Notify::new(),
            password_checks: Semaphore::new(PASSWORD_CHECKS),
        }))
    }
}
