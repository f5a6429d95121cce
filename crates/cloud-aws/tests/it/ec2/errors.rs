//! Each of EC2's errors becomes the kind that says what it means.

use berth_cloud::ErrorKind;
use berth_domain::deployment::{Kind, action::Creation};
use rstest::rstest;
use wiremock::MockServer;

use super::{ec2, refused, tags};
use crate::server::{always, on};

#[rstest]
#[case::no_machine(500, "InsufficientInstanceCapacity", ErrorKind::Capacity)]
#[case::not_in_that_zone(400, "Unsupported", ErrorKind::Capacity)]
#[case::subnet_full(400, "InsufficientFreeAddressesInSubnet", ErrorKind::Capacity)]
#[case::vcpus(400, "VcpuLimitExceeded", ErrorKind::QuotaExceeded)]
#[case::vpcs(400, "VpcLimitExceeded", ErrorKind::QuotaExceeded)]
#[case::rules(400, "RulesPerSecurityGroupLimitExceeded", ErrorKind::QuotaExceeded)]
#[case::instances(400, "InstanceLimitExceeded", ErrorKind::QuotaExceeded)]
#[case::too_fast(503, "RequestLimitExceeded", ErrorKind::Throttled)]
#[case::group_name(400, "InvalidGroup.Duplicate", ErrorKind::AlreadyExists)]
#[case::overlap(400, "InvalidSubnet.Conflict", ErrorKind::AlreadyExists)]
#[case::vpc_gone(400, "InvalidVpcID.NotFound", ErrorKind::NotFound)]
#[case::image_gone(400, "InvalidAMIID.NotFound", ErrorKind::NotFound)]
#[case::token_reused(400, "IdempotentParameterMismatch", ErrorKind::Refused)]
#[case::bad_value(400, "InvalidParameterValue", ErrorKind::Refused)]
#[case::bad_network(400, "InvalidVpc.Range", ErrorKind::Refused)]
#[case::missing(400, "MissingParameter", ErrorKind::Refused)]
#[case::not_on(401, "AuthFailure", ErrorKind::NotOptedIn)]
#[case::not_subscribed(401, "OptInRequired", ErrorKind::NotOptedIn)]
#[case::new_account(400, "PendingVerification", ErrorKind::NotOptedIn)]
#[case::broken(500, "InternalError", ErrorKind::Unreachable)]
#[case::busy(503, "Unavailable", ErrorKind::Unreachable)]
#[tokio::test]
async fn an_error_code_becomes_its_kind(#[case] status: u16, #[case] code: &str, #[case] kind: ErrorKind) {
    let aws = always(refused(status, code, "why")).await;

    let vpc = Creation::Vpc { cidr: "10.0.0.0/16".parse().unwrap() };
    let error = ec2(&aws).await.create(&vpc, &tags()).await.unwrap_err();

    assert_eq!(error.kind, kind, "{}", error.detail);
    assert_eq!((error.operation, error.detail.as_str()), ("ec2:CreateVpc", &*format!("{code}: why")));
}

#[rstest]
#[case::in_use("DependencyViolation", ErrorKind::InUse)]
#[case::group_in_use("InvalidGroup.InUse", ErrorKind::InUse)]
#[case::volume_in_use("VolumeInUse", ErrorKind::InUse)]
#[case::wrong_state("IncorrectState", ErrorKind::Conflict)]
#[case::instance_busy("IncorrectInstanceState", ErrorKind::Conflict)]
#[case::protected("OperationNotPermitted", ErrorKind::Conflict)]
#[tokio::test]
async fn what_cannot_be_deleted_now_is_told_from_what_never_can(
    #[case] code: &str,
    #[case] kind: ErrorKind,
) {
    let aws = always(refused(400, code, "why")).await;
    let error = ec2(&aws).await.delete(Kind::Volume, &"vol-1".into()).await.unwrap_err();
    assert_eq!(error.kind, kind);
}

#[tokio::test]
async fn a_denial_names_the_action_and_the_resource_and_drops_the_encoded_part() {
    let words = "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/berth-user \
                 is not authorized to perform: ec2:CreateVpc on resource: \
                 arn:aws:ec2:eu-central-1:123456789012:vpc/* because no identity-based policy allows the \
                 ec2:CreateVpc action. Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm";
    let aws = always(refused(403, "UnauthorizedOperation", words)).await;

    let vpc = Creation::Vpc { cidr: "10.0.0.0/16".parse().unwrap() };
    let error = ec2(&aws).await.create(&vpc, &tags()).await.unwrap_err();

    let resource = Some("arn:aws:ec2:eu-central-1:123456789012:vpc/*".to_owned());
    assert_eq!(error.kind, ErrorKind::Denied { action: "ec2:CreateVpc".into(), resource });
    assert!(!error.detail.contains("4GIOHl"), "{}", error.detail);
}

#[rstest]
#[case::throttled(503, "RequestLimitExceeded")]
#[case::broken(500, "InternalError")]
#[tokio::test]
async fn a_creation_is_never_repeated_by_itself(#[case] status: u16, #[case] code: &str) {
    let aws = MockServer::start().await;
    on("CreateVpc").respond_with(refused(status, code, "why")).expect(1).mount(&aws).await;
    let vpc = Creation::Vpc { cidr: "10.0.0.0/16".parse().unwrap() };
    ec2(&aws).await.create(&vpc, &tags()).await.unwrap_err();
}

#[tokio::test]
async fn a_deletion_is_repeated_when_aws_is_busy() {
    let aws = MockServer::start().await;
    on("DeleteVpc").respond_with(refused(503, "RequestLimitExceeded", "why")).expect(3).mount(&aws).await;
    let error = ec2(&aws).await.delete(Kind::Vpc, &"vpc-1".into()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Throttled);
}
