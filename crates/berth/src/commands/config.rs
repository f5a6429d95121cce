//! `berth config`: what can be set.

use std::process::ExitCode;

use clap::Subcommand;

use crate::{
    config::{default_file, reference_page},
    output,
};

/// Print what can be set.
#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print a configuration file with every setting, explained and commented out.
    #[command(after_help = "\
Example:
  berth config default > /etc/berth.toml")]
    Default,
    /// Print the reference page of all settings (Markdown).
    #[command(after_help = "\
Example:
  berth config reference > docs/reference/configuration.md")]
    Reference,
}

impl ConfigCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        output::text(&match self {
            Self::Default => default_file(),
            Self::Reference => reference_page(),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
