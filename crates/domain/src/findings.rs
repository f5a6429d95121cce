//! Findings: what a verification found out, one by one, and what they add up to.

mod kept;
mod words;

pub use words::Told;

use std::time::Duration;

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
    /// Is the access key young enough?
    AccessKeyAge,
    /// Has the IAM user another access key?
    AccessKeyCount,
    /// Does something other than Berth use the access key?
    AccessKeyUse,
    /// Is the same AWS account registered already?
    Registration,
    /// Do the IAM user's policies allow far more than Berth asks for?
    PolicyBreadth,
    /// Is the region that Berth works in switched on?
    Region,
    /// Do AWS's quotas leave room for a deployment?
    Quotas,
}

impl Check {
    /// Every check.
    pub const ALL: [Self; 16] = [
        Self::Credentials,
        Self::SignInUrl,
        Self::ConsoleRole,
        Self::ConsoleRoleTrust,
        Self::ConsoleRoleMfa,
        Self::ConsoleUser,
        Self::Permission,
        Self::NodeRole,
        Self::InstanceProfile,
        Self::AccessKeyAge,
        Self::AccessKeyCount,
        Self::AccessKeyUse,
        Self::Registration,
        Self::PolicyBreadth,
        Self::Region,
        Self::Quotas,
    ];

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
            Self::AccessKeyAge => "access-key-age",
            Self::AccessKeyCount => "access-key-count",
            Self::AccessKeyUse => "access-key-use",
            Self::Registration => "registration",
            Self::PolicyBreadth => "policy-breadth",
            Self::Region => "region",
            Self::Quotas => "quotas",
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

/// The call to AWS that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The operation, such as `iam:GetRole`.
    pub operation: String,
    /// AWS's own id of the request, which AWS Support can look up; none when AWS did not answer. Where it took
    /// several requests, of the last one.
    pub request_id: Option<String>,
}

/// One result of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "kept::Kept")]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// The form field it belongs to; none when it belongs to no field (AWS unreachable, throttled).
    pub field: Option<Field>,
    /// The AWS actions it is about, such as `ec2:RunInstances`.
    pub actions: Vec<String>,
    /// The AWS resource it is about: an ARN, a pattern, or a name.
    pub resource: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
    /// Whether it keeps the account from being saved: every `fail`, and every `unknown` that matters.
    pub blocking: bool,
    /// What was found, in one sentence.
    pub message: String,
    /// What to do about it; where there is a statement, what to do with that. None when there is nothing to do.
    pub remedy: Option<String>,
    /// The policy statement that would grant what is missing.
    pub statement: Option<Statement>,
    /// The call that says so. None when it rests on no call, and in findings older than this field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

impl Finding {
    fn new(check: Check, verdict: Verdict, blocking: bool, message: String) -> Self {
        Self {
            check,
            field: None,
            actions: Vec::new(),
            resource: None,
            verdict,
            blocking,
            message,
            remedy: None,
            statement: None,
            evidence: None,
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
    pub fn action(self, action: impl Into<String>) -> Self {
        self.actions([action.into()])
    }

    /// The AWS actions it is about.
    #[must_use]
    pub fn actions(mut self, actions: impl IntoIterator<Item = String>) -> Self {
        self.actions = actions.into_iter().collect();
        self
    }

    /// The AWS resource it is about.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// The call that says so.
    #[must_use]
    pub fn evidence(mut self, evidence: impl Into<Evidence>) -> Self {
        self.evidence = Some(evidence.into());
        self
    }

    /// What to do about it; with a statement, what to do with that, without a stop at the end.
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
    /// Every conclusion.
    pub const ALL: [Self; 3] = [Self::Verified, Self::Refused, Self::Unconfirmed];

    /// The name in the API, the logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Refused => "refused",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|conclusion| conclusion.as_str() == text)
    }
}

/// What the valid credentials turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The AWS account.
    pub aws_account_id: AwsAccountId,
    /// The IAM user that owns the access key, or the role that was assumed.
    pub principal_arn: Arn,
}

/// One whole verification.
#[derive(Clone, Debug)]
pub struct Report {
    /// When it was done.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_stored_as_it_is_told_is_still_read() {
        let statement = Statement {
            sid: "BerthRunInstances".into(),
            effect: "Allow".into(),
            action: vec!["ec2:RunInstances".into(), "ec2:CreateTags".into()],
            resource: vec!["*".into()],
            condition: Default::default(),
        };
        let finding = Finding::fail(Check::Permission, "It may not.")
            .actions(statement.action.clone())
            .remedy("Add this statement to the policy of the IAM user")
            .statement(statement);
        let told = finding.told();
        assert_eq!(told.action.as_deref(), Some("ec2:RunInstances, ec2:CreateTags"));

        let stored = serde_json::to_string(&told).unwrap();

        assert_eq!(serde_json::from_str::<Finding>(&stored).unwrap(), finding);
        let again = serde_json::to_string(&finding).unwrap();
        assert_eq!(serde_json::from_str::<Finding>(&again).unwrap(), finding);
    }

    #[test]
    fn a_finding_stored_before_there_was_evidence_is_still_read() {
        let stored = r#"{"check":"node-role","field":null,"action":null,"resource":null,"verdict":"pass",
            "blocking":false,"message":"There.","remedy":null,"statement":null}"#;
        let finding: Finding = serde_json::from_str(stored).unwrap();
        assert_eq!(finding, Finding::pass(Check::NodeRole, "There."));
    }

    #[test]
    fn every_check_has_a_name_of_its_own_the_same_in_the_api_and_in_the_database() {
        let mut names: Vec<_> = Check::ALL.map(Check::as_str).to_vec();
        for check in Check::ALL {
            assert_eq!(serde_json::to_value(check).unwrap(), check.as_str());
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Check::ALL.len());
    }
}
