//! External ids between being issued and being used. Using one takes it away, in the transaction that uses it.

use berth_domain::{
    access::AccessId,
    account::AuditEvent,
    ids::{AccountId, CloudAccountId},
    values::ExternalId,
};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use crate::{
    Error, Store, audit,
    entities::{
        cloud_account,
        external_id::{Column, Entity, Model},
    },
    rows::micros,
};

/// An external id to be issued.
#[derive(Clone, Debug)]
pub struct NewExternalId {
    /// The account that alone may use it.
    pub account_id: AccountId,
    /// The external id.
    pub external_id: ExternalId,
    /// Now.
    pub at: Timestamp,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

impl Store {
    /// Issues an external id. Errors: [`Error::NoSuchAccount`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "issue_external_id"))]
    pub async fn issue_external_id(&self, new: NewExternalId, event: AuditEvent) -> Result<(), Error> {
        let tx = self.begin().await?;
        audit::record(&tx, new.account_id, event, new.at).await?;
        let row = Model {
            external_id: new.external_id.into(),
            account_id: new.account_id.0,
            created_at: micros(new.at),
            expires_at: micros(new.expires_at),
        };
        Entity::insert(row.into_active_model()).exec_without_returning(&tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Whether this account may use an external id now: for a new cloud account, or for `of`, which may have
    /// it already.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "may_use_external_id"))]
    pub async fn may_use_external_id(
        &self,
        account: AccountId,
        external_id: &ExternalId,
        of: Option<CloudAccountId>,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let waiting: Option<i32> = Entity::find_by_id(external_id.as_str())
            .select_only()
            .column(Column::AccountId)
            .filter(Column::AccountId.eq(account.0))
            .filter(Column::ExpiresAt.gt(micros(at)))
            .into_tuple()
            .one(&self.reader)
            .await?;
        if waiting.is_some() {
            return Ok(true);
        }
        let holder: Option<i32> = cloud_account::Entity::find()
            .select_only()
            .column(cloud_account::Column::Id)
            .filter(cloud_account::Column::AccountId.eq(account.0))
            .filter(cloud_account::Column::ExternalId.eq(external_id.as_str()))
            .into_tuple()
            .one(&self.reader)
            .await?;
        Ok(holder.is_some() && holder.map(CloudAccountId) == of)
    }

    /// Forgets the external ids that could be used until before that time; says how many.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "purge_external_ids"))]
    pub async fn purge_external_ids(&self, expired_before: Timestamp) -> Result<u64, Error> {
        let done = Entity::delete_many()
            .filter(Column::ExpiresAt.lt(micros(expired_before)))
            .exec(&self.writer)
            .await?;
        Ok(done.rows_affected)
    }
}

/// Takes the external id of a cloud account that is about to be written, unless that very one has it already.
///
/// Not looked at is when it expires: it was asked for in time, and its task may have waited.
pub(crate) async fn consume(
    tx: &DatabaseTransaction,
    account: AccountId,
    id: CloudAccountId,
    access: &AccessId,
) -> Result<(), Error> {
    let AccessId::Role(role) = access else { return Ok(()) };
    let kept: Option<i32> = cloud_account::Entity::find_by_id(id.0)
        .select_only()
        .column(cloud_account::Column::Id)
        .filter(cloud_account::Column::AccountId.eq(account.0))
        .filter(cloud_account::Column::ExternalId.eq(role.external_id.as_str()))
        .into_tuple()
        .one(tx)
        .await?;
    if kept.is_some() {
        return Ok(());
    }
    let taken = Entity::delete_by_id(role.external_id.as_str())
        .filter(Column::AccountId.eq(account.0))
        .exec(tx)
        .await?;
    if taken.rows_affected == 0 { Err(Error::NoSuchExternalId) } else { Ok(()) }
}
