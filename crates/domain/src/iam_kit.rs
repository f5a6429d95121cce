//! The IAM kit: what a customer creates in its AWS account before Berth can use it, from the permission table.
//!
//! The same resources four ways: as documents for making them by hand, as a CloudFormation template, as a
//! Terraform configuration, and as a script for the AWS command line. And the page that says what each
//! permission is for.

mod cli;
mod cloudformation;
mod page;
mod terraform;

use serde_json::{Value, json};

use crate::{
    access::AccessMode,
    iam::PolicyDocument,
    permissions::{Profile, Scope},
    trust::{access_policy, expected_policy},
    values::{AwsAccountId, ExternalId},
};

/// What a customer creates, for one operator and under one profile's names.
#[derive(Clone, Debug)]
pub struct Kit {
    /// The operator's AWS account: the one that the console role trusts, and the role that Berth assumes.
    pub operator: AwsAccountId,
    /// What everything is called.
    pub profile: &'static Profile,
    /// How Berth gets in.
    pub way: Way,
}

/// How Berth gets into the AWS account that the kit prepares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// By the access key of a user.
    Keys,
    /// By a role that asks for this external id.
    Role(ExternalId),
}

impl Way {
    /// Which of the two ways it is.
    pub fn mode(&self) -> AccessMode {
        match self {
            Self::Keys => AccessMode::Keys,
            Self::Role(_) => AccessMode::Role,
        }
    }
}

/// The policy of the user or the role by which Berth gets in. It names no AWS account, for neither can act in any
/// but its own.
pub fn policy(profile: &'static Profile, mode: AccessMode) -> PolicyDocument {
    scope(profile, mode).policy()
}

/// What each permission is for, in Markdown: the reference page, `docs/reference/permissions.md`.
pub fn page(mode: AccessMode) -> String {
    page::page(mode)
}

fn scope(profile: &'static Profile, mode: AccessMode) -> Scope {
    match mode {
        AccessMode::Keys => Scope::of_profile(profile, None),
        AccessMode::Role => Scope::of_role(profile, None),
    }
}

impl Kit {
    /// The policy of the user or the role by which Berth gets in.
    pub fn policy(&self) -> PolicyDocument {
        policy(self.profile, self.way.mode())
    }

    /// What that policy is called.
    pub fn policy_name(&self) -> &'static str {
        match self.way {
            Way::Keys => self.profile.policy,
            Way::Role(_) => self.profile.access_policy,
        }
    }

    /// Who may assume the role by which Berth gets in: the operator's AWS account, when it names the external id.
    pub fn access_trust_policy(&self) -> Option<Value> {
        match &self.way {
            Way::Keys => None,
            Way::Role(external_id) => Some(access_policy(&self.operator, external_id)),
        }
    }

    /// Who may assume the console role: the operator's AWS account, with a second factor.
    pub fn trust_policy(&self) -> Value {
        expected_policy(&self.operator)
    }

    /// What somebody sees in the AWS console through the console role: the machines and how they do, nothing
    /// of what the account has besides.
    pub fn console_policy(&self) -> Value {
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "BerthConsole",
                "Effect": "Allow",
                "Action": [
                    "cloudwatch:Describe*",
                    "cloudwatch:Get*",
                    "cloudwatch:List*",
                    "ec2:Describe*",
                    "ec2:GetConsoleOutput",
                    "ec2:GetConsoleScreenshot",
                ],
                "Resource": "*"
            }]
        })
    }

    /// Who may assume the node role: EC2, for the nodes.
    pub fn node_trust_policy(&self) -> Value {
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "ec2.amazonaws.com" },
                "Action": "sts:AssumeRole"
            }]
        })
    }

    /// A CloudFormation template, JSON. Needs `CAPABILITY_NAMED_IAM`.
    pub fn cloudformation(&self) -> String {
        cloudformation::template(self)
    }

    /// A Terraform configuration, formatted as `terraform fmt` would.
    pub fn terraform(&self) -> String {
        terraform::configuration(self)
    }

    /// A bash script for the AWS command line. Stops at the first error and can be run again.
    pub fn cli(&self) -> String {
        cli::script(self)
    }

    /// What the secret in AWS Secrets Manager is called that holds the access key's secret.
    fn secret_name(&self) -> String {
        format!("{}/access-key", self.profile.user)
    }
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("texts, lists and maps always serialise")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::permissions::BERTH;

    const EXTERNAL_ID: &str = "berth-Wm3ePZ8sWn1nV5r0q2Xc7TtYb4Lk9HdA";

    fn kit(way: Way) -> Kit {
        Kit { operator: "111122223333".parse().unwrap(), profile: &BERTH, way }
    }

    fn role() -> Way {
        Way::Role(EXTERNAL_ID.parse().unwrap())
    }

    /// `terraform fmt` puts the equals signs of lines that follow each other under each other.
    #[rstest]
    #[case::keys(Way::Keys)]
    #[case::role(role())]
    fn the_terraform_configuration_is_formatted(#[case] way: Way) {
        let text = kit(way).terraform();
        // Where an argument's name begins and where its equals sign stands; nothing of a block.
        let argument = |line: &str| {
            let (name, value) = line.split_once('=')?;
            let plain = name.trim().chars().all(|c| c.is_ascii_lowercase() || c == '_');
            (plain && value != " {").then_some((name.len() - name.trim_start().len(), name.len()))
        };
        let lines: Vec<_> = text.lines().collect();
        for pair in lines.windows(2) {
            if let (Some(one), Some(next)) = (argument(pair[0]), argument(pair[1])) {
                assert_eq!(one, next, "{pair:#?}");
            }
            assert!(!pair[0].ends_with(' ') && (pair[0], pair[1]) != ("", ""), "{pair:#?}");
        }
    }

    #[test]
    fn every_form_for_a_role_asks_for_the_external_id_and_makes_no_key() {
        let kit = kit(role());

        for form in [kit.cli(), kit.cloudformation(), kit.terraform()] {
            assert!(form.contains(EXTERNAL_ID) && form.contains("sts:ExternalId"), "{form}");
            assert!(form.contains("berth-access") && form.contains("BerthAccessPolicy"), "{form}");
            for no_more in ["berth-user", "BerthUserPolicy", "access-key", "access_key", "AccessKeySecret"]
            {
                assert!(!form.contains(no_more), "{no_more} in {form}");
            }
        }
    }

    #[test]
    fn the_page_for_a_role_leaves_out_what_only_a_user_needs() {
        let (keys, role) = (page(AccessMode::Keys), page(AccessMode::Role));

        assert!(keys.contains("iam:CreateAccessKey") && !role.contains("iam:CreateAccessKey"), "{role}");
        assert!(role.contains("role/berth-access"), "{role}");
    }
}
