//! One pass over the deployments of one AWS account in one region.

use std::collections::BTreeSet;

use berth_cloud::ec2::Ec2;
use berth_domain::{
    deployment::{
        AwsId, Kind,
        blueprint::{Blueprint, Key},
        inventory::{Inventory, Look},
        plan::{Plan, diff, learn},
        record::{Learnt, Record, Settling},
        state::{DeploymentState, Work},
        teardown::{clearing, teardown},
    },
    subscription::SubscriptionStatus,
};
use berth_store::{Progress, Site, SubscriptionMove, work::Then};
use jiff::{SignedDuration, Timestamp};

use super::{
    clients::Clients,
    drift, entry, restore,
    steps::{Outcome, take},
    trouble::{self, Verdict},
    zones,
};
use crate::{Control, Error};

/// How long a site is left alone at which nothing is to be done.
const NOTHING_TO_DO: SignedDuration = SignedDuration::from_hours(1);
/// How long to wait for whoever owns what stands in the way of a removal.
const BLOCKED: SignedDuration = SignedDuration::from_secs(30);

/// How many deployments one look at AWS serves: more than a region of an AWS account has room for, and few enough to
/// hold in memory.
const AT_A_TIME: u64 = 50;

/// Works on everything that is due at a site; gives when it is due again.
pub(super) async fn over(control: &Control, site: &Site) -> Result<Then, Error> {
    let mut now = control.0.environment.now();
    let (mut next, mut found) = round(control, site, now).await?;
    if let Some(first) = next.iter().min().copied().filter(|_| !found.acted) {
        // The site is due, so what comes first is, by the clock of whoever planned it.
        now = first.max(now);
        (next, found) = round(control, site, now).await?;
    }
    if !found.any {
        return Ok(Then::Done);
    }
    let now = control.0.environment.now();
    Ok(Then::Again(next.into_iter().min().map_or(NOTHING_TO_DO, |next| now.duration_until(next))))
}

/// What a round over a site found.
#[derive(Default)]
struct Found {
    /// Whether there is any deployment.
    any: bool,
    /// Whether one was due.
    acted: bool,
}

/// Works on what is due by then; gives when it, and the others, are due again.
async fn round(control: &Control, site: &Site, now: Timestamp) -> Result<(Vec<Timestamp>, Found), Error> {
    let (mut next, mut last, mut found) = (Vec::new(), None, Found::default());
    loop {
        let works = control.0.store.work_at(site, last, AT_A_TIME).await?;
        let Some(work) = works.last() else { break };
        last = Some(work.deployment.id);
        found.any = true;
        let mut due = Vec::new();
        for work in works {
            match due_at(control, &work) {
                Some(at) if at <= now => due.push(work),
                later => next.extend(later),
            }
        }
        if !due.is_empty() {
            found.acted = true;
            next.extend(look_and_act(control, site, due).await?);
        }
    }
    Ok((next, found))
}

/// When there is something to do for a deployment; `None`: when somebody asks for it.
fn due_at(control: &Control, work: &Work) -> Option<Timestamp> {
    let deployment = &work.deployment;
    let at_once = Timestamp::UNIX_EPOCH;
    let removing = work.subscription.status == SubscriptionStatus::Deleting;
    match deployment.state {
        // Its removal was given up.
        DeploymentState::Removing if work.subscription.status == SubscriptionStatus::Error => None,
        DeploymentState::Failed if !removing => watched(control, work),
        DeploymentState::Built if !removing && !is_changed(work) => watched(control, work),
        _ => Some(deployment.next_at.unwrap_or(at_once)),
    }
}

