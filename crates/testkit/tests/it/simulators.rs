//! What each AWS simulator really does: the ground the other tests stand on.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use berth_testkit::customer::{Customer, Names, OPERATOR_ACCOUNT, trust_policy, unknown_access_key};
use berth_testkit::on_every_simulator;
use berth_testkit::simulator::{AwsError, Kind, Simulator};
use serde_json::{Value, json};
use tokio::net::TcpStream;

on_every_simulator! {
    async fn the_user_of_a_prepared_customer_is_known(simulator: Simulator) {
        let customer = prepared(&simulator).await;

        let identity = customer.call("sts", "get_caller_identity", json!({})).await.expect("a good key");

        assert_eq!(identity["Account"], customer.account_id.as_str());
        assert_eq!(identity["Arn"], customer.user_arn().as_str());
    }

    async fn a_wrong_secret_does_not_match(simulator: Simulator) {
        let customer = prepared(&simulator).await;

        let refused = simulator.call("sts", "get_caller_identity", json!({}), &customer.wrong_secret()).await;

        assert_eq!(code(refused), "SignatureDoesNotMatch");
    }

    async fn an_unknown_key_is_invalid(simulator: Simulator) {
        let refused = simulator.call("sts", "get_caller_identity", json!({}), &unknown_access_key()).await;

        assert_eq!(code(refused), "InvalidClientTokenId");
    }

    async fn a_disabled_key_is_invalid_while_the_second_works(simulator: Simulator) {
        let customer = prepared(&simulator).await;
        let second = customer.create_access_key().await;

        customer.disable_access_key(&customer.access_key.access_key_id).await;

        let refused = customer.call("sts", "get_caller_identity", json!({})).await;
        assert_eq!(code(refused), "InvalidClientTokenId");
        let works = simulator.call("sts", "get_caller_identity", json!({}), &second).await;
        assert!(works.is_ok(), "{works:?}");
    }

    async fn a_deleted_user_is_gone_with_its_key(simulator: Simulator) {
        let mut customer = prepared(&simulator).await;

        customer.delete_user().await;

        let refused = customer.call("sts", "get_caller_identity", json!({})).await;
        assert_eq!(code(refused), "InvalidClientTokenId");
    }

    async fn an_action_that_no_policy_allows_is_denied(simulator: Simulator) {
        let customer = prepared(&simulator).await;

        let refused = customer.call("iam", "list_users", json!({})).await;

        assert_denied(refused);
    }

    async fn an_explicit_deny_wins(simulator: Simulator) {
        let customer = prepared(&simulator).await;

        customer.deny("iam:GetRole").await;

        let refused = customer.call("iam", "get_role", json!({"RoleName": "berth-console"})).await;
        assert_denied(refused);
    }

    async fn a_resource_pattern_is_enforced_for_iam(simulator: Simulator) {
        let customer = prepared(&simulator).await;

        let own = customer.call("iam", "get_user", json!({"UserName": "berth-user"})).await;
        assert!(own.is_ok(), "{own:?}");
        let other = customer.call("iam", "get_user", json!({"UserName": "someone"})).await;
        assert_denied(other);
    }

    async fn a_missing_role_is_no_such_entity(simulator: Simulator) {
        let customer = prepared(&simulator).await;

        customer.delete_console_role().await;

        let missing = customer.call("iam", "get_role", json!({"RoleName": "berth-console"})).await;
        assert_eq!(code(missing), "NoSuchEntity");
    }

    async fn a_replaced_trust_policy_is_shown(simulator: Simulator) {
        let customer = prepared(&simulator).await;
        let other = trust_policy("111122223333");
        let params = json!({"RoleName": "berth-console"});
        let before = customer.call("iam", "get_role", params.clone()).await.expect("allowed");
        assert_eq!(before["Role"]["AssumeRolePolicyDocument"], trust_policy(OPERATOR_ACCOUNT));

        customer.replace_trust_policy(&other).await;

        let after = customer.call("iam", "get_role", params).await.expect("allowed");
        assert_eq!(after["Role"]["AssumeRolePolicyDocument"], other);
    }

    async fn the_node_role_has_its_instance_profile_until_it_is_deleted(simulator: Simulator) {
        let customer = prepared(&simulator).await;
        let params = json!({"RoleName": "berth-node"});
        let before = customer.call("iam", "list_instance_profiles_for_role", params.clone()).await;
        assert_eq!(before.expect("allowed")["InstanceProfiles"][0]["InstanceProfileName"], "berth-node");

        customer.delete_instance_profile().await;

        let after = customer.call("iam", "list_instance_profiles_for_role", params).await;
        assert_eq!(after.expect("allowed")["InstanceProfiles"], json!([]));
    }

    async fn a_login_profile_is_there_only_for_a_user_with_a_password(simulator: Simulator) {
        let customer = prepared(&simulator).await;

        customer.create_console_user("support", "Correct-horse-7").await;

        let there = customer.call("iam", "get_login_profile", json!({"UserName": "support"})).await;
        assert_eq!(there.expect("allowed")["LoginProfile"]["UserName"], "support");
        let missing = customer.call("iam", "get_login_profile", json!({"UserName": "berth-user"})).await;
        assert_eq!(code(missing), "NoSuchEntity");
    }

    async fn simulation_tells_allowed_from_the_two_denials(simulator: Simulator) {
        let customer = prepared(&simulator).await;
        customer.deny("ec2:DeleteVpc").await;

        let decisions = simulate(&customer, &["ec2:DescribeVpcs", "ec2:DeleteSubnet", "ec2:DeleteVpc"], json!({})).await;

        assert_eq!(decisions, BTreeMap::from([
            ("ec2:DescribeVpcs".to_owned(), "allowed".to_owned()),
            ("ec2:DeleteSubnet".to_owned(), "implicitDeny".to_owned()),
            ("ec2:DeleteVpc".to_owned(), "explicitDeny".to_owned()),
        ]));
    }

    async fn simulation_sees_an_action_removed(simulator: Simulator) {
        let mut customer = prepared(&simulator).await;

        customer.remove_action("ec2:DescribeVpcs").await;

        let decisions = simulate(&customer, &["ec2:DescribeVpcs", "ec2:DescribeSubnets"], json!({})).await;
        assert_eq!(decisions["ec2:DescribeVpcs"], "implicitDeny");
        assert_eq!(decisions["ec2:DescribeSubnets"], "allowed");
    }

    async fn what_is_allowed_on_a_condition_is_allowed_with_its_context(simulator: Simulator) {
        let customer = prepared(&simulator).await;
        let context = json!({"ContextEntries": [{
            "ContextKeyName": "aws:RequestTag/berth:managed", "ContextKeyValues": ["true"], "ContextKeyType": "string"}]});

        let decisions = simulate(&customer, &["ec2:CreateVpc"], context).await;

        // On ministack because the customer's policy was stripped of the condition.
        assert_eq!(decisions["ec2:CreateVpc"], "allowed");
    }

    async fn simulation_needs_a_permission_itself(simulator: Simulator) {
        let mut customer = prepared(&simulator).await;

        customer.remove_action("iam:SimulatePrincipalPolicy").await;

        let params = json!({"PolicySourceArn": customer.user_arn(), "ActionNames": ["ec2:DescribeVpcs"]});
        let refused = customer.call("iam", "simulate_principal_policy", params).await;
        assert_denied(refused);
    }

    async fn customers_do_not_see_each_other(simulator: Simulator) {
        let one = prepared(&simulator).await;
        let other = prepared(&simulator).await;

        one.delete_console_role().await;

        assert_ne!(one.account_id, other.account_id);
        let still_there = other.call("iam", "get_role", json!({"RoleName": "berth-console"})).await.expect("its own");
        assert_eq!(still_there["Role"]["Arn"], other.console_role_arn().as_str());
    }

    async fn a_session_is_no_user(simulator: Simulator) {
        let customer = prepared(&simulator).await;
        let session = customer.session().await;

        let identity = simulator.call("sts", "get_caller_identity", json!({}), &session).await.expect("valid");

        let arn = identity["Arn"].as_str().unwrap_or_default().to_owned();
        assert!(arn.contains(":assumed-role/session/"), "{arn}");
    }
}

