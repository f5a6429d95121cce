//! Subscriptions: reading them, what the operator records, and what every change of them needs. Orders are in `orders`.

use berth_domain::{
    account::AuditEvent,
    cloud_account::Status,
    ids::{AccountId, CloudAccountId, SubscriptionId},
    problem::Problem,
    subscription::{Plan, Subscription, SubscriptionStatus, terms::Terms},
    task::ErrorType,
    values::DisplayName,
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, sea_query::Expr,
};

use crate::{
    Error, Store,
    audit::{self, About},
    cloud_accounts,
    entities::{
        database,
        subscription::{Column, Entity, Model},
    },
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
            terms: None,
            status_reason: None,
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
        all(&self.reader, account).await
    }

    /// One subscription of an account.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "subscription"))]
    pub async fn subscription(
        &self,
        account: AccountId,
        id: SubscriptionId,
    ) -> Result<Option<Subscription>, Error> {
        one(&self.reader, account, id).await
    }

    /// Sets where a subscription stands and why, unless it is not in `from` any more; tells whether it did.
    ///
    /// Errors: [`Error::NoSuchAccount`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "settle_subscription"))]
    pub async fn settle_subscription(
        &self,
        account: AccountId,
        id: SubscriptionId,
        from: SubscriptionStatus,
        to: (SubscriptionStatus, Option<String>),
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, account).await?;
        let current = one(&tx, account, id).await?;
        if current.is_none_or(|current| current.status != from) {
            return Ok(false);
        }
        set_status(&tx, id, to.0, to.1, at).await?;
        audit::record(&tx, account, event.about(id.0), at).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Removes a subscription from the records and returns what it was. `None` when the account has no such one.
    ///
    /// Errors: [`Error::Refused`] for one that Berth builds, which [`Effect::Unsubscribe`](crate::Effect) lets go.
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
        let found = row.into_domain()?;
        if found.terms.pro().is_some() {
            let message = "is built by Berth: what it has in AWS would stay behind, unknown to everybody. Delete it \
                           with DELETE /v1/subscriptions/{id}, which removes that, too";
            return Err(Error::Refused(vec![Problem::new("id", ErrorType::BadRequest, message)]));
        }
        delete(&tx, account, id).await?;
        audit::record(&tx, account, event.about(id.0), at).await?;
        tx.commit().await?;
        Ok(Some(found))
    }

    /// Removes a subscription of which nothing is left in AWS; tells whether it was there and being deleted.
    ///
    /// Errors: [`Error::NoSuchAccount`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "forget_subscription"))]
    pub async fn forget_subscription(
        &self,
        account: AccountId,
        id: SubscriptionId,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, account).await?;
        let current = one(&tx, account, id).await?;
        if current.is_none_or(|current| current.status != SubscriptionStatus::Deleting) {
            return Ok(false);
        }
        delete(&tx, account, id).await?;
        audit::record(&tx, account, event.about(id.0), at).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// An account's subscriptions, by id.
pub(crate) async fn all(db: &impl ConnectionTrait, account: AccountId) -> Result<Vec<Subscription>, Error> {
    let rows =
        Entity::find().filter(Column::AccountId.eq(account.0)).order_by_asc(Column::Id).all(db).await?;
    rows.into_iter().map(Model::into_domain).collect()
}

/// Some of an account's subscriptions.
pub(crate) async fn some(
    db: &impl ConnectionTrait,
    account: AccountId,
    ids: impl IntoIterator<Item = i32>,
) -> Result<Vec<Subscription>, Error> {
    let of_account = Entity::find().filter(Column::AccountId.eq(account.0));
    let rows = of_account.filter(Column::Id.is_in(ids)).all(db).await?;
    rows.into_iter().map(Model::into_domain).collect()
}

/// One subscription of an account.
pub(crate) async fn one(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: SubscriptionId,
) -> Result<Option<Subscription>, Error> {
    let row = Entity::find_by_id(id.0).filter(Column::AccountId.eq(account.0)).one(db).await?;
    row.map(Model::into_domain).transpose()
}

/// Sets where a subscription stands and why.
pub(crate) async fn set_status(
    tx: &DatabaseTransaction,
    id: SubscriptionId,
    status: SubscriptionStatus,
    reason: Option<String>,
    at: Timestamp,
) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(status.as_str()))
        .col_expr(Column::StatusReason, Expr::value(reason))
        .col_expr(Column::UpdatedAt, Expr::value(micros(at)))
        .filter(Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    Ok(())
}

/// Removes a subscription and its planned databases.
pub(crate) async fn delete(
    tx: &DatabaseTransaction,
    account: AccountId,
    id: SubscriptionId,
) -> Result<(), Error> {
    database::Entity::delete_many()
        .filter(database::Column::AccountId.eq(account.0))
        .filter(database::Column::SubscriptionId.eq(id.0))
        .exec(tx)
        .await?;
    let done = Entity::delete_by_id(id.0).filter(Column::AccountId.eq(account.0)).exec(tx).await?;
    if done.rows_affected == 0 { Err(Error::NoSuchSubscription) } else { Ok(()) }
}

/// Refuses what is being deleted, in a transaction that holds the account's row.
pub(crate) async fn refuse_deleting(
    tx: &DatabaseTransaction,
    account: AccountId,
    id: SubscriptionId,
) -> Result<(), Error> {
    match one(tx, account, id).await? {
        None => Err(Error::NoSuchSubscription),
        Some(found) if found.status == SubscriptionStatus::Deleting => Err(Error::SubscriptionDeleting),
        Some(_) => Ok(()),
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
            terms: match &self.terms {
                None => Terms::Recorded,
                Some(terms) => serde_json::from_str(terms).or_corrupt(what)?,
            },
            status_reason: self.status_reason.clone(),
            created_at: time(self.created_at, what)?,
            updated_at: time(self.updated_at, what)?,
        })
    }
}
