//! `GET /metrics`

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use berth_domain::task::{ErrorType, TaskStatus};
use metrics::{describe_gauge, gauge};

use crate::{
    failure::{ErrorBody, Failure},
    state::Api,
};

const STATES: [TaskStatus; 4] = [
    TaskStatus::Received,
    TaskStatus::ProcessingInProgress,
    TaskStatus::ProcessingCompleted,
    TaskStatus::ProcessingError,
];

/// Metrics, for Prometheus.
///
/// Requests, tasks by state, verifications and AWS calls, in the Prometheus text format. While the database
/// is away the numbers of tasks are `NaN`.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "Operations",
    security(()),
    responses(
        (status = 200, description = "The metrics.", content_type = "text/plain", body = String,
            example = "berth_tasks{state=\"received\"} 0\n"),
        (status = 404, description = "This Berth keeps no metrics.", body = ErrorBody)
    )
)]
pub(crate) async fn view_metrics(State(api): State<Arc<Api>>) -> Result<Response, Failure> {
    let Some(metrics) = &api.metrics else {
        return Err(Failure::new(ErrorType::NotFound, "This Berth keeps no metrics."));
    };
    let counts = api.control.task_counts().await.inspect_err(|error| {
        tracing::warn!(%error, "tasks could not be counted for the metrics");
    });
    describe_gauge!("berth_tasks", "Tasks by state, over all accounts.");
    for state in STATES {
        let known = counts.as_ref().ok();
        let count = known.map(|counts| counts.iter().find(|(s, _)| *s == state).map_or(0, |(_, n)| *n));
        // Better no number than one from before the database went away.
        gauge!("berth_tasks", "state" => state.as_str()).set(count.map_or(f64::NAN, |n| n as f64));
    }
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((content_type, metrics.render()).into_response())
}
