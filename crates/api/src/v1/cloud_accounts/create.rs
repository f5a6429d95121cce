//! `POST /v1/cloud-accounts`

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_domain::cloud_account::Candidate;

use super::{form, request::CloudAccountCreate};
use crate::{
    body::WholeBody,
    caller::{Caller, Write},
    failure::{ErrorBody, Failure},
    links::Origin,
    state::Api,
    v1::tasks::{Occasion, TaskView},
};

/// Register a cloud account
///
/// Queues a task that verifies the access to the AWS account, and saves it only when everything Berth needs is
/// there. The verification's results are at `GET /api/tasks/{id}/findings`. Unknown fields are ignored, and
/// `null` is the same as absent.
#[utoipa::path(
    post,
    path = "/v1/cloud-accounts",
    tag = "Cloud accounts",
    request_body(content = CloudAccountCreate, example = json!(CloudAccountCreate::sample())),
    responses(
        (status = 202, description = "The task was queued.", body = TaskView,
            example = json!(TaskView::sample_queued())),
        (status = 400, description = "The body is malformed; `errors` names every field at fault.",
            body = ErrorBody, example = json!(ErrorBody::sample())),
        (status = 404, description = "There is no such external id, for a cloud account that is entered by a role.",
            body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 409, description = "The name or the access key is registered already.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn create_cloud_account(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    origin: Origin,
    WholeBody(body): WholeBody,
) -> Result<(StatusCode, Json<TaskView>), Failure> {
    let form = match form::read(&body)?.well_typed() {
        Ok(form) => form,
        Err(mistyped) => return Err(mistyped.explain(Candidate::parse)),
    };
    let task = api.control.create_cloud_account(&caller.principal, form).await?;
    Ok((StatusCode::ACCEPTED, Json(TaskView::new(task, Occasion::Queued, &origin))))
}
