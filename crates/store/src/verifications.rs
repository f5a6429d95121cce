//! Verifications of registered cloud accounts: keeping, listing and forgetting them.

use std::time::Duration;

use berth_domain::{
    findings::Conclusion,
    health::{Cause, Verification},
    ids::{AccountId, CloudAccountId, VerificationId},
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use crate::{
    Error, Store,
    entities::verification::{Column, Entity, Model},
    rows::{OrCorrupt, json, micros, time},
};

/// Where a list goes on: after this verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerificationCursor {
    /// When it was done.
    pub at: Timestamp,
    /// Its id.
    pub id: VerificationId,
}

impl Store {
    /// A cloud account's verifications, newest first, at most `limit`; after the one that `after` names.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "verifications"))]
    pub async fn verifications(
        &self,
        account: AccountId,
        id: CloudAccountId,
        after: Option<VerificationCursor>,
        limit: u64,
    ) -> Result<Vec<Verification>, Error> {
        let rows = Entity::find()
            .filter(Column::AccountId.eq(account.0))
            .filter(Column::CloudAccountId.eq(id.0))
            .apply_if(after, |query, after| {
                let at = micros(after.at);
                let same_moment = Condition::all().add(Column::At.eq(at)).add(Column::Id.lt(after.id.0));
                query.filter(Condition::any().add(Column::At.lt(at)).add(same_moment))
            })
            .order_by_desc(Column::At)
            .order_by_desc(Column::Id)
            .limit(limit)
            .all(&self.reader)
            .await?;
        rows.into_iter().map(Model::into_domain).collect()
    }

    /// Forgets the verifications done before this, and returns how many.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "purge_verifications"))]
    pub async fn purge_verifications(&self, done_before: Timestamp) -> Result<u64, Error> {
        let done =
            Entity::delete_many().filter(Column::At.lt(micros(done_before))).exec(&self.writer).await?;
        Ok(done.rows_affected)
    }
}

/// Keeps a verification of a cloud account.
pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    account: AccountId,
    id: CloudAccountId,
    verification: Verification,
) -> Result<(), Error> {
    let row = Model {
        id: verification.id.0,
        account_id: account.0,
        cloud_account_id: id.0,
        at: micros(verification.at),
        conclusion: verification.conclusion.as_str().to_owned(),
        findings: json(&verification.findings),
        took_ms: i64::try_from(verification.took.as_millis()).unwrap_or(i64::MAX),
        cause: verification.cause.as_str().to_owned(),
    };
    Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

impl Model {
    fn into_domain(self) -> Result<Verification, Error> {
        let what = || format!("verification {}", self.id);
        Ok(Verification {
            id: VerificationId(self.id),
            at: time(self.at, what)?,
            conclusion: Conclusion::parse(&self.conclusion).or_corrupt(what)?,
            findings: serde_json::from_str(&self.findings).or_corrupt(what)?,
            took: Duration::from_millis(self.took_ms.unsigned_abs()),
            cause: Cause::parse(&self.cause).or_corrupt(what)?,
        })
    }
}
