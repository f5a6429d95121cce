//! The kit as a script for the AWS command line.

use crate::values::ExternalId;

use super::{Kit, Way, pretty};

pub(super) fn script(kit: &Kit) -> String {
    let (access, entered) = match &kit.way {
        Way::Keys => (by_keys(kit), keys_entered(kit)),
        Way::Role(external_id) => (by_role(kit), role_entered(kit, external_id)),
    };
    format!(
        r#"#!/usr/bin/env bash
# Creates what Berth needs in this AWS account. Its operator's AWS account is {operator}.
# Run it as an administrator of the account. It stops at the first error and can be run again: what is there
# already is kept, and its policies are made those below.
set -euo pipefail

policy=$(cat <<'JSON'
{policy}
JSON
)
console_trust=$(cat <<'JSON'
{trust}
JSON
)
console_policy=$(cat <<'JSON'
{console_policy}
JSON
)
node_trust=$(cat <<'JSON'
{node_trust}
JSON
)

role() {{
  local name=$1 trust=$2
  if aws iam get-role --role-name "$name" >/dev/null 2>&1; then
    aws iam update-assume-role-policy --role-name "$name" --policy-document "$trust"
    echo "Role $name exists; its trust policy is renewed."
  else
    aws iam create-role --role-name "$name" --assume-role-policy-document "$trust" >/dev/null
    echo "Role $name is created."
  fi
}}

account=$(aws sts get-caller-identity --query Account --output text)
policy_arn=arn:aws:iam::$account:policy/{policy_name}

if previous=$(aws iam get-policy --policy-arn "$policy_arn" --query Policy.DefaultVersionId --output text 2>/dev/null); then
  aws iam create-policy-version --policy-arn "$policy_arn" --policy-document "$policy" --set-as-default >/dev/null
  # AWS keeps five versions at most.
  aws iam delete-policy-version --policy-arn "$policy_arn" --version-id "$previous"
  echo "Policy {policy_name} is renewed."
else
  aws iam create-policy --policy-name {policy_name} --policy-document "$policy" >/dev/null
  echo "Policy {policy_name} is created."
fi

{access}
role {console_role} "$console_trust"
aws iam put-role-policy --role-name {console_role} --policy-name BerthConsole --policy-document "$console_policy"
role {node_role} "$node_trust"

if aws iam get-instance-profile --instance-profile-name {node_role} >/dev/null 2>&1; then
  echo "Instance profile {node_role} exists."
else
  aws iam create-instance-profile --instance-profile-name {node_role} >/dev/null
  echo "Instance profile {node_role} is created."
fi
held=$(aws iam get-instance-profile --instance-profile-name {node_role} \
  --query 'InstanceProfile.Roles[].RoleName' --output text)
if [ -z "$held" ] || [ "$held" = None ]; then
  aws iam add-role-to-instance-profile --instance-profile-name {node_role} --role-name {node_role}
fi

{entered}echo "  IAM role name    {console_role}"
"#,
        operator = kit.operator,
        policy = pretty(&kit.policy()),
        trust = pretty(&kit.trust_policy()),
        console_policy = pretty(&kit.console_policy()),
        node_trust = pretty(&kit.node_trust_policy()),
        policy_name = kit.policy_name(),
        console_role = kit.profile.console_role,
        node_role = kit.profile.node_role,
    )
}

/// The user.
fn by_keys(kit: &Kit) -> String {
    format!(
        r#"if aws iam get-user --user-name {user} >/dev/null 2>&1; then
  echo "User {user} exists."
else
  aws iam create-user --user-name {user} >/dev/null
  echo "User {user} is created."
fi
aws iam attach-user-policy --user-name {user} --policy-arn "$policy_arn"
"#,
        user = kit.profile.user,
    )
}

/// The user's key, and what the dialog asks of it.
fn keys_entered(kit: &Kit) -> String {
    format!(
        r#"keys=$(aws iam list-access-keys --user-name {user} --query 'AccessKeyMetadata[].AccessKeyId' --output text)
echo
echo "Enter in Berth:"
if [ -z "$keys" ] || [ "$keys" = None ]; then
  key=$(aws iam create-access-key --user-name {user} \
    --query 'AccessKey.[AccessKeyId,SecretAccessKey]' --output text)
  read -r id secret <<<"$key"
  echo "  AWS access key   $id"
  echo "  AWS secret key   $secret"
  echo "                   (shown this once)"
else
  echo "  AWS access key   $keys"
  echo "  AWS secret key   was shown when the key was created. If it is lost, delete the key and run this again:"
  echo "                   aws iam delete-access-key --user-name {user} --access-key-id ID"
fi
"#,
        user = kit.profile.user,
    )
}

/// The role that Berth assumes.
fn by_role(kit: &Kit) -> String {
    format!(
        r#"access_trust=$(cat <<'JSON'
{trust}
JSON
)
role {role} "$access_trust"
aws iam attach-role-policy --role-name {role} --policy-arn "$policy_arn"
"#,
        role = kit.profile.access_role,
        trust = pretty(&kit.access_trust_policy()),
    )
}

/// What the dialog asks of that role.
fn role_entered(kit: &Kit, external_id: &ExternalId) -> String {
    format!(
        r#"echo
echo "Enter in Berth:"
echo "  Role ARN         arn:aws:iam::$account:role/{role}"
echo "  External id      {external_id}"
"#,
        role = kit.profile.access_role,
    )
}
