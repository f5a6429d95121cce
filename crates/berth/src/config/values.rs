//! The kinds of value that settings have.

use std::net::IpAddr;

use berth_domain::{permissions::Profile, rotation::EveryDays, values::Invalid};
use ipnet::IpNet;
use jiff::SignedDuration;
use serde::Deserialize;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use url::Url;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A permission profile, by its name.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PermissionProfile(pub(crate) &'static Profile);

impl TryFrom<String> for PermissionProfile {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        Profile::named(&name).map(Self).ok_or_else(|| {
            let names: Vec<_> = Profile::ALL.iter().map(|profile| profile.name).collect();
            Invalid(format!("it is {name:?}, and must be {}", names.join(" or ")))
        })
    }
}

/// `http://` or `https://`, a host, perhaps a path; no slash at the end.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PublicUrl(pub(crate) String);

impl TryFrom<String> for PublicUrl {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let sound = rest.is_some_and(|rest| {
            !rest.is_empty()
                && !rest.starts_with('/')
                && !rest.contains(['?', '#', '@'])
                && !rest.chars().any(|c| c.is_whitespace() || c.is_control())
        });
        if !sound {
            return Err(Invalid("it must be http:// or https://, a host, and perhaps a path".into()));
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// An `http://` or `https://` URL.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct FederationUrl(pub(crate) Url);

impl TryFrom<String> for FederationUrl {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let url = text.parse::<Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        url.map(Self).ok_or_else(|| Invalid("it must be an http:// or https:// URL".into()))
    }
}

/// Networks, each as `10.0.0.0/8` or a single address, separated by commas.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Networks(pub(crate) Vec<IpNet>);

impl TryFrom<String> for Networks {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let parse = |text: &str| {
            let address = || text.parse::<IpAddr>().map(IpNet::from);
            let network = text.parse::<IpNet>().or_else(|_| address());
            network.map_err(|_| {
                Invalid(format!("{text:?} is neither an address nor a network such as 10.0.0.0/8"))
            })
        };
        let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        texts.map(parse).collect::<Result<_, _>>().map(Self)
    }
}

/// Every how many days access keys are rotated; 0 is never.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "i32")]
pub(crate) struct RotationDays(pub(crate) EveryDays);

impl TryFrom<i32> for RotationDays {
    type Error = Invalid;

    fn try_from(days: i32) -> Result<Self, Invalid> {
        let every = EveryDays::new(days).map(Self);
        every.ok_or_else(|| Invalid(format!("it must be from 0 (never) to {} days", EveryDays::LONGEST)))
    }
}

/// How often it is read how nodes do, in seconds; 0 is never.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct ReadingSeconds(pub(crate) Option<SignedDuration>);

impl TryFrom<u32> for ReadingSeconds {
    type Error = Invalid;

    fn try_from(seconds: u32) -> Result<Self, Invalid> {
        match seconds {
            0 => Ok(Self(None)),
            // AWS accounts are read once a minute at most.
            60..=3600 => Ok(Self(Some(SignedDuration::from_secs(seconds.into())))),
            _ => Err(Invalid("it must be from 60 to 3600, or 0 (never)".to_owned())),
        }
    }
}

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Which log lines are written.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct LogFilter(Targets);

impl LogFilter {
    /// Everything at `level` from Berth, less from libraries.
    pub(crate) fn at(level: LevelFilter) -> Self {
        // Only Berth's own crates are known to log no secrets: they hold them in types that can't be printed.
        // What a library logs at its lower levels (headers, bodies, SQL) is not ours to vouch for.
        let libraries = level.min(LevelFilter::WARN);
        let targets = Targets::new()
            .with_default(libraries)
            .with_target("berth", level)
            .with_target("aws", LevelFilter::OFF)
            .with_target("hyper", LevelFilter::OFF);
        Self(targets)
    }

    /// The filter as a layer takes it.
    pub(crate) fn into_targets(self) -> Targets {
        self.0
    }
}

impl TryFrom<String> for LogFilter {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        // `LevelFilter` itself takes numbers, too, and reads nothing as `error`.
        let level = |text: &str| {
            LEVELS
                .contains(&text)
                .then(|| text.parse::<LevelFilter>().ok())
                .flatten()
                .ok_or_else(|| Invalid(format!("{text:?} is none of {}", LEVELS.join(", "))))
        };
        let mut parts = text.split(',').map(str::trim);
        let mut filter = Self::at(level(parts.next().unwrap_or_default())?);
        for part in parts {
            let (target, wanted) = part
                .split_once('=')
                .ok_or_else(|| Invalid(format!("{part:?} is not of the form CRATE=LEVEL")))?;
            if !target.starts_with("berth") {
                return Err(Invalid(format!("{target:?} is not a crate of Berth's, such as berth_api")));
            }
            filter.0 = filter.0.with_target(target, level(wanted)?);
        }
        Ok(filter)
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    fn filter(text: &str) -> Result<Targets, Invalid> {
        LogFilter::try_from(text.to_owned()).map(LogFilter::into_targets)
    }

    #[test]
    fn networks_are_separated_by_commas() {
        let networks = Networks::try_from("10.0.0.0/8, 192.0.2.7,2001:db8::/32".to_owned()).unwrap().0;
        let texts: Vec<_> = networks.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]);
        assert!(Networks::try_from("10.0.0.0/8, proxy".to_owned()).is_err());
    }

    #[test]
    fn libraries_stay_silent_below_warn_whatever_is_asked_for() {
        let targets = filter("trace").unwrap();
        assert!(targets.would_enable("berth_control::verify", &Level::TRACE));
        assert!(targets.would_enable("sqlx::query", &Level::WARN));
        assert!(!targets.would_enable("sqlx::query", &Level::INFO));
        assert!(!targets.would_enable("aws_smithy_runtime::client", &Level::ERROR));
        assert!(!targets.would_enable("hyper_util::client", &Level::ERROR));
    }

    #[test]
    fn one_crate_can_say_more_than_the_others() {
        let targets = filter("warn, berth_store=debug").unwrap();
        assert!(targets.would_enable("berth_store", &Level::DEBUG));
        assert!(!targets.would_enable("berth_api", &Level::INFO));
    }

    #[test]
    fn a_filter_that_would_do_nothing_is_refused() {
        for text in ["", "debgu", "3", "info,aws_config=trace", "info,berth_api", "info,berth_api=loud"] {
            assert!(filter(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_public_url_loses_its_last_slash() {
        assert_eq!(
            PublicUrl::try_from("https://b.example/x/".to_owned()).unwrap().0,
            "https://b.example/x"
        );
        for text in ["b.example", "https://", "https:///x", "ftp://b.example", "https://u@b.example"] {
            assert!(PublicUrl::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
