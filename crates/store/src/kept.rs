//! One connection to PostgreSQL that is kept for a statement that is made every second.
//!
//! sqlx's pool checks a connection when it comes back and, after a pause, before it is given out: two round trips more
//! for each statement. What looks for work keeps its own instead, and takes another one when that was cut.

use std::sync::Arc;

use sea_orm::{
    DatabaseConnection, DbErr, QueryResult, RuntimeErr, SqlxError, Statement,
    sqlx::{self, AssertSqlSafe, Postgres, pool::PoolConnection},
};
use sea_query_sqlx::SqlxValues;
use tokio::sync::Mutex;

/// The connection, once there is one. Cheap to clone; clones take turns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(Arc<Mutex<Option<PoolConnection<Postgres>>>>);

impl Kept {
    /// All rows of a statement, which may be made twice when the connection is cut meanwhile.
    pub(crate) async fn query_all(
        &self,
        pool: &DatabaseConnection,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let mut kept = self.0.lock().await;
        if let Some(mut connection) = kept.take() {
            match query(statement.clone()).fetch_all(&mut *connection).await {
                Ok(rows) => {
                    *kept = Some(connection);
                    return Ok(rows.into_iter().map(Into::into).collect());
                }
                Err(error @ SqlxError::Database(_)) if connection_works(&error) => {
                    return Err(failed(error));
                }
                // It was cut meanwhile.
                Err(_) => {}
            }
        }
        let mut connection = pool.get_postgres_connection_pool().acquire().await.map_err(failed)?;
        let rows = query(statement).fetch_all(&mut *connection).await.map_err(failed)?;
        *kept = Some(connection);
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

/// Whether the database said this of the statement, not of the connection.
fn connection_works(error: &SqlxError) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
    !["08", "57"].iter().any(|class| code.starts_with(class))
}

fn query(statement: Statement) -> sqlx::query::Query<'static, Postgres, SqlxValues> {
    // Every statement is a constant, with its values apart.
    let sql = AssertSqlSafe(statement.sql);
    sqlx::query_with(sql, SqlxValues(statement.values.unwrap_or_else(|| sea_orm::Values(Vec::new()))))
}

fn failed(error: SqlxError) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}
