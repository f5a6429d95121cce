//! `/api/cloud-accounts/{id}/rotations`: replacing a cloud account's access key without an outage.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_domain::{
    ids::{CloudAccountId, RotationId},
    rotation::{LastUse, Rotation, RotationState, SeenKey},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};
use uuid::Uuid;

use crate::{
    caller::{Caller, Read, Write},
    document::words,
    failure::{ErrorBody, Failure},
    path_id::{Id, Ids},
    state::Api,
};

/// A cloud account's rotations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rotations {
    /// The rotations, newest first, at most 50.
    rotations: Vec<RotationView>,
}

/// One rotation of a cloud account's access key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Rotation)]
pub(crate) struct RotationView {
    /// Its id.
    id: Uuid,
    /// The cloud account.
    #[schema(example = 101)]
    cloud_account_id: i32,
    /// Where it stands.
    #[schema(schema_with = states)]
    state: &'static str,
    /// What it waits for, or how it ended, and what to do.
    status: String,
    /// Whether the status needs somebody's attention.
    needs_attention: bool,
    /// The access key that was in force when it began.
    #[schema(example = "AKIAIOSFODNN7EXAMPLE")]
    old_access_key_id: String,
    /// The access key that replaces it, once there is one.
    #[schema(example = "AKIAI44QH8DHBEXAMPLE", required = true)]
    new_access_key_id: Option<String>,
    /// The IAM user's access keys as AWS last showed them.
    keys: Vec<RotationKey>,
    /// What happened so far.
    events: Vec<RotationEventView>,
    /// Who began it: a user's email address, or `berth` for a schedule and the operator.
    #[schema(example = "owner@acme.example")]
    originator: String,
    /// When it began.
    created_timestamp: Timestamp,
    /// When it came into its state.
    state_timestamp: Timestamp,
    /// When the new key became the cloud account's.
    #[schema(required = true)]
    swapped_timestamp: Option<Timestamp>,
    /// When the old key was switched off.
    #[schema(required = true)]
    deactivated_timestamp: Option<Timestamp>,
    /// When Berth looks again; `null` when it has ended.
    #[schema(required = true)]
    next_timestamp: Option<Timestamp>,
    /// When it ended.
    #[schema(required = true)]
    finished_timestamp: Option<Timestamp>,
}

/// An access key of the IAM user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RotationKey {
    /// Its id.
    #[schema(example = "AKIAIOSFODNN7EXAMPLE")]
    access_key_id: String,
    /// Whether it is switched on.
    active: bool,
    /// When it was created.
    created_timestamp: Timestamp,
    /// Whether AWS told of its last use: `unknown` says nothing about the key.
    #[schema(schema_with = uses)]
    last_use: &'static str,
    /// When it was last used, when it was; AWS is up to some hours behind.
    #[schema(required = true)]
    last_used_timestamp: Option<Timestamp>,
    /// With which AWS service.
    #[schema(example = "ec2", required = true)]
    last_used_service: Option<String>,
    /// In which region.
    #[schema(example = "eu-west-1", required = true)]
    last_used_region: Option<String>,
}

/// Something that happened in a rotation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RotationEvent)]
pub(crate) struct RotationEventView {
    /// When.
    timestamp: Timestamp,
    /// What.
    description: String,
}

impl RotationView {
    fn new(rotation: Rotation) -> Self {
        let events = rotation.history.into_iter();
        Self {
            id: rotation.id.0,
            cloud_account_id: rotation.cloud_account_id.0,
            state: rotation.state.as_str(),
            status: rotation.status,
            needs_attention: rotation.needs_attention,
            old_access_key_id: rotation.old_key.into(),
            new_access_key_id: rotation.new_key.map(String::from),
            keys: rotation.keys.into_iter().map(RotationKey::from).collect(),
            events: events
                .map(|event| RotationEventView { timestamp: event.at, description: event.what })
                .collect(),
            originator: rotation.originator,
            created_timestamp: rotation.created_at,
            state_timestamp: rotation.since,
            swapped_timestamp: rotation.swapped_at,
            deactivated_timestamp: rotation.deactivated_at,
            next_timestamp: rotation.finished_at.is_none().then_some(rotation.due_at),
            finished_timestamp: rotation.finished_at,
        }
    }
}

impl From<SeenKey> for RotationKey {
    fn from(key: SeenKey) -> Self {
        let (last_use, used) = match key.last_use {
            LastUse::Unknown => ("unknown", None),
            LastUse::Never => ("never", None),
            LastUse::Used { at, service, region } => ("used", Some((at, service, region))),
        };
        Self {
            access_key_id: key.id.into(),
            active: key.active,
            created_timestamp: key.created_at,
            last_use,
            last_used_timestamp: used.as_ref().map(|(at, ..)| *at),
            last_used_service: used.as_ref().map(|(_, service, _)| service.clone()),
            last_used_region: used.map(|(.., region)| region),
        }
    }
}

