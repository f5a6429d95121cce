//! `GET /api/subscriptions`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::{
    ids::{AccountId, CloudAccountId, SubscriptionId},
    subscription::{Plan, Subscription, SubscriptionStatus, terms::Terms},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};

use crate::{
    caller::{Caller, Read},
    document::words,
    failure::Failure,
    state::Api,
    v1::subscriptions::statuses,
};

/// A subscription.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Subscription)]
pub(crate) struct SubscriptionView {
    /// Its id.
    #[schema(example = 1)]
    id: i32,
    /// Its name.
    #[schema(example = "Web shop")]
    name: String,
    /// Its plan.
    #[schema(schema_with = plans)]
    plan: &'static str,
    /// Where it stands.
    #[schema(schema_with = statuses)]
    status: &'static str,
    /// The cloud account it runs in; `null` is the operator's own AWS account.
    #[schema(example = 101, required = true)]
    cloud_account_id: Option<i32>,
    /// The AWS regions it runs in.
    #[schema(example = json!(["eu-west-1"]))]
    regions: Vec<String>,
}

/// A subscription, and how much of it others have changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedSubscription {
    #[serde(flatten)]
    subscription: SubscriptionView,
    /// How many differences are known between what Berth built for it and what is there.
    #[schema(example = 0)]
    drift: u32,
}

/// An account's subscriptions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Subscriptions {
    /// The subscriptions, by id.
    subscriptions: Vec<ListedSubscription>,
}

impl From<Subscription> for SubscriptionView {
    fn from(subscription: Subscription) -> Self {
        Self {
            id: subscription.id.0,
            name: subscription.name.into(),
            plan: subscription.plan.as_str(),
            status: subscription.status.as_str(),
            cloud_account_id: subscription.cloud_account_id.map(|id| id.0),
            regions: subscription.regions,
        }
    }
}

impl SubscriptionView {
    pub(crate) fn sample() -> Self {
        Self::from(Subscription {
            id: SubscriptionId(1),
            account_id: AccountId(1),
            name: "Web shop".parse().expect("a name"),
            plan: Plan::Flexible,
            status: SubscriptionStatus::Active,
            status_reason: None,
            cloud_account_id: Some(CloudAccountId(101)),
            regions: vec!["eu-west-1".to_owned()],
            terms: Terms::Recorded,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        })
    }
}

impl ListedSubscription {
    fn sample() -> Self {
        Self { subscription: SubscriptionView::sample(), drift: 0 }
    }
}

fn plans() -> Object {
    words(
        "Its plan. Flexible and annual ones may run in the customer's own AWS account.",
        Plan::ALL.map(Plan::as_str),
    )
}

/// List subscriptions
///
/// What the account has subscribed to, by id.
#[utoipa::path(
    get,
    path = "/api/subscriptions",
    tag = "Subscriptions",
    responses((status = 200, description = "The subscriptions.", body = Subscriptions,
        example = json!(Subscriptions { subscriptions: vec![ListedSubscription::sample()] })))
)]
pub(crate) async fn list_subscriptions(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
) -> Result<Json<Subscriptions>, Failure> {
    let by = &caller.principal;
    let (subscriptions, drift) =
        tokio::try_join!(api.control.list_subscriptions(by), api.control.drift_counts(by))?;
    let subscriptions = subscriptions.into_iter().map(|subscription| ListedSubscription {
        drift: drift.get(&subscription.id).copied().unwrap_or_default(),
        subscription: subscription.into(),
    });
    Ok(Json(Subscriptions { subscriptions: subscriptions.collect() }))
}
