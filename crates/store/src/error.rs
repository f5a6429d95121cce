//! What can go wrong with the store, as callers must tell it apart.

use berth_domain::{ids::SubscriptionId, problem::Problem, values::AwsAccountId};
use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};

/// Why the store could not do what it was asked to. Nothing was written.
///
/// One exception: when the connection breaks during a commit, [`Error::Unavailable`] cannot say whether the
/// database had taken the commit in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database cannot be reached, is overloaded, or the connection broke. Trying again later may help.
    #[error("the database cannot be reached right now")]
    Unavailable(#[source] Source),
    /// Somebody else has this value already.
    #[error("{0} is taken")]
    Taken(Unique),
    /// There is no such account.
    #[error("there is no such account")]
    NoSuchAccount,
    /// There is no such user in this account.
    #[error("there is no such user in this account")]
    NoSuchUser,
    /// There is no such cloud account in this account.
    #[error("there is no such cloud account in this account")]
    NoSuchCloudAccount,
    /// The cloud account is entered by a role: it has no access key.
    #[error("the cloud account has no access key")]
    NoAccessKey,
    /// This account has no such external id to use.
    #[error("this account has no such external id to use")]
    NoSuchExternalId,
    /// The cloud account is being deleted.
    #[error("the cloud account is being deleted")]
    NotActive,
    /// A task is about to change the cloud account.
    #[error("a task is about to change the cloud account")]
    Busy,
    /// The access key is being switched off and deleted by a rotation.
    #[error("the access key is being retired by a rotation")]
    KeyRetired,
    /// Subscriptions use the cloud account: their ids and names.
    #[error("subscriptions use the cloud account")]
    CloudAccountUsed(Vec<(SubscriptionId, String)>),
    /// Deployments of the cloud account are in another AWS account, this one.
    #[error("deployments of the cloud account are in AWS account {0}")]
    BuiltIn(AwsAccountId),
    /// Technical support access to the cloud account is switched off.
    #[error("technical support access to the cloud account is switched off")]
    SupportSwitchedOff,
    /// The account has as many webhooks as it may have.
    #[error("the account has as many webhooks as it may have")]
    TooManyWebhooks,
    /// There is no such subscription in this account.
    #[error("there is no such subscription in this account")]
    NoSuchSubscription,
    /// The subscription is being deleted.
    #[error("the subscription is being deleted")]
    SubscriptionDeleting,
    /// What was ordered does not fit with what the account has by now.
    #[error("the order does not fit: {}", Problem::tell(.0))]
    Refused(Vec<Problem>),
    /// Another replica works on the task now, or it is finished.
    #[error("the lease was lost to another worker")]
    LostLease,
    /// A row doesn't parse into the domain's types.
    #[error("{what} in the database cannot be understood: {why}; was the database changed by hand?")]
    Corrupt {
        /// Which row.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The tables are missing or older than this program.
    #[error("the database is not set up for this version of Berth; run `berth migrate`")]
    NotMigrated(#[source] Source),
    /// The database was migrated by a newer program.
    #[error("the database was migrated by a newer version of Berth; run that version")]
    TooNew(#[source] Source),
    /// The database URL cannot be used. Never repeats the URL: it may hold a password.
    #[error("the database URL cannot be used: {0}")]
    InvalidUrl(&'static str),
    /// Something unforeseen.
    #[error("the database refused a statement")]
    Other(#[source] Source),
}

/// The database's own error behind an [`Error`], for the logs.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// A value that must be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    /// A user's email, in this Berth.
    Email,
    /// An account key, in this Berth.
    AccountKey,
    /// An API key's secret, in this Berth.
    ApiKeySecret,
    /// A cloud account's name, in its account.
    CloudAccountName,
    /// A cloud account's access key, in its account.
    CloudAccountAccessKey,
    /// A cloud account's rotation that is under way.
    Rotation,
    /// A cloud account's external id, in this Berth.
    ExternalId,
    /// An AWS account, among the accounts of this Berth: two may not register one.
    AwsAccount,
}

impl std::fmt::Display for Unique {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Email => "the email address",
            Self::AccountKey => "the account key",
            Self::ApiKeySecret => "the API key's secret",
            Self::CloudAccountName => "the cloud account's name",
            Self::CloudAccountAccessKey => "the cloud account's access key",
            Self::Rotation => "the cloud account's rotation",
            Self::ExternalId => "the external id",
            Self::AwsAccount => "the AWS account",
        })
    }
}

/// What the databases call a unique constraint: SQLite lists `table.column`s, PostgreSQL names the index.
/// The indexes are named `table_column…`, so that one text fits both once dots are underscores.
const CONSTRAINTS: [(&str, Unique); 7] = [
    ("users_email_key", Unique::Email),
    ("accounts_account_key", Unique::AccountKey),
    ("api_keys_secret_hash", Unique::ApiKeySecret),
    ("cloud_accounts_name", Unique::CloudAccountName),
    ("cloud_accounts_access_key_id", Unique::CloudAccountAccessKey),
    ("rotations_cloud_account_id", Unique::Rotation),
    ("cloud_accounts_external_id", Unique::ExternalId),
];

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(message)) = error.sql_err() {
            let message = message.replace('.', "_");
            if let Some((_, unique)) = CONSTRAINTS.iter().find(|(name, _)| message.contains(name)) {
                return Self::Taken(*unique);
            }
        }
        match kind(&error) {
            Kind::Unavailable => Self::Unavailable(error.into()),
            Kind::NotMigrated => Self::NotMigrated(error.into()),
            Kind::Other => Self::Other(error.into()),
        }
    }
}

enum Kind {
    Unavailable,
    NotMigrated,
    Other,
}

fn kind(error: &DbErr) -> Kind {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Kind::Unavailable,
            _ => Kind::Other,
        };
    };
    match &**error {
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => Kind::Unavailable,
        SqlxError::Database(error) => {
            let code = error.code().unwrap_or_default();
            match code.parse::<i32>() {
                // SQLite's codes are at most four digits (primary code in the low byte), SQLSTATEs are five.
                Ok(number) if code.len() < 5 => sqlite_kind(number & 0xff, error.message()),
                _ => postgres_kind(&code),
            }
        }
        _ => Kind::Other,
    }
}

fn sqlite_kind(primary_code: i32, message: &str) -> Kind {
    match primary_code {
        // busy, locked, read-only, I/O error, full, cannot open
        5 | 6 | 8 | 10 | 13 | 14 => Kind::Unavailable,
        1 if message.starts_with("no such table") || message.starts_with("no such column") => {
            Kind::NotMigrated
        }
        _ => Kind::Other,
    }
}

fn postgres_kind(sqlstate: &str) -> Kind {
    match sqlstate {
        "42P01" | "42703" => Kind::NotMigrated,
        // A standby after a failover; a deadlock or serialisation failure, which trying again resolves.
        "25006" | "40001" | "40P01" => Kind::Unavailable,
        // Connection exceptions, insufficient resources, operator intervention (shutdown), system errors.
        _ if ["08", "53", "57", "58"].iter().any(|class| sqlstate.starts_with(class)) => Kind::Unavailable,
        _ => Kind::Other,
    }
}
