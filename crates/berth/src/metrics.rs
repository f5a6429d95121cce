//! The recorder behind `/metrics`.

use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;

/// From a request that never left the process to a verification at its limit, in seconds.
const DURATIONS: &[f64] =
    &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0];

/// How often samples are folded into buckets. They pile up in between while nobody reads `/metrics`.
const UPKEEP: Duration = Duration::from_secs(10);

/// Gauges are set whenever `/metrics` is read. One that was not set this time, such as that of a node that is gone, is
/// forgotten when it is older than this.
const GAUGES_LAST: Duration = Duration::from_secs(1);

/// Installs the recorder. Call once.
pub(crate) fn install() -> anyhow::Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), DURATIONS)
        .map(|builder| builder.idle_timeout(MetricKindMask::GAUGE, Some(GAUGES_LAST)))
        .and_then(PrometheusBuilder::install_recorder)
        .context("the metrics recorder cannot be installed")?;
    berth_cloud_aws::describe_metrics();
    berth_control::describe_metrics();
    Ok(recorder)
}

/// Keeps the recorder small. Never ends by itself.
pub(crate) async fn upkeep(handle: PrometheusHandle) {
    let mut interval = tokio::time::interval(UPKEEP);
    loop {
        interval.tick().await;
        handle.run_upkeep();
    }
}
