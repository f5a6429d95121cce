//! Rotation of a cloud account's access key: where one stands, and what comes next, as pure functions.
//!
//! At no point are there two keys that nobody knows the secret of, and at no point none that works:
//! `next` destroys a key only when it has just been seen that another one works, and takes a key for Berth's
//! own only when nobody else can have made it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    findings::Conclusion,
    ids::{AccountId, CloudAccountId, RotationId},
    values::{AccessKeyId, Arn},
};

/// How often in a row a verification with the new key must hold before it is used.
pub const HOLDS: i32 = 3;
/// The usual pause between two of these verifications: AWS makes keys known everywhere in its own time.
pub const PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// How long the new key may take until it holds, before the rotation is rolled back.
pub const VERIFY_LIMIT: SignedDuration = SignedDuration::from_mins(30);
/// How long Berth tries to look at the account before it gives up, as long as nothing was touched.
pub const CHECK_LIMIT: SignedDuration = SignedDuration::from_mins(30);
/// How long Berth tries to delete a key of its own whose cloud account has changed or is gone.
pub const CLEAN_UP_LIMIT: SignedDuration = SignedDuration::from_hours(1);
/// How often the old key's last use is looked at while it is being watched, at least.
pub const WATCH: SignedDuration = SignedDuration::from_mins(15);
/// A call to create a key ends within this time, so a key that appeared later is somebody else's.
pub const ATTEMPT_WINDOW: SignedDuration = SignedDuration::from_secs(60);
/// How far Berth's clock and AWS's may differ when a key's age decides whose it is.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(5);
/// How soon after the swap a use of the old key is still Berth's own, of work that was in hand.
const OWN_WORK: SignedDuration = SignedDuration::from_mins(5);

/// Where a rotation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RotationState {
    /// Berth looks whether the account can be rotated; nothing is touched yet.
    Checking,
    /// The second key is being created. Written before AWS is asked to, so that a crash can't lose it.
    Creating,
    /// The second key is being verified; the first one is in force.
    Verifying,
    /// The new key is in force; the old key's last use is watched.
    Grace,
    /// The old key is being switched off.
    Deactivating,
    /// The old key is off, and can be switched on again.
    Observing,
    /// The old key is being switched on again.
    Reactivating,
    /// The old key is being deleted.
    Deleting,
    /// The new key is being deleted; the old one stays in force.
    RollingBack,
    /// The cloud account got other credentials, or is gone: the new key is being deleted.
    CleaningUp,
    /// Done: the new key is in force, the old one is gone.
    Completed,
    /// Ended with the old key in force, as before.
    RolledBack,
    /// Ended with nothing changed by Berth, because something stood in the way.
    Failed,
    /// Ended because the cloud account got other credentials, or is gone.
    Superseded,
}

impl End {
    /// The state it leaves a rotation in.
    pub fn state(&self) -> RotationState {
        match self {
            Self::Completed => RotationState::Completed,
            Self::RolledBack => RotationState::RolledBack,
            Self::Superseded | Self::SupersededWithKeyLeft => RotationState::Superseded,
            Self::CouldNotCheck
            | Self::DoesNotVerify
            | Self::PermissionsMissing
            | Self::OldKeyMissing
            | Self::AnotherKey
            | Self::StrangeKeys => RotationState::Failed,
        }
    }
}

