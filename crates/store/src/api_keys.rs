//! API keys, and who holds one: the question of every request.

use berth_domain::{
    account::{ApiKey, ApiKeyName, AuditEvent, Principal, Via},
    ids::{AccountId, ApiKeyId, UserId},
    values::DisplayName,
};
use ipnet::IpNet;
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QueryResult, sea_query::Expr,
};

use crate::{
    Error, Store,
    audit::{self, About},
    entities::{
        api_key::{Column, Entity, Model},
        user,
    },
    rows::{OrCorrupt, Sequence, json, micros, next_id, statement, time},
};

/// An API key to be.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// Its name.
    pub name: ApiKeyName,
    /// The hash of its secret. Secrets are random and long: a fast hash is enough.
    pub secret_hash: [u8; 32],
    /// From where it may be used; empty means from anywhere.
    pub allowed_sources: Vec<IpNet>,
}

/// Who holds an API key that is in force, and what `GET /v1/` says of it.
#[derive(Clone, Debug)]
pub struct KeyHolder {
    /// The account, the user, its role, the key's name.
    pub principal: Principal,
    /// The account's key, for the caller to compare in constant time.
    pub account_key: String,
    /// The hash of the secret, for the caller to compare in constant time.
    pub secret_hash: [u8; 32],
    /// From where the key may be used; empty means from anywhere.
    pub allowed_sources: Vec<IpNet>,
    /// The key's id.
    pub key_id: ApiKeyId,
    /// When the key was created.
    pub key_created_at: Timestamp,
    /// When the key was last used, as far as [`Store::touch_api_key`] was told.
    pub key_last_used_at: Option<Timestamp>,
    /// The user's name.
    pub user_name: DisplayName,
    /// The account's name.
    pub account_name: DisplayName,
    /// When the account was created.
    pub account_created_at: Timestamp,
    /// When the account was last changed.
    pub account_updated_at: Timestamp,
}

impl Store {
    /// Gives a user another API key. Where `event` names no resource id, it gets the new key's.
    ///
    /// Errors: [`Error::Taken`] for the secret, [`Error::NoSuchAccount`], [`Error::NoSuchUser`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "create_api_key"))]
    pub async fn create_api_key(
        &self,
        account: AccountId,
        user: UserId,
        new: NewApiKey,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<ApiKey, Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, account).await?;
        user::Entity::find_by_id(user.0)
            .filter(user::Column::AccountId.eq(account.0))
            .one(&tx)
            .await?
            .ok_or(Error::NoSuchUser)?;
        let key = insert(&tx, account, user, new, at).await?;
        audit::record(&tx, account, event.about(key.id.0), at).await?;
        tx.commit().await?;
        Ok(key)
    }

    /// An account's API keys, revoked ones too, by id.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "api_keys"))]
    pub async fn api_keys(&self, account: AccountId) -> Result<Vec<ApiKey>, Error> {
        let rows = Entity::find()
            .filter(Column::AccountId.eq(account.0))
            .order_by_asc(Column::Id)
            .all(&self.reader)
            .await?;
        rows.into_iter().map(Model::into_domain).collect()
    }

    /// Revokes an API key. `None` when the account has no such key. Revoking twice changes, and records,
    /// nothing.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "revoke_api_key"))]
    pub async fn revoke_api_key(
        &self,
        account: AccountId,
        id: ApiKeyId,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<Option<ApiKey>, Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, account).await?;
        let row = Entity::find_by_id(id.0).filter(Column::AccountId.eq(account.0)).one(&tx).await?;
        let Some(mut row) = row else { return Ok(None) };
        if row.revoked_at.is_none() {
            Entity::update_many()
                .col_expr(Column::RevokedAt, Expr::value(micros(at)))
                .filter(Column::AccountId.eq(account.0))
                .filter(Column::Id.eq(id.0))
                .exec(&tx)
                .await?;
            audit::record(&tx, account, event.about(id.0), at).await?;
            tx.commit().await?;
            row.revoked_at = Some(micros(at));
        }
        row.into_domain().map(Some)
    }

    /// Notes that an API key is being used.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "touch_api_key"))]
    pub async fn touch_api_key(&self, id: ApiKeyId, at: Timestamp) -> Result<(), Error> {
        Entity::update_many()
            .col_expr(Column::LastUsedAt, Expr::value(micros(at)))
            .filter(Column::Id.eq(id.0))
            .filter(
                Condition::any().add(Column::LastUsedAt.is_null()).add(Column::LastUsedAt.lt(micros(at))),
            )
            .exec(&self.writer)
            .await?;
        Ok(())
    }

    /// Who holds the API key whose secret hashes to this: only if it is not revoked and its user not
    /// disabled. One query.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "key_holder"))]
    pub async fn key_holder(&self, secret_hash: &[u8; 32]) -> Result<Option<KeyHolder>, Error> {
        let sql = "SELECT k.id, k.name, k.secret_hash, k.allowed_sources, k.created_at, \
             u.id, u.email, u.role, u.name, a.id, a.account_key, a.name, a.created_at, a.updated_at, \
             k.last_used_at \
             FROM api_keys k JOIN users u ON u.id = k.user_id JOIN accounts a ON a.id = k.account_id \
             WHERE k.secret_hash = $1 AND k.revoked_at IS NULL AND u.enabled";
        let hash = secret_hash.to_vec();
        let row = self.reader.query_one_raw(statement(&self.reader, sql, [hash.into()])).await?;
        row.as_ref().map(read_holder).transpose()
    }
}

