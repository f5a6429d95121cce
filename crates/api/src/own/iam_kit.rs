//! `GET /api/iam-kit`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::{
    access::AccessMode,
    iam::PolicyDocument,
    iam_kit::{Kit, Way},
    permissions::BERTH,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::{ErrorBody, Failure},
    query::Parameters,
    state::Api,
    v1::cloud_accounts::access_modes,
};

/// What a customer creates in its AWS account before it can be registered, in several forms.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IamKit {
    /// The operator's AWS account, which the console role trusts, and the role that Berth assumes.
    #[schema(example = "999988887777")]
    operator_account_id: String,
    /// Whose names: `berth` or `redis-cloud`.
    #[schema(example = "berth")]
    profile: &'static str,
    /// How Berth gets in: by an access key (`keys`) or by a role that it assumes (`role`).
    #[schema(schema_with = access_modes)]
    access_mode: &'static str,
    /// What everything is called.
    names: IamKitNames,
    /// The policy of the IAM user, or of the role that Berth assumes.
    #[schema(value_type = Object)]
    policy: PolicyDocument,
    /// Who may assume the role that Berth assumes, in mode `role`.
    #[schema(value_type = Option<Object>, required = true)]
    access_trust_policy: Option<Value>,
    /// Who may assume the console role.
    #[schema(value_type = Object)]
    trust_policy: Value,
    /// What is seen through the console role.
    #[schema(value_type = Object)]
    console_policy: Value,
    /// Who may assume the node role.
    #[schema(value_type = Object)]
    node_trust_policy: Value,
    /// A bash script for the AWS command line. Stops at the first error and can be run again.
    cli: String,
    /// A CloudFormation template (JSON). Needs `CAPABILITY_NAMED_IAM`.
    cloudformation: String,
    /// A Terraform configuration.
    terraform: String,
}

/// What the resources in the customer's AWS account are called.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IamKitNames {
    /// The IAM user, in mode `keys`.
    #[schema(example = "berth-user", required = true)]
    user: Option<&'static str>,
    /// The role that Berth assumes, in mode `role`.
    #[schema(example = "berth-access", required = true)]
    access_role: Option<&'static str>,
    /// The console role.
    #[schema(example = "berth-console")]
    console_role: &'static str,
    /// The node role, and its instance profile.
    #[schema(example = "berth-node")]
    node_role: &'static str,
    /// The policy of the user, or of the role that Berth assumes.
    #[schema(example = "BerthUserPolicy")]
    policy: &'static str,
}

impl IamKit {
    fn new(kit: &Kit) -> Self {
        let profile = kit.profile;
        let mode = kit.way.mode();
        Self {
            operator_account_id: kit.operator.to_string(),
            profile: profile.name,
            access_mode: mode.as_str(),
            names: IamKitNames {
                user: (mode == AccessMode::Keys).then_some(profile.user),
                access_role: (mode == AccessMode::Role).then_some(profile.access_role),
                console_role: profile.console_role,
                node_role: profile.node_role,
                policy: kit.policy_name(),
            },
            policy: kit.policy(),
            access_trust_policy: kit.access_trust_policy(),
            trust_policy: kit.trust_policy(),
            console_policy: kit.console_policy(),
            node_trust_policy: kit.node_trust_policy(),
            cli: kit.cli(),
            cloudformation: kit.cloudformation(),
            terraform: kit.terraform(),
        }
    }

    fn sample() -> Self {
        let operator = "999988887777".parse().expect("12 digits");
        let kit = Self::new(&Kit { operator, profile: &BERTH, way: Way::Keys });
        Self {
            policy: PolicyDocument::new(kit.policy.statement.into_iter().take(1).collect()),
            cli: "#!/usr/bin/env bash\n".to_owned(),
            cloudformation: "{}".to_owned(),
            terraform: String::new(),
            ..kit
        }
    }
}

/// Which kit is wanted, by the query.
pub(crate) fn wanted(mut query: Parameters) -> Result<Way, Failure> {
    let mode = mode(&mut query);
    let external_id = query.text("externalId");
    let way = match (mode, external_id) {
        (AccessMode::Keys, None) => Some(Way::Keys),
        (AccessMode::Keys, Some(_)) => {
            query.refuse("externalId", "goes with mode=role only");
            None
        }
        (AccessMode::Role, None) => {
            query.refuse(
                "externalId",
                "is needed in mode role: POST /api/cloud-accounts/external-id issues one, which is usable for \
                 24 hours",
            );
            None
        }
        (AccessMode::Role, Some(text)) => text
            .parse()
            .map_err(|invalid| query.refuse("externalId", format!("{invalid}")))
            .ok()
            .map(Way::Role),
    };
    query.finish()?;
    Ok(way.expect("whatever is no way was refused"))
}

/// Which of the two modes is wanted, by the query.
pub(crate) fn mode(query: &mut Parameters) -> AccessMode {
    let word = query.choice("mode", &["keys", "role"]);
    word.and_then(AccessMode::parse).unwrap_or_default()
}

/// View the IAM kit
///
/// What to create in an AWS account before it can be registered, from the table of permissions: ready to paste,
/// with the operator's AWS account and the names filled in.
#[utoipa::path(
    get,
    path = "/api/iam-kit",
    tag = "Cloud accounts",
    params(
        ("mode" = Option<String>, Query, description = "How Berth is to get in: by an access key (`keys`; meant \
            when it is absent) or by a role that it assumes (`role`).", pattern = "^(keys|role)$"),
        ("externalId" = Option<String>, Query, description = "What the role's trust policy is to ask for, from \
            `POST /api/cloud-accounts/external-id`: needed in mode `role`, and only there.",
            min_length = 2, max_length = 1224, pattern = r"^[A-Za-z0-9_+=,.@:/-]+$")
    ),
    responses(
        (status = 200, description = "The kit.", body = IamKit, example = json!(IamKit::sample())),
        (status = 400, description = "A parameter is wrong or missing; `errors` names it.", body = ErrorBody)
    )
)]
pub(crate) async fn view_iam_kit(
    _: Caller<Read>,
    State(api): State<Arc<Api>>,
    query: Parameters,
) -> Result<Json<IamKit>, Failure> {
    Ok(Json(IamKit::new(&api.control.iam_kit(wanted(query)?))))
}
