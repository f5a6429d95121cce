//! Verification against simulators of AWS that check signatures and enforce IAM.

use std::sync::Arc;

use berth_cloud_aws::AwsCloud;
use berth_control::verify::{LIMIT, Patience, Verifier};
use berth_domain::{
    access::Purpose,
    cloud_account::{Candidate, Field},
    findings::{Check, Conclusion, Finding, Report, Verdict},
    permissions::{BERTH, Target},
};
use berth_testkit::{
    aws::{
        REGION, assert_only_missed, berth_customer, berth_policy, form, form_with, missed_alone, settings,
        verifier,
    },
    customer::{Customer, trust_policy, unknown_access_key, without_action},
    environment, on_every_simulator,
    proxy::Proxy,
    simulator::{Credentials, Simulator},
};
use serde_json::{Value, json};

async fn verify_with(simulator: &Simulator, customer: &Customer, key: &Credentials) -> Report {
    let candidate = Candidate::parse(form_with(customer, "production", key)).unwrap();
    let verifier = verifier(simulator.endpoint()).await;
    verifier.verify(&candidate, &Purpose::named("test"), Patience::ForEveryCheck).await
}

async fn verify(simulator: &Simulator, customer: &Customer) -> Report {
    verify_with(simulator, customer, &customer.access_key).await
}

/// The one finding that keeps the account from being saved.
#[track_caller]
fn only_blocking(report: &Report) -> &Finding {
    let blocking: Vec<_> = report.blocking().collect();
    assert_eq!(blocking.len(), 1, "{blocking:#?}");
    blocking[0]
}

fn on(check: Check, report: &Report) -> Vec<(Verdict, Option<Field>)> {
    report.findings.iter().filter(|f| f.check == check).map(|f| (f.verdict, f.field)).collect()
}

