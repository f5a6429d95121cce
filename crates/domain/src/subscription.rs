//! Subscriptions: what a customer has, and which AWS account it runs in.

pub mod access;
pub mod admission;
pub mod database;
pub mod fixed;
pub mod maintenance;
pub mod network;
pub mod order;
pub mod tags;
pub mod terms;

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, CloudAccountId, SubscriptionId},
    subscription::{database::MemoryStorage, terms::Terms},
    values::{DisplayName, Invalid},
};

/// The plan of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// Free, in the operator's AWS account.
    Free,
    /// Of a fixed size, in the operator's AWS account.
    Fixed,
    /// Paid by use, in any AWS account.
    Flexible,
    /// Paid by the year, in any AWS account.
    Annual,
}

impl Plan {
    /// Every plan.
    pub const ALL: [Self; 4] = [Self::Free, Self::Fixed, Self::Flexible, Self::Annual];

    /// The name on the command line, in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Fixed => "fixed",
            Self::Flexible => "flexible",
            Self::Annual => "annual",
        }
    }

    /// Whether a subscription of this plan may run in a customer's own AWS account.
    pub fn brings_own_cloud(self) -> bool {
        matches!(self, Self::Flexible | Self::Annual)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Plan {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|plan| plan.as_str() == text)
            .ok_or_else(|| Invalid("must be free, fixed, flexible or annual".into()))
    }
}

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionStatus {
    /// Being built.
    Pending,
    /// Usable.
    Active,
    /// Being removed.
    Deleting,
    /// Something is wrong with it.
    Error,
}

impl SubscriptionStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Active, Self::Deleting, Self::Error];

    /// The name on the command line, in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Deleting => "deleting",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for SubscriptionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SubscriptionStatus {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| Invalid("must be pending, active, deleting or error".into()))
    }
}

/// A customer's subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// The account it belongs to.
    pub account_id: AccountId,
    /// Its name.
    pub name: DisplayName,
    /// Its plan.
    pub plan: Plan,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// Why it stands there, where that needs an explanation: what went wrong and what to do.
    pub status_reason: Option<String>,
    /// The AWS account it runs in; the operator's own when `None`.
    pub cloud_account_id: Option<CloudAccountId>,
    /// The AWS regions it runs in, such as `eu-west-1`.
    pub regions: Vec<String>,
    /// What it was ordered as, with all that was changed since.
    pub terms: Terms,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Subscription {
    /// What its databases are stored in.
    pub fn memory_storage(&self) -> MemoryStorage {
        self.terms.pro().map_or(MemoryStorage::Ram, |terms| terms.order.memory_storage)
    }
}
