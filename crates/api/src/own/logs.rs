//! `GET /api/logs`: the log, with more to filter by.

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_control::records::AuditFilter;

use crate::{
    caller::{Caller, ReadLogs},
    failure::{ErrorBody, Failure},
    links::Origin,
    query::Parameters,
    state::Api,
    v1::logs::{LogEntries, filter},
};

/// Search the log
///
/// What was done in the account, newest first, as `GET /v1/logs` gives it.
#[utoipa::path(
    get,
    path = "/api/logs",
    tag = "Account",
    params(
        ("offset" = Option<i32>, Query, description = "How many entries to skip.", minimum = 0),
        ("limit" = Option<i32>, Query, description = "How many entries at most; 100 when absent.",
            minimum = 1, maximum = 1000),
        ("startTime" = Option<Timestamp>, Query, description = "Not before this (RFC 3339)."),
        ("endTime" = Option<Timestamp>, Query, description = "Not after this (RFC 3339)."),
        ("resourceId" = Option<i32>, Query, description = "Only about the thing of this id.", minimum = 0),
        ("resource" = Option<String>, Query, description = "Only about things of this kind, such as \
            `Cloud account`.", min_length = 1),
        ("user" = Option<String>, Query, description = "Only what the user with this email address, or \
            `berth`, did.", min_length = 1)
    ),
    responses(
        (status = 200, description = "The entries.", body = LogEntries),
        (status = 400, description = "A parameter is wrong.", body = ErrorBody)
    )
)]
pub(crate) async fn search_log_entries(
    caller: Caller<ReadLogs>,
    State(api): State<Arc<Api>>,
    mut parameters: Parameters,
    origin: Origin,
) -> Result<Json<LogEntries>, Failure> {
    let resource = parameters.text("resource");
    let originator = parameters.text("user");
    let filter = AuditFilter { resource, originator, ..filter(parameters)? };
    let entries = api.control.list_audit_entries(&caller.principal, filter).await?;
    Ok(Json(LogEntries::new(entries, "/api/logs", &origin)))
}
