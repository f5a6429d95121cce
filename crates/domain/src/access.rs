//! How Berth gets into a customer's AWS account: by an access key that it keeps, or by a role that it assumes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    ids::{ConsoleSessionId, TaskId},
    values::{AccessKeyId, AwsAccountId, ExternalId, RoleArn, SecretAccessKey},
};

/// Which of the two ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessMode {
    /// An access key, kept sealed.
    #[default]
    Keys,
    /// A role, assumed for an hour at a time; nothing secret is kept.
    Role,
}

impl AccessMode {
    /// Every mode.
    pub const ALL: [Self; 2] = [Self::Keys, Self::Role];

    /// The word in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Role => "role",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

impl fmt::Display for AccessMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The access key of an IAM user.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// Its id.
    pub id: AccessKeyId,
    /// Its secret.
    pub secret: SecretAccessKey,
}

/// A role that trusts the operator, when it names this external id. Neither is a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TrustingRole {
    /// The role.
    pub arn: RoleArn,
    /// What Berth names when it assumes the role, and nobody else can through this Berth.
    pub external_id: ExternalId,
}

/// All that is needed to open a session in a customer's AWS account.
#[derive(Clone, Debug)]
pub enum Access {
    /// By an access key.
    Key(AccessKey),
    /// By a role.
    Role(TrustingRole),
}

impl Access {
    /// The same without its secret.
    pub fn id(&self) -> AccessId {
        match self {
            Self::Key(key) => AccessId::Key(key.id.clone()),
            Self::Role(role) => AccessId::Role(role.clone()),
        }
    }

    /// The access key, where there is one.
    pub fn key(&self) -> Option<&AccessKey> {
        match self {
            Self::Key(key) => Some(key),
            Self::Role(_) => None,
        }
    }

    /// The role, where there is one.
    pub fn role(&self) -> Option<&TrustingRole> {
        match self {
            Self::Key(_) => None,
            Self::Role(role) => Some(role),
        }
    }
}

/// An [`Access`] without its secret: what can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessId {
    /// The id of an access key.
    Key(AccessKeyId),
    /// A role.
    Role(TrustingRole),
}

impl AccessId {
    /// Which of the two ways it is.
    pub fn mode(&self) -> AccessMode {
        match self {
            Self::Key(_) => AccessMode::Keys,
            Self::Role(_) => AccessMode::Role,
        }
    }

    /// The access key's id, where there is one.
    pub fn key(&self) -> Option<&AccessKeyId> {
        match self {
            Self::Key(id) => Some(id),
            Self::Role(_) => None,
        }
    }

    /// The role, where there is one.
    pub fn role(&self) -> Option<&TrustingRole> {
        match self {
            Self::Key(_) => None,
            Self::Role(role) => Some(role),
        }
    }
}

impl fmt::Display for AccessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => id.fmt(f),
            Self::Role(role) => role.arn.fmt(f),
        }
    }
}

/// What a session with a customer's AWS account is for; the customer reads it in CloudTrail.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Purpose(String);

impl Purpose {
    /// Carrying out a task.
    pub fn task(id: TaskId) -> Self {
        Self(id.to_string())
    }

    /// A person of the operator's staff in the AWS console.
    pub fn support(id: ConsoleSessionId) -> Self {
        Self(format!("support-{id}"))
    }

    /// Something that is no task, such as `health`: letters, digits and hyphens.
    pub fn named(purpose: &'static str) -> Self {
        Self(purpose.to_owned())
    }
}

/// How an assumed role's session is called: `berth-OPERATOR'S ACCOUNT-PURPOSE`, 2 to 64 letters, digits or any
/// of `_+=,.@-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionName(String);

/// AWS's own limit.
const LONGEST_SESSION_NAME: usize = 64;

impl SessionName {
    /// Names a session of this operator's. What AWS does not allow in a name becomes a hyphen.
    pub fn new(operator: &AwsAccountId, purpose: &Purpose) -> Self {
        let name = format!("berth-{operator}-{}", purpose.0);
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        Self(name.chars().take(LONGEST_SESSION_NAME).map(|c| if allowed(c) { c } else { '-' }).collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_after_the_operator_and_the_whole_task() {
        let operator = "111122223333".parse().expect("an account id");
        let task = TaskId(uuid::Uuid::from_u128(7));

        let name = SessionName::new(&operator, &Purpose::task(task));

        assert_eq!(name.as_str(), "berth-111122223333-00000000-0000-0000-0000-000000000007");
        assert!(name.as_str().len() <= LONGEST_SESSION_NAME);
    }

    #[test]
    fn a_session_name_holds_nothing_that_aws_refuses() {
        let operator = "111122223333".parse().expect("an account id");

        let name = SessionName::new(
            &operator,
            &Purpose::named("a purpose: it is far too long to fit into a name"),
        );

        assert_eq!(name.as_str(), "berth-111122223333-a-purpose--it-is-far-too-long-to-fit-into-a-n");
    }
}
