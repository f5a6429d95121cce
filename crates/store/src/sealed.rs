//! Sealed values as such: finding them all to seal them anew, and the known text that proves a master key.

use berth_domain::ids::{CloudAccountId, DeploymentId, RotationId, TaskId, WebhookId};
use sea_orm::{
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use crate::{
    Error, Store,
    entities::{cloud_account, deployment, rotation, setting, task, webhook},
};

const KEY_CHECK: &str = "key_check";

/// Where a sealed value is. In the order in which [`Store::sealed_values`] visits them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SealedLocation {
    /// What a task needs to do its work.
    TaskRequest(TaskId),
    /// The secret of a cloud account's access key.
    SecretKey(CloudAccountId),
    /// The password of a cloud account's console user.
    ConsolePassword(CloudAccountId),
    /// What signs what is sent to a webhook.
    WebhookSecret(WebhookId),
    /// The secret of the key that a rotation made.
    RotationSecret(RotationId),
    /// The private half of a deployment's key pair.
    DeploymentKey(DeploymentId),
}

/// A sealed value and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedValue {
    /// Where it is.
    pub location: SealedLocation,
    /// The value.
    pub sealed: Vec<u8>,
}

impl Store {
    /// The known text, sealed by the master key in use; `None` before the first key.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "key_check"))]
    pub async fn key_check(&self) -> Result<Option<Vec<u8>>, Error> {
        let row = setting::Entity::find_by_id(KEY_CHECK).one(&self.reader).await?;
        Ok(row.map(|row| row.value))
    }

    /// Keeps the known text, sealed by the master key in use from now on.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "set_key_check"))]
    pub async fn set_key_check(&self, sealed: &[u8]) -> Result<(), Error> {
        let row = setting::Model { name: KEY_CHECK.to_owned(), value: sealed.to_vec() };
        setting::Entity::insert(row.into_active_model())
            .on_conflict(
                OnConflict::column(setting::Column::Name).update_column(setting::Column::Value).to_owned(),
            )
            .exec_without_returning(&self.writer)
            .await?;
        Ok(())
    }

    /// The next sealed values after a location, at most `limit`; none are left when it is empty.
    ///
    /// Values sealed while the walk goes on may be missed: whoever seals must use the new key already.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "sealed_values"))]
    pub async fn sealed_values(
        &self,
        after: Option<SealedLocation>,
        limit: u64,
    ) -> Result<Vec<SealedValue>, Error> {
        use SealedLocation::{
            ConsolePassword, DeploymentKey, RotationSecret, SecretKey, TaskRequest, WebhookSecret,
        };
        let mut found = Vec::new();
        if matches!(after, None | Some(TaskRequest(_))) {
            let after = match after {
                Some(TaskRequest(id)) => id.0,
                _ => Uuid::nil(),
            };
            found = self.sealed_requests(after, limit).await?;
        }
        if !matches!(
            after,
            Some(ConsolePassword(_) | WebhookSecret(_) | RotationSecret(_) | DeploymentKey(_))
        ) {
            let after = match after {
                Some(SecretKey(id)) => id.0,
                _ => 0,
            };
            let column = cloud_account::Column::SecretKey;
            found.extend(self.sealed_column(column, SecretKey, after, limit - count(&found)).await?);
        }
        if !matches!(after, Some(WebhookSecret(_) | RotationSecret(_) | DeploymentKey(_))) {
            let after = match after {
                Some(ConsolePassword(id)) => id.0,
                _ => 0,
            };
            let column = cloud_account::Column::ConsolePassword;
            found.extend(self.sealed_column(column, ConsolePassword, after, limit - count(&found)).await?);
        }
        if !matches!(after, Some(RotationSecret(_) | DeploymentKey(_))) {
            let after = match after {
                Some(WebhookSecret(id)) => id.0,
                _ => 0,
            };
            found.extend(self.webhook_secrets(after, limit - count(&found)).await?);
        }
        if !matches!(after, Some(DeploymentKey(_))) {
            let after = match after {
                Some(RotationSecret(id)) => id.0,
                _ => Uuid::nil(),
            };
            found.extend(self.rotation_secrets(after, limit - count(&found)).await?);
        }
        let after = match after {
            Some(DeploymentKey(id)) => id.0,
            _ => Uuid::nil(),
        };
        found.extend(self.deployment_keys(after, limit - count(&found)).await?);
        Ok(found)
    }

