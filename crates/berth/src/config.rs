//! The configuration: defaults, overlaid by a file, overlaid by `BERTH_*` variables.
//!
//! What settings there are is told once, in [`settings`]; this reads them and says what is wrong with them.

mod reference;
mod settings;
mod values;

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

use berth_domain::values::AwsAccountId;
use figment::{
    Figment, Metadata, Profile, Provider,
    error::Kind,
    providers::{Format, Toml},
    value::{Dict, Map, Value},
};

pub(crate) use self::{
    reference::{default_file, reference_page},
    settings::{Config, SETTINGS, Setting},
    values::{LogFilter, LogFormat},
};

const PREFIX: &str = "BERTH_";

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The file is not there or not readable.
    #[error("the configuration file {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML. Quotes none of it: the line may hold a password.
    #[error("the configuration file {} is not valid TOML: {reason}", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// Nobody knows the setting.
    #[error("{name} ({origin}) is not a setting of Berth{}", suggestion(nearest.as_deref()))]
    Unknown {
        /// As written.
        name: String,
        /// Where it is written.
        origin: Origin,
        /// The setting that was probably meant.
        nearest: Option<String>,
    },
    /// The value of a setting cannot be used.
    #[error("{name} ({origin}) cannot be used: {reason}; an example: {example}")]
    Invalid {
        /// As written.
        name: String,
        /// Where it is written.
        origin: Origin,
        /// What is wrong with it.
        reason: String,
        /// A value that can be used.
        example: &'static str,
    },
    /// A setting that has no default is not set.
    #[error(
        "it is not set which AWS account is the operator's: set BERTH_OPERATOR_AWS_ACCOUNT_ID in the \
         environment, or operator_aws_account_id in the file given by --config, to its 12 digits"
    )]
    NoOperator,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The table of settings.
    Default,
    /// A configuration file.
    File(PathBuf),
    /// A `BERTH_*` variable.
    Environment,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File(path) => write!(f, "in {}", path.display()),
            Self::Environment => f.write_str("in the environment"),
        }
    }
}

impl Origin {
    /// A setting's name as it is written there.
    fn name_of(&self, setting: &str) -> String {
        match self {
            Self::Environment => variable(setting),
            Self::Default | Self::File(_) => setting.to_owned(),
        }
    }
}

/// The environment variable of a setting.
fn variable(setting: &str) -> String {
    format!("{PREFIX}{}", setting.to_ascii_uppercase())
}

impl Config {
    /// Reads the configuration: the defaults, then `file`, then the `BERTH_*` among `environment`.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, Error> {
        let mut layers = vec![Layer::defaults()];
        if let Some(path) = file {
            layers.push(Layer::file(path)?);
        }
        layers.push(Layer::environment(environment)?);

        let mut figment = Figment::new();
        for layer in &layers {
            figment = figment.merge(layer);
        }
        figment.extract().map_err(|error| {
            let name = error.path.first().cloned().unwrap_or_default();
            let origin = layers
                .into_iter()
                .rev()
                .find(|layer| layer.values.contains_key(&name))
                .map_or(Origin::Default, |layer| layer.origin);
            Error::Invalid {
                example: Setting::named(&name).map_or("", |setting| setting.example),
                name: origin.name_of(&name),
                reason: reason(&error.kind),
                origin,
            }
        })
    }

    /// The operator's AWS account, for what cannot do without.
    pub(crate) fn operator(&self) -> Result<&AwsAccountId, Error> {
        self.operator_aws_account_id.as_ref().ok_or(Error::NoOperator)
    }
}

/// The settings that one source gives.
struct Layer {
    origin: Origin,
    values: Dict,
}

impl Layer {
    fn defaults() -> Self {
        let text: String = SETTINGS
            .iter()
            .filter(|setting| setting.has_default)
            .map(|setting| format!("{} = {}\n", setting.name, setting.example))
            .collect();
        let values = Toml::from_str(&text).expect("a test reads the defaults");
        Self { origin: Origin::Default, values }
    }

    fn file(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
        let values: Dict = Toml::from_str(&text).map_err(|error| Error::NotToml {
            path: path.to_owned(),
            reason: without_snippet(&error.to_string()),
        })?;
        let origin = Origin::File(path.to_owned());
        for name in values.keys() {
            known(name, &origin)?;
        }
        Ok(Self { origin, values })
    }

    fn environment(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self, Error> {
        let origin = Origin::Environment;
        let mut values = Dict::new();
        for (variable, value) in variables {
            let Some(name) = variable.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
            let setting = known(&name.to_ascii_lowercase(), &origin)?;
            let Some(value) = value.to_str() else {
                return Err(Error::Invalid {
                    name: variable.to_string_lossy().into_owned(),
                    origin,
                    reason: "it is not UTF-8 text".into(),
                    example: setting.example,
                });
            };
            // Compose files and units often pass a variable on that nobody has set.
            if !value.is_empty() {
                values.insert(setting.name.to_owned(), setting.read(value));
            }
        }
        Ok(Self { origin, values })
    }
}

impl Provider for &Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.to_string())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

