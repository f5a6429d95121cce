//! Findings: what a verification found out, one by one, and what they add up to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    cloud_account::Field,
    iam::Statement,
    values::{Arn, AwsAccountId},
};

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The access key and its secret: are they valid, and whose are they?
    Credentials,
    /// Does the sign-in URL belong to the same AWS account?
    SignInUrl,
    /// Does the console role exist?
    ConsoleRole,
    /// Does the console role trust the operator's AWS account, and nothing stand in the way?
    ConsoleRoleTrust,
    /// Does the console role ask for a second factor?
    ConsoleRoleMfa,
    /// Does the console user exist and may it sign in?
    ConsoleUser,
    /// May the IAM user do what Berth needs?
    Permission,
    /// Does the role exist that the nodes run as?
    NodeRole,
    /// Is there an instance profile that holds the node role?
    InstanceProfile,
}

impl Check {
    /// The name in the API and the logs, such as `console-role-trust`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::SignInUrl => "sign-in-url",
            Self::ConsoleRole => "console-role",
            Self::ConsoleRoleTrust => "console-role-trust",
            Self::ConsoleRoleMfa => "console-role-mfa",
            Self::ConsoleUser => "console-user",
            Self::Permission => "permission",
            Self::NodeRole => "node-role",
            Self::InstanceProfile => "instance-profile",
        }
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Works, but should be better.
    Warn,
    /// Wrong: the account cannot be used like this.
    Fail,
    /// Could not be checked. Says nothing about the account.
    Unknown,
}

impl Verdict {
    /// The name in the API, the logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }
}

/// One result of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// The form field it belongs to; none when it belongs to no field (AWS unreachable, throttled).
    pub field: Option<Field>,
    /// The AWS action it is about, such as `ec2:RunInstances`.
    pub action: Option<String>,
    /// The AWS resource it is about: an ARN, a pattern, or a name.
    pub resource: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
    /// Whether it keeps the account from being saved: every `fail`, and every `unknown` that matters.
    pub blocking: bool,
    /// What was found, in one sentence.
    pub message: String,
    /// What to do about it. None when there is nothing to do.
    pub remedy: Option<String>,
    /// The policy statement that would grant what is missing, ready to paste.
    pub statement: Option<Statement>,
}

impl Finding {
    fn new(check: Check, verdict: Verdict, blocking: bool, message: String) -> Self {
        Self {
            check,
            field: None,
            action: None,
            resource: None,
            verdict,
            blocking,
            message,
            remedy: None,
            statement: None,
        }
    }

    /// As it should be.
    pub fn pass(check: Check, message: impl Into<String>) -> Self {
        Self::new(check, Verdict::Pass, false, message.into())
    }

    /// Works, but should be better.
    pub fn warn(check: Check, message: impl Into<String>) -> Self {
        Self::new(check, Verdict::Warn, false, message.into())
    }

    /// Wrong: keeps the account from being saved.
    pub fn fail(check: Check, message: impl Into<String>) -> Self {
        Self::new(check, Verdict::Fail, true, message.into())
    }

    /// Could not be checked, and nothing may be saved before it is.
    pub fn unknown(check: Check, message: impl Into<String>) -> Self {
        Self::new(check, Verdict::Unknown, true, message.into())
    }

    /// Could not be checked, and Berth can do without.
    pub fn unknown_but_dispensable(check: Check, message: impl Into<String>) -> Self {
        Self::new(check, Verdict::Unknown, false, message.into())
    }

    /// The form field it belongs to.
    #[must_use]
    pub fn on(mut self, field: Field) -> Self {
        self.field = Some(field);
        self
    }

    /// The AWS action it is about.
    #[must_use]
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    /// The AWS resource it is about.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The policy statement that would grant what is missing.
    #[must_use]
    pub fn statement(mut self, statement: Statement) -> Self {
        self.statement = Some(statement);
        self
    }
}

/// What a verification's findings add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// Everything that matters was checked and is as it should be.
    Verified,
    /// Something is wrong.
    Refused,
    /// Nothing is known to be wrong, but something that matters could not be checked.
    Unconfirmed,
}

impl Conclusion {
    /// The name in the API, the logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Refused => "refused",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

/// What the valid credentials turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The AWS account.
    pub aws_account_id: AwsAccountId,
    /// The IAM user that owns the access key.
    pub user_arn: Arn,
}

/// One whole verification.
#[derive(Clone, Debug)]
pub struct Report {
    /// When it was done.
    pub at: Timestamp,
    /// Whose the credentials are; none when they are not valid.
    pub identity: Option<Identity>,
    /// The console role's ARN; none when there is no such role, or it was not asked for.
    pub console_role_arn: Option<Arn>,
    /// Every finding, failures first.
    pub findings: Vec<Finding>,
}

impl Report {
    /// What the findings add up to.
    pub fn conclusion(&self) -> Conclusion {
        if self.findings.iter().any(|f| f.verdict == Verdict::Fail) {
            Conclusion::Refused
        } else if self.findings.iter().any(|f| f.blocking) || self.identity.is_none() {
            Conclusion::Unconfirmed
        } else {
            Conclusion::Verified
        }
    }

    /// The findings that keep the account from being saved.
    pub fn blocking(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.blocking)
    }
}
