//! `GET /api/deployments/{id}/monitoring`: how the nodes of a deployment do.

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_control::deployments::Monitoring;
use berth_domain::{
    deployment::monitoring::{
        Checks, Figure, Health, NodeReading, PERIOD_SECONDS, Series, Sight, SightState,
    },
    ids::DeploymentId,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};
use uuid::Uuid;

use crate::{
    caller::{Caller, Read},
    document::words,
    failure::{ErrorBody, Failure},
    path_id::{Id, PathId},
    state::Api,
};

/// How the nodes of a deployment do, as AWS tells it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Monitoring)]
pub(crate) struct MonitoringView {
    /// The deployment.
    deployment_id: Uuid,
    /// Its region.
    #[schema(example = "eu-west-1")]
    region: String,
    /// When AWS was last asked; `null` before the first time.
    #[schema(required = true)]
    read_timestamp: Option<Timestamp>,
    /// Seconds from point to point.
    #[schema(minimum = 1, example = 60)]
    period_seconds: u32,
    /// Whether AWS's checks of the nodes could be read.
    checks: SightView,
    /// Whether CloudWatch's figures of the nodes could be read.
    figures: SightView,
    /// The nodes, by name.
    nodes: Vec<NodeView>,
}

/// Whether something could be read.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Sight)]
pub(crate) struct SightView {
    /// `known`: it was read. `none-yet`: there is nothing to read yet. `not-permitted`: the cloud account may not
    /// read it. `not-answered`: AWS could not be asked.
    #[schema(schema_with = sights)]
    state: &'static str,
    /// Why not, and what to do; `null` when it was read.
    #[schema(required = true)]
    reason: Option<String>,
}

/// How one node does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeMonitoring)]
pub(crate) struct NodeView {
    /// What it is called in the deployment.
    #[schema(example = "node/1")]
    node: String,
    /// The instance.
    #[schema(example = "i-0125be68a4625884a")]
    instance_id: String,
    /// AWS's checks; `null` when AWS says nothing of it, as of one that is stopped.
    #[schema(required = true)]
    checks: Option<ChecksView>,
    /// Figures over time.
    series: Vec<SeriesView>,
}

/// AWS's checks of a node.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeChecks)]
pub(crate) struct ChecksView {
    /// The machine below it.
    #[schema(schema_with = healths)]
    system: &'static str,
    /// The instance itself.
    #[schema(schema_with = healths)]
    instance: &'static str,
    /// Maintenance that AWS has announced and not done, in its words.
    announced: Vec<String>,
}

/// One figure over the last three hours.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeSeries)]
pub(crate) struct SeriesView {
    /// What is measured.
    #[schema(schema_with = figures)]
    figure: &'static str,
    /// `percent`, the average of a period; or `bytes`, the sum of a period.
    #[schema(schema_with = units)]
    unit: &'static str,
    /// Of which instance or volume.
    of: String,
    /// What the volume is called in its node (`root`, `data`); `null` for what is measured of the instance.
    #[schema(required = true)]
    volume: Option<String>,
    /// The points, oldest first; none as long as CloudWatch has none.
    points: Vec<PointView>,
}

/// One number at one time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Point)]
pub(crate) struct PointView {
    /// When the period begins.
    timestamp: Timestamp,
    /// The number.
    value: f64,
}

fn sights() -> Object {
    words("Whether it could be read.", SightState::ALL.map(SightState::as_str))
}

fn healths() -> Object {
    words("The outcome of the check.", Health::ALL.map(Health::as_str))
}

fn figures() -> Object {
    words("What is measured.", Figure::ALL.map(Figure::as_str))
}

fn units() -> Object {
    words("What the numbers are.", ["percent", "bytes"])
}

impl From<Monitoring> for MonitoringView {
    fn from(monitoring: Monitoring) -> Self {
        Self {
            deployment_id: monitoring.deployment.id.0,
            region: monitoring.deployment.region,
            read_timestamp: monitoring.read_at,
            period_seconds: PERIOD_SECONDS,
            checks: monitoring.checks.into(),
            figures: monitoring.figures.into(),
            nodes: monitoring.nodes.into_iter().map(NodeView::from).collect(),
        }
    }
}

impl From<Sight> for SightView {
    fn from(sight: Sight) -> Self {
        Self { state: sight.state.as_str(), reason: sight.reason }
    }
}

impl From<NodeReading> for NodeView {
    fn from(reading: NodeReading) -> Self {
        Self {
            node: reading.key.to_string(),
            instance_id: reading.instance.0,
            checks: reading.checks.map(ChecksView::from),
            series: reading.series.into_iter().map(SeriesView::from).collect(),
        }
    }
}

impl From<Checks> for ChecksView {
    fn from(checks: Checks) -> Self {
        let Checks { system, instance, announced } = checks;
        Self { system: system.as_str(), instance: instance.as_str(), announced }
    }
}

impl From<Series> for SeriesView {
    fn from(series: Series) -> Self {
        let points = series.points.into_iter().filter_map(|(at, value)| {
            Some(PointView { timestamp: Timestamp::from_second(at).ok()?, value })
        });
        Self {
            figure: series.figure.as_str(),
            unit: series.figure.unit(),
            of: series.of.0,
            volume: series.volume,
            points: points.collect(),
        }
    }
}

/// View how a deployment's nodes do
///
/// AWS's checks of them, and CloudWatch's figures of the last three hours, as they were last read.
#[utoipa::path(
    get,
    path = "/api/deployments/{id}/monitoring",
    tag = "Subscriptions",
    params(("id" = Uuid, Path, description = "The deployment's id.")),
    responses(
        (status = 200, description = "What is known.", body = MonitoringView),
        (status = 404, description = "There is no such deployment.", body = ErrorBody)
    )
)]
pub(crate) async fn view_monitoring(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<DeploymentId>,
) -> Result<Json<MonitoringView>, Failure> {
    let found = api.control.monitoring(&caller.principal, id).await?;
    found.map(|found| Json(found.into())).ok_or_else(DeploymentId::missing)
}
