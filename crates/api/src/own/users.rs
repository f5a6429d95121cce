//! `/api/users`: managing an account's users.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_domain::{
    account::{Role, User},
    ids::UserId,
    secret::Secret,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    body::WholeBody,
    caller::{Caller, ManageUsers},
    failure::{ErrorBody, Failure},
    fields::Fields,
    path_id::Id,
    state::Api,
    v1::users::roles,
};

/// A user, as those see it who manage users.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ManagedUser {
    /// Its id.
    #[schema(example = 1)]
    id: i32,
    /// Its email address.
    #[schema(example = "ops@example.com")]
    email: String,
    /// Its name.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// Its role.
    #[schema(schema_with = roles)]
    role: &'static str,
    /// Whether it may act; a disabled user's sessions and API keys have ended.
    enabled: bool,
    /// Whether it has an API key in force.
    has_api_key: bool,
    /// When it was created.
    created_timestamp: Timestamp,
}

/// An account's users.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ManagedUsers {
    /// The users, by id.
    users: Vec<ManagedUser>,
}

/// A user to be.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserCreate {
    /// Its email address, unique in this Berth.
    #[schema(example = "eve@example.com", max_length = 254)]
    email: String,
    /// Its name.
    #[schema(example = "Eve", min_length = 1, max_length = 100)]
    name: String,
    /// Its role.
    #[schema(schema_with = roles)]
    role: &'static str,
}

/// A user that has just been created.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserCreated {
    /// The user.
    #[serde(flatten)]
    user: ManagedUser,
    /// Its generated password, shown this once.
    password: String,
}

impl From<User> for ManagedUser {
    fn from(user: User) -> Self {
        Self {
            id: user.id.0,
            email: user.email.into(),
            name: user.name.into(),
            role: user.role.title(),
            enabled: user.enabled,
            has_api_key: user.has_api_key,
            created_timestamp: user.created_at,
        }
    }
}

impl UserCreated {
    fn new(user: User, password: &Secret) -> Self {
        Self { user: user.into(), password: password.expose().to_owned() }
    }
}

/// A role as answers name it, `Logs Viewer`, or as the command line does, `logs-viewer`.
fn read_role(fields: &mut Fields) -> Option<Role> {
    let text = fields.text("role")?;
    let named = |role: &Role| role.title() == text || role.as_str() == text;
    let role = Role::ALL.into_iter().find(named);
    let titles = Role::ALL.map(Role::title).join(", ");
    role.or_else(|| fields.refuse("role", format!("must be one of {titles}")))
}

/// List users to manage
///
/// The account's users by id, with what only an Owner is to see.
#[utoipa::path(
    get,
    path = "/api/users",
    tag = "Access management",
    responses((status = 200, description = "The users.", body = ManagedUsers))
)]
pub(crate) async fn list_managed_users(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
) -> Result<Json<ManagedUsers>, Failure> {
    let users = api.control.list_users(&caller.principal).await?;
    Ok(Json(ManagedUsers { users: users.into_iter().map(ManagedUser::from).collect() }))
}

/// Create a user
///
/// Its generated password is in the answer, and nowhere else. Berth sends no mail.
#[utoipa::path(
    post,
    path = "/api/users",
    tag = "Access management",
    request_body(content = UserCreate),
    responses(
        (status = 201, description = "The user was created.", body = UserCreated),
        (status = 400, description = "The body is malformed, or the email address is taken.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn create_user(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
    WholeBody(body): WholeBody,
) -> Result<(StatusCode, Json<UserCreated>), Failure> {
    let mut fields = Fields::of(&body)?;
    let (email, name) = (fields.parsed("email"), fields.parsed("name"));
    let role = read_role(&mut fields);
    let ((email, name), role) = fields.whole(email.zip(name).zip(role))?;
    let (user, password) = api.control.create_user(&caller.principal, email, name, role).await?;
    Ok((StatusCode::CREATED, Json(UserCreated::new(user, &password))))
}

/// Disable a user
///
/// Its sessions and API keys end at once. Nobody can disable themselves.
#[utoipa::path(
    post,
    path = "/api/users/{id}/disable",
    tag = "Access management",
    params(("id" = i32, Path, description = "The user's id.")),
    responses(
        (status = 200, description = "The user is disabled.", body = ManagedUser),
        (status = 404, description = "There is no such user.", body = ErrorBody)
    )
)]
pub(crate) async fn disable_user(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
    Id(id): Id<UserId>,
) -> Result<Json<ManagedUser>, Failure> {
    let user = api.control.disable_user(&caller.principal, id).await?;
    Ok(Json(ManagedUser::from(user)))
}
