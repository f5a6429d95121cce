//! `berth doctor`: looks at everything `berth serve` needs, and says what to do.

use std::{error::Error, process::ExitCode};

use berth_cloud_aws::AwsCloud;
use berth_control::master_key::{self, CheckError};
use berth_store::Store;
use berth_vault::Vault;
use clap::Args;
use serde::Serialize;

use super::alone;
use crate::{cli::Context, config::Config, environment, output, wiring};

/// AWS refuses what is signed more than 5 minutes off; a clock that far off has long been wrong.
const MOST_SECONDS_OFF: i64 = 60;

/// Check configuration, database, master key, AWS and the clock.
///
/// Changes nothing. Exits with 0 when all is well, 1 when something is not.
#[derive(Args)]
#[command(after_help = "\
Examples:
  berth doctor
  berth --config /etc/berth.toml doctor --json")]
pub(crate) struct Doctor {
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// How one thing is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase", tag = "state", content = "message")]
enum State {
    /// As it should be; what was seen.
    Ok(String),
    /// Not as it should be, and what to do.
    Fail(String),
    /// Could not be looked at, and why.
    Skipped(String),
}

#[derive(Debug, Serialize)]
struct Examined {
    check: &'static str,
    #[serde(flatten)]
    state: State,
}

impl Doctor {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        alone(async {
            let examined = examine(context).await;
            let well = !examined.iter().any(|each| matches!(each.state, State::Fail(_)));
            if self.json {
                output::json(&examined)?
            } else {
                output::text(&table(&examined))?
            }
            Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
    }
}

async fn examine(context: &Context) -> Vec<Examined> {
    let mut examined = Vec::new();
    let mut add = |check, state| examined.push(Examined { check, state });
    match context.config() {
        Err(error) => {
            add("configuration", failed(&error));
            for check in ["database", "migrations", "master key"] {
                add(check, State::Skipped("the configuration cannot be read".into()));
            }
        }
        Ok(config) => {
            add("configuration", configuration(&config));
            let (database, store) = database(&config).await;
            add("database", database);
            let migrations = migrations(store.as_ref()).await;
            let migrated = store.filter(|_| matches!(migrations, State::Ok(_)));
            add("migrations", migrations);
            add("master key", master_key(&config, migrated.as_ref()).await);
        }
    }
    let (aws, clock) = aws().await;
    add("AWS", aws);
    add("clock", clock);
    examined
}

fn configuration(config: &Config) -> State {
    match config.operator() {
        Ok(account) => State::Ok(format!("the operator's AWS account is {account}")),
        Err(error) => failed(&error),
    }
}

async fn database(config: &Config) -> (State, Option<Store>) {
    let store = match wiring::store(config).await {
        Ok(store) => store,
        Err(error) => return (failed(&error), None),
    };
    let seen = match store.ping().await {
        Ok(()) => "answers",
        // Only a SQLite file that is not there yet counts as having all migrations to come.
        Err(_) if store.pending_migrations().await.is_ok() => "has no file yet",
        Err(error) => return (failed(&error), None),
    };
    (State::Ok(format!("{} {seen}", store.backend())), Some(store))
}

async fn migrations(store: Option<&Store>) -> State {
    let Some(store) = store else { return State::Skipped("the database does not answer".into()) };
    match store.pending_migrations().await {
        Ok(pending) if pending.is_empty() => State::Ok("all are applied".into()),
        Ok(pending) => State::Fail(format!(
            "{} to apply: run `berth init` for a new installation, `berth migrate` after an upgrade",
            pending.len()
        )),
        Err(error) => failed(&error),
    }
}

/// Looks at the file in any case, and whether it opens the database where there is one.
async fn master_key(config: &Config, store: Option<&Store>) -> State {
    let vault = match Vault::open(&config.master_key_file) {
        Ok(vault) => vault,
        Err(error) => return failed(&error),
    };
    let file = config.master_key_file.display();
    let Some(store) = store else {
        return State::Skipped(format!("{file} is sound; there is no migrated database to try it on"));
    };
    match master_key::check(store, &vault).await {
        Ok(()) => State::Ok(format!("{file} opens the database")),
        Err(CheckError::Store(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

async fn aws() -> (State, State) {
    let cloud = AwsCloud::from_env().await;
    match cloud.probe().await {
        Ok(probe) => {
            let reached = State::Ok(format!("STS answers in {}", cloud.region()));
            (reached, clock(probe.unix_time, environment::real().now().as_second()))
        }
        Err(error) => {
            let message = format!(
                "{error} ({}): let this machine out to AWS's STS and IAM over HTTPS, and check AWS_REGION and \
                 AWS_ENDPOINT_URL",
                error.detail
            );
            (State::Fail(message), State::Skipped("AWS could not be asked for the time".into()))
        }
    }
}

/// Both times in seconds since 1970.
fn clock(aws: Option<i64>, here: i64) -> State {
    let Some(aws) = aws else { return State::Skipped("AWS's answer bears no time".into()) };
    let off = here - aws;
    if off.abs() <= MOST_SECONDS_OFF {
        return State::Ok(format!("within {} s of AWS's", off.abs().max(1)));
    }
    let side = if off > 0 { "ahead of" } else { "behind" };
    State::Fail(format!("{} s {side} AWS's: set it, by NTP for good", off.abs()))
}

fn failed(error: &(dyn Error + 'static)) -> State {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message = format!("{message} ({error})");
        cause = error.source();
    }
    State::Fail(message)
}

fn table(examined: &[Examined]) -> String {
    let rows: Vec<_> = examined
        .iter()
        .map(|Examined { check, state }| {
            let (state, message) = match state {
                State::Ok(message) => ("ok", message),
                State::Fail(message) => ("FAIL", message),
                State::Skipped(message) => ("skipped", message),
            };
            [(*check).to_owned(), state.to_owned(), message.clone()]
        })
        .collect();
    output::table(["CHECK", "STATE", "MESSAGE"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wrong_when_it_is_more_than_a_minute_off_either_way() {
        assert!(matches!(clock(Some(1_000), 1_060), State::Ok(_)));
        assert!(
            matches!(clock(Some(1_000), 1_061), State::Fail(text) if text.starts_with("61 s ahead of"))
        );
        assert!(matches!(clock(Some(1_000), 900), State::Fail(text) if text.starts_with("100 s behind")));
        assert!(matches!(clock(None, 1_000), State::Skipped(_)));
    }
}
