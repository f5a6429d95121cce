//! Opening the database, checking on it, and bringing its tables up to date.

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt,
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, SqlxPostgresConnector, SqlxSqliteConnector,
    sqlx::{
        ConnectOptions,
        postgres::{PgConnectOptions, PgPoolOptions},
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};
use sea_orm_migration::MigratorTrait;

use crate::{
    Error, Store,
    kept::Kept,
    migrations::Migrator,
    reader::{Reader, SqliteReaders},
    rows::statement,
};

/// How long a request waits for a connection before it is told that the database is unavailable.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a SQLite connection waits for another process's write before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A PostgreSQL connection idle for longer is checked before use: it may have been cut meanwhile.
const CHECK_AFTER_IDLE: Duration = Duration::from_secs(1);

/// Connections that read SQLite at once: each is a thread and up to 2 MB of page cache.
const SQLITE_READERS: u32 = 4;

/// Connections to PostgreSQL, of its 100 by default that several replicas share.
const POSTGRES_CONNECTIONS: u32 = 20;

/// The name under which two migrating replicas take turns; any number nobody else uses.
const MIGRATION_LOCK: i64 = 0x0062_6572_7468;

impl Store {
    /// Opens `sqlite://PATH` or `postgres://…`.
    ///
    /// Connects on first use, so this succeeds while the database is down; [`Store::ping`] finds out. Neither
    /// creates nor migrates anything. No error repeats the URL: it may hold a password.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Self::sqlite(url),
            Some("postgres" | "postgresql") => Self::postgres(url),
            _ => Err(Error::InvalidUrl("it must begin with sqlite:// or postgres://")),
        }
    }

    fn sqlite(url: &str) -> Result<Self, Error> {
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Err(Error::InvalidUrl(
                "a database in memory would be lost with the process; name a file",
            ));
        }
        let options: SqliteConnectOptions = url.parse().map_err(|_| {
            Error::InvalidUrl("it must look like sqlite://berth.db or sqlite:///var/lib/berth.db")
        })?;
        let file = options.get_filename().to_owned();
        if file.as_os_str().is_empty() {
            return Err(Error::InvalidUrl(
                "it names no file; it must look like sqlite:///var/lib/berth.db",
            ));
        }
        let options = options
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("secure_delete", "ON")
            .disable_statement_logging();
        // A SQLite connection cannot be cut, so none is checked before use, and none grows too old.
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .test_before_acquire(false)
                .idle_timeout(None)
                .max_lifetime(None)
        };
        let reader = pool(SQLITE_READERS).connect_lazy_with(options.clone().pragma("query_only", "ON"));
        let writer = pool(1).connect_lazy_with(options);
        Ok(Self {
            reader: Reader::Sqlite(Arc::new(SqliteReaders::new(reader))),
            writer: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
            looks: Kept::default(),
            file: Some(Arc::new(file)),
        })
    }

    fn postgres(url: &str) -> Result<Self, Error> {
        let options: PgConnectOptions = url.parse().map_err(|_| {
            Error::InvalidUrl("it must look like postgres://user:password@host:5432/database")
        })?;
        let options = options.application_name("berth").disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for >= CHECK_AFTER_IDLE {
                        sea_orm::sqlx::Connection::ping(connection).await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        let pool: DatabaseConnection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
        Ok(Self {
            reader: Reader::Postgres(pool.clone()),
            writer: pool,
            looks: Kept::default(),
            file: None,
        })
    }

    /// Finds out whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        self.reader.query_one_raw(statement(&self.reader, "SELECT 1", [])).await?;
        Ok(())
    }

    /// Brings the tables up to date and returns the names of the migrations applied.
    ///
    /// Creates the SQLite file, readable by its owner only, when there is none. Replicas that migrate at the
    /// same time take turns, and all but the first find nothing left to do.
    pub async fn migrate(&self) -> Result<Vec<String>, Error> {
        self.create_file().map_err(|error| Error::Unavailable(error.into()))?;
        let tx = self.begin_first().await?;
        if self.is_postgres() {
            let lock = statement(&tx, "SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK.into()]);
            tx.execute_raw(lock).await?;
        }
        let pending = pending(&tx).await?;
        Migrator::up(&tx, None).await?;
        tx.commit().await?;
        Ok(pending)
    }

    /// Begins a transaction on a database that others may be opening for the first time, too: while one
    /// switches a new SQLite file to WAL, the others are refused at once, whatever their busy timeout.
    async fn begin_first(&self) -> Result<DatabaseTransaction, Error> {
        let give_up = Instant::now() + BUSY_TIMEOUT;
        loop {
            match self.begin().await {
                Err(Error::Unavailable(_)) if self.file.is_some() && Instant::now() < give_up => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                begun => return begun,
            }
        }
    }

    /// The names of the migrations that [`Store::migrate`] would apply.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, Error> {
        if self.file.as_ref().is_some_and(|file| !file.exists()) {
            return Ok(Migrator::migrations()
                .iter()
                .map(|migration| migration.name().to_owned())
                .collect());
        }
        pending(&self.reader).await
    }

    pub(crate) fn create_file(&self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&**file) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }
}

async fn pending(db: &impl ConnectionTrait) -> Result<Vec<String>, Error> {
    let pending = Migrator::get_pending_migrations_read_only(db).await.map_err(|error| match error {
        // What the migrator says when the database knows a migration that this program doesn't.
        sea_orm::DbErr::Custom(_) => Error::TooNew(error.into()),
        error => error.into(),
    })?;
    Ok(pending.iter().map(|migration| migration.name().to_owned()).collect())
}
