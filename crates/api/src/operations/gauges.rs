//! Gauges of deployments and their nodes, set whenever `GET /metrics` is read.

use berth_control::{
    Control,
    deployments::{MOST_GAUGES, NodeGauge},
};
use berth_domain::deployment::{
    difference::What,
    monitoring::{Figure, Health},
    state::DeploymentState,
};
use metrics::{Unit, describe_gauge, gauge};

const DEPLOYMENTS: &str = "berth_deployments";
const DRIFT: &str = "berth_drift_findings";
const NODES: &str = "berth_nodes";
const CHECK: &str = "berth_node_check";
const CPU: &str = "berth_node_cpu_percent";
const NETWORK: &str = "berth_node_network_bytes";
const VOLUMES: &str = "berth_node_volume_bytes";

fn describe() {
    describe_gauge!(DEPLOYMENTS, "Deployments by state, over all accounts.");
    describe_gauge!(DRIFT, "Differences between what Berth built and what is there now, by kind.");
    describe_gauge!(
        NODES,
        format!(
            "Nodes by AWS's check (system, instance) and its outcome, of the first {MOST_GAUGES} nodes."
        )
    );
    describe_gauge!(
        CHECK,
        format!(
            "1 when a node passed AWS's check, 0 when it failed, NaN when AWS does not know yet; of the first \
             {MOST_GAUGES} nodes."
        )
    );
    describe_gauge!(CPU, Unit::Percent, "A node's latest CPU use, by CloudWatch.");
    describe_gauge!(
        NETWORK,
        Unit::Bytes,
        "What a node received (in) and sent (out) in the latest minute that CloudWatch tells of."
    );
    describe_gauge!(
        VOLUMES,
        Unit::Bytes,
        "What a node's volumes read and wrote in the latest minute that CloudWatch tells of."
    );
}

/// Sets all of them. What the database does not tell is `NaN`, or left out where it is told node by node.
pub(crate) async fn set(control: &Control) {
    describe();
    let counts = control.deployment_counts().await.inspect_err(|error| {
        tracing::warn!(%error, "deployments could not be counted for the metrics");
    });
    for state in DeploymentState::ALL {
        let of = |counts: &Vec<(_, u64)>| counts.iter().find(|(s, _)| *s == state).map_or(0, |(_, n)| *n);
        gauge!(DEPLOYMENTS, "state" => state.as_str()).set(number(counts.as_ref().ok().map(of)));
    }
    let drift = control.drift_by_kind().await.inspect_err(|error| {
        tracing::warn!(%error, "drift could not be counted for the metrics");
    });
    for what in What::ALL {
        let count = drift.as_ref().ok().map(|drift| drift.get(&what).copied().unwrap_or_default());
        gauge!(DRIFT, "what" => what.as_str()).set(number(count));
    }
    let nodes = control.node_gauges().await.inspect_err(|error| {
        tracing::warn!(%error, "nodes could not be looked up for the metrics");
    });
    let nodes = nodes.unwrap_or_default();
    for (check, of) in CHECKS {
        for health in Health::ALL {
            let count = nodes.iter().filter(|node| of(node) == Some(health)).count();
            gauge!(NODES, "check" => check, "health" => health.as_str()).set(count as f64);
        }
    }
    nodes.iter().for_each(set_node);
}

type CheckOf = fn(&NodeGauge) -> Option<Health>;
const CHECKS: [(&str, CheckOf); 2] = [("system", |node| node.system), ("instance", |node| node.instance)];

/// Better no number than one from before the database went away.
fn number(count: Option<u64>) -> f64 {
    count.map_or(f64::NAN, |count| count as f64)
}

fn set_node(one: &NodeGauge) {
    let (deployment, node) = (one.deployment.to_string(), one.node.clone());
    for (check, of) in CHECKS {
        let passed = match of(one) {
            None => continue,
            Some(Health::Ok) => 1.0,
            Some(Health::Impaired) => 0.0,
            Some(Health::Unknown) => f64::NAN,
        };
        gauge!(CHECK, "deployment" => deployment.clone(), "node" => node.clone(), "check" => check)
            .set(passed);
    }
    for (figure, number) in &one.figures {
        let (name, label, value) = match figure {
            Figure::Cpu => (CPU, "statistic", "average"),
            Figure::NetworkIn => (NETWORK, "direction", "in"),
            Figure::NetworkOut => (NETWORK, "direction", "out"),
            Figure::VolumeRead => (VOLUMES, "operation", "read"),
            Figure::VolumeWrite => (VOLUMES, "operation", "write"),
        };
        gauge!(name, "deployment" => deployment.clone(), "node" => node.clone(), label => value)
            .set(*number);
    }
}
