//! Deployments are worked on and read by AWS account, not by cloud account: one AWS account may be several.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut column = Table::alter();
        column.table("deployments").add_column(text("aws_account_id").default(""));
        manager.alter_table(column).await?;
        let sql = "UPDATE deployments SET aws_account_id = \
             (SELECT c.aws_account_id FROM cloud_accounts c WHERE c.id = deployments.cloud_account_id)";
        manager.get_connection().execute_unprepared(sql).await?;
        let mut index = Index::drop();
        index.name("deployments_site").table("deployments");
        manager.drop_index(index).await?;
        let mut index = Index::create();
        index.name("deployments_site").table("deployments").col("aws_account_id").col("region");
        manager.create_index(index).await?;

        // What these two hold is found out anew with the next look.
        for table in ["sites", "readings"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        for table in [sites(), readings()] {
            manager.create_table(table).await?;
        }
        manager
            .create_index(Index::create().name("sites_due_at").table("sites").col("due_at").take())
            .await?;
        let sql = "INSERT INTO sites (account_id, aws_account_id, region, due_at, wanted, generation) \
             SELECT DISTINCT account_id, aws_account_id, region, 0, 0, 0 FROM deployments";
        manager.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }
}

/// An account's AWS account in one region: what one process works on at a time.
fn sites() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("sites")
        .col(integer("account_id"))
        .col(text("aws_account_id"))
        .col(text("region"))
        .col(big_integer("due_at"))
        // Counts the calls to look at it soon: one that comes while somebody looks is not lost.
        .col(integer("wanted"))
        .col(text_null("lease_owner"))
        .col(big_integer_null("lease_until"))
        .col(integer("generation"))
        .primary_key(Index::create().col("account_id").col("aws_account_id").col("region"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"));
    table
}

/// When an account's AWS account in one region was last read, and whether it could be.
fn readings() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("readings")
        .col(integer("account_id"))
        .col(text("aws_account_id"))
        .col(text("region"))
        .col(big_integer("begun_at"))
        .col(big_integer_null("read_at"))
        .col(text_null("checks"))
        .col(text_null("figures"))
        .primary_key(Index::create().col("account_id").col("aws_account_id").col("region"));
    table
}
