//! Accounts (tenants), their users, API keys and payment methods.

use std::{fmt, str::FromStr};

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, ApiKeyId, PaymentMethodId, SessionId, UserId},
    subscription::Plan,
    values::{DisplayName, Email, Invalid},
};

/// One customer organisation.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: DisplayName,
    /// The account key: says which account a request is for (`x-api-key`). An identifier, like an AWS
    /// access key id: it opens nothing without a user's secret key.
    pub account_key: String,
    /// Under which contract it subscribes.
    pub contract: Contract,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What an account has agreed on with the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contract {
    /// Nothing: its subscriptions are flexible, and paid by a payment method.
    None,
    /// A yearly commitment: its subscriptions are annual, and name no payment method.
    Annual,
}

impl Contract {
    /// The name on the command line and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Annual => "annual",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Annual].into_iter().find(|contract| contract.as_str() == text)
    }

    /// The plan of a subscription in a cloud account of the customer.
    pub fn plan(self) -> Plan {
        match self {
            Self::None => Plan::Flexible,
            Self::Annual => Plan::Annual,
        }
    }
}

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything.
    Owner,
    /// Manages subscriptions in the console; no API.
    Manager,
    /// Reads through the API.
    Viewer,
    /// Reads the logs only.
    LogsViewer,
    /// Billing data only.
    BillingAdmin,
}

impl Role {
    /// Every role, in the order help texts list them.
    pub const ALL: [Self; 5] =
        [Self::Owner, Self::Manager, Self::Viewer, Self::LogsViewer, Self::BillingAdmin];

    /// The name on the command line and in the database, such as `logs-viewer`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Viewer => "viewer",
            Self::LogsViewer => "logs-viewer",
            Self::BillingAdmin => "billing-admin",
        }
    }

    /// The name people and API clients see, such as `Logs Viewer`.
    pub fn title(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Manager => "Manager",
            Self::Viewer => "Viewer",
            Self::LogsViewer => "Logs Viewer",
            Self::BillingAdmin => "Billing Admin",
        }
    }

    /// Whether a key of this role may do what `need` asks.
    pub fn allows(self, need: Need) -> bool {
        match self {
            Self::Owner => need != Need::OwnSession,
            Self::Viewer => matches!(need, Need::Read | Need::ReadLogs | Need::ReadBilling),
            Self::LogsViewer => need == Need::ReadLogs,
            Self::BillingAdmin => need == Need::ReadBilling,
            Self::Manager => false,
        }
    }

    /// Whether a person of this role may do in the console what `need` asks.
    pub fn allows_in_console(self, need: Need) -> bool {
        match self {
            _ if need == Need::OwnSession => true,
            Self::Manager => matches!(need, Need::Read | Need::ReadLogs | Need::Write),
            role => role.allows(need),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| Invalid("must be owner, manager, viewer, logs-viewer or billing-admin".into()))
    }
}

/// What a request asks of the role behind its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Read resources.
    Read,
    /// Read the logs.
    ReadLogs,
    /// Read billing data.
    ReadBilling,
    /// Change resources.
    Write,
    /// Manage users, API keys, webhooks, and what Berth may do by itself.
    ManageUsers,
    /// See and end one's own sessions of the console; API keys have none.
    OwnSession,
}

/// A person, or a robot, of an account.
#[derive(Clone, Debug)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The account it belongs to.
    pub account_id: AccountId,
    /// Its email address, unique in this Berth.
    pub email: Email,
    /// Its name.
    pub name: DisplayName,
    /// Its role.
    pub role: Role,
    /// Whether it may act; a disabled user's API keys stop working too.
    pub enabled: bool,
    /// Whether at least one of its API keys is in force.
    pub has_api_key: bool,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A user's API key, without its secret.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The user whose role it has.
    pub user_id: UserId,
    /// Its name: 10–50 of letters, digits, `-` and `_`.
    pub name: ApiKeyName,
    /// From where it may be used; empty means from anywhere.
    pub allowed_sources: Vec<IpNet>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, give or take a minute; `None` when it never was.
    pub last_used_at: Option<Timestamp>,
}

/// A session of the console, without its token.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The user who signed in.
    pub user_id: UserId,
    /// The address it was started from.
    pub address: String,
    /// What the browser called itself, cut short.
    pub user_agent: String,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it was last used, give or take a minute.
    pub last_used_at: Timestamp,
    /// When it ends however much it is used.
    pub ends_at: Timestamp,
}

/// The name of an API key: 10–50 of letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApiKeyName(String);

impl ApiKeyName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ApiKeyName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let sound = (10..=50).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid("must be 10 to 50 letters, digits, - or _".into()))
        }
    }
}

impl TryFrom<String> for ApiKeyName {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        text.parse()
    }
}

impl From<ApiKeyName> for String {
    fn from(name: ApiKeyName) -> String {
        name.0
    }
}

/// Who is asking: what authentication found out.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The account the request is for.
    pub account_id: AccountId,
    /// The user behind the key or the session.
    pub user_id: UserId,
    /// The user's email, for the audit log.
    pub email: Email,
    /// The user's role.
    pub role: Role,
    /// How it came in.
    pub via: Via,
}

/// How a principal came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// By this API key.
    ApiKey(ApiKeyName),
    /// By this session of the console.
    Session(SessionId),
}

impl Principal {
    /// Whether it may do what `need` asks.
    pub fn may(&self, need: Need) -> bool {
        match self.via {
            Via::ApiKey(_) => self.role.allows(need),
            Via::Session(_) => self.role.allows_in_console(need),
        }
    }
}

/// How a customer pays, as the operator recorded it. Nothing is ever charged.
#[derive(Clone, Debug)]
pub struct PaymentMethod {
    /// Its id.
    pub id: PaymentMethodId,
    /// The account it belongs to.
    pub account_id: AccountId,
    /// What kind of card, such as `Visa`.
    pub kind: DisplayName,
    /// The last four digits.
    pub last4: i32,
    /// The holder's name.
    pub name_on_card: DisplayName,
    /// Month of expiry, 1–12.
    pub expiration_month: i32,
    /// Year of expiry, four digits.
    pub expiration_year: i32,
}

/// Who did something: an entry of the audit log in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user's email, or `berth` for what the system does by itself.
    pub originator: String,
    /// The API key used, when one was.
    pub api_key_name: Option<String>,
}

impl Actor {
    /// Berth itself, or its operator on the command line.
    pub fn system() -> Self {
        Self { originator: "berth".into(), api_key_name: None }
    }
}

impl From<&Principal> for Actor {
    fn from(principal: &Principal) -> Self {
        Self {
            originator: principal.email.to_string(),
            api_key_name: match &principal.via {
                Via::ApiKey(name) => Some(name.as_str().to_owned()),
                Via::Session(_) => None,
            },
        }
    }
}

/// What happened to what: an audit entry before the store numbers it.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// Who did it.
    pub actor: Actor,
    /// The kind of resource, such as `Cloud account`.
    pub resource: &'static str,
    /// The resource's id, when it has one.
    pub resource_id: Option<i32>,
    /// The kind of event, such as `Cloud account created`.
    pub kind: &'static str,
    /// One sentence for people. Never holds a secret.
    pub description: String,
}

/// An audit entry as stored.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// Its number within the account, growing with time.
    pub id: i32,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub originator: String,
    /// The API key used, when one was.
    pub api_key_name: Option<String>,
    /// The kind of resource.
    pub resource: String,
    /// The resource's id, when it has one.
    pub resource_id: Option<i32>,
    /// The kind of event.
    pub kind: String,
    /// One sentence for people.
    pub description: String,
}
