//! How a use case can fail, for the API and the command line.

use berth_domain::{problem::Problem, task::ErrorType};

/// Why a request was not carried out. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's doing: the message is for the caller.
    #[error("{message}")]
    Rejected {
        /// The kind, with its HTTP status.
        kind: ErrorType,
        /// What is wrong and what to do, in one or two sentences.
        message: String,
        /// The fields at fault, when the request was malformed.
        fields: Vec<Problem>,
    },
    /// The database cannot be reached now. The cause is for the log.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something unforeseen. The cause is for the log.
    #[error("something unforeseen happened")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A rejection without field errors.
    pub fn rejected(kind: ErrorType, message: impl Into<String>) -> Self {
        Self::Rejected { kind, message: message.into(), fields: Vec::new() }
    }

    /// A rejection that names the fields at fault.
    pub fn invalid(fields: impl IntoIterator<Item: Into<Problem>>) -> Self {
        let fields: Vec<Problem> = fields.into_iter().map(Into::into).collect();
        Self::Rejected { kind: Problem::kind_of(&fields), message: Problem::tell(&fields), fields }
    }
}

impl From<berth_store::Error> for Error {
    fn from(error: berth_store::Error) -> Self {
        match error {
            berth_store::Error::Unavailable(_) => Self::Unavailable(Box::new(error)),
            _ => Self::Internal(Box::new(error)),
        }
    }
}

impl From<berth_vault::Error> for Error {
    fn from(error: berth_vault::Error) -> Self {
        Self::Internal(Box::new(error))
    }
}
