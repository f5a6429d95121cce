//! `GET /readyz`

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use berth_control::readiness::{Condition, Readiness};
use serde::Serialize;
use utoipa::{
    ToSchema,
    openapi::schema::{Object, ObjectBuilder, Type},
};

use crate::state::Api;

/// Whether Berth can serve.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Readiness)]
pub(crate) struct ReadinessView {
    /// `ok` when every check is.
    #[schema(schema_with = ok_or_failed)]
    status: &'static str,
    /// What was looked at.
    checks: Vec<CheckView>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReadinessCheck)]
pub(crate) struct CheckView {
    /// `database`, `migrations` or `master-key`.
    #[schema(example = "database")]
    name: &'static str,
    /// How it is; `unknown` when it could not be looked at.
    #[schema(schema_with = conditions)]
    status: &'static str,
    /// What to do, when it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message: Option<&'static str>,
}

impl ReadinessView {
    fn sample(database: Condition) -> Self {
        let others = if database == Condition::Ok { Condition::Ok } else { Condition::Unknown };
        Self::from(Readiness { database, migrations: others.clone(), master_key: others })
    }
}

impl From<Readiness> for ReadinessView {
    fn from(Readiness { database, migrations, master_key }: Readiness) -> Self {
        let checks = [("database", database), ("migrations", migrations), ("master-key", master_key)];
        let all_ok = checks.iter().all(|(_, condition)| *condition == Condition::Ok);
        let checks = checks.map(|(name, condition)| match condition {
            Condition::Ok => CheckView { name, status: "ok", message: None },
            Condition::Failed(message) => CheckView { name, status: "failed", message: Some(message) },
            Condition::Unknown => CheckView { name, status: "unknown", message: None },
        });
        Self { status: if all_ok { "ok" } else { "failed" }, checks: checks.into() }
    }
}

impl IntoResponse for ReadinessView {
    fn into_response(self) -> Response {
        let ready = self.status == "ok";
        let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, Json(self)).into_response()
    }
}

fn ok_or_failed() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["ok", "failed"])).build()
}

fn conditions() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["ok", "failed", "unknown"])).build()
}

/// Can Berth serve?
///
/// Looks at the database, its migrations and the master key: use it to decide whether to send requests here.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "Operations",
    security(()),
    responses(
        (status = 200, description = "It can.", body = ReadinessView,
            example = json!(ReadinessView::sample(Condition::Ok))),
        (status = 503, description = "It cannot now: the checks say why.", body = ReadinessView,
            example = json!(ReadinessView::sample(Condition::Failed("The database does not answer."))))
    )
)]
pub(crate) async fn view_readiness(State(api): State<Arc<Api>>) -> ReadinessView {
    api.control.readiness().await.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::json_of;

    #[tokio::test]
    async fn a_failed_part_is_named_and_makes_it_503() {
        let response = ReadinessView::from(Readiness {
            database: Condition::Ok,
            migrations: Condition::Failed("Run berth migrate."),
            master_key: Condition::Unknown,
        })
        .into_response();

        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        insta::assert_json_snapshot!(json_of(response).await, @r#"
        {
          "checks": [
            {
              "name": "database",
              "status": "ok"
            },
            {
              "message": "Run berth migrate.",
              "name": "migrations",
              "status": "failed"
            },
            {
              "name": "master-key",
              "status": "unknown"
            }
          ],
          "status": "failed"
        }
        "#);
    }

    #[test]
    fn all_parts_in_order_are_200() {
        assert_eq!(ReadinessView::sample(Condition::Ok).into_response().status(), StatusCode::OK);
    }
}
