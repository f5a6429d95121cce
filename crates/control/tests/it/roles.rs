//! Cloud accounts that Berth enters by a role.

use berth_control::verify::Patience;
use berth_domain::{
    access::Purpose,
    cloud_account::{Candidate, Field},
    findings::{Check, Conclusion, Finding, Report, Verdict},
    permissions::Target,
};
use berth_testkit::{
    aws::{
        assert_only_missed, berth_customer_with_role, berth_role_policy, missed_alone, role_form, verifier,
        verifier_for_roles,
    },
    customer::{Customer, OPERATOR_ACCOUNT, access_trust_policy, without_action},
    on_moto_and_ministack,
    simulator::Simulator,
};
use serde_json::{Value, json};

const EXTERNAL_ID: &str = "berth-Wm3ePZ8sWn1nV5r0q2Xc7TtYb4Lk9HdA";

fn candidate(customer: &Customer) -> Candidate {
    Candidate::parse(role_form(customer, "production", EXTERNAL_ID)).unwrap()
}

async fn verify(simulator: &Simulator, customer: &Customer) -> Report {
    let verifier = verifier_for_roles(simulator).await;
    verifier.verify(&candidate(customer), &Purpose::named("test"), Patience::ForEveryCheck).await
}

fn without_condition() -> Value {
    let mut trust = access_trust_policy(EXTERNAL_ID);
    trust["Statement"][0].as_object_mut().unwrap().remove("Condition");
    trust
}

#[track_caller]
fn failures(report: &Report) -> Vec<&Finding> {
    report.findings.iter().filter(|finding| finding.verdict == Verdict::Fail).collect()
}

on_moto_and_ministack! {
    async fn a_role_that_asks_for_its_external_id_is_verified(simulator: Simulator) {
        let customer = berth_customer_with_role(&simulator, &access_trust_policy(EXTERNAL_ID)).await;

        let report = verify(&simulator, &customer).await;

        assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
        let identity = report.identity.unwrap();
        assert_eq!(identity.aws_account_id.as_str(), customer.account_id);
        assert_eq!(identity.principal_arn.as_str(), customer.access_role_arn());
        assert!(report.findings.iter().all(|f| f.field != Some(Field::AccessKeyId)), "{:#?}", report.findings);
    }

    async fn a_role_that_may_do_everything_is_warned_of(simulator: Simulator) {
        let customer = berth_customer_with_role(&simulator, &access_trust_policy(EXTERNAL_ID)).await;
        let all = json!({ "Version": "2012-10-17", "Statement": [
            { "Sid": "TooMuch", "Effect": "Allow", "Action": "*", "Resource": "*" }] });
        let policy = json!({
            "RoleName": customer.access_role_arn().rsplit('/').next(), "PolicyName": "admin",
            "PolicyDocument": all.to_string() });
        customer.admin_call("iam", "put_role_policy", policy).await.unwrap();

        let report = verify(&simulator, &customer).await;

        assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
        let finding = report.findings.iter().find(|f| f.check == Check::PolicyBreadth).unwrap();
        assert_eq!(finding.verdict, Verdict::Warn, "{finding:#?}");
        assert!(finding.message.contains("statement TooMuch of policy admin"), "{}", finding.message);
    }

    async fn each_permission_that_a_role_lacks_is_named_and_no_other(simulator: Simulator) {
        let mut customer = berth_customer_with_role(&simulator, &access_trust_policy(EXTERNAL_ID)).await;
        let verifier = verifier_for_roles(&simulator).await;
        for row in missed_alone(&[Target::OwnUser, Target::Groups]) {
            customer.replace_role_policies(vec![without_action(berth_role_policy(), row.action)]).await;
            let purpose = Purpose::named("test");
            assert_only_missed(&verifier.verify(&candidate(&customer), &purpose, Patience::ForEveryCheck).await, row);
        }
    }

    async fn a_role_that_anybody_could_have_berth_assume_is_refused(simulator: Simulator) {
        let customer = berth_customer_with_role(&simulator, &without_condition()).await;

        let report = verify(&simulator, &customer).await;

        assert_eq!(report.conclusion(), Conclusion::Refused, "{:#?}", report.findings);
        let found = failures(&report);
        assert_eq!((found.len(), found[0].check, found[0].field), (1, Check::Credentials, Some(Field::RoleArn)));
        assert!(found[0].message.contains("confused deputy"), "{}", found[0].message);
        let remedy = found[0].remedy.as_deref().unwrap();
        assert!(remedy.contains(EXTERNAL_ID) && remedy.contains(OPERATOR_ACCOUNT), "{remedy}");
    }

    async fn an_external_id_that_any_text_fits_is_refused(simulator: Simulator) {
        let mut trust = access_trust_policy(EXTERNAL_ID);
        trust["Statement"][0]["Condition"] = json!({"StringLike": {"sts:ExternalId": "*"}});
        let customer = berth_customer_with_role(&simulator, &trust).await;

        let report = verify(&simulator, &customer).await;

        assert_eq!(report.conclusion(), Conclusion::Refused, "{:#?}", report.findings);
        assert!(failures(&report)[0].message.contains("with another external id"), "{:#?}", failures(&report));
    }

    async fn a_role_that_trusts_another_external_id_cannot_be_assumed(simulator: Simulator) {
        let customer = berth_customer_with_role(&simulator, &access_trust_policy("berth-another")).await;

        let report = verify(&simulator, &customer).await;

        assert_eq!(report.conclusion(), Conclusion::Refused, "{:#?}", report.findings);
        let found = failures(&report);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].message.contains("may not assume the role"), "{}", found[0].message);
    }

    async fn without_credentials_of_its_operators_berth_cannot_tell(simulator: Simulator) {
        let customer = berth_customer_with_role(&simulator, &access_trust_policy(EXTERNAL_ID)).await;
        let verifier = verifier(simulator.endpoint()).await;

        let report = verifier.verify(&candidate(&customer), &Purpose::named("test"), Patience::None).await;

        assert_eq!(report.conclusion(), Conclusion::Unconfirmed, "{:#?}", report.findings);
        assert!(report.findings[0].message.contains("no AWS credentials of its own"), "{:#?}", report.findings);
    }
}
