//! `berth account`: what the operator has agreed on with a customer.

use std::process::ExitCode;

use berth_domain::{account::Contract, ids::AccountId};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::alone;
use crate::{cli::Context, output, wiring};

/// Manage what is agreed on with an account.
#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    /// Record under which contract an account subscribes from now on.
    ///
    /// Subscriptions in cloud accounts are annual under a contract, and flexible without one. Those there are
    /// stay as they are.
    #[command(after_help = "\
Examples:
  berth account contract 1 --annual
  berth account contract 1 --none")]
    Contract {
        /// The account's id.
        #[arg(value_name = "ID")]
        id: AccountId,
        #[command(flatten)]
        kind: Kind,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Kind {
    /// A yearly commitment: subscriptions name no payment method.
    #[arg(long)]
    annual: bool,
    /// No contract: subscriptions name a payment method.
    #[arg(long)]
    none: bool,
}

impl From<Kind> for Contract {
    fn from(kind: Kind) -> Self {
        if kind.annual { Self::Annual } else { Self::None }
    }
}

#[derive(Serialize)]
struct Shown {
    id: AccountId,
    contract: Contract,
}

impl AccountCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        alone(async {
            let operator = wiring::operator(&context.config()?).await?;
            let Self::Contract { id, kind, json } = self;
            let account = operator.set_contract(id, kind.into()).await?;
            output::either(json, &Shown { id: account.id, contract: account.contract }, || match account
                .contract
            {
                Contract::Annual => format!("Account {id} is under an annual contract."),
                Contract::None => format!("Account {id} is under no contract."),
            })?;
            Ok(ExitCode::SUCCESS)
        })
    }
}
