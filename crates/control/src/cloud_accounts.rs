//! Register, view, update and delete cloud accounts: desired state in, a task out. Never calls AWS.

use berth_domain::{
    account::Principal,
    cloud_account::{Candidate, Change, CloudAccount, Field, Form},
    ids::{CloudAccountId, SubscriptionId, TaskId},
    task::{Command, ErrorType, Task},
    values::{AccessKeyId, AwsAccountId, CloudAccountName},
};
pub use berth_store::Page;

use crate::{
    Control, Error,
    queue::{About, Queued},
    request,
};

/// What the audit log calls these resources.
pub(crate) const RESOURCE: &str = "Cloud account";

impl Control {
    /// The account's cloud accounts by id, without the internal one.
    pub async fn list_cloud_accounts(
        &self,
        by: &Principal,
        page: Page,
    ) -> Result<Vec<CloudAccount>, Error> {
        Ok(self.0.store.cloud_accounts(by.account_id, page).await?)
    }

    /// One cloud account, not the internal one.
    pub async fn view_cloud_account(
        &self,
        by: &Principal,
        id: CloudAccountId,
    ) -> Result<CloudAccount, Error> {
        self.0.store.cloud_account(by.account_id, id).await?.ok_or_else(|| not_found(id))
    }

    /// Queues the registration of a cloud account.
    pub async fn create_cloud_account(&self, by: &Principal, form: Form) -> Result<Task, Error> {
        let candidate = Candidate::parse(form.clone()).map_err(Error::invalid)?;
        self.refuse_candidate(by, &candidate).await?;
        self.queue(
            by,
            Command::CloudAccountCreateRequest,
            None,
            Some(form),
            format!("Registration of cloud account {} requested", candidate.name),
        )
        .await
    }

    /// Queues a change of a cloud account; absent fields stay as they are.
    pub async fn update_cloud_account(
        &self,
        by: &Principal,
        id: CloudAccountId,
        form: Form,
    ) -> Result<Task, Error> {
        refuse_internal(id)?;
        let current = self.view_cloud_account(by, id).await?;
        let change = Change::parse(form.clone(), &current).map_err(Error::invalid)?;
        self.refuse_change(by, &change, id).await?;
        self.queue(
            by,
            Command::CloudAccountUpdateRequest,
            Some(id),
            Some(form),
            format!("Change of cloud account {} requested", current.name),
        )
        .await
    }

    /// Queues the removal of a cloud account.
    pub async fn delete_cloud_account(&self, by: &Principal, id: CloudAccountId) -> Result<Task, Error> {
        refuse_internal(id)?;
        let current = self.view_cloud_account(by, id).await?;
        self.queue(
            by,
            Command::CloudAccountDeleteRequest,
            Some(id),
            None,
            format!("Removal of cloud account {} requested", current.name),
        )
        .await
    }

    /// Refuses what cannot become a cloud account of this account, before any call to AWS: a name or access key
    /// that it has registered already, an external id that it may not use.
    pub(crate) async fn refuse_candidate(
        &self,
        by: &Principal,
        candidate: &Candidate,
    ) -> Result<(), Error> {
        let external_id = candidate.access.role().map(|role| &role.external_id);
        self.refuse_external_id(by, external_id, None).await?;
        let key = candidate.access.key().map(|key| &key.id);
        self.refuse_duplicates(by, Some(&candidate.name), key, None).await
    }

    /// Refuses a change as [`Self::refuse_candidate`] refuses a candidate.
    pub(crate) async fn refuse_change(
        &self,
        by: &Principal,
        change: &Change,
        id: CloudAccountId,
    ) -> Result<(), Error> {
        self.refuse_external_id(by, change.external_id.as_ref(), Some(id)).await?;
        self.refuse_duplicates(by, change.name.as_ref(), change.access_key_id.as_ref(), Some(id)).await
    }

    async fn refuse_duplicates(
        &self,
        by: &Principal,
        name: Option<&CloudAccountName>,
        key: Option<&AccessKeyId>,
        except: Option<CloudAccountId>,
    ) -> Result<(), Error> {
        let taken = self.0.store.conflicts(by.account_id, name, key, except).await?;
        match (taken.name, taken.access_key) {
            (true, _) => Err(name_taken()),
            (_, true) => Err(access_key_taken()),
            _ => Ok(()),
        }
    }

