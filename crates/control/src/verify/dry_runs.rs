//! What can be told of permissions where AWS's policy simulator may not be asked: by dry runs, against AWS only.

use berth_cloud::{ErrorKind, trial::DryRun};
use berth_domain::{
    findings::{Check, Finding},
    permissions::Scope,
};
use futures::future::join_all;

use super::{Subject, never, permissions};

/// What a dry run needs no existing resource for is little; the rest stays open.
const NOT_SHOWN: &str = "What needs a resource that exists (stopping, changing and removing), IAM and the other services \
     cannot be tried this way";

impl Subject<'_> {
    /// Tries what can be tried. Takes a third round trip, which nothing else waits for.
    pub(super) async fn dry_runs(&self, scope: &Scope) -> Vec<Finding> {
        let tag = self.settings.profile.tag;
        let asked = join_all(DryRun::ALL.map(|call| async move {
            let tried = || async {
                self.session.dry_run(call, tag).await.map(|answer| match answer {
                    Some(answer) => answer.map(Some),
                    None => berth_cloud::Answer { value: None, operation: call.action(), request_id: None },
                })
            };
            (call.action(), self.ask(call.action(), never, tried).await)
        }))
        .await;
        let (mut allowed, mut shown_by, mut findings) = (Vec::new(), None, Vec::new());
        for (action, answer) in asked {
            match answer {
                Ok(answer) if answer.value.is_some() => {
                    allowed.push(action);
                    shown_by = Some(answer);
                }
                Err(error) if matches!(error.kind, ErrorKind::Denied { .. }) => {
                    let finding = Finding::fail(
                        Check::Permission,
                        format!(
                            "{}, but {} may not {action}: a dry run was refused.",
                            scope.grantee.in_order(),
                            scope.grantee
                        ),
                    );
                    let finding = match scope.statement_for(action) {
                        Some(statement) => {
                            finding.remedy(permissions::add_statement(scope)).statement(statement)
                        }
                        None => finding,
                    };
                    findings.push(finding.on(scope.grantee.field()).action(action).evidence(&error));
                }
                // Not AWS, or no answer: that permissions could not be checked is told already.
                _ => {}
            }
        }
        if let Some(shown_by) = shown_by {
            let message = format!("By dry runs, these are allowed: {}. {NOT_SHOWN}.", allowed.join(", "));
            findings.push(
                Finding::pass(Check::Permission, message).on(scope.grantee.field()).evidence(&shown_by),
            );
        }
        findings
    }
}
