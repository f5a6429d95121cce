//! `GET /v1/subscriptions`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_control::cloud_accounts::Page;
use serde::Serialize;
use utoipa::ToSchema;

use super::{AwsAccounts, SubscriptionView, is_pro};
use crate::{
    caller::{Caller, Read},
    failure::Failure,
    links::{Link, Origin},
    state::Api,
};

/// An account's flexible and annual subscriptions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProSubscriptions {
    /// The account.
    #[schema(example = 1)]
    account_id: i32,
    /// The subscriptions, by id.
    subscriptions: Vec<SubscriptionView>,
    /// Related: the list itself.
    links: Vec<Link>,
}

/// List flexible and annual subscriptions
///
/// Free and fixed ones are at `GET /v1/fixed/subscriptions`.
#[utoipa::path(
    get,
    path = "/v1/subscriptions",
    tag = "Subscriptions",
    responses((status = 200, description = "The subscriptions.", body = ProSubscriptions))
)]
pub(crate) async fn list_pro_subscriptions(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    origin: Origin,
) -> Result<Json<ProSubscriptions>, Failure> {
    let by = &caller.principal;
    let subscriptions = api.control.list_subscriptions(by).await?;
    let aws = AwsAccounts::from(api.control.list_cloud_accounts(by, Page::default()).await?);
    let subscriptions = subscriptions.into_iter().filter(is_pro);
    Ok(Json(ProSubscriptions {
        account_id: by.account_id.0,
        subscriptions: subscriptions.map(|one| SubscriptionView::new(one, &aws, &origin)).collect(),
        links: vec![origin.link("self", "/v1/subscriptions")],
    }))
}
