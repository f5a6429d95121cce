//! The store's behaviour, on SQLite and PostgreSQL alike.

#![expect(clippy::unwrap_used, reason = "a test that cannot be prepared must fail")]

mod accounts;
mod audit;
mod builders;
mod cloud_accounts;
mod completion;
mod connection;
mod leases;
mod queue;
mod sealed;
mod subscriptions;