/// When a deployment at which nothing is to be done is looked at for drift.
fn watched(control: &Control, work: &Work) -> Option<Timestamp> {
    let deployment = &work.deployment;
    let compared = deployment.compared_at.map(|at| at + control.0.provisioning.drift_every);
    Some(deployment.next_at.or(compared).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// Whether something was ordered that is not in place yet.
fn is_changed(work: &Work) -> bool {
    let wanted = blueprint(work);
    let in_place = |record: &Record| {
        let spec = wanted.get(&record.key);
        spec.is_none() || record.in_place.as_ref() == spec
    };
    !work.records.iter().all(in_place)
}

/// Whether everything was in place once. What is on its way is not compared: it would look as if all were well.
fn is_whole(work: &Work, blueprint: &Blueprint) -> bool {
    let in_place = |key: &Key| work.records.iter().any(|it| it.key == *key && it.in_place.is_some());
    blueprint.resources.iter().all(|resource| in_place(&resource.key))
}

/// What a deployment is to have, with the clients that its subscription lets in.
pub(super) fn blueprint(work: &Work) -> Blueprint {
    let blueprint = work.deployment.blueprint.clone();
    match work.subscription.terms.pro() {
        Some(terms) => blueprint.with_access(&terms.allow_list),
        None => blueprint,
    }
}

async fn look_and_act(control: &Control, site: &Site, due: Vec<Work>) -> Result<Vec<Timestamp>, Error> {
    let cloud_accounts = due.iter().map(|work| work.deployment.cloud_account_id).collect();
    let clients = Clients::open(control, site.account, cloud_accounts, &site.region, "deployments").await?;
    let seen = clients.ask(|ec2| look(control, ec2, &due)).await;
    let mut next = Vec::with_capacity(due.len());
    for work in due {
        let cloud_account = work.deployment.cloud_account_id;
        let at = match (clients.of(cloud_account), &seen) {
            (Some(ec2), Ok(inventory)) => Pass { control, site, ec2, inventory }.advance(work).await?,
            (_, seen) => {
                let refusal = seen.as_ref().err().and_then(|refusals| refusals.of(cloud_account));
                let failure = refusal.map_or_else(trouble::no_cloud_account, trouble::of_looking);
                paused(control, site, &work, failure).await?
            }
        };
        next.extend(at);
    }
    Ok(next)
}

/// One look at AWS for all of these deployments; a second one only at volumes that somebody attached.
async fn look(control: &Control, ec2: &dyn Ec2, due: &[Work]) -> Result<Inventory, berth_cloud::Error> {
    let (key, value) = control.0.verifier.settings().profile.tag;
    let mut look = Look { tag: (key.to_owned(), value.to_owned()), ..Look::default() };
    for record in due.iter().flat_map(|work| &work.records) {
        let Some(id) = &record.aws_id else { continue };
        look.known.entry(record.kind).or_default().insert(id.clone());
        if record.key == Key::vpc() {
            look.own_vpcs.insert(id.clone());
        }
    }
    let mut inventory = ec2.inventory(&look).await?;
    let attached =
        inventory.instances.iter().filter_map(|it| it.volumes.as_ref()).flat_map(|it| it.values());
    let strange: BTreeSet<AwsId> =
        attached.filter(|id| !inventory.has(Kind::Volume, id)).cloned().collect();
    if !strange.is_empty() {
        let volumes = Look { tag: look.tag, known: [(Kind::Volume, strange)].into(), ..Look::default() };
        let known = |inventory: &Inventory, id: &AwsId| inventory.has(Kind::Volume, id);
        let more = ec2.inventory(&volumes).await?.volumes;
        let more: Vec<_> = more.into_iter().filter(|it| !known(&inventory, &it.id)).collect();
        inventory.volumes.extend(more);
    }
    Ok(inventory)
}

/// Writes down that nothing can be done for a deployment just now; gives when to try again.
async fn paused(
    control: &Control,
    site: &Site,
    work: &Work,
    failure: trouble::Failure,
) -> Result<Option<Timestamp>, Error> {
    let now = control.0.environment.now();
    let (trouble, _) = failure.again(work.deployment.trouble.as_ref(), now);
    let at = now + trouble::backoff(trouble.attempts, control.0.environment.number());
    // What was given up stays so, for the reason it was given up for.
    let given_up = work.deployment.state == DeploymentState::Failed;
    let trouble = if given_up { work.deployment.trouble.clone() } else { Some(trouble) };
    let progress = Progress {
        state: work.deployment.state,
        trouble,
        next_at: Some(at),
        compared_at: None,
        subscription: None,
    };
    control.0.store.set_progress(site, &work.deployment, progress, now).await?;
    Ok(Some(at))
}

/// What one pass works with.
pub(super) struct Pass<'a> {
    pub(super) control: &'a Control,
    pub(super) site: &'a Site,
    pub(super) ec2: &'a dyn Ec2,
    pub(super) inventory: &'a Inventory,
}

impl Pass<'_> {
    /// Does a few steps for one deployment; gives when it is due again.
    async fn advance(&self, mut work: Work) -> Result<Option<Timestamp>, Error> {
        match work.subscription.status {
            SubscriptionStatus::Deleting => self.remove(&mut work).await,
            _ if work.deployment.state == DeploymentState::Removing => self.remove(&mut work).await,
            _ if work.deployment.state == DeploymentState::Failed => self.watch(&work).await.map(Some),
            _ => self.build(&mut work).await,
        }
    }

    pub(super) fn settling(&self) -> Settling {
        self.control.settling()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.control.0.environment.now()
    }

    async fn build(&self, work: &mut Work) -> Result<Option<Timestamp>, Error> {
        let blueprint = blueprint(work);
        loop {
            let learnt = learn(&blueprint, &work.records, self.inventory, self.settling());
            if learnt.is_empty() {
                break;
            }
            self.note(work, &learnt).await?;
            if learnt.iter().any(|it| matches!(it, Learnt::Found(key, _) if *key == Key::vpc())) {
                // What is in it, and its attributes, are looked at only when it is known to be Berth's.
                return self
                    .go_on(work, DeploymentState::Building, &Plan::default(), Outcome::default())
                    .await;
            }
        }
        let plan = match self.clear(work, &blueprint).await? {
            Some(clearing) => clearing,
            None => diff(&blueprint, &work.records, self.inventory, self.settling()),
        };
        if plan.is_done() {
            return self.built(work, &blueprint).await.map(Some);
        }
        let built = work.deployment.state == DeploymentState::Built;
        if built && is_whole(work, &blueprint) {
            // While a change is under way, or does not get on, others may change things too.
            drift::compare(self, work, &blueprint).await?;
        }
        let outcome = take(self, work, &plan.steps).await?;
        let state = if built { DeploymentState::Built } else { DeploymentState::Building };
        self.go_on(work, state, &plan, outcome).await
    }

    /// What to do to remove what the blueprint no longer has; `None` when nothing of it is left.
    async fn clear(&self, work: &mut Work, blueprint: &Blueprint) -> Result<Option<Plan>, Error> {
        let gone = |record: &&Record| blueprint.get(&record.key).is_none();
        let left: Vec<Key> = work.records.iter().filter(gone).map(|record| record.key.clone()).collect();
        if left.is_empty() {
            return Ok(None);
        }
        let plan = clearing(blueprint, &work.records, self.inventory, self.settling());
        if !plan.is_done() {
            return Ok(Some(plan));
        }
        let gone: Vec<Learnt> = left.into_iter().map(Learnt::Gone).collect();
        self.note(work, &gone).await?;
        Ok(None)
    }

    /// Nothing is to be done until somebody asks for another try: only looks for drift.
    async fn watch(&self, work: &Work) -> Result<Timestamp, Error> {
        drift::compare(self, work, &blueprint(work)).await?;
        let (now, next) = (self.now(), self.next_comparison());
        let progress = Progress {
            state: work.deployment.state,
            trouble: work.deployment.trouble.clone(),
            next_at: Some(next),
            compared_at: Some(now),
            subscription: None,
        };
        self.control.0.store.set_progress(self.site, &work.deployment, progress, now).await?;
        Ok(next)
    }

    /// A tenth earlier or later than usual, so that not all deployments are looked at together for ever.
    fn next_comparison(&self) -> Timestamp {
        let every = self.control.0.provisioning.drift_every;
        let jitter = every * i32::from(self.control.0.environment.number() as u8) / (10 * 128);
        self.now() + every - every / 10 + jitter
    }

    /// Writes down what was learnt, in the store and in `work`.
    pub(super) async fn note(&self, work: &mut Work, learnt: &[Learnt]) -> Result<(), Error> {
        self.control.0.store.note(self.site, work.deployment.id, learnt).await?;
        for learnt in learnt {
            let (Learnt::Found(key, _) | Learnt::InPlace(key, _) | Learnt::Gone(key)) = learnt;
            let gone = [key.clone(), key.root_volume(), key.data_volume()];
            let record = work.records.iter_mut().find(|record| record.key == *key);
            match (learnt, record) {
                (Learnt::Found(_, id), Some(record)) => record.aws_id = Some(id.clone()),
                (Learnt::InPlace(_, spec), Some(record)) => record.in_place = Some((**spec).clone()),
                (Learnt::Gone(_), _) => work.records.retain(|record| !gone.contains(&record.key)),
                (_, None) => {}
            }
        }
        Ok(())
    }

    /// Everything is in place: says so, looks for drift, and puts right what it may.
    async fn built(&self, work: &mut Work, blueprint: &Blueprint) -> Result<Timestamp, Error> {
        let now = self.now();
        let found = drift::compare(self, work, blueprint).await?;
        let soon = restore::put_back(self, work, &found).await?;
        let next = self.next_comparison();
        let next = soon.map_or(next, |soon| next.min(soon));
        let subscription = &work.subscription;
        let description =
            format!("Subscription {} is built in {}.", subscription.name, subscription.regions.join(", "));
        let progress = Progress {
            state: DeploymentState::Built,
            trouble: None,
            next_at: Some(next),
            compared_at: Some(now),
            subscription: Some(SubscriptionMove {
                from: SubscriptionStatus::Pending,
                to: SubscriptionStatus::Active,
                reason: None,
                event: entry(subscription.id, "Subscription active", description),
            }),
        };
        self.control.0.store.set_progress(self.site, &work.deployment, progress, now).await?;
        Ok(next)
    }

    async fn remove(&self, work: &mut Work) -> Result<Option<Timestamp>, Error> {
        let plan = teardown(&work.records, self.inventory, self.settling());
        if plan.is_done() {
            let subscription = &work.subscription;
            let description = format!(
                "Subscription {} and everything Berth built for it are deleted.",
                subscription.name
            );
            let event = entry(subscription.id, "Subscription deleted", description);
            let store = &self.control.0.store;
            store.remove_deployment(self.site, &work.deployment, event, self.now()).await?;
            return Ok(None);
        }
        let outcome = take(self, work, &plan.steps).await?;
        self.go_on(work, DeploymentState::Removing, &plan, outcome).await
    }

    /// Writes down what came of the steps; gives when to look again.
    async fn go_on(
        &self,
        work: &Work,
        state: DeploymentState,
        plan: &Plan,
        outcome: Outcome,
    ) -> Result<Option<Timestamp>, Error> {
        let now = self.now();
        let before = work.deployment.trouble.as_ref();
        let poll = self.control.0.provisioning.poll;
        let compared = state == DeploymentState::Built && is_whole(work, &blueprint(work));
        let compared_at = compared.then_some(now);
        let mut progress =
            Progress { state, trouble: None, next_at: None, compared_at, subscription: None };
        if let Some(failure) = outcome.failure {
            let full = failure.without_machine();
            let (trouble, verdict) = failure.again(before, now);
            tracing::warn!(deployment = %work.deployment.id, resource = trouble.resource, action = trouble.action, attempts = trouble.attempts, "{}", trouble.message);
            let tried = trouble.attempts >= zones::PATIENCE_WITH_A_ZONE;
            let moved = match full.filter(|_| tried) {
                Some(node) => zones::leave(self, work, &node).await?,
                None => false,
            };
            match verdict {
                _ if moved => progress.next_at = Some(now + poll),
                Verdict::Again => {
                    progress.next_at =
                        Some(now + trouble::backoff(trouble.attempts, self.control.0.environment.number()));
                }
                Verdict::GiveUp => {
                    let removing = state == DeploymentState::Removing;
                    progress.state = if removing { state } else { DeploymentState::Failed };
                    let reason = format!("{} {}", trouble.message, trouble.remedy);
                    let description = format!(
                        "Subscription {} could not be carried on: {reason}",
                        work.subscription.name
                    );
                    progress.subscription = Some(SubscriptionMove {
                        from: work.subscription.status,
                        to: SubscriptionStatus::Error,
                        reason: Some(reason),
                        event: entry(work.subscription.id, "Subscription error", description),
                    });
                }
            }
            progress.trouble = Some(trouble).filter(|_| !moved);
        } else if plan.steps.is_empty() && !plan.blocked.is_empty() {
            progress.trouble = Some(trouble::blocked(&plan.blocked, before, now));
            progress.next_at = Some(now + BLOCKED);
        } else {
            // AWS takes a moment to show what was done; without a pause, the same would be done again.
            progress.next_at = Some(now + poll);
        }
        let next = progress.next_at;
        self.control.0.store.set_progress(self.site, &work.deployment, progress, now).await?;
        Ok(next)
    }
}
