//! Subscriptions that customers order: their terms, their planned databases, contracts, and the tasks about them.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("accounts", text("contract").default("none").take()),
            // What the operator recorded before has no terms.
            ("subscriptions", text_null("terms")),
            ("subscriptions", text_null("status_reason")),
            ("tasks", integer_null("subscription_id")),
            ("tasks", text_null("resource")),
        ] {
            // SQLite adds one column at a time.
            let mut alter = Table::alter();
            alter.table(table).add_column(column);
            manager.alter_table(alter).await?;
        }

        let mut sequence = Query::insert();
        sequence.into_table("sequences").columns(["name", "value"]);
        sequence.values_panic(["databases".into(), 0.into()]);
        manager.execute(sequence).await?;

        manager.create_table(databases()).await?;
        let mut of_subscription = Index::create();
        of_subscription
            .table("databases")
            .name("databases_subscription_id")
            .col("subscription_id")
            .col("id");
        manager.create_index(of_subscription).await?;
        // What is being built or removed, of all accounts.
        let mut unsettled = Index::create();
        unsettled.table("subscriptions").name("subscriptions_status").col("status");
        manager.create_index(unsettled).await
    }
}

fn databases() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("databases")
        .col(integer("id").primary_key().take())
        .col(integer("account_id"))
        .col(integer("subscription_id"))
        .col(text("name"))
        .col(text("ordered"))
        .col(big_integer("created_at"))
        .foreign_key(&mut references("account_id", "accounts"))
        .foreign_key(&mut references("subscription_id", "subscriptions"));
    table
}

fn references(column: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(column).to(table, "id").take()
}
