//! `/api/session`: signing in to the console, who one is there, signing out.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
};
use berth_control::sessions::{Visitor, Welcome};
use berth_domain::{
    account::{Need, Principal, Via},
    secret::Secret,
    task::ErrorType,
    values::Email,
};
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::subscriptions::SubscriptionView;
use crate::{
    body::WholeBody,
    caller::{Caller, OwnSession, address_of},
    cookie,
    failure::{ErrorBody, Failure},
    fields::Fields,
    rate_limit::Source,
    state::Api,
    v1::users::roles,
};

/// Who signed in, and what may be done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub(crate) struct SessionView {
    /// The person.
    user: SessionUser,
    /// The account.
    account: SessionAccount,
    /// What the person may do in the console.
    permissions: Permissions,
    /// The account's subscriptions.
    subscriptions: Vec<SubscriptionView>,
    /// When the session ends if it is not used any more.
    expires_timestamp: Timestamp,
}

/// The person behind a session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionUser {
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
}

/// The account behind a session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionAccount {
    /// Its id.
    #[schema(example = 1)]
    id: i32,
    /// Its name.
    #[schema(example = "Example Ltd")]
    name: String,
}

/// What a person may do in the console.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SessionPermissions)]
pub(crate) struct Permissions {
    /// Read resources.
    read: bool,
    /// Read the log.
    read_logs: bool,
    /// Read billing data.
    read_billing: bool,
    /// Change resources.
    write: bool,
    /// Manage users and API keys.
    manage_users: bool,
}

/// An email address and a password.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionCreate {
    /// The user's email address.
    #[schema(example = "ops@example.com")]
    email: String,
    /// The user's password.
    #[schema(format = Password, write_only)]
    password: String,
}

impl SessionView {
    fn new(welcome: Welcome, principal: &Principal, expires_timestamp: Timestamp) -> Self {
        let Welcome { user, account, subscriptions } = welcome;
        Self {
            permissions: Permissions {
                read: principal.may(Need::Read),
                read_logs: principal.may(Need::ReadLogs),
                read_billing: principal.may(Need::ReadBilling),
                write: principal.may(Need::Write),
                manage_users: principal.may(Need::ManageUsers),
            },
            user: SessionUser {
                id: user.id.0,
                email: user.email.into(),
                name: user.name.into(),
                role: user.role.title(),
            },
            account: SessionAccount { id: account.id.0, name: account.name.into() },
            subscriptions: subscriptions.into_iter().map(SubscriptionView::from).collect(),
            expires_timestamp,
        }
    }

    fn sample() -> Self {
        Self {
            user: SessionUser {
                id: 1,
                email: "ops@example.com".to_owned(),
                name: "Ada Lovelace".to_owned(),
                role: "Owner",
            },
            account: SessionAccount { id: 1, name: "Example Ltd".to_owned() },
            permissions: Permissions {
                read: true,
                read_logs: true,
                read_billing: true,
                write: true,
                manage_users: true,
            },
            subscriptions: vec![SubscriptionView::sample()],
            expires_timestamp: Timestamp::from_second(1_767_225_600).expect("2026 is in range"),
        }
    }
}

impl SessionCreate {
    fn sample() -> Self {
        Self { email: "ops@example.com".to_owned(), password: "correct horse battery staple".to_owned() }
    }
}

/// A request by somebody who has not signed in, made by no other site's page.
pub(crate) struct Newcomer(Visitor, Source);

impl FromRequestParts<Arc<Api>> for Newcomer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Failure> {
        cookie::refuse_foreign(parts, api.public_base_url.as_deref())?;
        let address = address_of(parts, api);
        let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let visitor =
            Visitor { address: address.to_string(), user_agent: user_agent.unwrap_or_default().to_owned() };
        Ok(Self(visitor, Source::from(address)))
    }
}

/// What goes with an answer that keeps, or forgets, a session's cookie.
type SetCookie = [(HeaderName, HeaderValue); 1];

