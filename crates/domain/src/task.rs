//! Tasks: asynchronous operations, their states, and the errors they end with.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    findings::Finding,
    ids::{AccountId, CloudAccountId, TaskId},
};

/// What a task does, by its API name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Command {
    /// Register a cloud account.
    CloudAccountCreateRequest,
    /// Change a cloud account.
    CloudAccountUpdateRequest,
    /// Remove a cloud account.
    CloudAccountDeleteRequest,
}

impl Command {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CloudAccountCreateRequest => "cloudAccountCreateRequest",
            Self::CloudAccountUpdateRequest => "cloudAccountUpdateRequest",
            Self::CloudAccountDeleteRequest => "cloudAccountDeleteRequest",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::CloudAccountCreateRequest, Self::CloudAccountUpdateRequest, Self::CloudAccountDeleteRequest]
            .into_iter()
            .find(|command| command.as_str() == text)
    }
}

/// Where a task stands, by its API name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskStatus {
    /// Stored, waiting for its turn.
    Received,
    /// Being worked on.
    ProcessingInProgress,
    /// Done.
    ProcessingCompleted,
    /// Failed; nothing was changed.
    ProcessingError,
}

impl TaskStatus {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::ProcessingInProgress => "processing-in-progress",
            Self::ProcessingCompleted => "processing-completed",
            Self::ProcessingError => "processing-error",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Received, Self::ProcessingInProgress, Self::ProcessingCompleted, Self::ProcessingError]
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    /// Whether it will never change again.
    pub fn is_final(self) -> bool {
        matches!(self, Self::ProcessingCompleted | Self::ProcessingError)
    }
}

/// Why a request or a task failed, by the API's enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorType {
    /// No such cloud account in this account.
    CloudAccountNotFound,
    /// The name is taken.
    CloudAccountNameExists,
    /// The access key is registered already.
    CloudAccountAccessKeyExists,
    /// AWS refused the credentials.
    CloudAccountInvalidCreds,
    /// The credentials are valid but may not do what is needed.
    CloudAccountPermissionFailed,
    /// Not in a state that allows this.
    CloudAccountNotActive,
    /// Subscriptions use it.
    CloudAccountUsed,
    /// The request is malformed.
    BadRequest,
    /// API keys missing, wrong or revoked.
    Unauthorized,
    /// The key's role or source address does not allow this.
    Forbidden,
    /// No such thing.
    NotFound,
    /// The path exists, the method doesn't.
    MethodNotAllowed,
    /// The body is too large.
    PayloadTooLarge,
    /// Too many requests.
    TooManyRequests,
    /// Not now: AWS or the database could not be reached.
    ServiceUnavailable,
    /// Something unforeseen.
    GeneralError,
}

impl ErrorType {
    /// The HTTP status that goes with it.
    pub fn http_status(self) -> u16 {
        match self {
            Self::CloudAccountNotFound | Self::NotFound => 404,
            Self::CloudAccountNameExists
            | Self::CloudAccountAccessKeyExists
            | Self::CloudAccountNotActive
            | Self::CloudAccountUsed => 409,
            Self::CloudAccountInvalidCreds | Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::CloudAccountPermissionFailed | Self::Forbidden => 403,
            Self::MethodNotAllowed => 405,
            Self::PayloadTooLarge => 413,
            Self::TooManyRequests => 429,
            Self::ServiceUnavailable => 503,
            Self::GeneralError => 500,
        }
    }

    /// The status as task errors spell it, such as `400 BAD_REQUEST`.
    pub fn status_line(self) -> &'static str {
        match self.http_status() {
            400 => "400 BAD_REQUEST",
            401 => "401 UNAUTHORIZED",
            403 => "403 FORBIDDEN",
            404 => "404 NOT_FOUND",
            405 => "405 METHOD_NOT_ALLOWED",
            409 => "409 CONFLICT",
            413 => "413 PAYLOAD_TOO_LARGE",
            429 => "429 TOO_MANY_REQUESTS",
            503 => "503 SERVICE_UNAVAILABLE",
            _ => "500 INTERNAL_SERVER_ERROR",
        }
    }
}

/// Why a task failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// The kind of failure.
    pub kind: ErrorType,
    /// Cause, task id and next step, for people.
    pub description: String,
}

/// A task as clients see it.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The account it belongs to.
    pub account_id: AccountId,
    /// What it does.
    pub command: Command,
    /// Where it stands.
    pub status: TaskStatus,
    /// What is going on, in one sentence.
    pub description: String,
    /// When the status last changed.
    pub updated_at: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// The cloud account it is about; for a create, known once it is done.
    pub cloud_account_id: Option<CloudAccountId>,
    /// Why it failed, when it did.
    pub error: Option<TaskError>,
    /// The verification's findings, once there was one.
    pub findings: Vec<Finding>,
}
