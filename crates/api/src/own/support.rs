//! Technical support access: what a cloud account permits, and sessions in its AWS console.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use berth_control::support::{Outcome, Request, Requester, Verdict};
use berth_domain::{
    ids::{CloudAccountId, ConsoleSessionId},
    secret::Secret,
    support::{ConsoleSession, ConsoleSessionState, Minutes, SupportAccess},
};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::{ToSchema, openapi::schema::Object};

use crate::{
    body::WholeBody,
    caller::{Caller, ManageUsers, Read},
    document::words,
    failure::{ErrorBody, Failure},
    fields::Fields,
    path_id::Id,
    state::Api,
};

/// What is permitted in a cloud account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SupportAccessView {
    /// What the operator's staff may do.
    #[schema(schema_with = modes)]
    mode: &'static str,
}

/// A session to be.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConsoleSessionCreate {
    /// Why; everybody who reads the log reads it.
    #[schema(example = "Ticket 4711: node does not start", min_length = 1, max_length = 500)]
    reason: String,
    /// For how many minutes.
    #[schema(example = 30, minimum = 15, maximum = 60)]
    minutes: i32,
    /// What the operator's MFA device shows, where the console role asks for a second factor.
    #[schema(example = "123456", pattern = "^[0-9]{6}$", required = false)]
    mfa_code: String,
}

/// A session in a cloud account's AWS console, without its URL.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConsoleSession)]
pub(crate) struct ConsoleSessionView {
    /// Its id.
    #[schema(example = "0b8ba3a1-6a5c-4f3e-9d57-1a2b3c4d5e6f")]
    id: String,
    /// Who asked for it.
    requested_by: String,
    /// Why.
    reason: String,
    /// For how many minutes.
    minutes: i32,
    /// Where it stands.
    #[schema(schema_with = states)]
    state: &'static str,
    /// When it was asked for.
    requested_timestamp: Timestamp,
    /// Who approved or denied it.
    #[schema(required = true)]
    decided_by: Option<String>,
    /// When it was opened.
    #[schema(required = true)]
    opened_timestamp: Option<Timestamp>,
    /// When it ends.
    #[schema(required = true)]
    ends_timestamp: Option<Timestamp>,
}

/// Sessions in a cloud account's AWS console.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConsoleSessions {
    /// The latest 100, newest first.
    console_sessions: Vec<ConsoleSessionView>,
}

/// A session that is open.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConsoleSessionOpened {
    /// The session.
    #[serde(flatten)]
    session: ConsoleSessionView,
    /// Signs whoever opens it in; good for 15 minutes, shown this once. Keep it to yourself.
    sign_in_url: String,
}

fn modes() -> Object {
    words(
        "What the operator's staff may do: nothing, open sessions, or ask for them.",
        SupportAccess::ALL.map(SupportAccess::as_str),
    )
}

fn states() -> Object {
    words("Where it stands.", ConsoleSessionState::ALL.map(ConsoleSessionState::as_str))
}

impl From<ConsoleSession> for ConsoleSessionView {
    fn from(session: ConsoleSession) -> Self {
        Self {
            id: session.id.to_string(),
            requested_by: session.requested_by,
            reason: session.reason.as_str().to_owned(),
            minutes: session.minutes.get(),
            state: session.state.as_str(),
            requested_timestamp: session.requested_at,
            decided_by: session.decided_by,
            opened_timestamp: session.opened_at,
            ends_timestamp: session.ends_at,
        }
    }
}

/// View support access
#[utoipa::path(
    get,
    path = "/api/cloud-accounts/{id}/support-access",
    tag = "Support access",
    params(("id" = i32, Path, description = "The cloud account's id.")),
    responses(
        (status = 200, description = "What is permitted.", body = SupportAccessView),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody)
    )
)]
pub(crate) async fn view_support_access(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
) -> Result<Json<SupportAccessView>, Failure> {
    let access = api.control.support().access(&caller.principal, id).await?;
    Ok(Json(SupportAccessView { mode: access.as_str() }))
}

