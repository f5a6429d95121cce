//! Cloud accounts: reading them, and what keeps a name or an access key from being used.

use berth_domain::{
    cloud_account::{CloudAccount, Status},
    ids::{AccountId, CloudAccountId},
    values::{AccessKeyId, CloudAccountName},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    QueryFilter, QueryResult, QuerySelect,
};

use crate::{
    Error, Store,
    entities::cloud_account::{Column, Entity, Model},
    rows::{OrCorrupt, Sequence, micros, next_id, statement, time},
};

/// Which part of a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page {
    /// How many to skip.
    pub offset: u64,
    /// How many at most; all when none is given.
    pub limit: Option<u64>,
}

/// A cloud account's secrets, each sealed to its row and field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSecrets {
    /// The access key's secret.
    pub secret_key: Vec<u8>,
    /// The console user's password, when there is a console user.
    pub console_password: Option<Vec<u8>>,
}

/// What another cloud account of the same account has already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conflicts {
    /// The name.
    pub name: bool,
    /// The access key.
    pub access_key: bool,
}

/// All columns but the secrets, in the order that [`read`] expects.
macro_rules! select {
    () => {
        "SELECT id, account_id, name, status, access_key_id, aws_account_id, user_arn, console_role, \
         console_role_arn, console_username, sign_in_url, created_at, updated_at, verified_at \
         FROM cloud_accounts"
    };
}

impl Store {
    /// One cloud account. One query.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "cloud_account"))]
    pub async fn cloud_account(
        &self,
        account: AccountId,
        id: CloudAccountId,
    ) -> Result<Option<CloudAccount>, Error> {
        let sql = concat!(select!(), " WHERE id = $1 AND account_id = $2");
        let statement = statement(&self.reader, sql, [id.0.into(), account.0.into()]);
        self.reader.query_one_raw(statement).await?.as_ref().map(read).transpose()
    }

    /// An account's cloud accounts, by id.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "cloud_accounts"))]
    pub async fn cloud_accounts(&self, account: AccountId, page: Page) -> Result<Vec<CloudAccount>, Error> {
        let sql = concat!(select!(), " WHERE account_id = $1 ORDER BY id LIMIT $2 OFFSET $3");
        // Neither database takes more than an i64, and only PostgreSQL takes NULL for "no limit".
        let limit = page.limit.map_or(i64::MAX, number);
        let values = [account.0.into(), limit.into(), number(page.offset).into()];
        let rows = self.reader.query_all_raw(statement(&self.reader, sql, values)).await?;
        rows.iter().map(read).collect()
    }

    /// A cloud account's sealed secrets.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "cloud_account_secrets"))]
    pub async fn cloud_account_secrets(
        &self,
        account: AccountId,
        id: CloudAccountId,
    ) -> Result<Option<SealedSecrets>, Error> {
        let secrets: Option<(Vec<u8>, Option<Vec<u8>>)> = Entity::find_by_id(id.0)
            .filter(Column::AccountId.eq(account.0))
            .select_only()
            .columns([Column::SecretKey, Column::ConsolePassword])
            .into_tuple()
            .one(&self.reader)
            .await?;
        Ok(secrets.map(|(secret_key, console_password)| SealedSecrets { secret_key, console_password }))
    }

    /// Whether a cloud account of this account, other than `except`, has this name or this access key.
    ///
    /// Saves a verification that would be in vain; what holds is the database's own constraint.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "conflicts"))]
    pub async fn conflicts(
        &self,
        account: AccountId,
        name: Option<&CloudAccountName>,
        access_key: Option<&AccessKeyId>,
        except: Option<CloudAccountId>,
    ) -> Result<Conflicts, Error> {
        let taken = async |column: Column, value: &str| {
            let holder: Option<i32> = Entity::find()
                .select_only()
                .column(Column::Id)
                .filter(Column::AccountId.eq(account.0))
                .filter(column.eq(value))
                .into_tuple()
                .one(&self.reader)
                .await?;
            Ok::<_, Error>(holder.is_some_and(|id| except != Some(CloudAccountId(id))))
        };
        let mut conflicts = Conflicts::default();
        if let Some(name) = name {
            conflicts.name = taken(Column::Name, name.as_str()).await?;
        }
        if let Some(key) = access_key {
            conflicts.access_key = taken(Column::AccessKeyId, key.as_str()).await?;
        }
        Ok(conflicts)
    }

    /// The id for a cloud account to be: its secrets are sealed to it before the row exists. Ids that come to
    /// nothing leave gaps.
    #[tracing::instrument(
        name = "db",
        level = "debug",
        skip_all,
        fields(query = "allocate_cloud_account_id")
    )]
    pub async fn allocate_cloud_account_id(&self) -> Result<CloudAccountId, Error> {
        let tx = self.begin().await?;
        let id = next_id(&tx, Sequence::CloudAccounts).await?;
        tx.commit().await?;
        Ok(CloudAccountId(id))
    }
}

