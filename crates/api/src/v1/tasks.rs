//! `/v1/tasks`: how a task looks to clients.

pub(crate) mod list;
pub(crate) mod view;

use berth_domain::{
    ids::{AccountId, CloudAccountId},
    task::{Command, ErrorType, Subject, Task, TaskError, TaskStatus},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::{ToSchema, openapi::schema::Object};
use uuid::Uuid;

use crate::{
    document::words,
    failure::{FieldProblem, error_types},
    links::{Link, Origin},
};

/// An asynchronous operation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Task)]
pub(crate) struct TaskView {
    /// Its id.
    task_id: Uuid,
    /// What it does.
    #[schema(schema_with = commands)]
    command_type: &'static str,
    /// Where it stands. `processing-completed` and `processing-error` are final.
    #[schema(schema_with = task_statuses)]
    status: &'static str,
    /// What is going on, in one sentence.
    description: String,
    /// When the status last changed.
    timestamp: Timestamp,
    /// The outcome, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    response: Option<TaskResponse>,
    /// The outcome in one word, once there is one.
    // redisctl 0.13's `task wait` and `task poll` take this before `status`, and know no `processing-…`
    // among the final states: without it they never end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = outcomes, required = false)]
    state: Option<&'static str>,
    /// Related: the task itself, and what it made or changed.
    links: Vec<Link>,
}

/// What came of a task.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaskResponse {
    /// What it made, changed or removed, on success.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 101, nullable = false)]
    resource_id: Option<i32>,
    /// What it found out, when that is what it was for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    resource: Option<Value>,
    /// Why it failed, on failure.
    // Clients take any `error`, null included, for a failure: absent on success.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<TaskErrorView>,
}

/// Why a task failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TaskError)]
pub(crate) struct TaskErrorView {
    /// The kind of error, for programs.
    #[schema(schema_with = error_types)]
    r#type: ErrorType,
    /// The HTTP status such an error would have.
    #[schema(example = "400 BAD_REQUEST")]
    status: &'static str,
    /// The cause, the task's id and the next step, for people.
    description: String,
    /// Every field of the request that was wrong, when fields were.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldProblem>,
}

/// What a client asked when it gets to see a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// The task was queued by this request.
    Queued,
    /// The client asked how it stands.
    LookedUp,
}

impl TaskView {
    /// `task` as clients see it.
    pub(crate) fn new(task: Task, occasion: Occasion, origin: &Origin) -> Self {
        let rel = match occasion {
            Occasion::Queued => "task",
            Occasion::LookedUp => "self",
        };
        let mut links = vec![origin.link(rel, format_args!("/v1/tasks/{}", task.id))];
        if let (TaskStatus::ProcessingCompleted, false, Some(id)) =
            (task.status, task.command.removes(), resource_id(&task))
        {
            let collection = match task.command.subject() {
                Subject::CloudAccount => "cloud-accounts",
                Subject::Subscription => "subscriptions",
                Subject::FixedSubscription => "fixed/subscriptions",
            };
            links.push(origin.link("resource", format_args!("/v1/{collection}/{id}")));
        }
        let state = match task.status {
            TaskStatus::ProcessingCompleted => Some("completed"),
            TaskStatus::ProcessingError => Some("failed"),
            TaskStatus::Received | TaskStatus::ProcessingInProgress => None,
        };
        Self {
            task_id: task.id.0,
            command_type: task.command.as_str(),
            status: task.status.as_str(),
            response: TaskResponse::of(&task),
            description: task.description,
            timestamp: task.updated_at,
            state,
            links,
        }
    }

    pub(crate) fn sample_queued() -> Self {
        Self::new(sample(TaskStatus::Received), Occasion::Queued, &Origin::sample())
    }

    pub(crate) fn samples_looked_up() -> [Self; 2] {
        [sample(TaskStatus::ProcessingCompleted), sample_failed()]
            .map(|task| Self::new(task, Occasion::LookedUp, &Origin::sample()))
    }
}

fn resource_id(task: &Task) -> Option<i32> {
    task.cloud_account_id.map(|id| id.0).or(task.subscription_id.map(|id| id.0))
}

impl TaskResponse {
    /// A finished task always has one, even empty: clients look into it without asking.
    fn of(task: &Task) -> Option<Self> {
        match task.status {
            TaskStatus::Received | TaskStatus::ProcessingInProgress => None,
            TaskStatus::ProcessingCompleted => {
                Some(Self { resource_id: resource_id(task), resource: task.resource.clone(), error: None })
            }
            TaskStatus::ProcessingError => {
                let error = task.error.clone().unwrap_or_else(|| TaskError {
                    kind: ErrorType::GeneralError,
                    description: task.description.clone(),
                    fields: Vec::new(),
                });
                let error = TaskErrorView {
                    r#type: error.kind,
                    status: error.kind.status_line(),
                    description: error.description,
                    errors: error.fields.into_iter().map(FieldProblem::from).collect(),
                };
                Some(Self { error: Some(error), ..Self::default() })
            }
        }
    }
}

