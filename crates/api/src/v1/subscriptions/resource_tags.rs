//! `PUT /v1/subscriptions/{id}/resource-tags`

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_domain::{
    ids::SubscriptionId,
    subscription::{tags::ResourceTags, terms::SubscriptionChange},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::request::TagRequest;
use crate::{
    body::WholeBody,
    caller::{Caller, Write},
    failure::{ErrorBody, Failure},
    links::Origin,
    path_id::Id,
    state::Api,
    v1::tasks::{Occasion, TaskView},
};

/// All resource tags of a subscription from now on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResourceTagsUpdate {
    /// The tags; none removes all.
    #[schema(max_items = 30)]
    resource_tags: Vec<TagRequest>,
}

/// Replace a subscription's resource tags
///
/// Queues a task. What is built from then on has the new tags; what is there keeps those it has.
#[utoipa::path(
    put,
    path = "/v1/subscriptions/{id}/resource-tags",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    request_body = ResourceTagsUpdate,
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
pub(crate) async fn update_resource_tags(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    origin: Origin,
    body: WholeBody,
) -> Result<(StatusCode, Json<TaskView>), Failure> {
    let tags = ResourceTags::parse(&body.object()?).map_err(Failure::refused)?;
    let change = SubscriptionChange::ResourceTags(tags);
    let task = api.control.change_subscription(&caller.principal, id, change).await?;
    Ok((StatusCode::ACCEPTED, Json(TaskView::new(task, Occasion::Queued, &origin))))
}
