//! `GET /v1/cloud-accounts`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_control::cloud_accounts::Page;
use serde::Serialize;
use utoipa::ToSchema;

use super::CloudAccountView;
use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    links::{Link, Origin},
    query::Parameters,
    state::Api,
};

/// An account's cloud accounts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CloudAccounts {
    /// The account's id.
    #[schema(example = 1)]
    account_id: i32,
    /// The cloud accounts by id, the operator's own first.
    cloud_accounts: Vec<CloudAccountView>,
    /// Related: the list itself.
    links: Vec<Link>,
}

impl CloudAccounts {
    fn sample() -> Self {
        let origin = Origin::sample();
        Self {
            account_id: 1,
            cloud_accounts: vec![CloudAccountView::internal(&origin), CloudAccountView::sample()],
            links: vec![origin.link("self", "/v1/cloud-accounts")],
        }
    }
}

/// What of a list to show, where the first of it is the internal account and the rest is in the store.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    internal: bool,
    /// None when nothing of the store is asked for.
    stored: Option<(u64, Option<u64>)>,
}

impl Part {
    fn new(offset: u64, limit: Option<u64>) -> Self {
        if offset > 0 {
            return Self { internal: false, stored: Some((offset - 1, limit)) };
        }
        let stored = match limit {
            Some(1) => None,
            limit => Some((0, limit.map(|limit| limit.saturating_sub(1)))),
        };
        Self { internal: true, stored }
    }

    fn read(mut parameters: Parameters) -> Result<Self, Failure> {
        let offset = parameters.integer("offset", 0..=i32::MAX).unwrap_or(0);
        let limit = parameters.integer("limit", 1..=i32::MAX);
        parameters.finish()?;
        Ok(Self::new(offset.unsigned_abs().into(), limit.map(|limit| limit.unsigned_abs().into())))
    }
}

/// List cloud accounts
///
/// The account's cloud accounts by id, all of them unless `limit` is given. The first is the operator's own
/// ("internal resources").
#[utoipa::path(
    get,
    path = "/v1/cloud-accounts",
    tag = "Cloud accounts",
    params(
        ("offset" = Option<i32>, Query, description = "How many to skip.", minimum = 0),
        ("limit" = Option<i32>, Query, description = "How many at most; all when absent.", minimum = 1)
    ),
    responses(
        (status = 200, description = "The cloud accounts.", body = CloudAccounts,
            example = json!(CloudAccounts::sample())),
        (status = 400, description = "A parameter is wrong.", body = ErrorBody)
    )
)]
pub(crate) async fn list_cloud_accounts(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    parameters: Parameters,
    origin: Origin,
) -> Result<Json<CloudAccounts>, Failure> {
    let part = Part::read(parameters)?;
    let stored = match part.stored {
        Some((offset, limit)) => {
            api.control.list_cloud_accounts(&caller.principal, Page { offset, limit }).await?
        }
        None => Vec::new(),
    };
    let internal = part.internal.then(|| CloudAccountView::internal(&origin));
    let stored = stored.into_iter().map(|account| CloudAccountView::new(account, &origin));
    Ok(Json(CloudAccounts {
        account_id: caller.principal.account_id.0,
        cloud_accounts: internal.into_iter().chain(stored).collect(),
        links: vec![origin.link("self", "/v1/cloud-accounts")],
    }))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::all(0, None, true, Some((0, None)))]
    #[case::only_the_first(0, Some(1), true, None)]
    #[case::the_first_ten(0, Some(10), true, Some((0, Some(9))))]
    #[case::without_the_first(1, None, false, Some((0, None)))]
    #[case::the_second_ten(10, Some(10), false, Some((9, Some(10))))]
    fn the_internal_account_counts_as_the_first(
        #[case] offset: u64,
        #[case] limit: Option<u64>,
        #[case] internal: bool,
        #[case] stored: Option<(u64, Option<u64>)>,
    ) {
        assert_eq!(Part::new(offset, limit), Part { internal, stored });
    }
}
