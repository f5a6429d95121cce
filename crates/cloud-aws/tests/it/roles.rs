//! Assumed roles: when they are assumed, as whom, and what becomes of credentials that end.

use std::{sync::Arc, time::Duration};

use berth_cloud::{Cloud, ErrorKind, Session};
use berth_cloud_aws::AwsCloud;
use berth_domain::access::{Access, Purpose, SessionName, TrustingRole};
use tokio::time;
use wiremock::MockServer;

use crate::{
    answers,
    server::{KEY_ID, answer, key, on, role_name},
};

const CALLER: &str = "arn:aws:sts::123456789012:assumed-role/berth-access/berth";

fn assumed() -> String {
    answers::result(
        "AssumeRole",
        "<Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>\
         <SecretAccessKey>temporary-secret</SecretAccessKey><SessionToken>temporary-token</SessionToken>\
         <Expiration>2030-01-01T00:00:00Z</Expiration></Credentials>",
    )
}

/// AWS that lets the role be assumed and then tells who it is.
async fn aws() -> MockServer {
    let aws = MockServer::start().await;
    on("AssumeRole").respond_with(answer(200, &assumed())).mount(&aws).await;
    on("GetCallerIdentity").respond_with(answer(200, &answers::caller(CALLER))).mount(&aws).await;
    aws
}

async fn cloud(aws: &MockServer) -> AwsCloud {
    AwsCloud::at(&aws.uri(), "eu-central-1").await.operated_with(&key(KEY_ID))
}

fn session(cloud: &AwsCloud, purpose: &'static str) -> Arc<dyn Session> {
    let role = TrustingRole {
        arn: "arn:aws:iam::123456789012:role/berth-access".parse().unwrap(),
        external_id: "berth-external-id".parse().unwrap(),
    };
    let name = SessionName::new(&"111122223333".parse().unwrap(), &Purpose::named(purpose));
    cloud.session(&Access::Role(role), &name)
}

/// The bodies of the requests to assume the role.
async fn assumptions(aws: &MockServer) -> Vec<String> {
    let requests = aws.received_requests().await.unwrap();
    let bodies = requests.iter().map(|request| String::from_utf8_lossy(&request.body).into_owned());
    bodies.filter(|body| body.contains("Action=AssumeRole&")).collect()
}

#[tokio::test]
async fn a_role_is_assumed_once_for_all_who_need_it_at_the_same_moment() {
    let aws = aws().await;
    let cloud = cloud(&aws).await;
    let (one, two) = (session(&cloud, "health"), session(&cloud, "health"));

    let (a, b, c) = tokio::join!(one.caller_arn(), two.caller_arn(), one.caller_arn());

    assert_eq!(
        [a.unwrap().value.as_str(), b.unwrap().value.as_str(), c.unwrap().value.as_str()],
        [CALLER; 3]
    );
    let asked = assumptions(&aws).await;
    assert_eq!(asked.len(), 1);
    for part in ["RoleSessionName=berth-111122223333-health", "ExternalId=berth-external-id"] {
        assert!(asked[0].contains(part), "{}", asked[0]);
    }
}

#[tokio::test]
async fn the_calls_are_signed_with_what_assuming_the_role_gave() {
    let aws = aws().await;

    session(&cloud(&aws).await, "health").caller_arn().await.unwrap();

    let requests = aws.received_requests().await.unwrap();
    let call = requests.last().unwrap();
    assert_eq!(call.headers["x-amz-security-token"], "temporary-token");
    assert!(call.headers["authorization"].to_str().unwrap().contains("ASIAIOSFODNN7EXAMPLE"));
}

#[tokio::test]
async fn another_purpose_is_another_session() {
    let aws = aws().await;
    let cloud = cloud(&aws).await;

    session(&cloud, "health").caller_arn().await.unwrap();
    session(&cloud, "rotation").caller_arn().await.unwrap();

    assert_eq!(assumptions(&aws).await.len(), 2);
}

#[tokio::test]
async fn credentials_are_renewed_five_minutes_before_they_end() {
    let aws = aws().await;
    let session = session(&cloud(&aws).await, "health");
    session.caller_arn().await.unwrap();
    let later = async |minutes: u64| {
        time::pause();
        time::advance(Duration::from_secs(minutes * 60)).await;
        time::resume();
        session.caller_arn().await.unwrap();
        assumptions(&aws).await.len()
    };

    assert_eq!(later(54).await, 1);
    assert_eq!(later(2).await, 2);
}

#[tokio::test]
async fn a_session_that_ended_early_is_renewed_once() {
    let aws = MockServer::start().await;
    on("AssumeRole").respond_with(answer(200, &assumed())).mount(&aws).await;
    let ended = answer(403, &answers::error("ExpiredToken", "The security token is expired"));
    on("GetCallerIdentity").respond_with(ended).mount(&aws).await;

    let error = session(&cloud(&aws).await, "health").caller_arn().await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Expired);
    assert_eq!(assumptions(&aws).await.len(), 2);
}

#[tokio::test]
async fn a_renewed_session_goes_on() {
    let aws = MockServer::start().await;
    let ended = answer(403, &answers::error("ExpiredToken", "The security token is expired"));
    on("GetCallerIdentity").respond_with(ended).up_to_n_times(1).mount(&aws).await;
    on("AssumeRole").respond_with(answer(200, &assumed())).mount(&aws).await;
    on("GetCallerIdentity").respond_with(answer(200, &answers::caller(CALLER))).mount(&aws).await;

    let arn = session(&cloud(&aws).await, "health").caller_arn().await.unwrap().value;

    assert_eq!(arn.as_str(), CALLER);
}

#[tokio::test]
async fn whatever_is_called_a_role_that_may_not_be_assumed_is_what_failed() {
    let aws = MockServer::start().await;
    let denied = answers::error("AccessDenied", "User: x is not authorized to perform: sts:AssumeRole");
    on("AssumeRole").respond_with(answer(403, &denied)).mount(&aws).await;

    let error = session(&cloud(&aws).await, "health").role(&role_name()).await.unwrap_err();

    assert_eq!(error.operation, "sts:AssumeRole");
    assert!(matches!(error.kind, ErrorKind::Denied { .. }), "{error:?}");
    assert!(error.request_id.is_some());
}

#[tokio::test]
async fn credentials_that_aws_refuses_when_a_role_is_assumed_are_the_operators() {
    let aws = MockServer::start().await;
    let unknown = answers::error("InvalidClientTokenId", "The security token is invalid");
    on("AssumeRole").respond_with(answer(403, &unknown)).mount(&aws).await;

    let error = session(&cloud(&aws).await, "health").caller_arn().await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::OperatorCredentials);
}

#[tokio::test]
async fn without_credentials_of_the_operators_no_role_is_assumed() {
    let aws = aws().await;
    let cloud = AwsCloud::at(&aws.uri(), "eu-central-1").await;

    let error = session(&cloud, "health").caller_arn().await.unwrap_err();

    assert_eq!((error.operation, error.kind), ("sts:AssumeRole", ErrorKind::OperatorCredentials));
    assert!(aws.received_requests().await.unwrap().is_empty());
}
