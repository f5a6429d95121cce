//! Checks of registered cloud accounts: which is due, who makes it, what came of it.
//!
//! A check is claimed by a lease, as tasks are: the claim raises the cloud account's generation. What a check
//! found is written only while its generation is the last one and the cloud account is as it was when the check
//! began, so that a result never outlives what it is about.

use berth_domain::{
    account::AuditEvent,
    cloud_account::{CloudAccount, Status},
    findings::Conclusion,
    health::{Health, Verification},
    ids::{AccountId, CloudAccountId},
    webhook::Event,
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, Value, sea_query::Expr,
};

use crate::{
    Error, SealedSecrets, Store, audit,
    cloud_accounts::{self, columns, health_columns},
    entities::cloud_account::{Column, Entity},
    rows::{micros, statement},
    verifications, webhooks,
};

/// How many due accounts one look fetches. Replicas that look at once lose races to each other, so there is no
/// point in fetching one at a time.
const CANDIDATES: i64 = 16;

/// The right to write down what the check of one cloud account found.
#[derive(Clone, Debug)]
pub struct CheckLease {
    account: AccountId,
    id: CloudAccountId,
    generation: i32,
    /// The cloud account's last change when the check began.
    updated_at: i64,
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
    /// When it is to be checked next.
    pub next_check_at: Timestamp,
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

impl CheckLease {
    /// The row this lease is for, as long as nobody claimed or changed it.
    fn condition(&self) -> Condition {
        Condition::all()
            .add(Column::AccountId.eq(self.account.0))
            .add(Column::Id.eq(self.id.0))
            .add(Column::CheckGeneration.eq(self.generation))
            .add(Column::UpdatedAt.eq(self.updated_at))
    }
}

/// Claims a check where $1 is the cloud account, and $2 the lease's end.
macro_rules! claim {
    ($condition:literal) => {
        concat!(
            "UPDATE cloud_accounts SET check_generation = check_generation + 1, check_lease_until = $2 \
             WHERE id = $1 AND ",
            $condition,
            " RETURNING ",
            columns!(),
            ", secret_key, console_password, check_generation"
        )
    };
}

impl Store {
    /// The cloud accounts of which nothing says when they are to be checked (new ones, changed ones), or something
    /// after `horizon` does, as when accounts were checked less often before.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "unplanned_checks"))]
    pub async fn unplanned_checks(
        &self,
        horizon: Timestamp,
        limit: u64,
    ) -> Result<Vec<CloudAccountId>, Error> {
        let ids: Vec<i32> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(unplanned(horizon))
            .order_by_asc(Column::Id)
            .limit(limit)
            .into_tuple()
            .all(&self.reader)
            .await?;
        Ok(ids.into_iter().map(CloudAccountId).collect())
    }

