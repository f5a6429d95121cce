//! Restoring: which drift Berth puts right by itself, and when. What it may not, is only reported.

use std::{collections::BTreeSet, fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Kind,
    blueprint::Key,
    difference::{Difference, What},
    record::Settling,
    state::{DriftFinding, KeptDrift},
};
use crate::{ids::RestoreId, subscription::maintenance::MaintenanceWindows, values::Invalid};

/// The time that a limit is about.
pub const LIMIT_PERIOD: SignedDuration = SignedDuration::from_hours(1);
/// How long a restore that AWS refused is not tried again.
const AFTER_REFUSAL: SignedDuration = SignedDuration::from_hours(1);

/// A kind of drift that can be put right. In the order in which it is: what keeps strangers out comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restorable {
    /// Rules of security groups: put back, or taken away.
    Rules,
    /// The security groups that a node is in.
    SecurityGroups,
    /// Routes, the gateway's attachment, attributes of subnets and of the VPC.
    Network,
    /// Nodes that were stopped: started.
    StoppedNodes,
    /// Nodes that were terminated or are gone: replaced by new ones in the same place.
    LostNodes,
}

impl Restorable {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Rules, Self::SecurityGroups, Self::Network, Self::StoppedNodes, Self::LostNodes];

    /// The kind of a finding; `None` when only people can put it right.
    pub fn of(finding: &DriftFinding) -> Option<Self> {
        match finding.difference.what() {
            What::RuleAdded | What::RuleRemoved | What::RuleWidened => Some(Self::Rules),
            What::OtherGroups => Some(Self::SecurityGroups),
            What::RouteAdded
            | What::RouteRemoved
            | What::RouteChanged
            | What::SubnetWithoutRoutes
            | What::GatewayDetached
            | What::SubnetChanged
            | What::VpcChanged => Some(Self::Network),
            What::Stopped => Some(Self::StoppedNodes),
            What::Terminated => Some(Self::LostNodes),
            What::Gone if finding.kind == Kind::Instance => Some(Self::LostNodes),
            What::Gone
            | What::Retyped
            | What::OtherProfile
            | What::MetadataOpen
            | What::MonitoringOff
            | What::TagRemoved
            | What::TagChanged
            | What::VolumeDetached
            | What::VolumeUnencrypted
            | What::VolumeChanged
            | What::VolumeAdded
            | What::Unknown => None,
        }
    }

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::SecurityGroups => "security-groups",
            Self::Network => "network",
            Self::StoppedNodes => "stopped-nodes",
            Self::LostNodes => "lost-nodes",
        }
    }

    /// The words in the audit log.
    pub fn title(self) -> &'static str {
        match self {
            Self::Rules => "rules of security groups",
            Self::SecurityGroups => "security groups of nodes",
            Self::Network => "the network",
            Self::StoppedNodes => "stopped nodes",
            Self::LostNodes => "lost nodes",
        }
    }
}

impl FromStr for Restorable {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
            Invalid(format!("must be one of {}", words.join(", ")))
        })
    }
}

/// When something may be restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// While a maintenance window of the subscription is open.
    #[default]
    MaintenanceWindows,
    /// As soon as it is found.
    AnyTime,
}

impl When {
    /// The word in the API and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MaintenanceWindows => "maintenance-windows",
            Self::AnyTime => "any-time",
        }
    }
}

impl FromStr for When {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let found =
            [Self::MaintenanceWindows, Self::AnyTime].into_iter().find(|when| when.as_str() == text);
        found.ok_or_else(|| Invalid("must be maintenance-windows or any-time".into()))
    }
}

/// How often something of one deployment is restored in an hour: 1–60.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MostPerHour(u32);

impl MostPerHour {
    /// The highest limit.
    pub const HIGHEST: u32 = 60;

    /// `None` when it is not 1–60.
    pub fn new(number: i32) -> Option<Self> {
        u32::try_from(number).ok().filter(|number| (1..=Self::HIGHEST).contains(number)).map(Self)
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl FromStr for MostPerHour {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let number = text.parse().ok().and_then(Self::new);
        number.ok_or_else(|| Invalid(format!("must be from 1 to {}", Self::HIGHEST)))
    }
}

impl Default for MostPerHour {
    fn default() -> Self {
        Self(10)
    }
}

/// What of a subscription is restored, and when. By default nothing is: drift is reported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestorePolicy {
    /// The kinds that are restored; the others are reported only.
    pub kinds: BTreeSet<Restorable>,
    /// When.
    pub when: When,
    /// How much of each deployment.
    pub most_per_hour: MostPerHour,
}

impl fmt::Display for RestorePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kinds.is_empty() {
            return f.write_str("drift is reported only");
        }
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.title()).collect();
        let when = match self.when {
            When::MaintenanceWindows => "inside the maintenance windows",
            When::AnyTime => "at any time",
        };
        write!(f, "{} are restored {when}, at most {} an hour", kinds.join(", "), self.most_per_hour.0)
    }
}

/// One restore: written down before AWS is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restore {
    /// Its id.
    pub id: RestoreId,
    /// What was put right.
    pub finding: DriftFinding,
    /// When AWS was asked.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: RestoreOutcome,
    /// What AWS said when it refused, and what to do.
    pub message: Option<String>,
}

/// What came of a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreOutcome {
    /// AWS is being asked, or nobody read its answer.
    Begun,
    /// AWS took what was asked.
    Asked,
    /// AWS did not.
    Refused,
}

impl RestoreOutcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Begun, Self::Asked, Self::Refused];

    /// The word in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Asked => "asked",
            Self::Refused => "refused",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// What to restore next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// Nothing: nothing has drifted, or all of it is only reported.
    Nothing,
    /// This, now.
    Now(&'a KeptDrift),
    /// Nothing yet.
    Waiting(Wait),
}

