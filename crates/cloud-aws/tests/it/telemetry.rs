//! What the calls leave in metrics and logs, and what they must not.

use std::{cell::RefCell, io, sync::Once};

use metrics_exporter_prometheus::PrometheusBuilder;
use tracing::level_filters::LevelFilter;
use wiremock::MockServer;

use crate::{
    answers,
    server::{SECRET, always, answer, on, role_name, session},
};

thread_local! {
    /// What this test's thread has logged, once it began to keep it.
    static KEPT: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Keeps what is logged by the thread that logs it, if it keeps anything.
struct OfThisThread;

impl io::Write for OfThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        KEPT.with_borrow_mut(|kept| kept.iter_mut().for_each(|kept| kept.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From here on, what this thread logs is kept, on every level. One subscriber serves all tests: `tracing` may decide
/// by whatever thread comes first whether anybody wants an event at all.
fn keep_log() {
    static SUBSCRIBED: Once = Once::new();
    SUBSCRIBED.call_once(|| {
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_max_level(LevelFilter::TRACE);
        subscriber.with_writer(|| OfThisThread).init();
    });
    KEPT.set(Some(Vec::new()));
}

fn log() -> String {
    KEPT.with_borrow(|kept| String::from_utf8_lossy(kept.as_deref().unwrap_or_default()).into_owned())
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
    keep_log();
    let aws = always(answer(404, &answers::error("NoSuchEntity", "no such role"))).await;

    session(&aws.uri()).await.role(&role_name()).await.unwrap_err();

    let text = log();
    let line =
        text.lines().find(|line| line.contains("DEBUG") && line.contains("berth_cloud_aws")).unwrap();
    for part in ["iam:GetRole", "not_found", "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE", "no such role"] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
}

#[tokio::test]
async fn the_secret_shows_in_no_log_at_the_lowest_level_nor_in_an_error() {
    keep_log();
    let aws = always(answer(403, &answers::error("SignatureDoesNotMatch", "wrong"))).await;
    let session = session(&aws.uri()).await;

    let errors = [session.caller_arn().await.unwrap_err(), session.role(&role_name()).await.unwrap_err()];

    let text = log();
    assert!(text.contains("TRACE") && text.contains("aws_sigv4"), "the SDK logs at this level");
    assert!(!text.contains(SECRET));
    assert!(!text.contains(&SECRET[..20]));
    assert!(!format!("{errors:?}").contains(&SECRET[..20]));
}
