//! `GET /api/openapi.json`

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::state::Api;

/// This document.
///
/// The description of the API, as OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "Operations",
    security(()),
    responses((status = 200, description = "The document.", body = Object))
)]
pub(crate) async fn view_openapi(State(api): State<Arc<Api>>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], api.document.clone()).into_response()
}