impl Setting {
    fn named(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// The value of a variable. Texts stay as they are: `012345678901` is an AWS account, not a number.
    fn read(&self, text: &str) -> Value {
        if self.example.starts_with('"') {
            return Value::from(text);
        }
        text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from)
    }
}

fn known(name: &str, origin: &Origin) -> Result<&'static Setting, Error> {
    Setting::named(name).ok_or_else(|| {
        let nearest = SETTINGS
            .iter()
            .map(|setting| (strsim::jaro_winkler(name, setting.name), setting.name))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|(one, _), (other, _)| one.total_cmp(other));
        Error::Unknown {
            name: origin.name_of(name),
            origin: origin.clone(),
            nearest: nearest.map(|(_, name)| origin.name_of(name)),
        }
    })
}

fn suggestion(nearest: Option<&str>) -> String {
    match nearest {
        Some(name) => format!("; did you mean {name}?"),
        None => "; `berth config reference` lists them all".into(),
    }
}

fn reason(kind: &Kind) -> String {
    match kind {
        Kind::InvalidType(found, expected) => format!("it is {found}, and must be {expected}"),
        Kind::UnknownVariant(found, expected) => {
            format!("it is {found:?}, and must be {}", expected.join(" or "))
        }
        other => other.to_string(),
    }
}

/// A TOML error as `TOML parse error at line 3, column 5: MESSAGE`, without the lines it quotes.
fn without_snippet(message: &str) -> String {
    let mut lines = message.lines();
    let place = lines.next().unwrap_or_default().replace("TOML parse error at ", "");
    match lines.rfind(|line| !line.trim().is_empty()) {
        Some(cause) => format!("{cause} ({place})"),
        None => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_environment(variables: &[(&str, &str)]) -> Result<Config, Error> {
        Config::load(None, variables.iter().map(|(name, value)| (name.into(), value.into())))
    }

    fn from_file(text: &str) -> Result<Config, Error> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Config::load(Some(file.path()), [])
    }

    #[test]
    fn without_file_and_environment_the_defaults_hold() {
        let config = from_environment(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.master_key_file, Path::new("berth-master.key"));
        assert_eq!(config.permission_profile.0.name, "berth");
        assert!(matches!(config.operator(), Err(Error::NoOperator)));
    }

    #[test]
    fn the_environment_beats_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "listen = \"127.0.0.1:1\"\nrate_limit_per_minute = 7\n").unwrap();
        let environment = [("BERTH_LISTEN".into(), "127.0.0.1:2".into())];
        let config = Config::load(Some(file.path()), environment).unwrap();
        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.rate_limit_per_minute.get(), 7);
    }

    #[test]
    fn an_aws_account_id_in_the_environment_keeps_its_leading_zero() {
        let config = from_environment(&[("BERTH_OPERATOR_AWS_ACCOUNT_ID", "012345678901")]).unwrap();
        assert_eq!(config.operator().unwrap().as_str(), "012345678901");
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        assert_eq!(from_environment(&[("BERTH_LISTEN", "")]).unwrap().listen.port(), 8080);
    }

    #[test]
    fn an_unknown_variable_is_named_with_the_one_that_was_meant() {
        let error = from_environment(&[("BERTH_DATABSE_URL", "sqlite://x.db")]).unwrap_err().to_string();
        assert_eq!(
            error,
            "BERTH_DATABSE_URL (in the environment) is not a setting of Berth; did you mean BERTH_DATABASE_URL?"
        );
    }

    #[test]
    fn an_unknown_setting_in_the_file_is_named_with_the_file() {
        let error = from_file("zzz = 1").unwrap_err().to_string();
        assert!(error.starts_with("zzz (in /"), "{error}");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_named_with_where_it_comes_from() {
        let error = from_environment(&[("BERTH_RATE_LIMIT_PER_MINUTE", "many")]).unwrap_err().to_string();
        assert_eq!(
            error,
            "BERTH_RATE_LIMIT_PER_MINUTE (in the environment) cannot be used: it is string \"many\", and must \
             be a nonzero u32; an example: 400"
        );
        let error = from_file("operator_aws_account_id = 123456789012").unwrap_err().to_string();
        assert!(error.starts_with("operator_aws_account_id (in /"), "{error}");
        let error = from_file("log = \"xml\"").unwrap_err().to_string();
        assert!(error.contains("it is \"xml\", and must be text or json"), "{error}");
    }

    #[test]
    fn a_broken_file_is_not_quoted() {
        let error = from_file("\ndatabase_url = \"postgres://u:hunter2@h/d").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
