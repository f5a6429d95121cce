//! `/api/cloud-accounts/{id}/verifications`: verifying a registered cloud account now, and its history.

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use berth_control::verifications::{History, VerificationCursor};
use berth_domain::{
    findings::{Check, Conclusion, Finding},
    health::{Cause, Verification},
    ids::{CloudAccountId, VerificationId},
};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::{Duration, Instant};
use utoipa::{ToSchema, openapi::schema::Object};
use uuid::Uuid;

use super::{
    findings::FindingView,
    verify::{VerificationEvent, conclusions, stream},
};
use crate::{
    caller::{Caller, Read, Write},
    document::words,
    failure::{ErrorBody, Failure},
    links::{Link, Origin},
    path_id::Id,
    query::Parameters,
    state::Api,
};

/// How many verifications a list gives when nothing else is asked for.
const LIMIT: i32 = 25;
/// How many at most.
const MOST: i32 = 100;

/// A part of a cloud account's history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verifications {
    /// The verifications, newest first.
    verifications: Vec<VerificationView>,
    /// What `cursor` has to be for those before these; `null` when there are none.
    #[schema(required = true)]
    next_cursor: Option<String>,
    /// Related: this list.
    links: Vec<Link>,
}

/// A verification of a registered cloud account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Verification)]
pub(crate) struct VerificationView {
    /// Its id.
    id: Uuid,
    /// When it was done.
    timestamp: Timestamp,
    /// What it came to.
    #[schema(schema_with = conclusions)]
    conclusion: &'static str,
    /// What made it happen.
    #[schema(schema_with = causes)]
    cause: &'static str,
    /// How long it took, in milliseconds.
    #[schema(minimum = 0, example = 410)]
    duration_ms: i64,
    /// What is not as it should be: the findings that did not pass, failures first.
    findings: Vec<FindingView>,
}

impl From<Verification> for VerificationView {
    fn from(verification: Verification) -> Self {
        Self {
            id: verification.id.0,
            timestamp: verification.at,
            conclusion: verification.conclusion.as_str(),
            cause: verification.cause.as_str(),
            duration_ms: i64::try_from(verification.took.as_millis()).unwrap_or(i64::MAX),
            findings: verification.findings.into_iter().map(FindingView::from).collect(),
        }
    }
}

impl Verifications {
    fn new(history: History, id: CloudAccountId, origin: &Origin) -> Self {
        Self {
            verifications: history.verifications.into_iter().map(VerificationView::from).collect(),
            next_cursor: history.next.map(write_cursor),
            links: vec![origin.link("self", format_args!("/api/cloud-accounts/{id}/verifications"))],
        }
    }

    fn sample() -> Self {
        let failed = Finding::fail(Check::Permission, "The IAM user may not use ec2:RunInstances.")
            .action("ec2:RunInstances");
        let verification = Verification::new(
            VerificationId("3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e".parse().expect("a UUID")),
            Timestamp::from_second(1_767_225_600).expect("2026 is in range"),
            Conclusion::Refused,
            &[failed],
            Duration::from_millis(410),
            Cause::Schedule,
        );
        let next = Some(VerificationCursor { at: verification.at, id: verification.id });
        let history = History { verifications: vec![verification], next };
        Self::new(history, CloudAccountId(101), &Origin::sample())
    }
}

fn causes() -> Object {
    words(
        "What made it happen: it was due; somebody asked for it; the account was registered or its access \
             changed.",
        Cause::ALL.map(Cause::as_str),
    )
}

fn write_cursor(cursor: VerificationCursor) -> String {
    format!("{}.{}", cursor.at.as_microsecond(), cursor.id.0.simple())
}

fn read_cursor(text: &str) -> Option<VerificationCursor> {
    let (at, id) = text.split_once('.')?;
    let at = Timestamp::from_microsecond(at.parse().ok()?).ok()?;
    Some(VerificationCursor { at, id: id.parse().ok()? })
}

