//! Maintenance windows: when Berth may disturb a subscription.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp, civil::Weekday, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    problem::Problem,
    reading::{Object, Reading},
    subscription::database::MemoryStorage,
    task::ErrorType,
};

/// How many windows there may be.
const MOST_WINDOWS: usize = 7;
/// The time zone of every window, by its name in the API.
pub const TIME_ZONE: &str = "UTC";

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Day {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Day {
    const ALL: [(&'static str, Self, Weekday); 7] = [
        ("Monday", Self::Monday, Weekday::Monday),
        ("Tuesday", Self::Tuesday, Weekday::Tuesday),
        ("Wednesday", Self::Wednesday, Weekday::Wednesday),
        ("Thursday", Self::Thursday, Weekday::Thursday),
        ("Friday", Self::Friday, Weekday::Friday),
        ("Saturday", Self::Saturday, Weekday::Saturday),
        ("Sunday", Self::Sunday, Weekday::Sunday),
    ];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, day, _)| *day == self).map_or("", |(name, _, _)| name)
    }

    fn of(weekday: Weekday) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, _, day)| *day == weekday).map(|(_, day, _)| day)
    }
}

/// Some hours on some days, in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceWindow {
    /// The days on which it begins.
    pub days: Vec<Day>,
    /// The hour at which it begins, 0–23.
    pub start_hour: u8,
    /// How long it lasts, 4–24 hours.
    pub duration_in_hours: u8,
}

/// When Berth may disturb a subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaintenanceWindows {
    /// Whenever Berth sees fit.
    #[default]
    Automatic,
    /// In these windows only, at least one.
    Manual(Vec<MaintenanceWindow>),
}

impl MaintenanceWindows {
    /// Whether a window is open.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let Self::Manual(windows) = self else { return true };
        let at = at.to_zoned(TimeZone::UTC);
        let (hour, today) = (at.hour(), Day::of(at.weekday()));
        let yesterday = Day::of(at.weekday().previous());
        windows.iter().any(|window| {
            let start = i16::from(window.start_hour);
            let end = start + i16::from(window.duration_in_hours);
            let hour = i16::from(hour);
            let begun = |day: Option<Day>| day.is_some_and(|day| window.days.contains(&day));
            (begun(today) && (start..end).contains(&hour))
                || (begun(yesterday) && (start..end).contains(&(hour + 24)))
        })
    }

    /// When a window opens that is not open at `at`: the first full hour of one; `None` when none ever does.
    pub fn next_opening(&self, at: Timestamp) -> Option<Timestamp> {
        let hour = SignedDuration::from_hours(1).as_secs();
        let begun = Timestamp::from_second(at.as_second() / hour * hour).ok()?;
        let mut hours = (1..=7 * 24).map(|later| begun + SignedDuration::from_hours(later));
        hours.find(|hour| self.is_open(*hour))
    }

    /// Reads the body of a change, `{"mode": "manual", "windows": […]}`.
    pub fn parse(body: &Map<String, Value>, storage: MemoryStorage) -> Result<Self, Vec<Problem>> {
        use ErrorType as Kind;
        let mut reading = Reading::default();
        let body = Object::body(body);
        let mode = reading.text(&body, "mode");
        let windows = reading.objects(&body, "windows").unwrap_or_default();
        let parsed = match mode.as_deref() {
            Some("automatic") if windows.is_empty() => Some(Self::Automatic),
            Some("automatic") => {
                let message = "cannot be given when the mode is automatic";
                let kind = Kind::MaintenanceWindowAutomaticModeWithMaintenanceWindows;
                reading.refuse("windows", kind, message);
                None
            }
            Some("manual") => {
                if windows.is_empty() {
                    let message = "must name at least one window when the mode is manual";
                    let kind = Kind::MaintenanceWindowManualModeWithNoMaintenanceWindows;
                    reading.refuse("windows", kind, message);
                }
                if windows.len() > MOST_WINDOWS {
                    let message = format!("may be at most {MOST_WINDOWS}; these are {}", windows.len());
                    let kind = Kind::MaintenanceWindowGreaterThanMaximumAllowableMaintenanceWindowsProvided;
                    reading.refuse("windows", kind, message);
                }
                let windows =
                    windows.iter().filter_map(|window| read_window(&mut reading, window, storage));
                Some(Self::Manual(windows.collect()))
            }
            _ => {
                let message = "must be manual or automatic";
                reading.refuse(
                    "mode",
                    Kind::MaintenanceWindowInvalidMaintenanceWindowModeProvided,
                    message,
                );
                None
            }
        };
        reading.finish(parsed)
    }
}

