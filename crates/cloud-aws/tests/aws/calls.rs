//! What the calls ask and understand when all is well.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use berth_cloud::{Cloud, ErrorKind, Simulation};
use berth_cloud_aws::{AwsCloud, OPERATIONS};
use wiremock::{MockServer, matchers::body_string_contains};

use crate::{
    answers,
    server::{SECRET, always, answer, key, on, raw, role_name, session, user_arn},
};

const CALLER: &str = "arn:aws:iam::123456789012:user/berth-user";

#[tokio::test]
async fn the_caller_is_known_by_its_arn() {
    let aws = always(answer(200, &answers::caller(CALLER))).await;
    let arn = session(&aws.uri()).await.caller_arn().await.unwrap();
    assert_eq!(arn, user_arn());
}

#[tokio::test]
async fn an_answer_without_an_arn_is_unexpected() {
    let aws = always(answer(200, &answers::caller(""))).await;
    let error = session(&aws.uri()).await.caller_arn().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unexpected);
}

#[tokio::test]
async fn a_url_encoded_trust_policy_is_decoded() {
    let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D";
    let aws = always(answer(200, &answers::role(encoded))).await;
    let role = session(&aws.uri()).await.role(&role_name()).await.unwrap();
    assert_eq!(role.trust_policy, r#"{"Version":"2012-10-17","Statement":[]}"#);
    assert_eq!(role.arn.resource(), "role/berth-console");
}

#[tokio::test]
async fn a_trust_policy_that_was_not_encoded_is_left_as_it_is() {
    let plain = r#"{"Statement":[{"Sid":"100%25 sure"}]}"#;
    let aws = always(answer(200, &answers::role(plain))).await;
    assert_eq!(session(&aws.uri()).await.role(&role_name()).await.unwrap().trust_policy, plain);
}

#[tokio::test]
async fn all_pages_of_instance_profiles_are_read() {
    const ACTION: &str = "ListInstanceProfilesForRole";
    let aws = MockServer::start().await;
    let last = answers::page(ACTION, &profiles(&["third"]), None);
    on(ACTION)
        .and(body_string_contains("Marker=page2"))
        .respond_with(answer(200, &last))
        .with_priority(1)
        .expect(1)
        .mount(&aws)
        .await;
    let first = answers::page(ACTION, &profiles(&["first", "second"]), Some("page2"));
    on(ACTION).respond_with(answer(200, &first)).expect(1).mount(&aws).await;

    let found = session(&aws.uri()).await.instance_profiles_of_role(&role_name()).await.unwrap();

    assert_eq!(found, ["first", "second", "third"]);
}

#[tokio::test]
async fn a_list_that_breaks_off_without_a_marker_is_not_taken_for_the_whole() {
    const ACTION: &str = "ListInstanceProfilesForRole";
    let body = answers::page(ACTION, &profiles(&["first"]), Some(""));
    let aws = always(answer(200, &body)).await;
    let error = session(&aws.uri()).await.instance_profiles_of_role(&role_name()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unexpected);
}

fn profiles(names: &[&str]) -> String {
    let members: String = names.iter().map(|name| answers::instance_profile(name)).collect();
    format!("<InstanceProfiles>{members}</InstanceProfiles>")
}

#[tokio::test]
async fn the_account_aliases_are_listed() {
    let body = "<AccountAliases><member>example-corp</member></AccountAliases>";
    let aws = always(answer(200, &answers::page("ListAccountAliases", body, None))).await;
    assert_eq!(session(&aws.uri()).await.account_aliases().await.unwrap(), ["example-corp"]);
}

#[tokio::test]
async fn a_user_with_a_console_password_has_a_login_profile() {
    let body = "<LoginProfile><UserName>support</UserName><CreateDate>2011-09-19T23:00:56Z</CreateDate>\
                </LoginProfile>";
    let aws = always(answer(200, &answers::result("GetLoginProfile", body))).await;
    session(&aws.uri()).await.login_profile(&"support".parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn every_call_is_one_of_the_listed_operations_and_every_one_of_these_is_called() {
    let aws = always(answer(403, &answers::error("AccessDenied", "no"))).await;
    let session = session(&aws.uri()).await;
    let question = Simulation {
        principal: user_arn(),
        actions: vec!["ec2:RunInstances".into()],
        resources: vec!["*".into()],
        context: vec![],
    };

    let named: BTreeSet<&str> = [
        session.caller_arn().await.unwrap_err(),
        session.role(&role_name()).await.unwrap_err(),
        session.instance_profiles_of_role(&role_name()).await.unwrap_err(),
        session.login_profile(&"support".parse().unwrap()).await.unwrap_err(),
        session.account_aliases().await.unwrap_err(),
        session.simulate(&question).await.unwrap_err(),
    ]
    .map(|error| error.operation)
    .into();

    assert_eq!(named, OPERATIONS.iter().copied().collect());
    let sent: BTreeSet<String> = aws.received_requests().await.unwrap().iter().map(action_of).collect();
    let listed = OPERATIONS.iter().map(|name| name.split_once(':').unwrap().1.to_owned());
    assert_eq!(sent, listed.collect());
}

fn action_of(request: &wiremock::Request) -> String {
    let body = String::from_utf8_lossy(&request.body);
    let rest = body.strip_prefix("Action=").unwrap_or_default();
    rest.split('&').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn each_session_signs_with_its_own_key() {
    let aws = always(answer(200, &answers::caller(CALLER))).await;
    let cloud = AwsCloud::at(&aws.uri(), "eu-central-1").await;
    let one = cloud.session(&key("AKIAONEONEONEONEONE1"));
    let two = cloud.session(&key("AKIATWOTWOTWOTWOTWO2"));

    for session in [&one, &two, &one] {
        session.caller_arn().await.unwrap();
    }

    let requests = aws.received_requests().await.unwrap();
    let signers: Vec<&str> =
        requests.iter().map(|r| r.headers["authorization"].to_str().unwrap()).collect();
    for (signer, key) in signers.iter().zip(["AKIAONE", "AKIATWO", "AKIAONE"]) {
        assert!(signer.contains(&format!("Credential={key}")), "{signer}");
        assert!(signer.contains("/eu-central-1/sts/aws4_request"), "{signer}");
        assert!(!signer.contains(SECRET));
    }
}

#[tokio::test]
async fn all_sessions_share_one_connection_pool() {
    let body = answers::caller(CALLER);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let (url, connections) = raw(head + &body).await;
    let cloud = AwsCloud::at(&url, "eu-central-1").await;

    for _ in 0..10 {
        cloud.session(&key("AKIAIOSFODNN7EXAMPLE")).caller_arn().await.unwrap();
    }

    assert_eq!(connections.load(Ordering::SeqCst), 1);
}
