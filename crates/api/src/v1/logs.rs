//! `GET /v1/logs`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_control::records::AuditFilter;
use berth_domain::account::AuditEntry;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, ReadLogs},
    failure::{ErrorBody, Failure},
    links::{Link, Origin},
    query::Parameters,
    state::Api,
};

const LIMIT: i32 = 100;
const HIGHEST_LIMIT: i32 = 1_000;

/// Entries of an account's log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogEntries {
    /// The entries, newest first.
    entries: Vec<LogEntry>,
    /// Related: the log itself.
    links: Vec<Link>,
}

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogEntry {
    /// Its number, growing with time.
    #[schema(example = 17)]
    id: i32,
    /// When it was done.
    time: Timestamp,
    /// Who did it: a user's email address, or `berth`.
    #[schema(example = "ops@example.com")]
    originator: String,
    /// The API key used, when one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ci-pipeline", nullable = false)]
    api_key_name: Option<String>,
    /// The kind of thing it was done to.
    #[schema(example = "Cloud account")]
    resource: String,
    /// The thing's id, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 101, nullable = false)]
    resource_id: Option<i32>,
    /// What was done.
    #[schema(example = "Cloud account created")]
    r#type: String,
    /// What was done, in one sentence.
    description: String,
}

impl LogEntries {
    /// The entries, as `path` gave them.
    pub(crate) fn new(entries: Vec<AuditEntry>, path: &str, origin: &Origin) -> Self {
        let entries = entries.into_iter().map(LogEntry::from).collect();
        Self { entries, links: vec![origin.link("self", path)] }
    }

    fn sample() -> Self {
        let entry = AuditEntry {
            id: 17,
            at: Timestamp::from_second(1_767_225_600).expect("2026 is in range"),
            originator: "ops@example.com".to_owned(),
            api_key_name: Some("ci-pipeline".to_owned()),
            resource: "Cloud account".to_owned(),
            resource_id: Some(101),
            kind: "Cloud account created".to_owned(),
            description: "The cloud account production was verified and saved.".to_owned(),
        };
        Self::new(vec![entry], "/v1/logs", &Origin::sample())
    }
}

impl From<AuditEntry> for LogEntry {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id,
            time: entry.at,
            originator: entry.originator,
            api_key_name: entry.api_key_name,
            resource: entry.resource,
            resource_id: entry.resource_id,
            r#type: entry.kind,
            description: entry.description,
        }
    }
}

pub(crate) fn filter(mut parameters: Parameters) -> Result<AuditFilter, Failure> {
    let offset = parameters.integer("offset", 0..=i32::MAX).unwrap_or(0);
    let limit = parameters.integer("limit", 1..=HIGHEST_LIMIT).unwrap_or(LIMIT);
    let start = parameters.timestamp("startTime");
    let end = parameters.timestamp("endTime");
    let resource_id = parameters.integer("resourceId", 0..=i32::MAX);
    if start > end && end.is_some() {
        parameters.refuse("endTime", "must not be before startTime");
    }
    parameters.finish()?;
    Ok(AuditFilter {
        offset: offset.unsigned_abs().into(),
        limit: limit.unsigned_abs().into(),
        start,
        end,
        resource_id,
        ..AuditFilter::default()
    })
}

/// List log entries
///
/// What was done in the account, newest first.
#[utoipa::path(
    get,
    path = "/v1/logs",
    tag = "Account",
    params(
        ("offset" = Option<i32>, Query, description = "How many entries to skip.", minimum = 0),
        ("limit" = Option<i32>, Query, description = "How many entries at most; 100 when absent.",
            minimum = 1, maximum = 1000),
        ("startTime" = Option<Timestamp>, Query, description = "Not before this (RFC 3339)."),
        ("endTime" = Option<Timestamp>, Query, description = "Not after this (RFC 3339)."),
        ("resourceId" = Option<i32>, Query, description = "Only about the thing of this id.", minimum = 0)
    ),
    responses(
        (status = 200, description = "The entries.", body = LogEntries, example = json!(LogEntries::sample())),
        (status = 400, description = "A parameter is wrong.", body = ErrorBody)
    )
)]
pub(crate) async fn list_log_entries(
    caller: Caller<ReadLogs>,
    State(api): State<Arc<Api>>,
    parameters: Parameters,
    origin: Origin,
) -> Result<Json<LogEntries>, Failure> {
    let entries = api.control.list_audit_entries(&caller.principal, filter(parameters)?).await?;
    Ok(Json(LogEntries::new(entries, "/v1/logs", &origin)))
}

#[cfg(test)]
mod tests {
    use axum::extract::FromRequestParts;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", Ok((0, 100)))]
    #[case("offset=5&limit=1000", Ok((5, 1000)))]
    #[case("limit=1001", Err("limit must be a whole number from 1 to 1000"))]
    #[case(
        "startTime=2026-01-02T00:00:00Z&endTime=2026-01-01T00:00:00Z",
        Err("endTime must not be before startTime")
    )]
    #[case("startTime=2026-01-02T00:00:00Z", Ok((0, 100)))]
    #[tokio::test]
    async fn the_filter_is_read_from_the_query(
        #[case] query: &str,
        #[case] expected: Result<(u64, u64), &str>,
    ) {
        let (mut parts, ()) = axum::http::Request::get(format!("/?{query}")).body(()).unwrap().into_parts();
        let parameters = Parameters::from_request_parts(&mut parts, &()).await.unwrap();

        match (filter(parameters), expected) {
            (Ok(filter), expected) => assert_eq!(Ok((filter.offset, filter.limit)), expected),
            (Err(failure), expected) => {
                assert!(format!("{failure:?}").contains(expected.unwrap_err()), "{failure:?}");
            }
        }
    }

    #[test]
    fn an_entry_tells_who_did_what_to_what() {
        insta::assert_json_snapshot!(LogEntries::sample(), @r#"
        {
          "entries": [
            {
              "id": 17,
              "time": "2026-01-01T00:00:00Z",
              "originator": "ops@example.com",
              "apiKeyName": "ci-pipeline",
              "resource": "Cloud account",
              "resourceId": 101,
              "type": "Cloud account created",
              "description": "The cloud account production was verified and saved."
            }
          ],
          "links": [
            {
              "rel": "self",
              "href": "http://127.0.0.1:8080/v1/logs",
              "type": "GET"
            }
          ]
        }
        "#);
    }
}
