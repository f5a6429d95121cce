//! `/api/subscriptions/{id}/restore-policy`: what others changed and Berth puts right by itself.

use std::{str::FromStr, sync::Arc};

use axum::{Json, extract::State};
use berth_domain::{
    deployment::restore::{MostPerHour, Restorable, RestorePolicy},
    ids::SubscriptionId,
    values::Invalid,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    body::WholeBody,
    caller::{Caller, ManageUsers, Read},
    failure::{ErrorBody, Failure},
    fields::Fields,
    path_id::Id,
    state::Api,
};

const REPORT: &str = "report";
const RESTORE: &str = "restore";

/// Each kind with the name of its field.
const KINDS: [(&str, Restorable); 5] = [
    ("rules", Restorable::Rules),
    ("securityGroups", Restorable::SecurityGroups),
    ("network", Restorable::Network),
    ("stoppedNodes", Restorable::StoppedNodes),
    ("lostNodes", Restorable::LostNodes),
];

/// What of a subscription is restored, and when. Every other kind of drift is reported only.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RestorePolicy)]
pub(crate) struct PolicyView {
    /// Rules of security groups: put back, or taken away.
    #[schema(pattern = "^(report|restore)$", example = "restore")]
    rules: &'static str,
    /// The security groups that a node is in.
    #[schema(pattern = "^(report|restore)$", example = "report")]
    security_groups: &'static str,
    /// Routes, the gateway's attachment, attributes of subnets and of the VPC.
    #[schema(pattern = "^(report|restore)$", example = "report")]
    network: &'static str,
    /// Nodes that were stopped: started.
    #[schema(pattern = "^(report|restore)$", example = "restore")]
    stopped_nodes: &'static str,
    /// Nodes that were terminated or are gone: replaced by new ones in the same zone, without their data.
    #[schema(pattern = "^(report|restore)$", example = "report")]
    lost_nodes: &'static str,
    /// When: while a maintenance window is open (`maintenance-windows`), or as soon as it is found (`any-time`).
    #[schema(pattern = "^(maintenance-windows|any-time)$", example = "maintenance-windows")]
    when: &'static str,
    /// How many things of each deployment at most, one at a time.
    #[schema(minimum = 1, maximum = 60, example = 10)]
    most_per_hour: u32,
}

/// What of a subscription is to be restored. What is left out is `report`, `maintenance-windows` and 10.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RestorePolicyUpdate {
    /// Rules of security groups: `report` or `restore`.
    #[schema(pattern = "^(report|restore)$", example = "restore")]
    rules: Option<String>,
    /// The security groups that a node is in.
    #[schema(pattern = "^(report|restore)$", example = "report")]
    security_groups: Option<String>,
    /// Routes, the gateway's attachment, attributes of subnets and of the VPC.
    #[schema(pattern = "^(report|restore)$", example = "report")]
    network: Option<String>,
    /// Nodes that were stopped.
    #[schema(pattern = "^(report|restore)$", example = "restore")]
    stopped_nodes: Option<String>,
    /// Nodes that were terminated or are gone.
    #[schema(pattern = "^(report|restore)$", example = "report")]
    lost_nodes: Option<String>,
    /// `maintenance-windows` or `any-time`.
    #[schema(pattern = "^(maintenance-windows|any-time)$", example = "maintenance-windows")]
    when: Option<String>,
    /// How many things of each deployment at most, one at a time.
    #[schema(minimum = 1, maximum = 60, example = 10)]
    most_per_hour: Option<i32>,
}

impl PolicyView {
    fn new(policy: &RestorePolicy) -> Self {
        let word = |kind| if policy.kinds.contains(&kind) { RESTORE } else { REPORT };
        Self {
            rules: word(Restorable::Rules),
            security_groups: word(Restorable::SecurityGroups),
            network: word(Restorable::Network),
            stopped_nodes: word(Restorable::StoppedNodes),
            lost_nodes: word(Restorable::LostNodes),
            when: policy.when.as_str(),
            most_per_hour: policy.most_per_hour.get(),
        }
    }
}

/// Whether a kind is restored.
struct Restored(bool);

impl FromStr for Restored {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            REPORT => Ok(Self(false)),
            RESTORE => Ok(Self(true)),
            _ => Err(Invalid("must be report or restore".into())),
        }
    }
}

