//! `PUT /v1/fixed/subscriptions/{id}`

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_domain::{
    ids::SubscriptionId,
    subscription::{fixed::FixedUpdate, terms::SubscriptionChange},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    body::WholeBody,
    caller::{Caller, Write},
    failure::{ErrorBody, Failure},
    links::Origin,
    path_id::Id,
    state::Api,
    v1::tasks::{Occasion, TaskView},
};

/// What to change of a free or fixed subscription; what is absent or `null` stays as it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FixedSubscriptionUpdate {
    /// A new name.
    #[schema(min_length = 1, max_length = 100, example = "Trial")]
    name: Option<String>,
    /// The id of another plan in the same region.
    #[schema(example = 2702)]
    plan_id: Option<i32>,
    /// By what it is paid from now on: `credit-card` or `marketplace`.
    #[schema(pattern = "^(credit-card|marketplace)$", example = "credit-card")]
    payment_method: Option<String>,
    /// By which of the account's payment methods.
    payment_method_id: Option<i32>,
}

/// Change a free or fixed subscription
///
/// Queues a task that changes its name, its payment or its plan, within its region.
#[utoipa::path(
    put,
    path = "/v1/fixed/subscriptions/{id}",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    request_body = FixedSubscriptionUpdate,
    responses(
        (status = 202, description = "The task was queued.", body = TaskView),
        (status = 400, description = "Something is wrong; `errors` names everything at once.", body = ErrorBody),
        (status = 404, description = "There is no such subscription.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn update_fixed_subscription(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    origin: Origin,
    body: WholeBody,
) -> Result<(StatusCode, Json<TaskView>), Failure> {
    let update = FixedUpdate::parse(&body.object()?).map_err(Failure::refused)?;
    let change = SubscriptionChange::Fixed(update);
    let task = api.control.change_subscription(&caller.principal, id, change).await?;
    Ok((StatusCode::ACCEPTED, Json(TaskView::new(task, Occasion::Queued, &origin))))
}
