//! Deployments and their resources. Whoever works on them holds their site (see `sites`); every write checks it.

use std::collections::BTreeMap;

use berth_domain::{
    account::AuditEvent,
    deployment::{
        AwsId, Kind,
        blueprint::{Blueprint, Key},
        record::{Learnt, Record},
        state::{By, Deployment, DeploymentState, DriftFinding, KeptDrift, Trouble, Work},
    },
    ids::{AccountId, CloudAccountId, DeploymentId, OperationId, SubscriptionId},
    problem::Problem,
    subscription::{Subscription, SubscriptionStatus},
    task::ErrorType,
    values::AwsAccountId,
    webhook::Event,
};
use ipnet::Ipv4Net;
use jiff::{SignedDuration, Timestamp};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    Error, Store, audit,
    audit::About,
    cloud_accounts,
    entities::{deployment, deployment_drift, deployment_resource as resource},
    rows::{OrCorrupt, json, micros, time},
    sites::{self, Site},
    subscriptions, webhooks, work,
};

/// A deployment to be.
#[derive(Clone, Debug)]
pub struct NewDeployment {
    /// Its id.
    pub id: DeploymentId,
    /// The cloud account it is built with.
    pub cloud_account_id: CloudAccountId,
    /// The AWS account it is built in.
    pub aws_account_id: AwsAccountId,
    /// The region.
    pub region: String,
    /// What it is to have.
    pub blueprint: Blueprint,
    /// Its network.
    pub network: Ipv4Net,
    /// The customer's VPC it is in.
    pub customers_vpc: Option<AwsId>,
    /// Its zones.
    pub zones: Vec<String>,
    /// The private half of its key pair, sealed.
    pub sealed_private_key: Vec<u8>,
}

/// What came of the work on a deployment, beyond its resources.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Where it stands now.
    pub state: DeploymentState,
    /// What stands in its way now.
    pub trouble: Option<Trouble>,
    /// When it is looked at next; with its site when `None`.
    pub next_at: Option<Timestamp>,
    /// When it was compared with AWS for drift, if it was.
    pub compared_at: Option<Timestamp>,
    /// How its subscription moves on, unless somebody has moved it elsewhere meanwhile.
    pub subscription: Option<SubscriptionMove>,
}

/// How a subscription moves on. It becomes active with the last of its deployments only.
#[derive(Clone, Debug)]
pub struct SubscriptionMove {
    /// From where. It stays where it is when it stands elsewhere.
    pub from: SubscriptionStatus,
    /// To where.
    pub to: SubscriptionStatus,
    /// Why.
    pub reason: Option<String>,
    /// What the audit log says of it.
    pub event: AuditEvent,
}

/// How the drift of a deployment changed.
#[derive(Clone, Debug)]
pub struct DriftChange {
    /// What is new.
    pub added: Vec<KeptDrift>,
    /// What is over.
    pub over: Vec<DriftFinding>,
    /// Who did what is known already.
    pub found_out: Vec<(DriftFinding, By)>,
    /// What webhooks are told.
    pub events: Vec<Event>,
    /// What the audit log says.
    pub entries: Vec<AuditEvent>,
}

impl Store {
    /// The deployments at a site with all that is on record about them: the first `limit` of them by id, or the first
    /// after one.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "work_at"))]
    pub async fn work_at(
        &self,
        site: &Site,
        after: Option<DeploymentId>,
        limit: u64,
    ) -> Result<Vec<Work>, Error> {
        let rows = at_site(site.account, &site.aws_account, &site.region)
            .apply_if(after, |query, after| query.filter(deployment::Column::Id.gt(after.0)))
            .order_by_asc(deployment::Column::Id)
            .limit(limit)
            .all(&self.reader)
            .await?;
        let ids = rows.iter().map(|row| row.subscription_id);
        let subscriptions = subscriptions::some(&self.reader, site.account, ids).await?;
        with_records(&self.reader, rows, &subscriptions).await
    }

