//! `GET /v1/fixed/subscriptions/{id}`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::ids::SubscriptionId;

use super::FixedSubscriptionView;
use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    links::Origin,
    path_id::Id,
    state::Api,
};

/// View a free or fixed subscription
///
/// It is on record: Berth builds nothing for it.
#[utoipa::path(
    get,
    path = "/v1/fixed/subscriptions/{id}",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 200, description = "The subscription.", body = FixedSubscriptionView),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn view_fixed_subscription(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    origin: Origin,
) -> Result<Json<FixedSubscriptionView>, Failure> {
    let subscription = api.control.view_fixed_subscription(&caller.principal, id).await?;
    Ok(Json(FixedSubscriptionView::new(subscription, &origin)))
}
