//! What stands in a deployment's way: in words, what to do, and whether to try again.

use berth_cloud::{Advice, Error, ErrorKind};
use berth_domain::deployment::{blueprint::Key, plan::Blocked, state::Trouble};
use jiff::{SignedDuration, Timestamp};

/// How often a step is tried that can pass by itself: with the longest pause between, for more than an hour.
const MOST_ATTEMPTS: u32 = 20;
/// How often a step is tried that AWS refuses for good, because what it needs may be too new to be known everywhere.
const MOST_REFUSALS: u32 = 4;
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// A step, or the look at AWS, that failed.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    resource: Option<String>,
    action: Option<String>,
    message: String,
    remedy: String,
    patience: Patience,
    /// The node that AWS has no machine for, when that is it.
    without_machine: Option<Key>,
}

/// How long a failure is borne.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// As long as it takes.
    Endless,
    /// This many attempts.
    Attempts(u32),
}

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Try again.
    Again,
    /// Leave it until somebody does something.
    GiveUp,
}

impl Failure {
    /// What happened and what to do.
    pub(super) fn told(&self) -> String {
        format!("{} {}", self.message, self.remedy)
    }

    /// Whether no other step can work either.
    pub(super) fn stops_everything(&self) -> bool {
        self.patience == Patience::Endless
    }

    /// The node that AWS has no machine for in its zone, when that is what failed.
    pub(super) fn without_machine(&self) -> Option<Key> {
        self.without_machine.clone()
    }

    /// What is written down of it, after what was written down before, and what to do.
    pub(super) fn again(self, before: Option<&Trouble>, now: Timestamp) -> (Trouble, Verdict) {
        let same = before.filter(|it| it.resource == self.resource && it.action == self.action);
        let attempts = same.map_or(0, |same| same.attempts) + 1;
        let verdict = match self.patience {
            Patience::Attempts(most) if attempts >= most => Verdict::GiveUp,
            _ => Verdict::Again,
        };
        let trouble = Trouble {
            resource: self.resource,
            action: self.action,
            message: self.message,
            remedy: self.remedy,
            attempts,
            since: same.map_or(now, |same| same.since),
        };
        (trouble, verdict)
    }
}

/// How long to wait before the next attempt: twice as long each time, up to five minutes, less up to a half by chance.
pub(super) fn backoff(attempts: u32, chance: u32) -> SignedDuration {
    let doubled = FIRST_PAUSE * 2_i32.saturating_pow(attempts.saturating_sub(1).min(16));
    let pause = doubled.min(LONGEST_PAUSE);
    pause - pause * i32::from(chance as u8) / 512
}

/// A step that AWS did not take.
pub(super) fn of_step(key: &Key, action: &str, error: &Error) -> Failure {
    let patience = match (&error.kind, error.kind.advice()) {
        // EC2 says the same of credentials that do not work: whether the region is there was asked when it was planned.
        (ErrorKind::NotOptedIn, _) => Patience::Endless,
        (_, Advice::WaitForAccess) => Patience::Endless,
        (_, Advice::Retry) => Patience::Attempts(MOST_ATTEMPTS),
        (ErrorKind::NotFound | ErrorKind::Denied { .. } | ErrorKind::AlreadyExists, Advice::Fail) => {
            Patience::Attempts(MOST_REFUSALS)
        }
        (ErrorKind::Unexpected, Advice::Fail) => Patience::Attempts(MOST_REFUSALS),
        (_, Advice::Fail) => Patience::Attempts(1),
    };
    Failure {
        resource: Some(key.to_string()),
        action: Some(action.to_owned()),
        message: format!("AWS did not do {action} for {key}: {}", sentence(&detail(error))),
        remedy: remedy(&error.kind),
        patience,
        without_machine: (error.kind == ErrorKind::Capacity).then(|| key.clone()),
    }
}

/// The look at AWS failed, so that nothing can be done.
pub(super) fn of_looking(error: &Error) -> Failure {
    Failure {
        resource: None,
        action: Some(error.operation.to_owned()),
        message: format!("Berth cannot look at the AWS account: {}", sentence(&detail(error))),
        remedy: remedy(&error.kind),
        patience: Patience::Endless,
        without_machine: None,
    }
}

/// The credentials are not there any more.
pub(super) fn no_cloud_account() -> Failure {
    Failure {
        resource: None,
        action: None,
        message: "The cloud account that this is built in is not registered any more.".into(),
        remedy: "Berth's operator finds out how it came to be removed.".into(),
        patience: Patience::Endless,
        without_machine: None,
    }
}

/// Something that is not Berth's keeps resources from being removed.
pub(super) fn blocked(blocked: &[Blocked], before: Option<&Trouble>, now: Timestamp) -> Trouble {
    let first = &blocked[0];
    let resource = Some(first.key.to_string());
    let same = before.filter(|it| it.resource == resource && it.action.is_none());
    Trouble {
        message: format!(
            "{} cannot be removed, because of {} in it, which Berth did not make and does not touch.",
            first.key, first.by
        ),
        remedy: "Remove that in the AWS account, or move it elsewhere; Berth goes on by itself.".into(),
        attempts: same.map_or(0, |same| same.attempts) + 1,
        since: same.map_or(now, |same| same.since),
        resource,
        action: None,
    }
}

fn remedy(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::InvalidKey | ErrorKind::WrongSecret | ErrorKind::Expired => {
            "The credentials of the cloud account do not work. Update the cloud account with working ones; Berth goes \
             on by itself."
        }
        ErrorKind::SkewedClock => "Berth's operator has to set the machine's clock (NTP); Berth goes on by itself.",
        ErrorKind::Denied { action, .. } => {
            return format!(
                "Allow {action} to the cloud account's user (`berth iam policy` prints the whole policy), then retry."
            );
        }
        ErrorKind::QuotaExceeded => {
            "Ask AWS for a higher quota (Service Quotas in the AWS console), or remove what is not needed, then retry."
        }
        ErrorKind::Capacity => {
            "AWS has too few machines of that type there just now. Berth tries again; order other zones if it stays so."
        }
        ErrorKind::NotOptedIn => {
            "AWS does not accept the credentials of the cloud account in this region: update the cloud account with \
             working ones, or switch on the region in the AWS account's settings. Berth goes on by itself."
        }
        ErrorKind::Throttled | ErrorKind::Unreachable | ErrorKind::InUse | ErrorKind::Conflict => {
            "Berth tries again by itself."
        }
        ErrorKind::NotFound | ErrorKind::AlreadyExists => {
            "Look whether somebody changed the resource in the AWS account, then retry, or delete the subscription."
        }
        _ => "Retry, or delete the subscription; if it stays so, Berth's operator finds more in the log.",
    }
    .to_owned()
}

/// What AWS said, or else what kind of failure it was.
fn detail(error: &Error) -> String {
    if error.detail.is_empty() { error.kind.to_string() } else { error.detail.clone() }
}

fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    format!("{text}.")
}
