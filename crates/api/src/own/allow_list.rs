//! `GET /api/subscriptions/{id}/allow-list`: what `GET /v1/subscriptions/{id}/cidr` takes a task for.

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::{ids::SubscriptionId, subscription::access::AllowList};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    path_id::Id,
    state::Api,
};

/// From where clients may reach a subscription's databases. Nobody may while it is empty.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AllowList)]
pub(crate) struct AllowListView {
    /// Networks.
    #[schema(example = json!(["10.1.0.0/16"]))]
    cidr_ips: Vec<String>,
    /// Security groups.
    #[schema(example = json!(["sg-0125be68a4625884a"]))]
    security_group_ids: Vec<String>,
}

impl From<AllowList> for AllowListView {
    fn from(list: AllowList) -> Self {
        Self {
            cidr_ips: list.cidrs.iter().map(ToString::to_string).collect(),
            security_group_ids: list.security_groups.iter().map(ToString::to_string).collect(),
        }
    }
}

/// View a subscription's allow list
///
/// At once, and without a task.
#[utoipa::path(
    get,
    path = "/api/subscriptions/{id}/allow-list",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 200, description = "The allow list; empty for a subscription for which Berth built nothing.",
            body = AllowListView),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn read_allow_list(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
) -> Result<Json<AllowListView>, Failure> {
    let subscription = api.control.view_subscription(&caller.principal, id).await?;
    let list = subscription.terms.pro().map(|terms| terms.allow_list.clone());
    Ok(Json(list.unwrap_or_default().into()))
}
