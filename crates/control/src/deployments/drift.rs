//! Drift of one deployment: compares, writes down what is new and what is over, and tells of it.

use berth_domain::{
    deployment::{
        blueprint::Blueprint,
        drift::{Drift, drift, unsettled},
        state::{DriftFinding, KeptDrift, Work},
    },
    ids::EventId,
    webhook::{Event, EventKind},
};
use serde_json::json;

use super::{entry, pass::Pass, whom::Inquiry};
use crate::{Error, metrics::DRIFT_FOUND};

/// Compares a deployment with AWS; gives what differs.
pub(super) async fn compare(
    pass: &Pass<'_>,
    work: &Work,
    blueprint: &Blueprint,
) -> Result<Vec<Drift>, Error> {
    let deployment = &work.deployment;
    let store = &pass.control.0.store;
    let now = pass.now();
    let differences = drift(blueprint, &work.records, pass.inventory);
    let found: Vec<DriftFinding> = differences.iter().cloned().map(DriftFinding::from).collect();
    let kept = store.drift(deployment.id).await?;
    let prints: Vec<String> = found.iter().map(DriftFinding::fingerprint).collect();
    // What is on its way somewhere, such as a node that starts, is not over before it has arrived.
    let unsettled = unsettled(&work.records, pass.inventory);
    let is_over =
        |it: &&KeptDrift| !prints.contains(&it.fingerprint) && !unsettled.contains(&it.finding.id);
    let (over, left): (Vec<&KeptDrift>, Vec<&KeptDrift>) = kept.iter().partition(is_over);
    let known = |print: &String| kept.iter().any(|it| it.fingerprint == *print);
    let fresh = found.into_iter().zip(prints.iter().cloned()).filter(|(_, print)| !known(print));
    let fresh: Vec<(DriftFinding, String)> = fresh.collect();
    if fresh.is_empty() && kept.is_empty() {
        return Ok(differences);
    }
    let mut inquiry = Inquiry::new(pass, work).await?;
    let (mut added, mut found_out) = (Vec::new(), Vec::new());
    for (finding, fingerprint) in fresh {
        let by = inquiry.about_new(&finding).await;
        added.push(KeptDrift { fingerprint, finding, since: now, by });
    }
    for kept in &left {
        if let Some(by) = inquiry.about_known(kept).await {
            found_out.push((kept.fingerprint.clone(), by));
        }
    }
    if added.is_empty() && over.is_empty() && found_out.is_empty() {
        return Ok(differences);
    }
    let whole = left.is_empty() && added.is_empty();
    let (mut events, mut entries) = (Vec::new(), Vec::new());
    let name = &work.subscription.name;
    if !added.is_empty() {
        let told: Vec<&DriftFinding> = added.iter().map(|it| &it.finding).collect();
        events.push(event(pass, work, EventKind::DeploymentDrifted, &told));
        let description =
            format!("Subscription {name} in {} was changed by others: {}", deployment.region, tell(&told));
        entries.push(entry(work.subscription.id, "Deployment drifted", description));
        for finding in &told {
            metrics::counter!(DRIFT_FOUND, "what" => finding.what.as_str()).increment(1);
        }
    }
    if !over.is_empty() && whole {
        events.push(event(pass, work, EventKind::DeploymentRestored, &[]));
        let description =
            format!("Subscription {name} in {} is as Berth built it again.", deployment.region);
        entries.push(entry(work.subscription.id, "Deployment restored", description));
    }
    let over: Vec<String> = over.iter().map(|it| it.fingerprint.clone()).collect();
    let change = berth_store::DriftChange { added, over, found_out, events, entries };
    store.replace_drift(pass.site, deployment.id, change, now).await?;
    Ok(differences)
}

fn event(pass: &Pass<'_>, work: &Work, kind: EventKind, findings: &[&DriftFinding]) -> Event {
    let environment = &pass.control.0.environment;
    let data = [
        ("accountId", json!(work.deployment.account_id.0)),
        ("subscriptionId", json!(work.subscription.id.0)),
        ("subscriptionName", json!(work.subscription.name.as_str())),
        ("deploymentId", json!(work.deployment.id.to_string())),
        ("region", json!(work.deployment.region)),
        ("findings", json!(findings)),
    ];
    Event {
        id: EventId(environment.uuid()),
        account_id: work.deployment.account_id,
        kind,
        at: pass.now(),
        data: data.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}

fn tell(findings: &[&DriftFinding]) -> String {
    let told = findings.iter().take(3).map(|it| {
        let name = it.resource.clone().unwrap_or_else(|| it.id.to_string());
        format!("{name}: expected {}, found {}", it.expected, it.found)
    });
    let told = told.collect::<Vec<_>>().join("; ");
    match findings.len().saturating_sub(3) {
        0 => told,
        more => format!("{told}; and {more} more"),
    }
}
