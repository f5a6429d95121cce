//! Verifying without saving, for somebody who looks at a form: findings as they come.

use berth_domain::{
    account::Principal,
    cloud_account::{Candidate, Change, Form},
    findings::{Conclusion, Finding},
    ids::CloudAccountId,
};
use futures::{Stream, StreamExt, future, stream};
use tokio::sync::mpsc;

use crate::{Control, Error, cloud_accounts::not_found, tasks::merge, verify::Patience};

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
            let (name, key) = (&candidate.name, &candidate.access_key.id);
            self.refuse_duplicates(by, Some(name), Some(key), None).await?;
            return Ok(candidate);
        };
        let (current, secrets) = tokio::try_join!(
            self.0.store.cloud_account(by.account_id, id),
            self.0.store.cloud_account_secrets(by.account_id, id)
        )?;
        let (current, secrets) = current.zip(secrets).ok_or_else(|| not_found(id))?;
        let change = Change::parse(form, &current).map_err(Error::invalid)?;
        self.refuse_duplicates(by, change.name.as_ref(), change.access_key_id.as_ref(), Some(id)).await?;
        merge(self, &current, &secrets, change)
    }

    /// Verifies a candidate while the stream is read, taking AWS's first answers. Whoever drops the stream
    /// ends the verification. Saves nothing.
    pub fn rehearse(&self, candidate: Candidate) -> impl Stream<Item = Progress> + Send + use<> {
        let verifier = self.0.verifier.clone();
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let work = async move {
            // That nobody listens any more ends the work by itself.
            let tell = |progress| drop(sender.send(progress));
            let found = |finding: &Finding| tell(Progress::Found(Box::new(finding.clone())));
            let report = verifier.verify_aloud(&candidate, Patience::None, &found).await;
            tell(Progress::Done(report.conclusion()));
        };
        let work = stream::once(work).filter_map(|()| future::ready(None));
        stream::select(work, stream::poll_fn(move |context| receiver.poll_recv(context)))
    }
}
