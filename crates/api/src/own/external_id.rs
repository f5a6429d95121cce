//! `POST /api/cloud-accounts/external-id`

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use berth_control::external_ids::IssuedExternalId;
use berth_domain::{
    iam_kit::{Kit, Way},
    permissions::BERTH,
    values::ExternalId,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    caller::{Caller, Write},
    failure::Failure,
    state::Api,
};

/// What a role's trust policy asks Berth to name, so that Berth enters that AWS account for this account only.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewExternalId {
    /// The external id. Only this account can use it, for one cloud account.
    #[schema(example = "berth-Wm3ePZ8sWn1nV5r0q2Xc7TtYb4Lk9HdA")]
    external_id: String,
    /// Until when a cloud account can be registered with it.
    expires_timestamp: Timestamp,
    /// The operator's AWS account, which the role has to trust.
    #[schema(example = "999988887777")]
    operator_account_id: String,
    /// The trust policy to give the role.
    #[schema(value_type = Object)]
    trust_policy: Value,
}

impl NewExternalId {
    fn new(issued: IssuedExternalId, kit: &Kit) -> Self {
        Self {
            trust_policy: kit.access_trust_policy().expect("a kit for a role has one"),
            external_id: issued.external_id.into(),
            expires_timestamp: issued.expires_at,
            operator_account_id: kit.operator.to_string(),
        }
    }

    fn sample() -> Self {
        let external_id: ExternalId =
            "berth-Wm3ePZ8sWn1nV5r0q2Xc7TtYb4Lk9HdA".parse().expect("an external id");
        let expires_at = Timestamp::from_second(1_767_312_000).expect("2026 is in range");
        let way = Way::Role(external_id.clone());
        let kit = Kit { operator: "999988887777".parse().expect("12 digits"), profile: &BERTH, way };
        Self::new(IssuedExternalId { external_id, expires_at }, &kit)
    }
}

/// Issue an external id
///
/// For a cloud account in mode `role`: the role's trust policy has to ask for it. It can be used by this account
/// only, for one cloud account, within 24 hours.
#[utoipa::path(
    post,
    path = "/api/cloud-accounts/external-id",
    tag = "Cloud accounts",
    responses((status = 201, description = "The external id, and the trust policy to paste.",
        body = NewExternalId, example = json!(NewExternalId::sample())))
)]
pub(crate) async fn create_external_id(
    caller: Caller<Write>,
    State(api): State<Arc<Api>>,
) -> Result<(StatusCode, Json<NewExternalId>), Failure> {
    let issued = api.control.issue_external_id(&caller.principal).await?;
    let kit = api.control.iam_kit(Way::Role(issued.external_id.clone()));
    Ok((StatusCode::CREATED, Json(NewExternalId::new(issued, &kit))))
}
