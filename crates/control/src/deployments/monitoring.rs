//! Monitoring: reads AWS's checks of nodes and CloudWatch's figures, at most once in an interval for each AWS account
//! in each region, and keeps the last hours of them. What may not be read is no error: it is said.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use async_trait::async_trait;
use berth_cloud::{
    Error as CloudError, ErrorKind,
    ec2::{NodeStatus, Question, Series as Answered, Span},
};
use berth_domain::{
    account::Principal,
    deployment::{
        AwsId,
        difference::What,
        monitoring::{
            Checks, KEPT, Node, NodeReading, PERIOD_SECONDS, Series, Sight, SightState, nodes, span,
        },
        state::{Deployment, DeploymentState},
    },
    ids::DeploymentId,
};
use berth_store::{
    BegunReading, NodeGauge, ReadingTurn, Site, SiteReading,
    work::{Kind as WorkKind, Lease, Then},
};
use jiff::{SignedDuration, Timestamp};

use super::clients::{Clients, Refusals};
use crate::{
    Control, Error,
    metrics::READINGS,
    work::{Limits, Reconciler, Step, Stop},
};

/// How many AWS accounts in regions are read at once.
const AT_ONCE: usize = 4;
/// How many nodes' figures are asked for in one call: with seven figures each, AWS's limit is not reached.
const NODES_AT_ONCE: usize = 70;
/// How many nodes stand in the metrics one by one.
pub const MOST_GAUGES: u64 = 1000;

const NOTHING_READ: &str = "Nothing was read yet.";
const NO_FIGURES: &str = "CloudWatch has no figures yet; the first come some minutes after a node starts.";
const NO_CHECKS: &str = "AWS has not checked the nodes yet.";
const NO_NODES: &str = "There are no nodes yet.";

/// How the nodes of a deployment do.
#[derive(Clone, Debug)]
pub struct Monitoring {
    /// The deployment.
    pub deployment: Deployment,
    /// When it was last read; `None` before the first time.
    pub read_at: Option<Timestamp>,
    /// Whether AWS's checks could be read.
    pub checks: Sight,
    /// Whether figures could be read.
    pub figures: Sight,
    /// The nodes, by name.
    pub nodes: Vec<NodeReading>,
}

/// Reads how nodes do, at most once in an interval.
pub(crate) struct Readings {
    pub(crate) control: Control,
    pub(crate) every: SignedDuration,
}

#[async_trait]
impl Reconciler for Readings {
    fn limits(&self) -> Limits {
        // Cut off when told to stop: what was not read is read the next time.
        Limits { kind: WorkKind::Readings, at_once: AT_ONCE, spacing: Duration::ZERO, stop: Stop::CutOff }
    }

    fn span(&self, lease: &Lease) -> tracing::Span {
        match Site::of(lease) {
            Ok(Site { aws_account, region, .. }) => tracing::info_span!("reading", %aws_account, region),
            Err(_) => tracing::info_span!("reading", key = lease.key()),
        }
    }

    async fn step(&self, lease: &Lease) -> Result<Step, Error> {
        let (control, every, site) = (&self.control, self.every, Site::of(lease)?);
        let nodes = control.0.store.nodes_at(&site).await?;
        if nodes.is_empty() {
            // A node that comes calls for it.
            return Ok(Step::Settle(Then::Rest));
        }
        let turn = match control.0.store.begin_reading(site, every).await? {
            BegunReading::Now(turn) => turn,
            BegunReading::After(pause) => return Ok(Step::Settle(Then::Again(pause))),
        };
        if let Err(error) = control.read_site(&turn, &nodes, every).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "nodes could not be read; they are read the next time");
            return Ok(Step::Settle(Then::Again(every)));
        }
        Ok(Step::Settled(Then::Again(every)))
    }
}

