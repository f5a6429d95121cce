//! Verification when AWS is slow, gone, throttling or odd, and accounts that need their own handling.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{sync::Arc, time::Duration};

use berth_cloud::{Cloud, ErrorKind, unreliable::Unreliable};
use berth_cloud_aws::{AwsCloud, OPERATIONS};
use berth_control::verify::{Patience, Verifier};
use berth_domain::{
    cloud_account::{Candidate, Form},
    findings::{Check, Conclusion, Report, Verdict},
    permissions::{BERTH, Function, Need, REDIS_CLOUD, TABLE},
    secret::Secret,
};
use berth_testkit::{
    aws::{REGION, berth_customer, form, form_with, settings, verifier},
    customer::{Customer, Names},
    environment,
    proxy::{Failure, Proxy},
    simulator::Simulator,
};
use rstest::rstest;
use serde_json::json;
use tokio::time::Instant;

fn candidate(customer: &Customer) -> Candidate {
    Candidate::parse(form(customer, "production")).unwrap()
}

/// Nothing is known to be wrong, nothing may be saved, and no field is coloured.
#[track_caller]
fn assert_could_not_check(report: &Report, words: &str) {
    assert_eq!(report.conclusion(), Conclusion::Unconfirmed, "{:#?}", report.findings);
    for finding in report.blocking() {
        assert_eq!((finding.verdict, finding.field), (Verdict::Unknown, None), "{finding:#?}");
        assert!(finding.message.contains(words), "{}", finding.message);
    }
}

#[tokio::test]
async fn aws_that_refuses_connections_is_not_a_bad_key() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let proxy = Proxy::start(simulator.endpoint()).await;
    proxy.refuse().await;
    let report = verifier(&proxy.endpoint()).await.verify(&candidate(&customer), Patience::None).await;
    assert_could_not_check(&report, "AWS could not be reached");
}

#[tokio::test]
async fn aws_that_never_answers_is_given_up_in_time() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let proxy = Proxy::start(simulator.endpoint()).await;
    proxy.fail(Failure::Hang);
    let begun = Instant::now();
    let report = verifier(&proxy.endpoint()).await.verify(&candidate(&customer), Patience::None).await;
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    assert_could_not_check(&report, "AWS could not be reached");
}

#[rstest]
#[case(Failure::Throttling)]
#[case(Failure::Unavailable)]
#[tokio::test]
async fn trouble_that_passes_is_waited_out(#[case] failure: Failure) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let proxy = Proxy::start(simulator.endpoint()).await;
    proxy.fail_next(2, failure);
    let report = verifier(&proxy.endpoint()).await.verify(&candidate(&customer), Patience::None).await;
    assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
}

#[tokio::test]
async fn throttling_that_does_not_pass_is_named() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let proxy = Proxy::start(simulator.endpoint()).await;
    proxy.fail(Failure::Throttling);
    let report = verifier(&proxy.endpoint()).await.verify(&candidate(&customer), Patience::None).await;
    assert_could_not_check(&report, "limiting the number of calls");
}

#[tokio::test]
async fn a_simulator_that_breaks_leaves_permissions_unknown() {
    let simulator = Simulator::moto_plain().await;
    let customer = berth_customer(&simulator).prepare().await;
    let report = verifier(simulator.endpoint()).await.verify(&candidate(&customer), Patience::None).await;
    assert_could_not_check(&report, "Could not check permissions");
    let blocking: Vec<_> = report.blocking().map(|finding| finding.check).collect();
    assert_eq!(blocking, [Check::Permission], "said once, not once for each question");
}

#[rstest]
#[case(ErrorKind::SkewedClock, "clock")]
#[case(ErrorKind::NotOptedIn, "not set up for the region")]
#[case(ErrorKind::Unexpected, "does not know")]
#[tokio::test]
async fn what_is_not_the_customers_doing_is_not_held_against_them(
    #[case] kind: ErrorKind,
    #[case] words: &str,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let cloud = Unreliable::new(Arc::new(AwsCloud::at(simulator.endpoint(), REGION).await));
    cloud.fail_next("sts:GetCallerIdentity", kind);
    let verifier = Verifier::new(Arc::new(cloud.clone()), settings(&BERTH), environment::system());
    let report = verifier.verify(&candidate(&customer), Patience::None).await;
    assert_could_not_check(&report, words);
    assert_eq!(cloud.faults_left(), 0);
}

#[tokio::test]
async fn a_key_that_is_too_new_to_be_known_is_waited_for() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let cloud = Unreliable::new(Arc::new(AwsCloud::at(simulator.endpoint(), REGION).await));
    cloud.fail_next("sts:GetCallerIdentity", ErrorKind::InvalidKey);
    cloud.fail_next("sts:GetCallerIdentity", ErrorKind::InvalidKey);
    let verifier = Verifier::new(Arc::new(cloud), settings(&BERTH), environment::system());
    let report = verifier.verify(&candidate(&customer), Patience::ForNewCredentials).await;
    assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
}

#[tokio::test]
async fn each_call_that_fails_leaves_what_it_shows_unknown() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let real: Arc<dyn Cloud> = Arc::new(AwsCloud::at(simulator.endpoint(), REGION).await);
    for operation in ["iam:GetRole", "iam:ListInstanceProfilesForRole", "iam:SimulatePrincipalPolicy"] {
        let cloud = Unreliable::new(real.clone());
        cloud.fail_next(operation, ErrorKind::Unreachable);
        let verifier = Verifier::new(Arc::new(cloud), settings(&BERTH), environment::system());
        let report = verifier.verify(&candidate(&customer), Patience::None).await;
        assert_could_not_check(&report, "AWS could not be reached");
        assert_eq!(report.blocking().next().unwrap().action.as_deref(), Some(operation));
    }
}