/// What a restore waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// For what.
    pub why: Why,
    /// Until when at the longest; `None` when that depends on others.
    pub until: Option<Timestamp>,
}

/// Why a restore waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// No maintenance window is open.
    Window,
    /// As much was restored within the hour as may be.
    Limit,
    /// AWS has not shown yet what the last restore did to this resource.
    LastOne(String),
    /// A node that is not to be seen may turn up again.
    MayTurnUp(String),
    /// A volume of a lost node is still there: with a new node, nobody would know whose it is.
    Volume(String),
    /// AWS refused it lately.
    Refused(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Window => f.write_str("No maintenance window is open."),
            Self::Limit => f.write_str("As much was restored within the last hour as the policy allows."),
            Self::LastOne(resource) => {
                write!(f, "AWS has not shown yet what the last restore did to {resource}.")
            }
            Self::MayTurnUp(resource) => {
                write!(f, "AWS does not show {resource}, which may turn up again.")
            }
            Self::Volume(volume) => write!(
                f,
                "The lost node left its volume {volume} behind: keep what you need of it and delete it, then the \
                 node is replaced."
            ),
            Self::Refused(resource) => {
                write!(f, "AWS refused to restore {resource}; it is tried again an hour later.")
            }
        }
    }
}

/// What to restore next of one deployment: one thing at a time, inside the windows, within the limit.
///
/// `drift` is what differs by the last look; `before` every restore of at least the last hour.
pub fn next<'a>(
    policy: &RestorePolicy,
    drift: &'a [KeptDrift],
    before: &[Restore],
    windows: &MaintenanceWindows,
    settling: Settling,
) -> Next<'a> {
    let now = settling.now;
    let mut candidates: Vec<(Restorable, &KeptDrift)> = drift
        .iter()
        .filter_map(|it| Some((Restorable::of(&it.finding)?, it)))
        .filter(|(kind, _)| policy.kinds.contains(kind))
        .collect();
    candidates.sort_by_key(|(kind, it)| (*kind, it.since, &it.finding));
    if candidates.is_empty() {
        return Next::Nothing;
    }
    if policy.when == When::MaintenanceWindows && !windows.is_open(now) {
        return Next::Waiting(Wait { why: Why::Window, until: windows.next_opening(now) });
    }
    if let Some(until) = limited_until(policy.most_per_hour, before, now) {
        return Next::Waiting(Wait { why: Why::Limit, until: Some(until) });
    }
    if let Some(wait) = last_one(&candidates, before, settling) {
        return Next::Waiting(wait);
    }
    let mut first_wait = None;
    for (kind, it) in candidates {
        match wait_for(kind, it, drift, before, settling) {
            None => return Next::Now(it),
            wait => first_wait = first_wait.or(wait),
        }
    }
    first_wait.map_or(Next::Nothing, Next::Waiting)
}

/// Until when no more may be restored; `None` when it may.
fn limited_until(most: MostPerHour, before: &[Restore], now: Timestamp) -> Option<Timestamp> {
    let mut recent: Vec<Timestamp> =
        before.iter().map(|it| it.at).filter(|at| now.duration_since(*at) < LIMIT_PERIOD).collect();
    recent.sort_unstable_by(|a, b| b.cmp(a));
    let oldest_that_counts = recent.get(usize::try_from(most.0 - 1).unwrap_or(usize::MAX))?;
    Some(*oldest_that_counts + LIMIT_PERIOD)
}

/// The last restore, when what it was about is still to be seen though it may just not show yet.
fn last_one(
    candidates: &[(Restorable, &KeptDrift)],
    before: &[Restore],
    settling: Settling,
) -> Option<Wait> {
    let last = before.iter().filter(|it| it.outcome != RestoreOutcome::Refused).max_by_key(|it| it.at)?;
    let until = last.at + settling.time;
    let shows = candidates.iter().any(|(_, it)| it.finding == last.finding);
    (shows && settling.now < until)
        .then(|| Wait { why: Why::LastOne(last.finding.name()), until: Some(until) })
}

/// What this one waits for, if for anything.
fn wait_for(
    kind: Restorable,
    it: &KeptDrift,
    drift: &[KeptDrift],
    before: &[Restore],
    settling: Settling,
) -> Option<Wait> {
    let refused = before
        .iter()
        .filter(|one| one.finding == it.finding && one.outcome == RestoreOutcome::Refused)
        .map(|one| one.at + AFTER_REFUSAL)
        .max()
        .filter(|until| settling.now < *until);
    if refused.is_some() {
        return Some(Wait { why: Why::Refused(it.finding.name()), until: refused });
    }
    if kind != Restorable::LostNodes {
        return None;
    }
    if let Some(volume) = drift.iter().find(|other| is_volume_of(&other.finding, &it.finding)) {
        let left = format!("{} ({})", volume.finding.name(), volume.finding.id);
        return Some(Wait { why: Why::Volume(left), until: None });
    }
    let until = it.since + settling.time;
    let may_turn_up = it.finding.difference == Difference::Gone && settling.now < until;
    may_turn_up.then(|| Wait { why: Why::MayTurnUp(it.finding.name()), until: Some(until) })
}

/// Whether `volume` is about a volume of the node that `node` is about, which is still there.
fn is_volume_of(volume: &DriftFinding, node: &DriftFinding) -> bool {
    let Some(node) = &node.resource else { return false };
    let is_its = |key: &Key| [node.root_volume(), node.data_volume()].contains(key);
    volume.difference != Difference::Gone && volume.resource.as_ref().is_some_and(is_its)
}
