//! Findings in words, for people: what the API, the command line and webhooks show of them.

use serde::Serialize;

use super::{Check, Evidence, Field, Finding, Verdict};
use crate::iam::Statement;

/// A finding as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// What was looked at.
    pub check: Check,
    /// The form field it belongs to.
    pub field: Option<Field>,
    /// The AWS actions it is about: `ec2:RunInstances, ec2:CreateTags`.
    pub action: Option<String>,
    /// The AWS resource it is about.
    pub resource: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
    /// Whether it keeps the account from being saved.
    pub blocking: bool,
    /// What was found.
    pub message: String,
    /// What to do about it, the statement included, in one line.
    pub remedy: Option<String>,
    /// The policy statement that would grant what is missing, ready to paste.
    pub statement: Option<Statement>,
    /// The call that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

impl Finding {
    /// What is told of it.
    pub fn told(&self) -> Told {
        Told {
            check: self.check,
            field: self.field,
            action: (!self.actions.is_empty()).then(|| self.actions.join(", ")),
            resource: self.resource.clone(),
            verdict: self.verdict,
            blocking: self.blocking,
            message: self.message.clone(),
            remedy: self.whole_remedy(),
            statement: self.statement.clone(),
            evidence: self.evidence.clone(),
        }
    }

    /// What to do about it, the statement included, in one line.
    pub fn whole_remedy(&self) -> Option<String> {
        let remedy = self.remedy.as_ref()?;
        Some(match &self.statement {
            Some(statement) => with_statement(remedy, statement),
            None => remedy.clone(),
        })
    }
}

/// What to do with a statement, and the statement.
pub(super) fn with_statement(remedy: &str, statement: &Statement) -> String {
    format!("{remedy}: {}", statement.to_json())
}
