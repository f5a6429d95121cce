//! `berth master-key`: the keys that all stored secrets are sealed with.

use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::alone;
use crate::{cli::Context, output, wiring};

/// Manage the master key.
#[derive(Subcommand)]
pub(crate) enum MasterKeyCommand {
    /// Add a new master key and seal every stored secret with it, while servers run.
    ///
    /// The new key is added to the master key file, which every server must see: copy it there when servers
    /// don't share it. Keep copies of the old file as long as backups of the old database.
    #[command(after_help = "\
Example:
  berth master-key rotate")]
    Rotate {
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct Rotated {
    active: String,
    resealed: u64,
}

impl MasterKeyCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let Self::Rotate { json } = self;
        alone(async {
            let operator = wiring::operator(&context.config()?).await?;
            let rotation = operator.rotate_master_key().await?;
            let rotated = Rotated { active: rotation.active, resealed: rotation.resealed };
            if json {
                output::json(&rotated)?;
            } else {
                let Rotated { active, resealed } = rotated;
                output::text(&format!("Master key {active} is in use; {resealed} stored secrets sealed anew."))?;
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
