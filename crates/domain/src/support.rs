//! Technical support access: who may look at a customer's AWS console through the console role, and for how long.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};

use crate::{
    ids::{AccountId, CloudAccountId, ConsoleSessionId},
    values::Invalid,
};

/// What a customer lets the operator's staff do in a cloud account's AWS console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SupportAccess {
    /// Nothing: nobody gets a session.
    Off,
    /// Open sessions, each on record.
    #[default]
    On,
    /// Ask; an Owner approves or denies each session.
    Approval,
}

impl SupportAccess {
    /// Every setting.
    pub const ALL: [Self; 3] = [Self::Off, Self::On, Self::Approval];

    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Approval => "approval",
        }
    }
}

impl fmt::Display for SupportAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SupportAccess {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let all = Self::ALL.into_iter();
        all.clone().find(|mode| mode.as_str() == text).ok_or_else(|| {
            Invalid(format!("must be one of {}", all.map(Self::as_str).collect::<Vec<_>>().join(", ")))
        })
    }
}

/// How long a session lasts: 15 to 60 minutes. AWS gives no shorter one, and none above an hour to an operator
/// that is a role itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minutes(i32);

impl Minutes {
    /// The number.
    pub fn get(self) -> i32 {
        self.0
    }

    /// As a length of time.
    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_mins(self.0.into())
    }
}

impl TryFrom<i32> for Minutes {
    type Error = Invalid;

    fn try_from(minutes: i32) -> Result<Self, Invalid> {
        if (15..=60).contains(&minutes) {
            Ok(Self(minutes))
        } else {
            Err(Invalid("must be from 15 to 60".into()))
        }
    }
}

impl FromStr for Minutes {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        text.parse::<i32>().map_err(|_| Invalid("must be a whole number".into()))?.try_into()
    }
}

/// A line of text that people read in the log: not empty, at most 500 characters, no control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line(String);

/// The longest line, in characters.
const LONGEST_LINE: usize = 500;

impl Line {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Line {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Invalid("must not be empty".into()));
        }
        if text.chars().count() > LONGEST_LINE || text.chars().any(char::is_control) {
            return Err(Invalid("must be one line of at most 500 characters".into()));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A code from an MFA device: 6 digits. Good for half a minute, and only once.
#[derive(Clone, Debug)]
pub struct MfaCode(crate::secret::Secret);

impl MfaCode {
    /// The code, to be sent to AWS.
    pub fn secret(&self) -> &crate::secret::Secret {
        &self.0
    }
}

impl FromStr for MfaCode {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(crate::secret::Secret::new(text.to_owned())))
        } else {
            Err(Invalid("must be the 6 digits that the MFA device shows".into()))
        }
    }
}

/// Where a console session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleSessionState {
    /// An Owner has to say yes or no.
    Requested,
    /// An Owner said yes: it can be opened, once.
    Approved,
    /// An Owner said no.
    Denied,
    /// Its sign-in URL was shown.
    Opened,
    /// Nobody said yes, or it was not opened, in time.
    Expired,
}

impl ConsoleSessionState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Requested, Self::Approved, Self::Denied, Self::Opened, Self::Expired];

    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Opened => "opened",
            Self::Expired => "expired",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A session in a cloud account's AWS console: asked for, decided on, opened. Without its URL, which is not kept.
#[derive(Clone, Debug)]
pub struct ConsoleSession {
    /// Its id.
    pub id: ConsoleSessionId,
    /// The account that owns the cloud account.
    pub account_id: AccountId,
    /// The cloud account.
    pub cloud_account_id: CloudAccountId,
    /// Who wants it: a user's email, or a person of the operator's staff.
    pub requested_by: String,
    /// Why.
    pub reason: Line,
    /// For how long.
    pub minutes: Minutes,
    /// Where it stood when it was last changed; see [`Self::state_at`].
    pub state: ConsoleSessionState,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Who approved or denied it.
    pub decided_by: Option<String>,
    /// Until when it can be decided on, or opened.
    pub valid_until: Timestamp,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
}

/// How long a request waits for an Owner.
pub const REQUEST_VALID: SignedDuration = SignedDuration::from_hours(24);
/// How long an approved session can be opened.
pub const APPROVAL_VALID: SignedDuration = SignedDuration::from_hours(1);

impl ConsoleSession {
    /// Where it stands at `now`.
    pub fn state_at(&self, now: Timestamp) -> ConsoleSessionState {
        use ConsoleSessionState::{Approved, Expired, Requested};
        match self.state {
            Requested | Approved if now >= self.valid_until => Expired,
            state => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(14, false)]
    #[case(15, true)]
    #[case(60, true)]
    #[case(61, false)]
    #[case(-15, false)]
    fn a_session_lasts_15_to_60_minutes(#[case] minutes: i32, #[case] accepted: bool) {
        assert_eq!(Minutes::try_from(minutes).is_ok(), accepted);
    }

    #[rstest]
    #[case("ticket 4711: slow node", true)]
    #[case("", false)]
    #[case("  ", false)]
    #[case("one\ntwo", false)]
    fn a_reason_is_one_line(#[case] text: &str, #[case] accepted: bool) {
        assert_eq!(text.parse::<Line>().is_ok(), accepted);
        assert!("x".repeat(501).parse::<Line>().is_err());
    }

    #[rstest]
    #[case("123456", true)]
    #[case("12345", false)]
    #[case("12345a", false)]
    fn an_mfa_code_has_6_digits(#[case] text: &str, #[case] accepted: bool) {
        assert_eq!(text.parse::<MfaCode>().is_ok(), accepted);
    }
}
