//! `GET /healthz`

use axum::Json;
use serde::Serialize;
use utoipa::{
    ToSchema,
    openapi::schema::{Object, ObjectBuilder, Type},
};

/// That the process is alive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    #[schema(schema_with = ok_only)]
    status: &'static str,
}

impl Health {
    fn sample() -> Self {
        Self { status: "ok" }
    }
}

fn ok_only() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["ok"])).build()
}

/// Is the process alive?
///
/// Looks at nothing but itself: use it to decide whether to restart the process.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "Operations",
    security(()),
    responses((status = 200, description = "It is.", body = Health, example = json!(Health::sample())))
)]
pub(crate) async fn view_health() -> Json<Health> {
    Json(Health::sample())
}
