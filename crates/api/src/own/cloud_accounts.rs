//! `GET /api/cloud-accounts`: cloud accounts as the console shows them.

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_control::cloud_accounts::Page;
use berth_domain::{
    cloud_account::{CloudAccount, Status},
    findings::Finding,
    health::Health,
    subscription::Subscription,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::Failure,
    own::findings::FindingView,
    state::Api,
    v1::cloud_accounts::{access_modes, statuses},
};

/// Cloud accounts, without the operator's own one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConsoleCloudAccounts {
    /// The cloud accounts, by id.
    cloud_accounts: Vec<ConsoleCloudAccount>,
}

/// A cloud account with all that the console shows of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConsoleCloudAccount {
    /// Its id.
    #[schema(example = 101)]
    id: i32,
    /// Its name, unique in the account.
    #[schema(example = "production")]
    name: String,
    /// Its provider.
    #[schema(example = "AWS")]
    provider: &'static str,
    /// Its state.
    #[schema(schema_with = statuses)]
    status: &'static str,
    /// Why it is in this state, in a sentence; `null` when it is simply active.
    #[schema(required = true)]
    status_reason: Option<String>,
    /// Since when its access does not work; `null` while it does.
    #[schema(required = true)]
    failing_since: Option<Timestamp>,
    /// What is wrong with its access, as the last verification that could tell found it; empty while it works.
    failing_findings: Vec<FindingView>,
    /// How Berth gets in: by an access key (`keys`) or by a role that it assumes (`role`).
    #[schema(schema_with = access_modes)]
    access_mode: &'static str,
    /// The id of its access key, in mode `keys`.
    #[schema(example = "AKIAIOSFODNN7EXAMPLE", required = true)]
    access_key_id: Option<String>,
    /// The role that Berth assumes, in mode `role`.
    #[schema(example = "arn:aws:iam::123456789012:role/berth-access", required = true)]
    role_arn: Option<String>,
    /// What Berth names when it assumes the role, in mode `role`.
    #[schema(example = "berth-Wm3ePZ8sWn1nV5r0q2Xc7TtYb4Lk9HdA", required = true)]
    external_id: Option<String>,
    /// The AWS account.
    #[schema(example = "123456789012")]
    aws_account_id: String,
    /// The role through which support staff get into its AWS console.
    #[schema(example = "berth-console", required = true)]
    console_role_name: Option<String>,
    /// The IAM user that may sign in to its AWS console.
    #[schema(required = true)]
    console_username: Option<String>,
    /// Where to sign in to its AWS console.
    #[schema(example = "https://123456789012.signin.aws.amazon.com/console")]
    sign_in_login_url: String,
    /// The subscriptions that use it.
    used_by: Vec<UsedBy>,
    /// When it was created.
    created_timestamp: Timestamp,
    /// When its access was last verified.
    last_verified_timestamp: Timestamp,
}

/// A subscription that uses a cloud account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsedBy {
    /// Its id.
    #[schema(example = 1)]
    id: i32,
    /// Its name.
    #[schema(example = "Web shop")]
    name: String,
}

impl ConsoleCloudAccount {
    fn new(account: CloudAccount, subscriptions: &[Subscription]) -> Self {
        let used_by = subscriptions
            .iter()
            .filter(|subscription| subscription.cloud_account_id == Some(account.id))
            .map(|subscription| UsedBy { id: subscription.id.0, name: subscription.name.to_string() });
        let status_reason = reason(account.status, &account.health);
        let (failing_since, failing_findings) = match account.health {
            Health::Working => (None, Vec::new()),
            Health::Failing { since, findings } => (Some(since), findings),
        };
        let role = account.access.role();
        Self {
            id: account.id.0,
            name: account.name.into(),
            provider: "AWS",
            status: account.status.as_str(),
            status_reason,
            failing_since,
            failing_findings: failing_findings.into_iter().map(FindingView::from).collect(),
            access_mode: account.access.mode().as_str(),
            access_key_id: account.access.key().map(ToString::to_string),
            role_arn: role.map(|role| role.arn.to_string()),
            external_id: role.map(|role| role.external_id.to_string()),
            aws_account_id: account.aws_account_id.to_string(),
            console_role_name: account.console_role.map(String::from),
            console_username: account.console_username.map(String::from),
            sign_in_login_url: account.sign_in_url.into(),
            used_by: used_by.collect(),
            created_timestamp: account.created_at,
            last_verified_timestamp: account.verified_at,
        }
    }
}

fn reason(status: Status, health: &Health) -> Option<String> {
    let reason = match (status, health) {
        (Status::Active, _) => return None,
        (Status::ChangeDraft, _) => {
            "A change is being verified; until it is, the account works with what it had."
        }
        (Status::DeleteDraft, _) => "The account is being removed.",
        (Status::ActiveError, Health::Failing { findings, .. }) if !findings.is_empty() => {
            return Some(failures(findings));
        }
        (Status::ActiveError, _) => "The account's access stopped working; verify it to see what is wrong.",
    };
    Some(reason.to_owned())
}

/// The first failure in its own words, and how many more there are.
fn failures(findings: &[Finding]) -> String {
    let first = findings.first().map_or("", |finding| &finding.message);
    match findings.len() {
        0 | 1 => first.to_owned(),
        more => format!("{first} And {} more.", more - 1),
    }
}

/// List cloud accounts for the console
///
/// With the subscriptions that use them, and without the operator's own one. They are created, changed and
/// deleted by `/v1/cloud-accounts`.
#[utoipa::path(
    get,
    path = "/api/cloud-accounts",
    tag = "Cloud accounts",
    responses((status = 200, description = "The cloud accounts.", body = ConsoleCloudAccounts))
)]
pub(crate) async fn list_console_cloud_accounts(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
) -> Result<Json<ConsoleCloudAccounts>, Failure> {
    let by = &caller.principal;
    let (accounts, subscriptions) = tokio::try_join!(
        api.control.list_cloud_accounts(by, Page::default()),
        api.control.list_subscriptions(by)
    )?;
    let cloud_accounts =
        accounts.into_iter().map(|account| ConsoleCloudAccount::new(account, &subscriptions)).collect();
    Ok(Json(ConsoleCloudAccounts { cloud_accounts }))
}
