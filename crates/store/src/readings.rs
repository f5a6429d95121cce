//! Readings: what AWS tells of nodes, and when one AWS account in one region is read again.

use berth_domain::{
    deployment::{
        AwsId, Kind,
        blueprint::Key,
        difference::What,
        monitoring::{Checks, Figure, Health, Node, NodeReading, Sight, nodes},
        state::{DeploymentState, DriftFinding},
    },
    ids::{AccountId, CloudAccountId, DeploymentId},
    values::AwsAccountId,
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Value,
    sea_query::{Expr, OnConflict},
};
use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};
use uuid::Uuid;

use crate::{
    Error, Store,
    deployments::at_site,
    entities::{
        deployment, deployment_drift as drift, deployment_resource as resource, node_reading as node,
        reading,
    },
    rows::{OrCorrupt, json, micros, statement, time},
    sites::Site,
    work::{self, Then},
};

/// One AWS account in one region, to be read now.
#[derive(Clone, Debug)]
pub struct ReadingTurn {
    /// Which, by the lease.
    pub site: Site,
    /// Whether figures could be read the last time; `None` before the first.
    pub figures: Option<Sight>,
}

/// Whether an AWS account in a region is to be read now.
#[derive(Clone, Debug)]
pub enum BegunReading {
    /// It is.
    Now(Box<ReadingTurn>),
    /// It was read so lately that it is to be read after this only.
    After(SignedDuration),
}

/// What could be read of one AWS account in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteReading {
    /// When; `None` before the first.
    pub at: Option<Timestamp>,
    /// AWS's checks; `None` before the first reading.
    pub checks: Option<Sight>,
    /// CloudWatch's figures; `None` before the first reading.
    pub figures: Option<Sight>,
}

/// The latest numbers of a node, for metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeGauge {
    /// The node's deployment.
    pub deployment: DeploymentId,
    /// What it is called in the deployment.
    pub node: String,
    /// AWS's check of the machine below it.
    pub system: Option<Health>,
    /// AWS's check of the instance itself.
    pub instance: Option<Health>,
    /// The latest numbers.
    pub figures: Vec<(Figure, f64)>,
}