fn read(body: &[u8]) -> Result<RestorePolicy, Failure> {
    let mut fields = Fields::of(body)?;
    let mut policy = RestorePolicy::default();
    for (name, kind) in KINDS {
        if let Some(Restored(true)) = fields.optional(name) {
            policy.kinds.insert(kind);
        }
    }
    if let Some(when) = fields.optional("when") {
        policy.when = when;
    }
    if let Some(number) = fields.integer("mostPerHour") {
        let message = format!("must be from 1 to {}", MostPerHour::HIGHEST);
        let most = MostPerHour::new(number).or_else(|| fields.refuse("mostPerHour", message));
        policy.most_per_hour = most.unwrap_or_default();
    }
    fields.check()?;
    Ok(policy)
}

/// View a subscription's restore policy
///
/// What others changed and Berth puts right by itself.
#[utoipa::path(
    get,
    path = "/api/subscriptions/{id}/restore-policy",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    responses(
        (status = 200, description = "The policy.", body = PolicyView),
        (status = 404, description = "There is no such subscription.", body = ErrorBody)
    )
)]
pub(crate) async fn view_restore_policy(
    caller: Caller<Read>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
) -> Result<Json<PolicyView>, Failure> {
    Ok(Json(PolicyView::new(&api.control.restore_policy(&caller.principal, id).await?)))
}

/// Set a subscription's restore policy
///
/// The whole policy. What has drifted already is looked at now. Owners only.
#[utoipa::path(
    put,
    path = "/api/subscriptions/{id}/restore-policy",
    tag = "Subscriptions",
    params(("id" = i32, Path, description = "The subscription's id.")),
    request_body = RestorePolicyUpdate,
    responses(
        (status = 200, description = "The policy as it is now.", body = PolicyView),
        (status = 400, description = "The body is malformed, or Berth built nothing for the subscription.",
            body = ErrorBody),
        (status = 403, description = "The role does not allow this, or the subscription is being deleted.",
            body = ErrorBody),
        (status = 404, description = "There is no such subscription.", body = ErrorBody),
        (status = 408, description = "The body did not arrive in time.", body = ErrorBody),
        (status = 413, description = "The body is larger than 64 KiB.", body = ErrorBody)
    )
)]
pub(crate) async fn set_restore_policy(
    caller: Caller<ManageUsers>,
    State(api): State<Arc<Api>>,
    Id(id): Id<SubscriptionId>,
    WholeBody(body): WholeBody,
) -> Result<Json<PolicyView>, Failure> {
    let policy = read(&body)?;
    api.control.set_restore_policy(&caller.principal, id, &policy).await?;
    Ok(Json(PolicyView::new(&policy)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn told(body: &Value) -> Result<Value, String> {
        let policy = read(body.to_string().as_bytes()).map_err(|failure| format!("{failure:?}"))?;
        Ok(serde_json::to_value(PolicyView::new(&policy)).expect("a view serialises"))
    }

    #[test]
    fn what_is_left_out_is_reported_only() {
        let expected = json!({
            "rules": "report", "securityGroups": "report", "network": "report", "stoppedNodes": "report",
            "lostNodes": "report", "when": "maintenance-windows", "mostPerHour": 10,
        });
        assert_eq!(told(&json!({})), Ok(expected));
    }

    #[test]
    fn what_is_given_is_shown_as_it_was_given() {
        let given = json!({
            "rules": "restore", "securityGroups": "report", "network": "restore", "stoppedNodes": "restore",
            "lostNodes": "restore", "when": "any-time", "mostPerHour": 1,
        });
        assert_eq!(told(&given), Ok(given.clone()));
    }

    #[rstest]
    #[case(json!({ "rules": "yes" }), "must be report or restore")]
    #[case(json!({ "when": "now" }), "must be maintenance-windows or any-time")]
    #[case(json!({ "mostPerHour": 0 }), "must be from 1 to 60")]
    #[case(json!({ "mostPerHour": "3" }), "must be a whole number")]
    fn what_makes_no_sense_is_refused(#[case] body: Value, #[case] reason: &str) {
        let refused = told(&body).expect_err("it makes no sense");
        assert!(refused.contains(reason), "{refused}");
    }
}