/// Sign in
///
/// Begins a session of the console, whose token is in a cookie that pages cannot read. It ends when it is not
/// used for a while (30 minutes), and after some hours (12) however much it is used.
#[utoipa::path(
    post,
    path = "/api/session",
    tag = "Session",
    security(()),
    request_body(content = SessionCreate, example = json!(SessionCreate::sample())),
    responses(
        (status = 200, description = "Signed in; `Set-Cookie` holds the session.", body = SessionView,
            example = json!(SessionView::sample())),
        (status = 400, description = "The body is malformed.", body = ErrorBody),
        (status = 401, description = "The email address or the password is wrong.", body = ErrorBody),
        (status = 403, description = "The request was made by a page of another origin.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody),
        (status = 429, description = "Too many tries failed, for this user or from this address.",
            body = ErrorBody, headers(("Retry-After" = i32, description = "After how many seconds to try again.")))
    )
)]
pub(crate) async fn sign_in(
    State(api): State<Arc<Api>>,
    Newcomer(visitor, source): Newcomer,
    WholeBody(body): WholeBody,
) -> Result<(SetCookie, Json<SessionView>), Failure> {
    let mut fields = Fields::of(&body)?;
    let (email, password) = (fields.text("email"), fields.text("password").map(Secret::new));
    let (email, password) = fields.whole(email.zip(password))?;
    let now = Instant::now();
    // Counted before the password is checked: many tries at once are no way around.
    api.sign_ins_from.take(source, now).map_err(|exhausted| {
        Failure::exhausted(exhausted, "Too many tries to sign in from this address failed")
    })?;
    // No email, nobody's: like any other that is wrong.
    let email: Email = email.parse().map_err(|_| wrong())?;
    let (as_a_user, key) = api.sign_ins_as(&email);
    as_a_user.take(key, now).map_err(|exhausted| {
        Failure::exhausted(exhausted, "Too many tries to sign in as this user failed")
    })?;
    let address = visitor.address.clone();
    let signed_in = api.control.sign_in(&email, password, visitor, api.session_limits).await?;
    let Some(signed_in) = signed_in else {
        tracing::info!(address, "a try to sign in failed");
        return Err(wrong());
    };
    api.sign_ins_from.give_back(source);
    as_a_user.give_back(key);
    let welcome = api.control.welcome(&signed_in.principal).await?;
    let view = SessionView::new(welcome, &signed_in.principal, signed_in.expires_at);
    Ok(([(header::SET_COOKIE, api.cookie.keep(&signed_in.token))], Json(view)))
}

/// One text for every case: it must not help to tell a wrong email from a wrong password.
fn wrong() -> Failure {
    Failure::new(ErrorType::Unauthorized, "The email address or the password is wrong.")
}

/// View one's session
///
/// Who signed in, to which account, and what may be done there. Asking prolongs the session.
#[utoipa::path(
    get,
    path = "/api/session",
    tag = "Session",
    responses((status = 200, description = "The session.", body = SessionView,
        example = json!(SessionView::sample())))
)]
pub(crate) async fn view_session(
    caller: Caller<OwnSession>,
    State(api): State<Arc<Api>>,
) -> Result<Json<SessionView>, Failure> {
    let expires_at = caller.session_expires_at.ok_or_else(Failure::internal)?;
    let welcome = api.control.welcome(&caller.principal).await?;
    Ok(Json(SessionView::new(welcome, &caller.principal, expires_at)))
}

/// Sign out
///
/// Ends the session, on the server and in the browser.
#[utoipa::path(
    delete,
    path = "/api/session",
    tag = "Session",
    responses((status = 204, description = "Signed out."))
)]
pub(crate) async fn sign_out(
    caller: Caller<OwnSession>,
    State(api): State<Arc<Api>>,
) -> Result<(StatusCode, SetCookie), Failure> {
    if let Via::Session(id) = caller.principal.via {
        api.control.end_session(&caller.principal, id).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, api.cookie.forget())]))
}
