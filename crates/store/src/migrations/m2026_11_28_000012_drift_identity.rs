//! Findings of drift are kept as facts, and told apart by these: until here they were kept, and told apart, as the
//! English in which they were shown.

mod worded;

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, Value, prelude::Uuid};
use sea_orm_migration::{prelude::*, schema::*};

use crate::rows::statement;

use worded::{Tags, Worded};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let tags = tags(db).await?;
        let facts = |deployment: Uuid, finding: &str| {
            let finding: Worded = serde_json::from_str(finding).ok()?;
            let none = Tags::new();
            let key = (deployment, finding.resource.clone().unwrap_or_default());
            finding.facts(tags.get(&key).unwrap_or(&none))
        };
        drift(manager, facts).await?;
        restores(db, facts).await
    }
}

/// The findings that stand: in a table of which they are the key themselves.
async fn drift(
    manager: &SchemaManager<'_>,
    facts: impl Fn(Uuid, &str) -> Option<String>,
) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let sql = "SELECT deployment_id, finding, since, made_by FROM deployment_drift ORDER BY since";
    let rows = db.query_all_raw(statement(db, sql, [])).await?;
    manager.drop_table(Table::drop().table("deployment_drift").take()).await?;
    let mut table = Table::create();
    table
        .table("deployment_drift")
        .col(uuid("deployment_id"))
        .col(text("finding"))
        .col(big_integer("since"))
        .col(text_null("made_by"))
        .primary_key(Index::create().col("deployment_id").col("finding"))
        .foreign_key(ForeignKey::create().from_col("deployment_id").to("deployments", "id"));
    manager.create_table(table).await?;
    for row in rows {
        let (deployment, finding): (Uuid, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let (since, made_by): (i64, Option<String>) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        let Some(facts) = facts(deployment, &finding) else {
            // The next look finds it again.
            tracing::warn!(%deployment, finding, "a finding of drift could not be read and was dropped");
            continue;
        };
        let sql = "INSERT INTO deployment_drift (deployment_id, finding, since, made_by) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING";
        let values: [Value; 4] = [deployment.into(), facts.into(), since.into(), made_by.into()];
        db.execute_raw(statement(db, sql, values)).await?;
    }
    Ok(())
}

/// What was restored of them.
async fn restores(
    db: &impl ConnectionTrait,
    facts: impl Fn(Uuid, &str) -> Option<String>,
) -> Result<(), DbErr> {
    let sql = "SELECT id, deployment_id, finding FROM restores";
    for row in db.query_all_raw(statement(db, sql, [])).await? {
        let (id, deployment): (Uuid, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let finding: String = row.try_get_by_index(2)?;
        let change = match facts(deployment, &finding) {
            Some(facts) => {
                let sql = "UPDATE restores SET finding = $2 WHERE id = $1";
                statement(db, sql, [id.into(), facts.into()])
            }
            None => {
                tracing::warn!(%deployment, finding, "what was restored could not be read and was dropped");
                statement(db, "DELETE FROM restores WHERE id = $1", [id.into()])
            }
        };
        db.execute_raw(change).await?;
    }
    db.execute_unprepared("ALTER TABLE restores DROP COLUMN fingerprint").await?;
    Ok(())
}

/// The tags of what is on record: of `key=value`, they tell where the key ends.
async fn tags(db: &impl ConnectionTrait) -> Result<BTreeMap<(Uuid, String), Tags>, DbErr> {
    let sql = "SELECT r.deployment_id, r.name, r.tags FROM deployment_resources r \
         WHERE r.deployment_id IN (SELECT deployment_id FROM deployment_drift UNION SELECT deployment_id FROM restores)";
    let rows = db.query_all_raw(statement(db, sql, [])).await?;
    rows.into_iter()
        .map(|row| {
            let key: (Uuid, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let tags: String = row.try_get_by_index(2)?;
            Ok((key, serde_json::from_str(&tags).unwrap_or_default()))
        })
        .collect()
}
