//! What is said of a rotation: to whoever watches it, in its history, and in the audit log.

use berth_cloud::ErrorKind;
use berth_domain::{
    cloud_account::CloudAccount,
    findings::Report,
    permissions::{Profile, Scope},
    rotation::{End, HOLDS, LastUse, Periods, Rotation, RotationState, SeenKey},
    values::AccessKeyId,
};
use jiff::SignedDuration;

use super::step::lacking;

/// While a task is about to change the cloud account.
pub(super) const BUSY: &str = "The new key is verified. A change of the cloud account is in hand; the keys are \
                               swapped when that has ended.";

pub(super) fn creating(rotation: &Rotation) -> String {
    format!(
        "All that rotation needs is allowed, and {} is the user's only key. AWS is asked for a second one.",
        rotation.old_key
    )
}

pub(super) fn created(new: &AccessKeyId) -> String {
    format!("AWS created the key {new}. It is verified until that holds {HOLDS} times in a row.")
}

pub(super) fn not_created(error: &berth_cloud::Error) -> String {
    format!(
        "AWS refused to create a key ({}: {}), although its policy simulator allows it; a policy of the AWS \
         organisation may forbid it.",
        error.operation, error.kind
    )
}

pub(super) fn lost_deleted(id: &AccessKeyId) -> String {
    format!(
        "Deleted the key {id}: AWS had created it for this rotation, and Berth never learnt its secret. Nobody has \
         used it."
    )
}

pub(super) fn held(rotation: &Rotation) -> String {
    format!("The verification with the new key has held {} of {HOLDS} times in a row.", rotation.holds)
}

pub(super) fn not_held_yet(report: Option<&Report>) -> String {
    format!("The verification with the new key does not hold yet: {}", blocking(report))
}

pub(super) fn never_held(report: Option<&Report>) -> String {
    format!("The verification with the new key did not hold in time: {}", blocking(report))
}

pub(super) fn swapped(rotation: &Rotation) -> String {
    format!(
        "The key {} is in force. The key {} still works; its last use is watched before it is switched off.",
        new_key(rotation),
        rotation.old_key
    )
}

pub(super) fn waiting(rotation: &Rotation, periods: Periods) -> String {
    let old = &rotation.old_key;
    match rotation.state {
        RotationState::Observing => format!(
            "The key {old} is off. It is deleted after {}, unless somebody asks for it back.",
            span(periods.observe)
        ),
        _ => format!(
            "The key {} is in force. The key {old} is switched off when it has not been used for {}.",
            new_key(rotation),
            span(periods.grace)
        ),
    }
}

pub(super) fn used_by_others(rotation: &Rotation, periods: Periods) -> String {
    let use_ =
        rotation.keys.iter().find(|key| key.id == rotation.old_key).map_or_else(String::new, last_use);
    format!(
        "The key {} is still used by something other than Berth ({use_}). It stays switched on until it has not \
         been used for {}: give what uses it a key of its own.",
        rotation.old_key,
        span(periods.grace)
    )
}

pub(super) fn deactivating(rotation: &Rotation) -> String {
    format!("The key {} was not used any more; it is being switched off.", rotation.old_key)
}

pub(super) fn deactivated(rotation: &Rotation, periods: Periods) -> String {
    format!(
        "The key {} is switched off. It is deleted after {}, unless somebody asks for it back.",
        rotation.old_key,
        span(periods.observe)
    )
}

pub(super) fn reactivated(rotation: &Rotation) -> String {
    format!("The key {} is switched on again, and watched anew.", rotation.old_key)
}

pub(super) fn switched_on_again(rotation: &Rotation) -> String {
    format!(
        "Somebody switched the key {} on again in AWS, so it is not deleted but watched anew.",
        rotation.old_key
    )
}

pub(super) fn deleting(rotation: &Rotation) -> String {
    format!("Nobody asked for the key {}; it is being deleted.", rotation.old_key)
}

/// What goes on while a step is tried again.
pub(super) fn trying_again(
    rotation: &Rotation,
    trouble: Option<&berth_cloud::Error>,
    account: Option<&CloudAccount>,
    profile: &'static Profile,
) -> String {
    let why = match trouble.map(|error| (&error.kind, error.operation)) {
        None => "AWS has not yet shown what was done last.".to_owned(),
        Some((ErrorKind::Denied { action, .. }, _)) => {
            let scope = account.map(|account| {
                Scope::of_principal(profile, &account.principal_arn, account.console_role.as_ref())
            });
            let statement = scope.and_then(|scope| scope.statement_for(action));
            let remedy = statement.map_or_else(String::new, |statement| {
                format!(" Add this statement to the user's policy: {}", statement.to_json())
            });
            format!("The user may not {action} any more.{remedy}")
        }
        Some((ErrorKind::InvalidKey | ErrorKind::WrongSecret | ErrorKind::Expired, _)) => format!(
            "AWS does not accept the cloud account's own key any more. Switch it on again in AWS, or give the cloud \
             account another key: that ends the rotation{}.",
            match &rotation.new_key {
                Some(new) if !rotation.state.is_swapped() => format!(", and deletes the key {new}"),
                _ => String::new(),
            }
        ),
        Some((kind, operation)) => format!("{operation} failed: {kind}."),
    };
    format!("{} {why} Berth tries again by itself.", standing(rotation))
}

