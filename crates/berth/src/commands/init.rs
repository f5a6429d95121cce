//! `berth init`: the first account, or one more.

use std::process::ExitCode;

use berth_control::operator::Operator;
use berth_domain::{
    ids::AccountId,
    values::{DisplayName, Email},
};
use clap::Args;
use serde::Serialize;

use super::alone;
use crate::{cli::Context, environment, output, wiring};

/// Create an account with its owner and API keys; the database and the master key too, where there are none.
///
/// Migrates the database, creates the master key file (mode 0600) if neither it nor the database has a key,
/// then creates the account. Password and secret key are printed once and cannot be shown again. Run again,
/// it creates a further, separate account.
#[derive(Args)]
#[command(after_help = "\
Examples:
  berth init --account Acme --owner-email ops@acme.example
  berth init --account 'Acme Ltd' --owner-email ops@acme.example --json > acme.json")]
pub(crate) struct Init {
    /// The account's name.
    #[arg(long, value_name = "NAME")]
    account: DisplayName,
    /// The email address of the account's owner.
    #[arg(long, value_name = "EMAIL")]
    owner_email: Email,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    account_id: AccountId,
    owner: Owner<'a>,
    api_key: Keys<'a>,
}

#[derive(Serialize)]
struct Owner<'a> {
    email: &'a str,
    password: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Keys<'a> {
    account_key: &'a str,
    secret_key: &'a str,
}

impl Init {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        alone(async {
            let config = context.config()?;
            let store = wiring::store(&config).await?;
            store.migrate().await?;
            wiring::vault_or_new(&config, &store).await?;
            let operator = Operator::new(store, environment::real());
            let made = operator.create_customer(self.account, self.owner_email).await?;
            let created = Created {
                account_id: made.account_id,
                owner: Owner { email: made.owner_email.as_str(), password: made.password.expose() },
                api_key: Keys {
                    account_key: &made.api_key.account_key,
                    secret_key: made.api_key.secret_key.expose(),
                },
            };
            if self.json {
                output::json(&created)?
            } else {
                output::text(&created.to_text())?
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Created<'_> {
    fn to_text(&self) -> String {
        format!(
            "Account {} was created. Its secrets are shown this once; keep them now.\n\n  \
             owner             {}\n  \
             password          {}\n  \
             x-api-key         {}\n  \
             x-api-secret-key  {}",
            self.account_id,
            self.owner.email,
            self.owner.password,
            self.api_key.account_key,
            self.api_key.secret_key,
        )
    }
}
