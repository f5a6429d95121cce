//! The dispatcher: one look at the queue for all kinds of work, one renewal for everything in hand, one way to stop.

use std::{
    collections::BTreeSet,
    error::Error as StdError,
    future::poll_fn,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use berth_store::{
    Error as StoreError, Store,
    work::{Lease, Then},
};
use futures::{
    FutureExt,
    future::{join, select_all},
};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::{Instant, interval, sleep, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use super::{Limits, Reconciler, Step, Stop, Wakes, back_off};
use crate::{Error, environment::Environment};

/// How often to look for what is due, all kinds together.
const POLL: Duration = Duration::from_secs(1);
/// How often leases are renewed.
const RENEWAL: Duration = Duration::from_secs(5);
/// How long to wait after the database failed.
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// How long what is in hand may go on when told to stop. What takes longer is given back.
const GRACE: Duration = Duration::from_secs(20);
/// How often it is found out whether a lease is over while its step waits for something else.
const WATCH: Duration = Duration::from_millis(500);

/// Works on what is due of some kinds.
pub(crate) struct Dispatcher<'a> {
    pub(crate) store: &'a Store,
    pub(crate) environment: &'a Environment,
    pub(crate) wakes: &'a Wakes,
}

/// One kind of work in this process.
struct Lane {
    limits: Limits,
    reconciler: Arc<dyn Reconciler>,
    slots: Arc<Semaphore>,
    /// Not before this is another one begun.
    next: Instant,
}

impl Lane {
    fn new(reconciler: Arc<dyn Reconciler>) -> Self {
        let limits = reconciler.limits();
        let slots = Arc::new(Semaphore::new(limits.at_once));
        Self { limits, reconciler, slots, next: Instant::now() }
    }

    /// How many may begin now.
    fn free(&self) -> usize {
        match self.limits.spacing {
            Duration::ZERO => self.slots.available_permits(),
            _ if Instant::now() < self.next => 0,
            _ => self.slots.available_permits().min(1),
        }
    }
}

/// What this process works on.
#[derive(Default)]
struct InHand {
    leases: Mutex<Vec<(Lease, CancellationToken)>>,
    /// When something is due that this process knows of.
    known: Mutex<BTreeSet<Instant>>,
    /// `known` has changed.
    changed: Notify,
}

impl InHand {
    fn leases(&self) -> MutexGuard<'_, Vec<(Lease, CancellationToken)>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, BTreeSet<Instant>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a lease in; the token is cancelled when it is lost.
    fn take(&self, lease: &Lease) -> CancellationToken {
        let lost = CancellationToken::new();
        self.leases().push((lease.clone(), lost.clone()));
        lost
    }

    fn put_down(&self, lease: &Lease) {
        self.leases().retain(|(it, _)| !it.is(lease));
    }

    /// There is something to look for after this.
    fn look_after(&self, delay: Duration) {
        self.known().insert(Instant::now() + delay);
        self.changed.notify_one();
    }

    /// When to look next; the looks until now are done.
    fn next_look(&self, pause: Duration) -> Instant {
        let now = Instant::now();
        let mut known = self.known();
        *known = known.split_off(&now);
        known.first().copied().map_or(now + pause, |first| first.min(now + pause))
    }
}

impl Dispatcher<'_> {
    /// Works until told to stop; then ends what is in hand, or gives it back after 20 seconds.
    pub(crate) async fn run(self, reconcilers: Vec<Arc<dyn Reconciler>>, stop: CancellationToken) {
        let lanes: Vec<Lane> = reconcilers.into_iter().map(Lane::new).collect();
        let in_hand = Arc::new(InHand::default());
        if lanes.is_empty() {
            return stop.cancelled().await;
        }
        let (ended, renewed) = (CancellationToken::new(), in_hand.clone());
        let work = async {
            self.dispatch(lanes, &in_hand, stop).await;
            ended.cancel();
        };
        let renewing = ended.run_until_cancelled(self.keep_up(&renewed));
        join(work, renewing).await;
    }

    async fn dispatch(&self, mut lanes: Vec<Lane>, in_hand: &Arc<InHand>, stop: CancellationToken) {
        let process = self.environment.uuid().simple().to_string();
        let (cut_off, give_up) = (stop.child_token(), CancellationToken::new());
        let tracker = TaskTracker::new();
        let mut claims: u64 = 0;
        while !stop.is_cancelled() {
            let slots: Vec<_> = lanes.iter().map(|lane| (lane.limits.kind, lane.free())).collect();
            let mut pause = POLL;
            if slots.iter().any(|(_, free)| *free > 0) {
                claims += 1;
                let ahead = self.environment.clock.ahead();
                match self.store.claim_work(&format!("{process}.{claims}"), &slots, ahead).await {
                    Ok(leases) => {
                        for lease in leases {
                            let Some(lane) = lanes.iter_mut().find(|it| it.limits.kind == lease.kind())
                            else {
                                continue;
                            };
                            lane.next = Instant::now() + lane.limits.spacing;
                            let off = if lane.limits.stop == Stop::CutOff { &cut_off } else { &give_up };
                            tracker.spawn(self.hand(lane, in_hand, lease, off.clone()));
                        }
                    }
                    Err(error) => {
                        let error = &error as &dyn StdError;
                        tracing::warn!(error, "could not look for work; trying again");
                        pause = AFTER_FAILURE;
                    }
                }
            }
            let spaced = lanes.iter().filter(|lane| lane.next > Instant::now()).map(|lane| lane.next).min();
            let mut next = in_hand.next_look(pause);
            next = spaced.map_or(next, |spaced| spaced.min(next));
            let woken = lanes.iter().map(|lane| Box::pin(self.wakes.of(lane.limits.kind).notified()));
            tokio::select! {
                () = stop.cancelled() => {}
                _ = select_all(woken) => {}
                () = in_hand.changed.notified() => {}
                () = sleep_until(next) => {}
            }
        }
        tracker.close();
        if timeout(GRACE, tracker.wait()).await.is_err() {
            tracing::info!("stopping; {} in hand are given back", tracker.len());
        }
        give_up.cancel();
        tracker.wait().await;
    }

    /// The work on one row, to be spawned.
    fn hand(
        &self,
        lane: &Lane,
        in_hand: &Arc<InHand>,
        lease: Lease,
        off: CancellationToken,
    ) -> impl Future<Output = ()> + Send + use<> {
        let slot = lane.slots.clone().try_acquire_owned().ok();
        let lost = in_hand.take(&lease);
        let span = lane.reconciler.span(&lease);
        let (store, reconciler) = (self.store.clone(), lane.reconciler.clone());
        let (in_hand, slots) = (in_hand.clone(), lane.slots.clone());
        async move {
            let hand = Hand { store, reconciler, lease: &lease };
            let then = hand.work(lost, off).await;
            in_hand.put_down(&lease);
            let full = slots.available_permits() == 0;
            finish(slot, &in_hand, full, then);
        }
        .instrument(span)
    }

    /// Renews what is in hand, all of it in one statement, as long as there is something.
    async fn keep_up(&self, in_hand: &InHand) {
        loop {
            sleep(RENEWAL).await;
            let leases: Vec<Lease> = in_hand.leases().iter().map(|(lease, _)| lease.clone()).collect();
            match self.store.renew_work(&leases).await {
                Ok(lost) => {
                    for (_, token) in
                        in_hand.leases().iter().filter(|(it, _)| lost.iter().any(|lost| lost.is(it)))
                    {
                        token.cancel();
                    }
                }
                Err(error) => tracing::warn!(%error, "could not renew leases; trying again"),
            }
        }
    }
}

