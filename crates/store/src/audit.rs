//! The audit log. An entry is written in the same transaction as the change it records.

use berth_domain::{
    account::{AuditEntry, AuditEvent},
    ids::AccountId,
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};

use crate::{
    Error, Store,
    entities::audit_entry::{Column, Entity, Model},
    rows::{micros, statement, time},
};

/// Which audit entries, and how many.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// How many of the newest to skip.
    pub offset: u64,
    /// How many at most.
    pub limit: u64,
    /// Not before this.
    pub start: Option<Timestamp>,
    /// Not after this.
    pub end: Option<Timestamp>,
    /// Only about the resource of this id.
    pub resource_id: Option<i32>,
    /// Only about resources of this kind, such as `Cloud account`.
    pub resource: Option<String>,
    /// Only what this user, by email, or `berth` did.
    pub originator: Option<String>,
}

impl Store {
    /// Records an event that changed nothing else in the database.
    ///
    /// Errors: [`Error::NoSuchAccount`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "record"))]
    pub async fn record(&self, account: AccountId, event: AuditEvent, at: Timestamp) -> Result<(), Error> {
        let tx = self.begin().await?;
        record(&tx, account, event, at).await?;
        tx.commit().await?;
        Ok(())
    }

    /// An account's audit entries, newest first.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "audit_entries"))]
    pub async fn audit_entries(
        &self,
        account: AccountId,
        filter: AuditFilter,
    ) -> Result<Vec<AuditEntry>, Error> {
        let rows = Entity::find()
            .filter(Column::AccountId.eq(account.0))
            .apply_if(filter.start, |query, start| query.filter(Column::At.gte(micros(start))))
            .apply_if(filter.end, |query, end| query.filter(Column::At.lte(micros(end))))
            .apply_if(filter.resource_id, |query, id| query.filter(Column::ResourceId.eq(id)))
            .apply_if(filter.resource, |query, kind| query.filter(Column::Resource.eq(kind)))
            .apply_if(filter.originator, |query, who| query.filter(Column::Originator.eq(who)))
            .order_by_desc(Column::Id)
            .offset(filter.offset)
            .limit(filter.limit)
            .all(&self.reader)
            .await?;
        rows.into_iter().map(Model::into_domain).collect()
    }
}

/// Begins a change to an account: locks the account's row until the transaction ends. What is read afterwards
/// stays true, and task and audit numbers appear in order. Every transaction that writes to an account calls
/// this first.
///
/// Errors: [`Error::NoSuchAccount`].
pub(crate) async fn lock(tx: &DatabaseTransaction, account: AccountId) -> Result<(), Error> {
    // An update that changes nothing: SQLite knows no SELECT … FOR UPDATE.
    let sql = "UPDATE accounts SET log_seq = log_seq WHERE id = $1";
    let done = tx.execute_raw(statement(tx, sql, [account.0.into()])).await?;
    if done.rows_affected() == 0 { Err(Error::NoSuchAccount) } else { Ok(()) }
}

/// Numbers and writes an entry. Locks the account's row as [`lock`] does.
pub(crate) async fn record(
    tx: &DatabaseTransaction,
    account: AccountId,
    event: AuditEvent,
    at: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE accounts SET log_seq = log_seq + 1 WHERE id = $1 RETURNING log_seq";
    let row = tx.query_one_raw(statement(tx, sql, [account.0.into()])).await?;
    let row = row.ok_or(Error::NoSuchAccount)?;
    let entry = Model {
        account_id: account.0,
        id: row.try_get_by_index(0)?,
        at: micros(at),
        originator: event.actor.originator,
        api_key_name: event.actor.api_key_name,
        resource: event.resource.to_owned(),
        resource_id: event.resource_id,
        kind: event.kind.to_owned(),
        description: event.description,
    };
    Entity::insert(entry.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Events about something that gets its id only now.
pub(crate) trait About {
    /// Fills in the resource id where there is none.
    fn about(self, id: i32) -> Self;
}

impl About for AuditEvent {
    fn about(mut self, id: i32) -> Self {
        self.resource_id = self.resource_id.or(Some(id));
        self
    }
}

impl Model {
    fn into_domain(self) -> Result<AuditEntry, Error> {
        Ok(AuditEntry {
            id: self.id,
            at: time(self.at, || format!("audit entry {} of account {}", self.id, self.account_id))?,
            originator: self.originator,
            api_key_name: self.api_key_name,
            resource: self.resource,
            resource_id: self.resource_id,
            kind: self.kind,
            description: self.description,
        })
    }
}