fn sample(status: TaskStatus) -> Task {
    let at = Timestamp::from_second(1_767_225_600).expect("2026 is in range");
    let description = match status {
        TaskStatus::ProcessingCompleted => "The cloud account was verified and saved.",
        TaskStatus::ProcessingError => "The credentials were refused. Nothing was saved.",
        TaskStatus::Received | TaskStatus::ProcessingInProgress => "Waiting for its turn.",
    };
    Task {
        id: "3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e".parse().expect("a UUID"),
        account_id: AccountId(1),
        command: Command::CloudAccountCreateRequest,
        status,
        description: description.to_owned(),
        updated_at: at,
        created_at: at,
        cloud_account_id: (status == TaskStatus::ProcessingCompleted).then_some(CloudAccountId(101)),
        subscription_id: None,
        resource: None,
        error: None,
        findings: Vec::new(),
    }
}

/// A task that failed, for examples.
pub(crate) fn sample_failed() -> Task {
    let error = TaskError {
        kind: ErrorType::CloudAccountInvalidCreds,
        description:
            "AWS refused the secret key: it does not belong to the access key AKIAIOSFODNN7EXAMPLE. \
                      Task 3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e. Enter the secret that AWS showed when the \
                      access key was created, or create a new access key."
                .to_owned(),
        fields: Vec::new(),
    };
    Task { error: Some(error), ..sample(TaskStatus::ProcessingError) }
}

/// The schema of a task's `status`.
pub(crate) fn task_statuses() -> Object {
    let all = [
        TaskStatus::Received,
        TaskStatus::ProcessingInProgress,
        TaskStatus::ProcessingCompleted,
        TaskStatus::ProcessingError,
    ];
    words(
        "Where it stands. `processing-completed` and `processing-error` are final.",
        all.map(TaskStatus::as_str),
    )
}

fn commands() -> Object {
    words("What it does.", Command::ALL.iter().copied().map(Command::as_str))
}

fn outcomes() -> Object {
    words("The outcome in one word, once there is one.", ["completed", "failed"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(task: Task) -> TaskView {
        TaskView::new(task, Occasion::LookedUp, &Origin::sample())
    }

    #[test]
    fn a_queued_task_links_to_itself_as_task_and_has_no_outcome() {
        insta::assert_json_snapshot!(TaskView::sample_queued(), @r#"
        {
          "taskId": "3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e",
          "commandType": "cloudAccountCreateRequest",
          "status": "received",
          "description": "Waiting for its turn.",
          "timestamp": "2026-01-01T00:00:00Z",
          "links": [
            {
              "rel": "task",
              "href": "http://127.0.0.1:8080/v1/tasks/3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e",
              "type": "GET"
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_completed_create_names_its_resource_and_has_no_error() {
        insta::assert_json_snapshot!(seen(sample(TaskStatus::ProcessingCompleted)), @r#"
        {
          "taskId": "3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e",
          "commandType": "cloudAccountCreateRequest",
          "status": "processing-completed",
          "description": "The cloud account was verified and saved.",
          "timestamp": "2026-01-01T00:00:00Z",
          "response": {
            "resourceId": 101
          },
          "state": "completed",
          "links": [
            {
              "rel": "self",
              "href": "http://127.0.0.1:8080/v1/tasks/3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e",
              "type": "GET"
            },
            {
              "rel": "resource",
              "href": "http://127.0.0.1:8080/v1/cloud-accounts/101",
              "type": "GET"
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_failed_task_has_an_error_object_and_no_resource() {
        insta::assert_json_snapshot!(seen(sample_failed()), @r#"
        {
          "taskId": "3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e",
          "commandType": "cloudAccountCreateRequest",
          "status": "processing-error",
          "description": "The credentials were refused. Nothing was saved.",
          "timestamp": "2026-01-01T00:00:00Z",
          "response": {
            "error": {
              "type": "CLOUD_ACCOUNT_INVALID_CREDS",
              "status": "400 BAD_REQUEST",
              "description": "AWS refused the secret key: it does not belong to the access key AKIAIOSFODNN7EXAMPLE. Task 3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e. Enter the secret that AWS showed when the access key was created, or create a new access key."
            }
          },
          "state": "failed",
          "links": [
            {
              "rel": "self",
              "href": "http://127.0.0.1:8080/v1/tasks/3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e",
              "type": "GET"
            }
          ]
        }
        "#);
    }

    #[test]
    fn a_completed_delete_does_not_link_to_what_is_gone() {
        let task =
            Task { command: Command::CloudAccountDeleteRequest, ..sample(TaskStatus::ProcessingCompleted) };

        insta::assert_json_snapshot!(seen(task).links, @r#"
        [
          {
            "rel": "self",
            "href": "http://127.0.0.1:8080/v1/tasks/3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e",
            "type": "GET"
          }
        ]
        "#);
    }

    #[test]
    fn a_completed_task_has_a_response_even_when_there_is_nothing_in_it() {
        let task = Task { cloud_account_id: None, ..sample(TaskStatus::ProcessingCompleted) };

        insta::assert_json_snapshot!(seen(task).response, @"{}");
    }
}
