//! The store's behaviour, on SQLite and PostgreSQL alike.

#![expect(clippy::unwrap_used, reason = "a test that cannot be prepared must fail")]

mod accounts;
mod audit;
mod builders;
mod checks;
mod cloud_accounts;
mod completion;
mod connection;
mod console_sessions;
mod external_ids;
mod migrations;
mod queue;
mod rotations;
mod sealed;
mod sites;
mod subscriptions;
mod tasks;
mod upgrades;
mod webhooks;
mod work;
