//! What can be seen of deployments, and what can be asked of them.

use std::collections::BTreeMap;

use berth_domain::{
    account::{Actor, AuditEvent, Principal},
    deployment::{
        AwsId,
        blueprint::Resource,
        state::{Deployment, DeploymentState, KeptDrift, Work},
    },
    ids::{DeploymentId, SubscriptionId},
    subscription::SubscriptionStatus,
    task::ErrorType,
};
use berth_store::work::Kind as WorkKind;

use super::RESOURCE;
use crate::{Control, Error};

/// How a deployment stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The deployment.
    pub deployment: Deployment,
    /// Whether it is being removed.
    pub removing: bool,
    /// Its resources, in the order they are made.
    pub steps: Vec<StepView>,
}

/// How one resource of a deployment stands.
#[derive(Clone, Debug)]
pub struct StepView {
    /// What it is called in the deployment.
    pub resource: String,
    /// What it is, by AWS's word.
    pub kind: &'static str,
    /// Its id in AWS, as soon as it is known.
    pub aws_id: Option<AwsId>,
    /// How it stands.
    pub state: StepState,
}

/// How a resource stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// In place.
    Done,
    /// Asked for, and not in place yet.
    InHand,
    /// Not asked for yet.
    ToCome,
    /// To be removed.
    Removing,
}

impl StepState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Done, Self::InHand, Self::ToCome, Self::Removing];

    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::InHand => "in-hand",
            Self::ToCome => "to-come",
            Self::Removing => "removing",
        }
    }
}

/// What has drifted of a deployment.
#[derive(Clone, Debug)]
pub struct DriftReport {
    /// The deployment.
    pub deployment: Deployment,
    /// What differs, oldest first.
    pub findings: Vec<KeptDrift>,
}

impl Control {
    /// One deployment of the caller's account; `None` when it has no such one.
    pub async fn deployment(&self, by: &Principal, id: DeploymentId) -> Result<Option<Standing>, Error> {
        Ok(self.0.store.deployment(by.account_id, id).await?.map(standing))
    }

    /// The deployments of a subscription of the caller's account; `None` when it has no such one.
    pub async fn deployments(
        &self,
        by: &Principal,
        id: SubscriptionId,
    ) -> Result<Option<Vec<Standing>>, Error> {
        let found = self.0.store.deployments(by.account_id, id).await?;
        Ok(found.map(|found| found.into_iter().map(standing).collect()))
    }

    /// What has drifted of a subscription of the caller's account; `None` when it has no such one.
    pub async fn drift(
        &self,
        by: &Principal,
        id: SubscriptionId,
    ) -> Result<Option<Vec<DriftReport>>, Error> {
        let mut reports = Vec::new();
        let Some(found) = self.0.store.deployments(by.account_id, id).await? else { return Ok(None) };
        for work in found {
            let findings = self.0.store.drift(work.deployment.id).await?;
            reports.push(DriftReport { deployment: work.deployment, findings });
        }
        Ok(Some(reports))
    }

    /// How much has drifted of each of the caller's account's subscriptions; those without drift are not named.
    pub async fn drift_counts(&self, by: &Principal) -> Result<BTreeMap<SubscriptionId, u32>, Error> {
        Ok(self.0.store.drift_counts(by.account_id).await?)
    }

    /// Compares every deployment of a subscription with AWS soon. `false` when the caller's account has no such
    /// subscription.
    pub async fn check_drift(&self, by: &Principal, id: SubscriptionId) -> Result<bool, Error> {
        if self.0.store.subscription(by.account_id, id).await?.is_none() {
            return Ok(false);
        }
        self.0.store.wake_subscription(id).await?;
        self.0.wakes.wake(WorkKind::Sites);
        Ok(true)
    }

    /// Tries again what was given up of a subscription. `false` when the caller's account has no such one.
    ///
    /// Errors: [`Error::Rejected`] when nothing was given up.
    pub async fn retry_subscription(&self, by: &Principal, id: SubscriptionId) -> Result<bool, Error> {
        if self.0.store.subscription(by.account_id, id).await?.is_none() {
            return Ok(false);
        }
        let event = AuditEvent {
            actor: Actor::from(by),
            resource: RESOURCE,
            resource_id: Some(id.0),
            kind: "Subscription retried",
            description: format!("Subscription {id} is tried again."),
        };
        let now = self.0.environment.now();
        if !self.0.store.retry_deployments(by.account_id, id, event, now).await? {
            return Err(Error::rejected(
                ErrorType::SubscriptionNotActive,
                "Nothing of this subscription was given up, so there is nothing to try again.",
            ));
        }
        self.0.wakes.wake(WorkKind::Sites);
        Ok(true)
    }
}

fn standing(work: Work) -> Standing {
    let Work { deployment, records, subscription } = work;
    let removing = subscription.status == SubscriptionStatus::Deleting
        || deployment.state == DeploymentState::Removing;
    let step = |Resource { key, spec }: &Resource| {
        let record = records.iter().find(|record| record.key == *key);
        let state = match record {
            None => StepState::ToCome,
            Some(_) if removing => StepState::Removing,
            Some(record) if record.in_place.is_some() => StepState::Done,
            Some(_) => StepState::InHand,
        };
        StepView {
            resource: key.to_string(),
            kind: spec.kind().as_str(),
            aws_id: record.and_then(|record| record.aws_id.clone()),
            state,
        }
    };
    let steps = deployment.blueprint.resources.iter().map(step);
    // What was never begun needs no removal.
    let steps = steps.filter(|step| !(removing && step.state == StepState::ToCome)).collect();
    Standing { deployment, removing, steps }
}
