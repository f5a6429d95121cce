//! How nodes do, and who did what to them.

use berth_cloud::{
    ErrorKind,
    ec2::{Figure, Health, Question, Span},
};
use berth_domain::deployment::AwsId;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::body_string_contains, matchers::header};

use super::{asked, ec2, empty_aws, refused, told};
use crate::server::on;

const STATUS: &str = "DescribeInstanceStatus";

#[tokio::test]
async fn the_checks_of_an_instance_are_read_with_maintenance_that_is_to_come() {
    let aws = empty_aws().await;
    let body = "<instanceStatusSet><item><instanceId>i-1</instanceId><systemStatus><status>impaired</status>\
                </systemStatus><instanceStatus><status>initializing</status></instanceStatus><eventsSet>\
                <item><code>instance-reboot</code><description>scheduled reboot</description></item>\
                <item><code>instance-stop</code><description>[Completed] a stop</description></item>\
                </eventsSet></item></instanceStatusSet>";
    on(STATUS).respond_with(told(STATUS, body)).mount(&aws).await;

    let found = ec2(&aws).await.node_status(&["i-1".into()]).await.unwrap();

    assert_eq!((found[0].system, found[0].itself), (Health::Impaired, Health::Unknown));
    assert_eq!(found[0].announced, ["scheduled reboot"]);
}

#[tokio::test]
async fn an_instance_that_is_gone_does_not_hide_the_others() {
    let aws = empty_aws().await;
    let gone = refused(400, "InvalidInstanceID.NotFound", "The instance ID 'i-2' does not exist");
    on(STATUS).and(body_string_contains("i-2")).respond_with(gone).with_priority(1).mount(&aws).await;
    let body = "<instanceStatusSet><item><instanceId>i-1</instanceId></item></instanceStatusSet>";
    on(STATUS).respond_with(told(STATUS, body)).mount(&aws).await;

    let found = ec2(&aws).await.node_status(&["i-1".into(), "i-2".into()]).await.unwrap();

    assert_eq!(found.len(), 1);
    assert_eq!(found[0].instance, "i-1".into());
}

#[tokio::test]
async fn a_hundred_instances_go_into_one_call() {
    let aws = empty_aws().await;
    let instances: Vec<AwsId> = (0..250).map(|n| AwsId(format!("i-{n}"))).collect();
    ec2(&aws).await.node_status(&instances).await.unwrap();
    assert_eq!(asked(&aws, STATUS).await.len(), 3);
}

#[tokio::test]
async fn five_hundred_figures_go_into_one_call() {
    let aws = MockServer::start().await;
    // An empty map in CBOR, which CloudWatch speaks.
    let nothing = ResponseTemplate::new(200)
        .insert_header("smithy-protocol", "rpc-v2-cbor")
        .set_body_raw(vec![0xa0], "application/cbor");
    Mock::given(wiremock::matchers::any()).respond_with(nothing).expect(3).mount(&aws).await;
    let questions: Vec<_> =
        (0..1001).map(|n| Question { figure: Figure::Cpu, of: AwsId(format!("i-{n}")) }).collect();
    let (from, to) = ("2026-11-20T10:00:00Z".parse().unwrap(), "2026-11-20T11:00:00Z".parse().unwrap());

    let found = ec2(&aws).await.figures(&questions, Span { from, to, period_seconds: 60 }).await.unwrap();

    assert_eq!(found.len(), 1001);
    assert!(found.iter().zip(&questions).all(|(one, question)| one.question == *question));
}

/// CloudTrail's answer with these events.
async fn trail(events: &str) -> MockServer {
    let aws = MockServer::start().await;
    let body = format!(r#"{{"Events": [{events}]}}"#);
    let answer = ResponseTemplate::new(200).set_body_raw(body, "application/x-amz-json-1.1");
    Mock::given(header("x-amz-target", "CloudTrail_20131101.LookupEvents"))
        .respond_with(answer)
        .mount(&aws)
        .await;
    aws
}

#[tokio::test]
async fn who_changed_something_is_told_and_who_only_looked_is_not() {
    let aws = trail(
        r#"{"EventName": "DescribeInstances", "ReadOnly": "true", "EventTime": 1763632800, "Username": "ann"},
           {"EventName": "StopInstances", "ReadOnly": "false", "EventTime": 1763632700, "Username": "bob",
            "AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "CloudTrailEvent": "{\"userIdentity\": {\"arn\": \"arn:aws:iam::123456789012:user/bob\"}}"},
           {"EventName": "RebootInstances", "ReadOnly": "false", "EventTime": 1763632750, "Username": "root"}"#,
    )
    .await;

    let since = "2025-11-20T00:00:00Z".parse().unwrap();
    let deeds = ec2(&aws).await.who_did(&"i-1".into(), since).await.unwrap();

    let told: Vec<_> = deeds.iter().map(|deed| (deed.event.as_str(), deed.who.as_str())).collect();
    assert_eq!(
        told,
        [("RebootInstances", "root"), ("StopInstances", "arn:aws:iam::123456789012:user/bob")]
    );
    assert_eq!(deeds[1].access_key_id.as_deref(), Some("AKIAIOSFODNN7EXAMPLE"));
}

#[tokio::test]
async fn a_trail_that_may_not_be_read_is_a_denial() {
    let aws = MockServer::start().await;
    let denied = ResponseTemplate::new(400).set_body_raw(
        r#"{"__type": "AccessDeniedException", "Message": "User: arn:aws:iam::123456789012:user/berth-user is not authorized to perform: cloudtrail:LookupEvents because no identity-based policy allows it"}"#,
        "application/x-amz-json-1.1",
    );
    Mock::given(wiremock::matchers::any()).respond_with(denied).mount(&aws).await;
    let since = "2025-11-20T00:00:00Z".parse().unwrap();
    let error = ec2(&aws).await.who_did(&"i-1".into(), since).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied { action: "cloudtrail:LookupEvents".into(), resource: None });
}
