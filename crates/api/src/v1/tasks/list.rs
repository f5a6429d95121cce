//! `GET /v1/tasks`

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::Failure,
    links::{Link, Origin},
    state::Api,
    v1::tasks::{Occasion, TaskView},
};

/// An account's tasks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tasks {
    /// The tasks of the last 10 days, newest status change first.
    tasks: Vec<TaskView>,
    /// Related: the list itself.
    links: Vec<Link>,
}

impl Tasks {
    fn sample() -> Self {
        let links = vec![Origin::sample().link("self", "/v1/tasks")];
        Self { tasks: TaskView::samples_looked_up().into(), links }
    }
}

/// List tasks
///
/// The account's tasks of the last 10 days, newest status change first.
#[utoipa::path(
    get,
    path = "/v1/tasks",
    tag = "Tasks",
    responses((status = 200, description = "The tasks.", body = Tasks, example = json!(Tasks::sample())))
)]
pub(crate) async fn list_tasks(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    origin: Origin,
) -> Result<Json<Tasks>, Failure> {
    let tasks = api.control.list_tasks(&caller.principal).await?;
    let tasks = tasks.into_iter().map(|task| TaskView::new(task, Occasion::LookedUp, &origin)).collect();
    Ok(Json(Tasks { tasks, links: vec![origin.link("self", "/v1/tasks")] }))
}
