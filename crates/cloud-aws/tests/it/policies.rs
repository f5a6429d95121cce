//! Reading the policies of a user with its groups, and of a role: inline and managed.

use berth_cloud::ErrorKind;
use berth_domain::{breadth::PolicyText, permissions::Grantee};
use wiremock::{MockServer, matchers::body_string_contains};

use crate::{
    answers,
    server::{answer, on, session},
};

const MANAGED: &str = "arn:aws:iam::123456789012:policy/BerthUserPolicy";

async fn answering(aws: &MockServer, action: &str, body: &str) {
    on(action).respond_with(answer(200, body)).mount(aws).await;
}

/// A user with an inline policy and a managed one, in a group that has the same managed one and one of its own.
pub(crate) async fn prepared() -> MockServer {
    let aws = MockServer::start().await;
    let names = |name: &str| format!("<PolicyNames><member>{name}</member></PolicyNames>");
    let attached = format!(
        "<AttachedPolicies><member><PolicyName>BerthUserPolicy</PolicyName><PolicyArn>{MANAGED}</PolicyArn>\
         </member></AttachedPolicies>"
    );
    let group = "<Groups><member><Path>/</Path><GroupName>operators</GroupName><GroupId>AGPACKCEVSQ6C2EXAMPLE\
        </GroupId><Arn>arn:aws:iam::123456789012:group/operators</Arn><CreateDate>2012-05-08T23:34:01Z</CreateDate>\
        </member></Groups>";
    for (action, items) in [
        ("ListUserPolicies", names("own")),
        ("ListRolePolicies", names("own")),
        ("ListAttachedRolePolicies", attached.clone()),
        ("ListGroupPolicies", names("shared")),
        ("ListAttachedUserPolicies", attached.clone()),
        ("ListAttachedGroupPolicies", attached),
        ("ListGroupsForUser", group.to_owned()),
    ] {
        answering(&aws, action, &answers::page(action, &items, None)).await;
    }
    let document = |name: &str| format!("<PolicyDocument>%7B%22Id%22%3A%22{name}%22%7D</PolicyDocument>");
    let own = format!("<UserName>berth-user</UserName><PolicyName>own</PolicyName>{}", document("own"));
    answering(&aws, "GetUserPolicy", &answers::result("GetUserPolicy", &own)).await;
    let of_role =
        format!("<RoleName>berth-access</RoleName><PolicyName>own</PolicyName>{}", document("of the role"));
    answering(&aws, "GetRolePolicy", &answers::result("GetRolePolicy", &of_role)).await;
    let shared =
        format!("<GroupName>operators</GroupName><PolicyName>shared</PolicyName>{}", document("shared"));
    answering(&aws, "GetGroupPolicy", &answers::result("GetGroupPolicy", &shared)).await;
    let policy = "<Policy><DefaultVersionId>v3</DefaultVersionId></Policy>";
    on("GetPolicy")
        .respond_with(answer(200, &answers::result("GetPolicy", policy)))
        .expect(1)
        .mount(&aws)
        .await;
    let version = "<PolicyVersion><Document>%7B%22Id%22%3A%22managed%22%7D</Document></PolicyVersion>";
    on("GetPolicyVersion")
        .and(body_string_contains("VersionId=v3"))
        .respond_with(answer(200, &answers::result("GetPolicyVersion", version)))
        .expect(1)
        .mount(&aws)
        .await;
    aws
}

#[tokio::test]
async fn every_policy_is_read_once_in_the_version_that_is_in_force() {
    let aws = prepared().await;
    let user = Grantee::User("team/berth-user".into());

    let read = session(&aws.uri()).await.policies(&user).await.unwrap();

    let policy =
        |name: &str, id: &str| PolicyText { name: name.into(), document: format!("{{\"Id\":\"{id}\"}}") };
    assert_eq!(read.value, [policy("own", "own"), policy(MANAGED, "managed"), policy("shared", "shared")]);
    assert_eq!(read.request_id.as_deref(), Some("7a62c49f-347e-4fc4-9331-6e8eEXAMPLE"));
}

#[tokio::test]
async fn a_roles_policies_are_its_own_inline_and_managed() {
    let aws = prepared().await;
    let role = Grantee::Role("team/berth-access".into());

    let read = session(&aws.uri()).await.policies(&role).await.unwrap();

    let names: Vec<_> =
        read.value.iter().map(|policy| (policy.name.as_str(), policy.document.as_str())).collect();
    assert_eq!(names, [("own", r#"{"Id":"of the role"}"#), (MANAGED, r#"{"Id":"managed"}"#)]);
}

#[tokio::test]
async fn a_policy_that_may_not_be_read_leaves_the_whole_unknown() {
    let aws = prepared().await;
    let refused = answer(403, &answers::error("AccessDenied", "no"));
    on("ListGroupPolicies").respond_with(refused).with_priority(1).mount(&aws).await;
    let user = Grantee::User("team/berth-user".into());

    let error = session(&aws.uri()).await.policies(&user).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Denied { action: "iam:ListGroupPolicies".into(), resource: None });
    aws.reset().await;
}
