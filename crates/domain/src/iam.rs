//! IAM policy documents as Berth writes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An IAM policy document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyDocument {
    /// Always `2012-10-17`.
    pub version: String,
    /// The statements.
    pub statement: Vec<Statement>,
}

impl PolicyDocument {
    /// A document of these statements.
    pub fn new(statement: Vec<Statement>) -> Self {
        Self { version: "2012-10-17".into(), statement }
    }
}

/// Condition operator → condition key → accepted values.
pub type Conditions = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// One `Allow` statement, ready to paste into a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// The statement's id, letters and digits.
    pub sid: String,
    /// Always `Allow`.
    pub effect: String,
    /// The actions, such as `ec2:RunInstances`.
    pub action: Vec<String>,
    /// The resource patterns.
    pub resource: Vec<String>,
    /// What must hold besides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: Conditions,
}

impl Statement {
    /// The statement as one line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and maps always serialise")
    }
}