#[tokio::test]
async fn the_names_of_the_redis_cloud_profile_can_be_used() {
    let simulator = Simulator::moto().await;
    let customer = Customer::builder(&simulator).names(Names::REDIS_CLOUD).policy(policy()).prepare().await;

    let role = customer.call("iam", "get_role", json!({"RoleName": "redislabs-role"})).await;

    assert!(role.is_ok(), "{role:?}");
    assert!(customer.user_arn().ends_with(":user/redislabs-user"));
}

#[tokio::test]
async fn a_customer_can_lack_what_it_needs() {
    let simulator = Simulator::moto().await;
    let customer = Customer::builder(&simulator)
        .policy(policy())
        .without_console_role()
        .without_node_role()
        .prepare()
        .await;

    for role in ["berth-console", "berth-node"] {
        let missing = customer.call("iam", "get_role", json!({"RoleName": role})).await;
        assert_eq!(code(missing), "NoSuchEntity");
    }
}

#[tokio::test]
async fn moto_needs_the_context_of_a_condition() {
    let customer = prepared(&Simulator::moto().await).await;
    let params = json!({"PolicySourceArn": customer.user_arn(), "ActionNames": ["ec2:CreateVpc"]});

    let answer = customer.call("iam", "simulate_principal_policy", params).await.expect("allowed");

    let result = &answer["EvaluationResults"][0];
    assert_eq!(result["EvalDecision"], "implicitDeny");
    assert_eq!(result["MissingContextValues"], json!(["aws:RequestTag/berth:managed"]));
}

