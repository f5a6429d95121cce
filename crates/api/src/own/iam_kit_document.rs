//! `GET /api/iam-kit/{format}`

use std::{str::FromStr, sync::Arc};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use berth_domain::{access::AccessMode, iam::PolicyDocument, iam_kit, task::ErrorType};

use super::iam_kit::{mode, wanted};
use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    path_id::{Id, PathId},
    query::Parameters,
    state::Api,
};

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
const MARKDOWN: &str = "text/markdown; charset=utf-8";

/// A form of the kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// The policy alone.
    Policy,
    /// A CloudFormation template.
    Cloudformation,
    /// A Terraform configuration.
    Terraform,
    /// A script.
    Cli,
    /// What each permission is for.
    Doc,
}

impl FromStr for Format {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "policy" => Ok(Self::Policy),
            "cloudformation" => Ok(Self::Cloudformation),
            "terraform" => Ok(Self::Terraform),
            "cli" => Ok(Self::Cli),
            "doc" => Ok(Self::Doc),
            _ => Err(()),
        }
    }
}

impl PathId for Format {
    fn missing() -> Failure {
        Failure::new(
            ErrorType::NotFound,
            "The kit has no such form. There are policy, cloudformation, terraform, cli and doc.",
        )
    }
}

/// View the IAM kit in one form
///
/// As a file to save: the same that `berth iam` prints. The policy and the page of permissions (`doc`) name no
/// external id, so they need none.
#[utoipa::path(
    get,
    path = "/api/iam-kit/{format}",
    tag = "Cloud accounts",
    params(
        ("format" = String, Path, description = "Which form.",
            pattern = "^(policy|cloudformation|terraform|cli|doc)$"),
        ("mode" = Option<String>, Query, description = "How Berth is to get in: by an access key (`keys`; meant \
            when it is absent) or by a role that it assumes (`role`).", pattern = "^(keys|role)$"),
        ("externalId" = Option<String>, Query, description = "What the role's trust policy is to ask for, from \
            `POST /api/cloud-accounts/external-id`: needed in mode `role`, and only there.",
            min_length = 2, max_length = 1224, pattern = r"^[A-Za-z0-9_+=,.@:/-]+$")
    ),
    responses(
        (status = 200, description = "The file.", content(
            (Object = "application/json"), (String = "text/plain"), (String = "text/markdown")
        )),
        (status = 400, description = "A parameter is wrong or missing; `errors` names it.", body = ErrorBody),
        (status = 404, description = "There is no such form.", body = ErrorBody)
    )
)]
pub(crate) async fn view_iam_kit_document(
    _: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(format): Id<Format>,
    query: Parameters,
) -> Result<Response, Failure> {
    let kit = |query| wanted(query).map(|way| api.control.iam_kit(way));
    let (media_type, text) = match format {
        Format::Policy => (JSON, pretty(&api.control.iam_policy(mode_alone(query)?))),
        Format::Cloudformation => (JSON, kit(query)?.cloudformation()),
        Format::Terraform => (TEXT, kit(query)?.terraform()),
        Format::Cli => (TEXT, kit(query)?.cli()),
        Format::Doc => (MARKDOWN, iam_kit::page(mode_alone(query)?)),
    };
    Ok(([(header::CONTENT_TYPE, media_type)], text).into_response())
}

fn mode_alone(mut query: Parameters) -> Result<AccessMode, Failure> {
    let mode = mode(&mut query);
    query.finish()?;
    Ok(mode)
}

fn pretty(policy: &PolicyDocument) -> String {
    serde_json::to_string_pretty(policy).expect("texts and lists of them always serialise")
}
