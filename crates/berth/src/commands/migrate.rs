//! `berth migrate`: brings the database's tables up to date.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::alone;
use crate::{cli::Context, output, wiring};

/// Bring the database's tables up to date. Changes nothing when they are.
#[derive(Args)]
#[command(after_help = "\
Examples:
  berth migrate
  BERTH_DATABASE_URL=postgres://berth:secret@db.example/berth berth migrate --json")]
pub(crate) struct Migrate {
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Applied {
    applied: Vec<String>,
}

impl Migrate {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        alone(async {
            let applied = wiring::store(&context.config()?).await?.migrate().await?;
            if self.json {
                output::json(&Applied { applied })?;
            } else if applied.is_empty() {
                output::text("The database is up to date.")?;
            } else {
                output::text(&format!("Applied {}.", applied.join(", ")))?;
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
