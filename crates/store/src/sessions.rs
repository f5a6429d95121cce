//! Sessions of the console, and who is behind one: the question of every request a browser makes.

use berth_domain::{
    account::{AuditEvent, Principal, Session, User, Via},
    ids::{AccountId, SessionId, UserId},
    values::Email,
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QueryResult,
    sea_query::Expr,
};

use crate::{
    Error, Store, audit,
    entities::{
        session::{Column, Entity, Model},
        user,
    },
    rows::{OrCorrupt, micros, statement, time},
    users::{self, email_key},
};

/// A session to be.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// The account of the user who signs in.
    pub account_id: AccountId,
    /// The user who signs in.
    pub user_id: UserId,
    /// The hash of its token. Tokens are random and long: a fast hash is enough.
    pub token_hash: [u8; 32],
    /// Where it is started from.
    pub address: String,
    /// What the browser calls itself.
    pub user_agent: String,
    /// Now.
    pub at: Timestamp,
    /// When it ends however much it is used.
    pub ends_at: Timestamp,
}

/// Which sessions are in force: used at or after the one time, ending after the other.
#[derive(Clone, Copy, Debug)]
pub struct InForce {
    /// Now.
    pub now: Timestamp,
    /// Whatever was last used before this has ended.
    pub used_since: Timestamp,
}

/// Who is behind a session that is in force.
#[derive(Clone, Debug)]
pub struct SessionHolder {
    /// The account, the user, its role, the session's id.
    pub principal: Principal,
    /// The session.
    pub session: Session,
    /// The hash of the token, for the caller to compare in constant time.
    pub token_hash: [u8; 32],
}

impl Store {
    /// The user with this email, whatever the case of its letters, with the hash of its password.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "user_with_password"))]
    pub async fn user_with_password(&self, email: &Email) -> Result<Option<(User, String)>, Error> {
        let found: Option<user::Model> = user::Entity::find()
            .filter(user::Column::EmailKey.eq(email_key(email)))
            .one(&self.reader)
            .await?;
        let Some(row) = found else { return Ok(None) };
        let user = self.user(AccountId(row.account_id), UserId(row.id)).await?;
        Ok(user.map(|user| (user, row.password_hash)))
    }

    /// Starts a session.
    ///
    /// Errors: [`Error::NoSuchUser`] when the account has no such user, or it was disabled meanwhile.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "start_session"))]
    pub async fn start_session(&self, new: NewSession, event: AuditEvent) -> Result<Session, Error> {
        let tx = self.begin().await?;
        audit::record(&tx, new.account_id, event, new.at).await?;
        let user = users::find(&tx, new.account_id, "u.id = $2", new.user_id.0.into()).await?;
        user.filter(|user| user.enabled).ok_or(Error::NoSuchUser)?;
        let row = Model {
            id: new.id.0,
            account_id: new.account_id.0,
            user_id: new.user_id.0,
            token_hash: new.token_hash.to_vec(),
            address: new.address,
            user_agent: new.user_agent,
            created_at: micros(new.at),
            last_used_at: micros(new.at),
            ends_at: micros(new.ends_at),
        };
        Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx).await?;
        tx.commit().await?;
        row.into_domain()
    }

    /// Who is behind the session whose token hashes to this: only if it is in force and its user not disabled.
    /// One query.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "session_holder"))]
    pub async fn session_holder(
        &self,
        token_hash: &[u8; 32],
        in_force: InForce,
    ) -> Result<Option<SessionHolder>, Error> {
        let sql = "SELECT s.id, s.account_id, s.user_id, s.token_hash, s.address, s.user_agent, \
             s.created_at, s.last_used_at, s.ends_at, u.email, u.role \
             FROM sessions s JOIN users u ON u.id = s.user_id \
             WHERE s.token_hash = $1 AND s.ends_at > $2 AND s.last_used_at >= $3 AND u.enabled";
        let values =
            [token_hash.to_vec().into(), micros(in_force.now).into(), micros(in_force.used_since).into()];
        let row = self.reader.query_one_raw(statement(&self.reader, sql, values)).await?;
        row.as_ref().map(read_holder).transpose()
    }

    /// Notes that a session is being used.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "touch_session"))]
    pub async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), Error> {
        Entity::update_many()
            .col_expr(Column::LastUsedAt, Expr::value(micros(at)))
            .filter(Column::Id.eq(id.0))
            .filter(Column::LastUsedAt.lt(micros(at)))
            .exec(&self.writer)
            .await?;
        Ok(())
    }

    /// A user's sessions that are in force, latest first.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "sessions"))]
    pub async fn sessions(
        &self,
        account: AccountId,
        user: UserId,
        in_force: InForce,
    ) -> Result<Vec<Session>, Error> {
        let rows = Entity::find()
            .filter(Column::AccountId.eq(account.0))
            .filter(Column::UserId.eq(user.0))
            .filter(Column::EndsAt.gt(micros(in_force.now)))
            .filter(Column::LastUsedAt.gte(micros(in_force.used_since)))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .all(&self.reader)
            .await?;
        rows.into_iter().map(Model::into_domain).collect()
    }

    /// Ends a user's session. `false` when the user has no such one.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "end_session"))]
    pub async fn end_session(
        &self,
        account: AccountId,
        user: UserId,
        id: SessionId,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let tx = self.begin().await?;
        audit::record(&tx, account, event, at).await?;
        let done = Entity::delete_by_id(id.0)
            .filter(Column::AccountId.eq(account.0))
            .filter(Column::UserId.eq(user.0))
            .exec(&tx)
            .await?;
        if done.rows_affected == 0 {
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Forgets the sessions that ended before this, and returns how many.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "purge_sessions"))]
    pub async fn purge_sessions(&self, ended_before: Timestamp) -> Result<u64, Error> {
        let done = Entity::delete_many()
            .filter(Column::EndsAt.lt(micros(ended_before)))
            .exec(&self.writer)
            .await?;
        Ok(done.rows_affected)
    }
}

fn read_holder(row: &QueryResult) -> Result<SessionHolder, Error> {
    let what = || "a session with its user".to_owned();
    let model = Model {
        id: row.try_get_by_index(0)?,
        account_id: row.try_get_by_index(1)?,
        user_id: row.try_get_by_index(2)?,
        token_hash: row.try_get_by_index(3)?,
        address: row.try_get_by_index(4)?,
        user_agent: row.try_get_by_index(5)?,
        created_at: row.try_get_by_index(6)?,
        last_used_at: row.try_get_by_index(7)?,
        ends_at: row.try_get_by_index(8)?,
    };
    Ok(SessionHolder {
        principal: Principal {
            account_id: AccountId(model.account_id),
            user_id: UserId(model.user_id),
            email: row.try_get_by_index::<String>(9)?.parse().or_corrupt(what)?,
            role: row.try_get_by_index::<String>(10)?.parse().or_corrupt(what)?,
            via: Via::Session(SessionId(model.id)),
        },
        token_hash: model.token_hash.as_slice().try_into().or_corrupt(what)?,
        session: model.into_domain()?,
    })
}

impl Model {
    fn into_domain(self) -> Result<Session, Error> {
        let what = || format!("session {}", self.id);
        Ok(Session {
            id: SessionId(self.id),
            user_id: UserId(self.user_id),
            created_at: time(self.created_at, what)?,
            last_used_at: time(self.last_used_at, what)?,
            ends_at: time(self.ends_at, what)?,
            address: self.address,
            user_agent: self.user_agent,
        })
    }
}
