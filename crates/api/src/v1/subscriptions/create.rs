//! `POST /v1/subscriptions`

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_domain::subscription::order::CreateRequest;

use super::request::SubscriptionCreate;
use crate::{
    body::WholeBody,
    caller::{Caller, Write},
    failure::{ErrorBody, Failure},
    links::Origin,
    state::Api,
    v1::tasks::{Occasion, TaskView},
};

/// Create a subscription
///
/// Queues a task that asks AWS whether there is room for what is ordered. When that is done the subscription is
/// there, `pending`, and becomes `active` once everything is built. With `dryRun` nothing is created, and the
/// task's `response.resource` says what would be. Unknown fields are ignored, and `null` is the same as absent.
#[utoipa::path(
    post,
    path = "/v1/subscriptions",
    tag = "Subscriptions",
    request_body(content = SubscriptionCreate, example = json!(SubscriptionCreate::sample())),
    responses(
        (status = 202, description = "The task was queued.", body = TaskView),
        (status = 400, description = "Something is wrong with the order; `errors` names everything at once.",
            body = ErrorBody),
        (status = 403, description = "The role does not allow this, or the cloud account is not active.",
            body = ErrorBody),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn create_subscription(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    origin: Origin,
    body: WholeBody,
) -> Result<(StatusCode, Json<TaskView>), Failure> {
    let request = CreateRequest::parse(&body.object()?).map_err(Failure::refused)?;
    let task = api.control.create_subscription(&caller.principal, request).await?;
    Ok((StatusCode::ACCEPTED, Json(TaskView::new(task, Occasion::Queued, &origin))))
}