impl RotationState {
    /// Every state, in the order of a rotation's life.
    pub const ALL: [Self; 14] = [
        Self::Checking,
        Self::Creating,
        Self::Verifying,
        Self::Grace,
        Self::Deactivating,
        Self::Observing,
        Self::Reactivating,
        Self::Deleting,
        Self::RollingBack,
        Self::CleaningUp,
        Self::Completed,
        Self::RolledBack,
        Self::Failed,
        Self::Superseded,
    ];

    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Creating => "creating",
            Self::Verifying => "verifying",
            Self::Grace => "grace",
            Self::Deactivating => "deactivating",
            Self::Observing => "observing",
            Self::Reactivating => "reactivating",
            Self::Deleting => "deleting",
            Self::RollingBack => "rolling-back",
            Self::CleaningUp => "cleaning-up",
            Self::Completed => "completed",
            Self::RolledBack => "rolled-back",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether it will never change again.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::RolledBack | Self::Failed | Self::Superseded)
    }

    /// Whether the new key is the cloud account's by now.
    pub fn is_swapped(self) -> bool {
        matches!(
            self,
            Self::Grace | Self::Deactivating | Self::Observing | Self::Reactivating | Self::Deleting
        )
    }

    /// Whether the old key is off, or may be at any moment: it must not become the account's again.
    pub fn retires_old_key(self) -> bool {
        matches!(self, Self::Deactivating | Self::Observing | Self::Reactivating | Self::Deleting)
    }
}

/// An access key of the IAM user, as AWS last showed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenKey {
    /// Its id.
    pub id: AccessKeyId,
    /// Whether it is switched on.
    pub active: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// Its last use, as far as AWS told.
    pub last_use: LastUse,
}

/// What AWS tells of a key's last use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "known")]
pub enum LastUse {
    /// AWS did not tell.
    Unknown,
    /// Never used.
    Never,
    /// Used.
    #[serde(rename_all = "camelCase")]
    Used {
        /// When. AWS is up to some hours behind.
        at: Timestamp,
        /// With which AWS service, such as `s3`.
        service: String,
        /// In which region.
        region: String,
    },
}

/// Something that happened in a rotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RotationEvent {
    /// When.
    pub at: Timestamp,
    /// What, in a sentence.
    pub what: String,
}

/// One rotation of a cloud account's access key, without secrets.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// Its id.
    pub id: RotationId,
    /// The account.
    pub account_id: AccountId,
    /// The cloud account.
    pub cloud_account_id: CloudAccountId,
    /// Where it stands.
    pub state: RotationState,
    /// Since when it stands there.
    pub since: Timestamp,
    /// The IAM user that the keys belong to.
    pub user_arn: Arn,
    /// The key that was in force when it began.
    pub old_key: AccessKeyId,
    /// The key that replaces it, once Berth has one.
    pub new_key: Option<AccessKeyId>,
    /// When AWS was last about to be asked for a key.
    pub attempted_at: Option<Timestamp>,
    /// How often in a row the verification with the new key has held.
    pub holds: i32,
    /// When the new key became the cloud account's.
    pub swapped_at: Option<Timestamp>,
    /// When the old key was switched off.
    pub deactivated_at: Option<Timestamp>,
    /// The user's keys as AWS last showed them.
    pub keys: Vec<SeenKey>,
    /// What it waits for, or why it ended, in a sentence or more.
    pub status: String,
    /// Whether the status needs somebody's attention.
    pub needs_attention: bool,
    /// When it looks again.
    pub due_at: Timestamp,
    /// How often in a row AWS could not be asked.
    pub failures: i32,
    /// What happened so far.
    pub history: Vec<RotationEvent>,
    /// Who began it: the user's email, or `berth` for a schedule and the operator.
    pub originator: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl Rotation {
    /// Comes into another state, for a reason that its history keeps; takes its next step at once.
    #[must_use]
    pub fn enter(mut self, state: RotationState, at: Timestamp, what: impl Into<String>) -> Self {
        let what = what.into();
        self.state = state;
        self.since = at;
        self.status.clone_from(&what);
        self.needs_attention = false;
        self.due_at = at;
        self.failures = 0;
        self.finished_at = state.is_final().then_some(at);
        self.history.push(RotationEvent { at, what });
        self
    }

    /// The same, because of something that somebody should look at.
    #[must_use]
    pub fn enter_troubled(self, state: RotationState, at: Timestamp, what: impl Into<String>) -> Self {
        Self { needs_attention: true, ..self.enter(state, at, what) }
    }
}

