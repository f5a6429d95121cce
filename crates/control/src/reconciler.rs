//! What all reconcilers have in common: claim what is due, work on several at once, rest when nothing is due, stop.

use std::{future::pending, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::Error;

/// How long to wait after the database failed.
pub(crate) const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// How long what is in hand may go on when told to stop. What takes longer is taken up again as after a crash.
const GRACE: Duration = Duration::from_secs(20);

/// How a reconciler works. The store gives each thing that is due to one process at a time.
pub(crate) struct Reconciler<'a> {
    /// What it looks for, for the log.
    pub(crate) seeks: &'static str,
    /// How much one process works on at once.
    pub(crate) at_once: usize,
    /// How often to look when nothing is due.
    pub(crate) poll: Duration,
    /// The pause between two beginnings.
    pub(crate) spacing: Duration,
    /// Tells that something may be due now.
    pub(crate) woken: Option<&'a Notify>,
}

impl Reconciler<'_> {
    /// Works until told to stop, and 20 seconds longer on what is in hand; gives what is still in hand then.
    /// `claim` takes what is due, and gives the work to be done on it.
    pub(crate) async fn run<Claim, Claimed, Work>(
        self,
        stop: CancellationToken,
        claim: Claim,
    ) -> TaskTracker
    where
        Claim: Fn() -> Claimed,
        Claimed: Future<Output = Result<Option<Work>, Error>>,
        Work: Future<Output = ()> + Send + 'static,
    {
        let slots = Arc::new(Semaphore::new(self.at_once));
        let in_hand = TaskTracker::new();
        while let Some(slot) = stop.run_until_cancelled(slots.clone().acquire_owned()).await {
            let pause = match claim().await {
                Ok(Some(work)) => {
                    in_hand.spawn(async move {
                        work.await;
                        drop(slot);
                    });
                    stop.run_until_cancelled(sleep(self.spacing)).await;
                    continue;
                }
                Ok(None) => self.poll,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "could not look for {}; trying again", self.seeks);
                    AFTER_FAILURE
                }
            };
            drop(slot);
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake_up() => {}
                () = sleep(pause) => {}
            }
        }
        in_hand.close();
        if timeout(GRACE, in_hand.wait()).await.is_err() {
            tracing::warn!("stopping; {} in hand are left to the next process", self.seeks);
        }
        in_hand
    }

    async fn wake_up(&self) {
        match self.woken {
            Some(woken) => woken.notified().await,
            None => pending().await,
        }
    }
}

/// Renews a lease every so often until it is lost.
pub(crate) async fn keep_up<Renewal>(every: Duration, renew: impl Fn() -> Renewal)
where
    Renewal: Future<Output = Result<bool, berth_store::Error>>,
{
    loop {
        sleep(every).await;
        match renew().await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "could not renew a lease; trying again"),
        }
    }
}
