//! `berth iam`: what a customer's AWS account needs.

use std::process::ExitCode;

use anyhow::bail;
use berth_domain::{
    access::AccessMode,
    iam_kit::{self, Kit, Way},
    permissions::{Profile, Scope},
    trust::{access_policy, expected_policy},
    values::{AwsAccountId, ExternalId},
};
use clap::{Args, Subcommand};

use crate::{cli::Context, output};

/// Print what a customer's AWS account needs.
#[derive(Subcommand)]
pub(crate) enum IamCommand {
    /// Print the policy for the customer's IAM user, or for the role that Berth assumes (JSON).
    ///
    /// It is too long for AWS to take as an inline policy: create a managed policy from it and attach that.
    #[command(after_help = "\
Examples:
  berth iam policy > policy.json
  berth iam policy --mode role > policy.json
  berth iam policy --profile redis-cloud --aws-account-id 123456789012")]
    Policy {
        /// Whose names: `berth` or `redis-cloud`. The configured permission profile when absent.
        #[arg(long, value_name = "NAME", value_parser = profile)]
        profile: Option<&'static Profile>,
        /// The customer's AWS account; the policy names any account when absent.
        #[arg(long, value_name = "ID")]
        aws_account_id: Option<AwsAccountId>,
        /// How Berth gets in: by an access key or by a role that it assumes.
        #[arg(long, value_name = "keys|role", value_parser = mode, default_value = "keys")]
        mode: AccessMode,
    },
    /// Print the trust policy for the customer's console role, or for the role that Berth assumes (JSON).
    #[command(after_help = "\
Examples:
  BERTH_OPERATOR_AWS_ACCOUNT_ID=123456789012 berth iam trust-policy > trust.json
  BERTH_OPERATOR_AWS_ACCOUNT_ID=123456789012 berth iam trust-policy --external-id ID > access-trust.json")]
    TrustPolicy {
        /// What the role that Berth assumes has to ask for: prints that role's trust policy.
        #[arg(long, value_name = "ID")]
        external_id: Option<ExternalId>,
    },
    /// Print a CloudFormation template of all a customer creates (JSON).
    ///
    /// The access key's secret goes to AWS Secrets Manager. Needs BERTH_OPERATOR_AWS_ACCOUNT_ID or
    /// --operator-account.
    #[command(after_help = "\
Examples:
  berth iam cloudformation --operator-account 123456789012 > berth.json
  berth iam cloudformation --profile redis-cloud > berth.json
  berth iam cloudformation --mode role --external-id ID > berth.json")]
    Cloudformation(KitArgs),
    /// Print a Terraform configuration of all a customer creates.
    ///
    /// The access key's secret goes to AWS Secrets Manager. Needs BERTH_OPERATOR_AWS_ACCOUNT_ID or
    /// --operator-account.
    #[command(after_help = "\
Examples:
  berth iam terraform --operator-account 123456789012 > berth.tf
  berth iam terraform --mode role --external-id ID > berth.tf")]
    Terraform(KitArgs),
    /// Print a bash script that creates all with the AWS command line.
    ///
    /// It stops at the first error and can be run again. Needs BERTH_OPERATOR_AWS_ACCOUNT_ID or
    /// --operator-account.
    #[command(after_help = "\
Examples:
  berth iam cli --operator-account 123456789012 > create-berth-resources.sh
  berth iam cli --mode role --external-id ID > create-berth-resources.sh")]
    Cli(KitArgs),
    /// Print the reference page of all permissions (Markdown).
    #[command(after_help = "\
Examples:
  berth iam doc > docs/reference/permissions.md
  berth iam doc --mode role")]
    Doc {
        /// How Berth gets in: by an access key or by a role that it assumes.
        #[arg(long, value_name = "keys|role", value_parser = mode, default_value = "keys")]
        mode: AccessMode,
    },
}

/// Whose kit.
#[derive(Args)]
pub(crate) struct KitArgs {
    /// Whose names: `berth` or `redis-cloud`. The configured permission profile when absent.
    #[arg(long, value_name = "NAME", value_parser = profile)]
    profile: Option<&'static Profile>,
    /// The operator's AWS account, which the console role trusts. The configured one when absent.
    #[arg(long, value_name = "ID")]
    operator_account: Option<AwsAccountId>,
    /// How Berth gets in: by an access key or by a role that it assumes.
    #[arg(long, value_name = "keys|role", value_parser = mode, default_value = "keys")]
    mode: AccessMode,
    /// What the role's trust policy asks for, in mode `role`; Berth issues it to the customer.
    #[arg(long, value_name = "ID")]
    external_id: Option<ExternalId>,
}

impl KitArgs {
    fn kit(self, context: &Context) -> anyhow::Result<Kit> {
        let way = way(self.mode, self.external_id)?;
        let config = context.config()?;
        let operator = match self.operator_account {
            Some(operator) => operator,
            None => config.operator()?.clone(),
        };
        Ok(Kit { operator, profile: self.profile.unwrap_or(config.permission_profile.0), way })
    }
}

impl IamCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self {
            Self::Policy { profile, aws_account_id, mode } => {
                let profile = match profile {
                    Some(profile) => profile,
                    None => context.config()?.permission_profile.0,
                };
                let scope = match mode {
                    AccessMode::Keys => Scope::of_profile(profile, aws_account_id),
                    AccessMode::Role => Scope::of_role(profile, aws_account_id),
                };
                output::pretty_json(&scope.policy())?;
            }
            Self::TrustPolicy { external_id } => {
                let config = context.config()?;
                let operator = config.operator()?;
                output::pretty_json(&match external_id {
                    None => expected_policy(operator),
                    Some(external_id) => access_policy(operator, &external_id),
                })?;
            }
            Self::Cloudformation(args) => output::text(&args.kit(context)?.cloudformation())?,
            Self::Terraform(args) => output::text(&args.kit(context)?.terraform())?,
            Self::Cli(args) => output::text(&args.kit(context)?.cli())?,
            Self::Doc { mode } => output::text(&iam_kit::page(mode))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn profile(name: &str) -> Result<&'static Profile, String> {
    Profile::named(name).ok_or_else(|| {
        let names: Vec<_> = Profile::ALL.iter().map(|profile| profile.name).collect();
        format!("must be {}", names.join(" or "))
    })
}

fn mode(word: &str) -> Result<AccessMode, String> {
    AccessMode::parse(word).ok_or_else(|| "must be keys or role".to_owned())
}

fn way(mode: AccessMode, external_id: Option<ExternalId>) -> anyhow::Result<Way> {
    match (mode, external_id) {
        (AccessMode::Keys, None) => Ok(Way::Keys),
        (AccessMode::Role, Some(external_id)) => Ok(Way::Role(external_id)),
        (AccessMode::Role, None) => bail!(
            "mode role needs --external-id: what the role's trust policy asks Berth to name. Berth issues one to the \
             customer, who alone can use it, for one cloud account, within 24 hours: in the console with Add › By a \
             role › Issue external id, or with POST /api/cloud-accounts/external-id"
        ),
        (AccessMode::Keys, Some(_)) => bail!("--external-id goes with --mode role only"),
    }
}
