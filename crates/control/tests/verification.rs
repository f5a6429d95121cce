//! Verification against simulators of AWS that check signatures and enforce IAM.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use berth_control::verify::{LIMIT, Patience, Verifier};
use berth_domain::{
    cloud_account::{Candidate, Field},
    findings::{Check, Conclusion, Finding, Report, Verdict},
    permissions::{Need, TABLE},
};
use berth_testkit::{
    aws::{berth_customer, form, form_with, verifier},
    customer::{Customer, trust_policy, unknown_access_key},
    on_every_simulator,
    simulator::{Credentials, Simulator},
};
use serde_json::{Value, json};

async fn verify_with(simulator: &Simulator, customer: &Customer, key: &Credentials) -> Report {
    let candidate = Candidate::parse(form_with(customer, "production", key)).unwrap();
    verifier(simulator.endpoint()).await.verify(&candidate, Patience::None).await
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
        assert_eq!(identity.user_arn.as_str(), customer.user_arn());
        assert_eq!(report.console_role_arn.unwrap().as_str(), customer.console_role_arn());
        assert!(report.findings.iter().all(|f| f.verdict == Verdict::Pass), "{:#?}", report.findings);
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
        assert_eq!(finding.action.as_deref(), Some("ec2:TerminateInstances"));
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
        let policies = vec![policy_without("ec2:CreateVpc"), pasted];
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
            assert_eq!(finding.action.as_deref(), Some("ec2:RunInstances"));
            assert!(finding.message.contains("explicitly denies"), "{}", finding.message);
        }
    }

    async fn when_simulating_is_not_allowed_permissions_are_unknown_not_wrong(simulator: Simulator) {
        let mut customer = berth_customer(&simulator).prepare().await;
        customer.remove_action("iam:SimulatePrincipalPolicy").await;
        let report = verify(&simulator, &customer).await;
        assert_eq!(report.conclusion(), Conclusion::Unconfirmed);
        let finding = only_blocking(&report);
        assert_eq!(finding.action.as_deref(), Some("iam:SimulatePrincipalPolicy"));
        assert!(finding.message.starts_with("Could not check permissions"), "{}", finding.message);
        assert!(finding.statement.is_some());
    }

    async fn each_missing_permission_is_named_and_no_other(simulator: Simulator) {
        let mut customer = berth_customer(&simulator).prepare().await;
        let verifier = verifier(simulator.endpoint()).await;
        let candidate = Candidate::parse(form(&customer, "production")).unwrap();
        for row in TABLE.iter().filter(|row| row.need != Need::Free) {
            // Without these, what they show cannot be looked at; tests of their own cover them.
            if ["iam:SimulatePrincipalPolicy", "iam:GetRole", "iam:ListInstanceProfilesForRole"].contains(&row.action) {
                continue;
            }
            customer.replace_policies(vec![policy_without(row.action)]).await;
            let report = verifier.verify(&candidate, Patience::None).await;
            let named: Vec<_> = report.findings.iter().filter(|f| f.verdict != Verdict::Pass).collect();
            assert!(!named.is_empty(), "{} is not missed", row.action);
            for finding in named {
                assert_eq!(finding.action.as_deref(), Some(row.action), "{finding:#?}");
                let verdict = if row.need == Need::Required { Verdict::Fail } else { Verdict::Warn };
                assert_eq!(finding.verdict, verdict, "{finding:#?}");
            }
        }
    }
}

/// The policy Berth asks for, less one action.
fn policy_without(action: &str) -> Value {
    let mut policy = berth_testkit::aws::berth_policy();
    for statement in policy["Statement"].as_array_mut().unwrap() {
        statement["Action"].as_array_mut().unwrap().retain(|granted| granted != action);
    }
    policy["Statement"].as_array_mut().unwrap().retain(|s| !s["Action"].as_array().unwrap().is_empty());
    policy
}

async fn patient_verification(verifier: &Verifier, customer: &Customer) -> Report {
    let candidate = Candidate::parse(form(customer, "production")).unwrap();
    tokio::time::timeout(LIMIT * 2, verifier.verify(&candidate, Patience::ForNewCredentials)).await.unwrap()
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
