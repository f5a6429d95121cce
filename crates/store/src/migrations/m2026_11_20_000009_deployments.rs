//! Deployments, their resources, what is found to have drifted, and the sites at which they are worked on.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [sites(), deployments(), resources(), drift()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// One AWS account in one region: what one process works on at a time.
fn sites() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("sites")
        .col(integer("cloud_account_id"))
        .col(text("region"))
        .col(integer("account_id"))
        .col(big_integer("due_at"))
        // Counts the calls to look at it soon: one that comes while somebody looks is not lost.
        .col(integer("wanted"))
        .col(text_null("lease_owner"))
        .col(big_integer_null("lease_until"))
        .col(integer("generation"))
        .primary_key(Index::create().col("cloud_account_id").col("region"))
        .foreign_key(&mut references("account_id", "accounts"));
    table
}

fn deployments() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("deployments")
        .col(uuid("id").primary_key().take())
        .col(integer("account_id"))
        .col(integer("subscription_id"))
        .col(integer("cloud_account_id"))
        .col(text("region"))
        .col(text("blueprint"))
        .col(text("network"))
        .col(text_null("customers_vpc"))
        .col(text("zones"))
        .col(blob("private_key"))
        .col(text("state"))
        .col(text_null("trouble"))
        .col(big_integer_null("next_at"))
        .col(big_integer_null("compared_at"))
        .col(big_integer("created_at"))
        .foreign_key(&mut references("account_id", "accounts"))
        .foreign_key(&mut references("subscription_id", "subscriptions"));
    table
}

fn resources() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("deployment_resources")
        .col(uuid("deployment_id"))
        .col(text("name"))
        .col(text("kind"))
        .col(uuid("operation"))
        .col(text("tags"))
        .col(big_integer("asked_at"))
        .col(integer("asked"))
        .col(text_null("aws_id"))
        .col(text_null("in_place"))
        .primary_key(Index::create().col("deployment_id").col("name"))
        .foreign_key(&mut references("deployment_id", "deployments"));
    table
}

fn drift() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("deployment_drift")
        .col(uuid("deployment_id"))
        .col(text("fingerprint"))
        .col(text("finding"))
        .col(big_integer("since"))
        .col(text_null("made_by"))
        .primary_key(Index::create().col("deployment_id").col("fingerprint"))
        .foreign_key(&mut references("deployment_id", "deployments"));
    table
}

fn references(column: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(column).to(table, "id").take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |table: &'static str, name: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.table(table).name(name);
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        // What is due.
        index("sites", "sites_due_at", &["due_at"]),
        // What is worked on together.
        index("deployments", "deployments_site", &["cloud_account_id", "region"]),
        index("deployments", "deployments_subscription_id", &["subscription_id"]),
        index("deployments", "deployments_account_id", &["account_id"]),
    ]
}
