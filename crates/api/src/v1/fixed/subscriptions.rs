//! `/v1/fixed/subscriptions`: how free subscriptions and those of a fixed size look to clients.

pub(crate) mod create;
pub(crate) mod databases;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod update;
pub(crate) mod view;

use berth_domain::subscription::{
    Subscription,
    fixed::{FixedOrder, FixedPlan},
    terms::Terms,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    links::{Link, Origin},
    v1::subscriptions::statuses,
};

/// A free subscription, or one of a fixed size.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FixedSubscription)]
pub(crate) struct FixedSubscriptionView {
    /// Its id.
    #[schema(example = 2)]
    id: i32,
    /// Its name.
    #[schema(example = "Trial")]
    name: String,
    /// Where it stands.
    #[schema(schema_with = statuses)]
    status: &'static str,
    /// By which of the account's payment methods it is paid, on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 2, nullable = false)]
    payment_method_id: Option<i32>,
    /// By what it is paid, on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "credit-card", nullable = false)]
    payment_method_type: Option<&'static str>,
    /// The id of its plan; none where the operator recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 2702, nullable = false)]
    plan_id: Option<i32>,
    /// Its plan's name.
    #[schema(example = "Fixed 250MB")]
    plan_name: &'static str,
    /// What it was bought as: `free` or `fixed`.
    #[schema(example = "fixed")]
    plan_type: &'static str,
    /// Its memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 250.0, nullable = false)]
    size: Option<f64>,
    /// What sizes are counted in.
    #[schema(example = "MB")]
    size_measurement_unit: &'static str,
    /// Its provider.
    #[schema(example = "AWS")]
    provider: &'static str,
    /// Its region.
    #[schema(example = "eu-west-1")]
    region: String,
    /// Its price: nothing is ever charged.
    #[schema(example = 0)]
    price: i32,
    /// For how long.
    #[schema(example = "Month")]
    price_period: &'static str,
    /// In which currency.
    #[schema(example = "USD")]
    price_currency: &'static str,
    /// When it was ordered.
    creation_date: Timestamp,
    /// Where its database stands: there is none, Berth runs no databases yet.
    #[schema(example = "draft")]
    database_status: &'static str,
    /// Related: the subscription itself.
    links: Vec<Link>,
}

/// Whether a subscription is shown here, and not among the flexible and annual ones.
fn is_fixed(subscription: &Subscription) -> bool {
    !subscription.plan.brings_own_cloud()
}

impl FixedSubscriptionView {
    fn new(subscription: Subscription, origin: &Origin) -> Self {
        let Subscription { id, name, status, plan, mut regions, terms, created_at, .. } = subscription;
        let order = match terms {
            Terms::Fixed(order) => Some(order),
            Terms::Recorded | Terms::Pro(_) => None,
        };
        let fixed = order.as_ref().and_then(|order| FixedPlan::find(order.plan_id));
        let payment = order.as_ref().and_then(|FixedOrder { payment, .. }| payment.as_ref());
        Self {
            id: id.0,
            name: name.into(),
            status: status.as_str(),
            payment_method_id: payment.and_then(|payment| payment.id).map(|id| id.0),
            payment_method_type: payment.map(|payment| payment.method.as_str()),
            plan_id: fixed.map(|plan| plan.id),
            plan_name: fixed.map_or(plan.as_str(), |plan| plan.tier.name),
            plan_type: plan.as_str(),
            size: fixed.map(|plan| f64::from(plan.tier.size_mb)),
            size_measurement_unit: "MB",
            provider: "AWS",
            region: if regions.is_empty() { String::new() } else { regions.swap_remove(0) },
            price: 0,
            price_period: "Month",
            price_currency: "USD",
            creation_date: created_at,
            database_status: "draft",
            links: vec![origin.link("self", format_args!("/v1/fixed/subscriptions/{id}"))],
        }
    }
}
