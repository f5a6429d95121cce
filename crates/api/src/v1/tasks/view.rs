//! `GET /v1/tasks/{id}`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::ids::TaskId;

use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    links::Origin,
    path_id::Id,
    state::Api,
    v1::tasks::{Occasion, TaskView},
};

/// View a task
///
/// How a task stands. Ask until its status is `processing-completed` or `processing-error`.
#[utoipa::path(
    get,
    path = "/v1/tasks/{id}",
    tag = "Tasks",
    params(("id" = Uuid, Path, description = "The task's id.")),
    responses(
        (status = 200, description = "The task.", body = TaskView, examples(
            ("completed" = (value = json!(TaskView::samples_looked_up()[0]))),
            ("failed" = (value = json!(TaskView::samples_looked_up()[1])))
        )),
        (status = 404, description = "There is no such task.", body = ErrorBody)
    )
)]
pub(crate) async fn view_task(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<TaskId>,
    origin: Origin,
) -> Result<Json<TaskView>, Failure> {
    let task = api.control.view_task(&caller.principal, id).await?;
    Ok(Json(TaskView::new(task, Occasion::LookedUp, &origin)))
}
