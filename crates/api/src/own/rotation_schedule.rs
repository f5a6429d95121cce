//! `/api/cloud-accounts/{id}/rotation-schedule`: how often a cloud account's access key is rotated.

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::{ids::CloudAccountId, rotation::EveryDays};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    body::WholeBody,
    caller::{Caller, Read, Write},
    failure::{ErrorBody, Failure},
    fields::Fields,
    path_id::Id,
    state::Api,
};

/// How often a cloud account's access key is rotated.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RotationSchedule {
    /// So many days after its registration and each rotation; 0 is never. `null`: as the operator decided for all
    /// (never, when nothing is set).
    #[schema(minimum = 0, maximum = 3650, example = 90, required = true)]
    every_days: Option<i32>,
}

impl RotationSchedule {
    fn new(every: Option<EveryDays>) -> Self {
        Self { every_days: every.map(EveryDays::days) }
    }
}

/// View a rotation schedule
///
/// How often the cloud account's access key is rotated.
#[utoipa::path(
    get,
    path = "/api/cloud-accounts/{id}/rotation-schedule",
    tag = "Key rotation",
    params(("id" = i32, Path, description = "The cloud account's id.")),
    responses(
        (status = 200, description = "The schedule.", body = RotationSchedule),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody)
    )
)]
pub(crate) async fn view_rotation_schedule(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
) -> Result<Json<RotationSchedule>, Failure> {
    Ok(Json(RotationSchedule::new(api.control.rotation_schedule(&caller.principal, id).await?)))
}

/// Set a rotation schedule
///
/// A rotation that is due begins by itself, and is tried again a day later when it did not succeed.
#[utoipa::path(
    put,
    path = "/api/cloud-accounts/{id}/rotation-schedule",
    tag = "Key rotation",
    params(("id" = i32, Path, description = "The cloud account's id.")),
    request_body(content = RotationSchedule),
    responses(
        (status = 200, description = "The schedule as it is now.", body = RotationSchedule),
        (status = 400, description = "The body is malformed.", body = ErrorBody),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn set_rotation_schedule(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
    WholeBody(body): WholeBody,
) -> Result<Json<RotationSchedule>, Failure> {
    let mut fields = Fields::of(&body)?;
    let every = match fields.integer("everyDays") {
        None => None,
        Some(days) => EveryDays::new(days).or_else(|| {
            fields.refuse("everyDays", format!("must be from 0 (never) to {} days", EveryDays::LONGEST))
        }),
    };
    fields.check()?;
    api.control.set_rotation_schedule(&caller.principal, id, every).await?;
    Ok(Json(RotationSchedule::new(every)))
}
