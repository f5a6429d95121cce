//! `berth cloud-account`: the AWS accounts that customers have registered, and whether they still work.

use std::{fmt::Write, process::ExitCode};

use berth_domain::{
    access::{AccessId, AccessMode},
    cloud_account::CloudAccount,
    findings::{Finding, Told},
    health::Health,
    ids::{AccountId, CloudAccountId},
    values::{AccessKeyId, ExternalId},
};
use clap::Subcommand;
use jiff::Timestamp;
use serde::Serialize;

use super::{alone, rotation, verify};
use crate::{cli::Context, output, wiring};

/// See the cloud accounts that customers have registered, and verify them.
#[derive(Subcommand)]
pub(crate) enum CloudAccountCommand {
    /// List the cloud accounts.
    #[command(after_help = "\
Examples:
  berth cloud-account list
  berth cloud-account list --account-id 1 --json | jq -r '.[] | select(.status == \"active-error\") | .id'")]
    List {
        /// Only those of this account.
        #[arg(long, value_name = "ID")]
        account_id: Option<AccountId>,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one cloud account, and what is wrong with it.
    #[command(after_help = "\
Example:
  berth cloud-account view 101")]
    View {
        /// The cloud account's id, as `berth cloud-account list` shows it.
        id: CloudAccountId,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Verify a cloud account now, with what is stored of it, and write down what that finds.
    ///
    /// Needs what `berth serve` needs: the database, the master key and BERTH_OPERATOR_AWS_ACCOUNT_ID.
    ///
    /// Exits with 0 when the account works, 1 when it does not, 2 when it could not be checked.
    #[command(after_help = "\
Examples:
  berth cloud-account verify 101
  berth cloud-account verify 101 --format json | jq -r .conclusion")]
    Verify {
        /// The cloud account's id, as `berth cloud-account list` shows it.
        id: CloudAccountId,
        /// How to print the findings.
        #[arg(long, value_enum, default_value_t = verify::Format::Table)]
        format: verify::Format,
    },
    /// Rotate the access key: replace it by a new one without an outage.
    ///
    /// A running `berth serve` does the work. Exits with 0 when it has begun; with --wait, with 0 when it is
    /// completed and with 1 when it ended otherwise.
    #[command(after_help = "\
Examples:
  berth cloud-account rotate 101
  berth cloud-account rotate 101 --wait")]
    Rotate {
        /// The cloud account's id, as `berth cloud-account list` shows it.
        id: CloudAccountId,
        /// Wait until the rotation has ended, and tell what happens. That takes as long as the old key is kept: a
        /// day and an hour where nothing else is set.
        #[arg(long)]
        wait: bool,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the rotations of the access key, newest first, and how far they are.
    #[command(after_help = "\
Example:
  berth cloud-account rotations 101")]
    Rotations {
        /// The cloud account's id, as `berth cloud-account list` shows it.
        id: CloudAccountId,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: CloudAccountId,
    account_id: AccountId,
    name: &'a str,
    status: &'static str,
    aws_account_id: &'a str,
    aws_user_arn: &'a str,
    access_mode: AccessMode,
    access_key_id: Option<&'a AccessKeyId>,
    external_id: Option<&'a ExternalId>,
    last_verified: Timestamp,
    failing_since: Option<Timestamp>,
    findings: Vec<Told>,
}

impl<'a> Shown<'a> {
    fn new(account: &'a CloudAccount) -> Self {
        let (failing_since, findings) = match &account.health {
            Health::Working => (None, &[][..]),
            Health::Failing { since, findings } => (Some(*since), &findings[..]),
        };
        Self {
            id: account.id,
            account_id: account.account_id,
            name: account.name.as_str(),
            status: account.status.as_str(),
            aws_account_id: account.aws_account_id.as_str(),
            aws_user_arn: account.principal_arn.as_str(),
            access_mode: account.access.mode(),
            access_key_id: account.access.key(),
            external_id: account.access.role().map(|role| &role.external_id),
            last_verified: account.verified_at,
            failing_since,
            findings: findings.iter().map(Finding::told).collect(),
        }
    }
}

impl CloudAccountCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        alone(async {
            let config = context.config()?;
            match self {
                Self::List { account_id, json } => {
                    let accounts = wiring::operator(&config).await?.cloud_accounts(account_id).await?;
                    output::either(json, &accounts.iter().map(Shown::new).collect::<Vec<_>>(), || {
                        table(&accounts)
                    })?;
                }
                Self::View { id, json } => {
                    let account = wiring::operator(&config).await?.cloud_account(id).await?;
                    output::either(json, &Shown::new(&account), || description(&account))?;
                }
                Self::Verify { id, format } => {
                    let account = wiring::operator(&config).await?.cloud_account(id).await?;
                    let control = wiring::control(&config).await?;
                    let report = control.verify_for_operator(account.account_id, id).await?;
                    return verify::show(&report, format, verify::Detail::Findings);
                }
                Self::Rotate { id, wait, json } => {
                    let operator = wiring::operator(&config).await?;
                    return rotation::rotate(&operator, id, wait, json).await;
                }
                Self::Rotations { id, json } => {
                    rotation::list(&wiring::operator(&config).await?, id, json).await?;
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }

    /// The exit code when the command ends in an error.
    pub(crate) fn failure(&self) -> ExitCode {
        match self {
            // 1 is taken: the account was checked and does not work.
            Self::Verify { .. } => ExitCode::from(verify::COULD_NOT_CHECK),
            _ => ExitCode::FAILURE,
        }
    }
}

fn table(accounts: &[CloudAccount]) -> String {
    let rows: Vec<_> = accounts
        .iter()
        .map(|account| {
            [
                account.id.to_string(),
                account.account_id.to_string(),
                account.name.to_string(),
                account.aws_account_id.to_string(),
                account.status.as_str().to_owned(),
                seconds(account.verified_at),
            ]
        })
        .collect();
    output::table(["ID", "ACCOUNT", "NAME", "AWS ACCOUNT", "STATUS", "LAST VERIFIED"], &rows)
}

/// A line for each thing to know; below, for each failure, what was found and what to do.
fn description(account: &CloudAccount) -> String {
    let (principal, entry) = match &account.access {
        AccessId::Key(id) => ("IAM user", ("Access key", id.to_string())),
        AccessId::Role(role) => ("Role", ("External id", role.external_id.to_string())),
    };
    let lines = [
        ("Cloud account", format!("{} ({})", account.id, account.name)),
        ("Account", account.account_id.to_string()),
        ("AWS account", account.aws_account_id.to_string()),
        (principal, account.principal_arn.as_str().to_owned()),
        entry,
        ("Status", account.status.as_str().to_owned()),
        ("Last verified", seconds(account.verified_at)),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        writeln!(text, "{name:<14} {value}").expect("writing to a string");
    }
    if let Health::Failing { since, findings } = &account.health {
        writeln!(text, "{:<14} {}", "Failing since", seconds(*since)).expect("writing to a string");
        for finding in findings {
            writeln!(text, "\nFAIL  {}", finding.message).expect("writing to a string");
            if let Some(remedy) = finding.whole_remedy() {
                writeln!(text, "      to do: {remedy}").expect("writing to a string");
            }
        }
    }
    text
}

/// To the second: nobody reads more.
fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
