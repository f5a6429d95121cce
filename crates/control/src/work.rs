//! Work: what all reconcilers have in common. What is due stands in the database's work queue, which gives each row to
//! one process at a time; a reconciler takes no input, does one step of a row, and says when it is due again.

mod dispatcher;

use std::time::Duration;

use async_trait::async_trait;
use berth_store::{
    Error as StoreError, Store,
    work::{Kind, Lease, Then},
};
use jiff::SignedDuration;
use tokio::sync::Notify;
use tracing::Span;

pub(crate) use self::dispatcher::Dispatcher;
use crate::Error;

/// One kind of work.
#[async_trait]
pub(crate) trait Reconciler: Send + Sync + 'static {
    /// Which kind, and how much of it at once.
    fn limits(&self) -> Limits;

    /// What everything that is logged about a step belongs to.
    fn span(&self, lease: &Lease) -> Span;

    /// Does one step of a row, and says what becomes of it. What is written is written under the lease. It may be
    /// dropped at every await, as by a crash: when the lease is lost or over, and when the process stops.
    ///
    /// An error means that not all was written; it is logged, and the row taken up again after a pause that grows.
    async fn step(&self, lease: &Lease) -> Result<Step, Error>;

    /// A step has panicked. `None` when it is to be tried again like any that failed.
    async fn panicked(&self, _: &Lease) -> Result<Option<Step>, Error> {
        Ok(None)
    }

    /// Gives a row back whose step was cut off by a stop, as if it had not been taken up.
    async fn give_back(&self, store: &Store, lease: &Lease) -> Result<(), StoreError> {
        store.release_work(lease).await
    }
}

/// How much one process does of a kind of work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Of which kind.
    pub(crate) kind: Kind,
    /// How many rows it works on at once; it waits for others most of the time.
    pub(crate) at_once: usize,
    /// The pause between two beginnings.
    pub(crate) spacing: Duration,
    /// What happens to what is in hand when the process stops.
    pub(crate) stop: Stop,
}

/// What happens to what is in hand when the process stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It may end within 20 seconds.
    Finish,
    /// It is cut off.
    CutOff,
}

/// What a step came to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// The row is still held, and is given back so.
    Settle(Then),
    /// The step's last transaction has given it back so.
    Settled(Then),
}

/// Tells the dispatcher of this process that something was called for, kind by kind. What other processes call for, it
/// finds when it looks.
#[derive(Debug, Default)]
pub(crate) struct Wakes([Notify; Kind::ALL.len()]);

impl Wakes {
    /// Something of this kind may be due now.
    pub(crate) fn wake(&self, kind: Kind) {
        self.of(kind).notify_one();
    }

    fn of(&self, kind: Kind) -> &Notify {
        &self.0[kind as usize]
    }
}

/// How long to wait after so many attempts: 1 s, doubled up to a minute.
fn back_off(attempts: i32) -> SignedDuration {
    let doublings = attempts.saturating_sub(1).clamp(0, 6);
    SignedDuration::from_secs(1 << doublings).min(SignedDuration::from_mins(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_a_minute() {
        let pauses = [1, 2, 3, 6, 7, 100].map(|attempts| back_off(attempts).as_secs());
        assert_eq!(pauses, [1, 2, 4, 32, 60, 60]);
    }

    #[test]
    fn every_kind_has_a_wake_up_of_its_own() {
        let places = Kind::ALL.map(|kind| kind as usize);
        assert_eq!(places, [0, 1, 2, 3, 4, 5]);
    }
}
