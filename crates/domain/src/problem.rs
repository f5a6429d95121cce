//! What is wrong with a request, field by field.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use crate::{cloud_account::FieldError, task::ErrorType};

/// A field that cannot be accepted, and why. The message never repeats a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Which field: its path in the body, such as `cloudProviders[0].regions[0].region`.
    pub field: Cow<'static, str>,
    /// What kind of problem, for programs.
    pub kind: ErrorType,
    /// What is wrong with it: follows the field's name in a sentence.
    pub message: String,
}

impl Problem {
    /// A problem with a field.
    pub fn new(field: impl Into<Cow<'static, str>>, kind: ErrorType, message: impl Into<String>) -> Self {
        Self { field: field.into(), kind, message: message.into() }
    }

    /// What kind of error several problems are together: the first that says more than that the request is
    /// malformed.
    pub fn kind_of(problems: &[Self]) -> ErrorType {
        let telling = problems.iter().find(|problem| problem.kind != ErrorType::BadRequest);
        telling.map_or(ErrorType::BadRequest, |problem| problem.kind)
    }

    /// Every problem in one text.
    pub fn tell(problems: &[Self]) -> String {
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.message)
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        Self::new(error.field.as_str(), ErrorType::BadRequest, error.message)
    }
}
