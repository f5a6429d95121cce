//! The port to a cloud provider: what Berth asks of AWS, and how it can fail.
//!
//! `cloud-aws` implements it over the official SDK. [`paced`] wraps an implementation and spaces its calls out;
//! [`unreliable`] wraps one and injects faults in tests.

pub mod ec2;
mod gated;
mod operator;
mod options;
pub mod paced;
mod sign_in;
pub mod trial;
pub mod unreliable;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use berth_domain::{
    access::{Access, AccessKey, SessionName},
    breadth::PolicyText,
    findings::Evidence,
    permissions::Grantee,
    values::{AccessKeyId, Arn, AwsAccountId, RoleName, UserName},
};
use jiff::Timestamp;

pub use crate::operator::{AssumeRole, Operator, SecondFactor, TemporaryCredentials};
pub use crate::options::{Always, Permit, SessionOptions, may_change};
pub use crate::sign_in::{ConsoleSignIn, SignInError};

/// The call that [`Session::policies`] begins with.
pub fn policies_operation(of: &Grantee) -> &'static str {
    match of {
        Grantee::User(_) => "iam:ListAttachedUserPolicies",
        Grantee::Role(_) => "iam:ListAttachedRolePolicies",
    }
}

/// A way to open sessions with AWS.
pub trait Cloud: Send + Sync + 'static {
    /// A session that signs with an access key, or as an assumed role under this name. Opens no connection by
    /// itself: a role is assumed by the first call, which fails as `sts:AssumeRole` when it may not be.
    fn session(&self, access: &Access, name: &SessionName) -> Arc<dyn Session> {
        self.session_with(access, name, SessionOptions::default())
    }

    /// The same with more to say about its calls.
    fn session_with(
        &self,
        access: &Access,
        name: &SessionName,
        options: SessionOptions,
    ) -> Arc<dyn Session>;

    /// The operator's own credentials, to assume roles with and for nothing else.
    fn operator(&self) -> Arc<dyn Operator>;
}

/// Calls to one AWS account as one user or role. Throttling and 5xx are retried inside, a call that
/// gets no answer within 5 seconds counts as unreachable. Every answer tells which request it answers.
#[async_trait]
pub trait Session: Send + Sync {
    /// Whose the credentials are (`sts:GetCallerIdentity`); of an assumed role, the ARN of its session.
    async fn caller_arn(&self) -> Result<Answer<Arn>, Error>;

    /// A role and who may assume it (`iam:GetRole`).
    async fn role(&self, name: &RoleName) -> Result<Answer<Role>, Error>;

    /// The names of the instance profiles that hold a role (`iam:ListInstanceProfilesForRole`).
    async fn instance_profiles_of_role(&self, name: &RoleName) -> Result<Answer<Vec<String>>, Error>;

    /// Whether a user has a console password (`iam:GetLoginProfile`); *not found* when it has none
    /// or there is no such user.
    async fn login_profile(&self, user: &UserName) -> Result<Answer<()>, Error>;

    /// The AWS account's aliases, at most one today (`iam:ListAccountAliases`).
    async fn account_aliases(&self) -> Result<Answer<Vec<String>>, Error>;

    /// A user's access keys, switched off ones included (`iam:ListAccessKeys`). AWS allows two.
    async fn access_keys(&self, user: &UserName) -> Result<Answer<Vec<IssuedKey>>, Error>;

    /// When and where an access key was last used (`iam:GetAccessKeyLastUsed`). AWS tells it some hours late.
    async fn access_key_last_used(&self, id: &AccessKeyId) -> Result<Answer<Option<KeyUse>>, Error>;

    /// Creates an access key (`iam:CreateAccessKey`). AWS tells its secret this once, and knows no way to ask
    /// for the same key again: so this is tried once, and after an error there may be a key that nobody knows
    /// the secret of.
    async fn create_access_key(&self, user: &UserName) -> Result<Answer<AccessKey>, Error>;

    /// Switches an access key on or off (`iam:UpdateAccessKey`).
    async fn set_access_key_status(
        &self,
        user: &UserName,
        id: &AccessKeyId,
        status: KeyStatus,
    ) -> Result<Answer<()>, Error>;

    /// Deletes an access key (`iam:DeleteAccessKey`).
    async fn delete_access_key(&self, user: &UserName, id: &AccessKeyId) -> Result<Answer<()>, Error>;

    /// The policies of a role, or of a user and the groups it is in, inline and managed. Begins with
    /// [`policies_operation`] and takes up to five dependent round trips; everything or an error.
    async fn policies(&self, of: &Grantee) -> Result<Answer<Vec<PolicyText>>, Error>;

    /// Whether the region that calls go to is switched on (`ec2:DescribeRegions`).
    async fn region_state(&self) -> Result<Answer<RegionState>, Error>;

    /// Whether EC2 would allow a call, by a dry run; `None` where calls go to anything but AWS itself, which may
    /// do on a dry run what it is asked. Then nothing is sent.
    async fn dry_run(&self, call: trial::DryRun, tag: (&str, &str)) -> Result<Option<Answer<()>>, Error>;

    /// What the principal may do (`iam:SimulatePrincipalPolicy`), every page of it.
    async fn simulate(&self, question: &Simulation) -> Result<Answer<Vec<Decision>>, Error>;

