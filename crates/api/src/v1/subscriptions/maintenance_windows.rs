//! `GET` and `PUT /v1/subscriptions/{id}/maintenance-windows`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::{
    ids::SubscriptionId,
    subscription::{
        maintenance::{Day, MaintenanceWindow, MaintenanceWindows, TIME_ZONE},
        terms::SubscriptionChange,
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    body::WholeBody,
    caller::{Caller, Read, Write},
    failure::{ErrorBody, Failure},
    links::Origin,
    path_id::Id,
    state::Api,
    v1::tasks::{Occasion, TaskView},
};

/// When Berth may disturb a subscription.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MaintenanceWindows)]
pub(crate) struct WindowsView {
    /// `manual`: in the windows only; `automatic`: whenever Berth sees fit.
    #[schema(example = "manual")]
    mode: &'static str,
    /// The time zone of the windows.
    #[schema(example = "UTC")]
    time_zone: &'static str,
    /// The windows.
    windows: Vec<WindowView>,
    /// Windows that were put off: Berth puts off none.
    skip_status: SkipStatus,
}

/// A maintenance window.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MaintenanceWindow)]
pub(crate) struct WindowView {
    /// The days on which it begins.
    #[schema(example = json!(["Monday"]))]
    days: Vec<&'static str>,
    /// The hour at which it begins.
    #[schema(minimum = 0, maximum = 23, example = 2)]
    start_hour: u8,
    /// How many hours it lasts.
    #[schema(minimum = 4, maximum = 24, example = 8)]
    duration_in_hours: u8,
}

/// How many maintenance windows may still be put off.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SkipStatus {
    /// How many.
    #[schema(example = 0)]
    remaining_skips: u8,
}

/// When Berth may disturb a subscription from now on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MaintenanceWindowsUpdate {
    /// `manual` or `automatic`.
    #[schema(pattern = "^(manual|automatic)$", example = "manual")]
    mode: String,
    /// The windows, where the mode is `manual`.
    #[schema(max_items = 7)]
    windows: Option<Vec<MaintenanceWindowUpdate>>,
}

/// A maintenance window to be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MaintenanceWindowUpdate {
    /// The days on which it begins.
    #[schema(min_items = 1, max_items = 7, example = json!(["Monday"]))]
    days: Vec<String>,
    /// The hour at which it begins, in UTC.
    #[schema(minimum = 0, maximum = 23, example = 2)]
    start_hour: i32,
    /// How many hours it lasts: 4 to 24, or 8 to 24 on flash.
    #[schema(minimum = 4, maximum = 24, example = 8)]
    duration_in_hours: i32,
}

impl From<MaintenanceWindows> for WindowsView {
    fn from(windows: MaintenanceWindows) -> Self {
        let (mode, windows) = match windows {
            MaintenanceWindows::Automatic => ("automatic", Vec::new()),
            MaintenanceWindows::Manual(windows) => ("manual", windows),
        };
        Self {
            mode,
            time_zone: TIME_ZONE,
            windows: windows.into_iter().map(WindowView::from).collect(),
            skip_status: SkipStatus { remaining_skips: 0 },
        }
    }
}

impl From<MaintenanceWindow> for WindowView {
    fn from(window: MaintenanceWindow) -> Self {
        Self {
            days: window.days.into_iter().map(Day::as_str).collect(),
            start_hour: window.start_hour,
            duration_in_hours: window.duration_in_hours,
        }
    }
}

/// View a subscription's maintenance windows
///
/// When Berth may disturb it.
#[utoipa::path(
    get,
    path = "/v1/subscriptions/{id}/maintenance-windows",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 200, description = "The maintenance windows.", body = WindowsView),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn view_maintenance_windows(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
) -> Result<Json<WindowsView>, Failure> {
    let windows = api.control.view_maintenance_windows(&caller.principal, id).await?;
    Ok(Json(windows.into()))
}

/// Change a subscription's maintenance windows
///
/// Queues a task. Windows may also name `dayOfWeek`, `startHour` and `endHour`.
#[utoipa::path(
    put,
    path = "/v1/subscriptions/{id}/maintenance-windows",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    request_body = MaintenanceWindowsUpdate,
    responses(
        (status = 200, description = "The task was queued.", body = TaskView),
        (status = 400, description = "Something is wrong; `errors` names everything at once.", body = ErrorBody),
        (status = 403, description = "The role does not allow this, or the subscription is being deleted.",
            body = ErrorBody),
        (status = 404, description = "There is no such subscription.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn update_maintenance_windows(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    origin: Origin,
    body: WholeBody,
) -> Result<Json<TaskView>, Failure> {
    let by = &caller.principal;
    let current = api.control.view_subscription(by, id).await?;
    let storage = current.memory_storage();
    let windows = MaintenanceWindows::parse(&body.object()?, storage).map_err(Failure::refused)?;
    let change = SubscriptionChange::MaintenanceWindows(windows);
    let task = api.control.change_subscription(by, id, change).await?;
    Ok(Json(TaskView::new(task, Occasion::Queued, &origin)))
}
