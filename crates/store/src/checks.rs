//! Checks of registered cloud accounts: when one is due, and what came of it.
//!
//! A check is a row of the work queue whose lane is the AWS account. What a check found is written only while its
//! lease is in force; who changes the cloud account takes it away, so that a result never outlives what it is about.

use std::time::Duration;

use berth_domain::{
    account::AuditEvent,
    cloud_account::{CloudAccount, Status},
    findings::Conclusion,
    health::{Health, Verification},
    ids::{AccountId, CloudAccountId},
    values::AwsAccountId,
    webhook::Event,
};
use jiff::SignedDuration;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryResult, QuerySelect,
    sea_query::Expr,
};

use crate::{
    Error, SealedSecrets, Store, audit,
    cloud_accounts::{self, columns, health_columns},
    entities::cloud_account::{Column, Entity},
    rows::{OrCorrupt, micros, statement},
    verifications, webhooks,
    work::{self, Kind, Lease, Then},
};

/// How long somebody who asks for a check has it: longer than a verification may take.
const ON_DEMAND: Duration = Duration::from_secs(60);

/// The right to write down what the check of one cloud account found.
#[derive(Clone, Debug)]
pub struct CheckLease {
    account: AccountId,
    id: CloudAccountId,
    work: Lease,
}

/// A cloud account to check.
#[derive(Clone, Debug)]
pub struct ClaimedCheck {
    /// The cloud account.
    pub account: CloudAccount,
    /// Its secrets.
    pub secrets: SealedSecrets,
    /// The right to write down what was found.
    pub lease: CheckLease,
}

/// What a check found, and what follows from it.
#[derive(Clone, Debug)]
pub struct FinishedCheck {
    /// The verification.
    pub verification: Verification,
    /// The cloud account's health from now on.
    pub health: Health,
    /// After how long it is to be checked next.
    pub next_check_in: SignedDuration,
    /// What is told of it, when the health changed.
    pub news: Option<News>,
}

/// A change of health, for those who want to hear of it.
#[derive(Clone, Debug)]
pub struct News {
    /// For the audit log.
    pub audit: AuditEvent,
    /// For webhooks.
    pub event: Event,
}

impl Store {
    /// The cloud accounts of which nothing says when they are to be checked (new ones, changed ones), or something
    /// that it is later than `horizon` from now, as when accounts were checked less often before.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "unplanned_checks"))]
    pub async fn unplanned_checks(
        &self,
        horizon: SignedDuration,
        limit: u64,
    ) -> Result<Vec<CloudAccountId>, Error> {
        let keys = work::unplanned(&self.reader, Kind::Checks, horizon, limit).await?;
        keys.iter().map(|key| id_of(key)).collect()
    }

    /// Says after how long cloud accounts are to be checked; those that somebody has planned meanwhile stay as they
    /// are.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "plan_checks"))]
    pub async fn plan_checks(
        &self,
        horizon: SignedDuration,
        plan: &[(CloudAccountId, SignedDuration)],
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        for (id, delay) in plan {
            work::plan_unplanned(&tx, Kind::Checks, &id.to_string(), horizon, *delay).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The cloud account of a claimed check. `None` when there is no such one any more.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "check_in_hand"))]
    pub async fn check_in_hand(&self, lease: &Lease) -> Result<Option<ClaimedCheck>, Error> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            ", secret_key, console_password FROM cloud_accounts WHERE id = $1"
        );
        let id = id_of(lease.key())?;
        let row = self.reader.query_one_raw(statement(&self.reader, sql, [id.0.into()])).await?;
        row.map(|row| read_claimed(&row, lease.clone())).transpose()
    }

    /// Takes one cloud account to check it now, for a minute, whoever has it: what others find after this counts for
    /// nothing. `owner` names this check and no other. `None` when the account has no such cloud account.
    ///
    /// Errors: [`Error::NotActive`] when it is being deleted.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "begin_check"))]
    pub async fn begin_check(
        &self,
        owner: &str,
        account: AccountId,
        id: CloudAccountId,
    ) -> Result<Option<ClaimedCheck>, Error> {
        let Some(current) = self.cloud_account(account, id).await? else { return Ok(None) };
        if current.status == Status::DeleteDraft {
            return Err(Error::NotActive);
        }
        let (key, lane) = (id.to_string(), current.aws_account_id.to_string());
        let lease = work::seize(&self.writer, owner, Kind::Checks, (&key, &lane), ON_DEMAND).await?;
        // Read after that: who changes it from here on takes the lease away.
        self.check_in_hand(&lease).await
    }

    /// Writes down what a check found: history, health, status, the next check's time, audit entry and event for
    /// webhooks together. `false`, with nothing written, when the cloud account was taken, changed or deleted meanwhile.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "finish_check"))]
    pub async fn finish_check(&self, lease: &CheckLease, check: FinishedCheck) -> Result<bool, Error> {
        let at = check.verification.at;
        let (failing_since, failing_findings) = health_columns(&check.health);
        let tx = self.begin().await?;
        audit::lock(&tx, lease.account).await?;
        match work::settle(&tx, &lease.work, Then::Again(check.next_check_in)).await {
            Err(Error::LostLease) => return Ok(false),
            settled => settled?,
        }
        let mut update = Entity::update_many()
            .col_expr(Column::FailingSince, Expr::value(failing_since))
            .col_expr(Column::FailingFindings, Expr::value(failing_findings));
        if check.verification.conclusion == Conclusion::Verified {
            update = update.col_expr(Column::VerifiedAt, Expr::value(micros(at)));
        }
        let of_lease =
            update.filter(Column::AccountId.eq(lease.account.0)).filter(Column::Id.eq(lease.id.0));
        of_lease.exec(&tx).await?;
        verifications::insert(&tx, lease.account, lease.id, check.verification).await?;
        cloud_accounts::refresh_status(&tx, lease.account, lease.id).await?;
        if let Some(news) = check.news {
            audit::record(&tx, lease.account, news.audit, at).await?;
            webhooks::enqueue(&tx, &news.event).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// How many cloud accounts are failing, over all accounts.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "failing_cloud_accounts"))]
    pub async fn failing_cloud_accounts(&self) -> Result<u64, Error> {
        let counts: Option<i64> = Entity::find()
            .select_only()
            .column_as(Column::Id.count(), "failing")
            .filter(Column::FailingSince.is_not_null())
            .into_tuple()
            .one(&self.reader)
            .await?;
        Ok(counts.unwrap_or_default().unsigned_abs())
    }
}

/// Says that a cloud account is to be planned anew, and takes the check that is under way from whoever makes it: it is
/// not what it was.
pub(crate) async fn plan_anew(
    tx: &DatabaseTransaction,
    id: CloudAccountId,
    aws_account: &AwsAccountId,
) -> Result<(), Error> {
    work::plan(tx, Kind::Checks, (&id.to_string(), Some(aws_account.as_str())), None).await
}

fn id_of(key: &str) -> Result<CloudAccountId, Error> {
    key.parse().map(CloudAccountId).or_corrupt(|| format!("the check of cloud account {key}"))
}

/// Reads the columns of a cloud account, and after them its secrets.
fn read_claimed(row: &QueryResult, work: Lease) -> Result<ClaimedCheck, Error> {
    let account = cloud_accounts::read(row)?;
    let secrets = SealedSecrets {
        secret_key: row.try_get("", "secret_key")?,
        console_password: row.try_get("", "console_password")?,
    };
    let lease = CheckLease { account: account.account_id, id: account.id, work };
    Ok(ClaimedCheck { account, secrets, lease })
}
