//! `GET` and `PUT /v1/subscriptions/{id}/cidr`

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_domain::{
    ids::SubscriptionId,
    subscription::{access::AllowListChange, terms::SubscriptionChange},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    body::WholeBody,
    caller::{Caller, Read, Write},
    failure::{ErrorBody, Failure},
    links::Origin,
    path_id::Id,
    state::Api,
    v1::tasks::{Occasion, TaskView},
};

/// From where clients may reach a subscription's databases from now on; what is absent stays as it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AllowListUpdate {
    /// Networks; none removes all. Objects such as `{"cidr": "10.1.0.0/16"}` are accepted, too.
    #[schema(max_items = 50, example = json!(["10.1.0.0/16"]))]
    cidr_ips: Option<Vec<String>>,
    /// Security groups; none removes all.
    #[schema(max_items = 50, example = json!(["sg-0125be68a4625884a"]))]
    security_group_ids: Option<Vec<String>>,
}

/// Read a subscription's allow list
///
/// Queues a task whose `response.resource` has `cidr_ips` and `security_group_ids`.
#[utoipa::path(
    get,
    path = "/v1/subscriptions/{id}/cidr",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 202, description = "The task was queued.", body = TaskView),
        (status = 400, description = "The subscription has no allow list.", body = ErrorBody),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn view_allow_list(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    origin: Origin,
) -> Result<(StatusCode, Json<TaskView>), Failure> {
    let task = api.control.read_allow_list(&caller.principal, id).await?;
    Ok((StatusCode::ACCEPTED, Json(TaskView::new(task, Occasion::Queued, &origin))))
}

/// Change a subscription's allow list
///
/// Queues a task; the security group in AWS follows.
#[utoipa::path(
    put,
    path = "/v1/subscriptions/{id}/cidr",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    request_body = AllowListUpdate,
    responses(
        (status = 202, description = "The task was queued.", body = TaskView),
        (status = 400, description = "Something is wrong; `errors` names everything at once.", body = ErrorBody),
        (status = 403, description = "The role does not allow this, or the subscription is being deleted.",
            body = ErrorBody),
        (status = 404, description = "There is no such subscription.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn update_allow_list(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    origin: Origin,
    body: WholeBody,
) -> Result<(StatusCode, Json<TaskView>), Failure> {
    let change = AllowListChange::parse(&body.object()?).map_err(Failure::refused)?;
    let change = SubscriptionChange::AllowList(change);
    let task = api.control.change_subscription(&caller.principal, id, change).await?;
    Ok((StatusCode::ACCEPTED, Json(TaskView::new(task, Occasion::Queued, &origin))))
}