    async fn queue(
        &self,
        by: &Principal,
        command: Command,
        cloud_account_id: Option<CloudAccountId>,
        form: Option<Form>,
        audit: String,
    ) -> Result<Task, Error> {
        let id = TaskId(self.0.environment.uuid());
        let sealed_request = form.map(|form| request::seal(&self.0.vault, id, &form)).transpose()?;
        let new = Queued {
            id,
            command,
            about: cloud_account_id.map(About::CloudAccount),
            resource: RESOURCE,
            sealed_request,
            audit,
        };
        self.queue_task(by, new).await.map_err(|error| {
            match (error, cloud_account_id) {
                (berth_store::Error::NoSuchCloudAccount, Some(id)) => not_found(id),
                (berth_store::Error::CloudAccountUsed(by), _) => used(&by),
                (berth_store::Error::NotActive, _) => Error::rejected(
                    ErrorType::CloudAccountNotActive,
                    "The cloud account is being deleted; nothing else can be done with it. Wait for that task to end.",
                ),
                (error, _) => error.into(),
            }
        })
    }
}

pub(crate) fn not_found(id: CloudAccountId) -> Error {
    Error::rejected(
        ErrorType::CloudAccountNotFound,
        format!("There is no cloud account {id}. GET /v1/cloud-accounts lists those there are."),
    )
}

/// Subscriptions, by id and name, use a cloud account that was to go.
pub(crate) fn used(by: &[(SubscriptionId, String)]) -> Error {
    let names: Vec<_> = by.iter().map(|(id, name)| format!("{name} ({id})")).collect();
    Error::rejected(
        ErrorType::CloudAccountUsed,
        format!(
            "The cloud account is used by {}: {}. It can be deleted once they are gone.",
            if by.len() == 1 { "a subscription" } else { "subscriptions" },
            names.join(", ")
        ),
    )
}

pub(crate) fn name_taken() -> Error {
    taken(
        ErrorType::CloudAccountNameExists,
        Field::Name,
        "is the name of another cloud account; choose another one",
    )
}

pub(crate) fn access_key_taken() -> Error {
    taken(
        ErrorType::CloudAccountAccessKeyExists,
        Field::AccessKeyId,
        "is registered already; use that cloud account, or create another access key",
    )
}

/// The change would bring back a key that a rotation is switching off.
pub(crate) fn key_retired() -> Error {
    Error::rejected(
        ErrorType::KeyRotationConflict,
        "A rotation has replaced this access key and is switching it off. To keep it, ask for it back first \
         (POST /api/cloud-accounts/{id}/rotations/{rotationId}/reactivate), then change the cloud account.",
    )
}

/// The change would take the cloud account out of the AWS account in which something is built with it.
pub(crate) fn built_in(aws_account: &AwsAccountId) -> Error {
    Error::rejected(
        ErrorType::CloudAccountInvalidCreds,
        format!(
            "Subscriptions of this cloud account are built in AWS account {aws_account}; enter credentials of that \
             one. Nothing was changed."
        ),
    )
}

/// Another account of this Berth came first; whose stays untold.
pub(crate) fn aws_account_taken() -> Error {
    taken(
        ErrorType::CloudAccountAccessKeyExists,
        Field::AccessKeyId,
        "is of an AWS account that is registered already in another account of this Berth; use an AWS account of \
         your own, or ask Berth's operator, who can see where this one is registered",
    )
}

fn taken(kind: ErrorType, field: Field, message: &str) -> Error {
    let error = berth_domain::cloud_account::FieldError { field, message: message.into() };
    Error::Rejected {
        kind,
        message: format!("{field} {message}. Nothing was changed."),
        fields: vec![error.into()],
    }
}

pub(crate) fn refuse_internal(id: CloudAccountId) -> Result<(), Error> {
    if id == CloudAccountId::INTERNAL {
        return Err(Error::rejected(
            ErrorType::Forbidden,
            "Cloud account 1 is the operator's own (internal resources) and cannot be changed or deleted.",
        ));
    }
    Ok(())
}
