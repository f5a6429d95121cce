//! `GET /v1/subscriptions/{id}`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_control::cloud_accounts::Page;
use berth_domain::ids::SubscriptionId;

use super::{AwsAccounts, SubscriptionView};
use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    links::Origin,
    path_id::Id,
    state::Api,
};

/// View a subscription
///
/// A flexible or annual subscription.
#[utoipa::path(
    get,
    path = "/v1/subscriptions/{id}",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 200, description = "The subscription.", body = SubscriptionView,
            example = json!(SubscriptionView::sample())),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn view_subscription(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    origin: Origin,
) -> Result<Json<SubscriptionView>, Failure> {
    let by = &caller.principal;
    let subscription = api.control.view_subscription(by, id).await?;
    let aws = AwsAccounts::from(api.control.list_cloud_accounts(by, Page::default()).await?);
    Ok(Json(SubscriptionView::new(subscription, &aws, &origin)))
}
