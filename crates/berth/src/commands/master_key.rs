//! `berth master-key`: the keys that all stored secrets are sealed with.

use std::process::ExitCode;

use berth_control::master_key::{self, Rotation};
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
            let config = context.config()?;
            let store = wiring::migrated_store(&config).await?;
            let vault = wiring::vault(&config, &store).await?;
            let Rotation { active, resealed } = master_key::rotate(&store, &vault).await?;
            if json {
                output::json(&Rotated { active, resealed })?;
            } else {
                output::text(&format!(
                    "Master key {active} is in use; {resealed} stored secrets sealed anew."
                ))?;
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