fn states() -> Object {
    words(
        "Where it stands. Before the swap: checking, creating, verifying; rolling-back when it is undone. \
             After it: grace (the old key still works and its use is watched), deactivating, observing (the old \
             key is off and can be had back), reactivating, deleting. cleaning-up: the cloud account was given \
             other credentials. Ended: completed, rolled-back, failed, superseded.",
        RotationState::ALL.map(RotationState::as_str),
    )
}

fn uses() -> Object {
    words("Whether AWS told of the key's last use.", ["unknown", "never", "used"])
}

/// Rotate a cloud account's access key
///
/// Begins a rotation and returns at once: Berth creates a second key, verifies everything with it until that
/// holds three times in a row, makes it the cloud account's, watches that nobody uses the old key any more,
/// switches that off, and deletes it. Nothing is touched unless everything needed is allowed and the user has no
/// other key.
#[utoipa::path(
    post,
    path = "/api/cloud-accounts/{id}/rotate",
    tag = "Key rotation",
    params(("id" = i32, Path, description = "The cloud account's id.")),
    responses(
        (status = 202, description = "The rotation has begun.", body = RotationView),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody),
        (status = 409, description = "A rotation is under way, the cloud account is being deleted, or it has no \
            access key.", body = ErrorBody)
    )
)]
pub(crate) async fn rotate_access_key(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
) -> Result<(StatusCode, Json<RotationView>), Failure> {
    let rotation = api.control.rotate(&caller.principal, id).await?;
    Ok((StatusCode::ACCEPTED, Json(RotationView::new(rotation))))
}

/// List a cloud account's rotations
///
/// How each stands or ended, with the keys as AWS last showed them.
#[utoipa::path(
    get,
    path = "/api/cloud-accounts/{id}/rotations",
    tag = "Key rotation",
    params(("id" = i32, Path, description = "The cloud account's id.")),
    responses(
        (status = 200, description = "The rotations.", body = Rotations),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody)
    )
)]
pub(crate) async fn list_rotations(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
) -> Result<Json<Rotations>, Failure> {
    let rotations = api.control.list_rotations(&caller.principal, id).await?;
    Ok(Json(Rotations { rotations: rotations.into_iter().map(RotationView::new).collect() }))
}

/// Cancel a rotation
///
/// Until the keys are swapped: the new key is deleted, the old one stays in force.
#[utoipa::path(
    delete,
    path = "/api/cloud-accounts/{id}/rotations/{rotationId}",
    tag = "Key rotation",
    params(
        ("id" = i32, Path, description = "The cloud account's id."),
        ("rotationId" = Uuid, Path, description = "The rotation's id.")
    ),
    responses(
        (status = 200, description = "The rotation is being undone, or is.", body = RotationView),
        (status = 404, description = "There is no such rotation.", body = ErrorBody),
        (status = 409, description = "The keys are swapped already, or the rotation has ended.", body = ErrorBody)
    )
)]
pub(crate) async fn cancel_rotation(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Ids(cloud_account, id): Ids<CloudAccountId, RotationId>,
) -> Result<Json<RotationView>, Failure> {
    let rotation = api.control.cancel_rotation(&caller.principal, cloud_account, id).await?;
    Ok(Json(RotationView::new(rotation)))
}

/// Get the old key of a rotation back
///
/// While the old key is off and not deleted yet: it is switched on again, and watched anew for the whole grace
/// period. The new key stays the cloud account's.
#[utoipa::path(
    post,
    path = "/api/cloud-accounts/{id}/rotations/{rotationId}/reactivate",
    tag = "Key rotation",
    params(
        ("id" = i32, Path, description = "The cloud account's id."),
        ("rotationId" = Uuid, Path, description = "The rotation's id.")
    ),
    responses(
        (status = 202, description = "The old key is being switched on.", body = RotationView),
        (status = 404, description = "There is no such rotation.", body = ErrorBody),
        (status = 409, description = "The old key is not off, or is gone.", body = ErrorBody)
    )
)]
pub(crate) async fn reactivate_old_key(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Ids(cloud_account, id): Ids<CloudAccountId, RotationId>,
) -> Result<(StatusCode, Json<RotationView>), Failure> {
    let rotation = api.control.reactivate_old_key(&caller.principal, cloud_account, id).await?;
    Ok((StatusCode::ACCEPTED, Json(RotationView::new(rotation))))
}
