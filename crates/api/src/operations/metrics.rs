//! `GET /metrics`

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use berth_domain::task::{ErrorType, TaskStatus};
use metrics::{describe_gauge, gauge};

use super::gauges;
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
/// Requests, tasks by state, verifications, AWS calls, deployments, drift and how nodes do, in the Prometheus text
/// format. While the database is away, numbers that come from it are `NaN`, or missing where they are told node by
/// node (of at most 1,000 nodes).
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
    let failing = api.control.failing_cloud_accounts().await.inspect_err(|error| {
        tracing::warn!(%error, "cloud accounts could not be counted for the metrics");
    });
    describe_gauge!("berth_cloud_accounts_in_error", "Cloud accounts whose access does not work.");
    gauge!("berth_cloud_accounts_in_error").set(failing.map_or(f64::NAN, |n| n as f64));
    let waiting = api.control.webhooks().waiting().await.inspect_err(|error| {
        tracing::warn!(%error, "deliveries could not be counted for the metrics");
    });
    describe_gauge!("berth_webhook_deliveries_waiting", "Events on their way to webhooks.");
    gauge!("berth_webhook_deliveries_waiting").set(waiting.map_or(f64::NAN, |n| n as f64));
    gauges::set(&api.control).await;
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((content_type, metrics.render()).into_response())
}
