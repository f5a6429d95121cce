//! From simulated customers to what Berth works with.

use std::{sync::Arc, time::Duration};

use berth_cloud::Cloud;
use berth_cloud_aws::AwsCloud;
use berth_control::verify::{Settings, Verifier};
use berth_domain::{
    access::AccessKey,
    cloud_account::Form,
    findings::{Check, Report, Verdict},
    permissions::{BERTH, Need, Permission, Profile, Scope, TABLE, Target},
    secret::Secret,
    values::SecretAccessKey,
};
use serde_json::{Value, json};

use crate::{
    customer::{Customer, CustomerBuilder, Names, OPERATOR_ACCOUNT},
    environment,
    simulator::{Credentials, Simulator},
};

/// The region that tests name.
pub const REGION: &str = "eu-west-1";

/// How often registered cloud accounts are verified again: never, as far as a test goes.
pub const INTERVAL: Duration = Duration::from_secs(3600);

/// The policy Berth asks for, from the permission table.
pub fn berth_policy() -> Value {
    serde_json::to_value(Scope::of_profile(&BERTH, None).policy()).expect("a policy serialises")
}

/// A customer with everything Berth asks for.
pub fn berth_customer(simulator: &Simulator) -> CustomerBuilder {
    Customer::builder(simulator).policy(berth_policy())
}

/// The policy that an account prepared for Redis Cloud has, by the actions the vendor documents.
pub fn redis_cloud_policy() -> Value {
    let user = "arn:aws:iam::*:user/redislabs-user";
    let node = "arn:aws:iam::*:role/redislabs-cluster-node-role";
    let owned = json!({ "StringEquals": { "ec2:ResourceTag/RedisLabsIdentifier": "Redislabs-VPC" } });
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Resource": "*", "Action": ["ec2:Describe*", "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*"] },
        { "Effect": "Allow", "Resource": user, "Action": ["iam:GetUser", "iam:GetUserPolicy", "iam:ChangePassword"] },
        { "Effect": "Allow", "Resource": "*", "Action": ["iam:GetRole", "iam:GetPolicy", "iam:ListUsers",
            "iam:ListPolicies", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies",
            "iam:ListInstanceProfiles", "iam:ListInstanceProfilesForRole", "iam:SimulatePrincipalPolicy"] },
        { "Effect": "Allow", "Resource": "*", "Action": ["ec2:CreateKeyPair", "ec2:DeleteKeyPair", "ec2:ImportKeyPair",
            "ec2:CreateVolume", "ec2:AttachVolume", "ec2:StartInstances", "ec2:RunInstances",
            "ec2:CreateSnapshot", "ec2:CreateTags", "ec2:ModifyInstanceAttribute"] },
        { "Effect": "Allow", "Resource": node, "Action": "iam:PassRole" },
        { "Effect": "Allow", "Resource": "*", "Action": ["ec2:*Vpc*", "ec2:*VpcPeering*", "ec2:*Subnet*", "ec2:*Gateway*",
            "ec2:*Vpn*", "ec2:*Route*", "ec2:*Address*", "ec2:*SecurityGroup*", "ec2:*NetworkAcl*", "ec2:*DhcpOptions*"] },
        { "Effect": "Allow", "Resource": "*", "Condition": owned, "Action": ["ec2:RebootInstances", "ec2:StopInstances",
            "ec2:TerminateInstances", "ec2:DeleteVolume", "ec2:DeleteSnapshot", "ec2:DetachVolume", "ec2:DeleteTags"] },
        { "Effect": "Allow", "Resource": "*", "Action": "support:*" }
    ] })
}

/// A customer prepared for Redis Cloud, and not for Berth.
pub fn redis_cloud_customer(simulator: &Simulator) -> CustomerBuilder {
    Customer::builder(simulator).names(Names::REDIS_CLOUD).policy(redis_cloud_policy())
}

/// What the operator of a Berth under test decided.
pub fn settings(profile: &'static Profile) -> Settings {
    let operator_account = OPERATOR_ACCOUNT.parse().expect("12 digits");
    Settings { operator_account, profile, region: REGION.into(), interval: INTERVAL }
}

/// A verifier that calls AWS at `endpoint`.
pub async fn verifier(endpoint: &str) -> Verifier {
    let cloud: Arc<dyn Cloud> = Arc::new(AwsCloud::at(endpoint, REGION).await);
    Verifier::new(cloud, settings(&BERTH), environment::system())
}

/// The policy Berth asks for where it assumes a role.
pub fn berth_role_policy() -> Value {
    serde_json::to_value(Scope::of_role(&BERTH, None).policy()).expect("a policy serialises")
}

