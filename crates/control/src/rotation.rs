//! Rotation of access keys: what people can ask for. What is done about it is in `reconciler` and `step`.

mod reconciler;
mod step;
mod words;

use berth_domain::{
    account::{Actor, AuditEvent, Principal},
    ids::{AccountId, CloudAccountId, RotationId},
    rotation::{self, EveryDays, Periods, Rotation, RotationState, TooLate},
    task::ErrorType,
};
use berth_store::{Error as StoreError, NewRotation, Store, Unique, work::Kind};

pub(crate) use self::reconciler::Rotations;
use crate::{
    Control, Error,
    cloud_accounts::{RESOURCE, not_found, refuse_internal},
    environment::Environment,
};

/// What an operator decides about rotation.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long things take.
    pub periods: Periods,
    /// How often keys are rotated where a cloud account has no schedule of its own; 0 is never.
    pub every: EveryDays,
}

impl Control {
    /// Begins to rotate a cloud account's key. Returns at once: the reconciler takes it from here.
    pub async fn rotate(&self, by: &Principal, id: CloudAccountId) -> Result<Rotation, Error> {
        let current = self.view_cloud_account(by, id).await?;
        let what = format!("Rotation of the access key of cloud account {} requested", current.name);
        self.begin_rotation(by.account_id, id, Actor::from(by), what).await
    }

    /// Begins a rotation in somebody's name, and wakes the reconciler.
    async fn begin_rotation(
        &self,
        account: AccountId,
        id: CloudAccountId,
        actor: Actor,
        what: String,
    ) -> Result<Rotation, Error> {
        let rotation = begin(&self.0.store, &self.0.environment, account, id, actor, what).await?;
        self.0.wakes.wake(Kind::Rotations);
        Ok(rotation)
    }

    /// A cloud account's rotations, newest first, at most 50.
    pub async fn list_rotations(&self, by: &Principal, id: CloudAccountId) -> Result<Vec<Rotation>, Error> {
        self.view_cloud_account(by, id).await?;
        Ok(self.0.store.rotations(by.account_id, id).await?)
    }

    /// Cancels a rotation that has not swapped the keys yet: the new key goes, the old one stays.
    pub async fn cancel_rotation(
        &self,
        by: &Principal,
        cloud_account: CloudAccountId,
        id: RotationId,
    ) -> Result<Rotation, Error> {
        self.intervene(by, (cloud_account, id), rotation::cancel, "Key rotation cancelled", |state| {
            if state.is_final() {
                return "The rotation has ended; there is nothing to cancel.".into();
            }
            if state == RotationState::CleaningUp {
                return "The rotation is ending already: the cloud account was given other credentials.".into();
            }
            format!(
                "The new key is the cloud account's already (the rotation is {}), so this cannot be undone by \
                 cancelling. If something still needs the old key: it is not switched off while it is used, \
                 and as long as it is off, it can be had back by POST …/reactivate.",
                state.as_str()
            )
        })
        .await
    }

    /// Switches the old key of a rotation on again, and begins to watch it anew.
    pub async fn reactivate_old_key(
        &self,
        by: &Principal,
        cloud_account: CloudAccountId,
        id: RotationId,
    ) -> Result<Rotation, Error> {
        self.intervene(
            by,
            (cloud_account, id),
            rotation::reactivate,
            "Old access key asked back",
            |state| match state {
                RotationState::Completed | RotationState::Deleting => {
                    "The old key is deleted; AWS cannot bring it back. Create another one in AWS for \
                     whatever needs it."
                        .into()
                }
                RotationState::Deactivating => {
                    "The old key is being switched off right now. Ask again in a moment.".into()
                }
                state => format!("The old key is not switched off (the rotation is {}).", state.as_str()),
            },
        )
        .await
    }

