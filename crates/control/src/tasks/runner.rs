//! The task runner: takes an account's tasks, oldest first, one at a time, and ends each exactly once.

use std::time::Duration;

use async_trait::async_trait;
use berth_domain::task::Task;
use berth_store::{
    Error as StoreError, Store,
    work::{Kind, Lease, Then},
};
use jiff::SignedDuration;
use tracing::{Span, field::Empty};

use crate::{
    Control, Error, Inner, tasks,
    work::{Limits, Reconciler, Step, Stop},
};

/// A task that has been taken up this often and makes Berth panic again is given up.
const MOST_TRIES: i32 = 5;
/// How many accounts' tasks one process works on at once.
const AT_ONCE: usize = 16;

/// Works on tasks.
pub(crate) struct Runner(pub(crate) Control);

#[async_trait]
impl Reconciler for Runner {
    fn limits(&self) -> Limits {
        Limits { kind: Kind::Tasks, at_once: AT_ONCE, spacing: Duration::ZERO, stop: Stop::Finish }
    }

    fn span(&self, _: &Lease) -> Span {
        tracing::info_span!("task", id = Empty, command = Empty)
    }

    async fn step(&self, lease: &Lease) -> Result<Step, Error> {
        let Inner { store, environment, .. } = &*self.0.0;
        let Some(claimed) = store.begin_task(lease, environment.now()).await? else {
            return Ok(Step::Settle(Then::Rest));
        };
        Span::current()
            .record("id", tracing::field::display(claimed.task.id))
            .record("command", claimed.task.command.as_str());
        let task = tasks::process(&self.0, claimed).await?;
        Ok(self.ended(&task))
    }

    /// What made Berth panic may have been the moment: the task is tried again, a few times. Its account's later tasks
    /// wait for it, so it can't be tried for ever.
    async fn panicked(&self, lease: &Lease) -> Result<Option<Step>, Error> {
        if lease.attempts() < MOST_TRIES {
            return Ok(None);
        }
        tracing::error!("the task made Berth panic once more; it is given up");
        let Inner { store, environment, .. } = &*self.0.0;
        let Some(claimed) = store.begin_task(lease, environment.now()).await? else { return Ok(None) };
        let task = tasks::give_up(&self.0, claimed).await?;
        Ok(Some(self.ended(&task)))
    }

    async fn give_back(&self, store: &Store, lease: &Lease) -> Result<(), StoreError> {
        store.release_task(lease, self.0.0.environment.now()).await
    }
}

impl Runner {
    fn ended(&self, task: &Task) -> Step {
        let kind = task.error.as_ref().map_or("none", |error| error.kind.status_line());
        metrics::counter!("berth_tasks_finished_total", "command" => task.command.as_str(), "status" => task.status.as_str()).increment(1);
        tracing::info!(status = task.status.as_str(), error = kind, "task ended");
        // What was ordered can be built, and the account's next task may be due.
        self.0.0.wakes.wake(Kind::Sites);
        Step::Settled(Then::Again(SignedDuration::ZERO))
    }
}
