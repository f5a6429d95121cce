//! `berth user`: the people, and robots, of an account.

use std::process::ExitCode;

use berth_domain::{
    account::{Role, User},
    ids::{AccountId, UserId},
    secret::Secret,
    values::{DisplayName, Email},
};
use clap::Subcommand;
use jiff::Timestamp;
use serde::Serialize;

use super::alone;
use crate::{cli::Context, output, wiring};

/// Manage the users of an account.
#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Add a user; its generated password is printed once.
    #[command(after_help = "\
Example:
  berth user create --account-id 1 --email eve@acme.example --name Eve --role viewer")]
    Create {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// The user's email address, unique in this Berth.
        #[arg(long)]
        email: Email,
        /// The user's name.
        #[arg(long)]
        name: DisplayName,
        /// What the user may do: owner, manager, viewer, logs-viewer or billing-admin.
        #[arg(long)]
        role: Role,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the users.
    #[command(after_help = "\
Example:
  berth user list --account-id 1")]
    List {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Disable a user; its API keys stop working at once.
    #[command(after_help = "\
Example:
  berth user disable --account-id 1 --email eve@acme.example")]
    Disable {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// The user's email address.
        #[arg(long)]
        email: Email,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: UserId,
    email: &'a Email,
    name: &'a DisplayName,
    role: Role,
    enabled: bool,
    has_api_key: bool,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

impl<'a> Shown<'a> {
    fn new(user: &'a User, password: Option<&'a Secret>) -> Self {
        Self {
            id: user.id,
            email: &user.email,
            name: &user.name,
            role: user.role,
            enabled: user.enabled,
            has_api_key: user.has_api_key,
            created_at: user.created_at,
            password: password.map(Secret::expose),
        }
    }
}

impl UserCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        alone(async {
            let operator = wiring::operator(&context.config()?).await?;
            match self {
                Self::Create { account_id, email, name, role, json } => {
                    let (user, password) = operator.create_user(account_id, email, name, role).await?;
                    let shown = Shown::new(&user, Some(&password));
                    output::either(json, &shown, || {
                        format!(
                            "User {} was created as {}. The password is shown this once; keep it now.\n\n  \
                             password  {}",
                            shown.email,
                            role,
                            password.expose(),
                        )
                    })?;
                }
                Self::List { account_id, json } => {
                    let users = operator.users(account_id).await?;
                    let shown: Vec<_> = users.iter().map(|user| Shown::new(user, None)).collect();
                    output::either(json, &shown, || table(&users))?;
                }
                Self::Disable { account_id, email, json } => {
                    let user = operator.disable_user(account_id, &email).await?;
                    output::either(json, &Shown::new(&user, None), || {
                        format!("User {email} is disabled; its API keys work no more.")
                    })?;
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn table(users: &[User]) -> String {
    let rows: Vec<_> = users
        .iter()
        .map(|user| {
            [
                user.id.to_string(),
                user.email.to_string(),
                user.name.to_string(),
                user.role.to_string(),
                if user.enabled { "enabled" } else { "disabled" }.to_owned(),
            ]
        })
        .collect();
    output::table(["ID", "EMAIL", "NAME", "ROLE", "STATE"], &rows)
}
