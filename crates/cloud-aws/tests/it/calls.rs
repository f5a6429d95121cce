//! What the calls ask and understand when all is well.

use std::{collections::BTreeSet, sync::atomic::Ordering, time::Duration};

use berth_cloud::{AssumeRole, Cloud, ErrorKind, IssuedKey, KeyStatus, RegionState, Simulation};
use berth_cloud_aws::AwsCloud;
use rstest::rstest;
use wiremock::{MockServer, matchers::body_string_contains};

use crate::{
    answers,
    server::{
        KEY_ID, SECRET, access, always, answer, called, key, on, raw, role_name, session, session_name,
        user_arn,
    },
};

const CALLER: &str = "arn:aws:iam::123456789012:user/berth-user";

#[tokio::test]
async fn the_caller_is_known_by_its_arn() {
    let aws = always(answer(200, &answers::caller(CALLER))).await;
    let arn = session(&aws.uri()).await.caller_arn().await.unwrap();
    assert_eq!(arn.value, user_arn());
    assert_eq!(arn.request_id.as_deref(), Some("7a62c49f-347e-4fc4-9331-6e8eEXAMPLE"));
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
    let role = session(&aws.uri()).await.role(&role_name()).await.unwrap().value;
    assert_eq!(role.trust_policy, r#"{"Version":"2012-10-17","Statement":[]}"#);
    assert_eq!(role.arn.resource(), "role/berth-console");
}

#[tokio::test]
async fn a_trust_policy_that_was_not_encoded_is_left_as_it_is() {
    let plain = r#"{"Statement":[{"Sid":"100%25 sure"}]}"#;
    let aws = always(answer(200, &answers::role(plain))).await;
    assert_eq!(session(&aws.uri()).await.role(&role_name()).await.unwrap().value.trust_policy, plain);
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

    let found = session(&aws.uri()).await.instance_profiles_of_role(&role_name()).await.unwrap().value;

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
    assert_eq!(session(&aws.uri()).await.account_aliases().await.unwrap().value, ["example-corp"]);
}

#[tokio::test]
async fn a_user_with_a_console_password_has_a_login_profile() {
    let body = "<LoginProfile><UserName>support</UserName><CreateDate>2011-09-19T23:00:56Z</CreateDate>\
                </LoginProfile>";
    let aws = always(answer(200, &answers::result("GetLoginProfile", body))).await;
    session(&aws.uri()).await.login_profile(&"support".parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_users_keys_are_listed_with_status_and_age() {
    let member = |id: &str, status: &str| {
        format!(
            "<member><UserName>berth-user</UserName><AccessKeyId>{id}</AccessKeyId><Status>{status}</Status>\
             <CreateDate>2026-03-03T09:00:00Z</CreateDate></member>"
        )
    };
    let members = member(KEY_ID, "Active") + &member("AKIAI44QH8DHBEXAMPLE", "Inactive");
    let body = format!("<AccessKeyMetadata>{members}</AccessKeyMetadata>");
    let aws = always(answer(200, &answers::page("ListAccessKeys", &body, None))).await;

    let keys = session(&aws.uri()).await.access_keys(&"berth-user".parse().unwrap()).await.unwrap().value;

    let created_at = "2026-03-03T09:00:00Z".parse().unwrap();
    let key = |id: &str, status| IssuedKey { id: id.parse().unwrap(), status, created_at };
    assert_eq!(keys, [key(KEY_ID, KeyStatus::Active), key("AKIAI44QH8DHBEXAMPLE", KeyStatus::Inactive)]);
}

#[rstest]
#[case::used(
    "<LastUsedDate>2026-03-03T09:00:00Z</LastUsedDate><ServiceName>s3</ServiceName><Region>us-east-1</Region>",
    Some(("s3", "us-east-1"))
)]
#[case::never("<ServiceName>N/A</ServiceName><Region>N/A</Region>", None)]
#[tokio::test]
async fn the_last_use_of_a_key_is_told_with_service_and_region(
    #[case] told: &str,
    #[case] expected: Option<(&str, &str)>,
) {
    let body = format!("<UserName>berth-user</UserName><AccessKeyLastUsed>{told}</AccessKeyLastUsed>");
    let aws = always(answer(200, &answers::result("GetAccessKeyLastUsed", &body))).await;

    let last = session(&aws.uri()).await.access_key_last_used(&KEY_ID.parse().unwrap()).await.unwrap();

    assert_eq!(last.value.as_ref().map(|used| (&*used.service, &*used.region)), expected);
}

#[tokio::test]
async fn a_created_key_comes_with_its_secret() {
    let key = format!(
        "<AccessKey><UserName>berth-user</UserName><AccessKeyId>{KEY_ID}</AccessKeyId><Status>Active</Status>\
         <SecretAccessKey>{SECRET}</SecretAccessKey></AccessKey>"
    );
    let aws = always(answer(200, &answers::result("CreateAccessKey", &key))).await;
    let user = "berth-user".parse().unwrap();
    let created = session(&aws.uri()).await.create_access_key(&user).await.unwrap().value;
    assert_eq!((created.id.as_str(), created.secret.secret().expose()), (KEY_ID, SECRET));
}

#[tokio::test]
async fn a_key_is_asked_for_once_whatever_the_answer() {
    let aws = always(answer(503, &answers::error("ServiceUnavailable", "later"))).await;
    let user = "berth-user".parse().unwrap();
    let error = session(&aws.uri()).await.create_access_key(&user).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert_eq!(aws.received_requests().await.unwrap().len(), 1, "each one may make a key");
}

/// What calls to IAM and STS are called in errors, and what they were, but for the reading of policies.
pub(crate) async fn everything() -> (BTreeSet<String>, BTreeSet<String>) {
    let aws = always(answer(403, &answers::error("AccessDenied", "no"))).await;
    let cloud = AwsCloud::at(&aws.uri(), "eu-central-1").await.operated_with(&key(KEY_ID));
    let session = cloud.session(&access(KEY_ID), &session_name());
    let question = Simulation {
        principal: user_arn(),
        actions: vec!["ec2:RunInstances".into()],
        resources: vec!["*".into()],
        context: vec![],
    };
    let role = AssumeRole {
        role: "arn:aws:iam::123456789012:role/berth-access".parse().unwrap(),
        name: session_name(),
        external_id: None,
        second_factor: None,
        duration: Duration::from_secs(900),
    };
    let (user, id) = ("berth-user".parse().unwrap(), KEY_ID.parse().unwrap());

    let named = [
        session.caller_arn().await.unwrap_err(),
        session.role(&role_name()).await.unwrap_err(),
        session.instance_profiles_of_role(&role_name()).await.unwrap_err(),
        session.login_profile(&user).await.unwrap_err(),
        session.account_aliases().await.unwrap_err(),
        session.access_keys(&user).await.unwrap_err(),
        session.access_key_last_used(&id).await.unwrap_err(),
        session.create_access_key(&user).await.unwrap_err(),
        session.set_access_key_status(&user, &id, KeyStatus::Inactive).await.unwrap_err(),
        session.delete_access_key(&user, &id).await.unwrap_err(),
        session.region_state().await.unwrap_err(),
        session.simulate(&question).await.unwrap_err(),
        cloud.operator().assume_role(&role).await.unwrap_err(),
    ]
    .map(|error| error.operation.to_owned());
    (named.into(), called(&aws).await)
}

#[tokio::test]
async fn every_call_goes_by_its_name() {
    let (named, called) = everything().await;
    assert_eq!(named, called);
}

#[rstest]
#[case::always_on("opt-in-not-required", "eu-central-1", RegionState::On)]
#[case::switched_on("opted-in", "eu-central-1", RegionState::On)]
#[case::switched_off("not-opted-in", "eu-central-1", RegionState::Off)]
#[case::another("opted-in", "eu-west-1", RegionState::Missing)]
#[tokio::test]
async fn a_region_is_on_off_or_missing(
    #[case] status: &str,
    #[case] region: &str,
    #[case] state: RegionState,
) {
    let body = format!(
        "<DescribeRegionsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId><regionInfo><item>\
         <regionName>{region}</regionName><regionEndpoint>ec2.{region}.amazonaws.com</regionEndpoint>\
         <optInStatus>{status}</optInStatus></item></regionInfo></DescribeRegionsResponse>"
    );
    let aws = always(answer(200, &body)).await;
    assert_eq!(session(&aws.uri()).await.region_state().await.unwrap().value, state);
}

#[tokio::test]
async fn each_session_signs_with_its_own_key() {
    let aws = always(answer(200, &answers::caller(CALLER))).await;
    let cloud = AwsCloud::at(&aws.uri(), "eu-central-1").await;
    let one = cloud.session(&access("AKIAONEONEONEONEONE1"), &session_name());
    let two = cloud.session(&access("AKIATWOTWOTWOTWOTWO2"), &session_name());

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
        cloud.session(&access("AKIAIOSFODNN7EXAMPLE"), &session_name()).caller_arn().await.unwrap();
    }

    assert_eq!(connections.load(Ordering::SeqCst), 1);
}
