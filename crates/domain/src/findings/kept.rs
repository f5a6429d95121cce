//! Findings as databases hold them. Until November 2026 they were kept as they are told: the actions as one text, the
//! statement in the remedy once more. Tasks and verifications of then are kept for 90 days.

use serde::Deserialize;

use super::{Check, Evidence, Field, Finding, Verdict, words};
use crate::iam::Statement;

/// A finding as it was written at any time.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kept {
    check: Check,
    field: Option<Field>,
    actions: Option<Vec<String>>,
    /// Instead of `actions`: `ec2:RunInstances, ec2:CreateTags`.
    action: Option<String>,
    resource: Option<String>,
    verdict: Verdict,
    blocking: bool,
    message: String,
    remedy: Option<String>,
    statement: Option<Statement>,
    #[serde(default)]
    evidence: Option<Evidence>,
}

impl From<Kept> for Finding {
    fn from(kept: Kept) -> Self {
        let told = kept.action.iter().flat_map(|action| action.split(", ")).map(str::to_owned);
        let actions = kept.actions.unwrap_or_else(|| told.collect());
        let remedy = kept.remedy.map(|remedy| match &kept.statement {
            Some(statement) => {
                let statement = words::with_statement("", statement);
                remedy.strip_suffix(&statement).map_or(remedy.clone(), str::to_owned)
            }
            None => remedy,
        });
        Self {
            check: kept.check,
            field: kept.field,
            actions,
            resource: kept.resource,
            verdict: kept.verdict,
            blocking: kept.blocking,
            message: kept.message,
            remedy,
            statement: kept.statement,
            evidence: kept.evidence,
        }
    }
}