/// Why somebody's wish about a rotation can't be granted where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLate(pub RotationState);

/// What a rotation becomes when somebody cancels it. The new key goes, the old one stays.
pub fn cancel(rotation: Rotation, by: &str, now: Timestamp) -> Result<Rotation, TooLate> {
    match rotation.state {
        RotationState::Checking => {
            let what = format!("Cancelled by {by}. Nothing was touched.");
            Ok(rotation.enter(RotationState::RolledBack, now, what))
        }
        RotationState::Creating | RotationState::Verifying => {
            let what = format!("Cancelled by {by}: the new key is being deleted, the old one stays.");
            Ok(rotation.enter(RotationState::RollingBack, now, what))
        }
        RotationState::RollingBack => Ok(rotation),
        state => Err(TooLate(state)),
    }
}

/// What a rotation becomes when somebody misses the old key, which is off: it is switched on and watched again.
pub fn reactivate(rotation: Rotation, by: &str, now: Timestamp) -> Result<Rotation, TooLate> {
    match rotation.state {
        RotationState::Observing => {
            let what = format!("{by} asked for the old key {} back.", rotation.old_key);
            Ok(rotation.enter(RotationState::Reactivating, now, what))
        }
        RotationState::Reactivating => Ok(rotation),
        state => Err(TooLate(state)),
    }
}

/// What a cloud account's access has become by a change or a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountNow<'a> {
    /// It has this key.
    Key(&'a AccessKeyId),
    /// It has no key.
    NoKey,
    /// It is gone.
    Gone,
}

/// What a change of a cloud account means for its rotation.
#[derive(Clone, Debug)]
pub enum Consequence {
    /// Nothing: the change left the key alone.
    None,
    /// The change wins; the rotation becomes this.
    Overtaken(Box<Rotation>),
    /// The change can't be made: it would bring back a key that is being retired.
    Forbidden,
}

/// What it means for a rotation that its cloud account is about to become something else.
pub fn account_changes(rotation: &Rotation, account: AccountNow<'_>, now: Timestamp) -> Consequence {
    let swapped = rotation.state.is_swapped();
    let expected = if swapped { rotation.new_key.as_ref() } else { Some(&rotation.old_key) };
    let changed = match account {
        AccountNow::Key(key) if Some(key) == expected => return Consequence::None,
        AccountNow::Key(key) if *key == rotation.old_key && rotation.state.retires_old_key() => {
            return Consequence::Forbidden;
        }
        AccountNow::Key(_) | AccountNow::NoKey => "The cloud account was given other credentials",
        AccountNow::Gone => "The cloud account was removed",
    };
    if rotation.state == RotationState::CleaningUp {
        return Consequence::None;
    }
    let old = &rotation.old_key;
    let overtaken = match (rotation.state, &rotation.new_key, account) {
        (RotationState::Checking, ..) => rotation.clone().enter(
            RotationState::Superseded,
            now,
            format!("{changed}, so the rotation ended. Nothing was touched."),
        ),
        // The removed account's own secret was the last one there was.
        (_, Some(new), AccountNow::Gone) if swapped => rotation.clone().enter_troubled(
            RotationState::Superseded,
            now,
            format!(
                "{changed}, so the rotation ended. The keys {new} and {old} are left in AWS; delete them there."
            ),
        ),
        _ => rotation.clone().enter(
            RotationState::CleaningUp,
            now,
            format!("{changed}, so the rotation ends: the key that Berth made is being deleted. The key {old} stays as it is."),
        ),
    };
    Consequence::Overtaken(Box::new(overtaken))
}

/// How long things take, by the operator's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    /// How long the old key must not have been used before it is switched off.
    pub grace: SignedDuration,
    /// How long it stays off before it is deleted.
    pub observe: SignedDuration,
    /// How long to wait between two verifications, and before AWS is asked again after it did not answer, which
    /// doubles up to five minutes. [`PAUSE`], but in tests.
    pub pause: SignedDuration,
}

