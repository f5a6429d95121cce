//! Deployments: what is built in customers' AWS accounts for their subscriptions, and the reconciler that builds it,
//! changes it, removes it, and looks whether it is still as it was built.
//!
//! The reconciler takes no input. It takes the site that is due (one AWS account in one region), looks at AWS once for
//! all its deployments, does a few steps for each, writes down what came of it, and says when it is due again.

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

use async_trait::async_trait;
use berth_cloud::ec2::{Ec2, ImageChoice};
use berth_domain::{
    access::Purpose,
    account::{Actor, AuditEvent},
    deployment::record::Settling,
    ids::{AccountId, CloudAccountId, SubscriptionId},
};
use berth_store::{
    Site,
    work::{Kind as WorkKind, Lease},
};
use jiff::SignedDuration;
use tokio::time::Instant;
use tracing::Span;

use crate::{
    Control, Error,
    metrics::{PASS_DURATION, PASSES},
    stored,
    work::{Limits, Reconciler, Step, Stop},
};

pub use berth_store::NodeGauge;
pub(crate) use key_pair::private_key_of;
pub(crate) use monitoring::Readings;
pub use monitoring::{MOST_GAUGES, Monitoring};
pub use planning::{Plan, PlanError, PlannedRegion};
pub use restore::{RestoreReport, Upcoming};
pub use view::{DriftReport, Standing, StepState, StepView};

/// How many sites one process works on at once: the work is waiting for AWS.
const AT_ONCE: usize = 8;

/// The resource in audit entries.
const RESOURCE: &str = "Subscription";

/// How deployments are built and watched.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The image of the nodes.
    pub image: ImageChoice,
    /// How long after a create call AWS may still not show what it made: only then is it asked again.
    pub settling: SignedDuration,
    /// How long to wait before looking again at what AWS is still working on.
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

/// Builds, changes, removes and watches deployments.
pub(crate) struct Sites(pub(crate) Control);

#[async_trait]
impl Reconciler for Sites {
    fn limits(&self) -> Limits {
        Limits { kind: WorkKind::Sites, at_once: AT_ONCE, spacing: Duration::ZERO, stop: Stop::Finish }
    }

    fn span(&self, lease: &Lease) -> Span {
        match Site::of(lease) {
            Ok(Site { aws_account, region, .. }) => tracing::info_span!("site", %aws_account, region),
            Err(_) => tracing::info_span!("site", key = lease.key()),
        }
    }

    /// One pass over a site. What is cut off is taken up again: every step is written down before it is taken.
    async fn step(&self, lease: &Lease) -> Result<Step, Error> {
        let passing = Passing { started: Instant::now(), outcome: "lost" };
        let done = pass::over(&self.0, &Site::of(lease)?).await;
        passing.ended(if done.is_ok() { "done" } else { "interrupted" });
        done.map(Step::Settle)
    }
}

/// A pass that is under way; one that is dropped was lost.
struct Passing {
    started: Instant,
    outcome: &'static str,
}

impl Passing {
    fn ended(mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        metrics::counter!(PASSES, "outcome" => self.outcome).increment(1);
        metrics::histogram!(PASS_DURATION, "outcome" => self.outcome).record(self.started.elapsed());
    }
}

impl Control {
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