    async fn intervene(
        &self,
        by: &Principal,
        (cloud_account, id): (CloudAccountId, RotationId),
        change: fn(Rotation, &str, jiff::Timestamp) -> Result<Rotation, TooLate>,
        kind: &'static str,
        too_late: impl FnOnce(RotationState) -> String,
    ) -> Result<Rotation, Error> {
        let now = self.0.environment.now();
        let event = AuditEvent {
            actor: Actor::from(by),
            resource: RESOURCE,
            resource_id: Some(cloud_account.0),
            kind,
            description: format!("{kind} (cloud account {cloud_account}, rotation {id})."),
        };
        let key = (by.account_id, cloud_account, id);
        let change = |rotation| change(rotation, by.email.as_str(), now);
        match self.0.store.change_rotation(key, change, event, now).await? {
            None => Err(Error::rejected(
                ErrorType::NotFound,
                format!(
                    "There is no such rotation. GET /api/cloud-accounts/{cloud_account}/rotations lists those \
                     there are."
                ),
            )),
            Some(Err(TooLate(state))) => {
                Err(Error::rejected(ErrorType::KeyRotationConflict, too_late(state)))
            }
            Some(Ok(rotation)) => {
                self.0.wakes.wake(Kind::Rotations);
                Ok(rotation)
            }
        }
    }

    /// A cloud account's own schedule; `None` when the operator's default holds.
    pub async fn rotation_schedule(
        &self,
        by: &Principal,
        id: CloudAccountId,
    ) -> Result<Option<EveryDays>, Error> {
        self.view_cloud_account(by, id).await?;
        Ok(self.0.store.rotation_schedule(by.account_id, id).await?)
    }

    /// Sets a cloud account's own schedule, or takes it away.
    pub async fn set_rotation_schedule(
        &self,
        by: &Principal,
        id: CloudAccountId,
        every: Option<EveryDays>,
    ) -> Result<(), Error> {
        refuse_internal(id)?;
        let current = self.view_cloud_account(by, id).await?;
        let description = match every.map(EveryDays::days) {
            None => format!("The key of cloud account {} follows the operator's default.", current.name),
            Some(0) => format!("The key of cloud account {} is never rotated by schedule.", current.name),
            Some(days) => {
                format!("The key of cloud account {} is rotated every {days} days.", current.name)
            }
        };
        let event = AuditEvent {
            actor: Actor::from(by),
            resource: RESOURCE,
            resource_id: Some(id.0),
            kind: "Key rotation scheduled",
            description,
        };
        let now = self.0.environment.now();
        self.0.store.set_rotation_schedule(by.account_id, id, every, event, now).await.map_err(|error| {
            match error {
                StoreError::NoSuchCloudAccount => not_found(id),
                error => error.into(),
            }
        })
    }
}

/// Begins a rotation in somebody's name; whichever server is running takes it up.
pub(crate) async fn begin(
    store: &Store,
    environment: &Environment,
    account: AccountId,
    cloud_account: CloudAccountId,
    actor: Actor,
    what: String,
) -> Result<Rotation, Error> {
    refuse_internal(cloud_account)?;
    let id = RotationId(environment.uuid());
    let new = NewRotation {
        id,
        cloud_account_id: cloud_account,
        status: "Looking whether the key can be rotated; nothing is touched yet.".into(),
        at: environment.now(),
    };
    let event = AuditEvent {
        actor,
        resource: RESOURCE,
        resource_id: Some(cloud_account.0),
        kind: "Key rotation requested",
        description: format!("{what} (rotation {id})."),
    };
    store.begin_rotation(account, new, event).await.map_err(|error| match error {
        StoreError::NoSuchCloudAccount => not_found(cloud_account),
        StoreError::NoAccessKey => Error::rejected(
            ErrorType::KeyRotationConflict,
            "The cloud account is entered by a role: it has no access key, so there is nothing to rotate.",
        ),
        StoreError::NotActive => Error::rejected(
            ErrorType::KeyRotationConflict,
            "The cloud account is being deleted; its key is not rotated any more.",
        ),
        StoreError::Taken(Unique::Rotation) => Error::rejected(
            ErrorType::KeyRotationConflict,
            format!(
                "The key of this cloud account is being rotated already. GET \
                 /api/cloud-accounts/{cloud_account}/rotations shows how far it is."
            ),
        ),
        error => error.into(),
    })
}
