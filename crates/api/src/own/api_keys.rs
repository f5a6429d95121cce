//! `/api/api-keys`: managing an account's API keys.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_domain::{
    account::{ApiKey, User},
    ids::{ApiKeyId, UserId},
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
};

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ManagedApiKey)]
pub(crate) struct ApiKeyView {
    /// Its id.
    #[schema(example = 1)]
    id: i32,
    /// Its name.
    #[schema(example = "ci-pipeline")]
    name: String,
    /// The user whose role it has.
    #[schema(example = 1)]
    user_id: i32,
    /// That user's email address.
    #[schema(example = "ops@example.com")]
    user_email: String,
    /// From which networks it may be used; empty means from anywhere.
    #[schema(example = json!(["192.0.2.0/24"]))]
    allowed_sources: Vec<String>,
    /// When it was created.
    created_timestamp: Timestamp,
    /// When it was revoked.
    #[schema(required = true)]
    revoked_timestamp: Option<Timestamp>,
    /// When it was last used, give or take a minute.
    #[schema(required = true)]
    last_used_timestamp: Option<Timestamp>,
}

/// An account's API keys.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKeys {
    /// The account key, `x-api-key`, which all requests of the account share.
    account_key: String,
    /// The API keys by id, revoked ones included.
    api_keys: Vec<ApiKeyView>,
}

/// An API key to be.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKeyCreate {
    /// Its name.
    #[schema(example = "ci-pipeline", min_length = 10, max_length = 50, pattern = "^[A-Za-z0-9_-]+$")]
    name: String,
    /// The user whose role it gets.
    #[schema(example = 1)]
    user_id: i32,
    /// From which networks it may be used; empty or absent means from anywhere.
    #[schema(example = json!(["192.0.2.0/24"]), required = false)]
    allowed_sources: Vec<String>,
}

/// An API key that has just been created.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKeyCreated {
    /// The key.
    #[serde(flatten)]
    api_key: ApiKeyView,
    /// The account key, `x-api-key`.
    account_key: String,
    /// The secret key, `x-api-secret-key`, shown this once.
    secret_key: String,
}

impl ApiKeyView {
    fn new(key: ApiKey, users: &[User]) -> Self {
        let user = users.iter().find(|user| user.id == key.user_id);
        Self {
            id: key.id.0,
            name: key.name.into(),
            user_id: key.user_id.0,
            user_email: user.map(|user| user.email.to_string()).unwrap_or_default(),
            allowed_sources: key.allowed_sources.iter().map(ToString::to_string).collect(),
            created_timestamp: key.created_at,
            revoked_timestamp: key.revoked_at,
            last_used_timestamp: key.last_used_at,
        }
    }
}

impl ApiKeyCreated {
    fn new(key: ApiKey, user: User, account_key: String, secret_key: &Secret) -> Self {
        Self {
            api_key: ApiKeyView::new(key, &[user]),
            account_key,
            secret_key: secret_key.expose().to_owned(),
        }
    }
}

/// List API keys
#[utoipa::path(
    get,
    path = "/api/api-keys",
    tag = "Access management",
    responses((status = 200, description = "The API keys, without their secrets.", body = ApiKeys))
)]
pub(crate) async fn list_api_keys(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
) -> Result<Json<ApiKeys>, Failure> {
    let (account, keys, users) = api.control.list_api_keys(&caller.principal).await?;
    let api_keys = keys.into_iter().map(|key| ApiKeyView::new(key, &users)).collect();
    Ok(Json(ApiKeys { account_key: account.account_key, api_keys }))
}

/// Create an API key
///
/// Its secret is in the answer, and nowhere else.
#[utoipa::path(
    post,
    path = "/api/api-keys",
    tag = "Access management",
    request_body(content = ApiKeyCreate),
    responses(
        (status = 201, description = "The API key was created.", body = ApiKeyCreated),
        (status = 400, description = "The body is malformed.", body = ErrorBody),
        (status = 404, description = "There is no such user.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn create_api_key(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
    WholeBody(body): WholeBody,
) -> Result<(StatusCode, Json<ApiKeyCreated>), Failure> {
    let mut fields = Fields::of(&body)?;
    let name = fields.parsed("name");
    let user = fields.integer("userId");
    let user = fields.require("userId", user).map(UserId);
    let sources = fields.list("allowedSources", "must be a list of networks, such as 192.0.2.0/24");
    let ((name, user), sources) = fields.whole(name.zip(user).zip(sources))?;
    let (keys, user) = api.control.create_api_key(&caller.principal, user, name, sources).await?;
    let created = ApiKeyCreated::new(keys.api_key, user, keys.account_key, &keys.secret_key);
    Ok((StatusCode::CREATED, Json(created)))
}

/// Revoke an API key
///
/// It stops working at once, and stays in the list.
#[utoipa::path(
    delete,
    path = "/api/api-keys/{id}",
    tag = "Access management",
    params(("id" = i32, Path, description = "The API key's id.")),
    responses(
        (status = 200, description = "The API key is revoked.", body = ApiKeyView),
        (status = 404, description = "There is no such API key.", body = ErrorBody)
    )
)]
pub(crate) async fn revoke_api_key(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
    Id(id): Id<ApiKeyId>,
) -> Result<Json<ApiKeyView>, Failure> {
    let (key, user) = api.control.revoke_api_key(&caller.principal, id).await?;
    Ok(Json(ApiKeyView::new(key, &[user])))
}
