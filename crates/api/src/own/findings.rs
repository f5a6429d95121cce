//! `GET /api/tasks/{id}/findings`

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use berth_domain::{
    cloud_account::Field,
    findings::{Check, Evidence, Finding, Verdict},
    iam::Statement,
    ids::TaskId,
    task::Task,
};
use serde::Serialize;
use utoipa::{ToSchema, openapi::schema::Object};
use uuid::Uuid;

use crate::{
    caller::{Caller, Read},
    document::words,
    failure::{ErrorBody, Failure},
    links::{Link, Origin},
    path_id::Id,
    state::Api,
    v1::tasks::task_statuses,
};

/// Everything a task's verification found out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Findings {
    /// The task.
    task_id: Uuid,
    /// Where the task stands: before it is `processing-completed` or `processing-error`, there may be none.
    #[schema(schema_with = task_statuses)]
    status: &'static str,
    /// What was found, failures first.
    findings: Vec<FindingView>,
    /// Related: the task.
    links: Vec<Link>,
}

/// One result of a verification.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Finding)]
pub(crate) struct FindingView {
    /// What was looked at.
    #[schema(schema_with = checks)]
    check: &'static str,
    /// The form field it belongs to; absent when it belongs to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = fields, required = false)]
    field: Option<&'static str>,
    /// The AWS action it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ec2:RunInstances", nullable = false)]
    action: Option<String>,
    /// The AWS resource it is about: an ARN, a pattern, or a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    resource: Option<String>,
    /// How it ended; `unknown` is "could not be checked" and says nothing about the account.
    #[schema(schema_with = verdicts)]
    verdict: &'static str,
    /// Whether it keeps the account from being saved.
    blocking: bool,
    /// What was found, in one sentence.
    message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    remedy: Option<String>,
    /// The policy statement that would grant what is missing, ready to paste.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    statement: Option<StatementView>,
    /// The call to AWS that says so; absent when it rests on none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    evidence: Option<EvidenceView>,
}

/// The call to AWS that a finding rests on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Evidence)]
pub(crate) struct EvidenceView {
    /// The operation.
    #[schema(example = "iam:SimulatePrincipalPolicy")]
    operation: String,
    /// AWS's own id of the request, which AWS Support can look up; absent when AWS did not answer. Where it took
    /// several requests, of the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "7a62c49f-347e-4fc4-9331-6e8eexample", nullable = false)]
    request_id: Option<String>,
}

/// A statement of an IAM policy, spelt as AWS spells it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = PolicyStatement)]
pub(crate) struct StatementView {
    /// Its id.
    sid: String,
    /// Always `Allow`.
    #[schema(example = "Allow")]
    effect: String,
    /// The actions.
    action: Vec<String>,
    /// The resource patterns.
    resource: Vec<String>,
    /// Condition operator, condition key, accepted values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    condition: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Findings {
    fn new(task: Task, origin: &Origin) -> Self {
        Self {
            task_id: task.id.0,
            status: task.status.as_str(),
            findings: task.findings.into_iter().map(FindingView::from).collect(),
            links: vec![
                origin.link("self", format_args!("/api/tasks/{}/findings", task.id)),
                origin.link("task", format_args!("/v1/tasks/{}", task.id)),
            ],
        }
    }

    fn sample() -> Self {
        let action = "ec2:RunInstances";
        let missing = Finding::fail(Check::Permission, format!("The IAM user may not use {action}."))
            .on(Field::AccessKeyId)
            .action(action)
            .resource("arn:aws:ec2:*:123456789012:instance/*")
            .statement(Statement {
                sid: "BerthRunInstances".to_owned(),
                effect: "Allow".to_owned(),
                action: vec![action.to_owned()],
                resource: vec!["arn:aws:ec2:*:123456789012:instance/*".to_owned()],
                condition: BTreeMap::new(),
            })
            .evidence(Evidence {
                operation: "iam:SimulatePrincipalPolicy".to_owned(),
                request_id: Some("7a62c49f-347e-4fc4-9331-6e8eexample".to_owned()),
            });
        let valid = Finding::pass(Check::Credentials, "The access key is valid.").on(Field::AccessKeyId);
        let task = Task { findings: vec![missing, valid], ..crate::v1::tasks::sample_failed() };
        let mut sample = Self::new(task, &Origin::sample());
        // Really, the statement follows in the same line.
        sample.findings[0].remedy = Some("Add the statement to the policy of the IAM user.".to_owned());
        sample
    }
}

