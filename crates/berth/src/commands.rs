//! What each command does, one command a file.

pub(crate) mod account;
pub(crate) mod api_key;
pub(crate) mod cloud_account;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod iam;
pub(crate) mod init;
pub(crate) mod master_key;
pub(crate) mod migrate;
pub(crate) mod openapi;
pub(crate) mod payment_method;
mod rotation;
pub(crate) mod serve;
pub(crate) mod subscription;
pub(crate) mod support;
pub(crate) mod user;
pub(crate) mod verify;
pub(crate) mod webhook;

use std::process::ExitCode;

use anyhow::Context;

use crate::logging;

/// Carries out a command that needs no more than the thread it is on.
fn alone(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    logging::start_quietly();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the operating system gave no resources to start with")?
        .block_on(work)
}
