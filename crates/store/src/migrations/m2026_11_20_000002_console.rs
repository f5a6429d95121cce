//! What the console needs: sessions, subscriptions, and when an API key was last used.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut last_used = Table::alter();
        last_used.table("api_keys").add_column(big_integer_null("last_used_at"));
        manager.alter_table(last_used).await?;

        let mut sequence = Query::insert();
        sequence.into_table("sequences").columns(["name", "value"]);
        sequence.values_panic(["subscriptions".into(), 0.into()]);
        manager.execute(sequence).await?;

        manager.create_table(subscriptions()).await?;
        manager.create_table(sessions()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn subscriptions() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("subscriptions")
        .col(integer("id").primary_key().take())
        .col(integer("account_id"))
        .col(text("name"))
        .col(text("plan"))
        .col(text("status"))
        .col(integer_null("cloud_account_id"))
        .col(text("regions"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .foreign_key(&mut references("account_id", "accounts"))
        // A cloud account cannot go while a subscription uses it, whatever a program forgets to look at.
        .foreign_key(&mut references("cloud_account_id", "cloud_accounts"));
    table
}

fn sessions() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("sessions")
        .col(uuid("id").primary_key().take())
        .col(integer("account_id"))
        .col(integer("user_id"))
        .col(blob("token_hash"))
        .col(text("address"))
        .col(text("user_agent"))
        .col(big_integer("created_at"))
        .col(big_integer("last_used_at"))
        .col(big_integer("ends_at"))
        .foreign_key(&mut references("account_id", "accounts"))
        .foreign_key(&mut references("user_id", "users"));
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
        index("subscriptions", "subscriptions_account_id", &["account_id", "id"]),
        // What uses a cloud account.
        index("subscriptions", "subscriptions_cloud_account_id", &["cloud_account_id"]),
        // The look-up of every request of the console.
        index("sessions", "sessions_token_hash", &["token_hash"]).unique().take(),
        index("sessions", "sessions_user_id", &["account_id", "user_id"]),
        // The purge.
        index("sessions", "sessions_ends_at", &["ends_at"]),
    ]
}

fn references(column: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(column).to(table, "id").take()
}
