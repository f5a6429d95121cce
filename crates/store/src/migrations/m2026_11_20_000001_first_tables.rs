//! Accounts, users, API keys, payment methods, cloud accounts, tasks, the audit log, settings.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        sequences(manager).await?;
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// Cloud accounts begin at 101: what is below is kept for the operator's own.
async fn sequences(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = table("sequences", [text("name").primary_key().take(), integer("value")]);
    manager.create_table(table).await?;
    let mut first = Query::insert();
    first.into_table("sequences").columns(["name", "value"]);
    for name in ["accounts", "users", "api_keys", "payment_methods"] {
        first.values_panic([name.into(), 0.into()]);
    }
    first.values_panic(["cloud_accounts".into(), 100.into()]);
    manager.execute(first).await
}

fn tables() -> Vec<TableCreateStatement> {
    let mut users = table(
        "users",
        [
            id(),
            integer("account_id"),
            text("email"),
            text("email_key"),
            text("name"),
            text("role"),
            text("password_hash"),
            boolean("enabled"),
            big_integer("created_at"),
            big_integer("updated_at"),
        ],
    );
    let mut api_keys = table(
        "api_keys",
        [
            id(),
            integer("account_id"),
            integer("user_id"),
            text("name"),
            blob("secret_hash"),
            text("allowed_sources"),
            big_integer("created_at"),
            big_integer_null("revoked_at"),
        ],
    );
    let mut payment_methods = table(
        "payment_methods",
        [
            id(),
            integer("account_id"),
            text("kind"),
            integer("last4"),
            text("name_on_card"),
            integer("expiration_month"),
            integer("expiration_year"),
            big_integer("created_at"),
        ],
    );
    let mut cloud_accounts = table(
        "cloud_accounts",
        [
            id(),
            integer("account_id"),
            text("name"),
            text("status"),
            text("access_key_id"),
            text("aws_account_id"),
            text("user_arn"),
            text_null("console_role"),
            text_null("console_role_arn"),
            text_null("console_username"),
            text("sign_in_url"),
            blob("secret_key"),
            blob_null("console_password"),
            big_integer("created_at"),
            big_integer("updated_at"),
            big_integer("verified_at"),
        ],
    );
    let mut tasks = table(
        "tasks",
        [
            uuid("id").primary_key().take(),
            integer("account_id"),
            integer("seq"),
            text("command"),
            text("status"),
            text("description"),
            integer_null("cloud_account_id"),
            blob_null("sealed_request"),
            text_null("error"),
            text("findings"),
            text("originator"),
            text_null("api_key_name"),
            text_null("lease_owner"),
            big_integer_null("lease_until"),
            integer("generation"),
            big_integer("created_at"),
            big_integer("updated_at"),
            big_integer_null("finished_at"),
        ],
    );
    let mut audit_entries = table(
        "audit_entries",
        [
            integer("account_id"),
            integer("id"),
            big_integer("at"),
            text("originator"),
            text_null("api_key_name"),
            text("resource"),
            integer_null("resource_id"),
            text("kind"),
            text("description"),
        ],
    );
    audit_entries.primary_key(Index::create().col("account_id").col("id"));
    api_keys.foreign_key(&mut references("user_id", "users"));
    for table in [
        &mut users,
        &mut api_keys,
        &mut payment_methods,
        &mut cloud_accounts,
        &mut tasks,
        &mut audit_entries,
    ] {
        table.foreign_key(&mut references("account_id", "accounts"));
    }
    let accounts = table(
        "accounts",
        [
            id(),
            text("name"),
            text("account_key"),
            integer("task_seq"),
            integer("log_seq"),
            big_integer("created_at"),
            big_integer("updated_at"),
        ],
    );
    let settings = table("settings", [text("name").primary_key().take(), blob("value")]);
    vec![accounts, users, api_keys, payment_methods, cloud_accounts, tasks, audit_entries, settings]
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("accounts", "accounts_account_key", &["account_key"]),
        unique("users", "users_email_key", &["email_key"]),
        index("users", "users_account_id", &["account_id", "id"]),
        // The key look-up of every request.
        unique("api_keys", "api_keys_secret_hash", &["secret_hash"]),
        index("api_keys", "api_keys_account_id", &["account_id", "id"]),
        index("api_keys", "api_keys_user_id", &["user_id"]),
        index("payment_methods", "payment_methods_account_id", &["account_id", "id"]),
        unique("cloud_accounts", "cloud_accounts_name", &["account_id", "name"]),
        unique("cloud_accounts", "cloud_accounts_access_key_id", &["account_id", "access_key_id"]),
        // A page of the list, in its order.
        index("cloud_accounts", "cloud_accounts_account_id", &["account_id", "id"]),
        unique("tasks", "tasks_seq", &["account_id", "seq"]),
        // An account's oldest unfinished task. Stays as small as the queue, however many tasks are kept.
        index("tasks", "tasks_unfinished", &["account_id", "seq"])
            .and_where(Expr::col("finished_at").is_null())
            .take(),
        // What is still queued for a cloud account.
        index("tasks", "tasks_unfinished_of", &["account_id", "cloud_account_id"])
            .and_where(Expr::col("finished_at").is_null())
            .take(),
        // The list of an account's tasks, latest change first.
        index("tasks", "tasks_updated_at", &["account_id", "updated_at"]),
        // The purge.
        index("tasks", "tasks_finished_at", &["finished_at"]),
        // The counts for the metrics, from the index alone.
        index("tasks", "tasks_status", &["status"]),
        index("audit_entries", "audit_entries_at", &["account_id", "at"]),
        index("audit_entries", "audit_entries_resource_id", &["account_id", "resource_id", "id"]),
    ]
}

fn table(name: &'static str, columns: impl IntoIterator<Item = ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    for column in columns {
        table.col(column);
    }
    table
}

fn id() -> ColumnDef {
    integer("id").primary_key().take()
}

fn references(column: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(column).to(table, "id").take()
}

fn index(table: &'static str, name: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.table(table).name(name);
    for column in columns {
        index.col(*column);
    }
    index
}

fn unique(table: &'static str, name: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    index(table, name, columns).unique().take()
}
