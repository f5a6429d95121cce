//! One verification of a registered cloud account: from the claim to what is written down.

use berth_domain::{
    access::Purpose,
    account::{Actor, AuditEvent},
    cloud_account::CloudAccount,
    findings::{Conclusion, Finding, Report},
    health::{Cause, Health, Transition, Verification},
    ids::{AccountId, CloudAccountId, EventId, VerificationId},
    task::ErrorType,
    webhook::{Event, EventKind},
};
use berth_store::{ClaimedCheck, Error as StoreError, FinishedCheck, News};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    Control, Error,
    cloud_accounts::{RESOURCE, not_found},
    environment::Environment,
    stored,
    verify::{Patience, Tell, Verifier},
};

/// The metric that counts what became of every check.
pub(super) const CHECKS: &str = "berth_health_checks_total";
/// How many failures a webhook is told of: a policy that is gone is sixty, and receivers limit their bodies.
const MOST_TOLD: usize = 20;

/// Takes a cloud account to verify it now, whoever has it.
pub(crate) async fn begin(
    control: &Control,
    account: AccountId,
    id: CloudAccountId,
) -> Result<ClaimedCheck, Error> {
    let owner = control.0.environment.uuid().simple().to_string();
    let claimed = control.0.store.begin_check(&owner, account, id).await.map_err(|error| match error {
        StoreError::NotActive => Error::rejected(
            ErrorType::CloudAccountNotActive,
            "The cloud account is being deleted, so there is nothing to verify any more.",
        ),
        error => error.into(),
    })?;
    claimed.ok_or_else(|| not_found(id))
}

/// Verifies a claimed cloud account with what is stored of it, and writes down what that found, unless somebody
/// claimed, changed or deleted the account meanwhile.
///
/// An error means that nothing was written.
pub(crate) async fn check(
    control: &Control,
    verifier: &Verifier,
    claimed: ClaimedCheck,
    cause: Cause,
    actor: Actor,
    tell: Tell<'_>,
) -> Result<Report, Error> {
    let ClaimedCheck { account, secrets, lease } = claimed;
    let candidate = stored::open(&control.0.vault, &account, &secrets)?;
    let report = verifier.verify_aloud(&candidate, &Purpose::named("health"), Patience::None, tell).await;

    let environment = &control.0.environment;
    let now = environment.now();
    let conclusion = report.conclusion();
    let (health, transition) = account.health.after(report.at, conclusion, &report.findings);
    let check = FinishedCheck {
        verification: verification(environment, &report, cause),
        next_check_in: now.duration_until(control.schedule().next(
            account.id,
            conclusion,
            now,
            environment.number(),
        )),
        news: transition
            .map(|transition| news(environment, actor, &account, &health, transition, report.at)),
        health,
    };
    let written = control.0.store.finish_check(&lease, check).await?;
    observe(conclusion, written.then_some(transition).flatten(), written);
    Ok(report)
}

/// What is kept of a verification.
pub(crate) fn verification(environment: &Environment, report: &Report, cause: Cause) -> Verification {
    let id = VerificationId(environment.uuid());
    Verification::new(id, report.at, report.conclusion(), &report.findings, report.took, cause)
}

fn news(
    environment: &Environment,
    actor: Actor,
    account: &CloudAccount,
    health: &Health,
    transition: Transition,
    at: Timestamp,
) -> News {
    let name = &account.name;
    let findings = match health {
        Health::Working => &[][..],
        Health::Failing { findings, .. } => findings,
    };
    let (audit, description, kind) = match transition {
        Transition::Degraded => (
            "Cloud account degraded",
            format!("Access to cloud account {name} stopped working: {}", summary(findings)),
            EventKind::CloudAccountDegraded,
        ),
        Transition::Recovered => (
            "Cloud account recovered",
            format!("Access to cloud account {name} works again."),
            EventKind::CloudAccountRecovered,
        ),
    };
    let resource_id = Some(account.id.0);
    let audit = AuditEvent { actor, resource: RESOURCE, resource_id, kind: audit, description };
    let id = EventId(environment.uuid());
    let data = data(account, findings);
    News { audit, event: Event { id, account_id: account.account_id, kind, at, data } }
}

/// What webhooks are told: which cloud account, and of each failure what was found and what to do.
fn data(account: &CloudAccount, findings: &[Finding]) -> Map<String, Value> {
    let findings: Vec<_> = findings
        .iter()
        .take(MOST_TOLD)
        .map(|finding| {
            let told = finding.told();
            json!({
                "check": told.check.as_str(),
                "action": told.action,
                "message": told.message,
                "remedy": told.remedy,
            })
        })
        .collect();
    [
        ("accountId", json!(account.account_id.0)),
        ("cloudAccountId", json!(account.id.0)),
        ("cloudAccountName", json!(account.name.as_str())),
        ("awsAccountId", json!(account.aws_account_id.as_str())),
        ("findings", Value::Array(findings)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect()
}

/// The first failure in its own words, and how many more there are.
fn summary(findings: &[Finding]) -> String {
    let first = findings.first().map_or_else(String::new, |finding| finding.message.clone());
    match findings.len() {
        0 | 1 => first,
        more => format!("{first} And {} more.", more - 1),
    }
}

fn observe(conclusion: Conclusion, transition: Option<Transition>, written: bool) {
    let outcome = if written { conclusion.as_str() } else { "superseded" };
    metrics::counter!(CHECKS, "outcome" => outcome).increment(1);
    match transition {
        Some(Transition::Degraded) => tracing::warn!("the account's access stopped working"),
        Some(Transition::Recovered) => tracing::info!("the account's access works again"),
        None if !written => {
            tracing::info!(
                "somebody claimed, changed or deleted the account meanwhile; nothing was written"
            );
        }
        None => {}
    }
}
