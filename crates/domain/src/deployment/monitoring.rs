//! How nodes do, as AWS tells it: its checks of them, and CloudWatch's figures over time.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{AwsId, Kind, blueprint::Key};
use crate::ids::DeploymentId;

/// Seconds from point to point.
pub const PERIOD_SECONDS: u32 = 60;
/// How long points are kept.
pub const KEPT: SignedDuration = SignedDuration::from_hours(3);
/// CloudWatch adds to the last minutes for a while, so they are read once more.
const LATE: SignedDuration = SignedDuration::from_mins(15);

/// The outcome of one of AWS's checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Passed.
    Ok,
    /// Failed.
    Impaired,
    /// Not known yet.
    Unknown,
}

impl Health {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Ok, Self::Impaired, Self::Unknown];

    /// The word in the API, in metrics and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Impaired => "impaired",
            Self::Unknown => "unknown",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|health| health.as_str() == text)
    }
}

/// What CloudWatch measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    /// An instance's `CPUUtilization`, average, percent.
    Cpu,
    /// An instance's `NetworkIn`, sum, bytes.
    NetworkIn,
    /// An instance's `NetworkOut`, sum, bytes.
    NetworkOut,
    /// A volume's `VolumeReadBytes`, sum, bytes.
    VolumeRead,
    /// A volume's `VolumeWriteBytes`, sum, bytes.
    VolumeWrite,
}

impl Figure {
    /// Every figure.
    pub const ALL: [Self; 5] =
        [Self::Cpu, Self::NetworkIn, Self::NetworkOut, Self::VolumeRead, Self::VolumeWrite];
    /// Those of an instance.
    pub const OF_INSTANCES: [Self; 3] = [Self::Cpu, Self::NetworkIn, Self::NetworkOut];
    /// Those of a volume.
    pub const OF_VOLUMES: [Self; 2] = [Self::VolumeRead, Self::VolumeWrite];

    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::NetworkIn => "network-in",
            Self::NetworkOut => "network-out",
            Self::VolumeRead => "volume-read",
            Self::VolumeWrite => "volume-write",
        }
    }

    /// What its numbers are: `percent`, or `bytes` in the whole period.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Cpu => "percent",
            Self::NetworkIn | Self::NetworkOut | Self::VolumeRead | Self::VolumeWrite => "bytes",
        }
    }
}

/// A node with its volumes, as far as AWS's ids of them are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The deployment.
    pub deployment: DeploymentId,
    /// What it is called in the deployment.
    pub key: Key,
    /// The instance.
    pub instance: AwsId,
    /// Its volumes: `root` and `data`.
    pub volumes: Vec<(String, AwsId)>,
}

/// The nodes among the resources of a deployment whose ids in AWS are known.
pub fn nodes(deployment: DeploymentId, known: &[(Kind, &Key, &AwsId)]) -> Vec<Node> {
    let of_kind = |of| known.iter().filter(move |(kind, ..)| *kind == of);
    let volumes = |node: &Key| {
        let volumes = of_kind(Kind::Volume).filter_map(|(_, key, id)| {
            let name = key.as_str().strip_prefix(node.as_str())?.strip_prefix('/')?;
            Some((name.to_owned(), (*id).clone()))
        });
        volumes.collect()
    };
    let node = |(_, key, id): &(Kind, &Key, &AwsId)| Node {
        deployment,
        key: (*key).clone(),
        instance: (*id).clone(),
        volumes: volumes(key),
    };
    of_kind(Kind::Instance).map(node).collect()
}

/// AWS's checks of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checks {
    /// The machine below it.
    pub system: Health,
    /// The instance itself.
    pub instance: Health,
    /// Maintenance that AWS has announced and not done, in its words.
    pub announced: Vec<String>,
}

/// One figure of one node over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// What is measured.
    pub figure: Figure,
    /// Of which instance or volume.
    pub of: AwsId,
    /// What the volume is called in its node; `None` for what is measured of the instance.
    pub volume: Option<String>,
    /// The points, oldest first: seconds since 1970-01-01T00:00:00Z, and the number.
    pub points: Vec<(i64, f64)>,
}

impl Series {
    /// Every series of a node, without points.
    pub fn of(node: &Node) -> Vec<Self> {
        let empty = |figure, of: &AwsId, volume: Option<&String>| Self {
            figure,
            of: of.clone(),
            volume: volume.cloned(),
            points: Vec::new(),
        };
        let of_instance = Figure::OF_INSTANCES.map(|figure| empty(figure, &node.instance, None));
        let of_volumes = node
            .volumes
            .iter()
            .flat_map(|(name, volume)| Figure::OF_VOLUMES.map(|figure| empty(figure, volume, Some(name))));
        of_instance.into_iter().chain(of_volumes).collect()
    }

    /// The same with `new` points; those before `since` are forgotten. Of the same time, the new one is right.
    #[must_use]
    pub fn with(mut self, new: impl IntoIterator<Item = (i64, f64)>, since: Timestamp) -> Self {
        let mut points: BTreeMap<i64, f64> = self.points.into_iter().collect();
        points.extend(new);
        self.points = points.split_off(&since.as_second()).into_iter().collect();
        self
    }

