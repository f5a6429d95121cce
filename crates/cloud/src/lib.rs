//! The port to a cloud provider: what Berth asks of AWS, and how it can fail.
//!
//! `cloud-aws` implements it over the official SDK. [`unreliable`] wraps an implementation and injects
//! faults in tests.

pub mod unreliable;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use berth_domain::{
    cloud_account::AccessKey,
    values::{Arn, RoleName, UserName},
};

/// A way to open sessions with AWS.
pub trait Cloud: Send + Sync + 'static {
    /// A session that signs with `key`. Opens no connection by itself.
    fn session(&self, key: &AccessKey) -> Arc<dyn Session>;
}

/// Calls to one AWS account with one access key. Throttling and 5xx are retried inside, a call that
/// gets no answer within 5 seconds counts as unreachable.
#[async_trait]
pub trait Session: Send + Sync {
    /// Whose the access key is (`sts:GetCallerIdentity`).
    async fn caller_arn(&self) -> Result<Arn, Error>;

    /// A role and who may assume it (`iam:GetRole`).
    async fn role(&self, name: &RoleName) -> Result<Role, Error>;

    /// The names of the instance profiles that hold a role (`iam:ListInstanceProfilesForRole`).
    async fn instance_profiles_of_role(&self, name: &RoleName) -> Result<Vec<String>, Error>;

    /// Whether a user has a console password (`iam:GetLoginProfile`); *not found* when it has none
    /// or there is no such user.
    async fn login_profile(&self, user: &UserName) -> Result<(), Error>;

    /// The AWS account's aliases, at most one today (`iam:ListAccountAliases`).
    async fn account_aliases(&self) -> Result<Vec<String>, Error>;

    /// What the principal may do (`iam:SimulatePrincipalPolicy`), every page of it.
    async fn simulate(&self, question: &Simulation) -> Result<Vec<Decision>, Error>;
}

/// An IAM role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its ARN.
    pub arn: Arn,
    /// Who may assume it: the JSON text of its trust policy, decoded.
    pub trust_policy: String,
}

/// One question to the policy simulator: each action on each resource, in one context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// The user whose policies are evaluated.
    pub principal: Arn,
    /// Actions such as `ec2:RunInstances`.
    pub actions: Vec<String>,
    /// ARNs, or the one element `*`.
    pub resources: Vec<String>,
    /// Condition keys and their values.
    pub context: Vec<(String, String)>,
}

/// The simulator's answer for one action on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The action.
    pub action: String,
    /// The resource; none where the simulator gave one answer for all it was asked about.
    pub resource: Option<String>,
    /// The answer.
    pub effect: Effect,
}

/// Whether a simulated action is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Allowed.
    Allowed,
    /// No statement allows it.
    ImplicitlyDenied,
    /// A statement of the user's own policies denies it.
    ExplicitlyDenied,
    /// The user's permissions boundary does not allow it.
    DeniedByBoundary,
    /// A policy of the AWS organisation does not allow it, or its conditions could not be evaluated.
    DeniedByOrganization,
}

/// A call to AWS that failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{operation}: {kind}")]
pub struct Error {
    /// The operation, such as `iam:GetRole`.
    pub operation: &'static str,
    /// What kind of failure.
    pub kind: ErrorKind,
    /// AWS's own id of the request, when there was an answer.
    pub request_id: Option<String>,
    /// AWS's own words, for the log. Never holds a secret.
    pub detail: String,
}

/// How a call to AWS can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is no such access key, or it is switched off, or it is too new to be known everywhere.
    InvalidKey,
    /// The key exists; the secret is not its secret.
    WrongSecret,
    /// The credentials were temporary and are over.
    Expired,
    /// Not allowed.
    Denied {
        /// The action, such as `iam:GetRole`.
        action: String,
        /// What it was tried on, when AWS said.
        resource: Option<String>,
    },
    /// There is no such thing.
    NotFound,
    /// AWS asked to slow down, and went on asking.
    Throttled,
    /// No answer: no connection, no name, a time-out, or 5xx to the end.
    Unreachable,
    /// Berth's clock and AWS's differ too much for a signature to be accepted.
    SkewedClock,
    /// The AWS account has not opted in to the region, or is not set up to be used.
    NotOptedIn,
    /// An answer nobody foresaw.
    Unexpected,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidKey => f.write_str("AWS does not know the access key"),
            Self::WrongSecret => f.write_str("the secret key does not belong to the access key"),
            Self::Expired => f.write_str("the credentials have expired"),
            Self::Denied { action, .. } => write!(f, "not allowed: {action}"),
            Self::NotFound => f.write_str("no such entity"),
            Self::Throttled => f.write_str("AWS asked to slow down"),
            Self::Unreachable => f.write_str("AWS could not be reached"),
            Self::SkewedClock => f.write_str("this machine's clock differs from AWS's"),
            Self::NotOptedIn => f.write_str("the AWS account is not set up for this region"),
            Self::Unexpected => f.write_str("AWS gave an unexpected answer"),
        }
    }
}

/// How long one call may take before it counts as unreachable.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(5);