impl From<Finding> for FindingView {
    fn from(finding: Finding) -> Self {
        let told = finding.told();
        Self {
            check: told.check.as_str(),
            field: told.field.map(Field::as_str),
            action: told.action,
            resource: told.resource,
            verdict: told.verdict.as_str(),
            blocking: told.blocking,
            message: told.message,
            remedy: told.remedy,
            statement: told.statement.map(StatementView::from),
            evidence: told.evidence.map(EvidenceView::from),
        }
    }
}

impl From<Evidence> for EvidenceView {
    fn from(evidence: Evidence) -> Self {
        let Evidence { operation, request_id } = evidence;
        Self { operation, request_id }
    }
}

impl From<Statement> for StatementView {
    fn from(statement: Statement) -> Self {
        let Statement { sid, effect, action, resource, condition } = statement;
        Self { sid, effect, action, resource, condition }
    }
}

fn checks() -> Object {
    words("What was looked at.", Check::ALL.map(Check::as_str))
}

fn verdicts() -> Object {
    let all = [Verdict::Pass, Verdict::Warn, Verdict::Fail, Verdict::Unknown];
    words(
        "How it ended; `unknown` is \"could not be checked\" and says nothing about the account.",
        all.map(Verdict::as_str),
    )
}

fn fields() -> Object {
    words(
        "The form field it belongs to; absent when it belongs to none.",
        crate::v1::cloud_accounts::form::FIELDS.map(Field::as_str),
    )
}

/// View a verification's findings
///
/// Everything that a task's verification looked at, with what to do about what is wrong.
#[utoipa::path(
    get,
    path = "/api/tasks/{id}/findings",
    tag = "Tasks",
    params(("id" = Uuid, Path, description = "The task's id.")),
    responses(
        (status = 200, description = "The findings.", body = Findings, example = json!(Findings::sample())),
        (status = 404, description = "There is no such task.", body = ErrorBody)
    )
)]
pub(crate) async fn view_findings(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<TaskId>,
    origin: Origin,
) -> Result<Json<Findings>, Failure> {
    let task = api.control.view_task(&caller.principal, id).await?;
    Ok(Json(Findings::new(task, &origin)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_tells_action_resource_remedy_and_statement() {
        insta::assert_json_snapshot!(Findings::sample(), @r#"
        {
          "taskId": "3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e",
          "status": "processing-error",
          "findings": [
            {
              "check": "permission",
              "field": "accessKeyId",
              "action": "ec2:RunInstances",
              "resource": "arn:aws:ec2:*:123456789012:instance/*",
              "verdict": "fail",
              "blocking": true,
              "message": "The IAM user may not use ec2:RunInstances.",
              "remedy": "Add the statement to the policy of the IAM user.",
              "statement": {
                "Sid": "BerthRunInstances",
                "Effect": "Allow",
                "Action": [
                  "ec2:RunInstances"
                ],
                "Resource": [
                  "arn:aws:ec2:*:123456789012:instance/*"
                ]
              },
              "evidence": {
                "operation": "iam:SimulatePrincipalPolicy",
                "requestId": "7a62c49f-347e-4fc4-9331-6e8eexample"
              }
            },
            {
              "check": "credentials",
              "field": "accessKeyId",
              "verdict": "pass",
              "blocking": false,
              "message": "The access key is valid."
            }
          ],
          "links": [
            {
              "rel": "self",
              "href": "http://127.0.0.1:8080/api/tasks/3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e/findings",
              "type": "GET"
            },
            {
              "rel": "task",
              "href": "http://127.0.0.1:8080/v1/tasks/3b5c8b0e-6f0c-4f6e-9d0b-0f4a5c1c2d3e",
              "type": "GET"
            }
          ]
        }
        "#);
    }
}
