//! Each of AWS's errors becomes the kind that says what it means.

use berth_cloud::ErrorKind;
use rstest::rstest;

use crate::{
    answers,
    server::{always, answer, raw, role_name, session},
};

#[rstest]
#[case::unknown_key(
    403,
    "InvalidClientTokenId",
    "The security token included in the request is invalid.",
    ErrorKind::InvalidKey
)]
#[case::unrecognized_client(
    400,
    "UnrecognizedClientException",
    "The security token included in the request is invalid.",
    ErrorKind::InvalidKey
)]
#[case::wrong_secret(
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
     Access Key and signing method. Consult the service documentation for details.",
    ErrorKind::WrongSecret
)]
#[case::clock_behind(
    403,
    "SignatureDoesNotMatch",
    "Signature expired: 20250101T000000Z is now earlier than 20250101T004500Z (20250101T010000Z - 15 min.)",
    ErrorKind::SkewedClock
)]
#[case::clock_ahead(
    403,
    "SignatureDoesNotMatch",
    "Signature not yet current: 20250101T010000Z is still later than 20250101T001500Z \
     (20250101T000000Z + 15 min.)",
    ErrorKind::SkewedClock
)]
#[case::skewed(
    403,
    "RequestTimeTooSkewed",
    "The difference between the request time and the current time is too large.",
    ErrorKind::SkewedClock
)]
#[case::request_expired(400, "RequestExpired", "Request has expired.", ErrorKind::SkewedClock)]
#[case::expired(
    403,
    "ExpiredToken",
    "The security token included in the request is expired",
    ErrorKind::Expired
)]
#[case::not_found(
    404,
    "NoSuchEntity",
    "The role with name berth-console cannot be found.",
    ErrorKind::NotFound
)]
#[case::not_opted_in(
    403,
    "OptInRequired",
    "The AWS Access Key Id needs a subscription for the service",
    ErrorKind::NotOptedIn
)]
#[case::auth_failure(
    401,
    "AuthFailure",
    "AWS was not able to validate the provided access credentials",
    ErrorKind::NotOptedIn
)]
#[case::policy_evaluation(
    500,
    "PolicyEvaluation",
    "The policy could not be evaluated.",
    ErrorKind::Unexpected
)]
#[case::invalid_input(400, "ValidationError", "1 validation error detected", ErrorKind::Unexpected)]
#[tokio::test]
async fn an_error_code_becomes_its_kind(
    #[case] status: u16,
    #[case] code: &str,
    #[case] message: &str,
    #[case] kind: ErrorKind,
) {
    let aws = always(answer(status, &answers::error(code, message))).await;

    let error = session(&aws.uri()).await.role(&role_name()).await.unwrap_err();

    assert_eq!(error.kind, kind);
    assert_eq!(error.operation, "iam:GetRole");
    assert_eq!(error.request_id.as_deref(), Some("7a62c49f-347e-4fc4-9331-6e8eEXAMPLE"));
    assert!(error.detail.starts_with(&format!("{code}: ")), "{}", error.detail);
}

#[rstest]
#[case::identity_policy(
    "AccessDenied",
    "User: arn:aws:iam::123456789012:user/berth-user is not authorized to perform: iam:GetRole on resource: \
     role berth-console because no identity-based policy allows the iam:GetRole action",
    "iam:GetRole",
    Some("role berth-console")
)]
#[case::explicit_deny(
    "AccessDeniedException",
    "User: arn:aws:iam::123456789012:user/berth-user is not authorized to perform: iam:PassRole on resource: \
     arn:aws:iam::123456789012:role/berth-node with an explicit deny in a service control policy",
    "iam:PassRole",
    Some("arn:aws:iam::123456789012:role/berth-node")
)]
#[case::resource_at_the_end(
    "AccessDenied",
    "User: arn:aws:iam::123456789012:user/berth-user is not authorized to perform: iam:GetRole on resource: \
     role berth-console",
    "iam:GetRole",
    Some("role berth-console")
)]
#[case::no_resource(
    "AccessDenied",
    "User: arn:aws:iam::123456789012:user/berth-user is not authorized to perform: iam:ListAccountAliases",
    "iam:ListAccountAliases",
    None
)]
#[case::encoded(
    "UnauthorizedOperation",
    "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/berth-user is \
     not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:eu-central-1:123456789012:subnet/* \
     because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure \
     message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm-abcdefghijklmn",
    "ec2:RunInstances",
    Some("arn:aws:ec2:eu-central-1:123456789012:subnet/*")
)]
#[case::only_encoded(
    "UnauthorizedOperation",
    "You are not authorized to perform this operation. Encoded authorization failure message: 4GIOHlTkIaW",
    "iam:GetRole",
    None
)]
#[case::silent("AccessDenied", "", "iam:GetRole", None)]
#[tokio::test]
async fn a_denial_names_the_action_and_the_resource(
    #[case] code: &str,
    #[case] message: &str,
    #[case] action: &str,
    #[case] resource: Option<&str>,
) {
    let aws = always(answer(403, &answers::error(code, message))).await;

    let error = session(&aws.uri()).await.role(&role_name()).await.unwrap_err();

    let expected = ErrorKind::Denied { action: action.into(), resource: resource.map(Into::into) };
    assert_eq!(error.kind, expected);
    assert!(!error.detail.contains("4GIOHlTkIaW"), "{}", error.detail);
}

#[tokio::test]
async fn an_answer_that_is_not_xml_is_unexpected() {
    let aws = always(answer(200, "{\"this\": \"is JSON\"}")).await;
    let error = session(&aws.uri()).await.role(&role_name()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unexpected);
}

#[tokio::test]
async fn an_error_page_in_html_is_unexpected() {
    let aws = always(answer(404, "<!doctype html><html><body>Not Found<br></body></html>")).await;
    let error = session(&aws.uri()).await.role(&role_name()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unexpected);
    assert!(error.detail.starts_with("HTTP 404: "), "{}", error.detail);
    assert!(!error.detail.contains("Not Found"), "no page belongs in a log: {}", error.detail);
}

#[tokio::test]
async fn an_answer_that_breaks_off_counts_as_none() {
    let (url, _) =
        raw("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 500\r\n\r\n<GetRoleResp").await;
    let error = session(&url).await.role(&role_name()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{}", error.detail);
}

#[tokio::test]
async fn a_long_message_is_cut() {
    let aws = always(answer(400, &answers::error("ValidationError", &"long ".repeat(2000)))).await;
    let error = session(&aws.uri()).await.role(&role_name()).await.unwrap_err();
    assert!(error.detail.chars().count() <= 501, "{}", error.detail.len());
}