    /// The same credentials' calls to EC2 in a region that AWS has; `account` is the AWS account they are of, whose
    /// allowance of calls everybody shares. Opens no connection by itself.
    fn ec2(&self, account: &AwsAccountId, region: &str) -> Arc<dyn ec2::Ec2>;
}

/// What AWS answered, and to which request: so that what is concluded from it can be traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// What AWS said.
    pub value: T,
    /// The operation, such as `iam:GetRole`.
    pub operation: &'static str,
    /// AWS's own id of the request; of the last one, where the answer came in pages.
    pub request_id: Option<String>,
}

impl<T> Answer<T> {
    /// The same answer, read as something else.
    pub fn map<U>(self, read: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { value: read(self.value), operation: self.operation, request_id: self.request_id }
    }
}

impl<T> From<&Answer<T>> for Evidence {
    fn from(answer: &Answer<T>) -> Self {
        Self { operation: answer.operation.to_owned(), request_id: answer.request_id.clone() }
    }
}

impl From<&Error> for Evidence {
    fn from(error: &Error) -> Self {
        Self { operation: error.operation.to_owned(), request_id: error.request_id.clone() }
    }
}

/// Whether an AWS account uses a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionState {
    /// Switched on, or always on.
    On,
    /// Not switched on.
    Off,
    /// AWS lists no such region.
    Missing,
}

/// An access key of an IAM user, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedKey {
    /// Its id.
    pub id: AccessKeyId,
    /// Whether it is switched on.
    pub status: KeyStatus,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Whether an access key is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// Switched on.
    Active,
    /// Switched off.
    Inactive,
}

/// The last use of an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// When.
    pub at: Timestamp,
    /// With which service, by AWS's short name such as `ec2`.
    pub service: String,
    /// In which region, such as `us-east-1`.
    pub region: String,
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
    /// The user or role whose policies are evaluated.
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
    /// Berth's operator gave Berth no AWS credentials of its own, or AWS does not accept them.
    OperatorCredentials,
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
    /// AWS has no machine of that type free in that zone just now.
    Capacity,
    /// The AWS account has as many of these as AWS lets it have.
    QuotaExceeded,
    /// Something still uses it (`DependencyViolation`).
    InUse,
    /// There is one already that cannot be there twice: a name, a network that overlaps.
    AlreadyExists,
    /// Its state does not allow that now, such as an instance that is still starting.
    Conflict,
    /// AWS refuses the request itself: it will not do it however often it is asked.
    Refused,
    /// The caller may change nothing any more ([`Permit`]): the call was not sent, or not again after an attempt that
    /// failed.
    LeaseLost,
    /// An answer nobody foresaw.
    Unexpected,
}

/// What to do about a call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// It can pass by itself: try again, a little later.
    Retry,
    /// Nothing will work until the credentials do: wait for them.
    WaitForAccess,
    /// Trying again changes nothing: somebody has to do something first.
    Fail,
}

impl ErrorKind {
    /// What to do about it.
    ///
    /// *Not found* and *denied* are for good here; whoever has just created the thing, or just got the permission,
    /// knows better and may wait.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Throttled
            | Self::Unreachable
            | Self::Capacity
            | Self::InUse
            | Self::Conflict
            | Self::LeaseLost => Advice::Retry,
            Self::InvalidKey
            | Self::WrongSecret
            | Self::Expired
            | Self::SkewedClock
            | Self::OperatorCredentials => Advice::WaitForAccess,
            // A role that may not be assumed is what a key is that AWS does not accept.
            Self::Denied { action, .. } if action == "sts:AssumeRole" => Advice::WaitForAccess,
            Self::Denied { .. }
            | Self::NotFound
            | Self::NotOptedIn
            | Self::QuotaExceeded
            | Self::AlreadyExists
            | Self::Refused
            | Self::Unexpected => Advice::Fail,
        }
    }

    /// Whether AWS may have done what was asked though the call failed: the answer was lost, or not understood.
    pub fn may_have_happened(&self) -> bool {
        matches!(self, Self::Unreachable | Self::Unexpected)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidKey => f.write_str("AWS does not know the access key"),
            Self::WrongSecret => f.write_str("the secret key does not belong to the access key"),
            Self::Expired => f.write_str("the credentials have expired"),
            Self::OperatorCredentials => {
                f.write_str("Berth has no AWS credentials of its own that AWS accepts")
            }
            Self::Denied { action, .. } => write!(f, "not allowed: {action}"),
            Self::NotFound => f.write_str("no such entity"),
            Self::Throttled => f.write_str("AWS asked to slow down"),
            Self::Unreachable => f.write_str("AWS could not be reached"),
            Self::SkewedClock => f.write_str("this machine's clock differs from AWS's"),
            Self::NotOptedIn => f.write_str("the AWS account is not set up for this region"),
            Self::Capacity => f.write_str("AWS has no such machine free in that zone now"),
            Self::QuotaExceeded => f.write_str("the AWS account's quota is used up"),
            Self::InUse => f.write_str("something still uses it"),
            Self::AlreadyExists => f.write_str("there is one already"),
            Self::Conflict => f.write_str("its state does not allow that now"),
            Self::Refused => f.write_str("AWS refuses the request"),
            Self::LeaseLost => f.write_str("the right to change it has run out"),
            Self::Unexpected => f.write_str("AWS gave an unexpected answer"),
        }
    }
}

/// How long one call may take before it counts as unreachable.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(5);
