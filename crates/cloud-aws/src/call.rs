//! One call to AWS: its names, its span, its metrics.

use std::{future::Future, time::Instant};

use aws_sdk_iam::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId,
};
use berth_cloud::{Answer, Error, ErrorKind};
use tracing::{Instrument, Span, field::Empty};

use crate::errors;

pub(crate) const ASSUME_ROLE: &str = "sts:AssumeRole";
pub(crate) const CREATE_ACCESS_KEY: &str = "iam:CreateAccessKey";
pub(crate) const DELETE_ACCESS_KEY: &str = "iam:DeleteAccessKey";
pub(crate) const DESCRIBE_REGIONS: &str = "ec2:DescribeRegions";
pub(crate) const GET_ACCESS_KEY_LAST_USED: &str = "iam:GetAccessKeyLastUsed";
pub(crate) const GET_GROUP_POLICY: &str = "iam:GetGroupPolicy";
pub(crate) const GET_LOGIN_PROFILE: &str = "iam:GetLoginProfile";
pub(crate) const GET_POLICY: &str = "iam:GetPolicy";
pub(crate) const GET_POLICY_VERSION: &str = "iam:GetPolicyVersion";
pub(crate) const GET_ROLE: &str = "iam:GetRole";
pub(crate) const GET_ROLE_POLICY: &str = "iam:GetRolePolicy";
pub(crate) const GET_USER_POLICY: &str = "iam:GetUserPolicy";
pub(crate) const LIST_ACCESS_KEYS: &str = "iam:ListAccessKeys";
pub(crate) const LIST_ACCOUNT_ALIASES: &str = "iam:ListAccountAliases";
pub(crate) const LIST_ATTACHED_GROUP_POLICIES: &str = "iam:ListAttachedGroupPolicies";
pub(crate) const LIST_ATTACHED_ROLE_POLICIES: &str = "iam:ListAttachedRolePolicies";
pub(crate) const LIST_ATTACHED_USER_POLICIES: &str = "iam:ListAttachedUserPolicies";
pub(crate) const LIST_GROUP_POLICIES: &str = "iam:ListGroupPolicies";
pub(crate) const LIST_GROUPS_FOR_USER: &str = "iam:ListGroupsForUser";
pub(crate) const LIST_INSTANCE_PROFILES_FOR_ROLE: &str = "iam:ListInstanceProfilesForRole";
pub(crate) const LIST_ROLE_POLICIES: &str = "iam:ListRolePolicies";
pub(crate) const LIST_USER_POLICIES: &str = "iam:ListUserPolicies";
pub(crate) const SIMULATE_PRINCIPAL_POLICY: &str = "iam:SimulatePrincipalPolicy";
pub(crate) const UPDATE_ACCESS_KEY: &str = "iam:UpdateAccessKey";
pub(crate) const GET_CALLER_IDENTITY: &str = "sts:GetCallerIdentity";

const CALLS: &str = "berth_aws_calls_total";
const DURATION: &str = "berth_aws_call_duration_seconds";

/// Tells the metrics recorder what this crate's metrics mean. Call after the recorder is installed.
pub fn describe_metrics() {
    metrics::describe_counter!(CALLS, "Calls to AWS, retries included in one, by operation and outcome");
    metrics::describe_histogram!(
        DURATION,
        metrics::Unit::Seconds,
        "Time a call to AWS took, retries included, by operation"
    );
}

/// Waits for `answer` to `operation`; measures, logs and translates it.
pub(crate) async fn call<T, E>(
    operation: &'static str,
    answer: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
) -> Result<T, Error>
where
    T: RequestId,
    E: std::error::Error + ProvideErrorMetadata + RequestId + 'static,
{
    let span = tracing::debug_span!("aws", operation, outcome = Empty, request_id = Empty);
    let started = Instant::now();
    let result = answer.instrument(span.clone()).await.map_err(|e| errors::translate(operation, &e));
    let seconds = started.elapsed().as_secs_f64();
    let outcome = result.as_ref().map_or_else(|e| outcome(&e.kind), |_| "ok");
    metrics::counter!(CALLS, "operation" => operation, "outcome" => outcome).increment(1);
    metrics::histogram!(DURATION, "operation" => operation).record(seconds);
    let request_id = match &result {
        Ok(answer) => answer.request_id(),
        Err(error) => error.request_id.as_deref(),
    };
    log(&span, outcome, request_id, seconds, result.as_ref().err());
    result
}

/// What was read from an answer, with the answer's request id.
pub(crate) fn read<T>(operation: &'static str, from: &impl RequestId, value: T) -> Answer<T> {
    Answer { value, operation, request_id: from.request_id().map(str::to_owned) }
}

/// At debug level only: whoever handles the error logs it once, at the level it deserves.
fn log(span: &Span, outcome: &str, request_id: Option<&str>, seconds: f64, error: Option<&Error>) {
    span.record("outcome", outcome);
    span.record("request_id", request_id);
    span.in_scope(|| match error {
        None => tracing::debug!(seconds, "AWS answered"),
        Some(error) => tracing::debug!(seconds, detail = error.detail, "{error}"),
    });
}

fn outcome(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidKey => "invalid_key",
        ErrorKind::WrongSecret => "wrong_secret",
        ErrorKind::Expired => "expired",
        ErrorKind::OperatorCredentials => "operator_credentials",
        ErrorKind::Denied { .. } => "denied",
        ErrorKind::NotFound => "not_found",
        ErrorKind::Throttled => "throttled",
        ErrorKind::Unreachable => "unreachable",
        ErrorKind::SkewedClock => "skewed_clock",
        ErrorKind::NotOptedIn => "not_opted_in",
        ErrorKind::Capacity => "capacity",
        ErrorKind::QuotaExceeded => "quota_exceeded",
        ErrorKind::InUse => "in_use",
        ErrorKind::AlreadyExists => "already_exists",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Refused => "refused",
        ErrorKind::Unexpected => "unexpected",
    }
}
