//! Verification when AWS is slow, gone, throttling or odd, accounts that need their own handling, and tasks that
//! make Berth panic.

use std::{sync::Arc, time::Duration};

use berth_cloud::{Cloud, ErrorKind, unreliable::Unreliable};
use berth_cloud_aws::AwsCloud;
use berth_control::verify::{Patience, Verifier};
use berth_domain::{
    access::Purpose,
    cloud_account::{Candidate, Form},
    findings::{Check, Conclusion, Report, Verdict},
    permissions::{BERTH, Need, REDIS_CLOUD, TABLE},
    secret::Secret,
    task::{ErrorType, TaskStatus},
};
use berth_testkit::{
    app::SOON,
    aws::{REGION, berth_customer, form, form_with, redis_cloud_customer, settings, verifier},
    customer::Customer,
    database::Backend,
    environment,
    proxy::{Failure, Proxy},
    rotating::Rotating,
    simulator::Simulator,
};
use jiff::SignedDuration;
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
    let report = verifier(&proxy.endpoint())
        .await
        .verify(&candidate(&customer), &Purpose::named("test"), Patience::None)
        .await;
    assert_could_not_check(&report, "AWS could not be reached");
}

#[tokio::test]
async fn aws_that_never_answers_is_given_up_in_time() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let proxy = Proxy::start(simulator.endpoint()).await;
    proxy.fail(Failure::Hang);
    let begun = Instant::now();
    let report = verifier(&proxy.endpoint())
        .await
        .verify(&candidate(&customer), &Purpose::named("test"), Patience::None)
        .await;
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
    let report = verifier(&proxy.endpoint())
        .await
        .verify(&candidate(&customer), &Purpose::named("test"), Patience::None)
        .await;
    assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
}

#[tokio::test]
async fn throttling_that_does_not_pass_is_named() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let proxy = Proxy::start(simulator.endpoint()).await;
    proxy.fail(Failure::Throttling);
    let report = verifier(&proxy.endpoint())
        .await
        .verify(&candidate(&customer), &Purpose::named("test"), Patience::None)
        .await;
    assert_could_not_check(&report, "limiting the number of calls");
}

#[tokio::test]
async fn a_simulator_that_breaks_leaves_permissions_unknown() {
    let simulator = Simulator::moto_plain().await;
    let customer = berth_customer(&simulator).prepare().await;
    let report = verifier(simulator.endpoint())
        .await
        .verify(&candidate(&customer), &Purpose::named("test"), Patience::None)
        .await;
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
    let report = verifier.verify(&candidate(&customer), &Purpose::named("test"), Patience::None).await;
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
    let report =
        verifier.verify(&candidate(&customer), &Purpose::named("test"), Patience::ForNewCredentials).await;
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
        let report = verifier.verify(&candidate(&customer), &Purpose::named("test"), Patience::None).await;
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
    let report = verifier(simulator.endpoint())
        .await
        .verify(&candidate, &Purpose::named("test"), Patience::None)
        .await;
    let finding = report.blocking().next().unwrap();
    assert!(finding.message.contains("root user"), "{}", finding.message);
    assert_eq!(report.conclusion(), Conclusion::Refused);
}

async fn fastest_of(runs: usize, verifier: &Verifier, customer: &Customer) -> Duration {
    let mut fastest = Duration::MAX;
    for _ in 0..runs {
        let begun = Instant::now();
        let report = verifier.verify(&candidate(customer), &Purpose::named("test"), Patience::None).await;
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
    let report = verifier.verify(&candidate, &Purpose::named("test"), Patience::None).await;
    assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);

    let candidate = console_user(&customer, "nobody", &customer.sign_in_url());
    let report = verifier.verify(&candidate, &Purpose::named("test"), Patience::None).await;
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
    let report = verifier(simulator.endpoint())
        .await
        .verify(&candidate, &Purpose::named("test"), Patience::None)
        .await;
    let found = report.findings.iter().find(|finding| finding.check == Check::SignInUrl);
    assert_eq!(found.map(|finding| finding.verdict), verdict);
    customer
        .admin_call("iam", "delete_account_alias", json!({ "AccountAlias": "my-alias" }))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_account_prepared_for_redis_cloud_is_accepted_as_it_is() {
    let simulator = Simulator::moto().await;
    let customer = redis_cloud_customer(&simulator).prepare().await;
    let cloud: Arc<dyn Cloud> = Arc::new(AwsCloud::at(simulator.endpoint(), REGION).await);
    let verifier = Verifier::new(cloud, settings(&REDIS_CLOUD), environment::system());
    let report =
        verifier.verify(&candidate(&customer), &Purpose::named("test"), Patience::ForEveryCheck).await;
    assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
    let warned: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.verdict != Verdict::Pass)
        .filter_map(|finding| finding.action.as_deref())
        .flat_map(|actions| actions.split(", "))
        .collect();
    let optional: Vec<_> =
        TABLE.iter().filter(|row| row.need == Need::Optional).map(|row| row.action).collect();
    assert!(warned.iter().all(|action| optional.contains(action)), "{warned:?}");
    assert!(report.findings.iter().all(|finding| !finding.blocking), "{:#?}", report.findings);
    let told = report.findings.iter().filter(|finding| finding.verdict != Verdict::Pass).count();
    assert!(told <= 15, "{told} findings are more than anybody reads");
}