/// A customer with everything Berth asks for, whose role Berth may assume under this trust policy.
pub async fn berth_customer_with_role(simulator: &Simulator, trust_policy: &Value) -> Customer {
    let customer = berth_customer(simulator).policy(berth_role_policy()).prepare().await;
    customer.create_access_role(trust_policy).await;
    customer
}

/// A verifier that calls the simulator, and assumes roles with credentials of the operator's.
pub async fn verifier_for_roles(simulator: &Simulator) -> Verifier {
    let cloud = AwsCloud::at(simulator.endpoint(), REGION).await;
    let cloud = cloud.operated_with(&operator_key(simulator).await);
    Verifier::new(Arc::new(cloud), settings(&BERTH), environment::system())
}

/// A key of the operator's own AWS account, which may assume roles and nothing else.
pub async fn operator_key(simulator: &Simulator) -> AccessKey {
    let admin = simulator.admin(OPERATOR_ACCOUNT).await;
    let user = format!("berth-{}", rand::random::<u64>());
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]});
    let call = async |operation: &str, params: Value| {
        simulator.call("iam", operation, params, &admin).await.expect("an administrator may do this")
    };
    call("create_user", json!({"UserName": user})).await;
    let params = json!({"UserName": user, "PolicyName": "roles", "PolicyDocument": policy.to_string()});
    call("put_user_policy", params).await;
    let made = call("create_access_key", json!({"UserName": user})).await;
    let part = |name: &str| made["AccessKey"][name].as_str().unwrap_or_default().to_owned();
    AccessKey {
        id: part("AccessKeyId").parse().expect("a simulator's key is well-formed"),
        secret: SecretAccessKey::parse(Secret::new(part("SecretAccessKey"))).expect("so is its secret"),
    }
}

/// The form of a customer with a role.
pub fn role_form(customer: &Customer, name: &str, external_id: &str) -> Form {
    Form {
        name: Some(name.into()),
        access_mode: Some("role".into()),
        role_arn: Some(customer.access_role_arn()),
        external_id: Some(external_id.into()),
        console_role_name: Some(customer.names.console_role.into()),
        ..Form::default()
    }
}

/// The form a customer fills in, with other credentials.
pub fn form_with(customer: &Customer, name: &str, key: &Credentials) -> Form {
    Form {
        name: Some(name.into()),
        access_key_id: Some(key.access_key_id.clone()),
        access_secret_key: Some(Secret::new(key.secret_access_key.clone())),
        console_role_name: Some(customer.names.console_role.into()),
        ..Form::default()
    }
}

/// The form a customer fills in.
pub fn form(customer: &Customer, name: &str) -> Form {
    form_with(customer, name, &customer.access_key)
}

/// An access key as sessions sign with it.
pub fn access_key(key: &Credentials) -> AccessKey {
    let secret = SecretAccessKey::parse(Secret::new(key.secret_access_key.clone()));
    AccessKey {
        id: key.access_key_id.parse().expect("simulators make well-formed ids"),
        secret: secret.expect("simulators make well-formed secrets"),
    }
}

/// The rows of the permission table whose action can be missed alone, as far as they are on other things than `not_on`:
/// without the rest, what these would show cannot be looked at either.
pub fn missed_alone(not_on: &[Target]) -> impl Iterator<Item = &'static Permission> {
    const SHOWING_MORE: [&str; 3] =
        ["iam:SimulatePrincipalPolicy", "iam:GetRole", "iam:ListInstanceProfilesForRole"];
    let asked = TABLE.iter().filter(|row| row.need != Need::Free && !SHOWING_MORE.contains(&row.action));
    asked.filter(|row| !not_on.contains(&row.target))
}

/// Panics unless a verification named the action of a row as missing, as badly as the row says, and no other.
#[track_caller]
pub fn assert_only_missed(report: &Report, row: &Permission) {
    // No simulator knows all quotas, whatever is allowed.
    let of_policies = report.findings.iter().filter(|finding| finding.check != Check::Quotas);
    let named: Vec<_> = of_policies.filter(|finding| finding.verdict != Verdict::Pass).collect();
    assert!(named.iter().any(|finding| finding.check == Check::Permission), "{} is not missed", row.action);
    for finding in named {
        assert_eq!(finding.actions, [row.action], "{finding:#?}");
        let verdict = match (finding.check, row.need) {
            (Check::Permission, Need::Required) => Verdict::Fail,
            (Check::Permission, _) => Verdict::Warn,
            // What it would have shown is not known, and Berth can do without knowing it.
            _ => Verdict::Unknown,
        };
        assert_eq!(
            (finding.verdict, finding.blocking),
            (verdict, verdict == Verdict::Fail),
            "{finding:#?}"
        );
    }
}
