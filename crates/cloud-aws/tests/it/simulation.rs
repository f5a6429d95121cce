//! What the policy simulator is asked, and what its answers mean.

use berth_cloud::{Decision, Effect, Simulation};
use rstest::rstest;
use wiremock::{MockServer, matchers::body_string_contains};

use crate::{
    answers,
    server::{always, answer, on, session, user_arn},
};

const ACTION: &str = "SimulatePrincipalPolicy";
const SUBNET: &str = "arn:aws:ec2:eu-central-1:123456789012:subnet/*";
const VOLUME: &str = "arn:aws:ec2:eu-central-1:123456789012:volume/*";
const STATEMENT: &str = "<MatchedStatements><member><SourcePolicyId>berth</SourcePolicyId>\
                         <SourcePolicyType>IAM Policy</SourcePolicyType></member></MatchedStatements>";
const OUT_OF_BOUNDS: &str = "<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>false\
     </AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>";
const FORBIDDEN: &str = "<OrganizationsDecisionDetail><AllowedByOrganizations>false\
                         </AllowedByOrganizations></OrganizationsDecisionDetail>";

fn question(resources: &[&str]) -> Simulation {
    Simulation {
        principal: user_arn(),
        actions: vec!["ec2:RunInstances".into()],
        resources: resources.iter().map(|&r| r.into()).collect(),
        context: vec![("aws:RequestedRegion".into(), "eu-central-1".into())],
    }
}

fn evaluation(resource: &str, decision: &str, more: &str) -> String {
    format!(
        "<member><EvalActionName>ec2:RunInstances</EvalActionName>\
         <EvalResourceName>{resource}</EvalResourceName><EvalDecision>{decision}</EvalDecision>{more}</member>"
    )
}

fn on_resource(resource: &str, decision: &str, more: &str) -> String {
    format!(
        "<member><EvalResourceName>{resource}</EvalResourceName>\
         <EvalResourceDecision>{decision}</EvalResourceDecision>{more}</member>"
    )
}

fn page(results: &str, marker: Option<&str>) -> String {
    answers::page(ACTION, &format!("<EvaluationResults>{results}</EvaluationResults>"), marker)
}

async fn decisions(results: &str, resources: &[&str]) -> Vec<Decision> {
    let aws = always(answer(200, &page(results, None))).await;
    session(&aws.uri()).await.simulate(&question(resources)).await.expect("decisions").value
}

fn decided(resource: Option<&str>, effect: Effect) -> Decision {
    Decision { action: "ec2:RunInstances".into(), resource: resource.map(Into::into), effect }
}

#[tokio::test]
async fn the_question_goes_out_whole() {
    let aws = always(answer(200, &page("", None))).await;

    session(&aws.uri()).await.simulate(&question(&[SUBNET, VOLUME])).await.unwrap();

    let sent = String::from_utf8(aws.received_requests().await.unwrap()[0].body.clone()).unwrap();
    for part in [
        "PolicySourceArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Auser%2Fberth-user",
        "ActionNames.member.1=ec2%3ARunInstances",
        "ResourceArns.member.2=arn%3Aaws%3Aec2%3Aeu-central-1%3A123456789012%3Avolume%2F%2A",
        "ContextEntries.member.1.ContextKeyName=aws%3ARequestedRegion",
        "ContextEntries.member.1.ContextKeyValues.member.1=eu-central-1",
        "ContextEntries.member.1.ContextKeyType=string",
        "MaxItems=1000",
    ] {
        assert!(sent.contains(part), "{part} is not in {sent}");
    }
}

#[rstest]
#[case::allowed("allowed", STATEMENT, Effect::Allowed)]
#[case::not_allowed("implicitDeny", "", Effect::ImplicitlyDenied)]
#[case::denied("explicitDeny", STATEMENT, Effect::ExplicitlyDenied)]
#[case::out_of_bounds("implicitDeny", OUT_OF_BOUNDS, Effect::DeniedByBoundary)]
#[case::forbidden("implicitDeny", FORBIDDEN, Effect::DeniedByOrganization)]
#[case::forbidden_explicitly("explicitDeny", FORBIDDEN, Effect::DeniedByOrganization)]
#[tokio::test]
async fn an_answer_says_why(#[case] decision: &str, #[case] more: &str, #[case] effect: Effect) {
    let answered = decisions(&evaluation("*", decision, more), &["*"]).await;
    assert_eq!(answered, [decided(Some("*"), effect)]);
}

#[tokio::test]
async fn a_denial_by_the_users_own_policy_is_not_blamed_on_the_organisation() {
    let more = format!("{STATEMENT}{FORBIDDEN}");
    let answered = decisions(&evaluation("*", "explicitDeny", &more), &["*"]).await;
    assert_eq!(answered, [decided(Some("*"), Effect::ExplicitlyDenied)]);
}

#[tokio::test]
async fn each_resource_has_its_own_decision() {
    let specific = format!(
        "<ResourceSpecificResults>{}{}</ResourceSpecificResults>",
        on_resource(SUBNET, "allowed", STATEMENT),
        on_resource(VOLUME, "implicitDeny", OUT_OF_BOUNDS),
    );
    let kind = "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}";
    let answered = decisions(&evaluation(kind, "implicitDeny", &specific), &[SUBNET, VOLUME]).await;
    assert_eq!(
        answered,
        [decided(Some(SUBNET), Effect::Allowed), decided(Some(VOLUME), Effect::DeniedByBoundary)]
    );
}

#[tokio::test]
async fn one_answer_for_all_resources_names_none() {
    let kind = "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}";
    let answered = decisions(&evaluation(kind, "allowed", ""), &[SUBNET, VOLUME]).await;
    assert_eq!(answered, [decided(None, Effect::Allowed)]);
}

#[tokio::test]
async fn a_decision_nobody_knows_is_an_error_and_not_a_denial() {
    let aws = always(answer(200, &page(&evaluation("*", "perhaps", ""), None))).await;
    let error = session(&aws.uri()).await.simulate(&question(&["*"])).await.unwrap_err();
    assert!(error.detail.contains("perhaps"), "{}", error.detail);
}

#[tokio::test]
async fn all_pages_of_decisions_are_read() {
    let aws = MockServer::start().await;
    on(ACTION)
        .and(body_string_contains("Marker=page2"))
        .respond_with(answer(200, &page(&evaluation(VOLUME, "implicitDeny", ""), None)))
        .with_priority(1)
        .expect(1)
        .mount(&aws)
        .await;
    let first = page(&evaluation(SUBNET, "allowed", ""), Some("page2"));
    on(ACTION).respond_with(answer(200, &first)).expect(1).mount(&aws).await;

    let answered = session(&aws.uri()).await.simulate(&question(&[SUBNET, VOLUME])).await.unwrap().value;

    assert_eq!(
        answered,
        [decided(Some(SUBNET), Effect::Allowed), decided(Some(VOLUME), Effect::ImplicitlyDenied)]
    );
}
