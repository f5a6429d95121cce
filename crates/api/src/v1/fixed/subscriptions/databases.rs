//! `GET /v1/fixed/subscriptions/{id}/databases`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::ids::SubscriptionId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    links::{Link, Origin},
    path_id::Id,
    state::Api,
};

/// The databases of one of an account's free or fixed subscriptions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FixedDatabases {
    /// The account.
    #[schema(example = 1)]
    account_id: i32,
    /// The subscription.
    // One object here, where flexible subscriptions have a list of one: clients expect it so.
    subscription: DatabasesOfFixedSubscription,
    /// Related: the list itself.
    links: Vec<Link>,
}

/// The databases of a free or fixed subscription.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DatabasesOfFixedSubscription {
    /// The subscription.
    #[schema(example = 2)]
    subscription_id: i32,
    /// How many databases there are: Berth runs none yet.
    #[schema(example = 0)]
    number_of_databases: i32,
    /// The databases: none.
    #[schema(value_type = Vec<Object>, max_items = 0)]
    databases: [(); 0],
}

/// List a free or fixed subscription's databases
///
/// There are none: Berth runs no databases yet.
#[utoipa::path(
    get,
    path = "/v1/fixed/subscriptions/{id}/databases",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 200, description = "The databases.", body = FixedDatabases),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn list_fixed_databases(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    origin: Origin,
) -> Result<Json<FixedDatabases>, Failure> {
    let by = &caller.principal;
    api.control.view_fixed_subscription(by, id).await?;
    let path = format!("/v1/fixed/subscriptions/{id}/databases");
    Ok(Json(FixedDatabases {
        account_id: by.account_id.0,
        subscription: DatabasesOfFixedSubscription {
            subscription_id: id.0,
            number_of_databases: 0,
            databases: [],
        },
        links: vec![origin.link("self", path)],
    }))
}
