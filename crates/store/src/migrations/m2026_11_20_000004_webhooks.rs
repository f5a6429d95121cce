//! Webhooks: the endpoints, and every event on its way to one.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut sequence = Query::insert();
        sequence.into_table("sequences").columns(["name", "value"]);
        sequence.values_panic(["webhooks".into(), 0.into()]);
        manager.execute(sequence).await?;

        manager.create_table(webhooks()).await?;
        manager.create_table(deliveries()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn webhooks() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("webhooks")
        .col(integer("id").primary_key().take())
        // Of all accounts when null.
        .col(integer_null("account_id"))
        .col(text("url"))
        .col(blob("secret"))
        .col(text("events"))
        .col(boolean("enabled"))
        .col(big_integer("created_at"))
        // Who sends to it, and since when nobody has: one process at a time, in turns.
        .col(text_null("lease_owner"))
        .col(big_integer_null("lease_until"))
        .col(integer("generation"))
        .col(big_integer("served_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"));
    table
}

fn deliveries() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("webhook_deliveries")
        // No foreign key: an endpoint may go while an event is being written for it, and the change that the
        // event tells of must not fail for that. The purge removes what is left over.
        .col(integer("webhook_id"))
        .col(uuid("event_id"))
        .col(integer("account_id"))
        .col(text("kind"))
        .col(text("payload"))
        .col(text("state"))
        .col(integer("attempts"))
        .col(text_null("outcome"))
        .col(big_integer("created_at"))
        .col(big_integer_null("next_attempt_at"))
        .col(big_integer_null("ended_at"))
        .primary_key(Index::create().col("webhook_id").col("event_id"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"));
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
        // Whom to tell of an event.
        index("webhooks", "webhooks_account_id", &["account_id", "id"]),
        // What is due, and how much waits. Stays as small as the backlog, however much is kept.
        index("webhook_deliveries", "webhook_deliveries_waiting", &["webhook_id", "next_attempt_at"])
            .and_where(Expr::col("ended_at").is_null())
            .take(),
        // An endpoint's list, latest first.
        index("webhook_deliveries", "webhook_deliveries_created_at", &["webhook_id", "created_at"]),
        // The purge.
        index("webhook_deliveries", "webhook_deliveries_purge", &["created_at"]),
    ]
}
