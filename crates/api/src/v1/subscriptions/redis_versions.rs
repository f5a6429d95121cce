//! `GET /v1/subscriptions/redis-versions`, and the other paths that clients ask for it.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::Failure,
};

/// The versions of Redis there are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedisVersions {
    /// None: Berth runs no databases yet.
    #[schema(value_type = Vec<Object>, max_items = 0)]
    redis_versions: [(); 0],
}

/// List versions of Redis
///
/// There are none: Berth builds what databases will run on, and runs none yet.
#[utoipa::path(
    get,
    path = "/v1/subscriptions/redis-versions",
    tag = "Subscriptions",
    responses((status = 200, description = "The versions.", body = RedisVersions))
)]
pub(crate) async fn list_redis_versions(_caller: Caller<Read>) -> Result<Json<RedisVersions>, Failure> {
    Ok(Json(RedisVersions { redis_versions: [] }))
}

/// List versions of Redis, at the path redisctl asks
///
/// The same as `GET /v1/subscriptions/redis-versions`.
#[utoipa::path(
    get,
    path = "/v1/redis-versions",
    tag = "Subscriptions",
    responses((status = 200, description = "The versions.", body = RedisVersions))
)]
pub(crate) async fn list_redis_versions_for_redisctl(
    caller: Caller<Read>,
) -> Result<Json<RedisVersions>, Failure> {
    list_redis_versions(caller).await
}

/// List versions of Redis for fixed subscriptions
///
/// The same as `GET /v1/subscriptions/redis-versions`.
#[utoipa::path(
    get,
    path = "/v1/fixed/redis-versions",
    tag = "Subscriptions",
    responses((status = 200, description = "The versions.", body = RedisVersions))
)]
pub(crate) async fn list_fixed_redis_versions(
    caller: Caller<Read>,
) -> Result<Json<RedisVersions>, Failure> {
    list_redis_versions(caller).await
}
