//! Sites: an account's AWS account in one region, at which one process works on deployments at a time.

use berth_domain::{
    ids::{AccountId, SubscriptionId},
    values::AwsAccountId,
};
use jiff::SignedDuration;
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::{
    Error, Store,
    rows::{OrCorrupt, statement},
    work::{self, Kind, Lease},
};

/// The right to work on the deployments of one AWS account in one region, or to read how its nodes do.
#[derive(Clone, Debug)]
pub struct Site {
    /// The AWS account.
    pub aws_account: AwsAccountId,
    /// The region.
    pub region: String,
    /// The account they all belong to.
    pub account: AccountId,
    pub(crate) lease: Lease,
}

impl Site {
    /// The site that a lease is for.
    ///
    /// Errors: [`Error::Corrupt`] when it is for something else.
    pub fn of(lease: &Lease) -> Result<Self, Error> {
        let what = || format!("the work at {}", lease.key());
        let mut parts = lease.key().splitn(3, '/');
        let mut part = || parts.next().or_corrupt(what);
        Ok(Self {
            account: AccountId(part()?.parse().or_corrupt(what)?),
            aws_account: part()?.parse().or_corrupt(what)?,
            region: part()?.to_owned(),
            lease: lease.clone(),
        })
    }

    /// The lease that is the right to it.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }
}

impl Store {
    /// Calls for a look at all deployments of a subscription now.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "wake_subscription"))]
    pub async fn wake_subscription(&self, subscription: SubscriptionId) -> Result<(), Error> {
        let tx = self.begin().await?;
        wake(&tx, subscription).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What a site is called in the work queue.
fn key(account: AccountId, aws_account: &AwsAccountId, region: &str) -> String {
    format!("{account}/{aws_account}/{region}")
}

/// Calls for a look at all deployments of a subscription now.
pub(crate) async fn wake(tx: &DatabaseTransaction, subscription: SubscriptionId) -> Result<(), Error> {
    // First the site, then its deployments: as whoever works there locks them.
    let keys = "SELECT DISTINCT CAST(account_id AS TEXT) || '/' || aws_account_id || '/' || region AS key \
         FROM deployments WHERE subscription_id = $1";
    work::call_all(tx, Kind::Sites, keys, [subscription.0.into()]).await?;
    // Due whatever the clock says of whoever looks.
    let sql = "UPDATE deployments SET next_at = 0 WHERE subscription_id = $1";
    tx.execute_raw(statement(tx, sql, [subscription.0.into()])).await?;
    Ok(())
}

/// Calls for a look at a site that may be new.
pub(crate) async fn open(
    tx: &DatabaseTransaction,
    account: AccountId,
    aws_account: &AwsAccountId,
    region: &str,
) -> Result<(), Error> {
    work::call(tx, Kind::Sites, &key(account, aws_account, region), SignedDuration::ZERO).await
}

/// Fails with [`Error::LostLease`] unless the right to the site is still held; holds it until the transaction ends.
pub(crate) async fn hold(tx: &DatabaseTransaction, site: &Site) -> Result<(), Error> {
    work::hold(tx, &site.lease).await
}
