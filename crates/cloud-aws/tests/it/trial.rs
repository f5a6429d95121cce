//! Dry runs: what AWS says to them, and that nothing but AWS ever gets one.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use berth_cloud::{Answer, Cloud, Error, ErrorKind, trial::DryRun};
use berth_cloud_aws::AwsCloud;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::server::{KEY_ID, access, session, session_name};

const TAG: (&str, &str) = ("berth:managed", "true");

/// Stands in for the network: keeps where requests go and what they say, and answers them all alike.
#[derive(Clone, Debug)]
struct Network {
    status: u16,
    code: &'static str,
    sent: Arc<Mutex<Vec<(String, String)>>>,
}

impl Network {
    fn answering(status: u16, code: &'static str) -> Self {
        Self { status, code, sent: Arc::default() }
    }

    fn sent(&self) -> Vec<(String, String)> {
        self.sent.lock().expect("no panics under this lock").clone()
    }
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        self.sent.lock().expect("no panics under this lock").push((request.uri().to_owned(), body));
        let answer = format!(
            "<Response><Errors><Error><Code>{}</Code><Message>You are not authorized to perform this operation. \
             User: arn:aws:iam::123456789012:user/berth-user is not authorized to perform: ec2:CreateVpc on \
             resource: arn:aws:ec2:eu-central-1:123456789012:vpc/* because no identity-based policy allows \
             it</Message></Error></Errors><RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>",
            self.code
        );
        let status = StatusCode::try_from(self.status).expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::from(answer));
        response.headers_mut().insert("x-amzn-requestid", "ea966190-f9aa-478e-9ede-example");
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl HttpClient for Network {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

async fn dry_run(network: &Network, call: DryRun) -> Result<Option<Answer<()>>, Error> {
    let cloud = AwsCloud::over(SharedHttpClient::new(network.clone()), "eu-central-1").await;
    cloud.session(&access(KEY_ID), &session_name()).dry_run(call, TAG).await
}

#[tokio::test]
async fn what_aws_would_have_done_is_allowed() {
    let network = Network::answering(412, "DryRunOperation");
    for call in DryRun::ALL {
        let answer = dry_run(&network, call).await.unwrap().expect("it went to AWS");
        assert_eq!(answer.operation, call.action());
        assert_eq!(answer.request_id.as_deref(), Some("ea966190-f9aa-478e-9ede-example"));
    }
}

#[tokio::test]
async fn what_aws_would_have_refused_is_denied() {
    let network = Network::answering(403, "UnauthorizedOperation");
    let error = dry_run(&network, DryRun::CreateVpc).await.unwrap_err();
    let ErrorKind::Denied { action, .. } = error.kind else { panic!("{error:?}") };
    assert_eq!(action, "ec2:CreateVpc");
}

#[tokio::test]
async fn every_request_of_a_dry_run_says_that_it_is_one() {
    let network = Network::answering(412, "DryRunOperation");
    for call in DryRun::ALL {
        dry_run(&network, call).await.unwrap();
    }
    let sent = network.sent();
    assert_eq!(sent.len(), DryRun::ALL.len());
    for (url, body) in sent {
        assert!(url.starts_with("https://ec2.eu-central-1.amazonaws.com"), "{url}");
        assert!(body.contains("DryRun=true"), "{body}");
    }
}

#[tokio::test]
async fn nothing_but_aws_ever_gets_a_dry_run() {
    let simulator = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&simulator).await;
    let session = session(&simulator.uri()).await;
    for call in DryRun::ALL {
        assert_eq!(session.dry_run(call, TAG).await.unwrap(), None);
    }
    assert_eq!(simulator.received_requests().await.unwrap().len(), 0);
}
