//! What can be read: the account, its tasks, users, payment methods and log.

use berth_domain::{
    account::{Account, ApiKey, AuditEntry, PaymentMethod, Principal, User, Via},
    ids::{TaskId, UserId},
    task::{ErrorType, Task, TaskStatus},
};
pub use berth_store::AuditFilter;
use jiff::SignedDuration;

use crate::{Control, Error};

/// How long finished tasks are kept.
pub(crate) const TASKS_KEPT: SignedDuration = SignedDuration::from_hours(10 * 24);

/// The account behind a request, with the key that was used.
#[derive(Clone, Debug)]
pub struct Whoami {
    /// The account.
    pub account: Account,
    /// The user behind the key.
    pub user: User,
    /// The key.
    pub api_key: ApiKey,
}

impl Control {
    /// The account behind a request.
    pub async fn whoami(&self, by: &Principal) -> Result<Whoami, Error> {
        let Via::ApiKey(name) = &by.via else {
            return Err(Error::rejected(
                ErrorType::Forbidden,
                "This describes the API key of a request, and a session of the console has none: \
                 GET /api/session describes the session.",
            ));
        };
        let store = &self.0.store;
        let (account, user, keys) = tokio::try_join!(
            store.account(by.account_id),
            store.user(by.account_id, by.user_id),
            store.api_keys(by.account_id),
        )?;
        let api_key = keys.into_iter().find(|key| key.user_id == by.user_id && key.name == *name);
        match (account, user, api_key) {
            (Some(account), Some(user), Some(api_key)) => Ok(Whoami { account, user, api_key }),
            _ => Err(Error::Internal("an authenticated key has no account, user or record".into())),
        }
    }

    /// The account's tasks of the last 10 days, newest status change first.
    pub async fn list_tasks(&self, by: &Principal) -> Result<Vec<Task>, Error> {
        let since = self.0.environment.now() - TASKS_KEPT;
        Ok(self.0.store.tasks(by.account_id, since).await?)
    }

    /// One task, with its findings.
    pub async fn view_task(&self, by: &Principal, id: TaskId) -> Result<Task, Error> {
        let task = self.0.store.task(by.account_id, id).await?;
        task.ok_or_else(|| {
            Error::rejected(
                ErrorType::NotFound,
                format!("There is no task {id}. Finished tasks are kept for 10 days."),
            )
        })
    }

    /// The account's users by id.
    pub async fn list_users(&self, by: &Principal) -> Result<Vec<User>, Error> {
        Ok(self.0.store.users(by.account_id).await?)
    }

    /// One user.
    pub async fn view_user(&self, by: &Principal, id: UserId) -> Result<User, Error> {
        let user = self.0.store.user(by.account_id, id).await?;
        user.ok_or_else(|| Error::rejected(ErrorType::NotFound, format!("There is no user {id}.")))
    }

    /// The account's payment methods by id.
    pub async fn list_payment_methods(&self, by: &Principal) -> Result<Vec<PaymentMethod>, Error> {
        Ok(self.0.store.payment_methods(by.account_id).await?)
    }

    /// Entries of the account's log, newest first.
    pub async fn list_audit_entries(
        &self,
        by: &Principal,
        filter: AuditFilter,
    ) -> Result<Vec<AuditEntry>, Error> {
        Ok(self.0.store.audit_entries(by.account_id, filter).await?)
    }

    /// How many cloud accounts' access does not work, over all accounts.
    pub async fn failing_cloud_accounts(&self) -> Result<u64, Error> {
        Ok(self.0.store.failing_cloud_accounts().await?)
    }

    /// How many tasks stand in which state, over all accounts.
    pub async fn task_counts(&self) -> Result<Vec<(TaskStatus, u64)>, Error> {
        Ok(self.0.store.task_counts().await?)
    }
}
