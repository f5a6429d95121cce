//! The tables' history. A migration that was released never changes; a new one follows it.

mod m2026_11_20_000001_first_tables;
mod m2026_11_20_000002_console;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// Applies the migrations below, in this order.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m2026_11_20_000001_first_tables::Migration),
            Box::new(m2026_11_20_000002_console::Migration),
        ]
    }
}
