//! `berth subscription`: what customers have subscribed to, as the operator records it.

use std::process::ExitCode;

use berth_control::operator::NewSubscription;
use berth_domain::{
    deployment::restore::{MostPerHour, Restorable, RestorePolicy, When},
    ids::{AccountId, CloudAccountId, SubscriptionId},
    subscription::{Plan, Subscription, SubscriptionStatus},
    values::DisplayName,
};
use clap::Subcommand;
use serde::Serialize;

use super::alone;
use crate::{cli::Context, output, wiring};

/// Manage the subscriptions on record for an account. Nothing is built or removed in AWS.
#[derive(Subcommand)]
pub(crate) enum SubscriptionCommand {
    /// Record a subscription.
    #[command(after_help = "\
Examples:
  berth subscription add --account-id 1 --name 'Web shop' --plan flexible --region eu-west-1
  berth subscription add --account-id 1 --name Ledger --plan annual --cloud-account-id 101")]
    Add {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// The subscription's name.
        #[arg(long)]
        name: DisplayName,
        /// The plan: free, fixed, flexible or annual.
        #[arg(long)]
        plan: Plan,
        /// The cloud account it runs in, for flexible and annual ones; the operator's own when absent.
        #[arg(long, value_name = "ID")]
        cloud_account_id: Option<CloudAccountId>,
        /// An AWS region it runs in; repeat it for several.
        #[arg(long = "region", value_name = "REGION")]
        regions: Vec<String>,
        /// Where it stands: pending, active, deleting or error.
        #[arg(long, default_value_t = SubscriptionStatus::Active)]
        status: SubscriptionStatus,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the subscriptions.
    #[command(after_help = "\
Example:
  berth subscription list --account-id 1")]
    List {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show or set what others changed in AWS and Berth puts right by itself.
    #[command(after_help = "\
Examples:
  berth subscription restore-policy --account-id 1 --id 3
  berth subscription restore-policy --account-id 1 --id 3 --restore rules --restore stopped-nodes
  berth subscription restore-policy --account-id 1 --id 3 --report-only")]
    RestorePolicy {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// The subscription's id, as `berth subscription list` shows it.
        #[arg(long)]
        id: SubscriptionId,
        /// What is put right: rules, security-groups, network, stopped-nodes or lost-nodes; repeat it for several.
        /// Everything else is reported only.
        #[arg(long = "restore", value_name = "KIND")]
        restore: Vec<Restorable>,
        /// When: maintenance-windows or any-time.
        #[arg(long, default_value = "maintenance-windows", requires = "restore")]
        when: When,
        /// How many things of each deployment in an hour, 1 to 60.
        #[arg(long, default_value = "10", value_name = "NUMBER", requires = "restore")]
        most_per_hour: MostPerHour,
        /// Put nothing right by itself any more.
        #[arg(long, conflicts_with = "restore")]
        report_only: bool,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove a subscription from the records; its cloud account can be deleted then.
    #[command(after_help = "\
Example:
  berth subscription remove --account-id 1 --id 3")]
    Remove {
        /// The account's id.
        #[arg(long, value_name = "ID")]
        account_id: AccountId,
        /// The subscription's id, as `berth subscription list` shows it.
        #[arg(long)]
        id: SubscriptionId,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: SubscriptionId,
    name: &'a DisplayName,
    plan: Plan,
    status: SubscriptionStatus,
    cloud_account_id: Option<CloudAccountId>,
    regions: &'a [String],
}

impl<'a> Shown<'a> {
    fn new(subscription: &'a Subscription) -> Self {
        Self {
            id: subscription.id,
            name: &subscription.name,
            plan: subscription.plan,
            status: subscription.status,
            cloud_account_id: subscription.cloud_account_id,
            regions: &subscription.regions,
        }
    }
}

impl SubscriptionCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        alone(async {
            let operator = wiring::operator(&context.config()?).await?;
            match self {
                Self::Add { account_id, name, plan, cloud_account_id, regions, status, json } => {
                    let new = NewSubscription { name, plan, status, cloud_account_id, regions };
                    let subscription = operator.add_subscription(account_id, new).await?;
                    output::either(json, &Shown::new(&subscription), || {
                        format!("Subscription {} is on record.", subscription.id)
                    })?;
                }
                Self::List { account_id, json } => {
                    let subscriptions = operator.subscriptions(account_id).await?;
                    output::either(
                        json,
                        &subscriptions.iter().map(Shown::new).collect::<Vec<_>>(),
                        || table(&subscriptions),
                    )?;
                }
                Self::RestorePolicy { account_id, id, restore, when, most_per_hour, report_only, json } => {
                    if report_only || !restore.is_empty() {
                        let kinds = restore.into_iter().collect();
                        let policy = RestorePolicy { kinds, when, most_per_hour };
                        operator.set_restore_policy(account_id, id, &policy).await?;
                    }
                    let policy = operator.restore_policy(account_id, id).await?;
                    output::either(json, &policy, || format!("Subscription {id}: {policy}."))?;
                }
                Self::Remove { account_id, id, json } => {
                    let subscription = operator.remove_subscription(account_id, id).await?;
                    output::either(json, &Shown::new(&subscription), || {
                        format!("Subscription {id} is removed.")
                    })?;
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn table(subscriptions: &[Subscription]) -> String {
    let rows: Vec<_> = subscriptions
        .iter()
        .map(|subscription| {
            [
                subscription.id.to_string(),
                subscription.name.to_string(),
                subscription.plan.to_string(),
                subscription.status.to_string(),
                subscription.cloud_account_id.map_or_else(|| "-".to_owned(), |id| id.to_string()),
                subscription.regions.join(", "),
            ]
        })
        .collect();
    output::table(["ID", "NAME", "PLAN", "STATUS", "CLOUD ACCOUNT", "REGIONS"], &rows)
}
