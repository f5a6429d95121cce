//! The end of a task: its result, its effect and its audit entry in one transaction.

use berth_domain::{
    account::AuditEvent,
    cloud_account::CloudAccount,
    findings::Finding,
    ids::{AccountId, CloudAccountId},
    task::{Task, TaskError, TaskStatus},
};
use jiff::Timestamp;
use sea_orm::{DatabaseTransaction, EntityTrait, QueryFilter, sea_query::Expr};

use crate::{
    Error, Lease, SealedSecrets, Store, audit, cloud_accounts,
    entities::task::{Column, Entity},
    rows::{json, micros},
    subscriptions,
};

/// How a task ended.
#[derive(Clone, Debug)]
pub struct Completion {
    /// Now.
    pub at: Timestamp,
    /// What it changes, or why it failed and changes nothing.
    pub outcome: Result<Effect, TaskError>,
    /// What came of it, in one sentence.
    pub description: String,
    /// The verification's findings, when there was one.
    pub findings: Vec<Finding>,
    /// What the audit log says of it.
    pub audit: AuditEvent,
}

/// What a task changes.
#[derive(Clone, Debug)]
pub enum Effect {
    /// A new cloud account.
    Create {
        /// The cloud account, with an id from [`Store::allocate_cloud_account_id`].
        account: CloudAccount,
        /// Its secrets.
        secrets: SealedSecrets,
    },
    /// A cloud account becomes this, secrets included. Its time of creation stays; its status follows from
    /// the tasks still queued for it.
    Update {
        /// What it becomes.
        account: CloudAccount,
        /// Its secrets.
        secrets: SealedSecrets,
    },
    /// A cloud account goes, with its secrets.
    Delete {
        /// Which.
        id: CloudAccountId,
    },
}

impl Store {
    /// Ends a task: state, result, effect and audit entry together, and the sealed request erased.
    ///
    /// Errors, with nothing written: [`Error::LostLease`]; [`Error::Taken`], [`Error::NoSuchCloudAccount`] and
    /// [`Error::CloudAccountUsed`] when the effect is impossible by now, after which the task can be finished as failed.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "finish_task"))]
    pub async fn finish_task(&self, lease: &Lease, completion: Completion) -> Result<Task, Error> {
        let Completion { at, outcome, description, findings, audit } = completion;
        let (status, effect, error) = match outcome {
            Ok(effect) => (TaskStatus::ProcessingCompleted, Some(effect), None),
            Err(error) => (TaskStatus::ProcessingError, None, Some(json(&error))),
        };
        let created = match &effect {
            Some(Effect::Create { account, .. }) => Some(account.id.0),
            _ => None,
        };

        let tx = self.begin().await?;
        audit::record(&tx, lease.account, audit, at).await?;
        let mut update = Entity::update_many()
            .col_expr(Column::Status, Expr::value(status.as_str()))
            .col_expr(Column::Description, Expr::value(description))
            .col_expr(Column::Error, Expr::value(error))
            .col_expr(Column::Findings, Expr::value(json(&findings)))
            .col_expr(Column::SealedRequest, Expr::value(Option::<Vec<u8>>::None))
            .col_expr(Column::LeaseOwner, Expr::value(Option::<String>::None))
            .col_expr(Column::LeaseUntil, Expr::value(Option::<i64>::None))
            .col_expr(Column::UpdatedAt, Expr::value(micros(at)))
            .col_expr(Column::FinishedAt, Expr::value(micros(at)));
        if let Some(id) = created {
            update = update.col_expr(Column::CloudAccountId, Expr::value(id));
        }
        let row = update.filter(lease.condition()).exec_with_returning(&tx).await?.pop();
        let task = row.ok_or(Error::LostLease)?.into_domain()?;
        if let Some(effect) = effect {
            apply(&tx, lease.account, effect).await?;
        }
        if let Some(id) = task.cloud_account_id {
            cloud_accounts::refresh_status(&tx, lease.account, id).await?;
        }
        tx.commit().await?;
        Ok(task)
    }
}

async fn apply(tx: &DatabaseTransaction, account_id: AccountId, effect: Effect) -> Result<(), Error> {
    match effect {
        Effect::Create { account, secrets } => {
            cloud_accounts::insert(tx, CloudAccount { account_id, ..account }, secrets).await
        }
        Effect::Update { account, secrets } => {
            cloud_accounts::replace(tx, CloudAccount { account_id, ..account }, secrets).await
        }
        Effect::Delete { id } => {
            subscriptions::refuse_used(tx, account_id, id).await?;
            cloud_accounts::delete(tx, account_id, id).await
        }
    }
}
