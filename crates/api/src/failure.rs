//! Refusals and failures, and the one JSON body they all get.

use std::borrow::Cow;

use axum::{
    Json,
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use berth_domain::{cloud_account::FieldError, problem::Problem, task::ErrorType};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{
    ToSchema,
    openapi::schema::{Object, ObjectBuilder, Type},
};

use crate::rate_limit::Exhausted;

/// Seconds after which asking again is worth while, when the database is away.
const RETRY_UNAVAILABLE: u32 = 5;
/// Seconds after which a subscription may have become active.
const RETRY_PENDING: u32 = 30;

/// An answer that is not a success. Becomes a body in [`observe`](crate::observe::observe), which knows the
/// path, the time and the request id.
#[derive(Clone, Debug)]
pub(crate) struct Failure(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    status: StatusCode,
    kind: ErrorType,
    message: Cow<'static, str>,
    fields: Vec<FieldProblem>,
    retry_after: Option<u32>,
}

/// A field of the request that cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// The field of the body, or the query parameter.
    #[schema(example = "accessSecretKey")]
    pub(crate) field: Cow<'static, str>,
    /// What is wrong with it.
    #[schema(example = "is required")]
    pub(crate) message: String,
    /// The kind of error, for programs, where it says more than `BAD_REQUEST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = error_types, required = false)]
    pub(crate) r#type: Option<ErrorType>,
}

impl FieldProblem {
    /// A field that is malformed.
    pub(crate) fn new(field: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), r#type: None }
    }
}

impl From<FieldError> for FieldProblem {
    fn from(error: FieldError) -> Self {
        Problem::from(error).into()
    }
}

impl From<Problem> for FieldProblem {
    fn from(problem: Problem) -> Self {
        let telling = (problem.kind != ErrorType::BadRequest).then_some(problem.kind);
        Self { field: problem.field, message: problem.message, r#type: telling }
    }
}

/// What every answer that is not a success holds.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error)]
pub(crate) struct ErrorBody {
    /// When it was answered.
    timestamp: Timestamp,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The HTTP status in words.
    error: String,
    /// What is wrong and what to do about it.
    message: String,
    /// The path that was asked for.
    path: String,
    /// The kind of error, for programs.
    #[schema(schema_with = error_types)]
    r#type: ErrorType,
    /// Finds the request in Berth's log.
    request_id: String,
    /// Every field that was wrong, when fields were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldProblem>,
}

impl ErrorBody {
    pub(crate) fn sample() -> Self {
        let failure = Failure::invalid(vec![
            FieldProblem::new("accessKeyId", "is required"),
            FieldProblem::new("consoleRoleName", "must be a string, not a number"),
        ]);
        let now = Timestamp::from_second(1_767_225_600).expect("2026 is in range");
        failure.body("/v1/cloud-accounts", "5f0c6d1b9a3e7f42", now)
    }
}

/// The schema of an error's `type`.
pub(crate) fn error_types() -> Object {
    let names = ErrorType::ALL
        .iter()
        .map(|kind| serde_json::to_value(kind).expect("an enum without data always serialises"));
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("The kind of error, for programs."))
        .enum_values(Some(names))
        .build()
}

