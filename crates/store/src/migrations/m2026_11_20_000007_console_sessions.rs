//! Technical support access: what each cloud account permits, and the sessions asked for.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut access = Table::create();
        access
            .table("support_access")
            .col(integer("cloud_account_id").primary_key().take())
            .col(text("mode"))
            .foreign_key(&mut of_cloud_account());
        manager.create_table(access).await?;

        let mut sessions = Table::create();
        sessions
            .table("console_sessions")
            .col(uuid("id").primary_key().take())
            .col(integer("account_id"))
            .col(integer("cloud_account_id"))
            .col(text("requested_by"))
            .col(text("reason"))
            .col(integer("minutes"))
            .col(text("state"))
            .col(big_integer("requested_at"))
            .col(text_null("decided_by"))
            .col(big_integer("valid_until"))
            .col(big_integer_null("opened_at"))
            .col(big_integer_null("ends_at"))
            .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"))
            .foreign_key(&mut of_cloud_account());
        manager.create_table(sessions).await?;

        let mut index = Index::create();
        index.table("console_sessions").name("console_sessions_cloud_account_id");
        index.col("cloud_account_id").col("requested_at");
        manager.create_index(index).await
    }
}

/// What is known of a cloud account goes with it; the audit log stays.
fn of_cloud_account() -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from_col("cloud_account_id")
        .to("cloud_accounts", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}
