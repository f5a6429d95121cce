//! EC2 and what stands around it, against answers as AWS documents them. What real processes can show is in
//! `crates/testkit/tests/it/ec2`.

mod building;
pub(crate) mod calls;
mod errors;
mod nodes;
mod seeing;

use std::{collections::BTreeMap, sync::Arc};

use berth_cloud::{Cloud, ec2::Ec2};
use berth_cloud_aws::AwsCloud;
use berth_domain::{
    deployment::{OPERATION_TAG, Tags, inventory::Look},
    values::AwsAccountId,
};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::method};

use crate::server::{KEY_ID, access, answer, parameters, session_name};

/// The calls of a session that takes `aws` for AWS.
async fn ec2(aws: &MockServer) -> Arc<dyn Ec2> {
    AwsCloud::at(&aws.uri(), "us-east-1")
        .await
        .session(&access(KEY_ID), &session_name())
        .ec2(&account(), "eu-central-1")
}

fn account() -> AwsAccountId {
    "123456789012".parse().unwrap()
}

/// The answer to `action` with `inner` in it.
fn told(action: &str, inner: &str) -> ResponseTemplate {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>59dbff89-35bd-4eac-99ed-be587EXAMPLE</requestId>{inner}</{action}Response>"
    );
    answer(200, &body)
}

/// EC2's way of refusing.
fn refused(status: u16, code: &str, message: &str) -> ResponseTemplate {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{code}</Code>\
         <Message>{message}</Message></Error></Errors>\
         <RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>"
    );
    answer(status, &body)
}

/// An AWS that has nothing: lists are empty, changes succeed.
async fn empty_aws() -> MockServer {
    let aws = MockServer::start().await;
    let nothing = |request: &Request| {
        told(parameters(request).get("Action").map(String::as_str).unwrap_or_default(), "")
    };
    Mock::given(method("POST")).respond_with(nothing).with_priority(250).mount(&aws).await;
    aws
}

/// The parameters of every request for an action, in order.
async fn asked(aws: &MockServer, action: &str) -> Vec<BTreeMap<String, String>> {
    let requests = aws.received_requests().await.expect("requests are recorded");
    let all = requests.iter().map(parameters);
    all.filter(|parameters| parameters.get("Action").is_some_and(|one| one == action)).collect()
}

fn tags() -> Tags {
    let pairs =
        [("berth:managed", "true"), (OPERATION_TAG, "7c1f5bb0-2f5e-4d0e-9d1e-6f3a7a1b0c11"), ("Name", "x")];
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

fn look() -> Look {
    Look { tag: ("berth:managed".into(), "true".into()), ..Look::default() }
}
