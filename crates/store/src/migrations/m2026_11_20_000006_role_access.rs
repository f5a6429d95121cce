//! Cloud accounts that Berth enters by a role: they have no access key, but a role and an external id. And the
//! external ids that were issued and wait to be used.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "cloud_accounts";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        allow_no_key(manager).await?;
        for column in ["role_arn", "external_id"] {
            let mut add = Table::alter();
            add.table(TABLE).add_column(text_null(column));
            manager.alter_table(add).await?;
        }
        let mut index = Index::create();
        // In the whole Berth: an external id stands for one cloud account.
        index.table(TABLE).name("cloud_accounts_external_id").col("external_id").unique();
        manager.create_index(index).await?;

        manager.create_table(external_ids()).await?;
        let mut purge = Index::create();
        purge.table("external_ids").name("external_ids_expires_at").col("expires_at");
        manager.create_index(purge).await
    }
}

/// Lets `access_key_id` and `secret_key` be NULL.
async fn allow_no_key(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let nullable = [text_null("access_key_id"), blob_null("secret_key")];
    if manager.get_database_backend() == DbBackend::Postgres {
        for column in nullable {
            let mut alter = Table::alter();
            alter.table(TABLE).modify_column(column);
            manager.alter_table(alter).await?;
        }
        return Ok(());
    }
    // SQLite cannot change a column. Instead of a new table, which other tables' foreign keys would have to
    // follow, each column gets a twin that takes over its values and then its name.
    let name = "cloud_accounts_access_key_id";
    let mut drop_index = Index::drop();
    drop_index.table(TABLE).name(name);
    manager.drop_index(drop_index).await?;
    for (column, twin) in
        [("access_key_id", text_null("new_access_key_id")), ("secret_key", blob_null("new_secret_key"))]
    {
        let twins_name = format!("new_{column}");
        let mut add = Table::alter();
        add.table(TABLE).add_column(twin);
        manager.alter_table(add).await?;
        let mut copy = Query::update();
        copy.table(TABLE).value(Alias::new(&twins_name), Expr::col(column));
        manager.execute(copy).await?;
        let mut remove = Table::alter();
        remove.table(TABLE).drop_column(column);
        manager.alter_table(remove).await?;
        let mut rename = Table::alter();
        rename.table(TABLE).rename_column(Alias::new(&twins_name), column);
        manager.alter_table(rename).await?;
    }
    let mut index = Index::create();
    index.table(TABLE).name(name).col("account_id").col("access_key_id").unique();
    manager.create_index(index).await
}

fn external_ids() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("external_ids")
        .col(text("external_id").primary_key().take())
        .col(integer("account_id"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .foreign_key(ForeignKey::create().from_col("account_id").to("accounts", "id"));
    table
}
