//! Cloud accounts: reading them, and what keeps a name or an access key from being used.

use berth_domain::{
    access::{AccessId, TrustingRole},
    cloud_account::{CloudAccount, Status},
    health::Health,
    ids::{AccountId, CloudAccountId},
    values::{AccessKeyId, AwsAccountId, CloudAccountName, Invalid},
};
use jiff::Timestamp;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QueryResult, QuerySelect, sea_query::Expr,
};

use crate::{
    Error, Store, Unique, checks,
    entities::cloud_account::{Column, Entity, Model},
    rows::{OrCorrupt, Sequence, json, micros, next_id, statement, time},
    work,
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
    /// The access key's secret, when there is an access key.
    pub secret_key: Option<Vec<u8>>,
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

/// Which cloud accounts are of one AWS account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    /// Those of the account that asks.
    pub here: Vec<(CloudAccountId, CloudAccountName)>,
    /// How many are of other accounts.
    pub others: usize,
}

/// All columns but the secrets, in the order that [`read`] expects.
macro_rules! columns {
    () => {
        "id, account_id, name, status, access_key_id, aws_account_id, user_arn, console_role, \
         console_role_arn, console_username, sign_in_url, created_at, updated_at, verified_at, \
         failing_since, failing_findings, role_arn, external_id"
    };
}
pub(crate) use columns;

