//! `berth support`: the operator's staff in customers' AWS consoles.

use std::process::ExitCode;

use berth_control::support::{Outcome, Request, Requester};
use berth_domain::{
    ids::{AccountId, CloudAccountId, ConsoleSessionId},
    secret::Secret,
    support::{ConsoleSession, Line, MfaCode, Minutes},
};
use clap::Subcommand;
use jiff::Timestamp;
use serde::Serialize;

use super::alone;
use crate::{cli::Context, output, wiring};

/// Sign in to customers' AWS consoles through their console roles, for technical support.
///
/// Every session is in the customer's log with who, why and until when. Berth becomes the console role with the
/// operator's own AWS credentials, looked for as the AWS SDK does.
#[derive(Subcommand)]
pub(crate) enum SupportCommand {
    /// Open a session; prints its sign-in URL, once. Where the customer wants to approve it first, it is asked for.
    #[command(after_help = "\
Examples:
  berth support session 101 --account-id 1 --by 'Ada Lovelace' --reason 'Ticket 4711' --minutes 30
  berth support session 101 --account-id 1 --by Ada --reason 'Ticket 4711' --minutes 15 --mfa-code 123456")]
    Session {
        /// The cloud account's id.
        cloud_account_id: CloudAccountId,
        /// The id of the account that owns it.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// Who wants it: the name that the customer reads in its log.
        #[arg(long, value_name = "NAME")]
        by: Line,
        /// Why; the customer reads it in its log.
        #[arg(long)]
        reason: Line,
        /// For how long: 15 to 60.
        #[arg(long)]
        minutes: Minutes,
        /// What your MFA device shows, where the role asks for a second factor; the device is the setting
        /// operator_mfa_serial.
        #[arg(long, value_name = "CODE")]
        mfa_code: Option<MfaCode>,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Open a session that the customer has approved, once, within an hour; prints its sign-in URL.
    #[command(after_help = "\
Example:
  berth support redeem 0b8ba3a1-6a5c-4f3e-9d57-1a2b3c4d5e6f --account-id 1 --by 'Ada Lovelace'")]
    Redeem {
        /// The session's id, as `berth support list` shows it.
        id: ConsoleSessionId,
        /// The id of the account that owns the cloud account.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// Who asked for it, by the same name.
        #[arg(long, value_name = "NAME")]
        by: Line,
        /// What your MFA device shows, where the role asks for a second factor.
        #[arg(long, value_name = "CODE")]
        mfa_code: Option<MfaCode>,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// List an account's latest sessions, newest first.
    #[command(after_help = "\
Example:
  berth support list --account-id 1")]
    List {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: ConsoleSessionId,
    cloud_account_id: CloudAccountId,
    requested_by: &'a str,
    reason: &'a str,
    minutes: i32,
    state: &'static str,
    requested_at: Timestamp,
    decided_by: Option<&'a str>,
    ends_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_in_url: Option<&'a str>,
}

impl<'a> Shown<'a> {
    fn new(session: &'a ConsoleSession, url: Option<&'a Secret>) -> Self {
        Self {
            id: session.id,
            cloud_account_id: session.cloud_account_id,
            requested_by: &session.requested_by,
            reason: session.reason.as_str(),
            minutes: session.minutes.get(),
            state: session.state.as_str(),
            requested_at: session.requested_at,
            decided_by: session.decided_by.as_deref(),
            ends_at: session.ends_at,
            sign_in_url: url.map(Secret::expose),
        }
    }
}

impl SupportCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        alone(async {
            let config = context.config()?;
            let support = wiring::support(&config, wiring::migrated_store(&config).await?).await?;
            match self {
                Self::Session { cloud_account_id, account_id, by, reason, minutes, mfa_code, json } => {
                    let request = Request { reason, minutes, mfa_code };
                    let by = Requester::Staff(&by, account_id);
                    match support.request(&by, cloud_account_id, request).await? {
                        Outcome::Opened(session, url) => print(&session, &url, json)?,
                        Outcome::Waits(session) if json => output::json(&Shown::new(&session, None))?,
                        Outcome::Waits(session) => output::text(&format!(
                            "Session {} waits for an Owner of the account to approve it, a day at most. Then: \
                             berth support redeem",
                            session.id
                        ))?,
                    }
                }
                Self::Redeem { id, account_id, by, mfa_code, json } => {
                    let by = Requester::Staff(&by, account_id);
                    let (session, url) = support.redeem(&by, id, mfa_code).await?;
                    print(&session, &url, json)?;
                }
                Self::List { account_id, json } => {
                    let sessions = support.list_all(account_id).await?;
                    output::either(
                        json,
                        &sessions.iter().map(|it| Shown::new(it, None)).collect::<Vec<_>>(),
                        || table(&sessions),
                    )?;
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn print(session: &ConsoleSession, url: &Secret, json: bool) -> std::io::Result<()> {
    if json {
        return output::json(&Shown::new(session, Some(url)));
    }
    let until = session.ends_at.map_or_else(String::new, |at| format!(" until {at}"));
    output::text(&format!(
        "The session is open{until}. The URL signs in whoever opens it, within 15 minutes; it is shown this \
         once.\n\n{}",
        url.expose()
    ))
}

fn table(sessions: &[ConsoleSession]) -> String {
    let rows: Vec<_> = sessions
        .iter()
        .map(|session| {
            [
                session.id.to_string(),
                session.cloud_account_id.to_string(),
                session.state.as_str().to_owned(),
                session.requested_at.to_string(),
                session.requested_by.clone(),
                session.reason.to_string(),
            ]
        })
        .collect();
    output::table(["ID", "CLOUD ACCOUNT", "STATE", "ASKED FOR AT", "BY", "REASON"], &rows)
}
