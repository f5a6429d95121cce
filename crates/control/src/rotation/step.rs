//! One step of a rotation: look at AWS, ask the state machine what comes next, do it, write it down.
//!
//! Before a key is created, switched off or deleted, the intent is in the database; what came of it is written
//! in the very next transaction.

use std::sync::Arc;

use berth_cloud::{ErrorKind, KeyStatus, Session};
use berth_domain::{
    access::{Access, AccessKey, Purpose},
    account::{Actor, AuditEvent},
    cloud_account::{Candidate, CloudAccount},
    findings::{Check, Conclusion, Report, Verdict},
    ids::EventId,
    permissions::ROTATION,
    rotation::{End, LastUse, Rotation, RotationState, Seen, SeenKey, Step, next},
    values::{AccessKeyId, SecretAccessKey, UserName},
    webhook::{Event, EventKind},
};
use berth_store::{
    Advance, ClaimedRotation, Error as StoreError, Hold, NewSecret, RotationLease, SealedSecrets,
    work::Then,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Settings, words};
use crate::{Control, Error, cloud_accounts::RESOURCE, may_change, request, stored, verify::Patience};

/// How long the swap waits for a change of the cloud account that is in hand.
const BUSY: SignedDuration = SignedDuration::from_secs(2);

/// How long a new key may take until AWS knows it everywhere.
const KNOWN_EVERYWHERE: SignedDuration = SignedDuration::from_mins(5);

/// A rotation in hand.
struct Work<'a> {
    control: &'a Control,
    settings: Settings,
    rotation: Rotation,
    lease: RotationLease,
    sealed_secret: Option<Vec<u8>>,
    actor: Actor,
    /// The cloud account with its secrets; none when it is gone.
    account: Option<(CloudAccount, SealedSecrets)>,
}

/// What was seen at AWS, and what came in between.
#[derive(Default)]
struct Look {
    seen: Seen,
    /// The verification, where the state asks for one.
    report: Option<Report>,
    /// Why something could not be seen.
    trouble: Option<berth_cloud::Error>,
}

/// Does the next step of a rotation, and gives it back. An error means that nothing, or not all, was written; whoever
/// takes the rotation up next finds out how far it came.
pub(super) async fn take(
    control: &Control,
    settings: Settings,
    claimed: ClaimedRotation,
) -> Result<Then, Error> {
    let ClaimedRotation { rotation, lease, sealed_secret, actor } = claimed;
    let store = &control.0.store;
    let (account_id, id) = (rotation.account_id, rotation.cloud_account_id);
    let (account, secrets) =
        tokio::try_join!(store.cloud_account(account_id, id), store.cloud_account_secrets(account_id, id))?;
    let account = account.zip(secrets);
    let mut work = Work { control, settings, rotation, lease, sealed_secret, actor, account };
    let look = work.look().await?;
    if let Some(keys) = &look.seen.keys {
        work.rotation.keys.clone_from(keys);
    }
    let step = next(&work.rotation, &look.seen, work.now(), settings.periods);
    tracing::debug!(state = work.rotation.state.as_str(), ?step, "next step");
    work.carry_out(step, &look).await
}

/// What CloudTrail is told, should the account be entered by a role by now.
fn purpose() -> Purpose {
    Purpose::named("rotation")
}

