//! `berth webhook`: endpoints that are told of events.

use std::process::ExitCode;

use berth_control::webhooks::Party;
use berth_domain::{
    ids::{AccountId, WebhookId},
    secret::Secret,
    webhook::{Delivery, EventKind, Webhook, WebhookUrl},
};
use clap::Subcommand;
use jiff::Timestamp;
use serde::Serialize;

use super::alone;
use crate::{cli::Context, output, wiring};

/// Manage webhooks: endpoints that are told when something happens.
#[derive(Subcommand)]
pub(crate) enum WebhookCommand {
    /// Add an endpoint; prints the secret that signs what is sent to it, once.
    #[command(after_help = "\
Examples:
  berth webhook add https://example.com/hooks
  berth webhook add https://example.com/hooks --account-id 1 --event cloud_account.degraded")]
    Add {
        /// Where events are sent: https, unless the setting webhook_allowed_networks allows the address.
        url: WebhookUrl,
        /// The account whose events it is told; those of all accounts when absent.
        #[arg(long, value_name = "ID")]
        account_id: Option<AccountId>,
        /// What it is told of, such as cloud_account.degraded; repeat it for several. Everything when absent.
        #[arg(long = "event", value_name = "EVENT")]
        events: Vec<EventKind>,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// List endpoints.
    #[command(after_help = "\
Example:
  berth webhook list")]
    List {
        /// Only those of this account.
        #[arg(long, value_name = "ID")]
        account_id: Option<AccountId>,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove an endpoint; what waits for it is not sent any more.
    #[command(after_help = "\
Example:
  berth webhook remove 1")]
    Remove {
        /// The endpoint's id, as `berth webhook list` shows it.
        id: WebhookId,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Send a signed `ping` to an endpoint and print what it answers. Exits with 1 unless that is a success.
    #[command(after_help = "\
Example:
  berth webhook test 1")]
    Test {
        /// The endpoint's id, as `berth webhook list` shows it.
        id: WebhookId,
    },
    /// List the latest deliveries to an endpoint, newest first; to all endpoints when none is named.
    #[command(after_help = "\
Examples:
  berth webhook deliveries
  berth webhook deliveries 1 --json")]
    Deliveries {
        /// The endpoint's id, as `berth webhook list` shows it.
        id: Option<WebhookId>,
        /// Print one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: WebhookId,
    account_id: Option<AccountId>,
    url: &'a str,
    events: Vec<&'static str>,
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownDelivery<'a> {
    webhook_id: WebhookId,
    event_id: String,
    r#type: &'static str,
    account_id: AccountId,
    state: &'static str,
    attempts: i32,
    outcome: Option<&'a str>,
    created_at: Timestamp,
    next_attempt_at: Option<Timestamp>,
}

impl<'a> Shown<'a> {
    fn new(webhook: &'a Webhook, secret: Option<&'a Secret>) -> Self {
        Self {
            id: webhook.id,
            account_id: webhook.account_id,
            url: webhook.url.as_str(),
            events: webhook.events.iter().map(|kind| kind.as_str()).collect(),
            enabled: webhook.enabled,
            secret: secret.map(Secret::expose),
        }
    }
}

impl<'a> From<&'a Delivery> for ShownDelivery<'a> {
    fn from(delivery: &'a Delivery) -> Self {
        Self {
            webhook_id: delivery.webhook_id,
            event_id: delivery.event_id.to_string(),
            r#type: delivery.kind.as_str(),
            account_id: delivery.account_id,
            state: delivery.state.as_str(),
            attempts: delivery.attempts,
            outcome: delivery.outcome.as_deref(),
            created_at: delivery.created_at,
            next_attempt_at: delivery.next_attempt_at,
        }
    }
}

impl WebhookCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        alone(async {
            let config = context.config()?;
            let store = wiring::migrated_store(&config).await?;
            let vault = wiring::vault(&config, &store).await?;
            let webhooks = wiring::webhooks(&config, store, vault);
            let anybody = Party::Operator(None);
            match self {
                Self::Add { url, account_id, events, json } => {
                    let (webhook, secret) = webhooks.add(Party::Operator(account_id), url, events).await?;
                    output::either(json, &Shown::new(&webhook, Some(&secret)), || {
                        format!(
                            "Webhook {} was added. The secret that signs what is sent to it is shown this once; \
                             keep it now.\n\n  secret  {}",
                            webhook.id,
                            secret.expose()
                        )
                    })?;
                }
                Self::List { account_id, json } => {
                    let list = webhooks.list(Party::Operator(account_id)).await?;
                    output::either(
                        json,
                        &list.iter().map(|it| Shown::new(it, None)).collect::<Vec<_>>(),
                        || table(&list),
                    )?;
                }
                Self::Remove { id, json } => {
                    let webhook = webhooks.remove(anybody, id).await?;
                    output::either(json, &Shown::new(&webhook, None), || {
                        format!("Webhook {id} is removed.")
                    })?;
                }
                Self::Test { id } => match webhooks.ping(anybody, id).await? {
                    Ok(answer) => {
                        output::text(&format!("answered {}\n{}", answer.status, answer.body))?;
                        if !answer.is_success() {
                            return Ok(ExitCode::FAILURE);
                        }
                    }
                    Err(no_answer) => {
                        output::text(&no_answer.to_string())?;
                        return Ok(ExitCode::FAILURE);
                    }
                },
                Self::Deliveries { id, json } => {
                    let ids = match id {
                        Some(id) => vec![id],
                        None => webhooks.list(anybody).await?.iter().map(|webhook| webhook.id).collect(),
                    };
                    let mut deliveries = Vec::new();
                    for id in ids {
                        deliveries.extend(webhooks.deliveries(anybody, id).await?);
                    }
                    deliveries.sort_by_key(|delivery| std::cmp::Reverse(delivery.created_at));
                    output::either(
                        json,
                        &deliveries.iter().map(ShownDelivery::from).collect::<Vec<_>>(),
                        || deliveries_table(&deliveries),
                    )?;
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn table(webhooks: &[Webhook]) -> String {
    let rows: Vec<_> = webhooks
        .iter()
        .map(|webhook| {
            let events: Vec<_> = webhook.events.iter().map(|kind| kind.as_str()).collect();
            [
                webhook.id.to_string(),
                webhook.account_id.map_or_else(|| "all".to_owned(), |id| id.to_string()),
                if events.is_empty() { "all".to_owned() } else { events.join(", ") },
                if webhook.enabled { "on" } else { "gone" }.to_owned(),
                webhook.url.to_string(),
            ]
        })
        .collect();
    output::table(["ID", "ACCOUNT", "EVENTS", "STATE", "URL"], &rows)
}

fn deliveries_table(deliveries: &[Delivery]) -> String {
    let rows: Vec<_> = deliveries
        .iter()
        .map(|delivery| {
            [
                delivery.created_at.to_string(),
                delivery.webhook_id.to_string(),
                delivery.kind.to_string(),
                delivery.state.as_str().to_owned(),
                delivery.attempts.to_string(),
                delivery.next_attempt_at.map_or_else(|| "-".to_owned(), |at| at.to_string()),
                delivery.outcome.clone().unwrap_or_else(|| "-".to_owned()),
            ]
        })
        .collect();
    output::table(["EVENT AT", "WEBHOOK", "TYPE", "STATE", "ATTEMPTS", "NEXT", "LAST ATTEMPT"], &rows)
}
