//! Restores: what of a subscription is restored, and what was.

use berth_domain::{
    account::AuditEvent,
    deployment::restore::{Restore, RestoreOutcome, RestorePolicy},
    ids::{AccountId, DeploymentId, RestoreId, SubscriptionId},
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Error, Store, audit,
    entities::{restore, restore_policy as policy},
    rows::{OrCorrupt, json, micros, time},
    sites::{self, Site},
    subscriptions,
};

/// How long restores are kept.
pub const RESTORES_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

impl Store {
    /// What of a subscription is restored; `None` when the account has no such subscription.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "restore_policy"))]
    pub async fn restore_policy(
        &self,
        account: AccountId,
        id: SubscriptionId,
    ) -> Result<Option<RestorePolicy>, Error> {
        if subscriptions::one(&self.reader, account, id).await?.is_none() {
            return Ok(None);
        }
        let row = policy::Entity::find_by_id(id.0)
            .filter(policy::Column::AccountId.eq(account.0))
            .one(&self.reader)
            .await?;
        let read = |row: policy::Model| {
            serde_json::from_str(&row.policy).or_corrupt(|| format!("the restore policy of {id}"))
        };
        Ok(Some(row.map(read).transpose()?.unwrap_or_default()))
    }

    /// Sets what of a subscription is restored, and has its deployments looked at now.
    ///
    /// Errors: [`Error::NoSuchSubscription`], [`Error::SubscriptionDeleting`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "set_restore_policy"))]
    pub async fn set_restore_policy(
        &self,
        account: AccountId,
        id: SubscriptionId,
        new: &RestorePolicy,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        audit::record(&tx, account, event, at).await?;
        subscriptions::refuse_deleting(&tx, account, id).await?;
        let row = policy::Model { subscription_id: id.0, account_id: account.0, policy: json(new) };
        policy::Entity::insert(row.into_active_model())
            .on_conflict(
                OnConflict::column(policy::Column::SubscriptionId)
                    .update_column(policy::Column::Policy)
                    .to_owned(),
            )
            .exec_without_returning(&tx)
            .await?;
        sites::wake(&tx, id).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What was restored of a deployment since then, latest first, at most so much.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "restores"))]
    pub async fn restores(
        &self,
        deployment: DeploymentId,
        since: Timestamp,
        most: u64,
    ) -> Result<Vec<Restore>, Error> {
        let rows = restore::Entity::find()
            .filter(restore::Column::DeploymentId.eq(deployment.0))
            .filter(restore::Column::At.gt(micros(since)))
            .order_by_desc(restore::Column::At)
            .order_by_desc(restore::Column::Id)
            .limit(most)
            .all(&self.reader)
            .await?;
        rows.into_iter().map(restore::Model::into_domain).collect()
    }

    /// Writes down what is about to be restored, before AWS is asked; forgets what is too old.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "begin_restore"))]
    pub async fn begin_restore(
        &self,
        site: &Site,
        deployment: DeploymentId,
        new: &Restore,
        event: AuditEvent,
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, site.account).await?;
        sites::hold(&tx, site).await?;
        restore::Entity::delete_many()
            .filter(restore::Column::DeploymentId.eq(deployment.0))
            .filter(restore::Column::At.lt(micros(new.at - RESTORES_KEPT)))
            .exec(&tx)
            .await?;
        let row = restore::Model {
            id: new.id.0,
            deployment_id: deployment.0,
            finding: json(&new.finding),
            at: micros(new.at),
            outcome: new.outcome.as_str().to_owned(),
            message: new.message.clone(),
        };
        restore::Entity::insert(row.into_active_model()).exec_without_returning(&tx).await?;
        audit::record(&tx, site.account, event, new.at).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes down what came of a restore.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "end_restore"))]
    pub async fn end_restore(
        &self,
        site: &Site,
        id: RestoreId,
        outcome: RestoreOutcome,
        refusal: Option<(String, AuditEvent)>,
        at: Timestamp,
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, site.account).await?;
        sites::hold(&tx, site).await?;
        let message = refusal.as_ref().map(|(message, _)| message.clone());
        restore::Entity::update_many()
            .col_expr(restore::Column::Outcome, Expr::value(outcome.as_str()))
            .col_expr(restore::Column::Message, Expr::value(message))
            .filter(restore::Column::Id.eq(id.0))
            .exec(&tx)
            .await?;
        if let Some((_, event)) = refusal {
            audit::record(&tx, site.account, event, at).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

impl restore::Model {
    fn into_domain(self) -> Result<Restore, Error> {
        let what = || format!("restore {}", self.id);
        Ok(Restore {
            id: RestoreId(self.id),
            finding: serde_json::from_str(&self.finding).or_corrupt(what)?,
            at: time(self.at, what)?,
            outcome: RestoreOutcome::parse(&self.outcome).or_corrupt(what)?,
            message: self.message.clone(),
        })
    }
}