#[tokio::test]
async fn a_root_key_is_refused() {
    let simulator = Simulator::ministack().await;
    let customer = berth_customer(&simulator).prepare().await;
    let root = simulator.root().await.expect("ministack has a root user");
    let candidate = Candidate::parse(form_with(&customer, "production", &root)).unwrap();
    let report = verifier(simulator.endpoint()).await.verify(&candidate, Patience::None).await;
    let finding = report.blocking().next().unwrap();
    assert!(finding.message.contains("root user"), "{}", finding.message);
    assert_eq!(report.conclusion(), Conclusion::Refused);
}

async fn fastest_of(runs: usize, verifier: &Verifier, customer: &Customer) -> Duration {
    let mut fastest = Duration::MAX;
    for _ in 0..runs {
        let begun = Instant::now();
        let report = verifier.verify(&candidate(customer), Patience::None).await;
        fastest = fastest.min(begun.elapsed());
        assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
    }
    fastest
}

#[tokio::test]
async fn the_whole_verification_takes_two_dependent_round_trips() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let proxy = Proxy::start(simulator.endpoint()).await;
    let verifier = verifier(&proxy.endpoint()).await;
    let without = fastest_of(10, &verifier, &customer).await;
    proxy.set_latency(Duration::from_millis(100));
    let with = fastest_of(10, &verifier, &customer).await;
    // Where the machine is busy, the simulator alone may take longer than AWS would: two round trips of
    // 100 ms still add no more than 250 ms to that, and three always would.
    let limit = Duration::from_millis(300).max(without + Duration::from_millis(250));
    assert!(with < limit, "{with:?} with 100 ms a round trip, {without:?} without");
}

fn console_user(customer: &Customer, user: &str, url: &str) -> Candidate {
    Candidate::parse(Form {
        console_role_name: None,
        console_username: Some(user.into()),
        console_password: Some(Secret::new("correct horse battery".into())),
        sign_in_login_url: Some(url.into()),
        ..form(customer, "production")
    })
    .unwrap()
}

#[rstest]
#[tokio::test]
async fn a_console_user_is_an_alternative_to_a_role(#[values("moto", "ministack")] kind: &str) {
    let simulator = if kind == "moto" { Simulator::moto().await } else { Simulator::ministack().await };
    let customer = berth_customer(&simulator).without_console_role().prepare().await;
    customer.create_console_user("support", "correct horse battery").await;
    let verifier = verifier(simulator.endpoint()).await;
    let candidate = console_user(&customer, "support", &customer.sign_in_url());
    let report = verifier.verify(&candidate, Patience::None).await;
    assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);

    let candidate = console_user(&customer, "nobody", &customer.sign_in_url());
    let report = verifier.verify(&candidate, Patience::None).await;
    let finding = report.blocking().next().unwrap();
    assert_eq!((finding.check, finding.verdict), (Check::ConsoleUser, Verdict::Fail));
}

#[rstest]
#[case("https://123123123123.signin.aws.amazon.com/console", Some(Verdict::Fail))]
#[case("https://somebody-else.signin.aws.amazon.com/console", Some(Verdict::Fail))]
#[case("https://my-alias.signin.aws.amazon.com/console", Some(Verdict::Pass))]
#[tokio::test]
async fn a_sign_in_url_must_be_of_the_same_account(#[case] url: &str, #[case] verdict: Option<Verdict>) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let alias = json!({ "AccountAlias": "my-alias" });
    customer.admin_call("iam", "create_account_alias", alias).await.unwrap();
    let form = Form { sign_in_login_url: Some(url.into()), ..form(&customer, "production") };
    let candidate = Candidate::parse(form).unwrap();
    let report = verifier(simulator.endpoint()).await.verify(&candidate, Patience::None).await;
    let found = report.findings.iter().find(|finding| finding.check == Check::SignInUrl);
    assert_eq!(found.map(|finding| finding.verdict), verdict);
    customer
        .admin_call("iam", "delete_account_alias", json!({ "AccountAlias": "my-alias" }))
        .await
        .unwrap();
}

/// The policy that an account prepared for Redis Cloud has, by the actions the vendor documents.
fn redis_cloud_policy() -> serde_json::Value {
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

#[tokio::test]
async fn an_account_prepared_for_redis_cloud_is_accepted_as_it_is() {
    let simulator = Simulator::moto().await;
    let customer = Customer::builder(&simulator)
        .names(Names::REDIS_CLOUD)
        .policy(redis_cloud_policy())
        .prepare()
        .await;
    let cloud: Arc<dyn Cloud> = Arc::new(AwsCloud::at(simulator.endpoint(), REGION).await);
    let verifier = Verifier::new(cloud, settings(&REDIS_CLOUD), environment::system());
    let report = verifier.verify(&candidate(&customer), Patience::None).await;
    assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
    let warned: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.verdict != Verdict::Pass)
        .filter_map(|finding| finding.action.as_deref())
        .collect();
    let optional: Vec<_> =
        TABLE.iter().filter(|row| row.need == Need::Optional).map(|row| row.action).collect();
    assert!(warned.iter().all(|action| optional.contains(action)), "{warned:?}");
}

#[test]
fn every_call_that_verification_can_make_stands_in_the_permission_table_and_the_other_way_round() {
    let mut called: Vec<_> = OPERATIONS.to_vec();
    let mut table: Vec<_> =
        TABLE.iter().filter(|row| row.function == Function::Verify).map(|row| row.action).collect();
    called.sort_unstable();
    table.sort_unstable();
    table.dedup();
    assert_eq!(called, table);
}