/// Change support access
///
/// `off`: nobody opens a session. `on`: the operator's staff opens sessions, each on record. `approval`: an Owner
/// approves each of theirs first.
#[utoipa::path(
    put,
    path = "/api/cloud-accounts/{id}/support-access",
    tag = "Support access",
    params(("id" = i32, Path, description = "The cloud account's id.")),
    request_body(content = SupportAccessView),
    responses(
        (status = 200, description = "What is permitted from now on.", body = SupportAccessView),
        (status = 400, description = "The body is malformed.", body = ErrorBody),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn change_support_access(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
    WholeBody(body): WholeBody,
) -> Result<Json<SupportAccessView>, Failure> {
    let mut fields = Fields::of(&body)?;
    let mode = fields.parsed("mode");
    let access: SupportAccess = fields.whole(mode)?;
    api.control.support().set_access(&caller.principal, id, access).await?;
    Ok(Json(SupportAccessView { mode: access.as_str() }))
}

/// List console sessions
#[utoipa::path(
    get,
    path = "/api/cloud-accounts/{id}/console-sessions",
    tag = "Support access",
    params(("id" = i32, Path, description = "The cloud account's id.")),
    responses(
        (status = 200, description = "The sessions, without their URLs.", body = ConsoleSessions),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody)
    )
)]
pub(crate) async fn list_console_sessions(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
) -> Result<Json<ConsoleSessions>, Failure> {
    let sessions = api.control.support().list(&caller.principal, id).await?;
    Ok(Json(ConsoleSessions {
        console_sessions: sessions.into_iter().map(ConsoleSessionView::from).collect(),
    }))
}

/// Open a console session
///
/// A URL that signs in to the cloud account's AWS console through the console role, for 15 to 60 minutes, is in the
/// answer and nowhere else. Who, why, when and until when is in the log. At most 5 a minute per user.
#[utoipa::path(
    post,
    path = "/api/cloud-accounts/{id}/console-sessions",
    tag = "Support access",
    params(("id" = i32, Path, description = "The cloud account's id.")),
    request_body(content = ConsoleSessionCreate),
    responses(
        (status = 201, description = "The session is open.", body = ConsoleSessionOpened),
        (status = 400, description = "The body is malformed.", body = ErrorBody),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 409, description = "The cloud account has no console role, or Berth knows of no MFA device.",
            body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn open_console_session(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
    WholeBody(body): WholeBody,
) -> Result<Response, Failure> {
    let mut fields = Fields::of(&body)?;
    let reason = fields.parsed("reason");
    let minutes = fields.integer("minutes");
    let minutes = fields.require("minutes", minutes).and_then(|number| {
        Minutes::try_from(number).map_err(|error| fields.refuse::<()>("minutes", error.to_string())).ok()
    });
    let mfa_code = fields.optional("mfaCode");
    let ((reason, minutes), mfa_code) = fields.whole(reason.zip(minutes).zip(Some(mfa_code)))?;
    api.console_sessions.take(caller.principal.user_id, Instant::now()).map_err(|exhausted| {
        Failure::exhausted(exhausted, "You have used up your console sessions for this minute")
    })?;
    let by = Requester::Owner(&caller.principal);
    match api.control.support().request(&by, id, Request { reason, minutes, mfa_code }).await? {
        Outcome::Opened(session, url) => Ok(opened(session, &url)),
        Outcome::Waits(session) => {
            Ok((StatusCode::ACCEPTED, Json(ConsoleSessionView::from(session))).into_response())
        }
    }
}

/// A secret answer: no cache keeps it.
fn opened(session: ConsoleSession, url: &Secret) -> Response {
    let opened = ConsoleSessionOpened { session: session.into(), sign_in_url: url.expose().to_owned() };
    let headers = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::CREATED, headers, Json(opened)).into_response()
}

/// Approve a console session
///
/// Who asked for it can open it once, within an hour.
#[utoipa::path(
    post,
    path = "/api/console-sessions/{id}/approve",
    tag = "Support access",
    params(("id" = String, Path, description = "The session's id.")),
    responses(
        (status = 200, description = "The session is approved.", body = ConsoleSessionView),
        (status = 404, description = "There is no such session.", body = ErrorBody),
        (status = 409, description = "It does not wait for a decision.", body = ErrorBody)
    )
)]
pub(crate) async fn approve_console_session(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
    Id(id): Id<ConsoleSessionId>,
) -> Result<Json<ConsoleSessionView>, Failure> {
    let session = api.control.support().decide(&caller.principal, id, Verdict::Approve).await?;
    Ok(Json(session.into()))
}

/// Deny a console session
#[utoipa::path(
    post,
    path = "/api/console-sessions/{id}/deny",
    tag = "Support access",
    params(("id" = String, Path, description = "The session's id.")),
    responses(
        (status = 200, description = "The session is denied.", body = ConsoleSessionView),
        (status = 404, description = "There is no such session.", body = ErrorBody),
        (status = 409, description = "It does not wait for a decision.", body = ErrorBody)
    )
)]
pub(crate) async fn deny_console_session(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
    Id(id): Id<ConsoleSessionId>,
) -> Result<Json<ConsoleSessionView>, Failure> {
    let session = api.control.support().decide(&caller.principal, id, Verdict::Deny).await?;
    Ok(Json(session.into()))
}
