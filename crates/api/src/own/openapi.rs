//! `GET /api/openapi.json`

use std::sync::LazyLock;

use axum::{
    body::Bytes,
    http::header,
    response::{IntoResponse, Response},
};

/// Written out when somebody first asks: that takes megabytes which most servers never need.
static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| crate::openapi_json().into());

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
pub(crate) async fn view_openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.clone()).into_response()
}
