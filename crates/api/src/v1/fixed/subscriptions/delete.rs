//! `DELETE /v1/fixed/subscriptions/{id}`

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

/// Delete a free or fixed subscription
///
/// Queues a task that takes it off the record.
#[utoipa::path(
    delete,
    path = "/v1/fixed/subscriptions/{id}",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 200, description = "The task was queued.", body = TaskView),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn delete_fixed_subscription(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    origin: Origin,
) -> Result<Json<TaskView>, Failure> {
    let task = api.control.delete_fixed_subscription(&caller.principal, id).await?;
    Ok(Json(TaskView::new(task, Occasion::Queued, &origin)))
}
