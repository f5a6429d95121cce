//! `berth master-key`: the keys that all stored secrets are sealed with.

use std::process::ExitCode;

use berth_control::master_key::{self, Rotation};
use berth_store::Store;
use berth_vault::Vault;
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
    /// Remove the master keys that nothing in the database is sealed with any more.
    ///
    /// A backup of the database from before a rotation is sealed with a key that this removes: it can be
    /// restored only together with a copy of the file from that time. Run it while no server is sealing with an
    /// older copy of the file.
    #[command(after_help = "\
Example:
  berth master-key prune --yes")]
    Prune {
        /// Really remove them: without this, nothing is changed.
        #[arg(long, required = true)]
        yes: bool,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct Pruned {
    removed: Vec<String>,
}

#[derive(Serialize)]
struct Rotated {
    active: String,
    resealed: u64,
}

impl MasterKeyCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        alone(async {
            let config = context.config()?;
            let store = wiring::migrated_store(&config).await?;
            let vault = wiring::vault(&config, &store).await?;
            match self {
                Self::Rotate { json } => rotate(&store, &vault, json).await?,
                Self::Prune { yes: _, json } => prune(&store, &vault, json).await?,
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

async fn rotate(store: &Store, vault: &Vault, json: bool) -> anyhow::Result<()> {
    let Rotation { active, resealed } = master_key::rotate(store, vault).await?;
    if json {
        return Ok(output::json(&Rotated { active, resealed })?);
    }
    output::text(&format!("Master key {active} is in use; {resealed} stored secrets sealed anew."))?;
    Ok(())
}

async fn prune(store: &Store, vault: &Vault, json: bool) -> anyhow::Result<()> {
    let removed = master_key::prune(store, vault).await?;
    if json {
        return Ok(output::json(&Pruned { removed })?);
    }
    if removed.is_empty() {
        return Ok(output::text("Every master key in the file is in use: nothing was removed.")?);
    }
    output::text(&format!(
        "Removed from the file, because nothing is sealed with them: {}.",
        removed.join(", ")
    ))?;
    Ok(())
}