impl Periods {
    /// How long to wait after AWS could not be asked `failures` times in a row.
    pub fn back_off(&self, failures: i32) -> SignedDuration {
        const LONGEST: SignedDuration = SignedDuration::from_mins(5);
        let doublings = failures.clamp(0, 16);
        self.pause.checked_mul(1 << doublings).map_or(LONGEST, |pause| pause.min(LONGEST))
    }
}

/// What was seen at AWS in this pass.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The user's keys; `None` when AWS could not be asked.
    pub keys: Option<Vec<SeenKey>>,
    /// What verifying came to, where the state asks for it.
    pub verification: Option<Conclusion>,
    /// Whether a permission that rotation needs is known to be missing.
    pub lacks_permissions: bool,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Write down that a key is about to be created, then create it.
    Create,
    /// Delete this key: Berth made it and never learnt its secret.
    DeleteLost(AccessKeyId),
    /// Count one more verification that held, and verify again after a pause.
    CountHold,
    /// Begin counting anew: the verification did not hold.
    StartOver,
    /// Make the new key the cloud account's.
    Swap,
    /// Write down that the old key is about to be switched off.
    BeginDeactivating,
    /// Switch the old key off.
    Deactivate,
    /// Switch the old key on.
    Reactivate,
    /// Write down that the old key is about to be deleted.
    BeginDeleting,
    /// Delete the old key.
    DeleteOld,
    /// Delete the new key.
    DeleteNew,
    /// Look again at this time; the status is good.
    Wait(Timestamp),
    /// The old key was used after the swap: watch on, and say so. Look again at this time.
    WaitForOthers(Timestamp),
    /// The old key was switched on again by somebody: back to watching it.
    WatchAgain,
    /// AWS could not be asked: look again soon.
    Retry,
    /// Undo: the new key did not hold in time.
    RollBack,
    /// End, and say how.
    End(End),
}

/// How a rotation ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The old key is gone.
    Completed,
    /// The old key stays in force, and no other key of Berth's is there.
    RolledBack,
    /// The cloud account has other credentials, or is gone, and no key of Berth's is left that it knows of.
    Superseded,
    /// The cloud account has other credentials, or is gone, and a key that Berth made may be left.
    SupersededWithKeyLeft,
    /// AWS could not be asked for too long; nothing was touched.
    CouldNotCheck,
    /// The account does not verify as it is; nothing was touched.
    DoesNotVerify,
    /// A permission that rotation needs is missing; nothing was touched.
    PermissionsMissing,
    /// The old key isn't among the user's keys, or is switched off.
    OldKeyMissing,
    /// Another key is in the way; nothing was touched.
    AnotherKey,
    /// Keys appeared that Berth can't tell to be its own; they were not touched.
    StrangeKeys,
}

/// What comes next in a rotation, from where it stands and what was just seen.
///
/// The keys must have been read with a key that stays: the old one before the swap, the new one after it.
/// So what destroys a key follows only from a proof that the other one works.
pub fn next(rotation: &Rotation, seen: &Seen, now: Timestamp, periods: Periods) -> Step {
    match rotation.state {
        RotationState::Checking => checking(rotation, seen, now),
        RotationState::Creating => creating(rotation, seen),
        RotationState::Verifying => verifying(rotation, seen, now),
        RotationState::Grace => grace(rotation, seen, now, periods),
        RotationState::Deactivating => after_swap(rotation, seen, |_| Step::Deactivate),
        RotationState::Observing => observing(rotation, seen, now, periods),
        RotationState::Reactivating => after_swap(rotation, seen, |_| Step::Reactivate),
        RotationState::Deleting => after_swap(rotation, seen, |_| Step::DeleteOld),
        RotationState::RollingBack => rolling_back(rotation, seen, now),
        RotationState::CleaningUp => cleaning_up(rotation, seen, now),
        RotationState::Completed => Step::End(End::Completed),
        RotationState::RolledBack => Step::End(End::RolledBack),
        RotationState::Failed => Step::End(End::CouldNotCheck),
        RotationState::Superseded => Step::End(End::Superseded),
    }
}