impl Store {
    /// Begins to read a site, unless that was begun less than `every` ago by the database's time.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "begin_reading"))]
    pub async fn begin_reading(&self, site: Site, every: SignedDuration) -> Result<BegunReading, Error> {
        let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX);
        let tx = self.begin().await?;
        work::hold(&tx, &site.lease).await?;
        let now = work::now(&tx);
        let sql = format!(
            "SELECT begun_at + $4 - {now}, figures FROM readings \
             WHERE account_id = $1 AND aws_account_id = $2 AND region = $3"
        );
        let key: [Value; 3] =
            [site.account.0.into(), site.aws_account.as_str().into(), site.region.clone().into()];
        let values = key.clone().into_iter().chain([every.into()]);
        let before = tx.query_one_raw(statement(&tx, &sql, values)).await?;
        let mut figures: Option<String> = None;
        if let Some(before) = before {
            let left: i64 = before.try_get_by_index(0)?;
            if left > 0 {
                return Ok(BegunReading::After(SignedDuration::from_micros(left)));
            }
            figures = before.try_get_by_index(1)?;
        }
        let sql = format!(
            "INSERT INTO readings (account_id, aws_account_id, region, begun_at) VALUES ($1, $2, $3, {now}) \
             ON CONFLICT (account_id, aws_account_id, region) DO UPDATE SET begun_at = excluded.begun_at"
        );
        tx.execute_raw(statement(&tx, &sql, key)).await?;
        tx.commit().await?;
        let what = || format!("the reading of AWS account {} in {}", site.aws_account, site.region);
        let figures = figures.as_deref().map(serde_json::from_str).transpose().or_corrupt(what)?;
        Ok(BegunReading::Now(Box::new(ReadingTurn { site, figures })))
    }

    /// The cloud accounts with which something is built in an AWS account in a region.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "cloud_accounts_at"))]
    pub async fn cloud_accounts_at(&self, site: &Site) -> Result<BTreeSet<CloudAccountId>, Error> {
        let ids: Vec<i32> = at_site(site.account, &site.aws_account, &site.region)
            .select_only()
            .column(deployment::Column::CloudAccountId)
            .distinct()
            .into_tuple()
            .all(&self.reader)
            .await?;
        Ok(ids.into_iter().map(CloudAccountId).collect())
    }

    /// The nodes of an AWS account in a region, as far as AWS's ids of them are known.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "nodes_at"))]
    pub async fn nodes_at(&self, site: &Site) -> Result<Vec<Node>, Error> {
        let at_site = at_site(site.account, &site.aws_account, &site.region)
            .select_only()
            .column(deployment::Column::Id)
            .into_query();
        let kinds = [Kind::Instance, Kind::Volume].map(Kind::as_str);
        let rows = resource::Entity::find()
            .filter(resource::Column::DeploymentId.in_subquery(at_site))
            .filter(resource::Column::Kind.is_in(kinds))
            .filter(resource::Column::AwsId.is_not_null())
            .order_by_asc(resource::Column::Name)
            // What they are like is most of a row, and there may be very many.
            .select_only()
            .columns([
                resource::Column::DeploymentId,
                resource::Column::Kind,
                resource::Column::Name,
                resource::Column::AwsId,
            ])
            .into_tuple::<(Uuid, String, String, String)>()
            .all(&self.reader)
            .await?;
        let mut by_deployment: BTreeMap<Uuid, Vec<_>> = BTreeMap::new();
        for (deployment, kind, name, id) in rows {
            let what = || format!("a resource of deployment {deployment}");
            let known = (Kind::parse(&kind).or_corrupt(what)?, Key::new(name), AwsId(id));
            by_deployment.entry(deployment).or_default().push(known);
        }
        let nodes = |(deployment, known): (Uuid, Vec<(Kind, Key, AwsId)>)| {
            let known: Vec<_> = known.iter().map(|(kind, key, id)| (*kind, key, id)).collect();
            nodes(DeploymentId(deployment), &known)
        };
        Ok(by_deployment.into_iter().flat_map(nodes).collect())
    }

    /// What was last read of these nodes.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "node_readings"))]
    pub async fn node_readings(&self, deployments: &[DeploymentId]) -> Result<Vec<NodeReading>, Error> {
        let rows = node::Entity::find()
            .filter(node::Column::DeploymentId.is_in(deployments.iter().map(|id| id.0)))
            .order_by_asc(node::Column::DeploymentId)
            .order_by_asc(node::Column::Node)
            .all(&self.reader)
            .await?;
        rows.into_iter().map(node::Model::into_domain).collect()
    }

    /// Writes down what was read of nodes. One whose deployment is gone meanwhile is left out.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "keep_readings"))]
    pub async fn keep_readings(&self, readings: Vec<NodeReading>) -> Result<(), Error> {
        let tx = self.begin().await?;
        let mut held: BTreeMap<Uuid, bool> = BTreeMap::new();
        for reading in readings {
            let id = reading.deployment.0;
            if let Entry::Vacant(unknown) = held.entry(id) {
                // Holds the deployment until the transaction ends.
                let sql = "UPDATE deployments SET id = id WHERE id = $1";
                let done = tx.execute_raw(statement(&tx, sql, [id.into()])).await?;
                unknown.insert(done.rows_affected() > 0);
            }
            if !held[&id] {
                continue;
            }
            let columns = [
                node::Column::InstanceId,
                node::Column::ReadAt,
                node::Column::System,
                node::Column::Itself,
                node::Column::Announced,
                node::Column::Cpu,
                node::Column::NetworkIn,
                node::Column::NetworkOut,
                node::Column::VolumeRead,
                node::Column::VolumeWrite,
                node::Column::Series,
            ];
            let key = [node::Column::DeploymentId, node::Column::Node];
            node::Entity::insert(row_of(reading).into_active_model())
                .on_conflict(OnConflict::columns(key).update_columns(columns).to_owned())
                .exec_without_returning(&tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Writes down whether an AWS account in a region could be read, and gives it back until `again`.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "end_reading"))]
    pub async fn end_reading(
        &self,
        turn: &ReadingTurn,
        checks: &Sight,
        figures: &Sight,
        at: Timestamp,
        again: SignedDuration,
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        work::settle(&tx, &turn.site.lease, Then::Again(again)).await?;
        reading::Entity::update_many()
            .col_expr(reading::Column::ReadAt, Expr::value(micros(at)))
            .col_expr(reading::Column::Checks, Expr::value(json(checks)))
            .col_expr(reading::Column::Figures, Expr::value(json(figures)))
            .filter(reading::Column::AccountId.eq(turn.site.account.0))
            .filter(reading::Column::AwsAccountId.eq(turn.site.aws_account.as_str()))
            .filter(reading::Column::Region.eq(turn.site.region.as_str()))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// What could be read of an AWS account in a region.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "site_reading"))]
    pub async fn site_reading(
        &self,
        account: AccountId,
        aws_account: &AwsAccountId,
        region: &str,
    ) -> Result<SiteReading, Error> {
        let key = (account.0, aws_account.to_string(), region.to_owned());
        let row = reading::Entity::find_by_id(key).one(&self.reader).await?;
        let Some(row) = row else { return Ok(SiteReading { at: None, checks: None, figures: None }) };
        let what = || format!("the reading of AWS account {aws_account} in {region}");
        let sight = |text: Option<String>| {
            text.as_deref().map(serde_json::from_str::<Sight>).transpose().or_corrupt(what)
        };
        Ok(SiteReading {
            at: row.read_at.map(|at| time(at, what)).transpose()?,
            checks: sight(row.checks)?,
            figures: sight(row.figures)?,
        })
    }

    /// How many deployments there are in each state, over all accounts.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "deployment_counts"))]
    pub async fn deployment_counts(&self) -> Result<Vec<(DeploymentState, u64)>, Error> {
        let rows: Vec<(String, i64)> = deployment::Entity::find()
            .select_only()
            .column(deployment::Column::State)
            .column_as(deployment::Column::Id.count(), "number")
            .group_by(deployment::Column::State)
            .into_tuple()
            .all(&self.reader)
            .await?;
        rows.into_iter()
            .map(|(state, number)| {
                let what = || format!("deployments in state {state}");
                let known = DeploymentState::parse(&state).or_corrupt(what)?;
                Ok((known, u64::try_from(number).or_corrupt(what)?))
            })
            .collect()
    }

    /// How many differences of each kind there are now, over all accounts.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "drift_by_kind"))]
    pub async fn drift_by_kind(&self) -> Result<BTreeMap<What, u64>, Error> {
        let rows: Vec<String> = drift::Entity::find()
            .select_only()
            .column(drift::Column::Finding)
            .into_tuple()
            .all(&self.reader)
            .await?;
        let mut counts = BTreeMap::new();
        for row in rows {
            let finding: DriftFinding =
                serde_json::from_str(&row).or_corrupt(|| "a drift finding".into())?;
            *counts.entry(finding.difference.what()).or_default() += 1;
        }
        Ok(counts)
    }

    /// The latest numbers of nodes read since then, at most so many.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "node_gauges"))]
    pub async fn node_gauges(&self, since: Timestamp, most: u64) -> Result<Vec<NodeGauge>, Error> {
        type Row = (
            Uuid,
            String,
            Option<String>,
            Option<String>,
            Option<f64>,
            Option<f64>,
            Option<f64>,
            Option<f64>,
            Option<f64>,
        );
        let rows: Vec<Row> = node::Entity::find()
            .select_only()
            .columns([node::Column::DeploymentId, node::Column::Node])
            .columns([node::Column::System, node::Column::Itself])
            .columns([node::Column::Cpu, node::Column::NetworkIn, node::Column::NetworkOut])
            .columns([node::Column::VolumeRead, node::Column::VolumeWrite])
            .filter(node::Column::ReadAt.gte(micros(since)))
            .order_by_asc(node::Column::DeploymentId)
            .order_by_asc(node::Column::Node)
            .limit(most)
            .into_tuple()
            .all(&self.reader)
            .await?;
        rows.into_iter()
            .map(|(deployment, node, system, itself, cpu, network_in, network_out, read, write)| {
                let what = || format!("the reading of {node} of deployment {deployment}");
                let numbers = [cpu, network_in, network_out, read, write];
                let figures = Figure::ALL.into_iter().zip(numbers);
                Ok(NodeGauge {
                    deployment: DeploymentId(deployment),
                    system: health(system.as_deref(), what)?,
                    instance: health(itself.as_deref(), what)?,
                    figures: figures.filter_map(|(figure, number)| Some((figure, number?))).collect(),
                    node: node.clone(),
                })
            })
            .collect()
    }
}

