//! May the IAM user do what the permission table says Berth needs?

use std::collections::{BTreeMap, HashSet};

use berth_cloud::{Answer, Decision, Effect, Error, ErrorKind, Simulation};
use berth_domain::{
    findings::{Check, Evidence, Finding, Identity},
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
        let mut granted: BTreeMap<Function, (usize, Evidence)> = BTreeMap::new();
        let mut forgone: BTreeMap<&str, Forgone> = BTreeMap::new();
        let mut may_not_simulate = false;
        for (question, answer) in questions.iter().zip(answers) {
            match answer {
                Ok(answers) => {
                    for (row, resources) in &question.rows {
                        match judge(scope, row, resources, &answers) {
                            Judged::Granted(shown_by) => {
                                granted.entry(row.function).or_insert((0, shown_by)).0 += 1;
                            }
                            Judged::Forgone { resource, shown_by } => forgone
                                .entry(row.why)
                                .or_insert_with(|| Forgone { rows: Vec::new(), resource, shown_by })
                                .rows
                                .push(row),
                            Judged::Found(finding) => findings.push(*finding),
                        }
                    }
                }
                Err(error) => {
                    may_not_simulate |= matches!(error.kind, ErrorKind::Denied { .. });
                    findings.push(self.not_simulated(scope, identity, &error));
                }
            }
        }
        findings.extend(forgone.values().map(|forgone| forgone.finding(scope)));
        for function in Function::ALL {
            if let Some((count, shown_by)) = granted.remove(&function) {
                let message = format!("{count} permissions to {} are granted.", function.as_str());
                let finding = Finding::pass(Check::Permission, message).on(scope.grantee.field());
                findings.push(finding.evidence(shown_by));
            }
        }
        // Said once, not once for each question; each has its own request id.
        let mut said = HashSet::new();
        findings.retain(|finding| said.insert((finding.message.clone(), finding.resource.clone())));
        if may_not_simulate {
            findings.extend(self.dry_runs(scope).await);
        }
        findings
    }

    /// Puts one question; what the answer leaves out is asked again, resource by resource.
    async fn simulate(
        &self,
        identity: &Identity,
        question: &Question,
    ) -> Result<Vec<Answer<Vec<Decision>>>, Error> {
        let ask = |actions: Vec<String>, resources: Vec<String>| async move {
            let simulation = Simulation {
                principal: identity.principal_arn.clone(),
                actions,
                resources,
                context: question.context.clone(),
            };
            self.ask("iam:SimulatePrincipalPolicy", never, || self.session.simulate(&simulation)).await
        };
        let mut answers = vec![ask(question.actions(), question.resources.clone()).await?];
        // AWS answers for every resource; simulators of AWS may look at the first one only.
        let mut left_out: BTreeMap<&String, Vec<String>> = BTreeMap::new();
        for (row, resources) in &question.rows {
            for resource in resources.iter().filter(|r| decision_on(row.action, r, &answers).is_none()) {
                left_out.entry(resource).or_default().push(row.action.to_owned());
            }
        }
        let again = left_out.into_iter().map(|(resource, actions)| ask(actions, vec![resource.clone()]));
        for answer in join_all(again).await {
            answers.push(answer?);
        }
        Ok(answers)
    }

    fn not_simulated(&self, scope: &Scope, identity: &Identity, error: &Error) -> Finding {
        let finding = match &error.kind {
            ErrorKind::Denied { action, .. } => may_not_check(
                Check::Permission,
                scope.grantee.field(),
                "permissions",
                action,
                scope,
                identity.principal_arn.as_str().to_owned(),
            ),
            _ => could_not_check(Check::Permission, "permissions", error),
        };
        finding.evidence(error)
    }
}

/// What became of one row of the table.
enum Judged {
    /// Allowed on all its resources.
    Granted(Evidence),
    /// Not allowed, and Berth can do without.
    Forgone { resource: String, shown_by: Evidence },
    /// Anything else.
    Found(Box<Finding>),
}

/// Permissions that serve one purpose which Berth can do without, and that are missing: one thing to tell.
struct Forgone {
    rows: Vec<&'static Permission>,
    resource: String,
    shown_by: Evidence,
}

