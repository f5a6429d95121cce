//! `berth completions`: completes commands in a shell.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{cli::Cli, output};

/// Print completions for a shell.
#[derive(Args)]
#[command(after_help = "\
Examples:
  berth completions bash > /etc/bash_completion.d/berth
  berth completions zsh > ~/.zfunc/_berth")]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "berth", &mut script);
        output::text(&String::from_utf8(script)?)?;
        Ok(ExitCode::SUCCESS)
    }
}
