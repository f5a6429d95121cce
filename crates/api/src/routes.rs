//! Every route, each with its documentation.

use std::sync::Arc;

use berth_domain::task::ErrorType;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouter},
    routes,
};

use crate::{document, failure::Failure, operations, own, state::Api, v1};

/// Every route, each with its documentation.
pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    let routes = [
        routes!(v1::root::view_root),
        routes!(
            v1::cloud_accounts::list::list_cloud_accounts,
            v1::cloud_accounts::create::create_cloud_account
        ),
        routes!(
            v1::cloud_accounts::view::view_cloud_account,
            v1::cloud_accounts::update::update_cloud_account,
            v1::cloud_accounts::delete::delete_cloud_account
        ),
        routes!(v1::tasks::list::list_tasks),
        routes!(v1::tasks::view::view_task),
        routes!(v1::regions::list_regions),
        routes!(v1::payment_methods::list_payment_methods),
        routes!(v1::logs::list_log_entries),
        routes!(v1::users::list::list_users),
        routes!(v1::users::view::view_user),
        routes!(own::session::sign_in, own::session::view_session, own::session::sign_out),
        routes!(own::sessions::list_sessions),
        routes!(own::sessions::end_session),
        routes!(own::subscriptions::list_subscriptions),
        routes!(own::cloud_accounts::list_console_cloud_accounts),
        routes!(own::verify::verify_cloud_account),
        routes!(own::users::list_managed_users, own::users::create_user),
        routes!(own::users::disable_user),
        routes!(own::api_keys::list_api_keys, own::api_keys::create_api_key),
        routes!(own::api_keys::revoke_api_key),
        routes!(own::logs::search_log_entries),
        routes!(own::iam_kit::view_iam_kit),
        routes!(own::findings::view_findings),
        routes!(own::openapi::view_openapi),
        routes!(operations::health::view_health),
        routes!(operations::ready::view_readiness),
        routes!(operations::metrics::view_metrics),
    ];
    routes.into_iter().fold(OpenApiRouter::with_openapi(document::opening()), with_and_without_slash)
}

/// Serves a path with and without a slash at its end, because clients of the Redis Cloud API ask for both;
/// documents the latter.
fn with_and_without_slash(
    router: OpenApiRouter<Arc<Api>>,
    route: UtoipaMethodRouter<Arc<Api>>,
) -> OpenApiRouter<Arc<Api>> {
    let (schemas, paths, methods) = route;
    let slashed: Vec<_> = paths.paths.keys().map(|path| format!("{path}/")).collect();
    let router = router.routes((schemas, paths, methods.clone()));
    slashed.iter().fold(router, |router, path| router.route(path, methods.clone()))
}

/// The answer where there is no route.
pub(crate) async fn not_found() -> Failure {
    Failure::new(
        ErrorType::NotFound,
        "There is nothing at this path. GET /api/openapi.json describes what there is.",
    )
}

/// The answer where there is a route, but not for this method. `Allow` names those there are.
pub(crate) async fn method_not_allowed() -> Failure {
    Failure::new(
        ErrorType::MethodNotAllowed,
        "This path does not know this method; the header Allow names those it does.",
    )
}
