//! `POST /v1/fixed/subscriptions`

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_domain::subscription::fixed::FixedCreate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    body::WholeBody,
    caller::{Caller, Write},
    failure::{ErrorBody, Failure},
    links::Origin,
    state::Api,
    v1::tasks::{Occasion, TaskView},
};

/// What a free subscription, or one of a fixed size, is made from. It names no cloud account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FixedSubscriptionCreate {
    /// Its name.
    #[schema(min_length = 1, max_length = 100, example = "Trial")]
    name: String,
    /// The id of its plan, as `GET /v1/fixed/plans` lists them.
    #[schema(example = 2701)]
    plan_id: i32,
    /// `credit-card` (the default) or `marketplace`, on record. Nothing is ever charged.
    #[schema(pattern = "^(credit-card|marketplace)$", example = "credit-card")]
    payment_method: Option<String>,
    /// Which of the account's payment methods; none for a free plan or under a contract.
    payment_method_id: Option<i32>,
}

/// Create a free or fixed subscription
///
/// Queues a task that puts it on record. Berth builds nothing for it, and it never touches a cloud account: a
/// request that names one is refused.
#[utoipa::path(
    post,
    path = "/v1/fixed/subscriptions",
    tag = "Subscriptions",
    request_body = FixedSubscriptionCreate,
    responses(
        (status = 202, description = "The task was queued.", body = TaskView),
        (status = 400, description = "Something is wrong; `errors` names everything at once.", body = ErrorBody),
        (status = 404, description = "There is no such plan.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 409, description = "The account has a free subscription already.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn create_fixed_subscription(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    origin: Origin,
    body: WholeBody,
) -> Result<(StatusCode, Json<TaskView>), Failure> {
    let request = FixedCreate::parse(&body.object()?).map_err(Failure::refused)?;
    let task = api.control.create_fixed_subscription(&caller.principal, request).await?;
    Ok((StatusCode::ACCEPTED, Json(TaskView::new(task, Occasion::Queued, &origin))))
}
