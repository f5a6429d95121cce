//! Scratch databases for tests.
//!
//! One test body runs on both databases like this:
//!
//! ```ignore
//! #[rstest]
//! #[tokio::test]
//! async fn a_test(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
//!     let db = TestDatabase::new(backend).await;
//!     db.store().ping().await.unwrap();
//! }
//! ```

use std::{
    any::Any,
    env, fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::{SealedSecrets, Store, cloud_accounts, migrations::Migrator, webhooks, work};
use berth_domain::{cloud_account::CloudAccount, webhook::Event};
use jiff::SignedDuration;
use sea_orm::ConnectionTrait;
use sea_orm::sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions,
};
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A fresh SQLite file in a temporary directory.
    Sqlite,
    /// A fresh database on the PostgreSQL server of `TEST_DATABASE_URL`.
    Postgres,
}

/// A migrated database of its own for one test; gone when dropped.
#[derive(Debug)]
pub struct TestDatabase {
    store: Store,
    url: String,
    /// A directory or a database on the server: removed when this is dropped.
    _home: Box<dyn Any + Send + Sync>,
}

impl TestDatabase {
    /// Creates and migrates a database; where `BERTH_TEST_TEMPLATES` names a directory, as a copy of one that was
    /// migrated before, by whichever test came first. (`make test` names a new one for each run.)
    ///
    /// # Panics
    /// When that fails, and for PostgreSQL when `TEST_DATABASE_URL` is not set: tests are never skipped.
    pub async fn new(backend: Backend) -> Self {
        if let Some(directory) = env::var_os("BERTH_TEST_TEMPLATES") {
            return Self::copied(backend, Path::new(&directory)).await;
        }
        let database = Self::empty(backend).await;
        database.store.migrate().await.expect("a new database can be migrated");
        database
    }

    async fn copied(backend: Backend, templates: &Path) -> Self {
        match backend {
            Backend::Sqlite => {
                let template = sqlite_template(templates).await;
                let directory = scratch_directory();
                let file = directory.path().join("berth.db");
                fs::copy(template, &file).expect("a temporary directory can be written to");
                Self::at(format!("sqlite://{}", file.display()), Box::new(directory)).await
            }
            Backend::Postgres => {
                let database = ServerDatabase::create(Some(templates)).await;
                Self::at(database.url.clone(), Box::new(database)).await
            }
        }
    }

    /// Creates a database without tables; for SQLite, not even the file.
    ///
    /// # Panics
    /// As [`Self::new`].
    pub async fn empty(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let directory = scratch_directory();
                Self::at(sqlite_in(&directory), Box::new(directory)).await
            }
            Backend::Postgres => {
                let database = ServerDatabase::create(None).await;
                Self::at(database.url.clone(), Box::new(database)).await
            }
        }
    }

    async fn at(url: String, home: Box<dyn Any + Send + Sync>) -> Self {
        let store = Store::connect(&url).await.expect("the URL of a new database is sound");
        Self { store, url, _home: home }
    }

    /// Creates a database as it was before a migration.
    ///
    /// # Panics
    /// As [`Self::new`], and when there is no such migration.
    pub async fn before(backend: Backend, migration: &str) -> Self {
        let database = Self::empty(backend).await;
        let known = Migrator::migrations();
        let steps = known.iter().position(|known| known.name() == migration).expect("a migration's name");
        let steps = u32::try_from(steps).expect("there are few migrations");
        database.store.create_file().expect("a temporary directory can be written to");
        Migrator::up(&database.store.writer, Some(steps)).await.expect("a new database can be migrated");
        database
    }

    /// Executes a statement as it is.
    ///
    /// # Panics
    /// When the database refuses it.
    pub async fn execute(&self, sql: &str) {
        self.store.writer.execute_unprepared(sql).await.expect("a sound statement");
    }

    /// Lets time pass for the work queue: as if its database's clock had gone on by so many seconds.
    ///
    /// # Panics
    /// When the database refuses it.
    pub async fn time_passes(&self, seconds: i64) {
        let micros = seconds * 1_000_000;
        self.execute(&format!(
            "UPDATE work SET due_at = due_at - {micros}, lease_until = lease_until - {micros}"
        ))
        .await;
    }

    /// The database's store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The database's URL, for a second store or a process under test.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Cuts every connection to this PostgreSQL database, as a restart of the server would.
    ///
    /// # Panics
    /// On SQLite, which has no connections to cut.
    pub async fn kill_connections(&self) {
        let options: PgConnectOptions = self.url.parse().expect("a PostgreSQL database");
        let mut connection = PgConnection::connect_with(&options).await.expect("the server answers");
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()";
        execute(&mut connection, sql).await.expect("one's own connections can be cut");
    }
}

/// Inserts cloud accounts as they are, in one transaction: for benchmarks and tests that need many. Their ids
/// are the caller's choice and not taken from the sequence.
///
/// # Panics
/// When the database refuses one.
pub async fn insert_cloud_accounts(
    store: &Store,
    accounts: impl IntoIterator<Item = (CloudAccount, SealedSecrets)>,
) {
    let tx = store.begin().await.expect("the database answers");
    for (account, secrets) in accounts {
        cloud_accounts::insert(&tx, account, secrets).await.expect("the cloud account is new");
    }
    tx.commit().await.expect("the database answers");
}

