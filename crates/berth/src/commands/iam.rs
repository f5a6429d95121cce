//! `berth iam`: what a customer's AWS account needs.

use std::{fmt::Write, process::ExitCode};

use berth_domain::{
    iam_kit::Kit,
    permissions::{Function, Guard, Need, Permission, Profile, Scope, TABLE},
    trust::expected_policy,
    values::AwsAccountId,
};
use clap::{Args, Subcommand};

use crate::{cli::Context, output};

/// Print what a customer's AWS account needs.
#[derive(Subcommand)]
pub(crate) enum IamCommand {
    /// Print the policy for the customer's IAM user (JSON).
    ///
    /// It is too long for AWS to take as an inline policy: create a managed policy from it and attach that.
    #[command(after_help = "\
Examples:
  berth iam policy > policy.json
  berth iam policy --profile redis-cloud --aws-account-id 123456789012")]
    Policy {
        /// Whose names: `berth` or `redis-cloud`. The configured permission profile when absent.
        #[arg(long, value_name = "NAME", value_parser = profile)]
        profile: Option<&'static Profile>,
        /// The customer's AWS account; the policy names any account when absent.
        #[arg(long, value_name = "ID")]
        aws_account_id: Option<AwsAccountId>,
    },
    /// Print the trust policy for the customer's console role (JSON).
    #[command(after_help = "\
Example:
  BERTH_OPERATOR_AWS_ACCOUNT_ID=123456789012 berth iam trust-policy > trust.json")]
    TrustPolicy,
    /// Print a CloudFormation template of all a customer creates (JSON).
    ///
    /// The access key's secret goes to AWS Secrets Manager. Needs BERTH_OPERATOR_AWS_ACCOUNT_ID or
    /// --operator-account.
    #[command(after_help = "\
Examples:
  berth iam cloudformation --operator-account 123456789012 > berth.json
  berth iam cloudformation --profile redis-cloud > berth.json")]
    Cloudformation(KitArgs),
    /// Print a Terraform configuration of all a customer creates.
    ///
    /// The access key's secret goes to AWS Secrets Manager. Needs BERTH_OPERATOR_AWS_ACCOUNT_ID or
    /// --operator-account.
    #[command(after_help = "\
Example:
  berth iam terraform --operator-account 123456789012 > berth.tf")]
    Terraform(KitArgs),
    /// Print a bash script that creates all with the AWS command line.
    ///
    /// It stops at the first error and can be run again. Needs BERTH_OPERATOR_AWS_ACCOUNT_ID or
    /// --operator-account.
    #[command(after_help = "\
Example:
  berth iam cli --operator-account 123456789012 > create-berth-resources.sh")]
    Cli(KitArgs),
    /// Print the reference page of all permissions (Markdown).
    #[command(after_help = "\
Example:
  berth iam doc > docs/reference/permissions.md")]
    Doc,
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
}

impl KitArgs {
    fn kit(self, context: &Context) -> anyhow::Result<Kit> {
        let config = context.config()?;
        let operator = match self.operator_account {
            Some(operator) => operator,
            None => config.operator()?.clone(),
        };
        Ok(Kit { operator, profile: self.profile.unwrap_or(config.permission_profile.0) })
    }
}

impl IamCommand {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self {
            Self::Policy { profile, aws_account_id } => {
                let profile = match profile {
                    Some(profile) => profile,
                    None => context.config()?.permission_profile.0,
                };
                output::pretty_json(&Scope::of_profile(profile, aws_account_id).policy())?;
            }
            Self::TrustPolicy => output::pretty_json(&expected_policy(context.config()?.operator()?))?,
            Self::Cloudformation(args) => output::text(&args.kit(context)?.cloudformation())?,
            Self::Terraform(args) => output::text(&args.kit(context)?.terraform())?,
            Self::Cli(args) => output::text(&args.kit(context)?.cli())?,
            Self::Doc => output::text(&reference_page())?,
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

/// The reference page, `docs/reference/permissions.md`.
fn reference_page() -> String {
    let mut page = String::from(
        "# Permissions\n\n\
         <!-- Made by `berth iam doc` from crates/domain/src/permissions/table.rs; `make regen` renews it. -->\n\n\
         What Berth may do in a customer's AWS account, and why. `berth iam policy` prints the policy that grants \
         it, `berth verify` checks every line of it. EC2 objects are created with Berth's tag, and only objects \
         that carry it are changed or removed.\n\n\
         | profile | IAM user | console role | node role and instance profile | policy | tag |\n\
         |---|---|---|---|---|---|\n",
    );
    let mut line = |text: String| writeln!(page, "{text}").expect("writing to a string");
    for Profile { name, user, console_role, node_role, policy, tag: (key, value) } in Profile::ALL {
        line(format!(
            "| `{name}` | `{user}` | `{console_role}` | `{node_role}` | `{policy}` | `{key}={value}` |"
        ));
    }
    for function in Function::ALL {
        line(format!("\n## To {}\n", function.as_str()));
        line("| action | on | on condition | needed | why |\n|---|---|---|---|---|".into());
        TABLE.iter().filter(|row| row.function == function).for_each(|row| line(table_row(row)));
    }
    page
}

fn table_row(row: &Permission) -> String {
    let scope = Scope::of_profile(Profile::ALL[0], None);
    let on: Vec<_> = scope.patterns(row.target).iter().map(|pattern| format!("`{pattern}`")).collect();
    let guard = match row.guard {
        Guard::Open => "",
        Guard::CreatedWithTag => "created with Berth's tag",
        Guard::CarriesTag => "carries Berth's tag",
        Guard::TaggedWhileCreating => "Berth's tag, set while creating",
        Guard::PassedToEc2 => "handed to EC2",
    };
    let need = match row.need {
        Need::Required => "yes",
        Need::Optional => "no: Berth does less and warns",
        Need::Free => "AWS allows it to every valid key",
    };
    format!("| `{}` | {} | {guard} | {need} | {} |", row.action, on.join("<br>"), row.why)
}
