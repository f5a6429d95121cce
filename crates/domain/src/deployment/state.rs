//! Where a deployment stands.

use ipnet::Ipv4Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    AwsId, Kind,
    blueprint::{Blueprint, Key},
    difference::Difference,
    record::Record,
};
use crate::{
    ids::{AccountId, CloudAccountId, DeploymentId, SubscriptionId},
    subscription::Subscription,
    values::AwsAccountId,
};

/// What was built, or is being built, for one subscription in one region.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// The account.
    pub account_id: AccountId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The cloud account it is built with.
    pub cloud_account_id: CloudAccountId,
    /// The AWS account it is built in, which that cloud account stays of.
    pub aws_account_id: AwsAccountId,
    /// The region's code.
    pub region: String,
    /// What it is to have, clients and resource tags left out: those are the subscription's.
    pub blueprint: Blueprint,
    /// Its network.
    pub network: Ipv4Net,
    /// The customer's VPC it is in; `None` when Berth makes the VPC.
    pub customers_vpc: Option<AwsId>,
    /// Its zones, in the order they are used.
    pub zones: Vec<String>,
    /// Where it stands.
    pub state: DeploymentState,
    /// What stands in its way; `None` when nothing does.
    pub trouble: Option<Trouble>,
    /// When it is looked at next; `None`: with the next look at its region.
    pub next_at: Option<Timestamp>,
    /// When it was last compared with AWS for drift.
    pub compared_at: Option<Timestamp>,
    /// When it was ordered.
    pub created_at: Timestamp,
}

/// Where a deployment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentState {
    /// Being built, or changed.
    Building,
    /// As ordered.
    Built,
    /// Given up until somebody does something and asks for another try.
    Failed,
    /// Being removed.
    Removing,
}

impl DeploymentState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Building, Self::Built, Self::Failed, Self::Removing];

    /// The word in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Built => "built",
            Self::Failed => "failed",
            Self::Removing => "removing",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What stands in the way of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// The resource it is about, by its key; `None` when it is about all of them.
    pub resource: Option<String>,
    /// The AWS action that failed, when one did.
    pub action: Option<String>,
    /// What happened, in a sentence.
    pub message: String,
    /// What to do, in a sentence.
    pub remedy: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when.
    pub since: Timestamp,
}

/// A deployment with everything that is on record about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// The deployment.
    pub deployment: Deployment,
    /// Its resources.
    pub records: Vec<Record>,
    /// Its subscription.
    pub subscription: Subscription,
}

/// A finding of drift, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptDrift {
    /// What: differs from every other finding of the deployment.
    pub finding: DriftFinding,
    /// Since when it is known.
    pub since: Timestamp,
    /// Who did it; `None` as long as it was not asked.
    pub by: Option<By>,
}

/// A finding of drift. Two are the same exactly when they are equal; what is found otherwise than before is another.
///
/// It is kept as JSON, and what is kept is looked up by it: see [`Difference`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftFinding {
    /// The resource's id in AWS.
    pub id: AwsId,
    /// What the resource is called in the deployment; `None` for what Berth did not make.
    pub resource: Option<Key>,
    /// What the resource is.
    pub kind: Kind,
    /// What is different.
    pub difference: Difference,
}

/// Who made a change, by CloudTrail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct By {
    /// Whether it is known.
    pub state: Whom,
    /// The ARN or the name of who did it.
    pub who: Option<String>,
    /// What was called, such as `RevokeSecurityGroupIngress`.
    pub event: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
}

/// Whether it is known who made a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whom {
    /// It is.
    Known,
    /// CloudTrail has no record of it so far, and is asked once more.
    NobodyYet,
    /// CloudTrail has no record of it.
    Nobody,
    /// Berth may not look.
    NotPermitted,
    /// CloudTrail could not be asked.
    NotAnswered,
}

impl Whom {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Known, Self::NobodyYet, Self::Nobody, Self::NotPermitted, Self::NotAnswered];

    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::NobodyYet => "nobody-yet",
            Self::Nobody => "nobody",
            Self::NotPermitted => "not-permitted",
            Self::NotAnswered => "not-answered",
        }
    }

    /// Why it is not known, in a sentence; `None` when it is.
    pub fn unknown_because(self) -> Option<&'static str> {
        match self {
            Self::Known => None,
            Self::NobodyYet => {
                Some("CloudTrail has no record of it so far; it is asked once more a little later.")
            }
            Self::Nobody => Some("CloudTrail has no record of it."),
            Self::NotPermitted => {
                Some("Not permitted to look: the cloud account may not do cloudtrail:LookupEvents.")
            }
            Self::NotAnswered => Some("CloudTrail could not be asked."),
        }
    }
}

impl By {
    /// Nobody, for this reason.
    pub fn unknown(state: Whom) -> Self {
        Self { state, who: None, event: None, at: None }
    }
}

impl From<super::inventory::Deed> for By {
    fn from(deed: super::inventory::Deed) -> Self {
        Self { state: Whom::Known, who: Some(deed.who), event: Some(deed.event), at: Some(deed.at) }
    }
}
