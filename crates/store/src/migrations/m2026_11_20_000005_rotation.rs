//! Rotations of access keys, and the schedules they begin by.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(rotations()).await?;
        manager.create_table(schedules()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// No reference to the cloud account: what happened stays on record when it goes, and a rotation may have to
/// clean up after it.
fn rotations() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("rotations")
        .col(uuid("id").primary_key().take())
        .col(integer("account_id"))
        .col(integer("cloud_account_id"))
        .col(text("state"))
        .col(big_integer("since"))
        .col(text("user_arn"))
        .col(text("old_key"))
        .col(text_null("new_key"))
        .col(blob_null("new_secret"))
        .col(big_integer_null("attempted_at"))
        .col(integer("holds"))
        .col(big_integer_null("swapped_at"))
        .col(big_integer_null("deactivated_at"))
        .col(text("keys"))
        .col(text("status"))
        .col(boolean("needs_attention"))
        .col(text("history"))
        .col(text("originator"))
        .col(text_null("api_key_name"))
        .col(big_integer("due_at"))
        .col(integer("failures"))
        .col(text_null("lease_owner"))
        .col(big_integer_null("lease_until"))
        .col(integer("generation"))
        .col(big_integer("created_at"))
        .col(big_integer_null("finished_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"));
    table
}

fn schedules() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("rotation_schedules")
        .col(integer("cloud_account_id").primary_key().take())
        .col(integer("account_id"))
        .col(integer("every_days"))
        .foreign_key(
            ForeignKey::create()
                .from_col("cloud_account_id")
                .to("cloud_accounts", "id")
                .on_delete(ForeignKeyAction::Cascade),
        );
    table
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &'static str, columns: &[&'static str]| {
        let mut index = Index::create();
        index.table("rotations").name(name);
        for column in columns {
            index.col(*column);
        }
        index
    };
    vec![
        // One at a time for each cloud account.
        index("rotations_cloud_account_id", &["cloud_account_id"])
            .and_where(Expr::col("finished_at").is_null())
            .unique()
            .take(),
        // What is to be done, next first.
        index("rotations_due_at", &["due_at"]).and_where(Expr::col("finished_at").is_null()).take(),
        // The history of a cloud account.
        index("rotations_history", &["account_id", "cloud_account_id", "created_at"]),
    ]
}
