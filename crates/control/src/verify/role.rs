//! Can the role be assumed, and only by whoever names its external id?
//!
//! A role that can be assumed without it, or with another, is open to the confused deputy: anybody who gets this
//! Berth to register the role's ARN would get into its AWS account.

use std::time::Duration;

use berth_cloud::{AssumeRole, ErrorKind};
use berth_domain::{
    access::{SessionName, TrustingRole},
    cloud_account::Field,
    findings::{Check, Finding, Identity, Verdict},
    trust::access_policy,
    values::{Arn, ExternalId},
};

use super::{Subject, could_not_check};

/// How long credentials would work that nobody wants: AWS's shortest.
const SHORTEST: Duration = Duration::from_secs(15 * 60);

/// What AWS must refuse.
#[derive(Clone, Copy)]
enum Attempt {
    WithoutExternalId,
    WithAnother,
}

impl Attempt {
    const ALL: [Self; 2] = [Self::WithoutExternalId, Self::WithAnother];

    fn as_str(self) -> &'static str {
        match self {
            Self::WithoutExternalId => "without an external id",
            Self::WithAnother => "with another external id",
        }
    }
}

impl Subject<'_> {
    pub(super) async fn assumed_role(&self, role: &TrustingRole) -> (Option<Identity>, Vec<Finding>) {
        // The session may be up to an hour old and works on when the role lets nobody in any more.
        let anew = self.assumption(role, Some(role.external_id.clone()));
        // A role, or its trust policy, that was made a moment ago is not known everywhere.
        let too_new = |kind: &ErrorKind| matches!(kind, ErrorKind::Denied { .. });
        let (anew, caller, without, another) = tokio::join!(
            self.ask("sts:AssumeRole", too_new, || self.operator.assume_role(&anew)),
            self.ask("sts:GetCallerIdentity", too_new, || self.session.caller_arn()),
            self.must_fail(role, Attempt::WithoutExternalId),
            self.must_fail(role, Attempt::WithAnother),
        );
        let guard = self.guard(role, [without, another]);
        match anew.and(caller) {
            Ok(answer) => match judge(role, &answer.value) {
                Ok((identity, finding)) => (Some(identity), vec![finding.evidence(&answer), guard]),
                Err(finding) => (None, vec![finding.evidence(&answer), guard]),
            },
            Err(error) => {
                let mut findings = vec![self.refused(role, &error)];
                // That nobody can assume the role says nothing of its external id.
                findings.extend(Some(guard).filter(|guard| guard.verdict == Verdict::Fail));
                (None, findings)
            }
        }
    }

    /// Tries to assume the role as it must not be possible: `true` when it was.
    async fn must_fail(&self, role: &TrustingRole, attempt: Attempt) -> Result<bool, berth_cloud::Error> {
        let request = self.assumption(
            role,
            match attempt {
                Attempt::WithoutExternalId => None,
                Attempt::WithAnother => Some(another(&role.external_id)),
            },
        );
        match self.ask("sts:AssumeRole", super::never, || self.operator.assume_role(&request)).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind, ErrorKind::Denied { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A try to assume the role.
    fn assumption(&self, role: &TrustingRole, external_id: Option<ExternalId>) -> AssumeRole {
        AssumeRole {
            role: role.arn.arn(),
            name: SessionName::new(&self.settings.operator_account, self.purpose),
            external_id,
            second_factor: None,
            duration: SHORTEST,
        }
    }

    fn guard(&self, role: &TrustingRole, attempts: [Result<bool, berth_cloud::Error>; 2]) -> Finding {
        let open: Vec<_> = Attempt::ALL
            .into_iter()
            .zip(&attempts)
            .filter(|(_, attempt)| matches!(attempt, Ok(true)))
            .map(|(attempt, _)| attempt.as_str())
            .collect();
        if !open.is_empty() {
            let message = format!(
                "The role {} can be assumed {}: whoever knows its name could have Berth enter this AWS account \
                 (the confused deputy).",
                role.arn,
                open.join(" and ")
            );
            return Finding::fail(Check::Credentials, message)
                .on(Field::RoleArn)
                .action("sts:AssumeRole")
                .resource(role.arn.as_str())
                .remedy(self.trust_remedy(role));
        }
        if let Some(error) = attempts.into_iter().find_map(Result::err) {
            let what = "whether the role can be assumed without its external id";
            return could_not_check(Check::Credentials, what, &error);
        }
        let message = "The role can be assumed with its external id only.";
        Finding::pass(Check::Credentials, message)
            .on(Field::ExternalId)
            .action("sts:AssumeRole")
            .resource(role.arn.as_str())
    }

    fn refused(&self, role: &TrustingRole, error: &berth_cloud::Error) -> Finding {
        match error.kind {
            ErrorKind::Denied { .. } => {
                let message = format!(
                    "Berth may not assume the role {}: there is no such role, or it does not trust the AWS account \
                     {} with this external id.",
                    role.arn, self.settings.operator_account
                );
                Finding::fail(Check::Credentials, message)
                    .on(Field::RoleArn)
                    .resource(role.arn.as_str())
                    .remedy(format!("{} A role made in the last minute may not be known everywhere yet.", self.trust_remedy(role)))
            }
            _ => could_not_check(Check::Credentials, "the role", error),
        }
        .action(error.operation)
        .evidence(error)
    }

    fn trust_remedy(&self, role: &TrustingRole) -> String {
        let policy = access_policy(&self.settings.operator_account, &role.external_id);
        format!("Make this the trust policy of the role {}: {policy}", role.arn.name())
    }
}

/// An external id that is not this one, of the same kind.
fn another(external_id: &ExternalId) -> ExternalId {
    let text = external_id.as_str();
    let turned: String = text.chars().rev().collect();
    let other = if turned == text { format!("{text}x") } else { turned };
    other.chars().take(1224).collect::<String>().parse().expect("the same letters in another order")
}

/// Whose the session is: the role's that was asked for. AWS names the session, without the role's path.
fn judge(role: &TrustingRole, caller: &Arn) -> Result<(Identity, Finding), Box<Finding>> {
    let name = role.arn.name();
    let mut parts = caller.resource().split('/');
    let same = parts.next() == Some("assumed-role") && parts.next() == Some(name.as_str());
    if !same || *caller.account() != role.arn.account() {
        let message = format!("AWS says that the session of role {} is {}.", role.arn, caller.as_str());
        return Err(Box::new(Finding::fail(Check::Credentials, message).on(Field::RoleArn)));
    }
    let message = format!("The role can be assumed: {name} of AWS account {}.", caller.account());
    let finding = Finding::pass(Check::Credentials, message)
        .on(Field::RoleArn)
        .action("sts:AssumeRole")
        .resource(role.arn.as_str());
    Ok((Identity { aws_account_id: role.arn.account(), principal_arn: role.arn.arn() }, finding))
}