/// What was in hand is not any more: whether there is something to look for now, or soon.
fn finish(slot: Option<OwnedSemaphorePermit>, in_hand: &InHand, full: bool, then: Option<Then>) {
    drop(slot);
    let soon = match then {
        Some(Then::Again(delay)) => Duration::try_from(delay).unwrap_or_default(),
        _ if full => Duration::ZERO,
        _ => return,
    };
    let soon = if full { Duration::ZERO } else { soon };
    if soon < POLL {
        in_hand.look_after(soon);
    }
}

/// One row in hand.
struct Hand<'a> {
    store: Store,
    reconciler: Arc<dyn Reconciler>,
    lease: &'a Lease,
}

impl Hand<'_> {
    /// Does one step of it as long as the lease is in force; gives what became of it, when that is known.
    async fn work(&self, lost: CancellationToken, off: CancellationToken) -> Option<Then> {
        let step = AssertUnwindSafe(self.reconciler.step(self.lease)).catch_unwind();
        let stepped = async {
            match step.await {
                Ok(result) => result,
                Err(_) => match self.reconciler.panicked(self.lease).await {
                    Ok(None) => Err(Error::Internal("it panicked".into())),
                    Ok(Some(step)) => Ok(step),
                    Err(error) => Err(error),
                },
            }
        };
        tokio::select! {
            // Before the step is gone on with, always: a process that was frozen finds out here.
            biased;
            () = over(self.lease) => self.lost(),
            () = lost.cancelled() => self.lost(),
            () = off.cancelled() => self.give_back().await,
            result = stepped => self.settle(result).await,
        }
    }

    fn lost(&self) -> Option<Then> {
        tracing::warn!("lost the lease; another process goes on with it");
        None
    }

    async fn give_back(&self) -> Option<Then> {
        match self.reconciler.give_back(&self.store, self.lease).await {
            Ok(()) => tracing::info!("stopping; the next process goes on with it"),
            Err(StoreError::LostLease) => {}
            Err(error) => tracing::warn!(%error, "stopping; it waits until its lease runs out"),
        }
        None
    }

    async fn settle(&self, result: Result<Step, Error>) -> Option<Then> {
        let (settled, then) = match result {
            Ok(Step::Settled(then)) => return Some(then),
            Ok(Step::Settle(then)) => (self.store.settle_work(self.lease, then).await, then),
            Err(error) if is_lost(&error) => (Err(StoreError::LostLease), Then::Rest),
            Err(error) => {
                tracing::error!(error = &error as &dyn StdError, "interrupted; it will be taken up again");
                let pause = back_off(self.lease.attempts());
                (self.store.retry_work(self.lease, pause).await, Then::Again(pause))
            }
        };
        match settled {
            Ok(()) => return Some(then),
            Err(StoreError::LostLease) => tracing::info!("somebody else has it by now"),
            Err(error) => {
                tracing::warn!(%error, "it could not be given back; it waits until its lease runs out")
            }
        }
        None
    }
}

