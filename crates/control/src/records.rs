//! What can be read: the account, its tasks, users, payment methods and log.

use berth_domain::{
    account::{Account, ApiKey, AuditEntry, PaymentMethod, Principal, User},
    ids::{TaskId, UserId},
    task::{Task, TaskStatus},
};
use jiff::Timestamp;

use crate::{Control, Error};

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

/// Which entries of the log.
#[derive(Clone, Copy, Debug)]
pub struct AuditFilter {
    /// How many to skip, newest first.
    pub offset: u64,
    /// How many at most.
    pub limit: u64,
    /// Not before this.
    pub start: Option<Timestamp>,
    /// Not after this.
    pub end: Option<Timestamp>,
    /// About this resource only.
    pub resource_id: Option<i32>,
}

impl Control {
    /// The account behind a request.
    pub async fn whoami(&self, by: &Principal) -> Result<Whoami, Error> {
        unimplemented!("{by:?}")
    }

    /// The account's tasks of the last 10 days, newest status change first.
    pub async fn list_tasks(&self, by: &Principal) -> Result<Vec<Task>, Error> {
        unimplemented!("{by:?}")
    }

    /// One task, with its findings.
    pub async fn view_task(&self, by: &Principal, id: TaskId) -> Result<Task, Error> {
        unimplemented!("{by:?}{id}")
    }

    /// The account's users by id.
    pub async fn list_users(&self, by: &Principal) -> Result<Vec<User>, Error> {
        unimplemented!("{by:?}")
    }

    /// One user.
    pub async fn view_user(&self, by: &Principal, id: UserId) -> Result<User, Error> {
        unimplemented!("{by:?}{id}")
    }

    /// The account's payment methods by id.
    pub async fn list_payment_methods(&self, by: &Principal) -> Result<Vec<PaymentMethod>, Error> {
        unimplemented!("{by:?}")
    }

    /// Entries of the account's log, newest first.
    pub async fn list_audit_entries(
        &self,
        by: &Principal,
        filter: AuditFilter,
    ) -> Result<Vec<AuditEntry>, Error> {
        unimplemented!("{by:?}{filter:?}")
    }

    /// Whether the database answers, is migrated, and the master key opens it. The error says which is not so.
    pub async fn ready(&self) -> Result<(), Error> {
        unimplemented!()
    }

    /// How many tasks stand in which state, over all accounts.
    pub async fn task_counts(&self) -> Result<Vec<(TaskStatus, u64)>, Error> {
        unimplemented!()
    }
}
