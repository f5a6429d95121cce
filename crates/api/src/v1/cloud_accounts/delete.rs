//! `DELETE /v1/cloud-accounts/{id}`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::ids::CloudAccountId;

use super::refuse_internal;
use crate::{
    caller::{Caller, Write},
    failure::{ErrorBody, Failure},
    links::Origin,
    path_id::Id,
    state::Api,
    v1::tasks::{Occasion, TaskView},
};

/// Remove a cloud account
///
/// Queues a task that removes the cloud account and its credentials from Berth. Nothing is done to the AWS
/// account.
#[utoipa::path(
    delete,
    path = "/v1/cloud-accounts/{id}",
    tag = "Cloud accounts",
    params(("id" = i32, Path, description = "The cloud account's id.")),
    responses(
        (status = 200, description = "The task was queued.", body = TaskView,
            example = json!(TaskView::sample_queued())),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody),
        (status = 403, description = "The role does not allow this, or the cloud account is being removed already.",
            body = ErrorBody),
        (status = 409, description = "Subscriptions use the cloud account.", body = ErrorBody)
    )
)]
pub(crate) async fn delete_cloud_account(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
    origin: Origin,
) -> Result<Json<TaskView>, Failure> {
    refuse_internal(id)?;
    let task = api.control.delete_cloud_account(&caller.principal, id).await?;
    Ok(Json(TaskView::new(task, Occasion::Queued, &origin)))
}
