//! `GET /v1/fixed/subscriptions`

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{FixedSubscriptionView, is_fixed};
use crate::{
    caller::{Caller, Read},
    failure::Failure,
    links::{Link, Origin},
    state::Api,
};

/// An account's free subscriptions and those of a fixed size.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FixedSubscriptions {
    /// The account.
    #[schema(example = 1)]
    account_id: i32,
    /// The subscriptions, by id.
    subscriptions: Vec<FixedSubscriptionView>,
    /// Related: the list itself.
    links: Vec<Link>,
}

/// List free and fixed subscriptions
///
/// Flexible and annual ones are at `GET /v1/subscriptions`.
#[utoipa::path(
    get,
    path = "/v1/fixed/subscriptions",
    tag = "Subscriptions",
    responses((status = 200, description = "The subscriptions.", body = FixedSubscriptions))
)]
pub(crate) async fn list_fixed_subscriptions(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    origin: Origin,
) -> Result<Json<FixedSubscriptions>, Failure> {
    let subscriptions = api.control.list_subscriptions(&caller.principal).await?;
    let subscriptions = subscriptions.into_iter().filter(is_fixed);
    Ok(Json(FixedSubscriptions {
        account_id: caller.principal.account_id.0,
        subscriptions: subscriptions.map(|one| FixedSubscriptionView::new(one, &origin)).collect(),
        links: vec![origin.link("self", "/v1/fixed/subscriptions")],
    }))
}
