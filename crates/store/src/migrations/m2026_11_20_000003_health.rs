//! Health: since when a cloud account fails and why, when it is verified next, and the verifications made.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One statement each: SQLite adds one column at a time.
        for column in [
            big_integer_null("failing_since"),
            text("failing_findings").default("[]").take(),
            big_integer_null("next_check_at"),
            big_integer_null("check_lease_until"),
            integer("check_generation").default(0).take(),
        ] {
            let mut table = Table::alter();
            table.table("cloud_accounts").add_column(column);
            manager.alter_table(table).await?;
        }
        manager.create_table(verifications()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn verifications() -> TableCreateStatement {
    let mut of = ForeignKey::create();
    of.from_col("cloud_account_id").to("cloud_accounts", "id").on_delete(ForeignKeyAction::Cascade);
    let mut account = ForeignKey::create();
    account.from_col("account_id").to("accounts", "id");
    let mut table = Table::create();
    table
        .table("verifications")
        .col(uuid("id").primary_key().take())
        .col(integer("account_id"))
        .col(integer("cloud_account_id"))
        .col(big_integer("at"))
        .col(text("conclusion"))
        .col(text("findings"))
        .col(big_integer("took_ms"))
        .col(text("cause"))
        .foreign_key(&mut account)
        .foreign_key(&mut of);
    table
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
        index("verifications", "verifications_cloud_account_id", &["cloud_account_id", "at", "id"]),
        // The purge.
        index("verifications", "verifications_at", &["at"]),
        // Which is due.
        index("cloud_accounts", "cloud_accounts_next_check_at", &["next_check_at"]),
        // Whether somebody is at work on the same AWS account.
        index("cloud_accounts", "cloud_accounts_aws_account_id", &["aws_account_id"]),
    ]
}
