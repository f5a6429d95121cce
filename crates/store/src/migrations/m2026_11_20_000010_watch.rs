//! What is restored of what has drifted, and what was read of the nodes.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [policies(), restores(), readings(), nodes()] {
            manager.create_table(table).await?;
        }
        let mut latest = Index::create();
        latest.table("restores").name("restores_deployment_id").col("deployment_id").col("at");
        manager.create_index(latest).await
    }
}

fn policies() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("restore_policies")
        .col(integer("subscription_id").primary_key().take())
        .col(integer("account_id"))
        .col(text("policy"))
        .foreign_key(&mut with("subscription_id", "subscriptions"));
    table
}

fn restores() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("restores")
        .col(uuid("id").primary_key().take())
        .col(uuid("deployment_id"))
        .col(text("fingerprint"))
        .col(text("finding"))
        .col(big_integer("at"))
        .col(text("outcome"))
        .col(text_null("message"))
        .foreign_key(&mut with("deployment_id", "deployments"));
    table
}

/// When one AWS account in one region was last read, and whether it could be.
fn readings() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("readings")
        .col(integer("cloud_account_id"))
        .col(text("region"))
        .col(big_integer("begun_at"))
        .col(big_integer_null("read_at"))
        .col(text_null("checks"))
        .col(text_null("figures"))
        .primary_key(Index::create().col("cloud_account_id").col("region"));
    table
}

fn nodes() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("node_readings")
        .col(uuid("deployment_id"))
        .col(text("node"))
        .col(text("instance_id"))
        .col(big_integer("read_at"))
        .col(text_null("system"))
        .col(text_null("itself"))
        .col(text("announced"))
        .col(double_null("cpu"))
        .col(double_null("network_in"))
        .col(double_null("network_out"))
        .col(double_null("volume_read"))
        .col(double_null("volume_write"))
        .col(text("series"))
        .primary_key(Index::create().col("deployment_id").col("node"))
        .foreign_key(&mut with("deployment_id", "deployments"));
    table
}

/// What goes with what it belongs to.
fn with(column: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(column).to(table, "id").on_delete(ForeignKeyAction::Cascade).take()
}
