//! `GET /api/cloud-accounts`: cloud accounts as the console shows them.

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_control::cloud_accounts::Page;
use berth_domain::{
    cloud_account::{CloudAccount, Status},
    subscription::Subscription,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::Failure,
    state::Api,
    v1::cloud_accounts::statuses,
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
    status_reason: Option<&'static str>,
    /// The id of its access key.
    #[schema(example = "AKIAIOSFODNN7EXAMPLE")]
    access_key_id: String,
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
        Self {
            id: account.id.0,
            name: account.name.into(),
            provider: "AWS",
            status: account.status.as_str(),
            status_reason: reason(account.status),
            access_key_id: account.access_key_id.into(),
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

fn reason(status: Status) -> Option<&'static str> {
    match status {
        Status::Active => None,
        Status::ChangeDraft => {
            Some("A change is being verified; until it is, the account works with what it had.")
        }
        Status::DeleteDraft => Some("The account is being removed."),
        Status::ActiveError => {
            Some("The account's access stopped working; verify it to see what is wrong.")
        }
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
