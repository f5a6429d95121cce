//! `/api/deployments` and what belongs to a subscription's deployments: progress, drift, another try.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_control::deployments::{DriftReport, Standing, StepState};
use berth_domain::{
    deployment::{
        difference::What,
        state::{By, DeploymentState, KeptDrift, Trouble, Whom},
    },
    ids::{DeploymentId, SubscriptionId},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};
use uuid::Uuid;

use crate::{
    caller::{Caller, Read, Write},
    document::words,
    failure::{ErrorBody, Failure},
    path_id::{Id, PathId},
    state::Api,
};

/// A subscription's deployments.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deployments {
    /// One for each region.
    deployments: Vec<DeploymentView>,
}

/// What is built for one subscription in one region.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Deployment)]
pub(crate) struct DeploymentView {
    /// Its id: the tag `berth:deployment` on everything it has.
    id: Uuid,
    /// The subscription.
    #[schema(minimum = 1, example = 1)]
    subscription_id: i32,
    /// The cloud account it is built in.
    #[schema(minimum = 1, example = 101)]
    cloud_account_id: i32,
    /// The region.
    #[schema(example = "eu-west-1")]
    region: String,
    /// Its network.
    #[schema(example = "10.0.0.0/24")]
    network: String,
    /// Its availability zones, in the order they are used.
    zones: Vec<String>,
    /// Where it stands.
    #[schema(schema_with = states)]
    state: &'static str,
    /// What stands in its way; `null` when nothing does.
    #[schema(required = true)]
    trouble: Option<TroubleView>,
    /// Its resources, in the order they are made.
    resources: Vec<ResourceView>,
    /// When it was last compared with AWS; `null` before it is built.
    #[schema(required = true)]
    compared_timestamp: Option<Timestamp>,
    /// When it was ordered.
    created_timestamp: Timestamp,
}

/// What stands in a deployment's way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Trouble)]
pub(crate) struct TroubleView {
    /// The resource it is about; `null` when it is about all.
    #[schema(required = true)]
    resource: Option<String>,
    /// The AWS action that failed.
    #[schema(required = true, example = "ec2:RunInstances")]
    action: Option<String>,
    /// What happened.
    message: String,
    /// What to do.
    remedy: String,
    /// How often it was tried.
    #[schema(minimum = 1)]
    attempts: u32,
    /// Since when.
    since: Timestamp,
}

/// One resource of a deployment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeploymentResource)]
pub(crate) struct ResourceView {
    /// What it is called in the deployment.
    #[schema(example = "subnet/euw1-az1")]
    name: String,
    /// What it is, by AWS's word.
    #[schema(example = "subnet")]
    kind: &'static str,
    /// Its id in AWS; `null` until it is known.
    #[schema(required = true)]
    aws_id: Option<String>,
    /// How it stands.
    #[schema(schema_with = step_states)]
    state: &'static str,
}

/// What was changed by others of what Berth built for a subscription.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Drift {
    /// Deployment by deployment.
    deployments: Vec<DeploymentDrift>,
}

/// What was changed by others of one deployment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeploymentDrift {
    /// The deployment.
    deployment_id: Uuid,
    /// Its region.
    #[schema(example = "eu-west-1")]
    region: String,
    /// When it was last compared with AWS; `null` when it never was.
    #[schema(required = true)]
    compared_timestamp: Option<Timestamp>,
    /// What differs, oldest first.
    findings: Vec<DriftFindingView>,
}

/// One thing that differs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DriftFinding)]
pub(crate) struct DriftFindingView {
    /// What the resource is called in the deployment; `null` for what Berth did not make.
    #[schema(required = true)]
    resource: Option<String>,
    /// What the resource is, by AWS's word.
    #[schema(example = "security-group")]
    kind: &'static str,
    /// Its id in AWS.
    aws_id: String,
    /// What is different.
    #[schema(schema_with = differences)]
    what: &'static str,
    /// What should be.
    expected: String,
    /// What is.
    found: String,
    /// Since when Berth knows.
    since: Timestamp,
    /// Who did it; `null` when CloudTrail was not asked yet, because much was found at once.
    #[schema(required = true)]
    by: Option<ByView>,
}

/// Who made a change, by CloudTrail.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChangedBy)]
pub(crate) struct ByView {
    /// `known`; `nobody-yet`: CloudTrail has no record of it so far, and is asked once more; `nobody`: it has none;
    /// `not-permitted`: the cloud account may not look; `not-answered`: CloudTrail could not be asked.
    #[schema(schema_with = whoms)]
    state: &'static str,
    /// The ARN or the name; `null` when it is not known.
    #[schema(required = true)]
    who: Option<String>,
    /// What was called.
    #[schema(required = true)]
    event: Option<String>,
    /// When.
    #[schema(required = true)]
    at: Option<Timestamp>,
    /// Why it is not known, in a sentence.
    #[schema(required = true)]
    unknown_because: Option<&'static str>,
}

