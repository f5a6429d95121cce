//! Leases: who works on a task, until when.
//!
//! Only an account's oldest unfinished task can be claimed, so an account's tasks run one at a time and in
//! order, however many replicas there are. Every claim raises the task's generation; a worker whose lease ran
//! out and was taken over holds an old one and can change nothing any more.

use berth_domain::{
    account::Actor,
    ids::{AccountId, TaskId},
    task::{Task, TaskStatus},
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryResult, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    Error, Store,
    entities::task::{Column, Entity},
    rows::{micros, statement},
};

/// How many claimable tasks one look fetches. Workers that look at once lose races to each other, so there
/// is no point in fetching one at a time.
const CANDIDATES: i64 = 16;

/// The right to work on one task until a time.
#[derive(Clone, Debug)]
pub struct Lease {
    pub(crate) task: TaskId,
    pub(crate) account: AccountId,
    pub(crate) owner: String,
    pub(crate) generation: i32,
}

impl Lease {
    /// The task it is for.
    pub fn task_id(&self) -> TaskId {
        self.task
    }

    /// How often the task was taken up, this time included.
    pub fn times_taken(&self) -> i32 {
        self.generation
    }

    /// The row this lease is for, as long as it is in force.
    pub(crate) fn condition(&self) -> Condition {
        Condition::all()
            .add(Column::AccountId.eq(self.account.0))
            .add(Column::Id.eq(self.task.0))
            .add(Column::LeaseOwner.eq(self.owner.as_str()))
            .add(Column::Generation.eq(self.generation))
            .add(Column::FinishedAt.is_null())
    }
}

/// A task to work on.
#[derive(Clone, Debug)]
pub struct ClaimedTask {
    /// The task, in progress now.
    pub task: Task,
    /// The right to work on it.
    pub lease: Lease,
    /// What it needs to do its work, sealed to the task.
    pub sealed_request: Option<Vec<u8>>,
    /// Who queued it.
    pub actor: Actor,
}

impl Store {
    /// Takes the longest waiting task that nobody works on, for `owner`, until `until`. `None` when there is
    /// none, or others took them all meanwhile.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "claim_task"))]
    pub async fn claim_task(
        &self,
        owner: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<ClaimedTask>, Error> {
        // In PostgreSQL too this cannot pick a task before its turn: a task's number is given out under the
        // lock on its account's row, so nothing with a lower number can appear later.
        let sql = "SELECT t.id, t.account_id, t.generation FROM tasks t \
             WHERE t.finished_at IS NULL AND (t.lease_until IS NULL OR t.lease_until <= $1) \
             AND NOT EXISTS (SELECT 1 FROM tasks o \
                 WHERE o.account_id = t.account_id AND o.seq < t.seq AND o.finished_at IS NULL) \
             ORDER BY t.created_at, t.id LIMIT $2";
        let values = [micros(now).into(), CANDIDATES.into()];
        for row in self.reader.query_all_raw(statement(&self.reader, sql, values)).await? {
            let lease = candidate(&row, owner)?;
            if let Some(claimed) = self.claim(lease, now, until).await? {
                return Ok(Some(claimed));
            }
        }
        Ok(None)
    }

    /// The compare-and-swap: only one claimer finds the generation it has seen.
    async fn claim(
        &self,
        mut lease: Lease,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<ClaimedTask>, Error> {
        let seen = lease.generation;
        lease.generation += 1;
        let mut rows = Entity::update_many()
            .col_expr(Column::LeaseOwner, Expr::value(lease.owner.as_str()))
            .col_expr(Column::LeaseUntil, Expr::value(micros(until)))
            .col_expr(Column::Generation, Expr::value(lease.generation))
            .col_expr(Column::Status, Expr::value(TaskStatus::ProcessingInProgress.as_str()))
            .col_expr(Column::UpdatedAt, Expr::value(micros(now)))
            .filter(Column::Id.eq(lease.task.0))
            .filter(Column::Generation.eq(seen))
            .filter(Column::FinishedAt.is_null())
            .filter(free(Column::LeaseUntil, now))
            .exec_with_returning(&self.writer)
            .await?;
        let Some(mut row) = rows.pop() else { return Ok(None) };
        let sealed_request = row.sealed_request.take();
        let actor = Actor { originator: row.originator.clone(), api_key_name: row.api_key_name.clone() };
        Ok(Some(ClaimedTask { task: row.into_domain()?, lease, sealed_request, actor }))
    }

    /// Prolongs a lease. `false` when it was lost to another worker, or the task is finished.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "renew_lease"))]
    pub async fn renew_lease(&self, lease: &Lease, until: Timestamp) -> Result<bool, Error> {
        let done = Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::value(micros(until)))
            .filter(lease.condition())
            .exec(&self.writer)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Gives a task back unfinished, for another worker to take at once. Does nothing when the lease was lost.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "release_lease"))]
    pub async fn release_lease(&self, lease: &Lease, now: Timestamp) -> Result<(), Error> {
        Entity::update_many()
            .col_expr(Column::LeaseOwner, Expr::value(Option::<String>::None))
            .col_expr(Column::LeaseUntil, Expr::value(Option::<i64>::None))
            .col_expr(Column::Status, Expr::value(TaskStatus::Received.as_str()))
            .col_expr(Column::UpdatedAt, Expr::value(micros(now)))
            .filter(lease.condition())
            .exec(&self.writer)
            .await?;
        Ok(())
    }
}

/// That nobody holds a lease, or that it has run out; for the compare-and-swap that takes it.
pub(crate) fn free(until: impl ColumnTrait, now: Timestamp) -> Condition {
    Condition::any().add(until.is_null()).add(until.lte(micros(now)))
}

fn candidate(row: &QueryResult, owner: &str) -> Result<Lease, Error> {
    Ok(Lease {
        task: TaskId(row.try_get_by_index::<Uuid>(0)?),
        account: AccountId(row.try_get_by_index(1)?),
        owner: owner.to_owned(),
        generation: row.try_get_by_index(2)?,
    })
}
