//! `GET /v1/subscriptions/{id}/pricing`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::ids::SubscriptionId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    path_id::Id,
    state::Api,
};

/// What a subscription costs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Pricing {
    /// Nothing: AWS bills what is built to the AWS account it is in, and Berth charges nothing.
    #[schema(value_type = Vec<Object>, max_items = 0)]
    pricing: [(); 0],
}

/// View a subscription's prices
///
/// There are none: AWS bills what is built to the AWS account it is in, and Berth charges nothing.
#[utoipa::path(
    get,
    path = "/v1/subscriptions/{id}/pricing",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 200, description = "The prices.", body = Pricing),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn view_pricing(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
) -> Result<Json<Pricing>, Failure> {
    api.control.view_subscription(&caller.principal, id).await?;
    Ok(Json(Pricing { pricing: [] }))
}
