//! `GET /api/subscriptions/{id}/restores`: what Berth put right, and what comes next.

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_control::deployments::{RestoreReport, Upcoming};
use berth_domain::{
    deployment::{
        difference::What,
        restore::{Restore, RestoreOutcome},
    },
    ids::SubscriptionId,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};
use uuid::Uuid;

use crate::{
    caller::{Caller, Read},
    document::words,
    failure::{ErrorBody, Failure},
    path_id::Id,
    state::Api,
};

/// What Berth put right of a subscription.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Restores {
    /// Deployment by deployment.
    deployments: Vec<DeploymentRestores>,
}

/// What Berth put right of one deployment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeploymentRestores {
    /// The deployment.
    deployment_id: Uuid,
    /// Its region.
    #[schema(example = "eu-west-1")]
    region: String,
    /// What comes next.
    next: NextView,
    /// What was put right, latest first, of the last 90 days, at most 50.
    restores: Vec<RestoreView>,
}

/// What is restored next.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NextRestore)]
pub(crate) struct NextView {
    /// `nothing`: nothing has drifted, or all of it is only reported. `due`: something, with the next look.
    /// `waiting`: something, later.
    #[schema(schema_with = upcoming)]
    state: &'static str,
    /// What it waits for.
    #[schema(required = true)]
    reason: Option<String>,
    /// Until when at the longest; `null` when that is not known.
    #[schema(required = true)]
    until: Option<Timestamp>,
}

/// One thing that was put right.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Restore)]
pub(crate) struct RestoreView {
    /// What the resource is called in the deployment.
    #[schema(required = true, example = "security-group/nodes")]
    resource: Option<String>,
    /// Its id in AWS.
    aws_id: String,
    /// What was different.
    #[schema(schema_with = differences)]
    what: &'static str,
    /// What should be.
    expected: String,
    /// What was.
    found: String,
    /// When AWS was asked.
    at: Timestamp,
    /// `asked`: AWS took it. `begun`: it is not known whether it did. `refused`: it did not.
    #[schema(schema_with = outcomes)]
    outcome: &'static str,
    /// What AWS said, and what to do.
    #[schema(required = true)]
    message: Option<String>,
}

fn upcoming() -> Object {
    words("Whether something is restored next.", ["nothing", "due", "waiting"])
}

fn differences() -> Object {
    words("What was different.", What::ALL.map(What::as_str))
}

fn outcomes() -> Object {
    words("What came of it.", RestoreOutcome::ALL.map(RestoreOutcome::as_str))
}

impl From<RestoreReport> for DeploymentRestores {
    fn from(report: RestoreReport) -> Self {
        Self {
            deployment_id: report.deployment.id.0,
            region: report.deployment.region,
            next: report.next.into(),
            restores: report.restores.into_iter().map(RestoreView::from).collect(),
        }
    }
}

impl From<Upcoming> for NextView {
    fn from(next: Upcoming) -> Self {
        match next {
            Upcoming::Nothing => Self { state: "nothing", reason: None, until: None },
            Upcoming::Due => Self { state: "due", reason: None, until: None },
            Upcoming::Waiting { why, until } => Self { state: "waiting", reason: Some(why), until },
        }
    }
}

impl From<Restore> for RestoreView {
    fn from(restore: Restore) -> Self {
        let Restore { finding, at, outcome, message, .. } = restore;
        Self {
            expected: finding.expected(),
            found: finding.found(),
            resource: finding.resource.map(|key| key.to_string()),
            what: finding.difference.what().as_str(),
            aws_id: finding.id.0,
            at,
            outcome: outcome.as_str(),
            message,
        }
    }
}

/// List what was restored of a subscription
///
/// What Berth put right by the restore policy, and what it puts right next.
#[utoipa::path(
    get,
    path = "/api/subscriptions/{id}/restores",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 200, description = "What was restored.", body = Restores),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn list_restores(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
) -> Result<Json<Restores>, Failure> {
    let reports = api.control.restores(&caller.principal, id).await?;
    Ok(Json(Restores { deployments: reports.into_iter().map(DeploymentRestores::from).collect() }))
}
