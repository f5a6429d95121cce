//! Connections for reading. In PostgreSQL the pool; in SQLite a few connections that are kept.
//!
//! sqlx's pool checks a connection each time it comes back. In SQLite that check costs as much as a look-up by
//! key does (a trip to the connection's thread) and can find nothing, for there is no network to fail. So the
//! pool only opens SQLite's connections and these keep them: half the cost of every read.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult,
    RuntimeErr, SqlxError, Statement,
    prelude::async_trait::async_trait,
    sqlx::{self, AssertSqlSafe, Sqlite, SqlitePool, pool::PoolConnection},
};
use sea_query_sqlx::SqlxValues;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Whatever reads go through.
#[derive(Clone, Debug)]
pub(crate) enum Reader {
    Postgres(DatabaseConnection),
    Sqlite(Arc<SqliteReaders>),
}

/// Connections to a SQLite file that cannot write.
#[derive(Debug)]
pub(crate) struct SqliteReaders {
    pool: SqlitePool,
    idle: Mutex<Vec<PoolConnection<Sqlite>>>,
    turns: Semaphore,
    timeout: Duration,
}

impl SqliteReaders {
    /// Keeps as many connections as `pool` opens at most, and waits for one as long as it does.
    pub(crate) fn new(pool: SqlitePool) -> Self {
        Self {
            idle: Mutex::default(),
            turns: Semaphore::new(pool.options().get_max_connections() as usize),
            timeout: pool.options().get_acquire_timeout(),
            pool,
        }
    }

    async fn take(&self) -> Result<(SemaphorePermit<'_>, PoolConnection<Sqlite>), DbErr> {
        let turn = tokio::time::timeout(self.timeout, self.turns.acquire())
            .await
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?;
        let kept = self.idle().pop();
        let connection = match kept {
            Some(connection) => connection,
            None => self.pool.acquire().await.map_err(failed)?,
        };
        Ok((turn, connection))
    }

    /// Takes back a connection that did its work. One that failed, or was in use when its caller gave up, goes
    /// back to the pool instead, to be checked.
    fn keep(&self, connection: PoolConnection<Sqlite>) {
        self.idle().push(connection);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<PoolConnection<Sqlite>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Postgres(_) => DbBackend::Postgres,
            Self::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    async fn execute_raw(&self, _: Statement) -> Result<ExecResult, DbErr> {
        Err(read_only())
    }

    async fn execute_unprepared(&self, _: &str) -> Result<ExecResult, DbErr> {
        Err(read_only())
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let readers = match self {
            Self::Postgres(pool) => return pool.query_one_raw(statement).await,
            Self::Sqlite(readers) => readers,
        };
        let (_turn, mut connection) = readers.take().await?;
        let row = query(statement).fetch_optional(&mut *connection).await.map_err(failed)?;
        readers.keep(connection);
        Ok(row.map(Into::into))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let readers = match self {
            Self::Postgres(pool) => return pool.query_all_raw(statement).await,
            Self::Sqlite(readers) => readers,
        };
        let (_turn, mut connection) = readers.take().await?;
        let rows = query(statement).fetch_all(&mut *connection).await.map_err(failed)?;
        readers.keep(connection);
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

fn query(statement: Statement) -> sqlx::query::Query<'static, Sqlite, SqlxValues> {
    // Every statement is a constant or sea-query's work, with its values apart.
    let sql = AssertSqlSafe(statement.sql);
    sqlx::query_with(sql, SqlxValues(statement.values.unwrap_or_else(|| sea_orm::Values(Vec::new()))))
}

fn failed(error: SqlxError) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

fn read_only() -> DbErr {
    DbErr::Custom("a reading connection was asked to write".into())
}
