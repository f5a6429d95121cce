//! From what the SDK reports to the port's error kinds.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_iam::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId,
};
use berth_cloud::{Error, ErrorKind};

/// AWS's words are kept for the log up to here, in characters.
const LONGEST_DETAIL: usize = 500;

/// An operation's error.
pub(crate) trait Failure: std::error::Error + ProvideErrorMetadata + RequestId + 'static {}

impl<E: std::error::Error + ProvideErrorMetadata + RequestId + 'static> Failure for E {}

/// What went wrong with `operation`.
pub(crate) fn translate<E: Failure>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Error {
    // What this crate itself says inside of the call. One of a role's waits for the role to be assumed; when that
    // fails, it is that which failed.
    if let Some(cause) = causes(error).find_map(|cause| cause.downcast_ref::<Error>()) {
        return cause.clone();
    }
    // Only the operator's own credentials are looked for; all others are given.
    if causes(error).any(|cause| cause.is::<CredentialsError>()) {
        let (kind, request_id) = (ErrorKind::OperatorCredentials, None);
        return Error { operation, kind, request_id, detail: shorten(&chain(error)) };
    }
    let (kind, detail) = match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            match answer.err().code() {
                Some(code) => {
                    let message = answer.err().message().unwrap_or_default();
                    (kind_of(operation, code, message, status), format!("{code}: {message}"))
                }
                None => (kind_of_status(status), format!("HTTP {status}: {}", chain(answer.err()))),
            }
        }
        // The answer broke off half-way.
        SdkError::ResponseError(_) | SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) => {
            (ErrorKind::Unreachable, chain(error))
        }
        _ => (ErrorKind::Unexpected, chain(error)),
    };
    Error { operation, kind, request_id: request_id(error), detail: shorten(&detail) }
}

/// AWS sends it in a header, and in the body too; what stands in for AWS may leave out the header.
fn request_id<E: RequestId>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let in_body = || {
        let body = std::str::from_utf8(error.raw_response()?.body().bytes()?).ok()?;
        let (_, rest) = body.split_once("<RequestId>").or_else(|| body.split_once("<RequestID>"))?;
        rest.split_once('<').map(|(id, _)| id.to_owned())
    };
    error.request_id().map(str::to_owned).or_else(in_body)
}

/// An answer that lacks what it must have, or says what cannot be.
pub(crate) fn unexpected(operation: &'static str, request_id: Option<&str>, detail: &str) -> Error {
    Error {
        operation,
        kind: ErrorKind::Unexpected,
        request_id: request_id.map(str::to_owned),
        detail: shorten(detail),
    }
}

/// By AWS's error code. Sources: the "Common errors" pages of the IAM, STS and EC2 API references. First what is wrong
/// with the caller or the call, whose codes look like those of resources.
fn kind_of(operation: &str, code: &str, message: &str, status: u16) -> ErrorKind {
    match code {
        "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" => {
            ErrorKind::InvalidKey
        }
        // One code for two things: AWS looks at the signature's date first.
        "SignatureDoesNotMatch" | "InvalidSignatureException" => {
            if message.contains("Signature expired") || message.contains("Signature not yet current") {
                ErrorKind::SkewedClock
            } else {
                ErrorKind::WrongSecret
            }
        }
        "RequestTimeTooSkewed" | "RequestExpired" => ErrorKind::SkewedClock,
        "ExpiredToken" | "ExpiredTokenException" => ErrorKind::Expired,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => denied(operation, message),
        "NoSuchEntity" | "NoSuchEntityException" => ErrorKind::NotFound,
        "OptInRequired" | "AuthFailure" | "PendingVerification" | "Blocked" => ErrorKind::NotOptedIn,
        // Answered with 500, and yet it is about the policies, not about AWS's health.
        "PolicyEvaluation" | "PolicyEvaluationException" => ErrorKind::Unexpected,
        "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown"
        | "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "EC2ThrottledException" => ErrorKind::Throttled,
        _ if code.contains("Throttl") => ErrorKind::Throttled,
        "RequestTimeout" | "RequestTimeoutException" => ErrorKind::Unreachable,
        _ => kind_of_resource(code).unwrap_or_else(|| kind_of_status(status)),
    }
}

/// What an error code says of the thing that was asked for. Source: "Error codes for the Amazon EC2 API", where the
/// codes of each resource follow these patterns, and the errors of `GetParameter` and `GetServiceQuota`.
fn kind_of_resource(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "InsufficientInstanceCapacity"
        | "InsufficientHostCapacity"
        | "InsufficientReservedInstanceCapacity"
        | "InsufficientFreeAddressesInSubnet"
        | "InstanceCapacityExceeded"
        // The instance type is not to be had in that zone.
        | "Unsupported" => ErrorKind::Capacity,
        "ParameterNotFound" | "NoSuchResourceException" | "Gateway.NotAttached" => ErrorKind::NotFound,
        _ if code.contains("NotFound") => ErrorKind::NotFound,
        "Resource.AlreadyAssociated" | "InvalidSubnet.Conflict" => ErrorKind::AlreadyExists,
        _ if code.contains("Duplicate") || code.contains("AlreadyExists") => ErrorKind::AlreadyExists,
        _ if code.contains("LimitExceeded") => ErrorKind::QuotaExceeded,
        "DependencyViolation" => ErrorKind::InUse,
        _ if code.ends_with("InUse") => ErrorKind::InUse,
        // As for an instance that is protected from being terminated.
        "OperationNotPermitted" => ErrorKind::Conflict,
        _ if code.starts_with("Incorrect") => ErrorKind::Conflict,
        "IdempotentParameterMismatch" | "InvalidAction" | "UnsupportedOperation" | "VPCIdNotSpecified" => {
            ErrorKind::Refused
        }
        _ if ["Invalid", "Missing", "Unknown", "Malformed"].iter().any(|word| code.starts_with(word)) => {
            ErrorKind::Refused
        }
        _ => return None,
    })
}

/// By HTTP status, where there is no code that says more.
fn kind_of_status(status: u16) -> ErrorKind {
    match status {
        429 => ErrorKind::Throttled,
        408 | 500.. => ErrorKind::Unreachable,
        _ => ErrorKind::Unexpected,
    }
}

/// Reads "User: ARN is not authorized to perform: ACTION on resource: RESOURCE because …". AWS may leave
/// out all of it, or all but the first part; then the action is the operation itself.
fn denied(operation: &str, message: &str) -> ErrorKind {
    let told = message.split_once("not authorized to perform: ").map(|(_, rest)| rest);
    let action = told
        .and_then(|rest| rest.split_whitespace().next())
        .map(|action| action.trim_end_matches(['.', ',']))
        .filter(|action| action.contains(':'))
        .unwrap_or(operation);
    let resource = told
        .and_then(|rest| rest.split_once("on resource: "))
        .map(|(_, rest)| {
            let end = [" because ", " with an explicit deny", " Encoded authorization", ". "]
                .iter()
                .filter_map(|words| rest.find(words))
                .min()
                .unwrap_or(rest.len());
            rest[..end].trim().trim_end_matches('.')
        })
        .filter(|resource| !resource.is_empty());
    ErrorKind::Denied { action: action.to_owned(), resource: resource.map(str::to_owned) }
}

/// An error and its causes.
fn causes<'e>(
    error: &'e (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'e (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// An error and its causes, in words only: the SDK's debug output holds whole answers.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// One line of a length a log can bear, without the encoded part, which says nothing to anyone.
fn shorten(detail: &str) -> String {
    let readable = detail.split("Encoded authorization failure message").next().unwrap_or_default();
    let line = readable.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_DETAIL) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
