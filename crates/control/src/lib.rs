//! What Berth does: the use cases behind the API and the command line, verification, the task runner.

pub mod access;
pub mod cloud_accounts;
pub mod environment;
pub mod error;
pub mod operator;
pub mod records;

use std::sync::Arc;

use berth_domain::{permissions::Profile, values::AwsAccountId};

pub use crate::error::Error;

/// Everything Berth does, over its store, its vault and AWS. Cheap to clone.
#[derive(Clone)]
pub struct Control(Arc<Inner>);

struct Inner {}

/// What an operator decides about a Berth.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The operator's AWS account: the one that customers' console roles trust.
    pub operator_account: AwsAccountId,
    /// Which names the customers' IAM resources have.
    pub profile: &'static Profile,
    /// The region whose name permissions are simulated with, such as `us-east-1`.
    pub region: String,
}