impl From<Standing> for DeploymentView {
    fn from(standing: Standing) -> Self {
        let Standing { deployment, removing, steps } = standing;
        let state = if removing { DeploymentState::Removing } else { deployment.state };
        let resources = steps.into_iter().map(|step| ResourceView {
            name: step.resource,
            kind: step.kind,
            aws_id: step.aws_id.map(|id| id.0),
            state: step.state.as_str(),
        });
        Self {
            id: deployment.id.0,
            subscription_id: deployment.subscription_id.0,
            cloud_account_id: deployment.cloud_account_id.0,
            region: deployment.region,
            network: deployment.network.to_string(),
            zones: deployment.zones,
            state: state.as_str(),
            trouble: deployment.trouble.map(TroubleView::from),
            resources: resources.collect(),
            compared_timestamp: deployment.compared_at,
            created_timestamp: deployment.created_at,
        }
    }
}

impl From<Trouble> for TroubleView {
    fn from(trouble: Trouble) -> Self {
        let Trouble { resource, action, message, remedy, attempts, since } = trouble;
        Self { resource, action, message, remedy, attempts, since }
    }
}

impl From<DriftReport> for DeploymentDrift {
    fn from(report: DriftReport) -> Self {
        Self {
            deployment_id: report.deployment.id.0,
            region: report.deployment.region,
            compared_timestamp: report.deployment.compared_at,
            findings: report.findings.into_iter().map(DriftFindingView::from).collect(),
        }
    }
}

impl From<KeptDrift> for DriftFindingView {
    fn from(kept: KeptDrift) -> Self {
        let KeptDrift { finding, since, by } = kept;
        Self {
            expected: finding.expected(),
            found: finding.found(),
            resource: finding.resource.map(|key| key.to_string()),
            kind: finding.kind.as_str(),
            what: finding.difference.what().as_str(),
            aws_id: finding.id.0,
            since,
            by: by.map(ByView::from),
        }
    }
}

impl From<By> for ByView {
    fn from(by: By) -> Self {
        let By { state, who, event, at } = by;
        Self { state: state.as_str(), who, event, at, unknown_because: state.unknown_because() }
    }
}

fn states() -> Object {
    words("Where it stands.", DeploymentState::ALL.map(DeploymentState::as_str))
}

fn step_states() -> Object {
    words("How it stands.", StepState::ALL.map(StepState::as_str))
}

fn whoms() -> Object {
    words("Whether it is known.", Whom::ALL.map(Whom::as_str))
}

fn differences() -> Object {
    words("What is different.", What::ALL.map(What::as_str))
}

/// View a deployment
///
/// Its resources as they are built, changed or removed: done, in hand, to come; and what stands in the way.
#[utoipa::path(
    get,
    path = "/api/deployments/{id}",
    tag = "Subscriptions",
    params(("id" = Uuid, Path, description = "The deployment's id.")),
    responses(
        (status = 200, description = "The deployment.", body = DeploymentView),
        (status = 404, description = "There is no such deployment.", body = ErrorBody)
    )
)]
pub(crate) async fn view_deployment(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<DeploymentId>,
) -> Result<Json<DeploymentView>, Failure> {
    let found = api.control.deployment(&caller.principal, id).await?;
    found.map(|found| Json(found.into())).ok_or_else(DeploymentId::missing)
}

/// List a subscription's deployments
///
/// One for each region, with its resources.
#[utoipa::path(
    get,
    path = "/api/subscriptions/{id}/deployments",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 200, description = "The deployments; none of a subscription for which Berth built nothing.",
            body = Deployments),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn list_deployments(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
) -> Result<Json<Deployments>, Failure> {
    let found = api.control.deployments(&caller.principal, id).await?;
    let found = found.ok_or_else(SubscriptionId::missing)?;
    Ok(Json(Deployments { deployments: found.into_iter().map(DeploymentView::from).collect() }))
}

/// View a subscription's drift
///
/// Everything that is not as Berth built it, with since when, and by whom where CloudTrail may be asked.
#[utoipa::path(
    get,
    path = "/api/subscriptions/{id}/drift",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 200, description = "What differs.", body = Drift),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn view_drift(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
) -> Result<Json<Drift>, Failure> {
    let found = api.control.drift(&caller.principal, id).await?;
    let found = found.ok_or_else(SubscriptionId::missing)?;
    Ok(Json(Drift { deployments: found.into_iter().map(DeploymentDrift::from).collect() }))
}

/// Check a subscription for drift now
///
/// Whatever is due. The result shows in the list when `comparedTimestamp` is later.
#[utoipa::path(
    post,
    path = "/api/subscriptions/{id}/drift",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 202, description = "It will be checked."),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn check_drift(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
) -> Result<StatusCode, Failure> {
    match api.control.check_drift(&caller.principal, id).await? {
        true => Ok(StatusCode::ACCEPTED),
        false => Err(SubscriptionId::missing()),
    }
}

/// Retry a subscription that went wrong
///
/// What was given up is tried again from where it stood.
#[utoipa::path(
    post,
    path = "/api/subscriptions/{id}/retry",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 202, description = "It is tried again."),
        (status = 403, description = "Nothing of it was given up.", body = ErrorBody),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn retry_subscription(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
) -> Result<StatusCode, Failure> {
    match api.control.retry_subscription(&caller.principal, id).await? {
        true => Ok(StatusCode::ACCEPTED),
        false => Err(SubscriptionId::missing()),
    }
}
