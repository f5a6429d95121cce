//! Webhooks: what can be told, to whom, and when it is tried again. Payloads are as the Standard Webhooks
//! specification describes them.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    ids::{AccountId, EventId, WebhookId},
    values::Invalid,
};

mod destination;

pub use destination::{Destinations, Refused};

/// What happened, by the `type` of its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A cloud account that was in order is not any more.
    CloudAccountDegraded,
    /// A cloud account is in order again.
    CloudAccountRecovered,
    /// A cloud account uses a new access key.
    CloudAccountRotated,
    /// Somebody else changed what was built for a subscription.
    DeploymentDrifted,
    /// What was built for a subscription is as Berth built it again.
    DeploymentRestored,
    /// Nothing happened: somebody tries out a webhook. Cannot be chosen.
    Ping,
}

impl EventKind {
    /// What an endpoint can choose from.
    pub const ALL: [Self; 5] = [
        Self::CloudAccountDegraded,
        Self::CloudAccountRecovered,
        Self::CloudAccountRotated,
        Self::DeploymentDrifted,
        Self::DeploymentRestored,
    ];

    /// The name in payloads, in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CloudAccountDegraded => "cloud_account.degraded",
            Self::CloudAccountRecovered => "cloud_account.recovered",
            Self::CloudAccountRotated => "cloud_account.rotated",
            Self::DeploymentDrifted => "deployment.drifted",
            Self::DeploymentRestored => "deployment.restored",
            Self::Ping => "ping",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EventKind {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            Invalid(format!("must be one of {names}"))
        })
    }
}

/// Something that happened, to be told to every endpoint that wants to hear of it.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id: the same for every endpoint and every attempt.
    pub id: EventId,
    /// The account it happened in.
    pub account_id: AccountId,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// To what, and how. Never holds a secret.
    pub data: Map<String, Value>,
}

impl Event {
    /// What is sent: the same bytes at every attempt.
    pub fn payload(&self) -> String {
        json!({ "type": self.kind.as_str(), "timestamp": self.at.to_string(), "data": self.data })
            .to_string()
    }
}

/// An endpoint that is told of events.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose events it is told; of all accounts when `None`, which only the operator can have.
    pub account_id: Option<AccountId>,
    /// Where it is.
    pub url: WebhookUrl,
    /// What it wants to hear of; everything when empty.
    pub events: Vec<EventKind>,
    /// Whether it is told anything. One that answered 410 Gone is not.
    pub enabled: bool,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Where the delivery of one event to one endpoint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Not delivered yet; tried again at a known time.
    Waiting,
    /// The endpoint answered with a success.
    Delivered,
    /// It failed for 24 hours, or the endpoint is gone.
    GivenUp,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::GivenUp];

    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::GivenUp => "given-up",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The endpoint.
    pub webhook_id: WebhookId,
    /// The event.
    pub event_id: EventId,
    /// The account the event happened in.
    pub account_id: AccountId,
    /// What happened.
    pub kind: EventKind,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i32,
    /// What came of the last attempt, in a few words; none before the first.
    pub outcome: Option<String>,
    /// When the event happened.
    pub created_at: Timestamp,
    /// When it is tried next; none when it has ended.
    pub next_attempt_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// How long after its event a delivery is given up.
pub const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Seconds between an attempt and the next; the last one repeats.
const PAUSES: [i64; 9] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800];

/// When a delivery is tried again that failed for the `attempts`th time at `now`; `None` when it is given up.
/// `jitter` is any byte: it moves the time by up to a fifth, so that what failed together is not tried together.
/// The last attempt is 24 hours after the event.
pub fn next_attempt(created_at: Timestamp, now: Timestamp, attempts: i32, jitter: u8) -> Option<Timestamp> {
    let end = created_at + GIVEN_UP_AFTER;
    if now >= end {
        return None;
    }
    let nth = usize::try_from(attempts - 1).unwrap_or_default().min(PAUSES.len() - 1);
    let pause = PAUSES[nth] * 1_000;
    let moved = pause * 4 / 5 + pause * 2 / 5 * i64::from(jitter) / 255;
    Some((now + SignedDuration::from_millis(moved)).min(end))
}

/// The address of an endpoint: `https://`, a host, and no user or password. `http://` reads as well; whether it
/// is permitted depends on where it leads (see [`Destinations`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookUrl(Url);

/// The longest URL, in bytes.
const LONGEST_URL: usize = 2_048;

impl WebhookUrl {
    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The URL in its parts.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Whether it is `https`.
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for WebhookUrl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = |why: &str| Err(Invalid(why.to_owned()));
        if text.len() > LONGEST_URL {
            return invalid("must not be longer than 2048 bytes");
        }
        let Ok(url) = text.parse::<Url>() else {
            return invalid("must be a URL such as https://example.com/hooks");
        };
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return invalid("must begin with https:// and name a host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return invalid("must not hold a user or a password: requests are signed instead");
        }
        if url.fragment().is_some() {
            return invalid("must not have a part after #: it would never be sent");
        }
        match url.port_or_known_default() {
            Some(80 | 443 | 1_024..) => Ok(Self(url)),
            _ => invalid("must use the port 80, 443, or one from 1024 up"),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_payload_has_type_timestamp_and_data() {
        let event = Event {
            id: EventId(uuid::Uuid::nil()),
            account_id: AccountId(7),
            kind: EventKind::CloudAccountDegraded,
            at: at(0),
            data: Map::from_iter([("cloudAccountId".to_owned(), json!(101))]),
        };
        let payload: Value = serde_json::from_str(&event.payload()).unwrap();
        assert_eq!(
            payload,
            json!({
                "type": "cloud_account.degraded",
                "timestamp": "2027-01-15T08:00:00Z",
                "data": { "cloudAccountId": 101 },
            })
        );
    }

    #[rstest]
    #[case("https://example.com/hooks?token=x")]
    #[case("https://example.com:8443/")]
    #[case("http://127.0.0.1:4711")]
    fn a_url_is_read(#[case] text: &str) {
        assert!(text.parse::<WebhookUrl>().is_ok());
    }

    #[rstest]
    #[case("")]
    #[case("example.com")]
    #[case("ftp://example.com/")]
    #[case("https://user@example.com/")]
    #[case("https://:password@example.com/")]
    #[case("https://example.com/#part")]
    #[case("https://example.com:22/")]
    #[case("https://example.com:0/")]
    #[case("file:///etc/passwd")]
    fn a_url_nobody_should_be_sent_to_is_refused(#[case] text: &str) {
        assert!(text.parse::<WebhookUrl>().is_err());
    }

    #[test]
    fn pauses_grow_and_the_last_attempt_is_after_24_hours() {
        let (mut now, mut attempts, mut pauses) = (at(0), 1, Vec::new());
        while let Some(next) = next_attempt(at(0), now, attempts, 128) {
            pauses.push(next.duration_since(now).as_secs());
            (now, attempts) = (next, attempts + 1);
        }
        assert_eq!(now, at(24 * 3_600));
        assert_eq!(pauses[..6], [5, 30, 120, 600, 1_801, 3_602]);
    }

    #[rstest]
    #[case(0, 4)]
    #[case(255, 6)]
    fn jitter_moves_an_attempt_by_a_fifth(#[case] jitter: u8, #[case] seconds: i64) {
        assert_eq!(next_attempt(at(0), at(0), 1, jitter), Some(at(seconds)));
    }

    #[test]
    fn every_kind_is_read_by_its_name_but_ping() {
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse::<EventKind>().ok(), Some(kind));
        }
        assert!("ping".parse::<EventKind>().is_err());
    }
}
