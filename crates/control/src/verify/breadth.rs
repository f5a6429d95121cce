//! Do the policies allow far more than Berth asks for?

use berth_cloud::policies_operation;
use berth_domain::{
    breadth::{self, Breadth},
    findings::{Check, Finding},
    permissions::Scope,
};

use super::{Patience, Subject, cannot_tell, never};

impl Subject<'_> {
    /// Takes up to five dependent round trips: lists, policies, versions, and the same for groups. It never
    /// decides whether an account is sound, so whoever is in a hurry leaves it out.
    pub(super) async fn breadth(&self, scope: &Scope) -> Vec<Finding> {
        if self.patience == Patience::None {
            return Vec::new();
        }
        let grantee = &scope.grantee;
        let read = || self.session.policies(grantee);
        let answer = match self.ask(policies_operation(grantee), never, read).await {
            Ok(answer) => answer,
            Err(error) => {
                let what = format!("whether {grantee} may do far more than Berth needs");
                return vec![cannot_tell(Check::PolicyBreadth, &what, &error, scope)];
            }
        };
        let finding = match breadth::judge(&answer.value, self.settings.profile) {
            Breadth::Fitting => Finding::pass(
                Check::PolicyBreadth,
                format!("The policies of {grantee} allow nothing far wider than Berth needs."),
            ),
            Breadth::Wide(wide) => Finding::warn(
                Check::PolicyBreadth,
                format!(
                    "The policies of {grantee} allow far more than Berth needs: statement {} of policy {} allows {}.",
                    wide.statement, wide.policy, wide.width
                ),
            )
            .resource(wide.policy)
            .remedy(format!("Give {grantee} the policy that `berth iam policy` prints, and no other.")),
            Breadth::Unreadable(policies) => Finding::unknown_but_dispensable(
                Check::PolicyBreadth,
                format!("Could not judge how far these policies go: {}.", policies.join(", ")),
            ),
        };
        vec![finding.evidence(&answer)]
    }
}
