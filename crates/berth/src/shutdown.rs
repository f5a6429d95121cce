//! Stopping: the first signal lets work in hand finish, the second ends the process at once.

use std::{io, process, time::Duration};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long requests and tasks in hand may go on after the first signal. The task runner gives a task back
/// before that; 30 s is what service managers wait before they kill.
pub(crate) const LIMIT: Duration = Duration::from_secs(27);

/// Listens for SIGTERM and SIGINT: the first cancels the token, the second ends the process.
pub(crate) fn on_signals() -> io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(follow(signals, stop.clone()));
    Ok(stop)
}

async fn follow((mut terminate, mut interrupt): (Signal, Signal), stop: CancellationToken) {
    let name = next(&mut terminate, &mut interrupt).await;
    tracing::info!("{name}: stopping when what is in hand is done; a second signal ends at once");
    stop.cancel();
    let name = next(&mut terminate, &mut interrupt).await;
    tracing::warn!("{name} again: ending at once");
    process::exit(1);
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}
