//! Register, view, update and delete cloud accounts: desired state in, a task out. Never calls AWS.

use berth_domain::{
    account::Principal,
    cloud_account::{CloudAccount, Form},
    ids::CloudAccountId,
    task::Task,
};

use crate::{Control, Error};

/// Part of a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page {
    /// How many to skip.
    pub offset: u64,
    /// How many at most; all when `None`.
    pub limit: Option<u64>,
}

impl Control {
    /// The account's cloud accounts by id, without the internal one.
    pub async fn list_cloud_accounts(
        &self,
        by: &Principal,
        page: Page,
    ) -> Result<Vec<CloudAccount>, Error> {
        unimplemented!("{by:?}{page:?}")
    }

    /// One cloud account, not the internal one.
    pub async fn view_cloud_account(
        &self,
        by: &Principal,
        id: CloudAccountId,
    ) -> Result<CloudAccount, Error> {
        unimplemented!("{by:?}{id}")
    }

    /// Queues the registration of a cloud account.
    pub async fn create_cloud_account(&self, by: &Principal, form: Form) -> Result<Task, Error> {
        unimplemented!("{by:?}{form:?}")
    }

    /// Queues a change of a cloud account; absent fields stay as they are.
    pub async fn update_cloud_account(
        &self,
        by: &Principal,
        id: CloudAccountId,
        form: Form,
    ) -> Result<Task, Error> {
        unimplemented!("{by:?}{id}{form:?}")
    }

    /// Queues the removal of a cloud account.
    pub async fn delete_cloud_account(&self, by: &Principal, id: CloudAccountId) -> Result<Task, Error> {
        unimplemented!("{by:?}{id}")
    }
}
