//! Stopping: the first signal lets work in hand finish, the second ends the process at once.

use std::{io, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// How long requests and tasks in hand may go on after the first signal.
const FINISH: Duration = Duration::from_secs(20);

/// How long a task may take to give back its lease when it could not finish.
const RELEASE: Duration = Duration::from_secs(5);

/// The two steps of stopping. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Shutdown {
    /// Take on nothing new, finish what is in hand.
    pub(crate) soft: CancellationToken,
    /// Give up what is in hand.
    pub(crate) hard: CancellationToken,
}

impl Shutdown {
    /// Begins to listen for SIGTERM and SIGINT.
    pub(crate) fn on_signals() -> io::Result<Self> {
        let shutdown = Self::default();
        let signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        tokio::spawn(shutdown.clone().follow(signals));
        Ok(shutdown)
    }

    async fn follow(self, (mut terminate, mut interrupt): (Signal, Signal)) {
        let name = next(&mut terminate, &mut interrupt).await;
        tracing::info!("{name}: stopping; requests and tasks in hand may finish, a second signal ends at once");
        self.soft.cancel();
        let name = next(&mut terminate, &mut interrupt).await;
        tracing::warn!("{name} again: ending at once");
        std::process::exit(1);
    }

    /// Waits for `work` to end after [`Self::soft`]: gracefully, then less so, then no longer.
    pub(crate) async fn finish(&self, work: impl Future<Output = ()>) {
        let end = Instant::now() + FINISH;
        tokio::pin!(work);
        if tokio::time::timeout_at(end, &mut work).await.is_ok() {
            return;
        }
        self.hard.cancel();
        if tokio::time::timeout_at(end + RELEASE, work).await.is_err() {
            tracing::warn!("some requests did not finish in time and are cut off");
        }
    }
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}
