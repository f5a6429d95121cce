//! Who made a change, by CloudTrail: asked once about each finding, and once more where it may just have been too early.

use berth_cloud::ErrorKind;
use berth_domain::{
    deployment::{
        inventory::Deed,
        state::{By, DriftFinding, KeptDrift, Whom, Work},
    },
    values::Arn,
};
use jiff::{SignedDuration, Timestamp};

use super::pass::Pass;
use crate::Error;

/// How far back CloudTrail is asked when a deployment is compared for the first time.
const FIRST_LOOK_BACK: SignedDuration = SignedDuration::from_hours(1);
/// CloudTrail shows a change up to so much later, so it is asked for more than the time since the last look, and once
/// more after this.
const LATE: SignedDuration = SignedDuration::from_mins(15);
/// How many findings of one pass CloudTrail is asked about: it answers two questions in a second.
const MOST_ASKED: usize = 10;

/// Asks CloudTrail on behalf of one pass over one deployment.
pub(super) struct Inquiry<'a> {
    pass: &'a Pass<'a>,
    /// Who Berth is in the AWS account; `None` when that account is not registered any more.
    own: Option<Arn>,
    /// From when on a change is new.
    since: Timestamp,
    left: usize,
    /// Whether CloudTrail said that it may not be asked: then it is not asked about the others.
    denied: bool,
}

impl<'a> Inquiry<'a> {
    /// Asks nothing yet.
    pub(super) async fn new(pass: &'a Pass<'a>, work: &Work) -> Result<Self, Error> {
        let deployment = &work.deployment;
        let since = deployment.compared_at.map_or(pass.now() - FIRST_LOOK_BACK, |at| at - LATE);
        let store = &pass.control.0.store;
        let account = store.cloud_account(deployment.account_id, deployment.cloud_account_id).await?;
        Ok(Self {
            pass,
            own: account.map(|account| account.principal_arn),
            since,
            left: MOST_ASKED,
            denied: false,
        })
    }

    /// Who did what is new; `None` when as much was asked in this pass as may be.
    pub(super) async fn about_new(&mut self, finding: &DriftFinding) -> Option<By> {
        self.ask(finding, self.since, Whom::NobodyYet).await
    }

    /// Who did what is known already, where CloudTrail was not asked, or asked too early; `None` where there is
    /// nothing new to say.
    pub(super) async fn about_known(&mut self, kept: &KeptDrift) -> Option<By> {
        let since = kept.since - FIRST_LOOK_BACK;
        match kept.by.as_ref().map(|by| by.state) {
            None => self.ask(&kept.finding, since, Whom::NobodyYet).await,
            Some(Whom::NobodyYet) if self.pass.now() >= kept.since + LATE => {
                self.ask(&kept.finding, since, Whom::Nobody).await
            }
            Some(_) => None,
        }
    }

    async fn ask(&mut self, finding: &DriftFinding, since: Timestamp, nobody: Whom) -> Option<By> {
        if self.denied {
            return Some(By::unknown(Whom::NotPermitted));
        }
        self.left = self.left.checked_sub(1)?;
        let deeds = match self.pass.ec2.who_did(&finding.id, since).await {
            Ok(deeds) => deeds,
            Err(error) if matches!(error.kind, ErrorKind::Denied { .. }) => {
                self.denied = true;
                return Some(By::unknown(Whom::NotPermitted));
            }
            Err(error) => {
                tracing::debug!(%error, "CloudTrail could not be asked");
                return Some(By::unknown(Whom::NotAnswered));
            }
        };
        let others = |deed: &Deed| self.own.as_ref().is_none_or(|own| !deed.is_by(own.as_str()));
        Some(deeds.into_iter().find(others).map_or_else(|| By::unknown(nobody), By::from))
    }
}