macro_rules! select {
    () => {
        concat!("SELECT ", columns!(), " FROM cloud_accounts")
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

    /// One cloud account, of whatever account. For the operator.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "any_cloud_account"))]
    pub async fn any_cloud_account(&self, id: CloudAccountId) -> Result<Option<CloudAccount>, Error> {
        let statement = statement(&self.reader, concat!(select!(), " WHERE id = $1"), [id.0.into()]);
        self.reader.query_one_raw(statement).await?.as_ref().map(read).transpose()
    }

    /// Every account's cloud accounts, by id. For the operator.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "all_cloud_accounts"))]
    pub async fn all_cloud_accounts(&self) -> Result<Vec<CloudAccount>, Error> {
        let statement = statement(&self.reader, concat!(select!(), " ORDER BY id"), []);
        self.reader.query_all_raw(statement).await?.iter().map(read).collect()
    }

    /// A cloud account's sealed secrets.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "cloud_account_secrets"))]
    pub async fn cloud_account_secrets(
        &self,
        account: AccountId,
        id: CloudAccountId,
    ) -> Result<Option<SealedSecrets>, Error> {
        type Sealed = Option<Vec<u8>>;
        let secrets: Option<(Sealed, Sealed)> = Entity::find_by_id(id.0)
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

    /// Which cloud accounts are of an AWS account, as far as `account` may know it.
    ///
    /// Saves a verification that would be in vain; what holds is what [`Store::finish_task`] finds.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "holders"))]
    pub async fn holders(&self, aws_account: &AwsAccountId, account: AccountId) -> Result<Holders, Error> {
        let found: Vec<(i32, i32, String)> = Entity::find()
            .select_only()
            .columns([Column::Id, Column::AccountId, Column::Name])
            .filter(Column::AwsAccountId.eq(aws_account.as_str()))
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(&self.reader)
            .await?;
        let mut holders = Holders::default();
        for (id, owner, name) in found {
            if owner == account.0 {
                let name = name.parse().or_corrupt(|| format!("cloud account {id}"))?;
                holders.here.push((CloudAccountId(id), name));
            } else {
                holders.others += 1;
            }
        }
        Ok(holders)
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

/// Refuses an AWS account that another account of this Berth has registered, unless the cloud account `id` has
/// been of this AWS account before.
pub(crate) async fn refuse_foreign(
    tx: &DatabaseTransaction,
    account: AccountId,
    id: CloudAccountId,
    aws_account: &AwsAccountId,
) -> Result<(), Error> {
    // Two that register one AWS account at the same moment must see each other: they wait here for one another.
    let sql = "UPDATE sequences SET value = value WHERE name = 'cloud_accounts'";
    tx.execute_raw(statement(tx, sql, [])).await?;
    let sql = "SELECT 1 FROM cloud_accounts WHERE aws_account_id = $1 AND account_id <> $2 AND NOT EXISTS \
         (SELECT 1 FROM cloud_accounts WHERE id = $3 AND account_id = $2 AND aws_account_id = $1) LIMIT 1";
    let values = [aws_account.as_str().into(), account.0.into(), id.0.into()];
    match tx.query_one_raw(statement(tx, sql, values)).await? {
        Some(_) => Err(Error::Taken(Unique::AwsAccount)),
        None => Ok(()),
    }
}

/// Inserts a cloud account.
pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    account: CloudAccount,
    secrets: SealedSecrets,
) -> Result<(), Error> {
    let (id, aws_account) = (account.id, account.aws_account_id.clone());
    Entity::insert(row(account, secrets).into_active_model()).exec_without_returning(tx).await?;
    checks::plan_anew(tx, id, &aws_account).await
}

/// Replaces all of a cloud account but its status and its time of creation. A verification that is under way
/// counts for nothing any more, and the next one is to be planned anew.
pub(crate) async fn replace(
    tx: &DatabaseTransaction,
    account: CloudAccount,
    secrets: SealedSecrets,
) -> Result<(), Error> {
    let (id, account_id, aws_account) = (account.id, account.account_id.0, account.aws_account_id.clone());
    let mut change = row(account, secrets).into_active_model().reset_all();
    change.id = sea_orm::NotSet;
    change.account_id = sea_orm::NotSet;
    change.status = sea_orm::NotSet;
    change.created_at = sea_orm::NotSet;
    let done = Entity::update_many()
        .set(change)
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    if done.rows_affected == 0 {
        return Err(Error::NoSuchCloudAccount);
    }
    checks::plan_anew(tx, id, &aws_account).await
}

/// Gives a cloud account another name.
pub(crate) async fn rename(
    tx: &DatabaseTransaction,
    account: AccountId,
    id: CloudAccountId,
    name: CloudAccountName,
    at: Timestamp,
) -> Result<(), Error> {
    let done = Entity::update_many()
        .col_expr(Column::Name, Expr::value(String::from(name)))
        .col_expr(Column::UpdatedAt, Expr::value(micros(at)))
        .filter(Column::AccountId.eq(account.0))
        .filter(Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    if done.rows_affected == 0 { Err(Error::NoSuchCloudAccount) } else { Ok(()) }
}

/// Removes a cloud account, its secrets and its verifications.
pub(crate) async fn delete(
    tx: &DatabaseTransaction,
    account: AccountId,
    id: CloudAccountId,
) -> Result<(), Error> {
    let done = Entity::delete_by_id(id.0).filter(Column::AccountId.eq(account.0)).exec(tx).await?;
    if done.rows_affected == 0 {
        return Err(Error::NoSuchCloudAccount);
    }
    work::remove(tx, work::Kind::Checks, &id.to_string()).await
}

/// The status of a cloud account, read in a transaction that holds the account's row.
pub(crate) async fn status(
    tx: &impl ConnectionTrait,
    account: AccountId,
    id: CloudAccountId,
) -> Result<Status, Error> {
    let status = one(tx, account, id, Column::Status).await?;
    Status::parse(&status).or_corrupt(|| format!("cloud account {id}"))
}

/// The AWS account that a cloud account is of, read in a transaction that holds the account's row.
pub(crate) async fn aws_account(
    tx: &impl ConnectionTrait,
    account: AccountId,
    id: CloudAccountId,
) -> Result<AwsAccountId, Error> {
    let aws_account = one(tx, account, id, Column::AwsAccountId).await?;
    aws_account.parse().or_corrupt(|| format!("cloud account {id}"))
}

/// One text of a cloud account.
async fn one(
    tx: &impl ConnectionTrait,
    account: AccountId,
    id: CloudAccountId,
    column: Column,
) -> Result<String, Error> {
    let text = Entity::find_by_id(id.0)
        .filter(Column::AccountId.eq(account.0))
        .select_only()
        .column(column)
        .into_tuple()
        .one(tx)
        .await?;
    text.ok_or(Error::NoSuchCloudAccount)
}

/// Sets a cloud account's status to what its unfinished tasks say: being deleted, being changed; or, when they
/// say neither, to what its health is.
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
         WHEN failing_since IS NOT NULL THEN 'active-error' \
         ELSE 'active' END \
         WHERE id = $1 AND account_id = $2";
    tx.execute_raw(statement(tx, sql, [id.0.into(), account.0.into()])).await?;
    Ok(())
}

/// Reads a row of [`columns`].
pub(crate) fn read(row: &QueryResult) -> Result<CloudAccount, Error> {
    let id: i32 = row.try_get_by_index(0)?;
    let what = || format!("cloud account {id}");
    let text = |index| row.try_get_by_index::<String>(index);
    let optional = |index| row.try_get_by_index::<Option<String>>(index);
    Ok(CloudAccount {
        id: CloudAccountId(id),
        account_id: AccountId(row.try_get_by_index(1)?),
        name: text(2)?.parse().or_corrupt(what)?,
        status: Status::parse(&text(3)?).or_corrupt(what)?,
        access: read_access(optional(4)?, optional(16)?, optional(17)?).or_corrupt(what)?,
        aws_account_id: text(5)?.parse().or_corrupt(what)?,
        principal_arn: text(6)?.parse().or_corrupt(what)?,
        console_role: optional(7)?.map(|t| t.parse()).transpose().or_corrupt(what)?,
        console_role_arn: optional(8)?.map(|t| t.parse()).transpose().or_corrupt(what)?,
        console_username: optional(9)?.map(|t| t.parse()).transpose().or_corrupt(what)?,
        sign_in_url: text(10)?.parse().or_corrupt(what)?,
        created_at: time(row.try_get_by_index(11)?, what)?,
        updated_at: time(row.try_get_by_index(12)?, what)?,
        verified_at: time(row.try_get_by_index(13)?, what)?,
        health: match row.try_get_by_index::<Option<i64>>(14)? {
            None => Health::Working,
            Some(since) => Health::Failing {
                since: time(since, what)?,
                findings: serde_json::from_str(&text(15)?).or_corrupt(what)?,
            },
        },
    })
}

/// Since when a cloud account fails, and the findings that say so, as their columns hold them.
pub(crate) fn health_columns(health: &Health) -> (Option<i64>, String) {
    match health {
        Health::Working => (None, "[]".to_owned()),
        Health::Failing { since, findings } => (Some(micros(*since)), json(findings)),
    }
}

fn read_access(
    access_key_id: Option<String>,
    role_arn: Option<String>,
    external_id: Option<String>,
) -> Result<AccessId, Invalid> {
    match (access_key_id, role_arn, external_id) {
        (Some(id), None, None) => Ok(AccessId::Key(id.parse()?)),
        (None, Some(arn), Some(external_id)) => {
            Ok(AccessId::Role(TrustingRole { arn: arn.parse()?, external_id: external_id.parse()? }))
        }
        _ => Err(Invalid("it has neither an access key nor a role, or parts of both".into())),
    }
}

fn row(account: CloudAccount, secrets: SealedSecrets) -> Model {
    let (failing_since, failing_findings) = health_columns(&account.health);
    Model {
        id: account.id.0,
        account_id: account.account_id.0,
        name: account.name.into(),
        status: account.status.as_str().to_owned(),
        access_key_id: account.access.key().map(ToString::to_string),
        role_arn: account.access.role().map(|role| role.arn.to_string()),
        external_id: account.access.role().map(|role| role.external_id.to_string()),
        aws_account_id: account.aws_account_id.into(),
        user_arn: account.principal_arn.as_str().to_owned(),
        console_role: account.console_role.map(Into::into),
        console_role_arn: account.console_role_arn.map(|arn| arn.as_str().to_owned()),
        console_username: account.console_username.map(Into::into),
        sign_in_url: account.sign_in_url.into(),
        secret_key: secrets.secret_key,
        console_password: secrets.console_password,
        created_at: micros(account.created_at),
        updated_at: micros(account.updated_at),
        verified_at: micros(account.verified_at),
        failing_since,
        failing_findings,
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