#[tokio::test]
async fn moto_answers_for_each_resource() {
    let customer = prepared(&Simulator::moto().await).await;
    let params = json!({
        "PolicySourceArn": customer.user_arn(),
        "ActionNames": ["iam:GetUser"],
        "ResourceArns": [customer.user_arn(), customer.node_role_arn()],
    });

    let answer = customer.call("iam", "simulate_principal_policy", params).await.expect("allowed");

    let specific = &answer["EvaluationResults"][0]["ResourceSpecificResults"];
    assert_eq!(specific[0]["EvalResourceDecision"], "allowed");
    assert_eq!(specific[1]["EvalResourceDecision"], "implicitDeny");
}

#[tokio::test]
async fn moto_pages_simulations() {
    let customer = prepared(&Simulator::moto().await).await;
    let actions: Vec<String> = (0..150).map(|n| format!("ec2:Action{n}")).collect();
    let mut params = json!({"PolicySourceArn": customer.user_arn(), "ActionNames": actions});

    let first = customer.call("iam", "simulate_principal_policy", params.clone()).await.expect("allowed");
    params["Marker"] = first["Marker"].clone();
    let second = customer.call("iam", "simulate_principal_policy", params).await.expect("allowed");

    let length = |page: &Value| page["EvaluationResults"].as_array().map_or(0, Vec::len);
    assert_eq!((length(&first), &first["IsTruncated"]), (100, &json!(true)));
    assert_eq!((length(&second), &second["IsTruncated"]), (50, &json!(false)));
}

#[tokio::test]
async fn plain_moto_cannot_simulate() {
    let customer = prepared(&Simulator::moto_plain().await).await;
    let params = json!({"PolicySourceArn": customer.user_arn(), "ActionNames": ["ec2:DescribeVpcs"]});

    let failed = customer.call("iam", "simulate_principal_policy", params).await;

    // Not an AWS error: a bare 500 with HTML.
    assert_eq!(code(failed), "ResponseParserError");
}

#[tokio::test]
async fn ministack_has_a_root_user() {
    let simulator = Simulator::ministack().await;
    let root = simulator.root().await.expect("ministack has one");

    let identity = simulator.call("sts", "get_caller_identity", json!({}), &root).await.expect("valid");

    assert_eq!(identity["Arn"], "arn:aws:iam::000000000000:root");
}

#[tokio::test]
async fn a_simulator_is_gone_when_the_bridge_closes() {
    for kind in [Kind::Moto, Kind::Ministack] {
        let simulator = Simulator::start(kind).await;
        let endpoint = simulator.endpoint().to_owned();
        assert!(listens(&endpoint).await);

        tokio::task::spawn_blocking(move || drop(simulator)).await.expect("dropped");

        assert!(!listens(&endpoint).await, "{kind:?} outlived its bridge");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_simulator_is_gone_when_its_launcher_is_killed() {
    let simulator = Simulator::start(Kind::Ministack).await;

    let killed = Command::new("kill").args(["-9", &simulator.launcher_pid().to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()));

    let deadline = Instant::now() + Duration::from_secs(10);
    while listens(simulator.endpoint()).await {
        assert!(Instant::now() < deadline, "ministack outlived its launcher");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn prepared(simulator: &Simulator) -> Customer {
    Customer::builder(simulator).policy(policy()).prepare().await
}

fn policy() -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Resource": "*", "Action": [
            "iam:SimulatePrincipalPolicy", "iam:GetRole", "iam:GetLoginProfile", "iam:ListInstanceProfilesForRole",
            "ec2:DescribeSubnets", "ec2:DescribeVpcs"]},
        {"Effect": "Allow", "Resource": "arn:aws:iam::*:user/berth-user", "Action": "iam:GetUser"},
        {"Effect": "Allow", "Resource": "*", "Action": "ec2:CreateVpc",
            "Condition": {"StringEquals": {"aws:RequestTag/berth:managed": "true"}}},
    ]})
}

/// Action → decision, asked with further parameters.
async fn simulate(customer: &Customer, actions: &[&str], further: Value) -> BTreeMap<String, String> {
    let mut params = json!({"PolicySourceArn": customer.user_arn(), "ActionNames": actions});
    if let (Some(params), Some(further)) = (params.as_object_mut(), further.as_object()) {
        params.extend(further.clone());
    }
    let answer = customer.call("iam", "simulate_principal_policy", params).await.expect("allowed");
    let results = answer["EvaluationResults"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    results.iter().map(|result| (text(&result["EvalActionName"]), text(&result["EvalDecision"]))).collect()
}

/// fakecloud has a name of its own for it.
#[track_caller]
fn assert_denied(answer: Result<Value, AwsError>) {
    let code = code(answer);
    assert!(["AccessDenied", "AccessDeniedException"].contains(&code.as_str()), "{code}");
}

fn code(answer: Result<Value, AwsError>) -> String {
    answer.expect_err("it is refused").code
}

async fn listens(endpoint: &str) -> bool {
    TcpStream::connect(endpoint.trim_start_matches("http://")).await.is_ok()
}
