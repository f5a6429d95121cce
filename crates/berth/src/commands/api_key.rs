//! `berth api-key`: the keys that programs come in with.

use std::{net::IpAddr, process::ExitCode};

use berth_domain::{
    account::{ApiKey, ApiKeyName},
    ids::{AccountId, ApiKeyId, UserId},
    values::Email,
};
use clap::Subcommand;
use ipnet::IpNet;
use jiff::Timestamp;
use serde::Serialize;

use super::alone;
use crate::{cli::Context, output, wiring};

/// Manage the API keys of an account.
#[derive(Subcommand)]
pub(crate) enum ApiKeyCommand {
    /// Create an API key for a user, with the user's role; its secret is printed once.
    #[command(after_help = "\
Examples:
  berth api-key create --account-id 1 --user ops@acme.example --name deploy-pipeline
  berth api-key create --account-id 1 --user ops@acme.example --name office-only --allow-from 203.0.113.0/24")]
    Create {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// The email address of the user whose role the key has.
        #[arg(long, value_name = "EMAIL")]
        user: Email,
        /// The key's name: 10 to 50 letters, digits, - or _.
        #[arg(long)]
        name: ApiKeyName,
        /// An address or network the key may be used from; may be repeated. From anywhere when absent.
        #[arg(long, value_name = "CIDR", value_parser = source)]
        allow_from: Vec<IpNet>,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the API keys, revoked ones too.
    #[command(after_help = "\
Example:
  berth api-key list --account-id 1")]
    List {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke an API key at once.
    #[command(after_help = "\
Example:
  berth api-key revoke --account-id 1 --id 7")]
    Revoke {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// The key's id, as `berth api-key list` shows it.
        #[arg(long)]
        id: ApiKeyId,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: ApiKeyId,
    user_id: UserId,
    name: &'a ApiKeyName,
    allowed_sources: &'a [IpNet],
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    #[serde(flatten)]
    key: Shown<'a>,
    account_key: &'a str,
    secret_key: &'a str,
}

impl<'a> Shown<'a> {
    fn new(key: &'a ApiKey) -> Self {
        Self {
            id: key.id,
            user_id: key.user_id,
            name: &key.name,
            allowed_sources: &key.allowed_sources,
            created_at: key.created_at,
            revoked_at: key.revoked_at,
        }
    }
}

impl ApiKeyCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        alone(async {
            let operator = wiring::operator(&context.config()?).await?;
            match self {
                Self::Create { account_id, user, name, allow_from, json } => {
                    let made = operator.create_api_key(account_id, &user, name, allow_from).await?;
                    let created = Created {
                        key: Shown::new(&made.api_key),
                        account_key: &made.account_key,
                        secret_key: made.secret_key.expose(),
                    };
                    output::either(json, &created, || created.to_text())?;
                }
                Self::List { account_id, json } => {
                    let keys = operator.api_keys(account_id).await?;
                    output::either(json, &keys.iter().map(Shown::new).collect::<Vec<_>>(), || {
                        table(&keys)
                    })?;
                }
                Self::Revoke { account_id, id, json } => {
                    let key = operator.revoke_api_key(account_id, id).await?;
                    output::either(json, &Shown::new(&key), || {
                        format!("API key {} ({}) is revoked.", key.id, key.name.as_str())
                    })?;
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Created<'_> {
    fn to_text(&self) -> String {
        format!(
            "API key {} was created. Its secret is shown this once; keep it now.\n\n  \
             x-api-key         {}\n  \
             x-api-secret-key  {}",
            self.key.id, self.account_key, self.secret_key,
        )
    }
}

/// A network, or a single address.
fn source(text: &str) -> Result<IpNet, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "must be an address or a network, such as 203.0.113.7 or 203.0.113.0/24".into())
}

fn table(keys: &[ApiKey]) -> String {
    let rows: Vec<_> = keys
        .iter()
        .map(|key| {
            let sources: Vec<_> = key.allowed_sources.iter().map(ToString::to_string).collect();
            [
                key.id.to_string(),
                key.name.as_str().to_owned(),
                key.user_id.to_string(),
                if sources.is_empty() { "anywhere".into() } else { sources.join(", ") },
                key.created_at.to_string(),
                key.revoked_at.map_or_else(|| "in force".into(), |at| format!("revoked {at}")),
            ]
        })
        .collect();
    output::table(["ID", "NAME", "USER", "FROM", "CREATED", "STATE"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_address_is_a_network_of_one() {
        assert_eq!(source("203.0.113.7").unwrap().to_string(), "203.0.113.7/32");
        assert_eq!(source("2001:db8::/32").unwrap().to_string(), "2001:db8::/32");
        assert!(source("office").is_err());
    }
}
