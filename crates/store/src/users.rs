//! Users: people and robots of an account.

use berth_domain::{
    account::{AuditEvent, Role, User},
    ids::{AccountId, UserId},
    values::{DisplayName, Email},
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::Expr,
};

use crate::{
    Error, Store,
    audit::{self, About},
    entities::user::{Column, Entity, Model},
    rows::{OrCorrupt, Sequence, micros, next_id, statement, time},
};

/// A user to be.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Its email address; no other user of this Berth may have it, whatever the case of its letters.
    pub email: Email,
    /// Its name.
    pub name: DisplayName,
    /// Its role.
    pub role: Role,
    /// The hash of its password, as the hashing function prints it.
    pub password_hash: String,
}

impl Store {
    /// Adds a user to an account. Where `event` names no resource id, it gets the new user's.
    ///
    /// Errors: [`Error::Taken`] for the email, [`Error::NoSuchAccount`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "create_user"))]
    pub async fn create_user(
        &self,
        account: AccountId,
        new: NewUser,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<User, Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, account).await?;
        let user = insert(&tx, account, new, at).await?;
        audit::record(&tx, account, event.about(user.id.0), at).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// An account's users, by id.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "users"))]
    pub async fn users(&self, account: AccountId) -> Result<Vec<User>, Error> {
        let sql = format!("{SELECT} WHERE u.account_id = $1 ORDER BY u.id");
        let rows = self.reader.query_all_raw(statement(&self.reader, &sql, [account.0.into()])).await?;
        rows.iter().map(read).collect()
    }

    /// One user of an account.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "user"))]
    pub async fn user(&self, account: AccountId, id: UserId) -> Result<Option<User>, Error> {
        find(&self.reader, account, "u.id = $2", id.0.into()).await
    }

    /// Disables the user with this email; its API keys stop working with it. `None` when the account has no
    /// such user. Disabling twice changes, and records, nothing.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "disable_user"))]
    pub async fn disable_user(
        &self,
        account: AccountId,
        email: &Email,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<Option<User>, Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, account).await?;
        let Some(mut user) = find(&tx, account, "u.email_key = $2", email_key(email).into()).await? else {
            return Ok(None);
        };
        if user.enabled {
            Entity::update_many()
                .col_expr(Column::Enabled, Expr::value(false))
                .col_expr(Column::UpdatedAt, Expr::value(micros(at)))
                .filter(Column::AccountId.eq(account.0))
                .filter(Column::Id.eq(user.id.0))
                .exec(&tx)
                .await?;
            audit::record(&tx, account, event.about(user.id.0), at).await?;
            tx.commit().await?;
            user.enabled = false;
        }
        Ok(Some(user))
    }
}

/// Inserts a user. The transaction holds the account's row already, or has just made it.
pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    account: AccountId,
    new: NewUser,
    at: Timestamp,
) -> Result<User, Error> {
    let id = UserId(next_id(tx, Sequence::Users).await?);
    let row = Model {
        id: id.0,
        account_id: account.0,
        email: new.email.to_string(),
        email_key: email_key(&new.email),
        name: new.name.into(),
        role: new.role.as_str().to_owned(),
        password_hash: new.password_hash,
        enabled: true,
        created_at: micros(at),
        updated_at: micros(at),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    let user = find(tx, account, "u.id = $2", id.0.into()).await?;
    user.ok_or(Error::NoSuchUser)
}

pub(crate) fn email_key(email: &Email) -> String {
    email.as_str().to_lowercase()
}

const SELECT: &str = "SELECT u.id, u.account_id, u.email, u.name, u.role, u.enabled, u.created_at, \
     EXISTS (SELECT 1 FROM api_keys k WHERE k.user_id = u.id AND k.revoked_at IS NULL) \
     FROM users u";

pub(crate) async fn find(
    db: &impl ConnectionTrait,
    account: AccountId,
    condition: &str,
    value: sea_orm::Value,
) -> Result<Option<User>, Error> {
    let sql = format!("{SELECT} WHERE u.account_id = $1 AND {condition}");
    let row = db.query_one_raw(statement(db, &sql, [account.0.into(), value])).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &sea_orm::QueryResult) -> Result<User, Error> {
    let id: i32 = row.try_get_by_index(0)?;
    let what = || format!("user {id}");
    Ok(User {
        id: UserId(id),
        account_id: AccountId(row.try_get_by_index(1)?),
        email: row.try_get_by_index::<String>(2)?.parse().or_corrupt(what)?,
        name: row.try_get_by_index::<String>(3)?.parse().or_corrupt(what)?,
        role: row.try_get_by_index::<String>(4)?.parse().or_corrupt(what)?,
        enabled: row.try_get_by_index(5)?,
        created_at: time(row.try_get_by_index(6)?, what)?,
        has_api_key: row.try_get_by_index(7)?,
    })
}
