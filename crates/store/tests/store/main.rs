//! The store's behaviour, on SQLite and PostgreSQL alike.

mod accounts;
mod audit;
mod builders;
mod cloud_accounts;
mod completion;
mod connection;
mod leases;
mod queue;
mod sealed;
