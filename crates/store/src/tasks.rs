//! Tasks: queueing, reading, counting and forgetting them. Working on them is in `tasks_in_hand` and `completion`.

use berth_domain::{
    account::{Actor, AuditEvent},
    cloud_account::Status,
    ids::{AccountId, CloudAccountId, SubscriptionId, TaskId},
    task::{Command, Subject, Task, TaskStatus},
};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, Iterable, QueryFilter,
    QueryOrder, QuerySelect, sea_query::Expr,
};

use crate::{
    Error, Store, audit, cloud_accounts,
    entities::task::{Column, Entity, Model},
    rows::{OrCorrupt, micros, statement, time},
    subscriptions, tasks_in_hand,
};

/// A task to be.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// Its id.
    pub id: TaskId,
    /// The account it belongs to.
    pub account_id: AccountId,
    /// What it does.
    pub command: Command,
    /// The cloud account it is about; for a create, the id allocated for it or none.
    pub cloud_account_id: Option<CloudAccountId>,
    /// The subscription it is about; for a create, the id from [`Store::allocate_subscription_id`] or, when it
    /// is for a plan only, none.
    pub subscription_id: Option<SubscriptionId>,
    /// What it needs to do its work, secrets and all, sealed to the task. Erased when the task ends.
    pub sealed_request: Option<Vec<u8>>,
    /// What is going on, in one sentence.
    pub description: String,
    /// Now.
    pub at: Timestamp,
}

impl Store {
    /// Queues a task and records the event: once this returns, the task outlives the process.
    ///
    /// An update or delete sets its cloud account's status to change-draft or delete-draft.
    /// Errors: [`Error::NoSuchCloudAccount`] and [`Error::NotActive`] (being deleted) for an update or delete,
    /// [`Error::CloudAccountUsed`] for a delete, [`Error::NoSuchSubscription`] and
    /// [`Error::SubscriptionDeleting`] for what is about a subscription, [`Error::NoSuchAccount`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "queue_task"))]
    pub async fn queue_task(&self, new: NewTask, event: AuditEvent) -> Result<Task, Error> {
        let account = new.account_id;
        let (command, subscription) = (new.command, new.subscription_id);
        let changed = match command.subject() {
            Subject::CloudAccount if !command.creates() => {
                Some(new.cloud_account_id.ok_or(Error::NoSuchCloudAccount)?)
            }
            _ => None,
        };
        let tx = self.begin().await?;
        let actor = event.actor.clone();
        audit::record(&tx, account, event, new.at).await?;
        if let Some(id) = changed
            && cloud_accounts::status(&tx, account, id).await? == Status::DeleteDraft
        {
            return Err(Error::NotActive);
        }
        if let (Command::CloudAccountDeleteRequest, Some(id)) = (new.command, changed) {
            subscriptions::refuse_used(&tx, account, id).await?;
        }
        if command.subject() != Subject::CloudAccount && !command.creates() {
            let id = subscription.ok_or(Error::NoSuchSubscription)?;
            subscriptions::refuse_deleting(&tx, account, id).await?;
        }
        let task = insert(&tx, new, actor).await?;
        if let Some(id) = changed {
            cloud_accounts::refresh_status(&tx, account, id).await?;
        }
        tx.commit().await?;
        Ok(task)
    }

    /// One task of an account.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "task"))]
    pub async fn task(&self, account: AccountId, id: TaskId) -> Result<Option<Task>, Error> {
        let row =
            Entity::find_by_id(id.0).filter(Column::AccountId.eq(account.0)).one(&self.reader).await?;
        row.map(Model::into_domain).transpose()
    }

    /// An account's tasks whose status changed at `since` or later, latest change first, without their
    /// findings: those can be long, and lists don't show them.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "tasks"))]
    pub async fn tasks(&self, account: AccountId, since: Timestamp) -> Result<Vec<Task>, Error> {
        let rows = Entity::find()
            .select_only()
            .columns(
                Column::iter().filter(|column| !matches!(column, Column::Findings | Column::SealedRequest)),
            )
            .expr_as(Expr::value("[]"), "findings")
            .expr_as(Expr::value(Option::<Vec<u8>>::None), "sealed_request")
            .filter(Column::AccountId.eq(account.0))
            .filter(Column::UpdatedAt.gte(micros(since)))
            .order_by_desc(Column::UpdatedAt)
            .order_by_desc(Column::Seq)
            .all(&self.reader)
            .await?;
        rows.into_iter().map(Model::into_domain).collect()
    }

    /// How many tasks stand where, of those not yet purged. A status without tasks is left out.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "task_counts"))]
    pub async fn task_counts(&self) -> Result<Vec<(TaskStatus, u64)>, Error> {
        let counts: Vec<(String, i64)> = Entity::find()
            .select_only()
            .column(Column::Status)
            .column_as(Column::Status.count(), "tasks")
            .group_by(Column::Status)
            .into_tuple()
            .all(&self.reader)
            .await?;
        counts
            .into_iter()
            .map(|(status, count)| {
                let status = TaskStatus::parse(&status).or_corrupt(|| "a task's status".into())?;
                Ok((status, count.unsigned_abs()))
            })
            .collect()
    }

    /// Forgets the tasks that finished before this, and returns how many.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "purge_tasks"))]
    pub async fn purge_tasks(&self, finished_before: Timestamp) -> Result<u64, Error> {
        let done = Entity::delete_many()
            .filter(Column::FinishedAt.lt(micros(finished_before)))
            .exec(&self.writer)
            .await?;
        Ok(done.rows_affected)
    }
}

async fn insert(tx: &DatabaseTransaction, new: NewTask, actor: Actor) -> Result<Task, Error> {
    let sql = "UPDATE accounts SET task_seq = task_seq + 1 WHERE id = $1 RETURNING task_seq";
    let row = tx.query_one_raw(statement(tx, sql, [new.account_id.0.into()])).await?;
    let row = row.ok_or(Error::NoSuchAccount)?;
    let row = Model {
        id: new.id.0,
        account_id: new.account_id.0,
        seq: row.try_get_by_index(0)?,
        command: new.command.as_str().to_owned(),
        status: TaskStatus::Received.as_str().to_owned(),
        description: new.description,
        cloud_account_id: new.cloud_account_id.map(|id| id.0),
        subscription_id: new.subscription_id.map(|id| id.0),
        sealed_request: new.sealed_request,
        error: None,
        findings: "[]".to_owned(),
        resource: None,
        originator: actor.originator,
        api_key_name: actor.api_key_name,
        created_at: micros(new.at),
        updated_at: micros(new.at),
        finished_at: None,
    };
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    tasks_in_hand::call(tx, AccountId(row.account_id)).await?;
    row.into_domain()
}

impl Model {
    /// The task as clients see it.
    pub(crate) fn into_domain(self) -> Result<Task, Error> {
        let what = || format!("task {}", self.id);
        Ok(Task {
            id: TaskId(self.id),
            account_id: AccountId(self.account_id),
            command: Command::parse(&self.command).or_corrupt(what)?,
            status: TaskStatus::parse(&self.status).or_corrupt(what)?,
            updated_at: time(self.updated_at, what)?,
            created_at: time(self.created_at, what)?,
            cloud_account_id: self.cloud_account_id.map(CloudAccountId),
            subscription_id: self.subscription_id.map(SubscriptionId),
            resource: self.resource.as_deref().map(serde_json::from_str).transpose().or_corrupt(what)?,
            error: self.error.as_deref().map(serde_json::from_str).transpose().or_corrupt(what)?,
            findings: serde_json::from_str(&self.findings).or_corrupt(what)?,
            description: self.description,
        })
    }
}