on_every_simulator! {
    async fn an_account_prepared_as_asked_is_verified(simulator: Simulator) {
        let customer = berth_customer(&simulator).prepare().await;
        let report = verify(&simulator, &customer).await;
        assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
        let identity = report.identity.unwrap();
        assert_eq!(identity.aws_account_id.as_str(), customer.account_id);
        assert_eq!(identity.principal_arn.as_str(), customer.user_arn());
        assert_eq!(report.console_role_arn.unwrap().as_str(), customer.console_role_arn());
        // No simulator knows the quota of virtual processors.
        let rest: Vec<_> = report.findings.iter().filter(|f| f.check != Check::Quotas).collect();
        assert!(rest.iter().all(|f| f.verdict == Verdict::Pass), "{rest:#?}");
    }

    async fn a_wrong_secret_is_the_secrets_fault(simulator: Simulator) {
        let customer = berth_customer(&simulator).prepare().await;
        let report = verify_with(&simulator, &customer, &customer.wrong_secret()).await;
        let finding = only_blocking(&report);
        assert_eq!((finding.verdict, finding.field), (Verdict::Fail, Some(Field::AccessSecretKey)));
        assert!(finding.message.contains("not the secret of the access key"), "{}", finding.message);
    }

    async fn an_unknown_key_is_the_keys_fault(simulator: Simulator) {
        let customer = berth_customer(&simulator).prepare().await;
        let report = verify_with(&simulator, &customer, &unknown_access_key()).await;
        let finding = only_blocking(&report);
        assert_eq!((finding.verdict, finding.field), (Verdict::Fail, Some(Field::AccessKeyId)));
    }

    async fn a_key_that_is_switched_off_is_the_keys_fault(simulator: Simulator) {
        let customer = berth_customer(&simulator).prepare().await;
        customer.disable_access_key(&customer.access_key.access_key_id).await;
        let report = verify(&simulator, &customer).await;
        let finding = only_blocking(&report);
        assert_eq!((finding.verdict, finding.field), (Verdict::Fail, Some(Field::AccessKeyId)));
        assert!(finding.message.contains("switched off"), "{}", finding.message);
    }

    async fn a_console_role_that_is_not_there_is_named(simulator: Simulator) {
        let customer = berth_customer(&simulator).without_console_role().prepare().await;
        let report = verify(&simulator, &customer).await;
        let finding = only_blocking(&report);
        assert_eq!((finding.check, finding.field), (Check::ConsoleRole, Some(Field::ConsoleRoleName)));
        assert!(finding.message.contains("no role named berth-console"), "{}", finding.message);
    }

    async fn a_console_role_that_trusts_another_account_is_refused(simulator: Simulator) {
        let trust = trust_policy("123123123123");
        let customer = berth_customer(&simulator).trust_policy(trust).prepare().await;
        let report = verify(&simulator, &customer).await;
        let finding = only_blocking(&report);
        assert_eq!(finding.check, Check::ConsoleRoleTrust);
        assert!(finding.message.contains("arn:aws:iam::123123123123:root"), "{}", finding.message);
    }

    async fn a_console_role_that_asks_for_an_external_id_is_refused(simulator: Simulator) {
        let mut trust = trust_policy(berth_testkit::customer::OPERATOR_ACCOUNT);
        trust["Statement"][0]["Condition"] = json!({ "StringEquals": { "sts:ExternalId": "x" } });
        let customer = berth_customer(&simulator).trust_policy(trust).prepare().await;
        let report = verify(&simulator, &customer).await;
        assert!(only_blocking(&report).message.contains("external id"));
    }

    async fn a_console_role_without_a_second_factor_is_warned_of(simulator: Simulator) {
        let mut trust = trust_policy(berth_testkit::customer::OPERATOR_ACCOUNT);
        trust["Statement"][0]["Condition"] = json!({});
        let customer = berth_customer(&simulator).trust_policy(trust).prepare().await;
        let report = verify(&simulator, &customer).await;
        assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
        assert_eq!(on(Check::ConsoleRoleMfa, &report), [(Verdict::Warn, Some(Field::ConsoleRoleName))]);
    }

    async fn a_missing_node_role_is_named(simulator: Simulator) {
        let customer = berth_customer(&simulator).without_node_role().prepare().await;
        let report = verify(&simulator, &customer).await;
        assert!(report.blocking().any(|f| f.check == Check::NodeRole && f.message.contains("berth-node")));
        assert_eq!(report.conclusion(), Conclusion::Refused);
    }

    async fn a_node_role_without_instance_profile_is_refused(simulator: Simulator) {
        let customer = berth_customer(&simulator).without_instance_profile().prepare().await;
        let report = verify(&simulator, &customer).await;
        assert_eq!(only_blocking(&report).check, Check::InstanceProfile);
    }

    async fn a_missing_permission_comes_with_the_statement_that_grants_it(simulator: Simulator) {
        let mut customer = berth_customer(&simulator).prepare().await;
        customer.remove_action("ec2:TerminateInstances").await;
        let report = verify(&simulator, &customer).await;
        let finding = only_blocking(&report);
        assert_eq!((finding.verdict, finding.field), (Verdict::Fail, Some(Field::AccessKeyId)));
        assert_eq!(finding.actions, ["ec2:TerminateInstances"]);
        assert!(finding.resource.as_deref().unwrap().contains(&customer.account_id));
        let statement = serde_json::to_value(finding.statement.as_ref().unwrap()).unwrap();
        assert_eq!(statement["Action"], json!(["ec2:TerminateInstances"]));
        assert_eq!(statement["Condition"]["StringEquals"]["ec2:ResourceTag/berth:managed"], json!(["true"]));
    }

    async fn pasting_the_statement_mends_the_account(simulator: Simulator) {
        let mut customer = berth_customer(&simulator).prepare().await;
        customer.remove_action("ec2:CreateVpc").await;
        let report = verify(&simulator, &customer).await;
        let pasted = json!({ "Version": "2012-10-17", "Statement": [only_blocking(&report).statement] });
        let policies = vec![without_action(berth_policy(), "ec2:CreateVpc"), pasted];
        customer.replace_policies(policies).await;
        let mended = verify(&simulator, &customer).await;
        assert_eq!(mended.conclusion(), Conclusion::Verified, "{:#?}", mended.findings);
    }

    async fn an_explicit_denial_is_told_apart_from_a_missing_permission(simulator: Simulator) {
        let customer = berth_customer(&simulator).prepare().await;
        customer.deny("ec2:RunInstances").await;
        let report = verify(&simulator, &customer).await;
        assert_eq!(report.conclusion(), Conclusion::Refused);
        for finding in report.blocking() {
            assert_eq!(finding.actions, ["ec2:RunInstances"]);
            assert!(finding.message.contains("explicitly denies"), "{}", finding.message);
        }
    }

    async fn when_simulating_is_not_allowed_permissions_are_unknown_not_wrong(simulator: Simulator) {
        let mut customer = berth_customer(&simulator).prepare().await;
        customer.remove_action("iam:SimulatePrincipalPolicy").await;
        let report = verify(&simulator, &customer).await;
        assert_eq!(report.conclusion(), Conclusion::Unconfirmed);
        let finding = only_blocking(&report);
        assert_eq!(finding.actions, ["iam:SimulatePrincipalPolicy"]);
        assert!(finding.message.starts_with("Could not check permissions"), "{}", finding.message);
        assert!(finding.statement.is_some());
    }

    async fn each_missing_permission_is_named_and_no_other(simulator: Simulator) {
        let mut customer = berth_customer(&simulator).prepare().await;
        let verifier = verifier(simulator.endpoint()).await;
        let candidate = Candidate::parse(form(&customer, "production")).unwrap();
        for row in missed_alone(&[Target::OwnRole]) {
            customer.replace_policies(vec![without_action(berth_policy(), row.action)]).await;
            let purpose = Purpose::named("test");
            assert_only_missed(&verifier.verify(&candidate, &purpose, Patience::ForEveryCheck).await, row);
        }
    }
}

