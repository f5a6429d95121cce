//! The kit as a Terraform configuration.

use serde::Serialize;

use super::{Kit, Way, pretty};

pub(super) fn configuration(kit: &Kit) -> String {
    let (secret, access, outputs) = match kit.way {
        Way::Keys => (KEPT_SECRET, by_keys(kit), KEYS_OUTPUTS),
        Way::Role(_) => ("", by_role(kit), ROLE_OUTPUTS),
    };
    format!(
        r#"# What Berth needs in this AWS account. Its operator's AWS account is {operator}.
{secret}
terraform {{
  required_providers {{
    aws = {{
      source = "hashicorp/aws"
    }}
  }}
}}

resource "aws_iam_policy" "berth" {{
  name   = "{policy_name}"
  policy = <<-JSON
{policy}
  JSON
}}

{access}
resource "aws_iam_role" "console" {{
  name               = "{console_role}"
  description        = "Lets the operator of Berth look at its machines in the AWS console."
  assume_role_policy = <<-JSON
{trust}
  JSON
}}

resource "aws_iam_role_policy" "console" {{
  name   = "BerthConsole"
  role   = aws_iam_role.console.id
  policy = <<-JSON
{console_policy}
  JSON
}}

resource "aws_iam_role" "node" {{
  name               = "{node_role}"
  description        = "What the nodes that Berth starts run as."
  assume_role_policy = <<-JSON
{node_trust}
  JSON
}}

resource "aws_iam_instance_profile" "node" {{
  name = "{node_role}"
  role = aws_iam_role.node.name
}}

{outputs}
output "iam_role_name" {{
  description = "IAM role name."
  value       = aws_iam_role.console.name
}}
"#,
        operator = kit.operator,
        policy_name = kit.policy_name(),
        policy = indented(&kit.policy()),
        console_role = kit.profile.console_role,
        trust = indented(&kit.trust_policy()),
        console_policy = indented(&kit.console_policy()),
        node_role = kit.profile.node_role,
        node_trust = indented(&kit.node_trust_policy()),
    )
}

const KEPT_SECRET: &str = "# The access key's secret is in AWS Secrets Manager, and in Terraform's state: keep that state private.\n";

const KEYS_OUTPUTS: &str = r#"output "aws_access_key" {
  description = "AWS access key."
  value       = aws_iam_access_key.berth.id
}

output "aws_secret_key_in" {
  description = "The secret in AWS Secrets Manager that holds the AWS secret key."
  value       = aws_secretsmanager_secret.berth.arn
}
"#;

const ROLE_OUTPUTS: &str = r#"output "role_arn" {
  description = "Role ARN."
  value       = aws_iam_role.berth.arn
}
"#;

/// The user and its key.
fn by_keys(kit: &Kit) -> String {
    format!(
        r#"resource "aws_iam_user" "berth" {{
  name = "{user}"
}}

resource "aws_iam_user_policy_attachment" "berth" {{
  user       = aws_iam_user.berth.name
  policy_arn = aws_iam_policy.berth.arn
}}

resource "aws_iam_access_key" "berth" {{
  user = aws_iam_user.berth.name
}}

resource "aws_secretsmanager_secret" "berth" {{
  name        = "{secret}"
  description = "The secret of the access key that Berth uses."
}}

resource "aws_secretsmanager_secret_version" "berth" {{
  secret_id     = aws_secretsmanager_secret.berth.id
  secret_string = aws_iam_access_key.berth.secret
}}
"#,
        user = kit.profile.user,
        secret = kit.secret_name(),
    )
}

/// The role that Berth assumes.
fn by_role(kit: &Kit) -> String {
    format!(
        r#"resource "aws_iam_role" "berth" {{
  name               = "{role}"
  description        = "Lets Berth in, when it names the external id."
  assume_role_policy = <<-JSON
{trust}
  JSON
}}

resource "aws_iam_role_policy_attachment" "berth" {{
  role       = aws_iam_role.berth.name
  policy_arn = aws_iam_policy.berth.arn
}}
"#,
        role = kit.profile.access_role,
        trust = indented(&kit.access_trust_policy()),
    )
}

/// JSON as it stands in a heredoc of Terraform's, where `${` and `%{` would begin something.
fn indented(document: &impl Serialize) -> String {
    let json = pretty(document).replace("${", "$${").replace("%{", "%%{");
    json.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