/// Writes an event for every endpoint that wants it, as the changes that have events do.
///
/// # Panics
/// When the database refuses it.
pub async fn publish(store: &Store, event: &Event) {
    let tx = store.begin().await.expect("the database answers");
    webhooks::enqueue(&tx, event).await.expect("the event is new");
    tx.commit().await.expect("the database answers");
}

/// Calls for a row of the work queue, as the changes do that give it something to do.
///
/// # Panics
/// When the database refuses it.
pub async fn call_for(store: &Store, kind: work::Kind, key: &str) {
    let tx = store.begin().await.expect("the database answers");
    work::call(&tx, kind, key, SignedDuration::ZERO).await.expect("a sound statement");
    tx.commit().await.expect("the database answers");
}

/// A database on the test server, dropped with this.
#[derive(Debug)]
struct ServerDatabase {
    server: PgConnectOptions,
    name: String,
    url: String,
}

impl ServerDatabase {
    /// Empty, or like the migrated one that belongs to a directory of templates.
    async fn create(templates: Option<&Path>) -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let url = env::var("TEST_DATABASE_URL").expect(
            "TEST_DATABASE_URL must name a PostgreSQL server: run `make test`, or set TEST_DATABASE_URL",
        );
        let server: PgConnectOptions = url.parse().expect("TEST_DATABASE_URL is a postgres:// URL");
        // A counter for this process, a number for other processes, random letters for other machines.
        let name = format!(
            "berth_test_{}_{}_{}",
            random_letters(),
            std::process::id(),
            COUNTER.fetch_add(1, Ordering::Relaxed)
        );
        let mut connection =
            PgConnection::connect_with(&server).await.expect("the server of TEST_DATABASE_URL answers");
        let template = match templates {
            Some(templates) => server_template(&mut connection, &server, templates).await,
            None => "template1".to_owned(),
        };
        execute(&mut connection, &format!("CREATE DATABASE {name} TEMPLATE {template}"))
            .await
            .expect("a database can be created");
        let url = url_of(&server, &name);
        Self { server, name, url }
    }
}

fn url_of(server: &PgConnectOptions, name: &str) -> String {
    server.clone().database(name).to_url_lossy().to_string()
}

/// The migrated database that others are copied from; made by whoever comes first, the others wait.
async fn server_template(
    connection: &mut PgConnection,
    server: &PgConnectOptions,
    templates: &Path,
) -> String {
    let run = templates.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = format!("berth_template_{}", run.replace(|it: char| !it.is_ascii_alphanumeric(), "_"));
    let there = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    let is_there = async |connection: &mut PgConnection| {
        connection
            .fetch_optional(AssertSqlSafe(there.as_str()))
            .await
            .expect("the server answers")
            .is_some()
    };
    if is_there(connection).await {
        return name;
    }
    execute(connection, "SELECT pg_advisory_lock(4711)").await.expect("the server answers");
    if !is_there(connection).await {
        // Under another name until it is whole.
        let making = format!("{name}_new");
        execute(connection, &format!("CREATE DATABASE {making}")).await.expect("a database can be created");
        let store = Store::connect(&url_of(server, &making)).await.expect("it was just made");
        store.migrate().await.expect("a new database can be migrated");
        store.writer.close().await.expect("connections can be closed");
        let renamed = format!("ALTER DATABASE {making} RENAME TO {name}");
        execute(connection, &renamed).await.expect("nobody uses it");
    }
    execute(connection, "SELECT pg_advisory_unlock(4711)").await.expect("the server answers");
    name
}

/// The migrated file that others are copied from. Two may make it at once: the same.
async fn sqlite_template(templates: &Path) -> PathBuf {
    let template = templates.join("berth.db");
    if !template.exists() {
        let directory =
            tempfile::tempdir_in(templates).expect("the directory of templates can be written to");
        let store = Store::connect(&sqlite_in(&directory)).await.expect("a new file");
        store.migrate().await.expect("a new database can be migrated");
        store
            .writer
            .execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
            .await
            .expect("nobody else reads");
        fs::rename(directory.path().join("berth.db"), &template).expect("the same file system");
    }
    template
}

fn sqlite_in(directory: &TempDir) -> String {
    format!("sqlite://{}", directory.path().join("berth.db").display())
}

fn scratch_directory() -> TempDir {
    tempfile::Builder::new().prefix("berth-test-").tempdir().expect("a temporary directory")
}

fn random_letters() -> String {
    let random = tempfile::Builder::new().prefix("").tempdir().expect("a temporary directory");
    random.path().file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default()
}

impl Drop for ServerDatabase {
    /// Best effort: what stays behind is harmless, and a test must not fail for it.
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // The test's own runtime may be ending, and cannot be waited for from here.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection =
                    PgConnection::connect_with(&server).await.map_err(std::io::Error::other)?;
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                execute(&mut connection, &sql).await.map_err(std::io::Error::other)
            })
        });
        drop(dropping.join());
    }
}

async fn execute(connection: &mut PgConnection, sql: &str) -> Result<(), sea_orm::sqlx::Error> {
    connection.execute(AssertSqlSafe(sql)).await?;
    Ok(())
}