    /// Says when cloud accounts are to be checked; those that somebody has planned meanwhile stay as they are.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "plan_checks"))]
    pub async fn plan_checks(
        &self,
        horizon: Timestamp,
        plan: &[(CloudAccountId, Timestamp)],
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        for (id, at) in plan {
            Entity::update_many()
                .col_expr(Column::NextCheckAt, Expr::value(micros(*at)))
                .filter(Column::Id.eq(id.0))
                .filter(unplanned(horizon))
                .exec(&tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Takes the cloud account whose check is due longest, until `until`. Left alone are those that a task is
    /// changing, and those of an AWS account that somebody is checking now. `None` when there is none.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "claim_check"))]
    pub async fn claim_check(
        &self,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<ClaimedCheck>, Error> {
        let sql = "SELECT id, check_generation FROM cloud_accounts c \
             WHERE next_check_at <= $1 AND (check_lease_until IS NULL OR check_lease_until <= $1) \
             AND status IN ('active', 'active-error') \
             AND NOT EXISTS (SELECT 1 FROM cloud_accounts o \
                 WHERE o.aws_account_id = c.aws_account_id AND o.check_lease_until > $1) \
             ORDER BY next_check_at, id LIMIT $2";
        let values = [micros(now).into(), CANDIDATES.into()];
        for row in self.reader.query_all_raw(statement(&self.reader, sql, values)).await? {
            let (id, seen): (i32, i32) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            // Only one claimer finds the generation it has seen.
            let sql = claim!(
                "check_generation = $3 AND status IN ('active', 'active-error') \
                 AND NOT EXISTS (SELECT 1 FROM cloud_accounts o \
                     WHERE o.aws_account_id = cloud_accounts.aws_account_id AND o.check_lease_until > $4)"
            );
            let values = [id.into(), micros(until).into(), seen.into(), micros(now).into()];
            if let Some(claimed) = self.claim_one(sql, values).await? {
                return Ok(Some(claimed));
            }
        }
        Ok(None)
    }

    /// Takes one cloud account to check it now, until `until`, whoever has it: what others find after this counts
    /// for nothing. `None` when the account has no such cloud account.
    ///
    /// Errors: [`Error::NotActive`] when it is being deleted.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "begin_check"))]
    pub async fn begin_check(
        &self,
        account: AccountId,
        id: CloudAccountId,
        until: Timestamp,
    ) -> Result<Option<ClaimedCheck>, Error> {
        let Some(current) = self.cloud_account(account, id).await? else { return Ok(None) };
        if current.status == Status::DeleteDraft {
            return Err(Error::NotActive);
        }
        self.claim_one(claim!("account_id = $3"), [id.0.into(), micros(until).into(), account.0.into()])
            .await
    }

    async fn claim_one(
        &self,
        sql: &'static str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Option<ClaimedCheck>, Error> {
        let row = self.writer.query_one_raw(statement(&self.writer, sql, values)).await?;
        row.as_ref().map(read_claimed).transpose()
    }

    /// Gives a check back unmade, for another replica to make at once. Does nothing when the lease was lost.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "release_check"))]
    pub async fn release_check(&self, lease: &CheckLease) -> Result<(), Error> {
        Entity::update_many()
            .col_expr(Column::CheckLeaseUntil, Expr::value(Option::<i64>::None))
            .filter(lease.condition())
            .exec(&self.writer)
            .await?;
        Ok(())
    }

    /// Writes down what a check found: history, health, status, the next check's time, audit entry and event for
    /// webhooks together. `false`, with nothing written, when the cloud account was claimed, changed or deleted meanwhile.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "finish_check"))]
    pub async fn finish_check(&self, lease: &CheckLease, check: FinishedCheck) -> Result<bool, Error> {
        let at = check.verification.at;
        let (failing_since, failing_findings) = health_columns(&check.health);
        let tx = self.begin().await?;
        audit::lock(&tx, lease.account).await?;
        let mut update = Entity::update_many()
            .col_expr(Column::FailingSince, Expr::value(failing_since))
            .col_expr(Column::FailingFindings, Expr::value(failing_findings))
            .col_expr(Column::NextCheckAt, Expr::value(micros(check.next_check_at)))
            .col_expr(Column::CheckLeaseUntil, Expr::value(Option::<i64>::None));
        if check.verification.conclusion == Conclusion::Verified {
            update = update.col_expr(Column::VerifiedAt, Expr::value(micros(at)));
        }
        if update.filter(lease.condition()).exec(&tx).await?.rows_affected == 0 {
            return Ok(false);
        }
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

fn unplanned(horizon: Timestamp) -> Condition {
    let beyond = Column::NextCheckAt.gt(micros(horizon));
    Condition::any().add(Column::NextCheckAt.is_null()).add(beyond)
}

/// Reads what [`claim`] returns: the columns of a cloud account, and after them its secrets and generation.
fn read_claimed(row: &QueryResult) -> Result<ClaimedCheck, Error> {
    let account = cloud_accounts::read(row)?;
    let secrets = SealedSecrets {
        secret_key: row.try_get("", "secret_key")?,
        console_password: row.try_get("", "console_password")?,
    };
    let lease = CheckLease {
        account: account.account_id,
        id: account.id,
        generation: row.try_get("", "check_generation")?,
        updated_at: micros(account.updated_at),
    };
    Ok(ClaimedCheck { account, secrets, lease })
}
