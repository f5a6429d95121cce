//! The tables' history. A migration that was released never changes; a new one follows it.

mod m2026_11_20_000001_first_tables;
mod m2026_11_20_000002_console;
mod m2026_11_20_000003_health;
mod m2026_11_20_000004_webhooks;
mod m2026_11_20_000005_rotation;
mod m2026_11_20_000006_role_access;
mod m2026_11_20_000007_console_sessions;
mod m2026_11_20_000008_subscriptions;
mod m2026_11_20_000009_deployments;
mod m2026_11_20_000010_watch;
mod m2026_11_21_000011_sites_of_aws_accounts;
mod m2026_11_28_000012_drift_identity;
mod m2026_11_28_000013_work;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// Applies the migrations below, in this order.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m2026_11_20_000001_first_tables::Migration),
            Box::new(m2026_11_20_000002_console::Migration),
            Box::new(m2026_11_20_000003_health::Migration),
            Box::new(m2026_11_20_000004_webhooks::Migration),
            Box::new(m2026_11_20_000005_rotation::Migration),
            Box::new(m2026_11_20_000006_role_access::Migration),
            Box::new(m2026_11_20_000007_console_sessions::Migration),
            Box::new(m2026_11_20_000008_subscriptions::Migration),
            Box::new(m2026_11_20_000009_deployments::Migration),
            Box::new(m2026_11_20_000010_watch::Migration),
            Box::new(m2026_11_21_000011_sites_of_aws_accounts::Migration),
            Box::new(m2026_11_28_000012_drift_identity::Migration),
            Box::new(m2026_11_28_000013_work::Migration),
        ]
    }
}
