//! The only crate that knows a database: tables, migrations, and one method per use case on [`Store`].
//!
//! SQLite and PostgreSQL run the same statements. Ids and times come from the program, never from SQL. Every
//! write runs in one transaction that begins by locking its account's row (see `audit`), so that in one
//! account commits happen in the order of task and audit numbers, in both databases.

mod accounts;
mod api_keys;
mod audit;
mod checks;
mod cloud_accounts;
mod completion;
mod connect;
mod console_sessions;
mod deliveries;
mod deployments;
mod entities;
mod error;
mod external_ids;
mod kept;
mod migrations;
mod orders;
mod payment_methods;
mod reader;
mod readings;
mod restores;
mod rotations;
mod rows;
mod sealed;
mod sessions;
mod sites;
mod subscriptions;
mod tasks;
mod tasks_in_hand;
#[cfg(feature = "testing")]
pub mod testing;
mod users;
mod verifications;
mod webhooks;
pub mod work;

use std::{path::PathBuf, sync::Arc};

use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

use kept::Kept;
use reader::Reader;

pub use accounts::NewAccount;
pub use api_keys::{KeyHolder, NewApiKey};
pub use audit::AuditFilter;
pub use checks::{CheckLease, ClaimedCheck, FinishedCheck, News};
pub use cloud_accounts::{Conflicts, Holders, Page, SealedSecrets};
pub use completion::{Completion, Effect};
pub use console_sessions::Decision;
pub use deliveries::{Attempt, Then, Turn};
pub use deployments::{DriftChange, NewDeployment, Progress, SubscriptionMove};
pub use error::{Error, Source, Unique};
pub use external_ids::NewExternalId;
pub use orders::OrderedSubscription;
pub use payment_methods::NewPaymentMethod;
pub use readings::{BegunReading, NodeGauge, ReadingTurn, SiteReading};
pub use restores::RESTORES_KEPT;
pub use rotations::{Advance, ClaimedRotation, Hold, NewRotation, NewSecret, RotationLease};
pub use sealed::{SealedLocation, SealedValue};
pub use sessions::{InForce, NewSession, SessionHolder};
pub use sites::Site;
pub use subscriptions::NewSubscription;
pub use tasks::NewTask;
pub use tasks_in_hand::{ClaimedTask, TaskLease};
pub use users::NewUser;
pub use verifications::VerificationCursor;
pub use webhooks::{NewWebhook, Owned};

/// The database. Cheap to clone; every clone uses the same connections.
#[derive(Clone, Debug)]
pub struct Store {
    /// In SQLite connections that cannot write; in PostgreSQL the only pool.
    reader: Reader,
    /// In SQLite one connection, because only one can write at a time; in PostgreSQL the same pool.
    writer: DatabaseConnection,
    /// In PostgreSQL what looks for work; unused in SQLite.
    looks: Kept,
    /// The SQLite file; none in PostgreSQL.
    file: Option<Arc<PathBuf>>,
}

impl Store {
    /// `sqlite` or `postgresql`.
    pub fn backend(&self) -> &'static str {
        if self.is_postgres() { "postgresql" } else { "sqlite" }
    }

    fn is_postgres(&self) -> bool {
        self.writer.get_database_backend() == DbBackend::Postgres
    }

    /// Begins a transaction that may write. Dropping it rolls it back.
    async fn begin(&self) -> Result<DatabaseTransaction, Error> {
        // A SQLite transaction that starts as a reader and then writes can fail at once when another process
        // has written meanwhile; one that starts as a writer waits its turn.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
    }
}
