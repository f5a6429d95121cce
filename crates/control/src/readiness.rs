//! Whether this Berth can serve, part by part.

use std::time::Duration;

use crate::{Control, master_key};

/// How long each part may take to answer.
const WITHIN: Duration = Duration::from_secs(4);

/// How one part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// As it should be.
    Ok,
    /// Not as it should be. The sentence says what to do; it is shown without authentication, so it names no
    /// address, path or cause.
    Failed(&'static str),
    /// Could not be looked at, because something before it failed.
    Unknown,
}

/// What must be in order before requests make sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The database answers.
    pub database: Condition,
    /// Its schema is the one this program knows.
    pub migrations: Condition,
    /// The master key opens what is sealed in it.
    pub master_key: Condition,
}

impl Control {
    /// Looks at every part. Logs the cause of what failed.
    pub async fn readiness(&self) -> Readiness {
        let (store, vault) = (&self.0.store, &self.0.vault);
        let pending = match in_time("database", store.pending_migrations()).await {
            Some(pending) => pending,
            None => {
                return Readiness {
                    database: Condition::Failed("the database cannot be reached; see Berth's log"),
                    migrations: Condition::Unknown,
                    master_key: Condition::Unknown,
                };
            }
        };
        if !pending.is_empty() {
            return Readiness {
                database: Condition::Ok,
                migrations: Condition::Failed("migrations are not applied; run `berth migrate`"),
                master_key: Condition::Unknown,
            };
        }
        let opens = in_time("master key", master_key::check(store, vault)).await;
        Readiness {
            database: Condition::Ok,
            migrations: Condition::Ok,
            master_key: match opens {
                Some(()) => Condition::Ok,
                None => Condition::Failed("the master key does not open this database; see Berth's log"),
            },
        }
    }
}

async fn in_time<T, E>(part: &'static str, check: impl Future<Output = Result<T, E>>) -> Option<T>
where
    E: std::error::Error,
{
    match tokio::time::timeout(WITHIN, check).await {
        Ok(Ok(found)) => Some(found),
        Ok(Err(error)) => {
            tracing::error!(part, error = %error, "not ready");
            None
        }
        Err(_) => {
            tracing::error!(part, "not ready: no answer within {} s", WITHIN.as_secs());
            None
        }
    }
}