/// List a cloud account's verifications
///
/// Those of the last 90 days, newest first: when its access was checked, what that came to, and what was not as
/// it should be.
#[utoipa::path(
    get,
    path = "/api/cloud-accounts/{id}/verifications",
    tag = "Cloud accounts",
    params(
        ("id" = i32, Path, description = "The cloud account's id."),
        ("limit" = Option<i32>, Query, description = "How many at most; 25 when absent.", minimum = 1,
            maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `nextCursor` of the list that this one goes on \
            from.", min_length = 1)
    ),
    responses(
        (status = 200, description = "The verifications.", body = Verifications,
            example = json!(Verifications::sample())),
        (status = 400, description = "A parameter is wrong.", body = ErrorBody),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody)
    )
)]
pub(crate) async fn list_verifications(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
    mut parameters: Parameters,
    origin: Origin,
) -> Result<Json<Verifications>, Failure> {
    let limit = parameters.integer("limit", 1..=MOST).unwrap_or(LIMIT);
    let cursor = parameters.text("cursor").map(|text| read_cursor(&text));
    if cursor == Some(None) {
        parameters.refuse("cursor", "must be the nextCursor of another answer");
    }
    parameters.finish()?;
    let by = &caller.principal;
    let history = api.control.list_verifications(by, id, cursor.flatten(), limit.unsigned_abs()).await?;
    Ok(Json(Verifications::new(history, id, &origin)))
}

/// Verify a registered cloud account now
///
/// Verifies with what is stored, whatever is due. Streams findings (Server-Sent Events) as each check is done:
/// events `finding`, and last `done`, once the result is written down: the account's health, the time of its
/// last verification, its history. A stream that ends without `done` has changed nothing. Whoever closes the
/// connection ends the verification. Counts with `POST /api/cloud-accounts/verify`: at most 10 a minute per user.
#[utoipa::path(
    post,
    path = "/api/cloud-accounts/{id}/verifications",
    tag = "Cloud accounts",
    params(("id" = i32, Path, description = "The cloud account's id.")),
    responses(
        (status = 200, description = "The findings, one event each.", content_type = "text/event-stream",
            body = VerificationEvent),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody),
        (status = 403, description = "The role does not allow this, or the cloud account is being deleted.",
            body = ErrorBody)
    )
)]
pub(crate) async fn create_verification(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
) -> Result<Response, Failure> {
    let by = &caller.principal;
    api.verifications.take(by.user_id, Instant::now()).map_err(|exhausted| {
        Failure::exhausted(exhausted, "You have used up your verifications for this minute")
    })?;
    // A verification of nothing is not counted.
    let begun = api.control.begin_verification(by, id).await;
    let begun = begun.inspect_err(|_| api.verifications.give_back(by.user_id))?;
    Ok(stream(begun.watch()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = VerificationCursor {
            at: Timestamp::from_microsecond(1_800_000_000_123_456).unwrap(),
            id: VerificationId(Uuid::from_u128(7)),
        };
        assert_eq!(read_cursor(&write_cursor(cursor)), Some(cursor));
    }

    #[rstest]
    #[case("")]
    #[case(".")]
    #[case("12")]
    #[case("x.00000000000000000000000000000007")]
    #[case("99999999999999999999.00000000000000000000000000000007")]
    #[case("9223372036854775807.00000000000000000000000000000007")]
    #[case("1.7")]
    fn what_is_no_cursor_is_refused(#[case] text: &str) {
        assert_eq!(read_cursor(text), None);
    }

    #[test]
    fn a_verification_tells_what_it_came_to_why_it_was_made_and_what_was_wrong() {
        insta::assert_json_snapshot!(Verifications::sample(), @r#"
        {
          "verifications": [
            {
              "id": "3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e",
              "timestamp": "2026-01-01T00:00:00Z",
              "conclusion": "refused",
              "cause": "schedule",
              "durationMs": 410,
              "findings": [
                {
                  "check": "permission",
                  "action": "ec2:RunInstances",
                  "verdict": "fail",
                  "blocking": true,
                  "message": "The IAM user may not use ec2:RunInstances."
                }
              ]
            }
          ],
          "nextCursor": "1767225600000000.3b5c8b0e6f0c4f6e9d0b0f4a5c1c2d3e",
          "links": [
            {
              "rel": "self",
              "href": "http://127.0.0.1:8080/api/cloud-accounts/101/verifications",
              "type": "GET"
            }
          ]
        }
        "#);
    }
}
