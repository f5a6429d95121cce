//! `PUT /v1/subscriptions/{id}`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::{
    ids::SubscriptionId,
    subscription::terms::{SubscriptionChange, SubscriptionUpdate},
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

/// What to change of a subscription; what is absent or `null` stays as it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SubscriptionUpdate)]
pub(crate) struct SubscriptionUpdateBody {
    /// A new name.
    #[schema(min_length = 1, max_length = 100, example = "Web shop")]
    name: Option<String>,
    /// By what it is paid from now on: `credit-card` or `marketplace`.
    #[schema(pattern = "^(credit-card|marketplace)$", example = "credit-card")]
    payment_method: Option<String>,
    /// By which of the account's payment methods.
    payment_method_id: Option<i32>,
    /// Whether its databases may be reached from public addresses.
    public_endpoint_access: Option<bool>,
}

/// Change a subscription
///
/// Queues a task that changes its name, its payment or its access.
#[utoipa::path(
    put,
    path = "/v1/subscriptions/{id}",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    request_body = SubscriptionUpdateBody,
    responses(
        (status = 200, description = "The task was queued.", body = TaskView),
        (status = 400, description = "Something is wrong; `errors` names everything at once.", body = ErrorBody),
        (status = 403, description = "The role does not allow this, or the subscription is being deleted.",
            body = ErrorBody),
        (status = 404, description = "There is no such subscription.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn update_subscription(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    origin: Origin,
    body: WholeBody,
) -> Result<Json<TaskView>, Failure> {
    let update = SubscriptionUpdate::parse(&body.object()?).map_err(Failure::refused)?;
    let change = SubscriptionChange::Update(update);
    let task = api.control.change_subscription(&caller.principal, id, change).await?;
    Ok(Json(TaskView::new(task, Occasion::Queued, &origin)))
}