    /// The deployments of a subscription, by region; `None` when the account has no such subscription.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "deployments"))]
    pub async fn deployments(
        &self,
        account: AccountId,
        subscription: SubscriptionId,
    ) -> Result<Option<Vec<Work>>, Error> {
        let Some(of) = subscriptions::one(&self.reader, account, subscription).await? else {
            return Ok(None);
        };
        let rows = deployment::Entity::find()
            .filter(deployment::Column::SubscriptionId.eq(subscription.0))
            .filter(deployment::Column::AccountId.eq(account.0))
            .order_by_asc(deployment::Column::Region)
            .all(&self.reader)
            .await?;
        with_records(&self.reader, rows, &[of]).await.map(Some)
    }

    /// One deployment of an account.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "deployment"))]
    pub async fn deployment(&self, account: AccountId, id: DeploymentId) -> Result<Option<Work>, Error> {
        let row = deployment::Entity::find_by_id(id.0).filter(deployment::Column::AccountId.eq(account.0));
        let Some(row) = row.one(&self.reader).await? else { return Ok(None) };
        let subscription = SubscriptionId(row.subscription_id);
        let of: Vec<_> =
            subscriptions::one(&self.reader, account, subscription).await?.into_iter().collect();
        Ok(with_records(&self.reader, vec![row], &of).await?.pop())
    }

    /// The AWS account that deployments of a cloud account are in; `None` when it has none.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "built_in"))]
    pub async fn built_in(
        &self,
        account: AccountId,
        cloud_account: CloudAccountId,
    ) -> Result<Option<AwsAccountId>, Error> {
        aws_account_of(&self.reader, account, cloud_account).await
    }

    /// The networks of an account's deployments, with what they are called and the customer's VPC they are in.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "networks"))]
    pub async fn deployments_of_account(&self, account: AccountId) -> Result<Vec<Deployment>, Error> {
        let rows = deployment::Entity::find()
            .filter(deployment::Column::AccountId.eq(account.0))
            .order_by_asc(deployment::Column::Id)
            .all(&self.reader)
            .await?;
        rows.into_iter().map(deployment::Model::into_domain).collect()
    }

