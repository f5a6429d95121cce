//! `GET /api/iam-kit`

use std::sync::Arc;

use axum::{Json, extract::State};
use berth_domain::{
    iam::PolicyDocument,
    iam_kit::Kit,
    permissions::{BERTH, Profile},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Read},
    failure::Failure,
    state::Api,
};

/// What a customer creates in its AWS account before it can be registered, in several forms.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IamKit {
    /// The operator's AWS account, which the console role trusts.
    #[schema(example = "999988887777")]
    operator_account_id: String,
    /// Whose names: `berth` or `redis-cloud`.
    #[schema(example = "berth")]
    profile: &'static str,
    /// What everything is called.
    names: IamKitNames,
    /// The policy of the IAM user.
    #[schema(value_type = Object)]
    policy: PolicyDocument,
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
    /// The IAM user.
    #[schema(example = "berth-user")]
    user: &'static str,
    /// The console role.
    #[schema(example = "berth-console")]
    console_role: &'static str,
    /// The node role, and its instance profile.
    #[schema(example = "berth-node")]
    node_role: &'static str,
    /// The user's policy.
    #[schema(example = "BerthUserPolicy")]
    policy: &'static str,
}

impl IamKit {
    fn new(kit: &Kit) -> Self {
        let Profile { name, user, console_role, node_role, policy, .. } = *kit.profile;
        Self {
            operator_account_id: kit.operator.to_string(),
            profile: name,
            names: IamKitNames { user, console_role, node_role, policy },
            policy: kit.policy(),
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
        let kit = Self::new(&Kit { operator, profile: &BERTH });
        Self {
            policy: PolicyDocument::new(kit.policy.statement.into_iter().take(1).collect()),
            cli: "#!/usr/bin/env bash\n".to_owned(),
            cloudformation: "{}".to_owned(),
            terraform: String::new(),
            ..kit
        }
    }
}

/// View the IAM kit
///
/// What to create in an AWS account before it can be registered, from the table of permissions: ready to paste,
/// with the operator's AWS account and the names filled in.
#[utoipa::path(
    get,
    path = "/api/iam-kit",
    tag = "Cloud accounts",
    responses((status = 200, description = "The kit.", body = IamKit, example = json!(IamKit::sample())))
)]
pub(crate) async fn view_iam_kit(
    _: Caller<Read>,
    State(api): State<Arc<Api>>,
) -> Result<Json<IamKit>, Failure> {
    Ok(Json(IamKit::new(&api.control.iam_kit())))
}