on_every_simulator! {
    async fn each_finding_names_its_call_and_the_id_that_aws_gave_it(simulator: Simulator) {
        let mut customer = berth_customer(&simulator).prepare().await;
        customer.remove_action("ec2:RunInstances").await;
        let proxy = Proxy::start(simulator.endpoint()).await;
        let candidate = Candidate::parse(form(&customer, "production")).unwrap();
        let report = verifier(&proxy.endpoint()).await.verify(&candidate, &Purpose::named("test"), Patience::ForEveryCheck).await;
        let answered = proxy.answered();
        // That there is room rests on a dozen calls, so no single one is named by its id.
        for finding in report.findings.iter().filter(|f| f.check != Check::Quotas) {
            let evidence = finding.evidence.as_ref().unwrap_or_else(|| panic!("{finding:#?}"));
            let (_, action) = evidence.operation.split_once(':').unwrap();
            let sent = (action.to_owned(), evidence.request_id.clone().unwrap_or_default());
            assert!(answered.contains(&sent), "{sent:?} of {finding:#?} is not among {answered:#?}");
        }
    }

    async fn a_call_that_was_refused_is_named_with_its_id(simulator: Simulator) {
        let customer = berth_customer(&simulator).prepare().await;
        let proxy = Proxy::start(simulator.endpoint()).await;
        let candidate = Candidate::parse(form_with(&customer, "production", &customer.wrong_secret())).unwrap();
        let report = verifier(&proxy.endpoint()).await.verify(&candidate, &Purpose::named("test"), Patience::None).await;
        let evidence = only_blocking(&report).evidence.clone().unwrap();
        let sent = (String::from("GetCallerIdentity"), evidence.request_id.unwrap());
        assert_eq!(evidence.operation, "sts:GetCallerIdentity");
        assert!(proxy.answered().contains(&sent), "{sent:?}");
    }

    async fn a_second_key_is_warned_of_and_both_are_named(simulator: Simulator) {
        let customer = berth_customer(&simulator).prepare().await;
        let second = customer.create_access_key().await;
        let report = verify(&simulator, &customer).await;
        assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
        let finding = report.findings.iter().find(|f| f.check == Check::AccessKeyCount).unwrap();
        assert_eq!(finding.verdict, Verdict::Warn);
        for key in [&customer.access_key, &second] {
            assert!(finding.message.contains(&key.access_key_id), "{}", finding.message);
        }
    }

    async fn a_key_of_90_days_is_old_and_one_of_89_is_not(simulator: Simulator) {
        let customer = berth_customer(&simulator).prepare().await;
        for (days, verdict) in [(89, Verdict::Pass), (91, Verdict::Warn)] {
            let cloud = Arc::new(AwsCloud::at(simulator.endpoint(), REGION).await);
            let later = environment::ahead(jiff::SignedDuration::from_hours(24 * days));
            let verifier = Verifier::new(cloud, settings(&BERTH), later);
            let candidate = Candidate::parse(form(&customer, "production")).unwrap();
            let report = verifier.verify(&candidate, &Purpose::named("test"), Patience::None).await;
            assert_eq!(on(Check::AccessKeyAge, &report), [(verdict, Some(Field::AccessKeyId))], "{days} days");
        }
    }

    async fn a_user_that_may_do_everything_is_warned_of(simulator: Simulator) {
        let customer = berth_customer(&simulator).prepare().await;
        let all = json!({ "Version": "2012-10-17", "Statement": [
            { "Sid": "TooMuch", "Effect": "Allow", "Action": "*", "Resource": "*" }] });
        customer.put_inline_policy("admin", &all).await;
        let report = verify(&simulator, &customer).await;
        assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
        let finding = report.findings.iter().find(|f| f.check == Check::PolicyBreadth).unwrap();
        assert_eq!(finding.verdict, Verdict::Warn);
        assert!(finding.message.contains("statement TooMuch of policy admin"), "{}", finding.message);
    }
}

