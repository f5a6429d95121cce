//! The kit as a CloudFormation template.

use serde_json::{Value, json};

use super::{Kit, pretty};

pub(super) fn template(kit: &Kit) -> String {
    let profile = kit.profile;
    let reference = |name: &str| json!({ "Ref": name });
    let policy = serde_json::to_value(kit.policy()).expect("texts, lists and maps always serialise");
    let resource = |kind: &str, properties: Value| json!({ "Type": kind, "Properties": properties });
    let output = |description: &str, value: Value| json!({ "Description": description, "Value": value });
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!(
            "What Berth needs in this AWS account. Its operator's AWS account is {}.", kit.operator
        ),
        "Resources": {
            "User": resource("AWS::IAM::User", json!({ "UserName": profile.user })),
            "UserPolicy": resource("AWS::IAM::ManagedPolicy", json!({
                "ManagedPolicyName": profile.policy,
                "PolicyDocument": policy,
                "Users": [reference("User")],
            })),
            "AccessKey": resource("AWS::IAM::AccessKey", json!({ "UserName": reference("User") })),
            "AccessKeySecret": resource("AWS::SecretsManager::Secret", json!({
                "Name": kit.secret_name(),
                "Description": "The secret of the access key that Berth uses.",
                "SecretString": { "Fn::GetAtt": ["AccessKey", "SecretAccessKey"] },
            })),
            "ConsoleRole": resource("AWS::IAM::Role", json!({
                "RoleName": profile.console_role,
                "Description": "Lets the operator of Berth look at its machines in the AWS console.",
                "AssumeRolePolicyDocument": kit.trust_policy(),
                "Policies": [{ "PolicyName": "BerthConsole", "PolicyDocument": kit.console_policy() }],
            })),
            "NodeRole": resource("AWS::IAM::Role", json!({
                "RoleName": profile.node_role,
                "Description": "What the nodes that Berth starts run as.",
                "AssumeRolePolicyDocument": kit.node_trust_policy(),
            })),
            "NodeInstanceProfile": resource("AWS::IAM::InstanceProfile", json!({
                "InstanceProfileName": profile.node_role,
                "Roles": [reference("NodeRole")],
            })),
        },
        "Outputs": {
            "AwsAccessKey": output("AWS access key.", reference("AccessKey")),
            "AwsSecretKeyIn": output(
                "The secret in AWS Secrets Manager that holds the AWS secret key.",
                reference("AccessKeySecret"),
            ),
            "IamRoleName": output("IAM role name.", reference("ConsoleRole")),
        },
    });
    pretty(&template)
}