impl Failure {
    /// A failure of this kind, with the status that goes with it.
    pub(crate) fn new(kind: ErrorType, message: impl Into<Cow<'static, str>>) -> Self {
        let status = StatusCode::from_u16(kind.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = match kind {
            ErrorType::ServiceUnavailable => Some(RETRY_UNAVAILABLE),
            ErrorType::TooManyPendingSubscriptions => Some(RETRY_PENDING),
            _ => None,
        };
        Self(Box::new(Inner { status, kind, message: message.into(), fields: Vec::new(), retry_after }))
    }

    /// Something is wrong with these fields.
    pub(crate) fn invalid(fields: Vec<FieldProblem>) -> Self {
        let message = fields
            .iter()
            .map(|problem| format!("{} {}", problem.field, problem.message))
            .collect::<Vec<_>>()
            .join("; ");
        let mut failure = Self::new(ErrorType::BadRequest, message);
        failure.0.fields = fields;
        failure
    }

    /// Something is wrong with what was asked for, of these kinds.
    pub(crate) fn refused(problems: Vec<Problem>) -> Self {
        berth_control::Error::invalid(problems).into()
    }

    /// Too many requests.
    pub(crate) fn exhausted(Exhausted { retry_after }: Exhausted, what: &str) -> Self {
        let message = format!("{what}. Try again in {retry_after} seconds.");
        let mut failure = Self::new(ErrorType::TooManyRequests, message);
        failure.0.retry_after = Some(retry_after);
        failure
    }

    /// The request's body did not arrive in time.
    pub(crate) fn body_timeout() -> Self {
        let mut failure =
            Self::new(ErrorType::BadRequest, "The request's body did not arrive in time. Send it again.");
        failure.0.status = StatusCode::REQUEST_TIMEOUT;
        failure
    }

    /// The request took too long.
    pub(crate) fn timeout() -> Self {
        Self::new(
            ErrorType::ServiceUnavailable,
            "The request took too long and was given up. If it was to change something, \
             look at GET /v1/tasks before trying again.",
        )
    }

    /// Something unforeseen, whose cause is in the log.
    pub(crate) fn internal() -> Self {
        Self::new(
            ErrorType::GeneralError,
            "Something went wrong inside Berth. Its operator finds the cause in the log by the requestId.",
        )
    }

    /// What stands in for an answer that no handler of ours wrote.
    pub(crate) fn from_status(status: StatusCode) -> Self {
        let kind = match status {
            StatusCode::NOT_FOUND => ErrorType::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => ErrorType::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => ErrorType::PayloadTooLarge,
            status if status.is_client_error() => ErrorType::BadRequest,
            _ => return Self::internal(),
        };
        let mut failure = Self::new(kind, status.canonical_reason().unwrap_or("The request was refused"));
        failure.0.status = status;
        failure
    }

    /// The fields at fault.
    #[cfg(test)]
    pub(crate) fn problems(&self) -> &[FieldProblem] {
        &self.0.fields
    }

    fn body(&self, path: &str, request_id: &str, now: Timestamp) -> ErrorBody {
        ErrorBody {
            timestamp: now,
            status: self.0.status.as_u16(),
            error: self.0.status.canonical_reason().unwrap_or_default().to_owned(),
            message: self.0.message.clone().into_owned(),
            path: path.to_owned(),
            r#type: self.0.kind,
            request_id: request_id.to_owned(),
            errors: self.0.fields.clone(),
        }
    }

    /// Writes the failure into `response`, keeping the headers it has.
    pub(crate) fn render(&self, response: &mut Response, path: &str, request_id: &str, now: Timestamp) {
        let (parts, body) = Json(self.body(path, request_id, now)).into_response().into_parts();
        *response.status_mut() = self.0.status;
        *response.body_mut() = body;
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.extend(parts.headers);
        if let Some(seconds) = self.0.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.0.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("ApiKey realm=\"berth\""));
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.0.status;
        response.extensions_mut().insert(self);
        response
    }
}

impl From<berth_control::Error> for Failure {
    /// Logs the cause of what is not the caller's doing: here, and nowhere else.
    fn from(error: berth_control::Error) -> Self {
        match error {
            berth_control::Error::Rejected { kind, message, fields } => {
                let mut failure = Self::new(kind, message);
                failure.0.fields = fields.into_iter().map(FieldProblem::from).collect();
                failure
            }
            berth_control::Error::Unavailable(cause) => {
                tracing::error!(cause = chain(&*cause), "the database cannot be reached");
                Self::new(
                    ErrorType::ServiceUnavailable,
                    "Berth's database cannot be reached at the moment. Try again in a few seconds.",
                )
            }
            berth_control::Error::Internal(cause) => {
                tracing::error!(cause = chain(&*cause), "a request failed unforeseen");
                Self::internal()
            }
        }
    }
}

/// An error with all its sources, on one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body_of(failure: &Failure) -> ErrorBody {
        failure.body("/v1/x", "0123456789abcdef", "2026-01-02T03:04:05Z".parse().unwrap())
    }

    #[test]
    fn a_refused_form_names_every_field() {
        insta::assert_json_snapshot!(ErrorBody::sample(), @r#"
        {
          "timestamp": "2026-01-01T00:00:00Z",
          "status": 400,
          "error": "Bad Request",
          "message": "accessKeyId is required; consoleRoleName must be a string, not a number",
          "path": "/v1/cloud-accounts",
          "type": "BAD_REQUEST",
          "requestId": "5f0c6d1b9a3e7f42",
          "errors": [
            {
              "field": "accessKeyId",
              "message": "is required"
            },
            {
              "field": "consoleRoleName",
              "message": "must be a string, not a number"
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_rejection_keeps_its_kind_status_and_message() {
        let error = berth_control::Error::rejected(ErrorType::CloudAccountNameExists, "The name is taken.");

        insta::assert_json_snapshot!(body_of(&error.into()), @r#"
        {
          "timestamp": "2026-01-02T03:04:05Z",
          "status": 409,
          "error": "Conflict",
          "message": "The name is taken.",
          "path": "/v1/x",
          "type": "CLOUD_ACCOUNT_NAME_EXISTS",
          "requestId": "0123456789abcdef"
        }
        "#);
    }

    #[test]
    fn what_is_not_the_callers_doing_shows_nothing_of_its_cause() {
        for error in [berth_control::Error::Unavailable, berth_control::Error::Internal] {
            let failure = Failure::from(error("postgres://berth:hunter2@10.0.0.1/".into()));

            let text = serde_json::to_string(&body_of(&failure)).unwrap();
            assert!(!text.contains("hunter2") && !text.contains("10.0.0.1"), "{text}");
        }
    }

    #[test]
    fn an_unreachable_database_says_when_to_try_again() {
        let failure = Failure::from(berth_control::Error::Unavailable("gone".into()));
        let mut response = failure.clone().into_response();

        failure.render(&mut response, "/v1", "0123456789abcdef", Timestamp::UNIX_EPOCH);

        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    }
}