fn read_window(
    reading: &mut Reading,
    window: &Object<'_>,
    storage: MemoryStorage,
) -> Option<MaintenanceWindow> {
    let days = read_days(reading, window);
    let start = read_hour(reading, window, "startHour");
    let duration = match window.has("durationInHours") {
        // redisctl names the end, and not the duration.
        false if window.has("endHour") => {
            let end = read_hour(reading, window, "endHour")?;
            // From an hour to the same hour is a whole day.
            start.map(|start| if end == start { 24 } else { i64::from((end + 24 - start) % 24) })
        }
        false => {
            let kind = ErrorType::MaintenanceWindowInvalidDurationInHours;
            reading.refuse(window.path("durationInHours"), kind, "is required");
            None
        }
        true => reading.whole(window, "durationInHours"),
    };
    let duration = duration.and_then(|hours| check_duration(reading, window, hours, storage));
    Some(MaintenanceWindow { days: days?, start_hour: start?, duration_in_hours: duration? })
}

fn check_duration(
    reading: &mut Reading,
    window: &Object<'_>,
    hours: i64,
    storage: MemoryStorage,
) -> Option<u8> {
    let (least, kind) = match storage {
        MemoryStorage::Ram => (4, ErrorType::MaintenanceWindowInvalidDurationInHours),
        MemoryStorage::RamAndFlash => (8, ErrorType::MaintenanceWindowInvalidDurationForRofSubscription),
    };
    let sound = u8::try_from(hours).ok().filter(|hours| (least..=24).contains(hours));
    if sound.is_none() {
        let message = format!("must be from {least} to 24 hours; this is {hours}");
        reading.refuse(window.path("durationInHours"), kind, message);
    }
    sound
}

fn read_hour(reading: &mut Reading, window: &Object<'_>, name: &str) -> Option<u8> {
    if !window.has(name) {
        reading.refuse(window.path(name), ErrorType::MaintenanceWindowInvalidStartHour, "is required");
    }
    let hour = reading.whole(window, name)?;
    let sound = u8::try_from(hour).ok().filter(|hour| *hour < 24);
    if sound.is_none() {
        let message = "must be from 0 to 23";
        reading.refuse(window.path(name), ErrorType::MaintenanceWindowInvalidStartHour, message);
    }
    sound
}

fn read_days(reading: &mut Reading, window: &Object<'_>) -> Option<Vec<Day>> {
    // redisctl names one day.
    let one = reading.text(window, "dayOfWeek").map(|day| vec![(window.path("dayOfWeek"), day)]);
    let named = reading.texts(window, "days").or(one).unwrap_or_default();
    if named.is_empty() {
        let message = "must name at least one day, such as Monday";
        reading.refuse(window.path("days"), ErrorType::MaintenanceWindowInvalidDays, message);
    }
    let mut seen = HashSet::new();
    let mut days = Vec::new();
    for (path, name) in named {
        let Some((_, day, _)) = Day::ALL.into_iter().find(|(day, _, _)| day.eq_ignore_ascii_case(&name))
        else {
            let message = "must be a day of the week, such as Monday";
            reading.refuse(path, ErrorType::MaintenanceWindowInvalidDays, message);
            continue;
        };
        if !seen.insert(day) {
            reading.refuse(path, ErrorType::MaintenanceWindowDuplicateDays, "is named twice");
        }
        days.push(day);
    }
    Some(days)
}
