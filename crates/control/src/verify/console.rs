//! Can support staff get into the AWS console: by role, by user, at the right address?

use berth_cloud::{Answer, Error, ErrorKind, Role};
use berth_domain::{
    cloud_account::Field,
    findings::{Check, Finding, Identity},
    permissions::Scope,
    trust::{self, Mfa, Trust},
    values::{Arn, RoleName, SignInAccount},
};

use super::{Subject, could_not_check, evidence, may_not_check, never};

impl Subject<'_> {
    /// The console role's ARN and what was found about it.
    pub(super) async fn console_role(&self, scope: &Scope) -> (Option<Arn>, Vec<Finding>) {
        let Some(name) = self.candidate.console.role() else { return (None, Vec::new()) };
        let too_new = |kind: &ErrorKind| *kind == ErrorKind::NotFound;
        let called = self.ask("iam:GetRole", too_new, || self.session.role(name)).await;
        let shown_by = evidence(&called);
        let (arn, findings) = self.judge_console_role(name, called, scope);
        (arn, findings.into_iter().map(|finding| finding.evidence(shown_by.clone())).collect())
    }

    fn judge_console_role(
        &self,
        name: &RoleName,
        called: Result<Answer<Role>, Error>,
        scope: &Scope,
    ) -> (Option<Arn>, Vec<Finding>) {
        match called {
            Ok(Answer { value: role, .. }) => {
                let exists = Finding::pass(Check::ConsoleRole, format!("The console role {name} exists."))
                    .on(Field::ConsoleRoleName)
                    .action("iam:GetRole")
                    .resource(role.arn.as_str());
                let mut findings = vec![exists];
                findings.extend(self.trust(&role.trust_policy, &role.arn));
                (Some(role.arn), findings)
            }
            Err(error) => {
                let finding = match &error.kind {
                    ErrorKind::NotFound => Finding::fail(
                        Check::ConsoleRole,
                        format!("The AWS account has no role named {name}."),
                    )
                    .on(Field::ConsoleRoleName)
                    .action(error.operation)
                    .resource(name.as_str())
                    .remedy(format!(
                        "Create the role {name} for console access with this trust policy, or correct the name: {}",
                        trust::expected_policy(&self.settings.operator_account)
                    )),
                    ErrorKind::Denied { action, .. } => may_not_check(
                        Check::ConsoleRole,
                        Field::ConsoleRoleName,
                        "the console role",
                        action,
                        scope,
                        name.to_string(),
                    ),
                    _ => could_not_check(Check::ConsoleRole, "the console role", &error),
                };
                (None, vec![finding])
            }
        }
    }

    fn trust(&self, policy: &str, role: &Arn) -> Vec<Finding> {
        let operator = &self.settings.operator_account;
        let replace =
            format!("Replace the role's trust policy by this one: {}", trust::expected_policy(operator));
        let about = |finding: Finding| finding.on(Field::ConsoleRoleName).resource(role.as_str());
        let refuse =
            |message: String| vec![about(Finding::fail(Check::ConsoleRoleTrust, message).remedy(&replace))];
        match trust::read(policy, operator) {
            Trust::NotTrusted { trusted } => {
                let whom = if trusted.is_empty() { "no AWS account".into() } else { trusted.join(", ") };
                refuse(format!("The console role does not trust the operator's AWS account {operator}; it trusts {whom}."))
            }
            Trust::NeedsExternalId => refuse(
                "The console role asks for an external id, which the AWS console cannot pass when switching roles.".into(),
            ),
            Trust::Denied => {
                refuse(format!("The console role's trust policy denies the operator's AWS account {operator}."))
            }
            Trust::Unreadable(why) => refuse(format!("The console role's trust policy cannot be judged: {why}.")),
            Trust::Granted { mfa, open_to_all, other_conditions } => {
                let mut findings = Vec::new();
                if open_to_all {
                    findings.push(about(
                        Finding::warn(
                            Check::ConsoleRoleTrust,
                            "The console role trusts everybody (*), in every AWS account.",
                        )
                        .remedy(&replace),
                    ));
                } else {
                    findings.push(about(Finding::pass(
                        Check::ConsoleRoleTrust,
                        format!("The console role trusts the operator's AWS account {operator}."),
                    )));
                }
                if !other_conditions.is_empty() {
                    findings.push(about(
                        Finding::warn(
                            Check::ConsoleRoleTrust,
                            format!(
                                "The console role has further conditions that Berth cannot judge: {}.",
                                other_conditions.join(", ")
                            ),
                        )
                        .remedy("See that support staff of the operator's account meet them."),
                    ));
                }
                findings.push(about(match mfa {
                    Mfa::Required => {
                        Finding::pass(Check::ConsoleRoleMfa, "The console role asks for a second factor.")
                    }
                    Mfa::NotRequired => Finding::warn(
                        Check::ConsoleRoleMfa,
                        "The console role can be assumed without a second factor (MFA).",
                    )
                    .remedy(&replace),
                }));
                findings
            }
        }
    }

    /// What was found about the console user.
    pub(super) async fn console_user(&self, scope: &Scope) -> Vec<Finding> {
        let Some(user) = self.candidate.console.user() else { return Vec::new() };
        let name = &user.name;
        let called = self.ask("iam:GetLoginProfile", never, || self.session.login_profile(name)).await;
        let finding = match &called {
            Ok(_) => Finding::pass(
                Check::ConsoleUser,
                format!("The user {name} exists and can sign in to the console. AWS offers no way to check its password."),
            )
            .on(Field::ConsoleUsername),
            Err(error) => match &error.kind {
                ErrorKind::NotFound => Finding::fail(
                    Check::ConsoleUser,
                    format!("The AWS account has no user named {name} that can sign in to the console."),
                )
                .on(Field::ConsoleUsername)
                .remedy(format!("Create the user {name} or switch on its console access (IAM > Users > Security credentials), or correct the name.")),
                // Accounts prepared for Redis Cloud do not grant this; Berth can do without.
                ErrorKind::Denied { action, .. } => {
                    let mut finding = may_not_check(
                        Check::ConsoleUser,
                        Field::ConsoleUsername,
                        "the console user",
                        action,
                        scope,
                        name.to_string(),
                    );
                    finding.blocking = false;
                    finding
                }
                _ => could_not_check(Check::ConsoleUser, "the console user", error),
            },
        };
        vec![finding.action("iam:GetLoginProfile").resource(name.as_str()).evidence(evidence(&called))]
    }

    /// Whether the sign-in URL belongs to the AWS account that the key belongs to.
    pub(super) async fn sign_in_url(&self, identity: &Identity, scope: &Scope) -> Vec<Finding> {
        let Some(url) = &self.candidate.sign_in_url else { return Vec::new() };
        let account = &identity.aws_account_id;
        let belongs = || {
            Finding::pass(Check::SignInUrl, format!("The sign-in URL belongs to AWS account {account}."))
        };
        let foreign = |whose: String| {
            Finding::fail(
                Check::SignInUrl,
                format!("The sign-in URL belongs to {whose}, the access key to AWS account {account}."),
            )
            .remedy(format!("Use https://{account}.signin.aws.amazon.com/console, or the access key of the other account."))
        };
        let finding = match url.account() {
            SignInAccount::Id(id) if id == *account => belongs(),
            SignInAccount::Id(id) => foreign(format!("AWS account {id}")),
            SignInAccount::Alias(alias) => {
                let called =
                    self.ask("iam:ListAccountAliases", never, || self.session.account_aliases()).await;
                let finding = match &called {
                    Ok(aliases) if aliases.value.contains(&alias) => belongs(),
                    Ok(_) => foreign(format!("the AWS account with the alias {alias}")),
                    Err(error) => match &error.kind {
                        ErrorKind::Denied { action, .. } => {
                            let mut finding = may_not_check(
                                Check::SignInUrl,
                                Field::SignInLoginUrl,
                                "the sign-in URL's alias",
                                action,
                                scope,
                                alias,
                            );
                            finding.blocking = false;
                            finding
                        }
                        _ => could_not_check(Check::SignInUrl, "the sign-in URL's alias", error),
                    },
                };
                finding.evidence(evidence(&called))
            }
        };
        vec![finding.on(Field::SignInLoginUrl)]
    }
}
