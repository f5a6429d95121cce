//! A registered cloud account's verifications: making one now, and those made.

use berth_domain::{
    account::{Actor, Principal},
    cloud_account::CloudAccount,
    findings::{Finding, Report},
    health::{Cause, Verification},
    ids::{AccountId, CloudAccountId},
    task::ErrorType,
};
use berth_store::ClaimedCheck;
pub use berth_store::VerificationCursor;
use futures::Stream;
use jiff::SignedDuration;

use crate::{
    Control, Error, health,
    rehearsal::{Progress, watched},
};

/// How long verifications are kept.
pub const VERIFICATIONS_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A part of a cloud account's history, newest first.
#[derive(Clone, Debug)]
pub struct History {
    /// The verifications.
    pub verifications: Vec<Verification>,
    /// Where older ones begin; none when there are none.
    pub next: Option<VerificationCursor>,
}

impl Control {
    /// A cloud account's verifications of the last 90 days, newest first, at most `limit`; after the one that
    /// `after` names.
    pub async fn list_verifications(
        &self,
        by: &Principal,
        id: CloudAccountId,
        after: Option<VerificationCursor>,
        limit: u32,
    ) -> Result<History, Error> {
        refuse_internal(id)?;
        self.view_cloud_account(by, id).await?;
        let limit = limit as usize;
        let mut verifications =
            self.0.store.verifications(by.account_id, id, after, limit as u64 + 1).await?;
        let more = verifications.len() > limit;
        verifications.truncate(limit);
        let last = verifications.last().filter(|_| more);
        let next = last.map(|last| VerificationCursor { at: last.at, id: last.id });
        Ok(History { verifications, next })
    }

    /// Takes a cloud account to verify it now. Nothing is asked of AWS yet.
    pub async fn begin_verification(
        &self,
        by: &Principal,
        id: CloudAccountId,
    ) -> Result<BegunVerification, Error> {
        refuse_internal(id)?;
        let claimed = health::begin(self, by.account_id, id).await?;
        Ok(BegunVerification { control: self.clone(), claimed, actor: Actor::from(by) })
    }

    /// Verifies a cloud account now, on the operator's behalf, and writes down what that finds.
    pub async fn verify_for_operator(
        &self,
        account: AccountId,
        id: CloudAccountId,
    ) -> Result<Report, Error> {
        let claimed = health::begin(self, account, id).await?;
        BegunVerification { control: self.clone(), claimed, actor: Actor::system() }.run(&|_| {}).await
    }
}

/// A cloud account that is being verified because somebody asked for it.
pub struct BegunVerification {
    control: Control,
    claimed: ClaimedCheck,
    actor: Actor,
}

impl BegunVerification {
    /// The cloud account, as it was before.
    pub fn account(&self) -> &CloudAccount {
        &self.claimed.account
    }

    /// Verifies while the stream is read, taking AWS's first answers, and writes down what that finds. Whoever
    /// drops the stream ends the verification, and nothing is written. So it is when the stream ends without
    /// [`Progress::Done`]: the cause is in the log.
    pub fn watch(self) -> impl Stream<Item = Progress> + Send + use<> {
        watched(move |tell| async move {
            let found = |finding: &Finding| tell(Progress::Found(Box::new(finding.clone())));
            match self.run(&found).await {
                Ok(report) => tell(Progress::Done(report.conclusion())),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "a verification's result could not be written down");
                }
            }
        })
    }

    async fn run(self, tell: crate::verify::Tell<'_>) -> Result<Report, Error> {
        let Self { control, claimed, actor } = self;
        let verifier = control.0.verifier.clone();
        health::check(&control, &verifier, claimed, Cause::Demand, actor, tell).await
    }
}

fn refuse_internal(id: CloudAccountId) -> Result<(), Error> {
    if id != CloudAccountId::INTERNAL {
        return Ok(());
    }
    Err(Error::rejected(
        ErrorType::Forbidden,
        "Cloud account 1 is the operator's own (internal resources); Berth does not verify it.",
    ))
}
