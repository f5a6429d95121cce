//! Subscriptions, as the operator records them.

use berth_domain::{
    account::AuditEvent,
    cloud_account::Status,
    ids::{AccountId, CloudAccountId, SubscriptionId},
    subscription::{Plan, Subscription, SubscriptionStatus},
    values::DisplayName,
};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::{
    Error, Store,
    audit::{self, About},
    cloud_accounts,
    entities::subscription::{Column, Entity, Model},
    rows::{OrCorrupt, Sequence, json, micros, next_id, time},
};

/// A subscription to be.
#[derive(Clone, Debug)]
pub struct NewSubscription {
    /// Its name.
    pub name: DisplayName,
    /// Its plan.
    pub plan: Plan,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// The AWS account it runs in; the operator's own when `None`.
    pub cloud_account_id: Option<CloudAccountId>,
    /// The AWS regions it runs in.
    pub regions: Vec<String>,
}

impl Store {
    /// Adds a subscription. Where `event` names no resource id, it gets the new subscription's.
    ///
    /// Errors: [`Error::NoSuchAccount`], [`Error::NoSuchCloudAccount`], [`Error::NotActive`] when the cloud
    /// account is being deleted.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "add_subscription"))]
    pub async fn add_subscription(
        &self,
        account: AccountId,
        new: NewSubscription,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<Subscription, Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, account).await?;
        if let Some(id) = new.cloud_account_id
            && cloud_accounts::status(&tx, account, id).await? == Status::DeleteDraft
        {
            return Err(Error::NotActive);
        }
        let row = Model {
            id: next_id(&tx, Sequence::Subscriptions).await?,
            account_id: account.0,
            name: new.name.into(),
            plan: new.plan.as_str().to_owned(),
            status: new.status.as_str().to_owned(),
            cloud_account_id: new.cloud_account_id.map(|id| id.0),
            regions: json(&new.regions),
            created_at: micros(at),
            updated_at: micros(at),
        };
        Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx).await?;
        audit::record(&tx, account, event.about(row.id), at).await?;
        tx.commit().await?;
        row.into_domain()
    }

    /// An account's subscriptions, by id.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "subscriptions"))]
    pub async fn subscriptions(&self, account: AccountId) -> Result<Vec<Subscription>, Error> {
        let rows = Entity::find()
            .filter(Column::AccountId.eq(account.0))
            .order_by_asc(Column::Id)
            .all(&self.reader)
            .await?;
        rows.into_iter().map(Model::into_domain).collect()
    }

    /// Removes a subscription and returns what it was. `None` when the account has no such one.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "remove_subscription"))]
    pub async fn remove_subscription(
        &self,
        account: AccountId,
        id: SubscriptionId,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<Option<Subscription>, Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, account).await?;
        let row = Entity::find_by_id(id.0).filter(Column::AccountId.eq(account.0)).one(&tx).await?;
        let Some(row) = row else { return Ok(None) };
        Entity::delete_by_id(id.0).filter(Column::AccountId.eq(account.0)).exec(&tx).await?;
        audit::record(&tx, account, event.about(id.0), at).await?;
        tx.commit().await?;
        row.into_domain().map(Some)
    }
}

/// Refuses with [`Error::CloudAccountUsed`] when a subscription uses the cloud account. In a transaction that
/// holds the account's row, it stays unused until that ends.
pub(crate) async fn refuse_used(
    tx: &impl ConnectionTrait,
    account: AccountId,
    id: CloudAccountId,
) -> Result<(), Error> {
    let rows = Entity::find()
        .filter(Column::AccountId.eq(account.0))
        .filter(Column::CloudAccountId.eq(id.0))
        .order_by_asc(Column::Id)
        .all(tx)
        .await?;
    if rows.is_empty() {
        return Ok(());
    }
    Err(Error::CloudAccountUsed(rows.into_iter().map(|row| (SubscriptionId(row.id), row.name)).collect()))
}

impl Model {
    fn into_domain(self) -> Result<Subscription, Error> {
        let what = || format!("subscription {}", self.id);
        Ok(Subscription {
            id: SubscriptionId(self.id),
            account_id: AccountId(self.account_id),
            name: self.name.parse().or_corrupt(what)?,
            plan: self.plan.parse().or_corrupt(what)?,
            status: self.status.parse().or_corrupt(what)?,
            cloud_account_id: self.cloud_account_id.map(CloudAccountId),
            regions: serde_json::from_str(&self.regions).or_corrupt(what)?,
            created_at: time(self.created_at, what)?,
        })
    }
}
