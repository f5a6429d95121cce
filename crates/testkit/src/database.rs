//! Scratch databases: a migrated SQLite file or PostgreSQL database per test. See [`berth_store::testing`].

pub use berth_store::testing::{Backend, TestDatabase};