impl Work<'_> {
    fn now(&self) -> Timestamp {
        self.control.0.environment.now()
    }

    fn user(&self) -> Result<UserName, Error> {
        let path = self.rotation.user_arn.resource();
        path.rsplit('/').next().unwrap_or(path).parse().map_err(|error| Error::Internal(Box::new(error)))
    }

    // ---- looking

    async fn look(&self) -> Result<Look, Error> {
        match self.rotation.state {
            RotationState::Checking => self.look_at_everything().await,
            RotationState::Verifying => self.look_at_new_key().await,
            _ => self.look_at_keys().await,
        }
    }

    async fn look_at_everything(&self) -> Result<Look, Error> {
        let candidate = self.candidate(None)?;
        let report = self.control.0.verifier.verify(&candidate, &purpose(), Patience::None).await;
        let mut look = match report.conclusion() {
            Conclusion::Refused => Look::default(),
            _ => self.look_at_keys().await?,
        };
        look.seen.lacks_permissions = lacking(&report).next().is_some();
        look.seen.verification = Some(report.conclusion());
        look.report = Some(report);
        Ok(look)
    }

    async fn look_at_new_key(&self) -> Result<Look, Error> {
        let candidate = self.candidate(Some(self.new_key()?))?;
        let report = self.control.0.verifier.verify(&candidate, &purpose(), Patience::None).await;
        let seen = Seen { verification: Some(report.conclusion()), ..Seen::default() };
        Ok(Look { seen, report: Some(report), trouble: None })
    }

    /// The user's keys, read with the key that is to stay.
    async fn look_at_keys(&self) -> Result<Look, Error> {
        let mut look = Look::default();
        let Some(session) = self.session()? else { return Ok(look) };
        match session.access_keys(&self.user()?).await {
            Err(error) if self.is_gone(&error.kind) => look.seen.keys = Some(Vec::new()),
            Err(error) => look.trouble = Some(error),
            Ok(listed) => {
                let mut keys = Vec::new();
                for key in listed.value {
                    let last_use = match session.access_key_last_used(&key.id).await.map(|told| told.value)
                    {
                        Ok(None) => LastUse::Never,
                        Ok(Some(used)) => {
                            LastUse::Used { at: used.at, service: used.service, region: used.region }
                        }
                        Err(error) => {
                            look.trouble.get_or_insert(error);
                            LastUse::Unknown
                        }
                    };
                    let active = key.status == KeyStatus::Active;
                    keys.push(SeenKey { id: key.id, active, created_at: key.created_at, last_use });
                }
                look.seen.keys = Some(keys);
            }
        }
        Ok(look)
    }

    /// Whether a new key that was to delete itself has done so, and its answer was lost. A key that AWS refuses
    /// soon after it was made may just not be known everywhere yet.
    fn is_gone(&self, kind: &ErrorKind) -> bool {
        self.rotation.state == RotationState::CleaningUp
            && self.sealed_secret.is_some()
            && *kind == ErrorKind::InvalidKey
            && self.rotation.attempted_at.is_some_and(|at| self.now() >= at + KNOWN_EVERYWHERE)
    }

    /// Signs with the key that is to stay: the cloud account's. Where the cloud account went other ways, a new
    /// key that was never its own deletes itself.
    fn session(&self) -> Result<Option<Arc<dyn Session>>, Error> {
        let verifier = &self.control.0.verifier;
        if self.rotation.state == RotationState::CleaningUp && self.sealed_secret.is_some() {
            return Ok(Some(verifier.session(&Access::Key(self.new_key()?), &purpose())));
        }
        if self.account.is_none() {
            return Ok(None);
        }
        Ok(Some(verifier.session(&self.candidate(None)?.access, &purpose())))
    }

    /// The cloud account as it is, or with another key.
    fn candidate(&self, key: Option<AccessKey>) -> Result<Candidate, Error> {
        let (account, secrets) = self
            .account
            .as_ref()
            .ok_or_else(|| Error::Internal("the cloud account of a rotation is gone".into()))?;
        let stored = stored::open(&self.control.0.vault, account, secrets)?;
        let access = key.map_or(stored.access, Access::Key);
        Ok(Candidate { access, ..stored })
    }

    fn new_key(&self) -> Result<AccessKey, Error> {
        let (Some(id), Some(sealed)) = (&self.rotation.new_key, &self.sealed_secret) else {
            return Err(Error::Internal("a rotation lacks its new key".into()));
        };
        let secret = stored::open_text(
            &self.control.0.vault,
            &request::rotation_secret_of(self.rotation.id),
            sealed,
        )?;
        let secret = SecretAccessKey::parse(secret).map_err(|error| Error::Internal(Box::new(error)))?;
        Ok(AccessKey { id: id.clone(), secret })
    }

    // ---- doing

    async fn carry_out(self, step: Step, look: &Look) -> Result<Then, Error> {
        match step {
            Step::Create => self.create().await,
            Step::DeleteLost(id) => self.delete_lost(id).await,
            Step::CountHold => self.count_hold().await,
            Step::StartOver => self.start_over(look).await,
            Step::Swap => self.swap(look).await,
            Step::BeginDeactivating => {
                let what = words::deactivating(&self.rotation);
                self.enter(RotationState::Deactivating, what).await
            }
            Step::Deactivate => self.deactivate().await,
            Step::Reactivate => self.reactivate().await,
            Step::BeginDeleting => {
                let what = words::deleting(&self.rotation);
                self.enter(RotationState::Deleting, what).await
            }
            Step::DeleteOld => self.delete_old().await,
            Step::DeleteNew => self.delete_new().await,
            Step::Wait(until) => {
                let status = words::waiting(&self.rotation, self.settings.periods);
                self.wait(until, status, false).await
            }
            Step::WaitForOthers(until) => {
                let status = words::used_by_others(&self.rotation, self.settings.periods);
                self.wait(until, status, true).await
            }
            Step::WatchAgain => {
                let what = words::switched_on_again(&self.rotation);
                let (at, mut work) = (self.now(), self);
                work.rotation = work.rotation.enter_troubled(RotationState::Grace, at, what);
                work.write(NewSecret::Keep, Hold::Release, None).await
            }
            Step::Retry => self.retry(look.trouble.as_ref()).await,
            Step::RollBack => {
                let what = words::never_held(look.report.as_ref());
                let (at, mut work) = (self.now(), self);
                work.rotation = work.rotation.enter_troubled(RotationState::RollingBack, at, what);
                work.write(NewSecret::Keep, Hold::Release, None).await
            }
            Step::End(end) => self.end(end, look).await,
        }
    }

    /// Writes down that a key is about to be created, creates it, and seals its secret in the next transaction.
    async fn create(mut self) -> Result<Then, Error> {
        let now = self.now();
        if self.rotation.state != RotationState::Creating {
            let what = words::creating(&self.rotation);
            self.rotation = self.rotation.enter(RotationState::Creating, now, what);
        }
        self.rotation.attempted_at = Some(now);
        self.write_on(NewSecret::Keep, Hold::Keep, None).await?;

        let Some(session) = self.session()? else { return self.retry(None).await };
        may_change(self.lease.work())?;
        match session.create_access_key(&self.user()?).await {
            Ok(created) => {
                let key = created.value;
                let location = request::rotation_secret_of(self.rotation.id);
                let sealed =
                    self.control.0.vault.seal(&location, key.secret.secret().expose().as_bytes())?;
                let what = words::created(&key.id);
                self.rotation.new_key = Some(key.id);
                self.rotation.holds = 0;
                self.rotation =
                    self.rotation.enter(RotationState::Verifying, self.control.0.environment.now(), what);
                let audit = self.event("Access key created by rotation");
                self.write(NewSecret::Set(sealed), Hold::Release, Some(audit)).await
            }
            // AWS refused before it did anything.
            Err(error) if matches!(error.kind, ErrorKind::Denied { .. }) => {
                let what = words::not_created(&error);
                let refused_at = self.control.0.environment.now();
                self.rotation = self.rotation.enter_troubled(RotationState::RollingBack, refused_at, what);
                self.write(NewSecret::Keep, Hold::Release, None).await
            }
            Err(error) => self.retry(Some(&error)).await,
        }
    }

    async fn delete_lost(mut self, id: AccessKeyId) -> Result<Then, Error> {
        if let Err(error) = self.delete(&id).await? {
            return self.retry(Some(&error)).await;
        }
        let what = words::lost_deleted(&id);
        let (state, since) = (self.rotation.state, self.rotation.since);
        self.rotation = self.rotation.enter(state, self.control.0.environment.now(), what);
        self.rotation.since = since;
        self.rotation.due_at = self.now() + self.settings.periods.pause;
        let audit = self.event("Access key deleted by rotation");
        self.write(NewSecret::Keep, Hold::Release, Some(audit)).await
    }

    async fn count_hold(mut self) -> Result<Then, Error> {
        self.rotation.holds += 1;
        let status = words::held(&self.rotation);
        let until = self.now() + self.settings.periods.pause;
        self.wait(until, status, false).await
    }

    async fn start_over(mut self, look: &Look) -> Result<Then, Error> {
        self.rotation.holds = 0;
        let status = words::not_held_yet(look.report.as_ref());
        let until = self.now() + self.settings.periods.pause;
        self.wait(until, status, true).await
    }

    /// The new key becomes the cloud account's, in one transaction.
    async fn swap(mut self, look: &Look) -> Result<Then, Error> {
        let now = self.now();
        let verified_at = look.report.as_ref().map_or(now, |report| report.at);
        let location = request::secret_key_of(self.rotation.cloud_account_id);
        let secret = self.new_key()?.secret;
        let sealed = self.control.0.vault.seal(&location, secret.secret().expose().as_bytes())?;
        let before = self.rotation.clone();
        let what = words::swapped(&self.rotation);
        self.rotation.holds += 1;
        self.rotation.swapped_at = Some(now);
        self.rotation = self.rotation.enter(RotationState::Grace, now, what);
        let audit = self.event("Cloud account key rotated");
        let event = Box::new(self.rotated(now)?);
        let swap = NewSecret::Swap { sealed, verified_at, event };
        match self.write_on(swap, Hold::Release, Some(audit)).await {
            Err(StoreError::Busy) => {
                self.rotation = before;
                self.wait(now + BUSY, words::BUSY.to_owned(), false).await
            }
            written => Ok(written?),
        }
    }

    async fn deactivate(mut self) -> Result<Then, Error> {
        if let Some(error) = self.switch(KeyStatus::Inactive).await? {
            return self.retry(Some(&error)).await;
        }
        let now = self.now();
        let what = words::deactivated(&self.rotation, self.settings.periods);
        self.rotation.deactivated_at = Some(now);
        self.rotation = self.rotation.enter(RotationState::Observing, now, what);
        let audit = self.event("Old access key deactivated by rotation");
        self.write(NewSecret::Keep, Hold::Release, Some(audit)).await
    }

    async fn reactivate(mut self) -> Result<Then, Error> {
        if let Some(error) = self.switch(KeyStatus::Active).await? {
            return self.retry(Some(&error)).await;
        }
        let now = self.now();
        let what = words::reactivated(&self.rotation);
        self.rotation.deactivated_at = None;
        self.rotation = self.rotation.enter(RotationState::Grace, now, what);
        let audit = self.event("Old access key reactivated by rotation");
        self.write(NewSecret::Keep, Hold::Release, Some(audit)).await
    }

    /// Switches the old key on or off; the error when AWS does not.
    async fn switch(&self, status: KeyStatus) -> Result<Option<berth_cloud::Error>, Error> {
        let session = self.session()?.ok_or_else(no_key_left)?;
        may_change(self.lease.work())?;
        Ok(session.set_access_key_status(&self.user()?, &self.rotation.old_key, status).await.err())
    }

    async fn delete_old(self) -> Result<Then, Error> {
        let old = self.rotation.old_key.clone();
        match self.delete(&old).await? {
            Ok(()) => self.end(End::Completed, &Look::default()).await,
            Err(error) => self.retry(Some(&error)).await,
        }
    }

    async fn delete_new(self) -> Result<Then, Error> {
        let Some(new) = self.rotation.new_key.clone() else { return self.retry(None).await };
        if let Err(error) = self.delete(&new).await? {
            return self.retry(Some(&error)).await;
        }
        let end = match self.rotation.state {
            RotationState::CleaningUp => End::Superseded,
            _ => End::RolledBack,
        };
        self.end(end, &Look::default()).await
    }

    /// Deletes a key; one that is not there any more is deleted.
    async fn delete(&self, id: &AccessKeyId) -> Result<Result<(), berth_cloud::Error>, Error> {
        let session = self.session()?.ok_or_else(no_key_left)?;
        may_change(self.lease.work())?;
        Ok(match session.delete_access_key(&self.user()?, id).await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            deleted => deleted.map(drop),
        })
    }

    async fn enter(mut self, state: RotationState, what: String) -> Result<Then, Error> {
        let now = self.now();
        self.rotation = self.rotation.enter(state, now, what);
        self.write(NewSecret::Keep, Hold::Release, None).await
    }

    async fn wait(mut self, until: Timestamp, status: String, attention: bool) -> Result<Then, Error> {
        self.rotation.due_at = until;
        self.rotation.status = status;
        self.rotation.needs_attention = attention;
        self.rotation.failures = 0;
        self.write(NewSecret::Keep, Hold::Release, None).await
    }

    /// AWS could not be asked, or did not do what it was asked to: again after a pause that grows.
    async fn retry(mut self, trouble: Option<&berth_cloud::Error>) -> Result<Then, Error> {
        if let Some(error) = trouble {
            tracing::warn!(kind = %error.kind, operation = error.operation, request_id = error.request_id, detail = error.detail, "a step of a rotation is tried again");
        }
        let now = self.now();
        self.rotation.due_at = now + self.settings.periods.back_off(self.rotation.failures);
        self.rotation.failures += 1;
        self.rotation.status = words::trying_again(
            &self.rotation,
            trouble,
            self.account.as_ref().map(|(account, _)| account),
            self.control.0.verifier.settings().profile,
        );
        self.rotation.needs_attention = self.rotation.failures > 2;
        self.write(NewSecret::Keep, Hold::Release, None).await
    }

    async fn end(mut self, end: End, look: &Look) -> Result<Then, Error> {
        let what = words::ended(&self.rotation, &end, look.report.as_ref());
        let at = self.now();
        let state = end.state();
        self.rotation = match end {
            End::Completed | End::RolledBack | End::Superseded => self.rotation.enter(state, at, what),
            _ => self.rotation.enter_troubled(state, at, what),
        };
        let audit = self.event(words::ended_kind(state));
        metrics::counter!("berth_rotations_finished_total", "state" => state.as_str()).increment(1);
        tracing::info!(state = state.as_str(), "rotation ended");
        self.write(NewSecret::Erase, Hold::Release, Some(audit)).await
    }

    // ---- writing

    fn event(&self, kind: &'static str) -> AuditEvent {
        AuditEvent {
            actor: self.actor.clone(),
            resource: RESOURCE,
            resource_id: Some(self.rotation.cloud_account_id.0),
            kind,
            description: format!(
                "{} (cloud account {}, rotation {}).",
                self.rotation.status.trim_end_matches('.'),
                self.rotation.cloud_account_id,
                self.rotation.id
            ),
        }
    }

    /// What webhooks are told of the swap.
    fn rotated(&self, at: Timestamp) -> Result<Event, Error> {
        let (account, _) =
            self.account.as_ref().ok_or_else(|| Error::Internal("a swap without an account".into()))?;
        let data = json!({
            "cloudAccountId": account.id,
            "name": account.name,
            "accessKeyId": self.rotation.new_key,
            "previousAccessKeyId": self.rotation.old_key,
            "rotationId": self.rotation.id,
        });
        let Value::Object(data) = data else { unreachable!("an object was written") };
        Ok(Event {
            id: EventId(self.control.0.environment.uuid()),
            account_id: self.rotation.account_id,
            kind: EventKind::CloudAccountRotated,
            at,
            data,
        })
    }

    async fn write(&self, secret: NewSecret, hold: Hold, audit: Option<AuditEvent>) -> Result<Then, Error> {
        Ok(self.write_on(secret, hold, audit).await?)
    }

    async fn write_on(
        &self,
        secret: NewSecret,
        hold: Hold,
        audit: Option<AuditEvent>,
    ) -> Result<Then, StoreError> {
        let advance = Advance { rotation: self.rotation.clone(), secret, hold, audit, at: self.now() };
        self.control.0.store.advance_rotation(&self.lease, advance).await
    }
}

fn no_key_left() -> Error {
    Error::Internal("a rotation has no key left to ask AWS with".into())
}

/// The findings that say that rotation may not do something it needs.
pub(super) fn lacking(report: &Report) -> impl Iterator<Item = &berth_domain::findings::Finding> {
    report.findings.iter().filter(|finding| {
        // Other checks name these actions too, when AWS did not answer.
        let of_permission = finding.check == Check::Permission && finding.verdict != Verdict::Pass;
        of_permission && finding.actions.iter().any(|action| ROTATION.contains(&action.as_str()))
    })
}