/// What is certain while something else is not.
fn standing(rotation: &Rotation) -> String {
    let old = &rotation.old_key;
    match rotation.state {
        RotationState::Checking => "Nothing is touched yet.".into(),
        state if state.is_swapped() => format!("The key {} is in force.", new_key(rotation)),
        RotationState::CleaningUp => "The key that Berth made is still to be deleted.".into(),
        _ => format!("The key {old} is in force."),
    }
}

/// How it ended, what is in force now, and what to do.
pub(super) fn ended(rotation: &Rotation, end: &End, report: Option<&Report>) -> String {
    let old = &rotation.old_key;
    let untouched = format!("Nothing was touched; the key {old} stays in force.");
    match end {
        End::Completed => format!("The key {} is in force; the key {old} is gone.", new_key(rotation)),
        End::RolledBack => {
            format!("{} No key of Berth's is left; the key {old} stays in force.", reason(rotation))
        }
        End::Superseded => format!("{} That is done.", reason(rotation)),
        End::SupersededWithKeyLeft => format!(
            "{} AWS did not let Berth do so: look at the keys of user {} in AWS, and delete {}.",
            reason(rotation),
            rotation.user_arn.resource(),
            rotation.new_key.as_ref().map_or_else(|| "what nobody knows".to_owned(), ToString::to_string)
        ),
        End::CouldNotCheck => format!(
            "Berth could not look at the account for half an hour: {} {untouched} Try again later.",
            blocking(report)
        ),
        End::DoesNotVerify => format!(
            "The account does not verify as it is: {} {untouched} Mend that, then rotate.",
            blocking(report)
        ),
        End::PermissionsMissing => {
            let missing: Vec<_> = report
                .iter()
                .flat_map(|report| lacking(report))
                .map(|finding| finding.whole_remedy().unwrap_or_else(|| finding.message.clone()))
                .collect();
            format!("Permissions that rotation needs are missing. {untouched} {}", missing.join(" "))
        }
        End::OldKeyMissing => format!(
            "AWS accepts the key {old}, but does not list it among the active keys of user {}. {untouched} Try again \
             in a few minutes.",
            rotation.user_arn.resource()
        ),
        End::AnotherKey => format!(
            "An IAM user can have two access keys, and user {} has two: {}. {untouched} Berth leaves keys alone that \
             it did not make: delete the one that is not needed in AWS, then rotate.",
            rotation.user_arn.resource(),
            listed(&rotation.keys)
        ),
        End::StrangeKeys => format!(
            "Keys appeared that Berth cannot tell to be its own: {}. They were not touched, and the key {old} stays in \
             force. Look in AWS (CloudTrail: CreateAccessKey) whose they are, delete what nobody needs, then rotate.",
            listed(&rotation.keys)
        ),
    }
}

/// What the audit log calls it.
pub(super) fn ended_kind(state: RotationState) -> &'static str {
    match state {
        RotationState::Completed => "Key rotation completed",
        RotationState::RolledBack => "Key rotation rolled back",
        RotationState::Superseded => "Key rotation superseded",
        _ => "Key rotation failed",
    }
}

/// Why it came into the state that it ends in now.
fn reason(rotation: &Rotation) -> &str {
    // The database keeps microseconds of the one, and nanoseconds of the other.
    let since = rotation.since.as_microsecond();
    let entered = rotation.history.iter().find(|event| event.at.as_microsecond() >= since);
    entered.map_or("", |event| &event.what)
}

/// Keys with age and last use.
fn listed(keys: &[SeenKey]) -> String {
    let keys: Vec<_> = keys
        .iter()
        .map(|key| {
            let state = if key.active { "active" } else { "inactive" };
            format!("{} ({state}, created {}, {})", key.id, key.created_at, last_use(key))
        })
        .collect();
    keys.join(" and ")
}

fn last_use(key: &SeenKey) -> String {
    match &key.last_use {
        LastUse::Unknown => "last use unknown".into(),
        LastUse::Never => "never used".into(),
        LastUse::Used { at, service, region } => format!("last used {at} for {service} in {region}"),
    }
}

fn blocking(report: Option<&Report>) -> String {
    const SHOWN: usize = 3;
    let messages: Vec<_> = report
        .iter()
        .flat_map(|report| report.blocking())
        .map(|finding| finding.message.as_str())
        .collect();
    match messages.as_slice() {
        [] => "AWS did not answer.".into(),
        [..] if messages.len() > SHOWN => {
            format!("{} And {} more.", messages[..SHOWN].join(" "), messages.len() - SHOWN)
        }
        all => all.join(" "),
    }
}

fn new_key(rotation: &Rotation) -> &str {
    rotation.new_key.as_ref().map_or("that Berth made", AccessKeyId::as_str)
}

/// A period as people say it.
fn span(period: SignedDuration) -> String {
    match period.as_secs() {
        1 => "1 second".into(),
        seconds if seconds % 3600 == 0 && seconds > 3600 => format!("{} hours", seconds / 3600),
        3600 => "an hour".into(),
        seconds if seconds % 60 == 0 && seconds > 60 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}