/// Inserts a cloud account.
pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    account: CloudAccount,
    secrets: SealedSecrets,
) -> Result<(), Error> {
    Entity::insert(row(account, secrets).into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Replaces all of a cloud account but its status and its time of creation.
pub(crate) async fn replace(
    tx: &DatabaseTransaction,
    account: CloudAccount,
    secrets: SealedSecrets,
) -> Result<(), Error> {
    let (id, account_id) = (account.id.0, account.account_id.0);
    let mut change = row(account, secrets).into_active_model().reset_all();
    change.id = sea_orm::NotSet;
    change.account_id = sea_orm::NotSet;
    change.status = sea_orm::NotSet;
    change.created_at = sea_orm::NotSet;
    let done = Entity::update_many()
        .set(change)
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await?;
    if done.rows_affected == 0 { Err(Error::NoSuchCloudAccount) } else { Ok(()) }
}

/// Removes a cloud account and its secrets.
pub(crate) async fn delete(
    tx: &DatabaseTransaction,
    account: AccountId,
    id: CloudAccountId,
) -> Result<(), Error> {
    let done = Entity::delete_by_id(id.0).filter(Column::AccountId.eq(account.0)).exec(tx).await?;
    if done.rows_affected == 0 { Err(Error::NoSuchCloudAccount) } else { Ok(()) }
}

/// The status of a cloud account, read in a transaction that holds the account's row.
pub(crate) async fn status(
    tx: &DatabaseTransaction,
    account: AccountId,
    id: CloudAccountId,
) -> Result<Status, Error> {
    let status: Option<String> = Entity::find_by_id(id.0)
        .filter(Column::AccountId.eq(account.0))
        .select_only()
        .column(Column::Status)
        .into_tuple()
        .one(tx)
        .await?;
    let status = status.ok_or(Error::NoSuchCloudAccount)?;
    Status::parse(&status).or_corrupt(|| format!("cloud account {id}"))
}

/// Sets a cloud account's status to what its unfinished tasks say: being deleted, being changed, or neither.
pub(crate) async fn refresh_status(
    tx: &DatabaseTransaction,
    account: AccountId,
    id: CloudAccountId,
) -> Result<(), Error> {
    let sql = "UPDATE cloud_accounts SET status = CASE \
         WHEN EXISTS (SELECT 1 FROM tasks WHERE account_id = $2 AND cloud_account_id = $1 \
             AND finished_at IS NULL AND command = 'cloudAccountDeleteRequest') THEN 'delete-draft' \
         WHEN EXISTS (SELECT 1 FROM tasks WHERE account_id = $2 AND cloud_account_id = $1 \
             AND finished_at IS NULL AND command = 'cloudAccountUpdateRequest') THEN 'change-draft' \
         ELSE 'active' END \
         WHERE id = $1 AND account_id = $2";
    tx.execute_raw(statement(tx, sql, [id.0.into(), account.0.into()])).await?;
    Ok(())
}

fn read(row: &QueryResult) -> Result<CloudAccount, Error> {
    let id: i32 = row.try_get_by_index(0)?;
    let what = || format!("cloud account {id}");
    let text = |index| row.try_get_by_index::<String>(index);
    let optional = |index| row.try_get_by_index::<Option<String>>(index);
    Ok(CloudAccount {
        id: CloudAccountId(id),
        account_id: AccountId(row.try_get_by_index(1)?),
        name: text(2)?.parse().or_corrupt(what)?,
        status: Status::parse(&text(3)?).or_corrupt(what)?,
        access_key_id: text(4)?.parse().or_corrupt(what)?,
        aws_account_id: text(5)?.parse().or_corrupt(what)?,
        user_arn: text(6)?.parse().or_corrupt(what)?,
        console_role: optional(7)?.map(|t| t.parse()).transpose().or_corrupt(what)?,
        console_role_arn: optional(8)?.map(|t| t.parse()).transpose().or_corrupt(what)?,
        console_username: optional(9)?.map(|t| t.parse()).transpose().or_corrupt(what)?,
        sign_in_url: text(10)?.parse().or_corrupt(what)?,
        created_at: time(row.try_get_by_index(11)?, what)?,
        updated_at: time(row.try_get_by_index(12)?, what)?,
        verified_at: time(row.try_get_by_index(13)?, what)?,
    })
}

fn row(account: CloudAccount, secrets: SealedSecrets) -> Model {
    Model {
        id: account.id.0,
        account_id: account.account_id.0,
        name: account.name.into(),
        status: account.status.as_str().to_owned(),
        access_key_id: account.access_key_id.into(),
        aws_account_id: account.aws_account_id.into(),
        user_arn: account.user_arn.as_str().to_owned(),
        console_role: account.console_role.map(Into::into),
        console_role_arn: account.console_role_arn.map(|arn| arn.as_str().to_owned()),
        console_username: account.console_username.map(Into::into),
        sign_in_url: account.sign_in_url.into(),
        secret_key: secrets.secret_key,
        console_password: secrets.console_password,
        created_at: micros(account.created_at),
        updated_at: micros(account.updated_at),
        verified_at: micros(account.verified_at),
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