fn read_holder(row: &QueryResult) -> Result<KeyHolder, Error> {
    let id: i32 = row.try_get_by_index(0)?;
    let what = || format!("API key {id} with its user and account");
    let text = |index| row.try_get_by_index::<String>(index);
    let hash: Vec<u8> = row.try_get_by_index(2)?;
    Ok(KeyHolder {
        principal: Principal {
            account_id: AccountId(row.try_get_by_index(9)?),
            user_id: UserId(row.try_get_by_index(5)?),
            email: text(6)?.parse().or_corrupt(what)?,
            role: text(7)?.parse().or_corrupt(what)?,
            via: Via::ApiKey(text(1)?.parse().or_corrupt(what)?),
        },
        account_key: text(10)?,
        secret_hash: hash.as_slice().try_into().or_corrupt(what)?,
        allowed_sources: read_sources(&text(3)?, what)?,
        key_id: ApiKeyId(id),
        key_last_used_at: row.try_get_by_index::<Option<i64>>(14)?.map(|at| time(at, what)).transpose()?,
        key_created_at: time(row.try_get_by_index(4)?, what)?,
        user_name: text(8)?.parse().or_corrupt(what)?,
        account_name: text(11)?.parse().or_corrupt(what)?,
        account_created_at: time(row.try_get_by_index(12)?, what)?,
        account_updated_at: time(row.try_get_by_index(13)?, what)?,
    })
}

/// Inserts a key. The transaction holds the account's row already, or has just made it.
pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    account: AccountId,
    user: UserId,
    new: NewApiKey,
    at: Timestamp,
) -> Result<ApiKey, Error> {
    let row = Model {
        id: next_id(tx, Sequence::ApiKeys).await?,
        account_id: account.0,
        user_id: user.0,
        name: new.name.into(),
        secret_hash: new.secret_hash.to_vec(),
        allowed_sources: json(&new.allowed_sources),
        created_at: micros(at),
        revoked_at: None,
        last_used_at: None,
    };
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    row.into_domain()
}

fn read_sources(json: &str, what: impl Fn() -> String) -> Result<Vec<IpNet>, Error> {
    serde_json::from_str(json).or_corrupt(what)
}

impl Model {
    fn into_domain(self) -> Result<ApiKey, Error> {
        let what = || format!("API key {}", self.id);
        Ok(ApiKey {
            id: ApiKeyId(self.id),
            user_id: UserId(self.user_id),
            allowed_sources: read_sources(&self.allowed_sources, what)?,
            created_at: time(self.created_at, what)?,
            revoked_at: self.revoked_at.map(|at| time(at, what)).transpose()?,
            last_used_at: self.last_used_at.map(|at| time(at, what)).transpose()?,
            name: self.name.parse().or_corrupt(what)?,
        })
    }
}
