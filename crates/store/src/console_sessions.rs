//! Technical support access: what is permitted, and the sessions asked for, decided on and opened.

use berth_domain::{
    account::AuditEvent,
    ids::{AccountId, CloudAccountId, ConsoleSessionId},
    support::{ConsoleSession, ConsoleSessionState, SupportAccess},
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Error, Store, audit, cloud_accounts,
    entities::{
        console_session::{Column, Entity, Model},
        support_access,
    },
    rows::{OrCorrupt, micros, time},
};

/// What an Owner says to a request.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Approved or denied.
    pub state: ConsoleSessionState,
    /// Who says it.
    pub by: String,
    /// Until when it can be opened.
    pub valid_until: Timestamp,
    /// Now.
    pub at: Timestamp,
}

impl Store {
    /// What is permitted in a cloud account, whoever owns it.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "support_access"))]
    pub async fn support_access(&self, id: CloudAccountId) -> Result<SupportAccess, Error> {
        permitted(&self.reader, id).await
    }

    /// Changes what is permitted in a cloud account.
    ///
    /// Errors: [`Error::NoSuchCloudAccount`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "set_support_access"))]
    pub async fn set_support_access(
        &self,
        account: AccountId,
        id: CloudAccountId,
        access: SupportAccess,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        audit::record(&tx, account, event, at).await?;
        cloud_accounts::status(&tx, account, id).await?;
        let row = support_access::Model { cloud_account_id: id.0, mode: access.as_str().to_owned() };
        support_access::Entity::insert(row.into_active_model())
            .on_conflict(
                OnConflict::column(support_access::Column::CloudAccountId)
                    .update_column(support_access::Column::Mode)
                    .to_owned(),
            )
            .exec_without_returning(&tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Adds a session: one that was asked for, or one that is opened at once.
    ///
    /// Errors: [`Error::NoSuchCloudAccount`]; [`Error::SupportSwitchedOff`] when that was done meanwhile.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "add_console_session"))]
    pub async fn add_console_session(
        &self,
        session: ConsoleSession,
        event: AuditEvent,
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        audit::record(&tx, session.account_id, event, session.requested_at).await?;
        cloud_accounts::status(&tx, session.account_id, session.cloud_account_id).await?;
        refuse_off(&tx, session.cloud_account_id).await?;
        Entity::insert(Model::from(session).into_active_model()).exec_without_returning(&tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A cloud account's latest sessions, newest first.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "console_sessions"))]
    pub async fn console_sessions(
        &self,
        account: AccountId,
        cloud_account: Option<CloudAccountId>,
        limit: u64,
    ) -> Result<Vec<ConsoleSession>, Error> {
        let mut query = Entity::find().filter(Column::AccountId.eq(account.0));
        if let Some(id) = cloud_account {
            query = query.filter(Column::CloudAccountId.eq(id.0));
        }
        let rows = query
            .order_by_desc(Column::RequestedAt)
            .order_by_desc(Column::Id)
            .limit(limit)
            .all(&self.reader)
            .await?;
        rows.into_iter().map(Model::into_domain).collect()
    }

    /// One session of an account.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "console_session"))]
    pub async fn console_session(
        &self,
        account: AccountId,
        id: ConsoleSessionId,
    ) -> Result<Option<ConsoleSession>, Error> {
        let row =
            Entity::find_by_id(id.0).filter(Column::AccountId.eq(account.0)).one(&self.reader).await?;
        row.map(Model::into_domain).transpose()
    }

    /// Approves or denies a request. `None`, with nothing written, when it does not wait for that any more.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "decide_console_session"))]
    pub async fn decide_console_session(
        &self,
        account: AccountId,
        id: ConsoleSessionId,
        decision: Decision,
        event: AuditEvent,
    ) -> Result<Option<ConsoleSession>, Error> {
        let tx = self.begin().await?;
        audit::record(&tx, account, event, decision.at).await?;
        let mut rows = Entity::update_many()
            .col_expr(Column::State, Expr::value(decision.state.as_str()))
            .col_expr(Column::DecidedBy, Expr::value(decision.by))
            .col_expr(Column::ValidUntil, Expr::value(micros(decision.valid_until)))
            .filter(Column::AccountId.eq(account.0))
            .filter(Column::Id.eq(id.0))
            .filter(Column::State.eq(ConsoleSessionState::Requested.as_str()))
            .filter(Column::ValidUntil.gt(micros(decision.at)))
            .exec_with_returning(&tx)
            .await?;
        let Some(row) = rows.pop() else { return Ok(None) };
        tx.commit().await?;
        row.into_domain().map(Some)
    }

    /// Notes that an approved session is opened, which it can be once. `false`, with nothing written, when it
    /// cannot.
    ///
    /// Errors: [`Error::SupportSwitchedOff`] when that was done meanwhile.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "open_console_session"))]
    pub async fn open_console_session(
        &self,
        session: &ConsoleSession,
        at: Timestamp,
        ends_at: Timestamp,
        event: AuditEvent,
    ) -> Result<bool, Error> {
        let tx = self.begin().await?;
        audit::record(&tx, session.account_id, event, at).await?;
        refuse_off(&tx, session.cloud_account_id).await?;
        let done = Entity::update_many()
            .col_expr(Column::State, Expr::value(ConsoleSessionState::Opened.as_str()))
            .col_expr(Column::OpenedAt, Expr::value(micros(at)))
            .col_expr(Column::EndsAt, Expr::value(micros(ends_at)))
            .filter(Column::Id.eq(session.id.0))
            .filter(Column::State.eq(ConsoleSessionState::Approved.as_str()))
            .filter(Column::ValidUntil.gt(micros(at)))
            .exec(&tx)
            .await?;
        if done.rows_affected == 0 {
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }
}

async fn permitted(db: &impl ConnectionTrait, id: CloudAccountId) -> Result<SupportAccess, Error> {
    let row = support_access::Entity::find_by_id(id.0).one(db).await?;
    let read = |row: support_access::Model| {
        row.mode.parse().or_corrupt(|| format!("support access to cloud account {id}"))
    };
    row.map_or(Ok(SupportAccess::default()), read)
}

/// In a transaction that holds the account's row, it stays as it is until that ends.
async fn refuse_off(db: &impl ConnectionTrait, id: CloudAccountId) -> Result<(), Error> {
    match permitted(db, id).await? {
        SupportAccess::Off => Err(Error::SupportSwitchedOff),
        SupportAccess::On | SupportAccess::Approval => Ok(()),
    }
}

impl From<ConsoleSession> for Model {
    fn from(session: ConsoleSession) -> Self {
        Self {
            id: session.id.0,
            account_id: session.account_id.0,
            cloud_account_id: session.cloud_account_id.0,
            requested_by: session.requested_by,
            reason: session.reason.as_str().to_owned(),
            minutes: session.minutes.get(),
            state: session.state.as_str().to_owned(),
            requested_at: micros(session.requested_at),
            decided_by: session.decided_by,
            valid_until: micros(session.valid_until),
            opened_at: session.opened_at.map(micros),
            ends_at: session.ends_at.map(micros),
        }
    }
}

impl Model {
    fn into_domain(self) -> Result<ConsoleSession, Error> {
        let what = || format!("console session {}", self.id);
        Ok(ConsoleSession {
            id: ConsoleSessionId(self.id),
            account_id: AccountId(self.account_id),
            cloud_account_id: CloudAccountId(self.cloud_account_id),
            reason: self.reason.parse().or_corrupt(what)?,
            minutes: self.minutes.try_into().or_corrupt(what)?,
            state: ConsoleSessionState::parse(&self.state).or_corrupt(what)?,
            requested_at: time(self.requested_at, what)?,
            valid_until: time(self.valid_until, what)?,
            opened_at: self.opened_at.map(|at| time(at, what)).transpose()?,
            ends_at: self.ends_at.map(|at| time(at, what)).transpose()?,
            requested_by: self.requested_by,
            decided_by: self.decided_by,
        })
    }
}
