//! The IAM kit: what a customer creates in its AWS account before Berth can use it, from the permission table.
//!
//! The same resources four ways: as documents for making them by hand, as a CloudFormation template, as a
//! Terraform configuration, and as a script for the AWS command line.

mod cli;
mod cloudformation;
mod terraform;

use serde_json::{Value, json};

use crate::{
    iam::PolicyDocument,
    permissions::{Profile, Scope},
    trust::expected_policy,
    values::AwsAccountId,
};

/// What a customer creates, for one operator and under one profile's names.
#[derive(Clone, Debug)]
pub struct Kit {
    /// The operator's AWS account: the one that the console role trusts.
    pub operator: AwsAccountId,
    /// What everything is called.
    pub profile: &'static Profile,
}

impl Kit {
    /// The policy of the IAM user. It names no AWS account, for a user can act in none but its own.
    pub fn policy(&self) -> PolicyDocument {
        Scope::of_profile(self.profile, None).policy()
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
