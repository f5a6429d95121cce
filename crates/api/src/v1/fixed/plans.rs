//! `GET /v1/fixed/plans`, one of them, and those that a subscription can change to.

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::{ids::SubscriptionId, subscription::fixed::FixedPlan, task::ErrorType};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    links::{Link, Origin},
    path_id::{Id, PathId},
    query::Parameters,
    state::Api,
};

/// Plans of a fixed size.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FixedPlans {
    /// The plans, by id.
    plans: Vec<FixedPlanView>,
    /// Related: the list itself.
    links: Vec<Link>,
}

/// A plan of a fixed size, in one region.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FixedPlan)]
pub(crate) struct FixedPlanView {
    /// Its id.
    #[schema(example = 2702)]
    id: i32,
    /// Its name.
    #[schema(example = "Fixed 250MB")]
    name: &'static str,
    /// Its memory.
    #[schema(example = 250.0)]
    size: f64,
    /// The data it holds.
    #[schema(example = 250.0)]
    dataset_size: f64,
    /// What sizes are counted in.
    #[schema(example = "MB")]
    size_measurement_unit: &'static str,
    /// Its provider.
    #[schema(example = "AWS")]
    provider: &'static str,
    /// Its region.
    #[schema(example = "eu-west-1")]
    region: &'static str,
    /// Its region's number, as in `GET /v1/regions`.
    #[schema(example = 27)]
    region_id: i32,
    /// Its price: nothing is ever charged.
    #[schema(example = 0)]
    price: i32,
    /// In which currency.
    #[schema(example = "USD")]
    price_currency: &'static str,
    /// For how long.
    #[schema(example = "Month")]
    price_period: &'static str,
    /// How many databases it may have.
    #[schema(example = 1)]
    maximum_databases: i32,
    /// How available it is.
    #[schema(example = "Single-zone")]
    availability: &'static str,
    /// How many connections.
    #[schema(example = "256")]
    connections: String,
    /// How many networks an allow list may have.
    #[schema(example = 4)]
    cidr_allow_rules: i32,
    support_data_persistence: bool,
    support_instant_and_daily_backups: bool,
    support_replication: bool,
    support_clustering: bool,
    support_ssl: bool,
    redis_flex: bool,
    /// Who helps.
    #[schema(example = "The operator")]
    customer_support: &'static str,
    /// Related: the plan itself.
    links: Vec<Link>,
}

/// The id of a plan, in a path.
pub(crate) struct PlanId(FixedPlan);

impl std::str::FromStr for PlanId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.parse().ok().and_then(FixedPlan::find).map(Self).ok_or(())
    }
}

impl PathId for PlanId {
    fn missing() -> Failure {
        Failure::new(
            ErrorType::NotFound,
            "There is no such plan. GET /v1/fixed/plans lists those there are.",
        )
    }
}

impl FixedPlanView {
    fn new(plan: FixedPlan, origin: &Origin) -> Self {
        let FixedPlan { id, region, tier } = plan;
        Self {
            id,
            name: tier.name,
            size: f64::from(tier.size_mb),
            dataset_size: f64::from(tier.size_mb),
            size_measurement_unit: "MB",
            provider: "AWS",
            region: region.name,
            region_id: region.id,
            price: 0,
            price_currency: "USD",
            price_period: "Month",
            maximum_databases: tier.databases,
            availability: if tier.replication { "Single-zone" } else { "No replication" },
            connections: tier.connections.to_string(),
            cidr_allow_rules: tier.cidr_allow_rules,
            support_data_persistence: tier.replication,
            support_instant_and_daily_backups: false,
            support_replication: tier.replication,
            support_clustering: false,
            support_ssl: tier.replication,
            redis_flex: false,
            customer_support: "The operator",
            links: vec![origin.link("self", format_args!("/v1/fixed/plans/{id}"))],
        }
    }
}

/// List fixed plans
///
/// Free plans and those of a fixed size, in every region. Nothing is ever charged.
#[utoipa::path(
    get,
    path = "/v1/fixed/plans",
    tag = "Subscriptions",
    params(
        ("provider" = Option<String>, Query, description = "Only plans of this provider: AWS, GCP or AZURE. \
            Berth has those of AWS."),
        ("redisFlex" = Option<bool>, Query, description = "Only plans on flash, or without: Berth has those \
            without.")
    ),
    responses(
        (status = 200, description = "The plans.", body = FixedPlans),
        (status = 400, description = "A parameter is wrong.", body = ErrorBody)
    )
)]
pub(crate) async fn list_fixed_plans(
    _caller: Caller<Read>,
    mut parameters: Parameters,
    origin: Origin,
) -> Result<Json<FixedPlans>, Failure> {
    let provider = parameters.choice("provider", &["AWS", "GCP", "AZURE"]);
    let flex = parameters.choice("redisFlex", &["true", "false"]);
    parameters.finish()?;
    let asked = provider.is_none_or(|provider| provider == "AWS") && flex != Some("true");
    let plans = FixedPlan::all().filter(|_| asked).map(|plan| FixedPlanView::new(plan, &origin));
    Ok(Json(FixedPlans { plans: plans.collect(), links: vec![origin.link("self", "/v1/fixed/plans")] }))
}

/// View a fixed plan
///
/// A free plan or one of a fixed size.
#[utoipa::path(
    get,
    path = "/v1/fixed/plans/{id}",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The plan's id.")),
    responses(
        (status = 200, description = "The plan.", body = FixedPlanView),
        (status = 404, description = "There is no such plan.", body = ErrorBody)
    )
)]
pub(crate) async fn view_fixed_plan(
    _caller: Caller<Read>,
    Id(PlanId(plan)): Id<PlanId>,
    origin: Origin,
) -> Result<Json<FixedPlanView>, Failure> {
    Ok(Json(FixedPlanView::new(plan, &origin)))
}

/// List the fixed plans of a subscription
///
/// Those that it can change to: the plans of its own region.
#[utoipa::path(
    get,
    path = "/v1/fixed/plans/subscriptions/{id}",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 200, description = "The plans.", body = FixedPlans),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn list_plans_of_subscription(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    origin: Origin,
) -> Result<Json<FixedPlans>, Failure> {
    let subscription = api.control.view_fixed_subscription(&caller.principal, id).await?;
    let plans =
        FixedPlan::all().filter(|plan| subscription.regions.iter().any(|name| name == plan.region.name));
    let plans = plans.map(|plan| FixedPlanView::new(plan, &origin)).collect();
    let links = vec![origin.link("self", format_args!("/v1/fixed/plans/subscriptions/{id}"))];
    Ok(Json(FixedPlans { plans, links }))
}
