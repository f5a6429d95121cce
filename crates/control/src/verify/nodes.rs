//! Do the role and the instance profile exist that the nodes run as?

use berth_cloud::{Answer, ErrorKind};
use berth_domain::{
    findings::{Check, Finding},
    permissions::Scope,
};

use super::{Subject, could_not_check, evidence, may_not_check};

impl Subject<'_> {
    pub(super) async fn nodes(&self, scope: &Scope) -> Vec<Finding> {
        let name = self.settings.profile.node_role_name();
        let too_new = |kind: &ErrorKind| *kind == ErrorKind::NotFound;
        let (role, profiles) = tokio::join!(
            self.ask("iam:GetRole", too_new, || self.session.role(&name)),
            self.ask("iam:ListInstanceProfilesForRole", too_new, || {
                self.session.instance_profiles_of_role(&name)
            }),
        );
        let create = format!(
            "Create the role {name} for EC2 (trusted service ec2.amazonaws.com); the AWS console makes the instance profile of the same name with it, elsewhere create that too and add the role."
        );
        let role_finding = match &role {
            Ok(Answer { value: role, .. }) => {
                Finding::pass(Check::NodeRole, format!("The node role {name} exists."))
                    .resource(role.arn.as_str())
            }
            Err(error) => match &error.kind {
                ErrorKind::NotFound => Finding::fail(
                    Check::NodeRole,
                    format!("The AWS account has no role named {name} for the nodes."),
                )
                .resource(name.as_str())
                .remedy(&create),
                ErrorKind::Denied { action, .. } => may_not_check(
                    Check::NodeRole,
                    scope.grantee.field(),
                    "the node role",
                    action,
                    scope,
                    name.to_string(),
                ),
                _ => could_not_check(Check::NodeRole, "the node role", error),
            },
        };
        let profile_finding = match &profiles {
            Ok(Answer { value: found, .. }) if found.is_empty() => Finding::fail(
                Check::InstanceProfile,
                format!("No instance profile holds the node role {name}, so no instance can run as it."),
            )
            .resource(name.as_str())
            .remedy(format!("Create an instance profile named {name} and add the role {name} to it.")),
            Ok(Answer { value: found, .. }) => Finding::pass(
                Check::InstanceProfile,
                format!("The instance profile {} holds the node role.", found.join(", ")),
            )
            .resource(found.join(", ")),
            Err(error) => match &error.kind {
                // The missing role has its own finding; a second one would say the same.
                ErrorKind::NotFound => {
                    return vec![role_finding.action("iam:GetRole").evidence(evidence(&role))];
                }
                ErrorKind::Denied { action, .. } => may_not_check(
                    Check::InstanceProfile,
                    scope.grantee.field(),
                    "the node role's instance profile",
                    action,
                    scope,
                    name.to_string(),
                ),
                _ => could_not_check(Check::InstanceProfile, "the node role's instance profile", error),
            },
        };
        vec![
            role_finding.action("iam:GetRole").evidence(evidence(&role)),
            profile_finding.action("iam:ListInstanceProfilesForRole").evidence(evidence(&profiles)),
        ]
    }
}
