//! `POST /api/cloud-accounts/verify`: findings as they come, nothing saved.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use berth_control::rehearsal::Progress;
use berth_domain::{
    cloud_account::{Candidate, Change},
    findings::Conclusion,
    ids::CloudAccountId,
};
use futures::{Stream, StreamExt};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{Object, ObjectBuilder, Type},
    },
};

use super::findings::FindingView;
use crate::{
    body::WholeBody,
    caller::{Caller, Write},
    document::words,
    failure::{ErrorBody, Failure},
    fields::Fields,
    state::Api,
    v1::cloud_accounts::{form, request::CloudAccountUpdate},
};

/// How often something is sent, so that nobody on the way takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// What to verify: the fields of a cloud account to be; or, with `cloudAccountId`, what to change of an existing
/// one, where absent fields are those stored.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CloudAccountVerify {
    /// An existing cloud account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 101)]
    cloud_account_id: Option<i32>,
    #[serde(flatten)]
    fields: CloudAccountUpdate,
}

/// The data of one event: of `finding` a finding, of `done`, the last one, the conclusion.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum VerificationEvent {
    /// A check is done.
    Finding(Box<FindingView>),
    /// All checks are done.
    Done(VerificationDone),
}

/// What a verification came to.
#[derive(Serialize, ToSchema)]
pub(crate) struct VerificationDone {
    /// What it came to.
    #[schema(schema_with = conclusions)]
    conclusion: &'static str,
}

pub(crate) fn conclusions() -> Object {
    words(
        "What it came to: works; does not, and is not saved; could not be told because AWS did not answer.",
        Conclusion::ALL.map(Conclusion::as_str),
    )
}

impl PartialSchema for VerificationEvent {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        ObjectBuilder::new()
            .description(Some("One event of a verification."))
            .property(
                "event",
                text()
                    .description(Some("What it tells: a finding, or that it is done."))
                    .enum_values(Some(["finding", "done"])),
            )
            .property(
                "data",
                text()
                    .description(Some(
                        "JSON: of `finding` a `Finding`, of `done`, the last one, a `VerificationDone`.",
                    ))
                    .content_media_type("application/json"),
            )
            .required("event")
            .required("data")
            .into()
    }
}

impl ToSchema for VerificationEvent {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("VerificationDone".to_owned(), VerificationDone::schema()));
    }
}

impl VerificationEvent {
    fn into_event(self) -> Event {
        let name = match &self {
            Self::Finding(_) => "finding",
            Self::Done(_) => "done",
        };
        let data = serde_json::to_string(&self).expect("texts and lists of them always serialise");
        Event::default().event(name).data(data)
    }
}

impl From<Progress> for VerificationEvent {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Found(finding) => Self::Finding(Box::new(FindingView::from(*finding))),
            Progress::Done(conclusion) => Self::Done(VerificationDone { conclusion: conclusion.as_str() }),
        }
    }
}

/// Verify a cloud account without saving it
///
/// Streams findings (Server-Sent Events) as each check is done: events `finding`, and last `done`. Takes AWS's
/// first answers, 40 seconds at most. Whoever closes the connection ends the verification. At most 10 a minute
/// per user.
#[utoipa::path(
    post,
    path = "/api/cloud-accounts/verify",
    tag = "Cloud accounts",
    request_body(content = CloudAccountVerify),
    responses(
        (status = 200, description = "The findings, one event each.", content_type = "text/event-stream",
            body = VerificationEvent),
        (status = 400, description = "The body is malformed; `errors` names every field at fault.",
            body = ErrorBody, example = json!(ErrorBody::sample())),
        (status = 404, description = "There is no such cloud account.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 409, description = "The name or the access key is registered already.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn verify_cloud_account(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
    WholeBody(body): WholeBody,
) -> Result<Response, Failure> {
    let submitted = form::read(&body)?;
    let mut fields = Fields::of(&body)?;
    let id = fields.integer("cloudAccountId").map(CloudAccountId);
    fields.check()?;
    let by = &caller.principal;
    let form = match (submitted.well_typed(), id) {
        (Ok(form), _) => form,
        (Err(mistyped), None) => return Err(mistyped.explain(Candidate::parse)),
        (Err(mistyped), Some(id)) => {
            let current = api.control.view_cloud_account(by, id).await?;
            return Err(mistyped.explain(|form| Change::parse(form, &current)));
        }
    };
    let candidate = api.control.candidate(by, id, form).await?;
    api.verifications.take(by.user_id, Instant::now()).map_err(|exhausted| {
        Failure::exhausted(exhausted, "You have used up your verifications for this minute")
    })?;
    Ok(stream(api.control.rehearse(by, id, candidate)))
}

/// The progress of a verification as Server-Sent Events.
pub(crate) fn stream(progress: impl Stream<Item = Progress> + Send + 'static) -> Response {
    let events =
        progress.map(|progress| Ok::<_, Infallible>(VerificationEvent::from(progress).into_event()));
    // nginx would hold events back until it has a buffer full of them.
    let headers = [
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))).into_response()
}
