//! May the IAM user do what the permission table says Berth needs?

use std::collections::BTreeMap;

use berth_cloud::{Decision, Effect, ErrorKind, Simulation};
use berth_domain::{
    cloud_account::Field,
    findings::{Check, Finding, Identity},
    iam::Statement,
    permissions::{Function, Need, Permission, Question, Scope},
};
use futures::future::join_all;

use super::{Subject, could_not_check, may_not_check, never};

impl Subject<'_> {
    /// Asks AWS's policy simulator about every row of the table, all questions at once.
    pub(super) async fn permissions(&self, identity: &Identity, scope: &Scope) -> Vec<Finding> {
        let questions = scope.checklist(&self.settings.region);
        let answers = join_all(questions.iter().map(|question| self.simulate(identity, question))).await;
        let mut findings = Vec::new();
        let mut granted: BTreeMap<Function, usize> = BTreeMap::new();
        for (question, answer) in questions.iter().zip(answers) {
            match answer {
                Ok(decisions) => {
                    for (row, resources) in &question.rows {
                        match judge(scope, row, resources, &decisions) {
                            None => *granted.entry(row.function).or_default() += 1,
                            Some(finding) => findings.push(finding),
                        }
                    }
                }
                Err(error) => findings.push(self.not_simulated(scope, identity, &error)),
            }
        }
        for function in Function::ALL {
            if let Some(count) = granted.get(&function) {
                let message = format!("{count} permissions to {} are granted.", function.as_str());
                findings.push(Finding::pass(Check::Permission, message).on(Field::AccessKeyId));
            }
        }
        findings.dedup();
        findings
    }

    /// Puts one question; what the answer leaves out is asked again, resource by resource.
    async fn simulate(
        &self,
        identity: &Identity,
        question: &Question,
    ) -> Result<Vec<Decision>, berth_cloud::Error> {
        let ask = |actions: Vec<String>, resources: Vec<String>| async move {
            let simulation = Simulation {
                principal: identity.user_arn.clone(),
                actions,
                resources,
                context: question.context.clone(),
            };
            self.ask("iam:SimulatePrincipalPolicy", never, || self.session.simulate(&simulation)).await
        };
        let mut decisions = ask(question.actions(), question.resources.clone()).await?;
        // AWS answers for every resource; simulators of AWS may look at the first one only.
        let mut left_out: BTreeMap<&String, Vec<String>> = BTreeMap::new();
        for (row, resources) in &question.rows {
            for resource in resources.iter().filter(|r| decision_on(row.action, r, &decisions).is_none()) {
                left_out.entry(resource).or_default().push(row.action.to_owned());
            }
        }
        let again = left_out.into_iter().map(|(resource, actions)| ask(actions, vec![resource.clone()]));
        for answer in join_all(again).await {
            decisions.extend(answer?);
        }
        Ok(decisions)
    }

    fn not_simulated(&self, scope: &Scope, identity: &Identity, error: &berth_cloud::Error) -> Finding {
        match &error.kind {
            ErrorKind::Denied { action, .. } => may_not_check(
                Check::Permission,
                Field::AccessKeyId,
                "permissions",
                action,
                scope,
                identity.user_arn.as_str().to_owned(),
            ),
            _ => could_not_check(Check::Permission, "permissions", error),
        }
    }
}

/// The finding about a row that is not granted on all its resources.
fn judge(scope: &Scope, row: &Permission, resources: &[String], decisions: &[Decision]) -> Option<Finding> {
    let mut worst = None;
    for resource in resources {
        let Some(decision) = decision_on(row.action, resource, decisions) else {
            return Some(
                Finding::unknown(
                    Check::Permission,
                    format!(
                        "Could not check {}: AWS's policy simulator did not answer for {resource}.",
                        row.action
                    ),
                )
                .action(row.action)
                .resource(resource)
                .remedy("Nothing was changed. Try again in a few minutes."),
            );
        };
        if decision.effect != Effect::Allowed {
            worst = worst.or(Some((decision.effect, resource)));
        }
    }
    let (effect, resource) = worst?;
    Some(denied(scope, row, effect, resource))
}

fn decision_on<'d>(action: &str, resource: &str, decisions: &'d [Decision]) -> Option<&'d Decision> {
    let of_action = || decisions.iter().filter(|decision| decision.action.eq_ignore_ascii_case(action));
    of_action()
        .find(|decision| decision.resource.as_deref() == Some(resource))
        .or_else(|| of_action().find(|decision| decision.resource.is_none()))
}

fn denied(scope: &Scope, row: &Permission, effect: Effect, resource: &str) -> Finding {
    let user = &scope.user;
    let action = row.action;
    let statement = scope.statement(row);
    let purpose = lower_first(row.why.trim_end_matches('.'));
    let refuse = match row.need {
        Need::Required => Finding::fail,
        Need::Optional | Need::Free => Finding::warn,
    };
    let finding = match effect {
        Effect::DeniedByOrganization => Finding::warn(
            Check::Permission,
            format!("A policy of the AWS organisation may not allow {action} to user {user} ({purpose}); the simulator cannot tell for sure."),
        )
        .remedy(format!("Ask the organisation's administrator whether a service control policy limits {action}.")),
        Effect::DeniedByBoundary => refuse(
            Check::Permission,
            format!("The key is valid, but the permissions boundary of user {user} does not allow {action} ({purpose})."),
        )
        .remedy(format!("Allow it in the boundary with this statement: {}", statement.to_json()))
        .statement(statement),
        Effect::ExplicitlyDenied => refuse(
            Check::Permission,
            format!("The key is valid, but a policy explicitly denies {action} to user {user} ({purpose})."),
        )
        .remedy(format!("Remove the Deny statement that covers {action}. What Berth needs is: {}", statement.to_json()))
        .statement(statement),
        Effect::ImplicitlyDenied | Effect::Allowed => refuse(
            Check::Permission,
            format!("The key is valid, but user {user} may not {action} ({purpose})."),
        )
        .remedy(add_statement(scope, &statement))
        .statement(statement),
    };
    finding.on(Field::AccessKeyId).action(action).resource(resource)
}

/// What to do about a permission that is missing.
pub(super) fn add_statement(scope: &Scope, statement: &Statement) -> String {
    format!("Add this statement to the policy of user {}: {}", scope.user, statement.to_json())
}

fn lower_first(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().to_string() + letters.as_str())
}