fn checking(rotation: &Rotation, seen: &Seen, now: Timestamp) -> Step {
    if seen.verification == Some(Conclusion::Refused) {
        return Step::End(End::DoesNotVerify);
    }
    if seen.lacks_permissions {
        return Step::End(End::PermissionsMissing);
    }
    let (Some(keys), Some(Conclusion::Verified)) = (&seen.keys, seen.verification) else {
        let given_up = now >= rotation.since + CHECK_LIMIT;
        return if given_up { Step::End(End::CouldNotCheck) } else { Step::Retry };
    };
    if !keys.iter().any(|key| key.id == rotation.old_key && key.active) {
        return Step::End(End::OldKeyMissing);
    }
    if keys.len() > 1 { Step::End(End::AnotherKey) } else { Step::Create }
}

fn creating(rotation: &Rotation, seen: &Seen) -> Step {
    let Some(keys) = &seen.keys else { return Step::Retry };
    match appeared(rotation, keys) {
        Appeared::Nothing => Step::Create,
        Appeared::Lost(id) => Step::DeleteLost(id),
        Appeared::Strange => Step::End(End::StrangeKeys),
        Appeared::Undecided => Step::Retry,
    }
}

fn verifying(rotation: &Rotation, seen: &Seen, now: Timestamp) -> Step {
    match seen.verification {
        Some(Conclusion::Verified) if rotation.holds + 1 >= HOLDS => Step::Swap,
        Some(Conclusion::Verified) => Step::CountHold,
        _ if now >= rotation.since + VERIFY_LIMIT => Step::RollBack,
        _ => Step::StartOver,
    }
}

fn grace(rotation: &Rotation, seen: &Seen, now: Timestamp, periods: Periods) -> Step {
    after_swap(rotation, seen, |old| {
        let (quiet_since, others) = match &old.last_use {
            // What can't be watched isn't switched off.
            LastUse::Unknown => return Step::Retry,
            LastUse::Never => (rotation.since, false),
            LastUse::Used { at, .. } => ((*at).max(rotation.since), *at > rotation.since + OWN_WORK),
        };
        let end = quiet_since + periods.grace;
        if now >= end {
            Step::BeginDeactivating
        } else if others {
            Step::WaitForOthers(end.min(now + WATCH))
        } else {
            Step::Wait(end.min(now + WATCH))
        }
    })
}

fn observing(rotation: &Rotation, seen: &Seen, now: Timestamp, periods: Periods) -> Step {
    after_swap(rotation, seen, |old| {
        let end = rotation.since + periods.observe;
        if old.active {
            Step::WatchAgain
        } else if now >= end {
            Step::BeginDeleting
        } else {
            Step::Wait(end.min(now + WATCH))
        }
    })
}

/// What needs the new key to work, which reading the keys with it has just shown, and the old one to be there.
fn after_swap(rotation: &Rotation, seen: &Seen, step: impl FnOnce(&SeenKey) -> Step) -> Step {
    let Some(keys) = &seen.keys else { return Step::Retry };
    let works = |key: &SeenKey| Some(&key.id) == rotation.new_key.as_ref() && key.active;
    if !keys.iter().any(works) {
        // A list that is behind: AWS has just accepted the key.
        return Step::Retry;
    }
    match keys.iter().find(|key| key.id == rotation.old_key) {
        Some(old) => step(old),
        None => Step::End(End::Completed),
    }
}

