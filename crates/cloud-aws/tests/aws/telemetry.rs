//! What the calls leave in metrics and logs, and what they must not.

use std::{
    io,
    sync::{Arc, Mutex},
};

use metrics_exporter_prometheus::PrometheusBuilder;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::MockServer;

use crate::{
    answers,
    server::{SECRET, always, answer, on, role_name, session},
};

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panics under this lock")).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panics under this lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn keep_log(level: LevelFilter) -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_max_level(level).with_writer(log.clone()).finish();
    (log, tracing::subscriber::set_default(subscriber))
}

#[tokio::test]
async fn calls_are_counted_by_operation_and_outcome() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    berth_cloud_aws::describe_metrics();
    let aws = MockServer::start().await;
    on("GetCallerIdentity")
        .respond_with(answer(200, &answers::caller("arn:aws:iam::123456789012:user/berth-user")))
        .mount(&aws)
        .await;
    on("GetRole").respond_with(answer(404, &answers::error("NoSuchEntity", "no"))).mount(&aws).await;
    let session = session(&aws.uri()).await;

    session.caller_arn().await.unwrap();
    session.role(&role_name()).await.unwrap_err();

    let page = recorder.handle().render();
    for line in [
        r#"berth_aws_calls_total{operation="sts:GetCallerIdentity",outcome="ok"} 1"#,
        r#"berth_aws_calls_total{operation="iam:GetRole",outcome="not_found"} 1"#,
        r#"berth_aws_call_duration_seconds_count{operation="iam:GetRole"} 1"#,
    ] {
        assert!(page.contains(line), "{line} is not in\n{page}");
    }
}

#[tokio::test]
async fn a_call_is_logged_with_its_operation_outcome_and_request_id() {
    let (log, _guard) = keep_log(LevelFilter::DEBUG);
    let aws = always(answer(404, &answers::error("NoSuchEntity", "no such role"))).await;

    session(&aws.uri()).await.role(&role_name()).await.unwrap_err();

    let text = log.text();
    let line = text.lines().find(|line| line.contains("berth_cloud_aws")).unwrap();
    for part in ["iam:GetRole", "not_found", "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE", "no such role"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
}

#[tokio::test]
async fn the_secret_shows_in_no_log_at_the_lowest_level_nor_in_an_error() {
    let (log, _guard) = keep_log(LevelFilter::TRACE);
    let aws = always(answer(403, &answers::error("SignatureDoesNotMatch", "wrong"))).await;
    let session = session(&aws.uri()).await;

    let errors = [session.caller_arn().await.unwrap_err(), session.role(&role_name()).await.unwrap_err()];

    let text = log.text();
    assert!(text.contains("TRACE") && text.contains("aws_sigv4"), "the SDK logs at this level");
    assert!(!text.contains(SECRET));
    assert!(!text.contains(&SECRET[..20]));
    assert!(!format!("{errors:?}").contains(&SECRET[..20]));
}
