//! Tasks in hand. The lease is on the account: its oldest unfinished task is the one that is worked on, so an account's
//! tasks run one at a time and in order, however many replicas there are.

use berth_domain::{
    account::Actor,
    ids::{AccountId, TaskId},
    task::{Task, TaskStatus},
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr,
};

use crate::{
    Error, Store,
    entities::task::{Column, Entity},
    rows::{OrCorrupt, micros, statement},
    work::{self, Kind, Lease, Then},
};

/// The right to work on one task until a time.
#[derive(Clone, Debug)]
pub struct TaskLease {
    pub(crate) task: TaskId,
    pub(crate) account: AccountId,
    work: Lease,
}

impl TaskLease {
    /// How often the task was taken up, this time included.
    pub fn times_taken(&self) -> i32 {
        self.work.attempts()
    }
}

/// A task to work on.
#[derive(Clone, Debug)]
pub struct ClaimedTask {
    /// The task, in progress now.
    pub task: Task,
    /// The right to work on it.
    pub lease: TaskLease,
    /// What it needs to do its work, sealed to the task.
    pub sealed_request: Option<Vec<u8>>,
    /// Who queued it.
    pub actor: Actor,
}

impl Store {
    /// Begins the oldest unfinished task of a claimed account. `None` when there is none, or the lease was lost.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "begin_task"))]
    pub async fn begin_task(&self, lease: &Lease, now: Timestamp) -> Result<Option<ClaimedTask>, Error> {
        let account = account_of(lease)?;
        // A task's number is given out under the lock on its account's row, so nothing with a lower number can appear
        // later.
        let oldest = "UPDATE tasks SET status = $1, updated_at = $2 WHERE id = (SELECT id FROM tasks \
                 WHERE account_id = $3 AND finished_at IS NULL ORDER BY seq LIMIT 1) \
             AND EXISTS (SELECT 1 FROM work WHERE kind = $4 AND key = $5 AND owner = $6 AND generation = $7) \
             RETURNING *";
        let values =
            [TaskStatus::ProcessingInProgress.as_str().into(), micros(now).into(), account.0.into()];
        let values = values.into_iter().chain(lease.values());
        let oldest = statement(&self.writer, oldest, values);
        let Some(mut row) = Entity::find().from_raw_sql(oldest).one(&self.writer).await? else {
            return Ok(None);
        };
        let sealed_request = row.sealed_request.take();
        let actor = Actor { originator: row.originator.clone(), api_key_name: row.api_key_name.clone() };
        let task = row.into_domain()?;
        let lease = TaskLease { task: task.id, account, work: lease.clone() };
        Ok(Some(ClaimedTask { task, lease, sealed_request, actor }))
    }

    /// Gives an account's task back unfinished, for another worker to take at once.
    ///
    /// Errors: [`Error::LostLease`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "release_task"))]
    pub async fn release_task(&self, lease: &Lease, now: Timestamp) -> Result<(), Error> {
        let tx = self.begin().await?;
        work::release(&tx, lease).await?;
        Entity::update_many()
            .col_expr(Column::Status, Expr::value(TaskStatus::Received.as_str()))
            .col_expr(Column::UpdatedAt, Expr::value(micros(now)))
            .filter(Column::AccountId.eq(account_of(lease)?.0))
            .filter(Column::Status.eq(TaskStatus::ProcessingInProgress.as_str()))
            .filter(Column::FinishedAt.is_null())
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What an account is called in the work queue.
pub(crate) fn key(account: AccountId) -> String {
    account.to_string()
}

fn account_of(lease: &Lease) -> Result<AccountId, Error> {
    lease.key().parse().map(AccountId).or_corrupt(|| format!("the tasks of account {}", lease.key()))
}

/// Gives the account back in the transaction that has finished its task: due now when there are more, at rest
/// otherwise. Fails with [`Error::LostLease`].
pub(crate) async fn settle(tx: &DatabaseTransaction, lease: &TaskLease) -> Result<(), Error> {
    let more = Entity::find()
        .filter(Column::AccountId.eq(lease.account.0))
        .filter(Column::FinishedAt.is_null())
        .count(tx)
        .await?;
    let then = if more > 0 { Then::Again(SignedDuration::ZERO) } else { Then::Rest };
    work::settle(tx, &lease.work, then).await
}

/// The row of the task that a lease is for, as long as that is unfinished.
pub(crate) fn of(lease: &TaskLease) -> Condition {
    Condition::all()
        .add(Column::AccountId.eq(lease.account.0))
        .add(Column::Id.eq(lease.task.0))
        .add(Column::FinishedAt.is_null())
}

/// Calls for an account, in the transaction that queues a task.
pub(crate) async fn call(tx: &DatabaseTransaction, account: AccountId) -> Result<(), Error> {
    work::call(tx, Kind::Tasks, &key(account), SignedDuration::ZERO).await
}