impl Forgone {
    fn finding(&self, scope: &Scope) -> Finding {
        let statements: Vec<Statement> = self.rows.iter().map(|row| scope.statement(row)).collect();
        let mut statement = statements[0].clone();
        for other in &statements[1..] {
            statement.action.extend(other.action.iter().cloned());
            let new = other.resource.iter().filter(|resource| !statement.resource.contains(resource));
            let new: Vec<String> = new.cloned().collect();
            statement.resource.extend(new);
        }
        denied(scope, self.rows[0], Effect::ImplicitlyDenied, &self.resource, statement)
            .evidence(self.shown_by.clone())
    }
}

fn judge(scope: &Scope, row: &'static Permission, resources: &[String], answers: &Answers) -> Judged {
    let mut shown_by = None;
    let mut worst = None;
    for resource in resources {
        let Some((effect, call)) = decision_on(row.action, resource, answers) else {
            return Judged::Found(Box::new(
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
            ));
        };
        if effect != Effect::Allowed {
            worst = worst.or(Some((effect, resource, call.clone())));
        }
        shown_by = Some(call);
    }
    match (worst, shown_by) {
        (Some((Effect::ImplicitlyDenied, resource, shown_by)), _) if row.need == Need::Optional => {
            Judged::Forgone { resource: resource.clone(), shown_by }
        }
        (Some((effect, resource, shown_by)), _) => {
            let finding = denied(scope, row, effect, resource, scope.statement(row));
            Judged::Found(Box::new(finding.evidence(shown_by)))
        }
        (None, shown_by) => Judged::Granted(shown_by.expect("every row has a resource to be simulated on")),
    }
}

/// The answers to one question.
type Answers = [Answer<Vec<Decision>>];

fn decision_on(action: &str, resource: &str, answers: &Answers) -> Option<(Effect, Evidence)> {
    let of_action = || {
        let decisions = answers.iter().flat_map(|answer| answer.value.iter().map(move |on| (on, answer)));
        decisions.filter(|(decision, _)| decision.action.eq_ignore_ascii_case(action))
    };
    let (decision, answer) = of_action()
        .find(|(decision, _)| decision.resource.as_deref() == Some(resource))
        .or_else(|| of_action().find(|(decision, _)| decision.resource.is_none()))?;
    Some((decision.effect, answer.into()))
}

/// The finding about a permission that is missing, alone or with others of the same purpose, all of which
/// `statement` grants.
fn denied(
    scope: &Scope,
    row: &Permission,
    effect: Effect,
    resource: &str,
    statement: Statement,
) -> Finding {
    let grantee = &scope.grantee;
    let in_order = grantee.in_order();
    let actions = statement.action.clone();
    let action = &actions.join(", ");
    let purpose = lower_first(row.why.trim_end_matches('.'));
    let refuse = match row.need {
        Need::Required => Finding::fail,
        Need::Optional | Need::Free => Finding::warn,
    };
    let finding = match effect {
        Effect::DeniedByOrganization => Finding::warn(
            Check::Permission,
            format!("A policy of the AWS organisation may not allow {action} to {grantee} ({purpose}); the simulator cannot tell for sure."),
        )
        .remedy(format!("Ask the organisation's administrator whether a service control policy limits {action}.")),
        Effect::DeniedByBoundary => refuse(
            Check::Permission,
            format!("{in_order}, but the permissions boundary of {grantee} does not allow {action} ({purpose})."),
        )
        .remedy("Allow it in the boundary with this statement")
        .statement(statement),
        Effect::ExplicitlyDenied => refuse(
            Check::Permission,
            format!("{in_order}, but a policy explicitly denies {action} to {grantee} ({purpose})."),
        )
        .remedy(format!("Remove the Deny statement that covers {action}. What Berth needs is"))
        .statement(statement),
        Effect::ImplicitlyDenied | Effect::Allowed => refuse(
            Check::Permission,
            format!("{in_order}, but {grantee} may not {action} ({purpose})."),
        )
        .remedy(add_statement(scope))
        .statement(statement),
    };
    finding.on(grantee.field()).actions(actions).resource(resource)
}

/// What to do with the statement that grants a permission that is missing.
pub(super) fn add_statement(scope: &Scope) -> String {
    format!("Add this statement to the policy of {}", scope.grantee)
}

fn lower_first(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().to_string() + letters.as_str())
}
