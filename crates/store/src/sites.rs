//! Sites: one AWS account in one region, and who works on its deployments, until when.

use berth_domain::{
    ids::{AccountId, SubscriptionId},
    values::AwsAccountId,
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};

use crate::{
    Error, Store,
    entities::site::{Column, Entity},
    leases,
    rows::{OrCorrupt, micros, statement},
};

/// How many sites that are due one look fetches: processes that look at once lose races to each other.
const CANDIDATES: u64 = 16;

/// The right to work on the deployments of one AWS account in one region until a time.
#[derive(Clone, Debug)]
pub struct Site {
    /// The AWS account.
    pub aws_account: AwsAccountId,
    /// The region.
    pub region: String,
    /// The account they all belong to.
    pub account: AccountId,
    owner: String,
    generation: i32,
    wanted: i32,
}

impl Site {
    fn condition(&self) -> Condition {
        Condition::all()
            .add(Column::AccountId.eq(self.account.0))
            .add(Column::AwsAccountId.eq(self.aws_account.as_str()))
            .add(Column::Region.eq(self.region.as_str()))
            .add(Column::LeaseOwner.eq(self.owner.as_str()))
            .add(Column::Generation.eq(self.generation))
    }
}

impl Store {
    /// Takes the site that is due for longest and that nobody works on, for `owner`, until `until`.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "claim_site"))]
    pub async fn claim_site(
        &self,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Site>, Error> {
        let free = leases::free(Column::LeaseUntil, now);
        let due = Entity::find()
            .filter(Column::DueAt.lte(micros(now)))
            .filter(free.clone())
            .order_by_asc(Column::DueAt)
            .limit(CANDIDATES)
            .all(&self.reader)
            .await?;
        for row in due {
            let mut taken = Entity::update_many()
                .col_expr(Column::LeaseOwner, Expr::value(owner))
                .col_expr(Column::LeaseUntil, Expr::value(micros(until)))
                .col_expr(Column::Generation, Expr::value(row.generation + 1))
                .filter(Column::AccountId.eq(row.account_id))
                .filter(Column::AwsAccountId.eq(row.aws_account_id.as_str()))
                .filter(Column::Region.eq(row.region.as_str()))
                .filter(Column::Generation.eq(row.generation))
                .filter(free.clone())
                .exec_with_returning(&self.writer)
                .await?;
            if let Some(row) = taken.pop() {
                let what = || format!("a site in {}", row.region);
                return Ok(Some(Site {
                    aws_account: row.aws_account_id.parse().or_corrupt(what)?,
                    region: row.region,
                    account: AccountId(row.account_id),
                    owner: owner.to_owned(),
                    generation: row.generation,
                    wanted: row.wanted,
                }));
            }
        }
        Ok(None)
    }

    /// Prolongs the right to a site. `false` when it was lost to another process.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "renew_site"))]
    pub async fn renew_site(&self, site: &Site, until: Timestamp) -> Result<bool, Error> {
        let done = Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::value(micros(until)))
            .filter(site.condition())
            .exec(&self.writer)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Gives a site back, due again at a time; at once when somebody called for it meanwhile. Does nothing when the
    /// right to it was lost.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "release_site"))]
    pub async fn release_site(&self, site: &Site, due: Timestamp) -> Result<(), Error> {
        for (unchanged, due) in [(true, Some(due)), (false, None)] {
            let mut update = Entity::update_many()
                .col_expr(Column::LeaseOwner, Expr::value(Option::<String>::None))
                .col_expr(Column::LeaseUntil, Expr::value(Option::<i64>::None));
            if let Some(due) = due {
                update = update.col_expr(Column::DueAt, Expr::value(micros(due)));
            }
            let wanted = match unchanged {
                true => Column::Wanted.eq(site.wanted),
                false => Column::Wanted.ne(site.wanted),
            };
            let done = update.filter(site.condition()).filter(wanted).exec(&self.writer).await?;
            if done.rows_affected == 1 {
                break;
            }
        }
        Ok(())
    }

    /// Calls for a look at all deployments of a subscription now.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "wake_subscription"))]
    pub async fn wake_subscription(
        &self,
        subscription: SubscriptionId,
        at: Timestamp,
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        wake(&tx, subscription, at).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Calls for a look at all deployments of a subscription now.
pub(crate) async fn wake(
    tx: &DatabaseTransaction,
    subscription: SubscriptionId,
    at: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE sites SET due_at = $1, wanted = wanted + 1 WHERE EXISTS (SELECT 1 FROM deployments d \
         WHERE d.subscription_id = $2 AND d.account_id = sites.account_id AND d.aws_account_id = sites.aws_account_id \
         AND d.region = sites.region)";
    tx.execute_raw(statement(tx, sql, [micros(at).into(), subscription.0.into()])).await?;
    let sql = "UPDATE deployments SET next_at = $1 WHERE subscription_id = $2";
    tx.execute_raw(statement(tx, sql, [micros(at).into(), subscription.0.into()])).await?;
    Ok(())
}

/// Makes sure that there is a site, and that it is due.
pub(crate) async fn open(
    tx: &DatabaseTransaction,
    account: AccountId,
    aws_account: &AwsAccountId,
    region: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let sql = "INSERT INTO sites (account_id, aws_account_id, region, due_at, wanted, generation) \
         VALUES ($1, $2, $3, $4, 0, 0) ON CONFLICT (account_id, aws_account_id, region) \
         DO UPDATE SET due_at = excluded.due_at, wanted = sites.wanted + 1";
    let values =
        [account.0.into(), aws_account.as_str().into(), region.to_owned().into(), micros(at).into()];
    tx.execute_raw(statement(tx, sql, values)).await?;
    Ok(())
}

/// Fails with [`Error::LostLease`] unless the right to the site is still held; holds it until the transaction ends.
pub(crate) async fn hold(tx: &DatabaseTransaction, site: &Site) -> Result<(), Error> {
    let held = Entity::update_many()
        .col_expr(Column::Generation, Expr::value(site.generation))
        .filter(site.condition())
        .exec(tx)
        .await?;
    if held.rows_affected == 0 { Err(Error::LostLease) } else { Ok(()) }
}
