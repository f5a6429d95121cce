//! Questions to and answers from the policy simulator.

use aws_sdk_iam::{
    Client,
    operation::simulate_principal_policy::builders::SimulatePrincipalPolicyFluentBuilder,
    types::{
        ContextEntry, ContextKeyTypeEnum, EvaluationResult, PermissionsBoundaryDecisionDetail,
        PolicyEvaluationDecisionType, Statement,
    },
};
use berth_cloud::{Decision, Effect, Simulation};

/// The request for `question`, without paging.
pub(crate) fn ask(client: &Client, question: &Simulation) -> SimulatePrincipalPolicyFluentBuilder {
    let context = question.context.iter().map(|(key, value)| {
        ContextEntry::builder()
            .context_key_name(key)
            .context_key_type(ContextKeyTypeEnum::String)
            .context_key_values(value)
            .build()
    });
    client
        .simulate_principal_policy()
        .policy_source_arn(question.principal.as_str())
        .set_action_names(Some(question.actions.clone()))
        .set_resource_arns(Some(question.resources.clone()))
        .set_context_entries(Some(context.collect()))
}

/// What one result says: an answer for each resource when the simulator went through them, else one.
pub(crate) fn decisions(result: &EvaluationResult, question: &Simulation) -> Result<Vec<Decision>, String> {
    let action = result.eval_action_name();
    let by_organization = result.organizations_decision_detail();
    let forbidden = by_organization.is_some_and(|detail| !detail.allowed_by_organizations());
    let specific = result.resource_specific_results();
    if specific.is_empty() {
        let effect = effect(Verdict {
            decision: result.eval_decision(),
            boundary: result.permissions_boundary_decision_detail(),
            statements: result.matched_statements(),
            forbidden,
        })?;
        // Otherwise AWS names the resource's kind here (`arn:${Partition}:…`), not one that was asked about.
        let resource =
            result.eval_resource_name().filter(|name| question.resources.iter().any(|r| r == name));
        return Ok(vec![Decision {
            action: action.to_owned(),
            resource: resource.map(str::to_owned),
            effect,
        }]);
    }
    let mut decisions = Vec::with_capacity(specific.len());
    for on in specific {
        let effect = effect(Verdict {
            decision: on.eval_resource_decision(),
            boundary: on.permissions_boundary_decision_detail(),
            statements: on.matched_statements(),
            forbidden,
        })?;
        let resource = Some(on.eval_resource_name().to_owned());
        decisions.push(Decision { action: action.to_owned(), resource, effect });
    }
    Ok(decisions)
}

/// All that the simulator says about one action on one resource.
struct Verdict<'a> {
    decision: &'a PolicyEvaluationDecisionType,
    boundary: Option<&'a PermissionsBoundaryDecisionDetail>,
    /// Statements of the user's own policies that led to the decision; never the organisation's.
    statements: &'a [Statement],
    /// By a policy of the AWS organisation. AWS says so per action only.
    forbidden: bool,
}

fn effect(verdict: Verdict<'_>) -> Result<Effect, String> {
    use PolicyEvaluationDecisionType::{Allowed, ExplicitDeny, ImplicitDeny};
    let effect = match verdict.decision {
        Allowed => Effect::Allowed,
        ExplicitDeny => Effect::ExplicitlyDenied,
        ImplicitDeny => Effect::ImplicitlyDenied,
        other => return Err(format!("the simulator decided {:?}", other.as_str())),
    };
    if verdict.boundary.is_some_and(|detail| !detail.allowed_by_permissions_boundary()) {
        return Ok(Effect::DeniedByBoundary);
    }
    // What the organisation's policies do is uncertain; what the user's own policies deny is not.
    let certain = effect == Effect::ExplicitlyDenied && !verdict.statements.is_empty();
    Ok(if verdict.forbidden && !certain { Effect::DeniedByOrganization } else { effect })
}