    async fn deployment_keys(&self, after: Uuid, limit: u64) -> Result<Vec<SealedValue>, Error> {
        let rows: Vec<(Uuid, Vec<u8>)> = deployment::Entity::find()
            .select_only()
            .columns([deployment::Column::Id, deployment::Column::PrivateKey])
            .filter(deployment::Column::Id.gt(after))
            .order_by_asc(deployment::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(&self.reader)
            .await?;
        let value = |(id, sealed)| SealedValue {
            location: SealedLocation::DeploymentKey(DeploymentId(id)),
            sealed,
        };
        Ok(rows.into_iter().map(value).collect())
    }

    async fn sealed_requests(&self, after: Uuid, limit: u64) -> Result<Vec<SealedValue>, Error> {
        let rows: Vec<(Uuid, Vec<u8>)> = task::Entity::find()
            .select_only()
            .columns([task::Column::Id, task::Column::SealedRequest])
            // Only unfinished tasks have one; saying so lets the database use the index of those.
            .filter(task::Column::FinishedAt.is_null())
            .filter(task::Column::SealedRequest.is_not_null())
            .filter(task::Column::Id.gt(after))
            .order_by_asc(task::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(&self.reader)
            .await?;
        let value =
            |(id, sealed)| SealedValue { location: SealedLocation::TaskRequest(TaskId(id)), sealed };
        Ok(rows.into_iter().map(value).collect())
    }

    async fn sealed_column(
        &self,
        column: cloud_account::Column,
        location: fn(CloudAccountId) -> SealedLocation,
        after: i32,
        limit: u64,
    ) -> Result<Vec<SealedValue>, Error> {
        let rows: Vec<(i32, Vec<u8>)> = cloud_account::Entity::find()
            .select_only()
            .columns([cloud_account::Column::Id, column])
            .filter(column.is_not_null())
            .filter(cloud_account::Column::Id.gt(after))
            .order_by_asc(cloud_account::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(&self.reader)
            .await?;
        let value = |(id, sealed)| SealedValue { location: location(CloudAccountId(id)), sealed };
        Ok(rows.into_iter().map(value).collect())
    }

    async fn webhook_secrets(&self, after: i32, limit: u64) -> Result<Vec<SealedValue>, Error> {
        let rows: Vec<(i32, Vec<u8>)> = webhook::Entity::find()
            .select_only()
            .columns([webhook::Column::Id, webhook::Column::Secret])
            .filter(webhook::Column::Id.gt(after))
            .order_by_asc(webhook::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(&self.reader)
            .await?;
        let value =
            |(id, sealed)| SealedValue { location: SealedLocation::WebhookSecret(WebhookId(id)), sealed };
        Ok(rows.into_iter().map(value).collect())
    }

    async fn rotation_secrets(&self, after: Uuid, limit: u64) -> Result<Vec<SealedValue>, Error> {
        let rows: Vec<(Uuid, Vec<u8>)> = rotation::Entity::find()
            .select_only()
            .columns([rotation::Column::Id, rotation::Column::NewSecret])
            .filter(rotation::Column::FinishedAt.is_null())
            .filter(rotation::Column::NewSecret.is_not_null())
            .filter(rotation::Column::Id.gt(after))
            .order_by_asc(rotation::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(&self.reader)
            .await?;
        let value =
            |(id, sealed)| SealedValue { location: SealedLocation::RotationSecret(RotationId(id)), sealed };
        Ok(rows.into_iter().map(value).collect())
    }

    /// Replaces a sealed value, if it still is `old`. `false` when it is not: it changed or went meanwhile.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "replace_sealed"))]
    pub async fn replace_sealed(
        &self,
        location: SealedLocation,
        old: &[u8],
        new: &[u8],
    ) -> Result<bool, Error> {
        let cloud_account = async |id: CloudAccountId, column: cloud_account::Column| {
            cloud_account::Entity::update_many()
                .col_expr(column, Expr::value(new))
                .filter(cloud_account::Column::Id.eq(id.0))
                .filter(column.eq(old))
                .exec(&self.writer)
                .await
        };
        let done = match location {
            SealedLocation::TaskRequest(id) => {
                task::Entity::update_many()
                    .col_expr(task::Column::SealedRequest, Expr::value(new))
                    .filter(task::Column::Id.eq(id.0))
                    .filter(task::Column::SealedRequest.eq(old))
                    .exec(&self.writer)
                    .await?
            }
            SealedLocation::SecretKey(id) => cloud_account(id, cloud_account::Column::SecretKey).await?,
            SealedLocation::ConsolePassword(id) => {
                cloud_account(id, cloud_account::Column::ConsolePassword).await?
            }
            SealedLocation::WebhookSecret(id) => {
                webhook::Entity::update_many()
                    .col_expr(webhook::Column::Secret, Expr::value(new))
                    .filter(webhook::Column::Id.eq(id.0))
                    .filter(webhook::Column::Secret.eq(old))
                    .exec(&self.writer)
                    .await?
            }
            SealedLocation::DeploymentKey(id) => {
                deployment::Entity::update_many()
                    .col_expr(deployment::Column::PrivateKey, Expr::value(new))
                    .filter(deployment::Column::Id.eq(id.0))
                    .filter(deployment::Column::PrivateKey.eq(old))
                    .exec(&self.writer)
                    .await?
            }
            SealedLocation::RotationSecret(id) => {
                rotation::Entity::update_many()
                    .col_expr(rotation::Column::NewSecret, Expr::value(new))
                    .filter(rotation::Column::Id.eq(id.0))
                    .filter(rotation::Column::NewSecret.eq(old))
                    .exec(&self.writer)
                    .await?
            }
        };
        Ok(done.rows_affected == 1)
    }
}

fn count(found: &[SealedValue]) -> u64 {
    found.len() as u64
}
