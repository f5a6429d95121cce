//! The kit as a CloudFormation template.

use serde_json::{Map, Value, json};

use super::{Kit, Way, pretty};

/// Named parts of a template: its resources, or its outputs.
type Parts = Map<String, Value>;

pub(super) fn template(kit: &Kit) -> String {
    let (mut resources, mut outputs) = match kit.way {
        Way::Keys => by_keys(kit),
        Way::Role(_) => by_role(kit),
    };
    resources.extend(for_both(kit));
    outputs.extend(parts([("IamRoleName", output("IAM role name.", reference("ConsoleRole")))]));
    pretty(&json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!(
            "What Berth needs in this AWS account. Its operator's AWS account is {}.", kit.operator
        ),
        "Resources": resources,
        "Outputs": outputs,
    }))
}

/// The user with its key, and what the dialog asks of them.
fn by_keys(kit: &Kit) -> (Parts, Parts) {
    let user = kit.profile.user;
    let resources = parts([
        ("User", resource("AWS::IAM::User", json!({ "UserName": user }))),
        ("UserPolicy", policy(kit, "Users", reference("User"))),
        ("AccessKey", resource("AWS::IAM::AccessKey", json!({ "UserName": reference("User") }))),
        (
            "AccessKeySecret",
            resource(
                "AWS::SecretsManager::Secret",
                json!({
                    "Name": kit.secret_name(),
                    "Description": "The secret of the access key that Berth uses.",
                    "SecretString": attribute("AccessKey", "SecretAccessKey"),
                }),
            ),
        ),
    ]);
    let outputs = parts([
        ("AwsAccessKey", output("AWS access key.", reference("AccessKey"))),
        (
            "AwsSecretKeyIn",
            output(
                "The secret in AWS Secrets Manager that holds the AWS secret key.",
                reference("AccessKeySecret"),
            ),
        ),
    ]);
    (resources, outputs)
}

/// The role that Berth assumes, and what the dialog asks of it.
fn by_role(kit: &Kit) -> (Parts, Parts) {
    let role = json!({
        "RoleName": kit.profile.access_role,
        "Description": "Lets Berth in, when it names the external id.",
        "AssumeRolePolicyDocument": kit.access_trust_policy(),
    });
    let resources = parts([
        ("AccessRole", resource("AWS::IAM::Role", role)),
        ("AccessPolicy", policy(kit, "Roles", reference("AccessRole"))),
    ]);
    (resources, parts([("RoleArn", output("Role ARN.", attribute("AccessRole", "Arn")))]))
}

fn for_both(kit: &Kit) -> Parts {
    let profile = kit.profile;
    let console_role = json!({
        "RoleName": profile.console_role,
        "Description": "Lets the operator of Berth look at its machines in the AWS console.",
        "AssumeRolePolicyDocument": kit.trust_policy(),
        "Policies": [{ "PolicyName": "BerthConsole", "PolicyDocument": kit.console_policy() }],
    });
    let node_role = json!({
        "RoleName": profile.node_role,
        "Description": "What the nodes that Berth starts run as.",
        "AssumeRolePolicyDocument": kit.node_trust_policy(),
    });
    let instance_profile = json!({
        "InstanceProfileName": profile.node_role,
        "Roles": [reference("NodeRole")],
    });
    parts([
        ("ConsoleRole", resource("AWS::IAM::Role", console_role)),
        ("NodeRole", resource("AWS::IAM::Role", node_role)),
        ("NodeInstanceProfile", resource("AWS::IAM::InstanceProfile", instance_profile)),
    ])
}

/// The policy, attached to those of `kind`.
fn policy(kit: &Kit, kind: &str, holder: Value) -> Value {
    let mut properties =
        parts([("ManagedPolicyName", json!(kit.policy_name())), ("PolicyDocument", json!(kit.policy()))]);
    properties.insert(kind.to_owned(), json!([holder]));
    resource("AWS::IAM::ManagedPolicy", Value::Object(properties))
}

fn resource(kind: &str, properties: Value) -> Value {
    json!({ "Type": kind, "Properties": properties })
}

fn output(description: &str, value: Value) -> Value {
    json!({ "Description": description, "Value": value })
}

fn reference(name: &str) -> Value {
    json!({ "Ref": name })
}

fn attribute(resource: &str, name: &str) -> Value {
    json!({ "Fn::GetAtt": [resource, name] })
}

fn parts<const N: usize>(parts: [(&str, Value); N]) -> Parts {
    parts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
