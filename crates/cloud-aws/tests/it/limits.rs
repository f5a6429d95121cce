//! What is tried again, how often, and for how long.

use std::{net::TcpListener, time::Duration};

use berth_cloud::{Cloud, ErrorKind};
use berth_cloud_aws::AwsCloud;
use rstest::rstest;
use tokio::time::Instant;
use wiremock::{MockServer, ResponseTemplate};

use crate::{
    answers,
    server::{KEY_ID, access, answer, on, role_name, session, session_name},
};

const TRUST: &str = "%7B%22Statement%22%3A%5B%5D%7D";

/// A server that gives `trouble` so many times before it gives a role.
async fn recovering(trouble: ResponseTemplate, times: u64) -> MockServer {
    let server = MockServer::start().await;
    on("GetRole")
        .respond_with(trouble)
        .up_to_n_times(times)
        .with_priority(1)
        .expect(times)
        .mount(&server)
        .await;
    on("GetRole").respond_with(answer(200, &answers::role(TRUST))).mount(&server).await;
    server
}

#[rstest]
#[case::throttled(400, "Throttling", "Rate exceeded")]
#[case::limit(503, "RequestLimitExceeded", "Request limit exceeded.")]
#[case::broken(500, "ServiceFailure", "The request processing has failed because of an unknown error.")]
#[tokio::test]
async fn trouble_that_passes_is_not_noticed(
    #[case] status: u16,
    #[case] code: &str,
    #[case] message: &str,
) {
    let aws = recovering(answer(status, &answers::error(code, message)), 2).await;
    session(&aws.uri()).await.role(&role_name()).await.unwrap();
}

#[rstest]
#[case::throttled(400, answers::error("Throttling", "Rate exceeded"), ErrorKind::Throttled)]
#[case::slow_down(
    503,
    answers::error("SlowDown", "Please reduce your request rate."),
    ErrorKind::Throttled
)]
#[case::broken(500, answers::error("ServiceFailure", "Unknown error."), ErrorKind::Unreachable)]
#[case::down(
    503,
    answers::error(
        "ServiceUnavailable",
        "The request has failed due to a temporary failure of the server."
    ),
    ErrorKind::Unreachable
)]
#[case::html(
    500,
    "<!doctype html><title>500 Internal Server Error</title><p>sorry".to_owned(),
    ErrorKind::Unreachable
)]
#[tokio::test]
async fn trouble_that_stays_is_given_up_after_three_attempts(
    #[case] status: u16,
    #[case] body: String,
    #[case] kind: ErrorKind,
) {
    let aws = MockServer::start().await;
    on("GetRole").respond_with(answer(status, &body)).expect(3).mount(&aws).await;
    let error = session(&aws.uri()).await.role(&role_name()).await.unwrap_err();
    assert_eq!(error.kind, kind, "{}", error.detail);
}

#[rstest]
#[case::unknown_key(403, "InvalidClientTokenId")]
#[case::wrong_secret(403, "SignatureDoesNotMatch")]
#[case::denied(403, "AccessDenied")]
#[case::not_found(404, "NoSuchEntity")]
#[tokio::test]
async fn a_refusal_is_not_asked_for_twice(#[case] status: u16, #[case] code: &str) {
    let aws = MockServer::start().await;
    on("GetRole").respond_with(answer(status, &answers::error(code, "no"))).expect(1).mount(&aws).await;
    session(&aws.uri()).await.role(&role_name()).await.unwrap_err();
}

// Time stands still but for timers: what is measured is how long it would have taken.
#[tokio::test(start_paused = true)]
async fn silence_is_unreachable_within_twelve_seconds() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let session = session(&format!("http://{}", silent.local_addr().unwrap())).await;
    let started = Instant::now();

    let error = session.role(&role_name()).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Unreachable, "{}", error.detail);
    let taken = started.elapsed();
    assert!((Duration::from_secs(5)..=Duration::from_secs(13)).contains(&taken), "{taken:?}");
}

#[tokio::test]
async fn a_refused_connection_is_unreachable() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let error = session(&url).await.role(&role_name()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{}", error.detail);
    assert_eq!(error.request_id, None);
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_unreachable() {
    let error = session("http://aws.invalid").await.role(&role_name()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{}", error.detail);
}

#[tokio::test]
async fn one_customers_trouble_does_not_use_up_the_others_retries() {
    let aws = MockServer::start().await;
    let trouble = answer(500, &answers::error("ServiceFailure", "Unknown error."));
    on("GetRole").respond_with(trouble).mount(&aws).await;
    let cloud = AwsCloud::at(&aws.uri(), "eu-central-1").await;
    // The SDK allows about a hundred failing retries per region before it stops retrying.
    let busy = cloud.session(&access("AKIABUSYBUSYBUSYBUSY"), &session_name());
    let name = role_name();
    let calls = (0..120).map(|_| {
        let (busy, name) = (busy.clone(), name.clone());
        tokio::spawn(async move { busy.role(&name).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap_err();
    }
    let before = aws.received_requests().await.unwrap().len();

    cloud.session(&access(KEY_ID), &session_name()).role(&name).await.unwrap_err();

    assert_eq!(aws.received_requests().await.unwrap().len() - before, 3);
}