#[tokio::test]
async fn a_minute_of_throttled_simulations_ends_unknown() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let cloud = Unreliable::new(Arc::new(AwsCloud::at(simulator.endpoint(), REGION).await));
    for _ in 0..100 {
        cloud.fail_next("iam:SimulatePrincipalPolicy", ErrorKind::Throttled);
    }
    let verifier = Verifier::new(Arc::new(cloud), settings(&BERTH), environment::system());
    let report =
        verifier.verify(&candidate(&customer), &Purpose::named("test"), Patience::ForNewCredentials).await;
    assert_could_not_check(&report, "limiting the number of calls");
}

#[rstest]
#[case("iam:ListAccessKeys", Check::AccessKeyAge)]
#[case("iam:GetAccessKeyLastUsed", Check::AccessKeyUse)]
#[case("iam:ListAttachedUserPolicies", Check::PolicyBreadth)]
#[case("ec2:DescribeRegions", Check::Region)]
#[tokio::test]
async fn what_berth_can_do_without_keeps_no_account_from_being_saved(
    #[case] operation: &'static str,
    #[case] check: Check,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let denied = ErrorKind::Denied { action: operation.into(), resource: None };
    for kind in [denied, ErrorKind::Throttled, ErrorKind::Unreachable, ErrorKind::Unexpected] {
        let cloud = Unreliable::new(Arc::new(AwsCloud::at(simulator.endpoint(), REGION).await));
        cloud.fail_next(operation, kind);
        let verifier = Verifier::new(Arc::new(cloud), settings(&BERTH), environment::system());
        let report =
            verifier.verify(&candidate(&customer), &Purpose::named("test"), Patience::ForEveryCheck).await;
        assert_eq!(report.conclusion(), Conclusion::Verified, "{:#?}", report.findings);
        let found = report.findings.iter().find(|finding| finding.check == check).unwrap();
        assert_eq!((found.verdict, found.blocking), (Verdict::Unknown, false), "{found:#?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_task_that_makes_berth_panic_is_given_up_and_the_next_has_its_turn(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let berth = Rotating::new(backend, &simulator, customer).await;
    let ask =
        async |form| berth.control.update_cloud_account(&berth.owner, berth.id, form).await.unwrap().id;
    berth.cloud.at_each_call(|_, _| panic!("as a bug would"));

    let role = Form { console_role_name: Some("berth-console".into()), ..Form::default() };
    let panics = ask(role).await;
    let waits = ask(Form { name: Some("renamed".into()), ..Form::default() }).await;

    let deadline = Instant::now() + SOON;
    while !berth.control.view_task(&berth.owner, waits).await.unwrap().status.is_final() {
        assert!(Instant::now() < deadline, "it still waits");
        // A lease lasts for 15 seconds.
        berth.clock.advance(SignedDuration::from_secs(16));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let given_up = berth.control.view_task(&berth.owner, panics).await.unwrap();
    let error = given_up.error.unwrap();
    assert_eq!((given_up.status, error.kind), (TaskStatus::ProcessingError, ErrorType::GeneralError));
    assert!(
        error.description.contains("tried") && error.description.contains("as it was"),
        "{}",
        error.description
    );
    assert_eq!(berth.account().await.name.as_str(), "renamed");
}
