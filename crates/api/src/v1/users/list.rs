//! `GET /v1/users`

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::Failure,
    links::{Link, Origin},
    state::Api,
    v1::users::UserView,
};

/// An account's users.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Users {
    /// The account's id.
    #[schema(example = 1)]
    account: i32,
    /// The users, by id.
    users: Vec<UserView>,
    /// Related: the list itself.
    links: Vec<Link>,
}

impl Users {
    fn sample() -> Self {
        let links = vec![Origin::sample().link("self", "/v1/users")];
        Self { account: 1, users: vec![UserView::sample()], links }
    }
}

/// List users
///
/// The account's users, by id.
#[utoipa::path(
    get,
    path = "/v1/users",
    tag = "Account",
    responses((status = 200, description = "The users.", body = Users, example = json!(Users::sample())))
)]
pub(crate) async fn list_users(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    origin: Origin,
) -> Result<Json<Users>, Failure> {
    let users = api.control.list_users(&caller.principal).await?;
    Ok(Json(Users {
        account: caller.principal.account_id.0,
        users: users.into_iter().map(|user| UserView::new(user, &origin)).collect(),
        links: vec![origin.link("self", "/v1/users")],
    }))
}
