//! Every route, each with its documentation.

use std::sync::Arc;

use axum::Router;
use berth_domain::task::ErrorType;
use utoipa::openapi::OpenApi;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouter},
    routes,
};

use crate::{document, failure::Failure, operations, own, state::Api, v1};

/// One path with its methods, and their documentation.
type Route = fn() -> UtoipaMethodRouter<Arc<Api>>;

/// Every route.
const ROUTES: &[Route] = &[
    || routes!(v1::root::view_root),
    || {
        routes!(
            v1::cloud_accounts::list::list_cloud_accounts,
            v1::cloud_accounts::create::create_cloud_account
        )
    },
    || {
        routes!(
            v1::cloud_accounts::view::view_cloud_account,
            v1::cloud_accounts::update::update_cloud_account,
            v1::cloud_accounts::delete::delete_cloud_account
        )
    },
    || routes!(v1::tasks::list::list_tasks),
    || routes!(v1::tasks::view::view_task),
    || routes!(v1::regions::list_regions),
    || routes!(v1::payment_methods::list_payment_methods),
    || {
        routes!(
            v1::subscriptions::list::list_pro_subscriptions,
            v1::subscriptions::create::create_subscription
        )
    },
    || routes!(v1::subscriptions::redis_versions::list_redis_versions),
    || routes!(v1::subscriptions::redis_versions::list_redis_versions_for_redisctl),
    || routes!(v1::subscriptions::redis_versions::list_fixed_redis_versions),
    || {
        routes!(
            v1::subscriptions::view::view_subscription,
            v1::subscriptions::update::update_subscription,
            v1::subscriptions::delete::delete_subscription
        )
    },
    || routes!(v1::subscriptions::resource_tags::update_resource_tags),
    || {
        routes!(
            v1::subscriptions::allow_list::view_allow_list,
            v1::subscriptions::allow_list::update_allow_list
        )
    },
    || {
        routes!(
            v1::subscriptions::maintenance_windows::view_maintenance_windows,
            v1::subscriptions::maintenance_windows::update_maintenance_windows
        )
    },
    || routes!(v1::subscriptions::pricing::view_pricing),
    || routes!(v1::subscriptions::databases::list_databases),
    || routes!(v1::fixed::plans::list_fixed_plans),
    || routes!(v1::fixed::plans::view_fixed_plan),
    || routes!(v1::fixed::plans::list_plans_of_subscription),
    || {
        routes!(
            v1::fixed::subscriptions::list::list_fixed_subscriptions,
            v1::fixed::subscriptions::create::create_fixed_subscription
        )
    },
    || {
        routes!(
            v1::fixed::subscriptions::view::view_fixed_subscription,
            v1::fixed::subscriptions::update::update_fixed_subscription,
            v1::fixed::subscriptions::delete::delete_fixed_subscription
        )
    },
    || routes!(v1::fixed::subscriptions::databases::list_fixed_databases),
    || routes!(v1::databases::list_database_modules),
    || routes!(v1::databases::list_data_persistence),
    || routes!(v1::logs::list_log_entries),
    || routes!(v1::users::list::list_users),
    || routes!(v1::users::view::view_user),
    || routes!(own::session::sign_in, own::session::view_session, own::session::sign_out),
    || routes!(own::sessions::list_sessions),
    || routes!(own::sessions::end_session),
    || routes!(own::subscriptions::list_subscriptions),
    || routes!(own::allow_list::read_allow_list),
    || routes!(own::deployments::list_deployments),
    || routes!(own::deployments::view_deployment),
    || routes!(own::monitoring::view_monitoring),
    || routes!(own::deployments::view_drift, own::deployments::check_drift),
    || routes!(own::deployments::retry_subscription),
    || routes!(own::restore_policy::view_restore_policy, own::restore_policy::set_restore_policy),
    || routes!(own::restores::list_restores),
    || routes!(own::cloud_accounts::list_console_cloud_accounts),
    || routes!(own::external_id::create_external_id),
    || routes!(own::zones::list_zones),
    || routes!(own::verify::verify_cloud_account),
    || routes!(own::verifications::list_verifications, own::verifications::create_verification),
    || routes!(own::rotations::rotate_access_key),
    || routes!(own::rotations::list_rotations),
    || routes!(own::rotations::cancel_rotation),
    || routes!(own::rotations::reactivate_old_key),
    || {
        routes!(
            own::rotation_schedule::view_rotation_schedule,
            own::rotation_schedule::set_rotation_schedule
        )
    },
    || routes!(own::users::list_managed_users, own::users::create_user),
    || routes!(own::users::disable_user),
    || routes!(own::api_keys::list_api_keys, own::api_keys::create_api_key),
    || routes!(own::api_keys::revoke_api_key),
    || routes!(own::logs::search_log_entries),
    || routes!(own::support::view_support_access, own::support::change_support_access),
    || routes!(own::support::list_console_sessions, own::support::open_console_session),
    || routes!(own::support::approve_console_session),
    || routes!(own::support::deny_console_session),
    || routes!(own::webhooks::list_webhooks, own::webhooks::add_webhook),
    || routes!(own::webhooks::remove_webhook),
    || routes!(own::webhooks::list_deliveries),
    || routes!(own::iam_kit::view_iam_kit),
    || routes!(own::iam_kit_document::view_iam_kit_document),
    || routes!(own::findings::view_findings),
    || routes!(own::openapi::view_openapi),
    || routes!(operations::health::view_health),
    || routes!(operations::ready::view_readiness),
    || routes!(operations::metrics::view_metrics),
];

/// Serves every route, with and without a slash at its end, because clients of the Redis Cloud API ask for both.
pub(crate) fn router() -> Router<Arc<Api>> {
    // One after the other: each brings the schemas of all it mentions, megabytes together.
    ROUTES.iter().fold(Router::new(), |router, route| {
        let (_, paths, methods) = route();
        paths.paths.into_keys().fold(router, |router, path| {
            router.route(&format!("{path}/"), methods.clone()).route(&path, methods.clone())
        })
    })
}

/// Documents every route, without a slash at its end.
pub(crate) fn documentation() -> OpenApi {
    let opening = OpenApiRouter::with_openapi(document::opening());
    ROUTES.iter().fold(opening, |router, route| router.routes(route())).into_openapi()
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
