//! `berth`: the command line around the control plane. Knows all other crates and wires them together.

mod cli;
mod commands;
mod config;
mod console;
mod environment;
mod logging;
mod metrics;
mod output;
mod shutdown;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    logging::hide_panics();
    let failure = cli.command.failure();
    match cli.run() {
        Ok(code) => code,
        Err(error) => {
            output::error(&error);
            failure
        }
    }
}
