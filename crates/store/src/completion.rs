//! The end of a task: its result, its effect and its audit entry in one transaction.

use berth_domain::{
    account::AuditEvent,
    cloud_account::CloudAccount,
    findings::Finding,
    health::Verification,
    ids::{AccountId, CloudAccountId, SubscriptionId},
    rotation::AccountNow,
    subscription::terms::SubscriptionChange,
    task::{Task, TaskError, TaskStatus},
    values::CloudAccountName,
};
use jiff::Timestamp;
use sea_orm::{DatabaseTransaction, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::Value;

use crate::{
    Error, OrderedSubscription, SealedSecrets, Store, TaskLease, audit, cloud_accounts, deployments,
    entities::task::{Column, Entity},
    external_ids, orders, rotations,
    rows::{json, micros},
    subscriptions, tasks_in_hand, verifications,
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
    /// For the cloud account's history: the verification that it was created or changed upon.
    pub verification: Option<Verification>,
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
    /// A cloud account becomes this, secrets included, and works. Its time of creation stays; its status follows
    /// from the tasks still queued for it.
    Update {
        /// What it becomes.
        account: CloudAccount,
        /// Its secrets.
        secrets: SealedSecrets,
    },
    /// A cloud account gets another name, of which AWS knows nothing: its health stays as it is.
    Rename {
        /// Which.
        id: CloudAccountId,
        /// Its new name.
        name: CloudAccountName,
    },
    /// A cloud account goes, with its secrets and its verifications.
    Delete {
        /// Which.
        id: CloudAccountId,
    },
    /// A new subscription.
    Subscribe(Box<OrderedSubscription>),
    /// A subscription changes.
    ChangeSubscription {
        /// Which.
        id: SubscriptionId,
        /// How.
        change: SubscriptionChange,
    },
    /// A subscription goes: at once, or when what was built for it is gone.
    Unsubscribe {
        /// Which.
        id: SubscriptionId,
    },
    /// Nothing: the task was to find this out.
    Answer(Value),
}

impl Store {
    /// Ends a task: state, result, effect and audit entry together, and the sealed request erased.
    ///
    /// Errors, with nothing written: [`Error::LostLease`]; [`Error::Taken`], [`Error::NoSuchCloudAccount`],
    /// [`Error::NoSuchExternalId`], [`Error::CloudAccountUsed`], [`Error::BuiltIn`],
    /// [`Error::KeyRetired`], [`Error::NoSuchSubscription`], [`Error::SubscriptionDeleting`] and
    /// [`Error::Refused`] when the effect is impossible by now, after which the task can be finished as failed.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "finish_task"))]
    pub async fn finish_task(&self, lease: &TaskLease, completion: Completion) -> Result<Task, Error> {
        let Completion { at, outcome, description, findings, verification, audit } = completion;
        let (status, effect, error) = match outcome {
            Ok(effect) => (TaskStatus::ProcessingCompleted, Some(effect), None),
            Err(error) => (TaskStatus::ProcessingError, None, Some(json(&error))),
        };
        let created = match &effect {
            Some(Effect::Create { account, .. }) => Some(account.id.0),
            _ => None,
        };
        let resource = match &effect {
            Some(Effect::Answer(resource)) => Some(json(resource)),
            _ => None,
        };

        let tx = self.begin().await?;
        audit::record(&tx, lease.account, audit, at).await?;
        let mut update = Entity::update_many()
            .col_expr(Column::Status, Expr::value(status.as_str()))
            .col_expr(Column::Description, Expr::value(description))
            .col_expr(Column::Error, Expr::value(error))
            .col_expr(Column::Findings, Expr::value(json(&findings)))
            .col_expr(Column::Resource, Expr::value(resource))
            .col_expr(Column::SealedRequest, Expr::value(Option::<Vec<u8>>::None))
            .col_expr(Column::UpdatedAt, Expr::value(micros(at)))
            .col_expr(Column::FinishedAt, Expr::value(micros(at)));
        if let Some(id) = created {
            update = update.col_expr(Column::CloudAccountId, Expr::value(id));
        }
        let row = update.filter(tasks_in_hand::of(lease)).exec_with_returning(&tx).await?.pop();
        let task = row.ok_or(Error::LostLease)?.into_domain()?;
        tasks_in_hand::settle(&tx, lease).await?;
        if let Some(effect) = effect {
            apply(&tx, lease.account, effect, at).await?;
        }
        if let Some(id) = task.cloud_account_id {
            if let Some(verification) = verification {
                verifications::insert(&tx, lease.account, id, verification).await?;
            }
            cloud_accounts::refresh_status(&tx, lease.account, id).await?;
        }
        tx.commit().await?;
        Ok(task)
    }
}

async fn apply(
    tx: &DatabaseTransaction,
    account_id: AccountId,
    effect: Effect,
    at: Timestamp,
) -> Result<(), Error> {
    match effect {
        Effect::Create { account, secrets } => {
            cloud_accounts::refuse_foreign(tx, account_id, account.id, &account.aws_account_id).await?;
            external_ids::consume(tx, account_id, account.id, &account.access).await?;
            cloud_accounts::insert(tx, CloudAccount { account_id, ..account }, secrets).await
        }
        Effect::Update { account, secrets } => {
            cloud_accounts::refuse_foreign(tx, account_id, account.id, &account.aws_account_id).await?;
            external_ids::consume(tx, account_id, account.id, &account.access).await?;
            deployments::refuse_leaving(tx, account_id, account.id, &account.aws_account_id).await?;
            let becomes = account.access.key().map_or(AccountNow::NoKey, AccountNow::Key);
            rotations::account_becomes(tx, (account_id, account.id), becomes, at).await?;
            cloud_accounts::replace(tx, CloudAccount { account_id, ..account }, secrets).await
        }
        Effect::Rename { id, name } => cloud_accounts::rename(tx, account_id, id, name, at).await,
        Effect::Delete { id } => {
            subscriptions::refuse_used(tx, account_id, id).await?;
            rotations::account_becomes(tx, (account_id, id), AccountNow::Gone, at).await?;
            cloud_accounts::delete(tx, account_id, id).await
        }
        Effect::Subscribe(ordered) => orders::insert(tx, account_id, *ordered, at).await,
        Effect::ChangeSubscription { id, change } => orders::change(tx, account_id, id, change, at).await,
        Effect::Unsubscribe { id } => orders::unsubscribe(tx, account_id, id, at).await,
        Effect::Answer(_) => Ok(()),
    }
}
