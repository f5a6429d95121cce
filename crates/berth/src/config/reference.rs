//! The commented default file and the reference page, both made from the table of settings.

use std::fmt::Write;

use super::{SETTINGS, Setting, variable};

/// AWS's own variables that matter, and what for. The AWS SDK reads them, not Berth.
const AWS_VARIABLES: &[(&str, &str)] = &[
    (
        "AWS_REGION",
        "The region whose STS endpoint is called and that permissions are simulated in; `us-east-1` when not \
         set.",
    ),
    (
        "AWS_ENDPOINT_URL",
        "Where AWS is, when it is not AWS: a simulator, such as `http://127.0.0.1:4566`, or a private endpoint.",
    ),
    (
        "AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL_IAM",
        "The same for one service; stronger than `AWS_ENDPOINT_URL`.",
    ),
    ("AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT", "`true` for AWS's FIPS or IPv6 endpoints."),
    (
        "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY",
        "The key that `berth verify` verifies. `berth serve` uses the keys of the registered accounts and \
         ignores these.",
    ),
];

/// The default configuration file: every setting explained, every line commented out.
pub(crate) fn default_file() -> String {
    let mut file = String::from(
        "# Configuration of Berth. Every setting stands here with its default, or with an example where it has\n\
         # none. Each can also be set by the environment variable named beside it, which is stronger than this\n\
         # file. Use it with `berth --config FILE …`. Made by `berth config default`.\n",
    );
    for setting in SETTINGS {
        file.push('\n');
        for line in setting.doc {
            writeln!(file, "#{line}").expect("writing to a string");
        }
        let kind = if setting.has_default { "" } else { "; not set by default, an example" };
        writeln!(file, "# ({}{kind})", variable(setting.name)).expect("writing to a string");
        writeln!(file, "#{} = {}", setting.name, setting.example).expect("writing to a string");
    }
    file
}

/// The reference page, `docs/reference/configuration.md`.
pub(crate) fn reference_page() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         <!-- Made by `berth config reference` from crates/berth/src/config/settings.rs; `make regen` renews it. -->\n\n\
         Berth reads its settings from a TOML file, given by `berth --config FILE`, and from environment variables. \
         A variable is stronger than the file, the file stronger than the default; an empty variable counts as \
         not set. A setting that nobody knows, in the file or as `BERTH_…`, is an error that names it. \
         `berth config default` prints a file with every setting, explained and commented out; \
         `berth doctor` checks the configuration and what it points at.\n\n\
         | setting | variable | default |\n|---|---|---|\n",
    );
    let mut add = |text: String| page.push_str(&text);
    for setting in SETTINGS {
        let default = if setting.has_default { format!("`{}`", setting.example) } else { "not set".into() };
        add(format!("| [`{0}`](#{0}) | `{1}` | {default} |\n", setting.name, variable(setting.name)));
    }
    for setting in SETTINGS {
        let label = if setting.has_default { "default" } else { "example" };
        add(format!(
            "\n## {0}\n\n{1}\n\n```toml\n# {label}; in the environment {2}\n{0} = {3}\n```\n",
            setting.name,
            setting.text(),
            variable(setting.name),
            setting.example,
        ));
    }
    add("\n## AWS's own variables\n\nThe AWS SDK reads these from the environment; they have no place in the \
         file.\n\n| variable | what it does |\n|---|---|\n"
        .into());
    for (names, text) in AWS_VARIABLES {
        let names: Vec<_> = names.split(", ").map(|name| format!("`{name}`")).collect();
        add(format!("| {} | {text} |\n", names.join(", ")));
    }
    page
}

impl Setting {
    fn text(&self) -> String {
        self.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_default_file_with_its_settings_uncommented_is_a_valid_file_that_sets_everything() {
        let uncommented: String = default_file()
            .lines()
            .filter_map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')))
            .map(|line| format!("{line}\n"))
            .collect();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &uncommented).unwrap();
        let config = Config::load(Some(file.path()), []).unwrap();
        assert!(config.public_url.is_some() && config.operator_aws_account_id.is_some());
        assert_eq!(uncommented.lines().count(), SETTINGS.len());
    }

    #[test]
    fn the_default_file_as_it_is_changes_nothing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), default_file()).unwrap();
        let with_file = Config::load(Some(file.path()), []).unwrap();
        let without = Config::load(None, []).unwrap();
        assert_eq!(format!("{with_file:?}"), format!("{without:?}"));
    }

    #[test]
    fn every_setting_can_be_set_by_its_variable() {
        let variables = SETTINGS.iter().map(|setting| {
            (variable(setting.name).into(), setting.example.trim_matches('"').to_owned().into())
        });
        Config::load(None, variables).unwrap();
    }
}
