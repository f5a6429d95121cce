//! `/api/webhooks`: an account's endpoints that are told of events.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_control::webhooks::Party;
use berth_domain::{
    ids::WebhookId,
    secret::Secret,
    webhook::{Delivery, DeliveryState, EventKind, Webhook},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};

use crate::{
    body::WholeBody,
    caller::{Caller, ManageUsers},
    document::words,
    failure::{ErrorBody, Failure},
    fields::Fields,
    path_id::Id,
    state::Api,
};

/// An endpoint that is told of events, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Webhook)]
pub(crate) struct WebhookView {
    /// Its id.
    #[schema(example = 1)]
    id: i32,
    /// Where events are sent.
    #[schema(example = "https://example.com/hooks")]
    url: String,
    /// What it is told of; everything when empty.
    #[schema(schema_with = lists_of_kinds)]
    events: Vec<&'static str>,
    /// Whether it is told anything. One that answered 410 Gone is not.
    enabled: bool,
    /// When it was added.
    created_timestamp: Timestamp,
}

/// An account's webhooks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhooks {
    /// The webhooks, by id.
    webhooks: Vec<WebhookView>,
}

/// A webhook to be.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookCreate {
    /// Where events are sent, by `https`: a host on the internet, or what this Berth's operator allows.
    #[schema(example = "https://example.com/hooks", max_length = 2048)]
    url: String,
    /// What it is told of; everything when empty or absent.
    #[schema(schema_with = lists_of_kinds, required = false)]
    events: Vec<&'static str>,
}

/// A webhook that has just been added.
#[derive(Serialize, ToSchema)]
pub(crate) struct WebhookCreated {
    /// The webhook.
    #[serde(flatten)]
    webhook: WebhookView,
    /// What signs the requests to it, as the Standard Webhooks specification says; shown this once.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: String,
}

/// One event on its way to a webhook.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookDelivery {
    /// The event's id, the header `webhook-id` of every attempt.
    #[schema(example = "0b8ba3a1-6a5c-4f3e-9d57-1a2b3c4d5e6f")]
    event_id: String,
    /// What happened.
    #[schema(schema_with = kinds)]
    r#type: &'static str,
    /// Where it stands.
    #[schema(schema_with = states)]
    state: &'static str,
    /// How often it was tried.
    attempts: i32,
    /// What came of the last attempt, in a few words.
    #[schema(example = "answered 500 Internal Server Error", required = true)]
    outcome: Option<String>,
    /// When the event happened.
    created_timestamp: Timestamp,
    /// When it is tried next.
    #[schema(required = true)]
    next_attempt_timestamp: Option<Timestamp>,
    /// When it was delivered or given up.
    #[schema(required = true)]
    ended_timestamp: Option<Timestamp>,
}

/// Deliveries to a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookDeliveries {
    /// The latest 100 of the last 10 days, newest first.
    deliveries: Vec<WebhookDelivery>,
}

fn kinds() -> Object {
    words("What happened.", EventKind::ALL.map(EventKind::as_str))
}

fn lists_of_kinds() -> utoipa::openapi::schema::Array {
    utoipa::openapi::schema::ArrayBuilder::new()
        .items(kinds())
        .description(Some("What it is told of; everything when empty."))
        .build()
}

fn states() -> Object {
    words(
        "Where it stands: waiting for the next attempt, delivered, or given up.",
        DeliveryState::ALL.map(DeliveryState::as_str),
    )
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id.0,
            url: webhook.url.to_string(),
            events: webhook.events.into_iter().map(EventKind::as_str).collect(),
            enabled: webhook.enabled,
            created_timestamp: webhook.created_at,
        }
    }
}

impl WebhookCreated {
    fn new(webhook: Webhook, secret: &Secret) -> Self {
        Self { webhook: webhook.into(), secret: secret.expose().to_owned() }
    }
}

impl From<Delivery> for WebhookDelivery {
    fn from(delivery: Delivery) -> Self {
        Self {
            event_id: delivery.event_id.to_string(),
            r#type: delivery.kind.as_str(),
            state: delivery.state.as_str(),
            attempts: delivery.attempts,
            outcome: delivery.outcome,
            created_timestamp: delivery.created_at,
            next_attempt_timestamp: delivery.next_attempt_at,
            ended_timestamp: delivery.ended_at,
        }
    }
}

/// List webhooks
#[utoipa::path(
    get,
    path = "/api/webhooks",
    tag = "Webhooks",
    responses((status = 200, description = "The webhooks, without their secrets.", body = Webhooks))
)]
pub(crate) async fn list_webhooks(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
) -> Result<Json<Webhooks>, Failure> {
    let webhooks = api.control.webhooks().list(Party::Owner(&caller.principal)).await?;
    Ok(Json(Webhooks { webhooks: webhooks.into_iter().map(WebhookView::from).collect() }))
}

/// Add a webhook
///
/// Its secret is in the answer, and nowhere else. An account has 10 at most. Requests are signed as the Standard
/// Webhooks specification says; what is not answered with a success within 10 seconds is sent again for 24 hours.
#[utoipa::path(
    post,
    path = "/api/webhooks",
    tag = "Webhooks",
    request_body(content = WebhookCreate),
    responses(
        (status = 201, description = "The webhook was added.", body = WebhookCreated),
        (status = 400, description = "The body is malformed, the address may not be sent to, or there are 10 \
            webhooks already.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn add_webhook(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
    WholeBody(body): WholeBody,
) -> Result<(StatusCode, Json<WebhookCreated>), Failure> {
    let mut fields = Fields::of(&body)?;
    let url = fields.parsed("url");
    let names = EventKind::ALL.map(EventKind::as_str).join(", ");
    let events = fields.list("events", &format!("must be a list of {names}"));
    let (url, events) = fields.whole(url.zip(events))?;
    let party = Party::Owner(&caller.principal);
    let (webhook, secret) = api.control.webhooks().add(party, url, events).await?;
    Ok((StatusCode::CREATED, Json(WebhookCreated::new(webhook, &secret))))
}

/// Remove a webhook
///
/// What waits for it is not sent any more.
#[utoipa::path(
    delete,
    path = "/api/webhooks/{id}",
    tag = "Webhooks",
    params(("id" = i32, Path, description = "The webhook's id.")),
    responses(
        (status = 200, description = "The webhook is removed.", body = WebhookView),
        (status = 404, description = "There is no such webhook.", body = ErrorBody)
    )
)]
pub(crate) async fn remove_webhook(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
    Id(id): Id<WebhookId>,
) -> Result<Json<WebhookView>, Failure> {
    let webhook = api.control.webhooks().remove(Party::Owner(&caller.principal), id).await?;
    Ok(Json(WebhookView::from(webhook)))
}

/// List deliveries to a webhook
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}/deliveries",
    tag = "Webhooks",
    params(("id" = i32, Path, description = "The webhook's id.")),
    responses(
        (status = 200, description = "The deliveries.", body = WebhookDeliveries),
        (status = 404, description = "There is no such webhook.", body = ErrorBody)
    )
)]
pub(crate) async fn list_deliveries(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
    Id(id): Id<WebhookId>,
) -> Result<Json<WebhookDeliveries>, Failure> {
    let deliveries = api.control.webhooks().deliveries(Party::Owner(&caller.principal), id).await?;
    Ok(Json(WebhookDeliveries { deliveries: deliveries.into_iter().map(WebhookDelivery::from).collect() }))
}
