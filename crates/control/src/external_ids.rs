//! External ids: what a role's trust policy asks Berth to name, so that no other customer of this Berth can
//! have Berth enter that role's AWS account.

use berth_domain::{
    account::{Actor, AuditEvent, Principal},
    ids::CloudAccountId,
    task::ErrorType,
    values::ExternalId,
};
use berth_store::NewExternalId;
use jiff::{SignedDuration, Timestamp};

use crate::{Control, Error, cloud_accounts::RESOURCE};

/// How long an external id can be used after it was issued.
const USABLE: SignedDuration = SignedDuration::from_hours(24);

/// How long it is kept after that: a task that was queued in time may have to wait.
pub(crate) const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// How many random letters and digits it has: 190 bits, where AWS's own examples have 128.
const LENGTH: usize = 32;

/// An external id as it was issued.
#[derive(Clone, Debug)]
pub struct IssuedExternalId {
    /// The external id.
    pub external_id: ExternalId,
    /// Until when a cloud account can be registered with it.
    pub expires_at: Timestamp,
}

impl Control {
    /// Issues an external id that only this account can use, for one cloud account, within 24 hours.
    pub async fn issue_external_id(&self, by: &Principal) -> Result<IssuedExternalId, Error> {
        let environment = &self.0.environment;
        let external_id: ExternalId = format!("berth-{}", environment.token(LENGTH))
            .parse()
            .map_err(|error| Error::Internal(Box::new(error)))?;
        let at = environment.now();
        let expires_at = at + USABLE;
        let new =
            NewExternalId { account_id: by.account_id, external_id: external_id.clone(), at, expires_at };
        let event = AuditEvent {
            actor: Actor::from(by),
            resource: RESOURCE,
            resource_id: None,
            kind: "External id issued",
            description: format!("External id {external_id} issued, to be used until {expires_at}."),
        };
        self.0.store.issue_external_id(new, event).await?;
        Ok(IssuedExternalId { external_id, expires_at })
    }

    /// Refuses an external id that this account may not use for this cloud account, or for a new one: another
    /// account's, one that was used, one that is too old. Which of these it is, is not said.
    pub(crate) async fn refuse_external_id(
        &self,
        by: &Principal,
        external_id: Option<&ExternalId>,
        of: Option<CloudAccountId>,
    ) -> Result<(), Error> {
        let Some(external_id) = external_id else { return Ok(()) };
        let now = self.0.environment.now();
        match self.0.store.may_use_external_id(by.account_id, external_id, of, now).await? {
            true => Ok(()),
            false => Err(not_found()),
        }
    }
}

pub(crate) fn not_found() -> Error {
    Error::rejected(
        ErrorType::NotFound,
        "There is no such external id for this cloud account: each is for one account and one cloud account, \
         and can be used for 24 hours. Get one with POST /api/cloud-accounts/external-id, and put it into the \
         role's trust policy.",
    )
}
