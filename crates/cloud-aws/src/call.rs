//! One call to AWS, and the pages of a list: their span, their metrics, their errors.

use std::time::Instant;

use aws_sdk_iam::{config::http::HttpResponse, error::SdkError, operation::RequestId};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use berth_cloud::{Answer, Error, ErrorKind};
use tracing::{Instrument, Span, field::Empty};

use crate::{
    ec2::Pace,
    errors::{self, Failure, unexpected},
    guard::OPERATION,
};

/// What the SDK makes of AWS's answer.
pub(crate) type Sent<T, E> = Result<T, SdkError<E, HttpResponse>>;

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
pub(crate) async fn call<T: RequestId, E: Failure>(
    operation: &'static str,
    answer: impl Future<Output = Sent<T, E>>,
) -> Result<T, Error> {
    let answer = OPERATION.scope(operation, answer);
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

/// The items of all pages, each page being one call, made at its turn. `open` takes a page apart: its items, and whether
/// another page follows.
pub(crate) async fn pages<P: RequestId, E: Failure, I>(
    operation: &'static str,
    pace: Option<&Pace>,
    mut pages: PaginationStream<Sent<P, E>>,
    open: impl Fn(P) -> (Vec<I>, bool),
) -> Result<Answer<Vec<I>>, Error> {
    let mut found = Vec::new();
    loop {
        let page = next_page(operation, pace, &mut pages).await?;
        let request_id = page.request_id().map(str::to_owned);
        let (items, more) = open(page);
        found.extend(items);
        if !more {
            return Ok(Answer { value: found, operation, request_id });
        }
    }
}

/// A page that is said to follow. The SDK takes a page for the last one also when it names the page after it with an
/// empty token, or by its own: what comes then would be lost, and there is no way to ask for it.
pub(crate) async fn next_page<P: RequestId, E: Failure>(
    operation: &'static str,
    pace: Option<&Pace>,
    pages: &mut PaginationStream<Sent<P, E>>,
) -> Result<P, Error> {
    if let Some(pace) = pace {
        pace.turn(operation).await;
    }
    let next = async {
        let broken_off = || unexpected(operation, None, "the list goes on and doesn't say where");
        pages.next().await.unwrap_or_else(|| Err(SdkError::construction_failure(broken_off())))
    };
    call(operation, next).await
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
        ErrorKind::LeaseLost => "lease_lost",
        ErrorKind::Unexpected => "unexpected",
    }
}
