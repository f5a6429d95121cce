//! `DELETE /v1/subscriptions/{id}`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::ids::SubscriptionId;

use crate::{
    caller::{Caller, Write},
    failure::{ErrorBody, Failure},
    links::Origin,
    path_id::Id,
    state::Api,
    v1::tasks::{Occasion, TaskView},
};

/// Delete a subscription
///
/// Queues a task after which the subscription is `deleting`: everything Berth built for it is removed from AWS,
/// and nothing else. It is gone when nothing is left. Planned databases go with it.
#[utoipa::path(
    delete,
    path = "/v1/subscriptions/{id}",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 200, description = "The task was queued.", body = TaskView),
        (status = 403, description = "The role does not allow this, or the subscription is being deleted already.",
            body = ErrorBody),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn delete_subscription(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    origin: Origin,
) -> Result<Json<TaskView>, Failure> {
    let task = api.control.delete_subscription(&caller.principal, id).await?;
    Ok(Json(TaskView::new(task, Occasion::Queued, &origin)))
}
