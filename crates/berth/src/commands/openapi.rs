//! `berth openapi`: the API's description.

use std::process::ExitCode;

use clap::Args;

use crate::output;

/// Print the REST API's description (OpenAPI, JSON).
#[derive(Args)]
#[command(after_help = "\
Example:
  berth openapi > openapi.json")]
pub(crate) struct Openapi {}

impl Openapi {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        output::text(&berth_api::openapi_json())?;
        Ok(ExitCode::SUCCESS)
    }
}
