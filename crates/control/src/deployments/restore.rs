//! Restoring: puts right what others changed, one thing at a time, where the subscription's policy says so.

use std::collections::BTreeMap;

use berth_cloud::Advice;
use berth_domain::{
    account::{Actor, AuditEvent, Principal},
    deployment::{
        Kind,
        difference::Difference,
        drift::Drift,
        inventory::Inventory,
        record::Learnt,
        restore::{self, LIMIT_PERIOD, Next, Restorable, Restore, RestoreOutcome, RestorePolicy, Why},
        state::{Deployment, DriftFinding, Work},
    },
    ids::{RestoreId, SubscriptionId},
    task::ErrorType,
};
use berth_store::{RESTORES_KEPT, work::Kind as WorkKind};
use jiff::{SignedDuration, Timestamp};

use super::{RESOURCE, entry, pass::Pass, trouble};
use crate::{Control, Error, may_change, metrics::RESTORES, subscriptions};

/// How many restores of each deployment are shown.
const SHOWN: u64 = 50;
/// How much less often than a step's outcome the outcome of a restore is looked for: nobody waits at the screen.
const UNHURRIED: i32 = 5;

/// What was restored of a deployment, and what comes next.
#[derive(Clone, Debug)]
pub struct RestoreReport {
    /// The deployment.
    pub deployment: Deployment,
    /// Whether something is restored next, and what that waits for.
    pub next: Upcoming,
    /// What was restored, latest first.
    pub restores: Vec<Restore>,
}

/// What is restored next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upcoming {
    /// Nothing.
    Nothing,
    /// Something, with the next look.
    Due,
    /// Something, later.
    Waiting {
        /// What it waits for, in a sentence.
        why: String,
        /// Until when at the longest, where that is known.
        until: Option<Timestamp>,
    },
}

/// Puts one thing right, where something may be; gives when to look again, where that is sooner than usual.
pub(super) async fn put_back(
    pass: &Pass<'_>,
    work: &mut Work,
    found: &[Drift],
) -> Result<Option<Timestamp>, Error> {
    let Some(terms) = work.subscription.terms.pro().filter(|_| !found.is_empty()) else { return Ok(None) };
    let (store, id, settling) = (&pass.control.0.store, work.deployment.id, pass.settling());
    let policy = store.restore_policy(work.deployment.account_id, work.subscription.id).await?;
    let policy = policy.filter(|policy| !policy.kinds.is_empty());
    let Some(policy) = policy else { return Ok(None) };
    let possible: BTreeMap<&DriftFinding, &Drift> = found
        .iter()
        .filter(|drift| !drift.mend.is_empty() || is_lost(&drift.finding, pass.inventory))
        .map(|drift| (&drift.finding, drift))
        .collect();
    let mut kept = store.drift(id).await?;
    kept.retain(|it| Restorable::of(&it.finding).is_none() || possible.contains_key(&it.finding));
    let before = store.restores(id, settling.now - LIMIT_PERIOD, u64::from(u32::MAX)).await?;
    let poll = pass.control.0.provisioning.poll;
    match restore::next(&policy, &kept, &before, &terms.maintenance_windows, settling) {
        Next::Nothing => Ok(None),
        Next::Waiting(wait) if matches!(wait.why, Why::LastOne(_)) => Ok(Some(
            settling.now
                + SignedDuration::try_from(poll * UNHURRIED.unsigned_abs()).unwrap_or(SignedDuration::ZERO),
        )),
        Next::Waiting(wait) => Ok(wait.until),
        Next::Now(kept) => {
            carry_out(pass, work, possible[&kept.finding]).await?;
            Ok(Some(settling.now + poll))
        }
    }
}

/// A node that is certainly not there any more. One that is still shutting down is not lost yet.
fn is_lost(finding: &DriftFinding, inventory: &Inventory) -> bool {
    finding.kind == Kind::Instance
        && matches!(finding.difference, Difference::Terminated { .. } | Difference::Gone)
        && !inventory.has(Kind::Instance, &finding.id)
}

/// Asks AWS for what puts it right, written down before and after.
async fn carry_out(pass: &Pass<'_>, work: &mut Work, drift: &Drift) -> Result<(), Error> {
    let store = &pass.control.0.store;
    let restore = Restore {
        id: RestoreId(pass.control.0.environment.uuid()),
        finding: drift.finding.clone(),
        at: pass.now(),
        outcome: RestoreOutcome::Begun,
        message: None,
    };
    let (subscription, region) = (work.subscription.id, work.deployment.region.clone());
    let about = format!("Subscription {} in {region}", work.subscription.name);
    let event = entry(subscription, "Drift restored", format!("{about}: {}", tell(drift)));
    store.begin_restore(pass.site, work.deployment.id, &restore, event).await?;
    let (outcome, refusal) = match ask(pass, work, drift).await? {
        Ok(()) => (RestoreOutcome::Asked, None),
        Err(refusal) => {
            let description = format!("{about}: {}", refusal.message);
            let event = entry(subscription, "Drift not restored", description);
            (refusal.outcome, Some((refusal.message, event)))
        }
    };
    metrics::counter!(RESTORES, "outcome" => outcome.as_str()).increment(1);
    store.end_restore(pass.site, restore.id, outcome, refusal, pass.now()).await?;
    Ok(())
}