fn rolling_back(rotation: &Rotation, seen: &Seen, now: Timestamp) -> Step {
    let Some(keys) = &seen.keys else { return Step::Retry };
    if !keys.iter().any(|key| key.id == rotation.old_key && key.active) {
        // A list that is behind: AWS has just accepted the key.
        return Step::Retry;
    }
    if let Some(new) = &rotation.new_key {
        let there = keys.iter().any(|key| key.id == *new);
        return if there { Step::DeleteNew } else { Step::End(End::RolledBack) };
    }
    match appeared(rotation, keys) {
        // What was asked for a moment ago may still appear.
        Appeared::Nothing if in_window(rotation, now) => Step::Retry,
        Appeared::Nothing => Step::End(End::RolledBack),
        Appeared::Lost(id) => Step::DeleteLost(id),
        Appeared::Strange => Step::End(End::StrangeKeys),
        Appeared::Undecided => Step::Retry,
    }
}

fn cleaning_up(rotation: &Rotation, seen: &Seen, now: Timestamp) -> Step {
    let given_up = now >= rotation.since + CLEAN_UP_LIMIT;
    let Some(keys) = &seen.keys else {
        return if given_up { Step::End(End::SupersededWithKeyLeft) } else { Step::Retry };
    };
    match &rotation.new_key {
        Some(new) if !keys.iter().any(|key| key.id == *new) => Step::End(End::Superseded),
        Some(_) if given_up => Step::End(End::SupersededWithKeyLeft),
        Some(_) => Step::DeleteNew,
        None if in_window(rotation, now) => Step::Retry,
        None => match appeared(rotation, keys) {
            Appeared::Nothing => Step::End(End::Superseded),
            Appeared::Lost(id) if !given_up => Step::DeleteLost(id),
            _ if given_up => Step::End(End::SupersededWithKeyLeft),
            Appeared::Undecided => Step::Retry,
            _ => Step::End(End::SupersededWithKeyLeft),
        },
    }
}

/// Whether a key that was asked for may not have appeared yet.
fn in_window(rotation: &Rotation, now: Timestamp) -> bool {
    rotation.attempted_at.is_some_and(|at| now < at + ATTEMPT_WINDOW)
}

enum Appeared {
    Nothing,
    /// One key, and nobody but Berth can have made it.
    Lost(AccessKeyId),
    /// One key that may be Berth's, but AWS does not tell whether it was used.
    Undecided,
    Strange,
}

/// What has appeared since the keys were last known to be just the old one.
///
/// A key whose secret Berth has not got is Berth's own, and lost, only when it is the only one, was created
/// when Berth asked for one, and was never used: who has no secret can't use it.
fn appeared(rotation: &Rotation, keys: &[SeenKey]) -> Appeared {
    let mut others = keys.iter().filter(|key| key.id != rotation.old_key);
    let (Some(key), None) = (others.next(), others.next()) else {
        return if keys.iter().all(|key| key.id == rotation.old_key) {
            Appeared::Nothing
        } else {
            Appeared::Strange
        };
    };
    let Some(asked) = rotation.attempted_at else { return Appeared::Strange };
    // AWS tells the second.
    let in_time = key.created_at >= asked - CLOCK_TOLERANCE && key.created_at <= asked + ATTEMPT_WINDOW;
    match (&key.last_use, in_time && key.active) {
        (_, false) | (LastUse::Used { .. }, _) => Appeared::Strange,
        (LastUse::Never, true) => Appeared::Lost(key.id.clone()),
        (LastUse::Unknown, true) => Appeared::Undecided,
    }
}

/// How many days there may be between two rotations by schedule; 0 is never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EveryDays(i32);

impl EveryDays {
    /// The longest interval: ten years.
    pub const LONGEST: i32 = 3650;

    /// `None` when it is negative or longer than ten years.
    pub fn new(days: i32) -> Option<Self> {
        (0..=Self::LONGEST).contains(&days).then_some(Self(days))
    }

    /// How many days; 0 is never.
    pub fn days(self) -> i32 {
        self.0
    }
}
