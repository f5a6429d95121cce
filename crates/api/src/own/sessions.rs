//! `/api/sessions`: where one is signed in, and ending that.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_domain::{
    account::{Session, Via},
    ids::SessionId,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    caller::{Caller, OwnSession},
    failure::{ErrorBody, Failure},
    path_id::Id,
    state::Api,
};

/// The caller's sessions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sessions {
    /// The sessions, latest first.
    sessions: Vec<SessionEntry>,
}

/// A session of the caller's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionEntry {
    /// Its id.
    id: Uuid,
    /// When it was started.
    created_timestamp: Timestamp,
    /// When it was last used, give or take a minute.
    last_used_timestamp: Timestamp,
    /// The address it was started from.
    #[schema(example = "192.0.2.1")]
    address: String,
    /// What the browser calls itself.
    user_agent: String,
    /// Whether it is the one that asks.
    current: bool,
}

impl SessionEntry {
    fn new(session: Session, via: &Via) -> Self {
        Self {
            id: session.id.0,
            created_timestamp: session.created_at,
            last_used_timestamp: session.last_used_at,
            address: session.address,
            user_agent: session.user_agent,
            current: *via == Via::Session(session.id),
        }
    }
}

/// List one's sessions
///
/// Where the caller is signed in, latest first.
#[utoipa::path(
    get,
    path = "/api/sessions",
    tag = "Session",
    responses((status = 200, description = "The sessions.", body = Sessions))
)]
pub(crate) async fn list_sessions(
    caller: Caller<OwnSession>,
    State(api): State<Arc<Api>>,
) -> Result<Json<Sessions>, Failure> {
    let sessions = api.control.list_sessions(&caller.principal, api.session_limits).await?;
    let via = &caller.principal.via;
    Ok(Json(Sessions { sessions: sessions.into_iter().map(|it| SessionEntry::new(it, via)).collect() }))
}

/// End one of one's sessions
#[utoipa::path(
    delete,
    path = "/api/sessions/{id}",
    tag = "Session",
    params(("id" = Uuid, Path, description = "The session's id.")),
    responses(
        (status = 204, description = "It has ended."),
        (status = 404, description = "The caller has no such session.", body = ErrorBody)
    )
)]
pub(crate) async fn end_session(
    caller: Caller<OwnSession>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SessionId>,
) -> Result<StatusCode, Failure> {
    api.control.end_session(&caller.principal, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