    /// The latest number, when it is not older than that.
    pub fn latest(&self, since: Timestamp) -> Option<f64> {
        self.points.last().filter(|(at, _)| *at >= since.as_second()).map(|(_, value)| *value)
    }
}

/// What was last read of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeReading {
    /// The node's deployment.
    pub deployment: DeploymentId,
    /// What it is called in the deployment.
    pub key: Key,
    /// The instance it was.
    pub instance: AwsId,
    /// When it was read.
    pub at: Timestamp,
    /// AWS's checks; `None` when AWS said nothing of it.
    pub checks: Option<Checks>,
    /// CloudWatch's figures.
    pub series: Vec<Series>,
}

impl NodeReading {
    /// The sum of the latest numbers of a figure (of both volumes, where it is one of volumes); `None` when there
    /// is none of the last quarter of an hour.
    pub fn latest(&self, figure: Figure) -> Option<f64> {
        let of_it = self.series.iter().filter(|series| series.figure == figure);
        of_it.filter_map(|series| series.latest(self.at - LATE)).reduce(|sum, more| sum + more)
    }
}

/// Whether something could be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// Whether it could.
    pub state: SightState,
    /// Why not, in a sentence.
    pub reason: Option<String>,
    /// When AWS last answered; `None` when it never did.
    pub answered_at: Option<Timestamp>,
}

/// Whether something could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SightState {
    /// It was read.
    Known,
    /// There is nothing to read yet.
    NoneYet,
    /// The cloud account's user or role may not read it.
    NotPermitted,
    /// AWS could not be asked.
    NotAnswered,
}

impl SightState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Known, Self::NoneYet, Self::NotPermitted, Self::NotAnswered];

    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::NoneYet => "none-yet",
            Self::NotPermitted => "not-permitted",
            Self::NotAnswered => "not-answered",
        }
    }
}

/// Which time to read figures of: all that is kept, or what may be new since AWS last answered. Whole minutes.
pub fn span(now: Timestamp, answered_at: Option<Timestamp>) -> (Timestamp, Timestamp) {
    let to = whole_minute(now);
    let kept = to - KEPT;
    let from = answered_at.map_or(kept, |at| (whole_minute(at) - LATE).clamp(kept, to));
    (from, to)
}

fn whole_minute(at: Timestamp) -> Timestamp {
    let seconds = at.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(i64::from(PERIOD_SECONDS))).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[rstest]
    #[case::the_first_time(None, "2026-11-20T12:00:00Z")]
    #[case::after_a_minute(Some("2026-11-20T14:59:30Z"), "2026-11-20T14:44:00Z")]
    #[case::after_a_day_without_an_answer(Some("2026-11-19T15:00:00Z"), "2026-11-20T12:00:00Z")]
    fn only_what_may_be_new_is_read(#[case] answered: Option<&str>, #[case] from: &str) {
        let span = span(at("2026-11-20T15:00:42Z"), answered.map(at));
        assert_eq!(span, (at(from), at("2026-11-20T15:00:00Z")));
    }

    fn series(points: &[(i64, f64)]) -> Series {
        Series { figure: Figure::Cpu, of: "i-1".into(), volume: None, points: points.to_vec() }
    }

    #[test]
    fn new_points_replace_those_of_the_same_time_and_old_ones_are_forgotten() {
        let since = Timestamp::from_second(100).unwrap();
        let merged = series(&[(40, 1.0), (100, 2.0), (160, 3.0)]).with([(220, 5.0), (160, 4.0)], since);
        assert_eq!(merged.points, [(100, 2.0), (160, 4.0), (220, 5.0)]);
    }

    #[test]
    fn the_latest_number_is_of_the_last_quarter_of_an_hour_and_adds_volumes_up() {
        let read = at("2026-11-20T15:00:00Z");
        let of = |volume: &str, ago: i64, value| Series {
            figure: Figure::VolumeRead,
            of: volume.into(),
            volume: Some(volume.into()),
            points: vec![(read.as_second() - ago * 60, value)],
        };
        let reading = |series| NodeReading {
            deployment: DeploymentId(Uuid::nil()),
            key: Key::node(1),
            instance: "i-1".into(),
            at: read,
            checks: None,
            series,
        };
        let both = reading(vec![of("root", 1, 10.0), of("data", 15, 5.0)]);
        assert_eq!(both.latest(Figure::VolumeRead), Some(15.0));
        assert_eq!(reading(vec![of("root", 16, 10.0)]).latest(Figure::VolumeRead), None);
    }

    #[test]
    fn nodes_are_found_with_their_own_volumes_as_soon_as_their_ids_are_known() {
        let (one, eleven) = (Key::node(1), Key::node(11));
        let known = [
            (Kind::Instance, one.clone(), "i-1"),
            (Kind::Volume, one.root_volume(), "vol-1"),
            (Kind::Volume, eleven.root_volume(), "vol-11"),
        ]
        .map(|(kind, key, id)| (kind, key, AwsId::from(id)));
        let known: Vec<_> = known.iter().map(|(kind, key, id)| (*kind, key, id)).collect();
        let found = nodes(DeploymentId(Uuid::nil()), &known);
        let found: Vec<_> = found.iter().map(|it| (it.instance.as_str(), it.volumes.as_slice())).collect();
        assert_eq!(found, [("i-1", [("root".to_owned(), AwsId::from("vol-1"))].as_slice())]);
    }
}
