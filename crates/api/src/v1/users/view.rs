//! `GET /v1/users/{id}`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::ids::UserId;

use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    links::Origin,
    path_id::Id,
    state::Api,
    v1::users::UserView,
};

/// View a user
#[utoipa::path(
    get,
    path = "/v1/users/{id}",
    tag = "Account",
    params(("id" = i32, Path, description = "The user's id.")),
    responses(
        (status = 200, description = "The user.", body = UserView, example = json!(UserView::sample())),
        (status = 404, description = "There is no such user.", body = ErrorBody)
    )
)]
pub(crate) async fn view_user(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<UserId>,
    origin: Origin,
) -> Result<Json<UserView>, Failure> {
    let user = api.control.view_user(&caller.principal, id).await?;
    Ok(Json(UserView::new(user, &origin)))
}
