//! Between rows and domain types: times, parsed texts, statements, numbers.

use std::fmt::Display;

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement, Value};

use crate::Error;

/// A time as the database keeps it: microseconds since 1970-01-01T00:00:00Z.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// Reads what [`micros`] wrote.
pub(crate) fn time(micros: i64, what: impl Fn() -> String) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(micros).or_corrupt(what)
}

/// A statement with `$1`, `$2`, … for the values: both databases read these.
pub(crate) fn statement(
    db: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}

/// What doesn't parse is a corrupt row.
pub(crate) trait OrCorrupt<T> {
    /// Names the row that the value stood in.
    fn or_corrupt(self, what: impl Fn() -> String) -> Result<T, Error>;
}

impl<T, E: Display> OrCorrupt<T> for Result<T, E> {
    fn or_corrupt(self, what: impl Fn() -> String) -> Result<T, Error> {
        self.map_err(|why| Error::Corrupt { what: what(), why: why.to_string() })
    }
}

impl<T> OrCorrupt<T> for Option<T> {
    fn or_corrupt(self, what: impl Fn() -> String) -> Result<T, Error> {
        self.ok_or_else(|| Error::Corrupt { what: what(), why: "a value is unknown".into() })
    }
}

/// What ids are counted for. The names are rows of the table `sequences`.
#[derive(Clone, Copy)]
pub(crate) enum Sequence {
    Accounts,
    Users,
    ApiKeys,
    PaymentMethods,
    CloudAccounts,
    Subscriptions,
    Databases,
    Webhooks,
}

/// The next id. Holds up other transactions that want one of the same kind until this one ends.
pub(crate) async fn next_id(tx: &DatabaseTransaction, sequence: Sequence) -> Result<i32, Error> {
    let name = match sequence {
        Sequence::Accounts => "accounts",
        Sequence::Users => "users",
        Sequence::ApiKeys => "api_keys",
        Sequence::PaymentMethods => "payment_methods",
        Sequence::CloudAccounts => "cloud_accounts",
        Sequence::Subscriptions => "subscriptions",
        Sequence::Databases => "databases",
        Sequence::Webhooks => "webhooks",
    };
    let sql = "UPDATE sequences SET value = value + 1 WHERE name = $1 RETURNING value";
    let row = tx.query_one_raw(statement(tx, sql, [name.into()])).await?;
    let row = row.or_corrupt(|| format!("the sequence of {name}"))?;
    Ok(row.try_get_by_index(0)?)
}

/// A value as JSON text.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("structs, texts, numbers and lists of them always serialise")
}