/// What AWS did not do.
struct Refusal {
    outcome: RestoreOutcome,
    message: String,
}

async fn ask(pass: &Pass<'_>, work: &mut Work, drift: &Drift) -> Result<Result<(), Refusal>, Error> {
    let Some(key) = &drift.finding.resource else { return Ok(Ok(())) };
    if drift.mend.is_empty() {
        // Off the record, it is built again like any node that is missing: in the same subnet, with an intent.
        pass.note(work, &[Learnt::Gone(key.clone())]).await?;
        return Ok(Ok(()));
    }
    for change in &drift.mend {
        may_change(pass.site.lease())?;
        if let Err(error) = pass.ec2.change(change).await {
            // What can pass by itself is tried again as soon as AWS had time to show what it did.
            let outcome = match error.kind.advice() {
                Advice::Fail => RestoreOutcome::Refused,
                Advice::Retry | Advice::WaitForAccess => RestoreOutcome::Begun,
            };
            let message = trouble::of_step(key, change.action(), &error).told();
            return Ok(Err(Refusal { outcome, message }));
        }
    }
    Ok(Ok(()))
}

fn tell(drift: &Drift) -> String {
    let finding = &drift.finding;
    let (name, id) = (finding.name(), &finding.id);
    let (expected, found) = (finding.expected(), finding.found());
    match drift.mend.is_empty() {
        true => format!("{name} ({id}) is replaced by a new one: expected {expected}, found {found}"),
        false => format!("{name} ({id}) is put right: expected {expected}, found {found}"),
    }
}

impl Control {
    /// What of a subscription is restored.
    ///
    /// Errors: [`Error::Rejected`] when the caller's account has no such subscription.
    pub async fn restore_policy(&self, by: &Principal, id: SubscriptionId) -> Result<RestorePolicy, Error> {
        self.view_subscription(by, id).await?;
        Ok(self.0.store.restore_policy(by.account_id, id).await?.unwrap_or_default())
    }

    /// Sets what of a subscription is restored; what has drifted already is looked at now.
    ///
    /// Errors: [`Error::Rejected`] when the caller's account has no such subscription, or Berth built nothing for it.
    pub async fn set_restore_policy(
        &self,
        by: &Principal,
        id: SubscriptionId,
        policy: &RestorePolicy,
    ) -> Result<(), Error> {
        let subscription = self.view_subscription(by, id).await?;
        if subscription.terms.pro().is_none() {
            let message = "The operator keeps this subscription on record, and Berth built nothing for it: there \
                           is nothing to restore.";
            return Err(Error::rejected(ErrorType::BadRequest, message));
        }
        let event = AuditEvent {
            actor: Actor::from(by),
            resource: RESOURCE,
            resource_id: Some(id.0),
            kind: "Restore policy changed",
            description: format!("Subscription {}: {policy}.", subscription.name),
        };
        let now = self.0.environment.now();
        let done = self.0.store.set_restore_policy(by.account_id, id, policy, event, now).await;
        done.map_err(|error| subscriptions::rejected(error, Some(id)))?;
        self.0.wakes.wake(WorkKind::Sites);
        Ok(())
    }

    /// What was restored of a subscription, and what comes next.
    ///
    /// Errors: [`Error::Rejected`] when the caller's account has no such subscription.
    pub async fn restores(&self, by: &Principal, id: SubscriptionId) -> Result<Vec<RestoreReport>, Error> {
        let policy = self.restore_policy(by, id).await?;
        let settling = self.settling();
        let since = settling.now - RESTORES_KEPT;
        let mut reports = Vec::new();
        for work in self.0.store.deployments(by.account_id, id).await?.unwrap_or_default() {
            let deployment = work.deployment;
            let kept = self.0.store.drift(deployment.id).await?;
            let lately =
                self.0.store.restores(deployment.id, settling.now - LIMIT_PERIOD, u64::from(u32::MAX));
            let lately = lately.await?;
            let next = match work.subscription.terms.pro() {
                None => Upcoming::Nothing,
                Some(terms) => {
                    match restore::next(&policy, &kept, &lately, &terms.maintenance_windows, settling) {
                        Next::Nothing => Upcoming::Nothing,
                        Next::Now(_) => Upcoming::Due,
                        Next::Waiting(wait) => {
                            Upcoming::Waiting { why: wait.why.to_string(), until: wait.until }
                        }
                    }
                }
            };
            let restores = self.0.store.restores(deployment.id, since, SHOWN).await?;
            reports.push(RestoreReport { deployment, next, restores });
        }
        Ok(reports)
    }
}
