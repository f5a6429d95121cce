//! Whether a session may still change something, and what its calls are made for.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use berth_cloud::{Cloud, ErrorKind, KeyStatus, Permit, Session, SessionOptions};
use berth_cloud_aws::AwsCloud;
use berth_domain::{
    deployment::{
        Kind,
        action::{Change, Creation},
    },
    values::AwsAccountId,
};
use wiremock::MockServer;

use crate::{
    answers,
    server::{KEY_ID, access, always, answer, on, role_name, session_name},
};

/// Permits so many attempts.
struct Attempts(AtomicUsize);

impl Permit for Attempts {
    fn may_change(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

async fn session(aws: &MockServer, options: SessionOptions) -> Arc<dyn Session> {
    AwsCloud::at(&aws.uri(), "eu-central-1").await.session_with(&access(KEY_ID), &session_name(), options)
}

async fn permitted(aws: &MockServer, attempts: usize) -> Arc<dyn Session> {
    let permit = Arc::new(Attempts(AtomicUsize::new(attempts)));
    session(aws, SessionOptions { permit, ..SessionOptions::default() }).await
}

fn account() -> AwsAccountId {
    "123456789012".parse().unwrap()
}

#[tokio::test]
async fn a_change_that_is_not_permitted_any_more_is_not_sent() {
    let aws = always(answer(500, "")).await;
    let session = permitted(&aws, 0).await;
    let ec2 = session.ec2(&account(), "eu-central-1");
    let (user, id) = ("berth-user".parse().unwrap(), KEY_ID.parse().unwrap());
    let vpc = Creation::Vpc { cidr: "10.0.0.0/16".parse().unwrap() };

    let errors = [
        ec2.create(&vpc, &[].into()).await.unwrap_err(),
        ec2.change(&Change::StartInstance("i-1".into())).await.unwrap_err(),
        ec2.delete(Kind::Vpc, &"vpc-1".into()).await.unwrap_err(),
        session.create_access_key(&user).await.unwrap_err(),
        session.set_access_key_status(&user, &id, KeyStatus::Inactive).await.unwrap_err(),
        session.delete_access_key(&user, &id).await.unwrap_err(),
    ];

    for error in errors {
        assert_eq!(error.kind, ErrorKind::LeaseLost, "{error}: {}", error.detail);
    }
    assert!(aws.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn looking_needs_no_permit() {
    let aws = always(answer(200, &answers::role("%7B%7D"))).await;
    permitted(&aws, 0).await.role(&role_name()).await.unwrap();
}

#[tokio::test]
async fn every_attempt_needs_the_permit() {
    let aws = always(answer(503, &answers::error("ServiceUnavailable", "later"))).await;
    let ec2 = permitted(&aws, 2).await.ec2(&account(), "eu-central-1");

    let error = ec2.delete(Kind::Vpc, &"vpc-1".into()).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::LeaseLost);
    assert_eq!(aws.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_calls_are_made_for_stands_in_the_user_agent() {
    let aws = MockServer::start().await;
    on("DeleteAccessKey")
        .respond_with(answer(200, &answers::result("DeleteAccessKey", "")))
        .mount(&aws)
        .await;
    let operation = "7c1f5bb0-2f5e-4d0e-9d1e-6f3a7a1b0c11";
    let marked = SessionOptions { operation: operation.parse().ok(), ..SessionOptions::default() };
    let (user, id) = ("berth-user".parse().unwrap(), KEY_ID.parse().unwrap());

    for options in [marked, SessionOptions::default()] {
        session(&aws, options).await.delete_access_key(&user, &id).await.unwrap();
    }

    let requests = aws.received_requests().await.unwrap();
    let agents: Vec<&str> =
        requests.iter().map(|one| one.headers["user-agent"].to_str().unwrap()).collect();
    assert!(agents[0].contains(&format!("berth/{operation}")), "{}", agents[0]);
    assert!(!agents[1].contains(operation), "{}", agents[1]);
    assert!(agents.iter().all(|agent| agent.contains("app/berth")), "{agents:?}");
}

#[tokio::test]
async fn a_session_has_its_calls_to_a_region_once() {
    let aws = MockServer::start().await;
    let session = permitted(&aws, 0).await;
    let [one, again, other] =
        ["eu-central-1", "eu-central-1", "eu-west-1"].map(|region| session.ec2(&account(), region));
    assert!(Arc::ptr_eq(&one, &again) && !Arc::ptr_eq(&one, &other));
}