impl Control {
    async fn read_site(
        &self,
        turn: &ReadingTurn,
        nodes: &[Node],
        every: SignedDuration,
    ) -> Result<(), Error> {
        let site = &turn.site;
        let cloud_accounts = self.0.store.cloud_accounts_at(site).await?;
        let clients = Clients::open(self, site.account, cloud_accounts, &site.region, "monitoring").await?;
        let now = self.0.environment.now();
        let mut sights = Sights { checks: answered(now, NO_CHECKS), figures: answered(now, NO_FIGURES) };
        let statuses = statuses(&clients, nodes, &mut sights).await;
        let (from, to) = span(now, turn.figures.as_ref().and_then(|sight| sight.answered_at));
        let span = Span { from, to, period_seconds: PERIOD_SECONDS };
        let mut asking = true;
        for some in nodes.chunks(NODES_AT_ONCE) {
            let mut new = HashMap::new();
            if asking {
                let questions = questions(some);
                match clients.ask(|ec2| ec2.figures(&questions, span)).await {
                    Ok(series) => new = by_question(series),
                    Err(refusals) => {
                        asking = false;
                        let before = turn.figures.as_ref().and_then(|sight| sight.answered_at);
                        sights.figures = unanswered(&refusals, before);
                    }
                }
            }
            if sights.figures.state == SightState::NoneYet && new.values().any(|points| !points.is_empty())
            {
                sights.figures = known(now);
            }
            self.keep(some, &statuses, &new, now).await?;
        }
        for (what, sight) in [("checks", &sights.checks), ("figures", &sights.figures)] {
            metrics::counter!(READINGS, "what" => what, "outcome" => sight.state.as_str()).increment(1);
        }
        self.0.store.end_reading(turn, &sights.checks, &sights.figures, now, every).await?;
        Ok(())
    }

    /// Adds what is new to what is kept of these nodes.
    async fn keep(
        &self,
        nodes: &[Node],
        statuses: &HashMap<AwsId, Checks>,
        new: &HashMap<Question, Vec<(i64, f64)>>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut deployments: Vec<DeploymentId> = nodes.iter().map(|node| node.deployment).collect();
        deployments.dedup();
        let before = self.0.store.node_readings(&deployments).await?;
        let readings = nodes.iter().map(|node| {
            let before = before.iter().find(|it| it.deployment == node.deployment && it.key == node.key);
            let series = Series::of(node).into_iter().map(|mut series| {
                let same = |it: &&Series| it.figure == series.figure && it.of == series.of;
                let kept = before.and_then(|before| before.series.iter().find(same));
                series.points = kept.map(|kept| kept.points.clone()).unwrap_or_default();
                let question = Question { figure: series.figure, of: series.of.clone() };
                series.with(new.get(&question).into_iter().flatten().copied(), now - KEPT)
            });
            NodeReading {
                deployment: node.deployment,
                key: node.key.clone(),
                instance: node.instance.clone(),
                at: now,
                checks: statuses.get(&node.instance).cloned(),
                series: series.collect(),
            }
        });
        Ok(self.0.store.keep_readings(readings.collect()).await?)
    }

    /// How the nodes of a deployment of the caller's account do; `None` when it has no such one.
    pub async fn monitoring(&self, by: &Principal, id: DeploymentId) -> Result<Option<Monitoring>, Error> {
        let Some(work) = self.0.store.deployment(by.account_id, id).await? else { return Ok(None) };
        let deployment = work.deployment;
        let resources: Vec<_> =
            work.records.iter().filter_map(|it| Some((it.kind, &it.key, it.aws_id.as_ref()?))).collect();
        let there = nodes(id, &resources);
        let store = &self.0.store;
        let (account, aws_account) = (deployment.account_id, &deployment.aws_account_id);
        let site = store.site_reading(account, aws_account, &deployment.region).await?;
        let mut kept = store.node_readings(&[id]).await?;
        // Of a node that was replaced or is gone, nothing is told any more.
        kept.retain(|it| there.iter().any(|node| node.key == it.key && node.instance == it.instance));
        let nothing_yet = if there.is_empty() { NO_NODES } else { NOTHING_READ };
        let SiteReading { at, checks, figures } = site;
        let told = |sight: Option<Sight>, any: bool, otherwise: &str| match sight {
            Some(sight) if matches!(sight.state, SightState::NotPermitted | SightState::NotAnswered) => {
                sight
            }
            Some(Sight { answered_at: Some(at), .. }) if any => known(at),
            Some(sight) if !kept.is_empty() => {
                Sight { state: SightState::NoneYet, reason: Some(otherwise.to_owned()), ..sight }
            }
            // The site was read before this deployment had nodes.
            _ => Sight {
                state: SightState::NoneYet,
                reason: Some(nothing_yet.to_owned()),
                answered_at: None,
            },
        };
        let any_checks = kept.iter().any(|it| it.checks.is_some());
        let any_figures = kept.iter().any(|it| it.series.iter().any(|series| !series.points.is_empty()));
        let checks = told(checks, any_checks, NO_CHECKS);
        let figures = told(figures, any_figures, NO_FIGURES);
        let read_at = at.filter(|_| !kept.is_empty());
        Ok(Some(Monitoring { read_at, checks, figures, nodes: kept, deployment }))
    }

