//! One work queue in place of six leases, with everything in it that is in flight.

use sea_orm::DbBackend;
use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// What moves into the queue, and what has no use any more.
const DROPPED: [(&str, &[&str]); 4] = [
    ("tasks", &["lease_owner", "lease_until", "generation"]),
    ("rotations", &["lease_owner", "lease_until", "generation"]),
    ("cloud_accounts", &["next_check_at", "check_lease_until", "check_generation"]),
    ("webhooks", &["lease_owner", "lease_until", "generation", "served_at"]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(work()).await?;
        for kind in in_flight(manager.get_database_backend()) {
            let sql = format!(
                "INSERT INTO work (kind, key, lane, due_at, generation, attempts, wanted) \
                 SELECT kind, key, lane, due_at, 0, 0, 0 FROM ({kind}) in_flight"
            );
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        for (table, name) in
            [("rotations", "rotations_due_at"), ("cloud_accounts", "cloud_accounts_next_check_at")]
        {
            let mut index = Index::drop();
            index.name(name).table(table);
            manager.drop_index(index).await?;
        }
        for (table, columns) in DROPPED {
            for column in columns {
                // One statement each: SQLite drops one column at a time.
                manager.alter_table(Table::alter().table(table).drop_column(*column).take()).await?;
            }
        }
        manager.drop_table(Table::drop().table("sites").take()).await
    }
}

fn work() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("work")
        .col(text("kind"))
        .col(text("key"))
        // No two of a kind in one lane are worked on at once.
        .col(text_null("lane"))
        // Nothing is to be done until it is called for when null.
        .col(big_integer_null("due_at"))
        .col(text_null("owner"))
        .col(big_integer_null("lease_until"))
        .col(integer("generation"))
        // How often it was taken up since it went well.
        .col(integer("attempts"))
        // Counts the calls for it: one that comes while somebody works on it is not lost.
        .col(integer("wanted"))
        .primary_key(Index::create().col("kind").col("key"));
    table
}

fn indexes() -> [IndexCreateStatement; 2] {
    let due = Index::create().table("work").name("work_due_at").col("kind").col("due_at").take();
    let lane = Index::create()
        .table("work")
        .name("work_lane")
        .col("kind")
        .col("lane")
        .and_where(Expr::col("lane").is_not_null())
        .take();
    [due, lane]
}

/// What is in flight, kind by kind. Whoever held it is gone: nobody runs the version before on these tables.
fn in_flight(backend: DbBackend) -> [String; 6] {
    let rotation = match backend {
        DbBackend::Postgres => "REPLACE(CAST(id AS TEXT), '-', '')",
        _ => "LOWER(HEX(id))",
    };
    let place = "CAST(account_id AS TEXT) || '/' || aws_account_id || '/' || region";
    [
        "SELECT 'tasks' AS kind, CAST(account_id AS TEXT) AS key, NULL AS lane, MIN(created_at) AS due_at \
         FROM tasks WHERE finished_at IS NULL GROUP BY account_id"
            .to_owned(),
        "SELECT 'checks' AS kind, CAST(id AS TEXT) AS key, aws_account_id AS lane, \
         COALESCE(next_check_at, 0) AS due_at FROM cloud_accounts"
            .to_owned(),
        "SELECT 'webhooks' AS kind, CAST(w.id AS TEXT) AS key, NULL AS lane, MIN(d.next_attempt_at) AS due_at \
         FROM webhooks w JOIN webhook_deliveries d ON d.webhook_id = w.id \
         WHERE w.enabled AND d.ended_at IS NULL GROUP BY w.id"
            .to_owned(),
        format!(
            "SELECT 'rotations' AS kind, {rotation} AS key, NULL AS lane, due_at \
             FROM rotations WHERE finished_at IS NULL"
        ),
        format!("SELECT 'sites' AS kind, {place} AS key, NULL AS lane, due_at FROM sites"),
        // When each was read last stands in its own table.
        format!("SELECT 'readings' AS kind, {place} AS key, NULL AS lane, 0 AS due_at FROM sites"),
    ]
}
