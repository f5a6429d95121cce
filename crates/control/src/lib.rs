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
mod request;
mod runner;
mod tasks;
pub mod verify;

use std::sync::Arc;

use berth_store::Store;
use berth_vault::Vault;
use tokio::sync::Notify;

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
}

impl Control {
    /// Puts the parts together.
    pub fn new(store: Store, vault: Vault, verifier: Verifier, environment: Environment) -> Self {
        Self(Arc::new(Inner { store, vault, verifier, environment, queued: Notify::new() }))
    }
}