    /// How many deployments there are in each state, over all accounts.
    pub async fn deployment_counts(&self) -> Result<Vec<(DeploymentState, u64)>, Error> {
        Ok(self.0.store.deployment_counts().await?)
    }

    /// How many differences of each kind there are now, over all accounts.
    pub async fn drift_by_kind(&self) -> Result<BTreeMap<What, u64>, Error> {
        Ok(self.0.store.drift_by_kind().await?)
    }

    /// The latest numbers of nodes, for metrics: of at most [`MOST_GAUGES`] nodes that were read lately.
    pub async fn node_gauges(&self) -> Result<Vec<NodeGauge>, Error> {
        let Some(every) = self.0.provisioning.read_every else { return Ok(Vec::new()) };
        // Twice missed is no number any more.
        let since = self.0.environment.now() - every * 3;
        Ok(self.0.store.node_gauges(since, MOST_GAUGES).await?)
    }
}

struct Sights {
    checks: Sight,
    figures: Sight,
}

/// AWS's checks by instance; a node that AWS says nothing of is left out.
async fn statuses(clients: &Clients, nodes: &[Node], sights: &mut Sights) -> HashMap<AwsId, Checks> {
    let ids: Vec<AwsId> = nodes.iter().map(|node| node.instance.clone()).collect();
    match clients.ask(|ec2| ec2.node_status(&ids)).await {
        Ok(found) => {
            if let Some(at) = sights.checks.answered_at.filter(|_| !found.is_empty()) {
                sights.checks = known(at);
            }
            found
                .into_iter()
                .map(|NodeStatus { instance, system, itself, announced }| {
                    (instance, Checks { system, instance: itself, announced })
                })
                .collect()
        }
        Err(refusals) => {
            sights.checks = unanswered(&refusals, None);
            HashMap::new()
        }
    }
}

fn known(at: Timestamp) -> Sight {
    Sight { state: SightState::Known, reason: None, answered_at: Some(at) }
}

fn answered(at: Timestamp, nothing: &str) -> Sight {
    Sight { state: SightState::NoneYet, reason: Some(nothing.to_owned()), answered_at: Some(at) }
}

fn unanswered(refusals: &Refusals, answered_at: Option<Timestamp>) -> Sight {
    let (state, reason) = match refusals.first() {
        None => (SightState::NotAnswered, "The cloud account is not registered any more.".to_owned()),
        Some(CloudError { kind: ErrorKind::Denied { action, .. }, .. }) => (
            SightState::NotPermitted,
            format!(
                "Not permitted to read: the cloud account's user or role may not do {action} (`berth iam policy` \
                 prints the whole policy)."
            ),
        ),
        Some(error) => (
            SightState::NotAnswered,
            format!(
                "{} could not be read: {}. Berth asks again with the next reading.",
                error.operation, error.kind
            ),
        ),
    };
    Sight { state, reason: Some(reason), answered_at }
}

fn questions(nodes: &[Node]) -> Vec<Question> {
    let series = nodes.iter().flat_map(Series::of);
    series.map(|series| Question { figure: series.figure, of: series.of }).collect()
}

fn by_question(series: Vec<Answered>) -> HashMap<Question, Vec<(i64, f64)>> {
    let points = |points: Vec<(Timestamp, f64)>| {
        points.into_iter().map(|(at, value)| (at.as_second(), value)).filter(|(_, value)| value.is_finite())
    };
    series.into_iter().map(|it| (it.question, points(it.points).collect())).collect()
}
