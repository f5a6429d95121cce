//! Accounts (tenants).

use berth_domain::{
    account::{Account, ApiKey, AuditEvent, Contract, User},
    ids::AccountId,
    values::DisplayName,
};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, sea_query::Expr};

use crate::{
    Error, NewApiKey, NewUser, Store, api_keys,
    audit::{self, About},
    entities::account::{Column, Entity, Model},
    rows::{OrCorrupt, Sequence, micros, next_id, time},
    users,
};

/// An account to be.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its name.
    pub name: DisplayName,
    /// Its account key, unique in this Berth.
    pub account_key: String,
    /// Now.
    pub at: Timestamp,
}

impl Store {
    /// Creates an account with its first user and that user's first API key.
    ///
    /// Where `event` names no resource id, it gets the new account's.
    /// Errors: [`Error::Taken`] for the email, the account key or the API key's secret.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "create_account"))]
    pub async fn create_account(
        &self,
        new: NewAccount,
        owner: NewUser,
        key: NewApiKey,
        event: AuditEvent,
    ) -> Result<(Account, User, ApiKey), Error> {
        let at = micros(new.at);
        let tx = self.begin().await?;
        let account = Model {
            id: next_id(&tx, Sequence::Accounts).await?,
            name: new.name.into(),
            account_key: new.account_key,
            task_seq: 0,
            log_seq: 0,
            contract: Contract::None.as_str().to_owned(),
            created_at: at,
            updated_at: at,
        };
        Entity::insert(account.clone().into_active_model()).exec_without_returning(&tx).await?;
        let account = account.into_domain()?;
        audit::record(&tx, account.id, event.about(account.id.0), new.at).await?;
        let mut owner = users::insert(&tx, account.id, owner, new.at).await?;
        let key = api_keys::insert(&tx, account.id, owner.id, key, new.at).await?;
        owner.has_api_key = true;
        tx.commit().await?;
        Ok((account, owner, key))
    }

    /// Records under which contract an account subscribes from now on, and returns the account. What it
    /// subscribed to before stays as it is. `None` when there is no such account.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "set_contract"))]
    pub async fn set_contract(
        &self,
        id: AccountId,
        contract: Contract,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<Option<Account>, Error> {
        let tx = self.begin().await?;
        match audit::record(&tx, id, event.about(id.0), at).await {
            Err(Error::NoSuchAccount) => return Ok(None),
            recorded => recorded?,
        }
        let rows = Entity::update_many()
            .col_expr(Column::Contract, Expr::value(contract.as_str()))
            .col_expr(Column::UpdatedAt, Expr::value(micros(at)))
            .filter(Column::Id.eq(id.0))
            .exec_with_returning(&tx)
            .await?;
        tx.commit().await?;
        rows.into_iter().next().map(Model::into_domain).transpose()
    }

    /// Every account, by id.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "accounts"))]
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        let rows = Entity::find().order_by_asc(Column::Id).all(&self.reader).await?;
        rows.into_iter().map(Model::into_domain).collect()
    }

    /// One account.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "account"))]
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, Error> {
        Entity::find_by_id(id.0).one(&self.reader).await?.map(Model::into_domain).transpose()
    }
}

impl Model {
    fn into_domain(self) -> Result<Account, Error> {
        let what = || format!("account {}", self.id);
        Ok(Account {
            id: AccountId(self.id),
            created_at: time(self.created_at, what)?,
            updated_at: time(self.updated_at, what)?,
            name: self.name.parse().or_corrupt(what)?,
            account_key: self.account_key,
            contract: Contract::parse(&self.contract).or_corrupt(what)?,
        })
    }
}
