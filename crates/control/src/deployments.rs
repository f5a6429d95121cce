//! Deployments: what is built in customers' AWS accounts for their subscriptions, and the reconciler that builds it,
//! changes it, removes it, and looks whether it is still as it was built.
//!
//! The reconciler takes no input. It takes the site that is due (one AWS account in one region), looks at AWS once for
//! all its deployments, does a few steps for each, writes down what came of it, and gives the site back.

mod clients;
mod drift;
mod key_pair;
mod monitoring;
mod pass;
mod planning;
mod restore;
mod steps;
mod trouble;
mod view;
mod whom;
mod zones;

use std::{sync::Arc, time::Duration};

use berth_cloud::ec2::{Ec2, ImageChoice};
use berth_domain::{
    access::Purpose,
    account::{Actor, AuditEvent},
    deployment::record::Settling,
    ids::{AccountId, CloudAccountId, SubscriptionId},
};
use berth_store::Site;
use jiff::SignedDuration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    Control, Error,
    metrics::{PASS_DURATION, PASSES},
    reconciler::{AFTER_FAILURE, Reconciler, keep_up},
    stored,
};

pub use berth_store::NodeGauge;
pub(crate) use key_pair::private_key_of;
pub use monitoring::{MOST_GAUGES, Monitoring};
pub use planning::{Plan, PlanError, PlannedRegion};
pub use restore::{RestoreReport, Upcoming};
pub use view::{DriftReport, Standing, StepState, StepView};

/// How many sites one process works on at once: the work is waiting for AWS.
const AT_ONCE: usize = 8;
/// How long the right to a site lasts: what a killed process had in hand is taken up again after this. Short, because
/// whoever takes over too early does no harm: what was just asked for is not asked for again while AWS settles.
const LEASE: SignedDuration = SignedDuration::from_secs(6);
const RENEWAL: Duration = Duration::from_secs(2);

/// The resource in audit entries.
const RESOURCE: &str = "Subscription";

/// How deployments are built and watched.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The image of the nodes.
    pub image: ImageChoice,
    /// How long after a create call AWS may still not show what it made: only then is it asked again.
    pub settling: SignedDuration,
    /// How long to wait before looking again at what AWS is still working on, and for sites that are due.
    pub poll: Duration,
    /// How often every deployment is compared with AWS.
    pub drift_every: SignedDuration,
    /// How often it is read how nodes do; `None` is never.
    pub read_every: Option<SignedDuration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            image: ImageChoice::Parameter(
                "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64".into(),
            ),
            // EC2 shows most things within seconds and names no bound; its guide waits minutes.
            settling: SignedDuration::from_secs(120),
            poll: Duration::from_secs(2),
            drift_every: SignedDuration::from_secs(300),
            read_every: Some(SignedDuration::from_secs(300)),
        }
    }
}

impl Control {
    /// Builds, changes, removes and watches deployments until told to stop; then ends the passes in hand.
    pub async fn run_deployments(&self, stop: CancellationToken) {
        let owner = self.0.environment.uuid().to_string();
        let reconciler = Reconciler {
            seeks: "deployments that are due",
            at_once: AT_ONCE,
            poll: self.0.provisioning.poll,
            spacing: Duration::ZERO,
            woken: Some(&self.0.ordered),
        };
        let claim = || async {
            let now = self.0.environment.now();
            let site = self.0.store.claim_site(&owner, now, now + LEASE).await?;
            Ok(site.map(|site| {
                let control = self.clone();
                let (aws_account, region) = (site.aws_account.clone(), site.region.clone());
                let span = tracing::info_span!("site", %aws_account, region);
                async move { control.work_at(site).await }.instrument(span)
            }))
        };
        // What is cut off is taken up again: every step is written down before it is taken.
        reconciler.run(stop, claim).await;
    }

    /// An AWS account in a region, opened with a cloud account's stored credentials; `None` when that is not there any
    /// more.
    async fn open_region(
        &self,
        account: AccountId,
        cloud_account: CloudAccountId,
        region: &str,
        purpose: &'static str,
    ) -> Result<Option<Arc<dyn Ec2>>, Error> {
        let store = &self.0.store;
        let (found, secrets) = tokio::try_join!(
            store.cloud_account(account, cloud_account),
            store.cloud_account_secrets(account, cloud_account)
        )?;
        let (Some(found), Some(secrets)) = (found, secrets) else { return Ok(None) };
        let stored = stored::open(&self.0.vault, &found, &secrets)?;
        let session = self.0.verifier.session(&stored.access, &Purpose::named(purpose));
        Ok(Some(session.ec2(&found.aws_account_id, region)))
    }

    /// How long AWS may take to show what it did.
    fn settling(&self) -> Settling {
        Settling { now: self.0.environment.now(), time: self.0.provisioning.settling }
    }

    /// One pass over a site while the right to it is kept up.
    async fn work_at(&self, site: Site) {
        let started = Instant::now();
        let done = tokio::select! {
            done = pass::over(self, &site) => Some(done),
            () = keep_up(RENEWAL, || self.0.store.renew_site(&site, self.0.environment.now() + LEASE)) => None,
        };
        let outcome = match &done {
            Some(Ok(_)) => "done",
            Some(Err(_)) => "interrupted",
            None => "lost",
        };
        metrics::counter!(PASSES, "outcome" => outcome).increment(1);
        metrics::histogram!(PASS_DURATION, "outcome" => outcome).record(started.elapsed());
        let Some(done) = done else {
            tracing::warn!("lost the right to the site; another process works there");
            return;
        };
        let due = done.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "the pass was interrupted; it will be taken up again");
            self.0.environment.now() + AFTER_FAILURE
        });
        if let Err(error) = self.0.store.release_site(&site, due).await {
            tracing::warn!(%error, "could not give the site back; it waits until the right to it runs out");
        }
        // Another site may wait for the slot.
        self.0.ordered.notify_one();
    }
}

/// An audit entry about a subscription, by Berth itself.
fn entry(subscription: SubscriptionId, kind: &'static str, description: String) -> AuditEvent {
    AuditEvent {
        actor: Actor::system(),
        resource: RESOURCE,
        resource_id: Some(subscription.0),
        kind,
        description,
    }
}