/// Waits until a lease is over. Looks at the clock whenever it is polled.
async fn over(lease: &Lease) {
    let mut watch = interval(WATCH);
    poll_fn(|context| {
        loop {
            if lease.is_over() {
                return Poll::Ready(());
            }
            if watch.poll_tick(context).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await;
}

fn is_lost(error: &Error) -> bool {
    match error {
        Error::Internal(cause) => matches!(cause.downcast_ref::<StoreError>(), Some(StoreError::LostLease)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use berth_store::{
        testing::{Backend, TestDatabase, call_for},
        work::Kind,
    };
    use jiff::SignedDuration;
    use rstest::rstest;
    use tokio::task::JoinHandle;
    use tracing::Span;

    use super::*;

    /// What a step does, the first time and after that.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Manner {
        Panics,
        Fails,
        Hangs,
        Ends,
    }

    #[derive(Default)]
    struct Seen {
        begun: AtomicUsize,
        dropped: AtomicUsize,
        ended: AtomicUsize,
    }

    struct Fake {
        manners: Vec<Manner>,
        stop: Stop,
        seen: Arc<Seen>,
    }

    struct Dropped(Arc<Seen>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[async_trait]
    impl Reconciler for Fake {
        fn limits(&self) -> Limits {
            Limits { kind: Kind::Sites, at_once: 4, spacing: Duration::ZERO, stop: self.stop }
        }

        fn span(&self, _: &Lease) -> Span {
            Span::none()
        }

        async fn step(&self, _: &Lease) -> Result<Step, Error> {
            let number = self.seen.begun.fetch_add(1, Ordering::SeqCst);
            match self.manners.get(number).copied().unwrap_or(Manner::Ends) {
                Manner::Panics => panic!("as it is told to"),
                Manner::Fails => return Err(Error::Internal("as it is told to".into())),
                Manner::Hangs => {
                    let _dropped = Dropped(self.seen.clone());
                    std::future::pending::<()>().await;
                }
                Manner::Ends => {}
            }
            self.seen.ended.fetch_add(1, Ordering::SeqCst);
            Ok(Step::Settle(Then::Rest))
        }
    }

    struct Fixed;

    impl crate::environment::Clock for Fixed {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }
    }

    impl crate::environment::Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    /// Works on one row in these manners.
    async fn dispatched(
        db: &TestDatabase,
        manners: &[Manner],
        stop_manner: Stop,
    ) -> (Arc<Seen>, CancellationToken, JoinHandle<()>) {
        call_for(db.store(), Kind::Sites, "7").await;
        let seen = Arc::new(Seen::default());
        let fake = Fake { manners: manners.to_vec(), stop: stop_manner, seen: seen.clone() };
        let (store, stop) = (db.store().clone(), CancellationToken::new());
        let stopped = stop.clone();
        let running = tokio::spawn(async move {
            let environment = Environment { clock: Arc::new(Fixed), random: Arc::new(Fixed) };
            let (store, wakes) = (&store, &Wakes::default());
            let dispatcher = Dispatcher { store, environment: &environment, wakes };
            let reconciler: Arc<dyn Reconciler> = Arc::new(fake);
            dispatcher.run(vec![reconciler], stopped).await;
        });
        (seen, stop, running)
    }

    async fn until(count: &AtomicUsize, number: usize) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while count.load(Ordering::SeqCst) < number {
            assert!(Instant::now() < deadline, "it did not come to that");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn attempts(db: &TestDatabase) -> Option<i32> {
        let slots = [(Kind::Sites, 1)];
        let claimed = db.store().claim_work("look", &slots, SignedDuration::ZERO).await;
        claimed.expect("the database answers").pop().map(|lease| lease.attempts())
    }

    #[rstest]
    #[case::panics(Manner::Panics)]
    #[case::fails(Manner::Fails)]
    #[tokio::test(flavor = "multi_thread")]
    async fn what_goes_wrong_is_tried_again_after_a_pause(
        #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
        #[case] manner: Manner,
    ) {
        let db = TestDatabase::new(backend).await;
        let begun = Instant::now();
        let (seen, stop, running) = dispatched(&db, &[manner, manner], Stop::Finish).await;
        until(&seen.ended, 1).await;
        assert!(begun.elapsed() >= Duration::from_secs(3), "a second, and two");
        assert_eq!(seen.begun.load(Ordering::SeqCst), 3);
        stop.cancel();
        running.await.expect("it stops");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_step_whose_row_was_taken_away_is_dropped() {
        let db = TestDatabase::new(Backend::Postgres).await;
        let (seen, stop, running) = dispatched(&db, &[Manner::Hangs], Stop::Finish).await;
        until(&seen.begun, 1).await;
        db.execute("UPDATE work SET owner = 'another', generation = generation + 1").await;
        until(&seen.dropped, 1).await;
        stop.cancel();
        running.await.expect("it stops");
        assert_eq!(attempts(&db).await, None, "the other one has it still");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_in_hand_longer_than_a_lease_is_kept() {
        let db = TestDatabase::new(Backend::Sqlite).await;
        let (seen, stop, running) = dispatched(&db, &[Manner::Hangs], Stop::CutOff).await;
        until(&seen.begun, 1).await;
        sleep(berth_store::work::LEASE + Duration::from_secs(2)).await;
        assert_eq!(attempts(&db).await, None);
        assert_eq!(seen.dropped.load(Ordering::SeqCst), 0);
        stop.cancel();
        running.await.expect("it stops");
    }

    #[rstest]
    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_cut_off_by_a_stop_is_given_back_and_not_counted(
        #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    ) {
        let db = TestDatabase::new(backend).await;
        let (seen, stop, running) = dispatched(&db, &[Manner::Hangs], Stop::CutOff).await;
        until(&seen.begun, 1).await;
        stop.cancel();
        running.await.expect("it stops");
        assert_eq!(seen.dropped.load(Ordering::SeqCst), 1);
        assert_eq!(attempts(&db).await, Some(1));
    }
}