/// The policy Berth asks for, less one action.
async fn patient_verification(verifier: &Verifier, customer: &Customer) -> Report {
    let candidate = Candidate::parse(form(customer, "production")).unwrap();
    tokio::time::timeout(
        LIMIT * 2,
        verifier.verify(&candidate, &Purpose::named("test"), Patience::ForNewCredentials),
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn a_role_that_is_created_meanwhile_is_waited_for() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).without_console_role().prepare().await;
    let verifier = verifier(simulator.endpoint()).await;
    let created = async {
        tokio::task::yield_now().await;
        customer.create_console_role(&trust_policy(berth_testkit::customer::OPERATOR_ACCOUNT)).await;
    };
    let (report, ()) = tokio::join!(patient_verification(&verifier, &customer), created);
    assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
}

// Only moto knows quotas, and of those only the ones of networks, each at AWS's default.
#[tokio::test]
async fn all_quotas_that_leave_no_room_are_told_at_once() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let create = async |operation: &str, params: Value| {
        customer.admin_call_in(REGION, "ec2", operation, params).await.unwrap();
    };
    // A new AWS account has a default VPC.
    for net in 1..=5 {
        create("create_vpc", json!({ "CidrBlock": format!("10.{net}.0.0/16") })).await;
        create("create_internet_gateway", json!({})).await;
    }

    let report = verify(&simulator, &customer).await;

    assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
    let finding =
        report.findings.iter().find(|f| f.check == Check::Quotas && f.verdict == Verdict::Warn).unwrap();
    for short in [
        "1 VPCs in the region are needed, and 6 of 5 are used",
        "1 internet gateways in the region are needed",
    ] {
        assert!(finding.message.contains(short), "{}", finding.message);
    }
    assert!(!finding.message.contains("security groups"), "{}", finding.message);
}

#[tokio::test]
async fn what_is_free_of_a_quota_is_unknown_where_its_permission_is_missing() {
    let simulator = Simulator::moto().await;
    let mut customer = berth_customer(&simulator).prepare().await;
    customer.remove_action("servicequotas:GetServiceQuota").await;

    let report = verify(&simulator, &customer).await;

    assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
    assert_eq!(on(Check::Quotas, &report), [(Verdict::Unknown, None)]);
}

/// The only simulator that knows all of them.
#[tokio::test]
#[ignore = "needs fakecloud: make test-fakecloud"]
async fn on_fakecloud_every_quota_is_known_and_one_without_room_is_warned_of() {
    let simulator = Simulator::fakecloud().await;
    let customer = berth_customer(&simulator).prepare().await;
    let machines = json!({
        "ImageId": "ami-12345678", "InstanceType": "m5.xlarge", "MinCount": 1, "MaxCount": 1,
    });
    customer.admin_call("ec2", "run_instances", machines).await.unwrap();

    let report = verify(&simulator, &customer).await;

    assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
    let found: Vec<_> = report.findings.iter().filter(|f| f.check == Check::Quotas).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].verdict, Verdict::Warn, "{found:#?}");
    assert!(found[0].message.contains("virtual processors"), "{found:#?}");
}
