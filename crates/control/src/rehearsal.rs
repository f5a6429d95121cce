//! Verifying without saving, for somebody who looks at a form: findings as they come.

use berth_domain::{
    access::Purpose,
    account::Principal,
    cloud_account::{Candidate, Change, Form},
    findings::{Conclusion, Finding},
    ids::CloudAccountId,
};
use futures::{Stream, StreamExt, future, stream};
use tokio::sync::mpsc;

use crate::{Control, Error, tasks::merge, verify::Patience};

/// What a verification that is being watched tells.
#[derive(Clone, Debug)]
pub enum Progress {
    /// A check is done.
    Found(Box<Finding>),
    /// All checks are done, and this is what they come to. The last thing told.
    Done(Conclusion),
}

impl Control {
    /// What a form would register, or change an existing cloud account to, where absent fields are those
    /// stored. Refuses what [`Control::create_cloud_account`] and [`Control::update_cloud_account`] refuse.
    pub async fn candidate(
        &self,
        by: &Principal,
        id: Option<CloudAccountId>,
        form: Form,
    ) -> Result<Candidate, Error> {
        let Some(id) = id else {
            let candidate = Candidate::parse(form).map_err(Error::invalid)?;
            self.refuse_candidate(by, &candidate).await?;
            return Ok(candidate);
        };
        let (current, stored) = self.stored_cloud_account(by.account_id, id).await?;
        let change = Change::parse(form, &current).map_err(Error::invalid)?;
        self.refuse_change(by, &change, id).await?;
        merge(stored, change)
    }

    /// Verifies a candidate, that of the cloud account `id` where it is of one, while the stream is read, taking
    /// AWS's first answers. Whoever drops the stream ends the verification. Saves nothing.
    pub fn rehearse(
        &self,
        by: &Principal,
        id: Option<CloudAccountId>,
        candidate: Candidate,
    ) -> impl Stream<Item = Progress> + Send + use<> {
        let verifier = self.verifier_for(by.account_id, id);
        watched(move |tell| async move {
            let found = |finding: &Finding| tell(Progress::Found(Box::new(finding.clone())));
            let purpose = Purpose::named("verification");
            let patience = Patience::ForEveryCheck;
            let report = verifier.verify_aloud(&candidate, &purpose, patience, &found).await;
            tell(Progress::Done(report.conclusion()));
        })
    }
}

/// Does `work` while the stream is read, and gives what it tells.
pub(crate) fn watched<F: Future<Output = ()> + Send>(
    work: impl FnOnce(Teller) -> F,
) -> impl Stream<Item = Progress> + Send {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    // That nobody listens any more ends the work by itself.
    let work = work(Box::new(move |progress| drop(sender.send(progress))));
    let work = stream::once(work).filter_map(|()| future::ready(None));
    stream::select(work, stream::poll_fn(move |context| receiver.poll_recv(context)))
}

/// Tells whoever watches.
pub(crate) type Teller = Box<dyn Fn(Progress) + Send + Sync>;