fn health(text: Option<&str>, what: impl Fn() -> String) -> Result<Option<Health>, Error> {
    text.map(|text| Health::parse(text).or_corrupt(&what)).transpose()
}

fn row_of(reading: NodeReading) -> node::Model {
    let checks = reading.checks.as_ref();
    let announced = checks.map(|checks| checks.announced.as_slice()).unwrap_or_default();
    node::Model {
        deployment_id: reading.deployment.0,
        node: reading.key.to_string(),
        read_at: micros(reading.at),
        system: checks.map(|checks| checks.system.as_str().to_owned()),
        itself: checks.map(|checks| checks.instance.as_str().to_owned()),
        announced: json(&announced),
        cpu: reading.latest(Figure::Cpu),
        network_in: reading.latest(Figure::NetworkIn),
        network_out: reading.latest(Figure::NetworkOut),
        volume_read: reading.latest(Figure::VolumeRead),
        volume_write: reading.latest(Figure::VolumeWrite),
        series: json(&reading.series),
        instance_id: reading.instance.0,
    }
}

impl node::Model {
    fn into_domain(self) -> Result<NodeReading, Error> {
        let what = || format!("the reading of {} of deployment {}", self.node, self.deployment_id);
        let checks = match (health(self.system.as_deref(), what)?, health(self.itself.as_deref(), what)?) {
            (Some(system), Some(instance)) => {
                let announced = serde_json::from_str(&self.announced).or_corrupt(what)?;
                Some(Checks { system, instance, announced })
            }
            _ => None,
        };
        Ok(NodeReading {
            deployment: DeploymentId(self.deployment_id),
            key: Key::new(self.node.as_str()),
            at: time(self.read_at, what)?,
            checks,
            series: serde_json::from_str(&self.series).or_corrupt(what)?,
            instance: AwsId(self.instance_id.clone()),
        })
    }
}
