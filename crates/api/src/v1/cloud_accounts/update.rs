//! `PUT /v1/cloud-accounts/{id}`

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_domain::{cloud_account::Change, ids::CloudAccountId};

use super::{form, refuse_internal, request::CloudAccountUpdate};
use crate::{
    body::WholeBody,
    caller::{Caller, Write},
    failure::{ErrorBody, Failure},
    links::Origin,
    path_id::Id,
    state::Api,
    v1::tasks::{Occasion, TaskView},
};

/// Change a cloud account
///
/// Queues a task that verifies the cloud account as it would be, and changes it only then: until that, and
/// when it fails, the account keeps working as it was. Absent and `null` fields stay as they are, unknown ones
/// are ignored. A new `accessKeyId` needs its `accessSecretKey`, a new `consoleUsername` its
/// `consolePassword`.
#[utoipa::path(
    put,
    path = "/v1/cloud-accounts/{id}",
    tag = "Cloud accounts",
    params(("id" = i32, Path, description = "The cloud account's id.")),
    request_body(content = CloudAccountUpdate, example = json!(CloudAccountUpdate::sample())),
    responses(
        (status = 202, description = "The task was queued.", body = TaskView,
            example = json!(TaskView::sample_queued())),
        (status = 400, description = "The body is malformed; `errors` names every field at fault.",
            body = ErrorBody, example = json!(ErrorBody::sample())),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 403, description = "The role does not allow this, or the cloud account is being removed.",
            body = ErrorBody),
        (status = 409, description = "The name or the access key is registered already.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn update_cloud_account(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
    origin: Origin,
    WholeBody(body): WholeBody,
) -> Result<(StatusCode, Json<TaskView>), Failure> {
    refuse_internal(id)?;
    let form = match form::read(&body)?.well_typed() {
        Ok(form) => form,
        Err(mistyped) => {
            let current = api.control.view_cloud_account(&caller.principal, id).await?;
            return Err(mistyped.explain(|form| Change::parse(form, &current)));
        }
    };
    let task = api.control.update_cloud_account(&caller.principal, id, form).await?;
    Ok((StatusCode::ACCEPTED, Json(TaskView::new(task, Occasion::Queued, &origin))))
}