    /// Writes down what is about to be created: one row for each resource, the same attempt again for one that is on
    /// record already.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "intend"))]
    pub async fn intend(
        &self,
        site: &Site,
        deployment: DeploymentId,
        records: Vec<Record>,
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        sites::hold(&tx, site).await?;
        for record in records {
            find(deployment, &record.key).exec(&tx).await?;
            let row = row_of(deployment, record);
            resource::Entity::insert(row.into_active_model()).exec_without_returning(&tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Writes down what the inventory, or an answer, showed about resources.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "note"))]
    pub async fn note(
        &self,
        site: &Site,
        deployment: DeploymentId,
        learnt: &[Learnt],
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        sites::hold(&tx, site).await?;
        let mut nodes = false;
        for learnt in learnt {
            let update = |key: &Key| {
                resource::Entity::update_many()
                    .filter(resource::Column::DeploymentId.eq(deployment.0))
                    .filter(resource::Column::Name.eq(key.as_str()))
            };
            match learnt {
                Learnt::Found(key, id) => {
                    let id = Expr::value(id.as_str());
                    update(key).col_expr(resource::Column::AwsId, id).exec(&tx).await?;
                    nodes |= key.is_node();
                }
                Learnt::InPlace(key, spec) => {
                    let spec = Expr::value(json(spec));
                    update(key).col_expr(resource::Column::InPlace, spec).exec(&tx).await?;
                }
                Learnt::Gone(key) => {
                    find(deployment, key).exec(&tx).await?;
                    // Volumes go with their node.
                    for key in [key.root_volume(), key.data_volume()] {
                        find(deployment, &key).exec(&tx).await?;
                    }
                }
            }
        }
        if nodes {
            // There is something to be read now.
            work::call(&tx, work::Kind::Readings, site.lease.key(), SignedDuration::ZERO).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Writes down how the work on a deployment goes.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "set_progress"))]
    pub async fn set_progress(
        &self,
        site: &Site,
        deployment: &Deployment,
        progress: Progress,
        at: Timestamp,
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, site.account).await?;
        sites::hold(&tx, site).await?;
        let Progress { state, trouble, next_at, compared_at, subscription } = progress;
        let mut update = deployment::Entity::update_many()
            .col_expr(deployment::Column::State, Expr::value(state.as_str()))
            .col_expr(deployment::Column::Trouble, Expr::value(trouble.as_ref().map(json)))
            .col_expr(deployment::Column::NextAt, Expr::value(next_at.map(micros)));
        if let Some(compared_at) = compared_at {
            update = update.col_expr(deployment::Column::ComparedAt, Expr::value(micros(compared_at)));
        }
        update.filter(deployment::Column::Id.eq(deployment.id.0)).exec(&tx).await?;
        if let Some(SubscriptionMove { from, to, reason, event }) = subscription {
            let id = deployment.subscription_id;
            let stands =
                subscriptions::one(&tx, site.account, id).await?.is_some_and(|it| it.status == from);
            let waits = to == SubscriptionStatus::Active && unfinished(&tx, id, deployment.id).await?;
            if stands && !waits {
                subscriptions::set_status(&tx, id, to, reason, at).await?;
                audit::record(&tx, site.account, event.about(id.0), at).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// Removes a deployment of which nothing is left in AWS, and with the last one its subscription. Gives whether
    /// the subscription went.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "remove_deployment"))]
    pub async fn remove_deployment(
        &self,
        site: &Site,
        deployment: &Deployment,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, site.account).await?;
        sites::hold(&tx, site).await?;
        let id = deployment.id.0;
        resource::Entity::delete_many().filter(resource::Column::DeploymentId.eq(id)).exec(&tx).await?;
        deployment_drift::Entity::delete_many()
            .filter(deployment_drift::Column::DeploymentId.eq(id))
            .exec(&tx)
            .await?;
        deployment::Entity::delete_by_id(id).exec(&tx).await?;
        let subscription = deployment.subscription_id;
        let was_last = !any(&tx, subscription).await?;
        if was_last {
            subscriptions::delete(&tx, site.account, subscription).await?;
            audit::record(&tx, site.account, event.about(subscription.0), at).await?;
        }
        tx.commit().await?;
        Ok(was_last)
    }

    /// Lets a subscription that was given up be tried again: built where it was being built, removed where it was being
    /// removed. `false` when nothing was given up.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "retry_deployments"))]
    pub async fn retry_deployments(
        &self,
        account: AccountId,
        subscription: SubscriptionId,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, account).await?;
        let current = subscriptions::one(&tx, account, subscription).await?;
        if current.is_none_or(|current| current.status != SubscriptionStatus::Error) {
            return Ok(false);
        }
        let retried = |from: DeploymentState, to| {
            moved(to, subscription).filter(deployment::Column::State.eq(from.as_str()))
        };
        let removing = retried(DeploymentState::Removing, DeploymentState::Removing);
        let building = retried(DeploymentState::Failed, DeploymentState::Building);
        let status = if removing.exec(&tx).await?.rows_affected > 0 {
            SubscriptionStatus::Deleting
        } else if building.exec(&tx).await?.rows_affected > 0 {
            SubscriptionStatus::Pending
        } else {
            return Ok(false);
        };
        subscriptions::set_status(&tx, subscription, status, None, at).await?;
        sites::wake(&tx, subscription).await?;
        audit::record(&tx, account, event.about(subscription.0), at).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives a deployment that is being built another blueprint.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "redraw"))]
    pub async fn redraw(
        &self,
        site: &Site,
        deployment: &Deployment,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, site.account).await?;
        sites::hold(&tx, site).await?;
        deployment::Entity::update_many()
            .col_expr(deployment::Column::Blueprint, Expr::value(json(&deployment.blueprint)))
            .col_expr(deployment::Column::Zones, Expr::value(json(&deployment.zones)))
            .filter(deployment::Column::Id.eq(deployment.id.0))
            .exec(&tx)
            .await?;
        audit::record(&tx, site.account, event.about(deployment.subscription_id.0), at).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What is known to have drifted of a deployment, oldest first.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "drift"))]
    pub async fn drift(&self, deployment: DeploymentId) -> Result<Vec<KeptDrift>, Error> {
        kept_drift(&self.reader, deployment).await
    }

    /// How much is known to have drifted of each of an account's subscriptions; those without drift are not named.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "drift_counts"))]
    pub async fn drift_counts(&self, account: AccountId) -> Result<BTreeMap<SubscriptionId, u32>, Error> {
        let of_account = deployment::Entity::find().filter(deployment::Column::AccountId.eq(account.0));
        let subscriptions: Vec<(Uuid, i32)> = of_account
            .select_only()
            .columns([deployment::Column::Id, deployment::Column::SubscriptionId])
            .into_tuple()
            .all(&self.reader)
            .await?;
        let subscriptions: BTreeMap<Uuid, i32> = subscriptions.into_iter().collect();
        let drifted: Vec<Uuid> = deployment_drift::Entity::find()
            .filter(deployment_drift::Column::DeploymentId.is_in(subscriptions.keys().copied()))
            .select_only()
            .column(deployment_drift::Column::DeploymentId)
            .into_tuple()
            .all(&self.reader)
            .await?;
        let mut counts = BTreeMap::new();
        for subscription in drifted.iter().filter_map(|deployment| subscriptions.get(deployment)) {
            *counts.entry(SubscriptionId(*subscription)).or_default() += 1;
        }
        Ok(counts)
    }

    /// Writes down what has drifted: new findings are added, those that are over removed, webhooks and the audit log
    /// told in the same transaction.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "replace_drift"))]
    pub async fn replace_drift(
        &self,
        site: &Site,
        deployment: DeploymentId,
        change: DriftChange,
        at: Timestamp,
    ) -> Result<(), Error> {
        let DriftChange { added, over, found_out, events, entries } = change;
        let tx = self.begin().await?;
        audit::lock(&tx, site.account).await?;
        sites::hold(&tx, site).await?;
        deployment_drift::Entity::delete_many()
            .filter(deployment_drift::Column::DeploymentId.eq(deployment.0))
            .filter(deployment_drift::Column::Finding.is_in(over.iter().map(json)))
            .exec(&tx)
            .await?;
        for KeptDrift { finding, since, by } in added {
            let row = deployment_drift::Model {
                deployment_id: deployment.0,
                finding: json(&finding),
                since: micros(since),
                made_by: by.as_ref().map(json),
            };
            deployment_drift::Entity::insert(row.into_active_model()).exec_without_returning(&tx).await?;
        }
        for (finding, by) in found_out {
            deployment_drift::Entity::update_many()
                .col_expr(deployment_drift::Column::MadeBy, Expr::value(json(&by)))
                .filter(deployment_drift::Column::DeploymentId.eq(deployment.0))
                .filter(deployment_drift::Column::Finding.eq(json(&finding)))
                .exec(&tx)
                .await?;
        }
        for event in &events {
            webhooks::enqueue(&tx, event).await?;
        }
        for entry in entries {
            audit::record(&tx, site.account, entry, at).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// The deployments in an account's AWS account in a region.
pub(crate) fn at_site(
    account: AccountId,
    aws_account: &AwsAccountId,
    region: &str,
) -> Select<deployment::Entity> {
    deployment::Entity::find()
        .filter(deployment::Column::AccountId.eq(account.0))
        .filter(deployment::Column::AwsAccountId.eq(aws_account.as_str()))
        .filter(deployment::Column::Region.eq(region))
}

/// Inserts a deployment, in a transaction that holds the account's row and in which its subscription is there.
pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    account: AccountId,
    subscription: SubscriptionId,
    new: NewDeployment,
    at: Timestamp,
) -> Result<(), Error> {
    if cloud_accounts::aws_account(tx, account, new.cloud_account_id).await? != new.aws_account_id {
        return Err(Error::Refused(vec![Problem::new(
            "cloudProviders[0].cloudAccountId",
            ErrorType::CloudAccountNotActive,
            "was moved to another AWS account while the order was planned; order again",
        )]));
    }
    sites::open(tx, account, &new.aws_account_id, &new.region).await?;
    let row = deployment::Model {
        id: new.id.0,
        account_id: account.0,
        subscription_id: subscription.0,
        cloud_account_id: new.cloud_account_id.0,
        aws_account_id: new.aws_account_id.into(),
        region: new.region,
        blueprint: json(&new.blueprint),
        network: new.network.to_string(),
        customers_vpc: new.customers_vpc.map(|id| id.0),
        zones: json(&new.zones),
        private_key: new.sealed_private_key,
        state: DeploymentState::Building.as_str().to_owned(),
        trouble: None,
        next_at: None,
        compared_at: None,
        created_at: micros(at),
    };
    deployment::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// The AWS account that deployments of a cloud account are in; `None` when it has none.
pub(crate) async fn aws_account_of(
    db: &impl ConnectionTrait,
    account: AccountId,
    cloud_account: CloudAccountId,
) -> Result<Option<AwsAccountId>, Error> {
    let found: Option<String> = deployment::Entity::find()
        .filter(deployment::Column::AccountId.eq(account.0))
        .filter(deployment::Column::CloudAccountId.eq(cloud_account.0))
        .select_only()
        .column(deployment::Column::AwsAccountId)
        .into_tuple()
        .one(db)
        .await?;
    let what = || format!("a deployment of cloud account {cloud_account}");
    found.map(|id| id.parse().or_corrupt(what)).transpose()
}

/// Refuses with [`Error::BuiltIn`] what would take a cloud account out of the AWS account that its deployments are in:
/// nobody could look after them any more. In a transaction that holds the account's row.
pub(crate) async fn refuse_leaving(
    tx: &DatabaseTransaction,
    account: AccountId,
    cloud_account: CloudAccountId,
    aws_account: &AwsAccountId,
) -> Result<(), Error> {
    match aws_account_of(tx, account, cloud_account).await? {
        Some(built_in) if built_in != *aws_account => Err(Error::BuiltIn(built_in)),
        _ => Ok(()),
    }
}

/// Whether a subscription has deployments.
pub(crate) async fn any(tx: &DatabaseTransaction, subscription: SubscriptionId) -> Result<bool, Error> {
    let one = deployment::Entity::find()
        .filter(deployment::Column::SubscriptionId.eq(subscription.0))
        .one(tx)
        .await?;
    Ok(one.is_some())
}

/// From now on every deployment of a subscription is removed, whatever becomes of the others.
pub(crate) async fn begin_removal(
    tx: &DatabaseTransaction,
    subscription: SubscriptionId,
) -> Result<(), Error> {
    moved(DeploymentState::Removing, subscription).exec(tx).await?;
    Ok(())
}

/// Moves the deployments of a subscription on, their trouble forgotten.
fn moved(to: DeploymentState, subscription: SubscriptionId) -> sea_orm::UpdateMany<deployment::Entity> {
    deployment::Entity::update_many()
        .col_expr(deployment::Column::State, Expr::value(to.as_str()))
        .col_expr(deployment::Column::Trouble, Expr::value(Option::<String>::None))
        .filter(deployment::Column::SubscriptionId.eq(subscription.0))
}

/// Whether another deployment of the subscription is still being built.
async fn unfinished(
    tx: &DatabaseTransaction,
    subscription: SubscriptionId,
    but: DeploymentId,
) -> Result<bool, Error> {
    let other = deployment::Entity::find()
        .filter(deployment::Column::SubscriptionId.eq(subscription.0))
        .filter(deployment::Column::Id.ne(but.0))
        .filter(deployment::Column::State.ne(DeploymentState::Built.as_str()))
        .one(tx)
        .await?;
    Ok(other.is_some())
}

fn find(deployment: DeploymentId, key: &Key) -> sea_orm::DeleteMany<resource::Entity> {
    resource::Entity::delete_many()
        .filter(resource::Column::DeploymentId.eq(deployment.0))
        .filter(resource::Column::Name.eq(key.as_str()))
}

/// Deployments with their subscriptions, which are among `of`, and with the records of all of them by one query.
async fn with_records(
    db: &impl ConnectionTrait,
    rows: Vec<deployment::Model>,
    of: &[Subscription],
) -> Result<Vec<Work>, Error> {
    let resources = resource::Entity::find()
        .filter(resource::Column::DeploymentId.is_in(rows.iter().map(|row| row.id)))
        .order_by_asc(resource::Column::Name)
        .all(db)
        .await?;
    let mut records: BTreeMap<Uuid, Vec<Record>> = BTreeMap::new();
    for row in resources {
        records.entry(row.deployment_id).or_default().push(row.into_domain()?);
    }
    let whole = |row: deployment::Model| {
        let deployment = row.into_domain()?;
        let subscription = of.iter().find(|it| it.id == deployment.subscription_id).cloned();
        let subscription =
            subscription.or_corrupt(|| format!("the subscription of deployment {}", deployment.id))?;
        let records = records.remove(&deployment.id.0).unwrap_or_default();
        Ok(Work { deployment, records, subscription })
    };
    rows.into_iter().map(whole).collect()
}

async fn kept_drift(db: &impl ConnectionTrait, deployment: DeploymentId) -> Result<Vec<KeptDrift>, Error> {
    let rows = deployment_drift::Entity::find()
        .filter(deployment_drift::Column::DeploymentId.eq(deployment.0))
        .all(db)
        .await?;
    let mut kept = rows
        .into_iter()
        .map(|row| {
            let what = || format!("drift of deployment {deployment}");
            Ok(KeptDrift {
                finding: serde_json::from_str(&row.finding).or_corrupt(what)?,
                since: time(row.since, what)?,
                by: row.made_by.as_deref().map(serde_json::from_str).transpose().or_corrupt(what)?,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    kept.sort_by(|one, other| (one.since, &one.finding).cmp(&(other.since, &other.finding)));
    Ok(kept)
}

fn row_of(deployment: DeploymentId, record: Record) -> resource::Model {
    resource::Model {
        deployment_id: deployment.0,
        name: record.key.to_string(),
        kind: record.kind.as_str().to_owned(),
        operation: record.operation.0,
        tags: json(&record.tags),
        asked_at: micros(record.asked_at),
        asked: i32::try_from(record.asked).unwrap_or(i32::MAX),
        aws_id: record.aws_id.map(|id| id.0),
        in_place: record.in_place.as_ref().map(json),
    }
}

impl resource::Model {
    fn into_domain(self) -> Result<Record, Error> {
        let what = || format!("resource {} of deployment {}", self.name, self.deployment_id);
        Ok(Record {
            key: Key::new(self.name.as_str()),
            kind: Kind::parse(&self.kind).or_corrupt(what)?,
            operation: OperationId(self.operation),
            tags: serde_json::from_str(&self.tags).or_corrupt(what)?,
            asked_at: time(self.asked_at, what)?,
            asked: u32::try_from(self.asked).or_corrupt(what)?,
            in_place: self.in_place.as_deref().map(serde_json::from_str).transpose().or_corrupt(what)?,
            aws_id: self.aws_id.clone().map(AwsId),
        })
    }
}

impl deployment::Model {
    fn into_domain(self) -> Result<Deployment, Error> {
        let what = || format!("deployment {}", self.id);
        Ok(Deployment {
            id: DeploymentId(self.id),
            account_id: AccountId(self.account_id),
            subscription_id: SubscriptionId(self.subscription_id),
            cloud_account_id: CloudAccountId(self.cloud_account_id),
            aws_account_id: self.aws_account_id.parse().or_corrupt(what)?,
            blueprint: serde_json::from_str(&self.blueprint).or_corrupt(what)?,
            network: self.network.parse().or_corrupt(what)?,
            zones: serde_json::from_str(&self.zones).or_corrupt(what)?,
            state: DeploymentState::parse(&self.state).or_corrupt(what)?,
            trouble: self.trouble.as_deref().map(serde_json::from_str).transpose().or_corrupt(what)?,
            next_at: self.next_at.map(|at| time(at, what)).transpose()?,
            compared_at: self.compared_at.map(|at| time(at, what)).transpose()?,
            created_at: time(self.created_at, what)?,
            customers_vpc: self.customers_vpc.clone().map(AwsId),
            region: self.region,
        })
    }
}
