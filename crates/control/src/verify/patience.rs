//! Waiting for new credentials and roles: AWS takes seconds to make them known everywhere.

use std::time::Duration;

use berth_cloud::{Error, ErrorKind};
use tokio::time::Instant;

/// Whether to wait for what may just be too new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Take the first answer, and leave out what takes more than two round trips and decides nothing.
    None,
    /// Take the first answer, but look at everything: somebody wants to see it.
    ForEveryCheck,
    /// Look at everything, and ask again with growing pauses for up to 20 seconds: a task can wait.
    ForNewCredentials,
}

const WINDOW: Duration = Duration::from_secs(20);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// Calls until the answer is not one that `retry` says may pass, or patience ends.
pub(super) async fn until_settled<T, F: Future<Output = Result<T, Error>>>(
    patience: Patience,
    retry: impl Fn(&ErrorKind) -> bool,
    call: impl Fn() -> F,
) -> Result<T, Error> {
    let end = Instant::now() + WINDOW;
    let mut pause = FIRST_PAUSE;
    loop {
        let answer = call().await;
        match &answer {
            Err(error)
                if patience == Patience::ForNewCredentials
                    && retry(&error.kind)
                    && Instant::now() + pause < end =>
            {
                tracing::debug!(operation = error.operation, kind = %error.kind, "may be too new; asking again");
            }
            _ => return answer,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
