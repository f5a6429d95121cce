//! Drift of one deployment: compares, writes down what is new and what is over, and tells of it.

use berth_domain::{
    deployment::{
        AwsId, Kind,
        blueprint::{Blueprint, Key},
        difference::What,
        drift::{Drift, News, drift, news, unsettled},
        state::{DriftFinding, KeptDrift, Work},
    },
    ids::EventId,
    webhook::{Event, EventKind},
};
use serde::Serialize;
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
    let kept = store.drift(deployment.id).await?;
    let unsettled = unsettled(&work.records, pass.inventory);
    let News { fresh, over, left } = news(&differences, &kept, &unsettled);
    if fresh.is_empty() && kept.is_empty() {
        return Ok(differences);
    }
    let mut inquiry = Inquiry::new(pass, work).await?;
    let (mut added, mut found_out) = (Vec::new(), Vec::new());
    for finding in fresh {
        let by = inquiry.about_new(finding).await;
        added.push(KeptDrift { finding: finding.clone(), since: now, by });
    }
    for kept in &left {
        if let Some(by) = inquiry.about_known(kept).await {
            found_out.push((kept.finding.clone(), by));
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
            metrics::counter!(DRIFT_FOUND, "what" => finding.difference.what().as_str()).increment(1);
        }
    }
    if !over.is_empty() && whole {
        events.push(event(pass, work, EventKind::DeploymentRestored, &[]));
        let description =
            format!("Subscription {name} in {} is as Berth built it again.", deployment.region);
        entries.push(entry(work.subscription.id, "Deployment restored", description));
    }
    let over: Vec<DriftFinding> = over.iter().map(|it| it.finding.clone()).collect();
    let change = berth_store::DriftChange { added, over, found_out, events, entries };
    store.replace_drift(pass.site, deployment.id, change, now).await?;
    Ok(differences)
}

/// A finding as webhooks are told of it.
#[derive(Serialize)]
struct Told<'a> {
    resource: Option<&'a Key>,
    kind: Kind,
    id: &'a AwsId,
    what: What,
    expected: String,
    found: String,
}

impl<'a> From<&'a DriftFinding> for Told<'a> {
    fn from(finding: &'a DriftFinding) -> Self {
        Self {
            resource: finding.resource.as_ref(),
            kind: finding.kind,
            id: &finding.id,
            what: finding.difference.what(),
            expected: finding.expected(),
            found: finding.found(),
        }
    }
}

fn event(pass: &Pass<'_>, work: &Work, kind: EventKind, findings: &[&DriftFinding]) -> Event {
    let environment = &pass.control.0.environment;
    let data = [
        ("accountId", json!(work.deployment.account_id.0)),
        ("subscriptionId", json!(work.subscription.id.0)),
        ("subscriptionName", json!(work.subscription.name.as_str())),
        ("deploymentId", json!(work.deployment.id.to_string())),
        ("region", json!(work.deployment.region)),
        ("findings", findings.iter().map(|it| json!(Told::from(*it))).collect()),
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
    let told = findings
        .iter()
        .take(3)
        .map(|it| format!("{}: expected {}, found {}", it.name(), it.expected(), it.found()));
    let told = told.collect::<Vec<_>>().join("; ");
    match findings.len().saturating_sub(3) {
        0 => told,
        more => format!("{told}; and {more} more"),
    }
}
