//! `GET /v1/cloud-accounts/{id}`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::ids::CloudAccountId;

use super::CloudAccountView;
use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    links::Origin,
    path_id::Id,
    state::Api,
};

/// View a cloud account
#[utoipa::path(
    get,
    path = "/v1/cloud-accounts/{id}",
    tag = "Cloud accounts",
    params(("id" = i32, Path, description = "The cloud account's id.")),
    responses(
        (status = 200, description = "The cloud account.", body = CloudAccountView,
            example = json!(CloudAccountView::sample())),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody)
    )
)]
pub(crate) async fn view_cloud_account(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<CloudAccountId>,
    origin: Origin,
) -> Result<Json<CloudAccountView>, Failure> {
    if id == CloudAccountId::INTERNAL {
        return Ok(Json(CloudAccountView::internal(&origin)));
    }
    let account = api.control.view_cloud_account(&caller.principal, id).await?;
    Ok(Json(CloudAccountView::new(account, &origin)))
}
