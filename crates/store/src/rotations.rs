//! Rotations of access keys: beginning, advancing, and what overtakes them.
//!
//! What advances a rotation is written under its lease; what people decide, and changes of the cloud account, take
//! that away from whoever has the rotation in hand.

use berth_domain::{
    account::{Actor, AuditEvent},
    cloud_account::Status,
    ids::{AccountId, CloudAccountId, RotationId},
    rotation::{AccountNow, Consequence, EveryDays, Rotation, RotationState, TooLate, account_changes},
    webhook::Event,
};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use crate::{
    Error, Store, audit, cloud_accounts,
    entities::{
        cloud_account,
        rotation::{Column, Entity, Model},
        rotation_schedule as schedule, task,
    },
    rows::{OrCorrupt, json, micros, statement, time},
    webhooks,
    work::{self, Kind, Lease, Then},
};

/// How many keys that are due by schedule one look fetches.
const CANDIDATES: i64 = 16;
/// How many rotations a history holds, newest first.
const HISTORY: u64 = 50;

/// A rotation to be.
#[derive(Clone, Debug)]
pub struct NewRotation {
    /// Its id.
    pub id: RotationId,
    /// Whose key.
    pub cloud_account_id: CloudAccountId,
    /// What it waits for, in a sentence.
    pub status: String,
    /// Now.
    pub at: Timestamp,
}

/// The right to work on one rotation until a time.
#[derive(Clone, Debug)]
pub struct RotationLease {
    rotation: RotationId,
    account: AccountId,
    work: Lease,
}

/// A rotation to work on.
#[derive(Clone, Debug)]
pub struct ClaimedRotation {
    /// Where it stands.
    pub rotation: Rotation,
    /// The right to work on it.
    pub lease: RotationLease,
    /// The new key's secret, sealed to the rotation; none before there is one and after the swap.
    pub sealed_secret: Option<Vec<u8>>,
    /// Who began it.
    pub actor: Actor,
}

/// One step of a rotation, to be written in one transaction.
#[derive(Clone, Debug)]
pub struct Advance {
    /// What it becomes.
    pub rotation: Rotation,
    /// What happens to the new key's secret.
    pub secret: NewSecret,
    /// Whether this worker goes on with it.
    pub hold: Hold,
    /// What the audit log says, when it says something.
    pub audit: Option<AuditEvent>,
    /// Now.
    pub at: Timestamp,
}

/// What happens to the new key's secret in a step.
#[derive(Clone, Debug)]
pub enum NewSecret {
    /// It stays as it is.
    Keep,
    /// It is this, sealed to the rotation.
    Set(Vec<u8>),
    /// It is erased.
    Erase,
    /// It becomes the cloud account's, sealed to that, and so does the new key; the rotation keeps none.
    Swap {
        /// The new key's secret, sealed to the cloud account.
        sealed: Vec<u8>,
        /// When the new key was verified.
        verified_at: Timestamp,
        /// What webhooks are told.
        event: Box<Event>,
    },
}

/// Whether whoever advances a rotation goes on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The lease stays.
    Keep,
    /// Anybody may take it up when it is due.
    Release,
}

impl RotationLease {
    /// The lease that is the right to it.
    pub fn work(&self) -> &Lease {
        &self.work
    }
}

impl Store {
    /// Begins a rotation of a cloud account's key.
    ///
    /// Errors: [`Error::NoSuchCloudAccount`], [`Error::NotActive`] (being deleted), and [`Error::Taken`] when one
    /// is under way.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "begin_rotation"))]
    pub async fn begin_rotation(
        &self,
        account: AccountId,
        new: NewRotation,
        event: AuditEvent,
    ) -> Result<Rotation, Error> {
        let tx = self.begin().await?;
        let actor = event.actor.clone();
        audit::record(&tx, account, event, new.at).await?;
        if cloud_accounts::status(&tx, account, new.cloud_account_id).await? == Status::DeleteDraft {
            return Err(Error::NotActive);
        }
        let (old_key, user_arn) = key_of(&tx, account, new.cloud_account_id).await?;
        let row = Model {
            id: new.id.0,
            account_id: account.0,
            cloud_account_id: new.cloud_account_id.0,
            state: RotationState::Checking.as_str().to_owned(),
            since: micros(new.at),
            user_arn,
            old_key,
            new_key: None,
            new_secret: None,
            attempted_at: None,
            holds: 0,
            swapped_at: None,
            deactivated_at: None,
            keys: "[]".to_owned(),
            status: new.status,
            needs_attention: false,
            history: "[]".to_owned(),
            originator: actor.originator,
            api_key_name: actor.api_key_name,
            due_at: micros(new.at),
            failures: 0,
            created_at: micros(new.at),
            finished_at: None,
        };
        Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx).await?;
        work::call(&tx, Kind::Rotations, &key(new.id), SignedDuration::ZERO).await?;
        tx.commit().await?;
        row.into_domain()
    }

    /// A cloud account's rotations, newest first, at most 50.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "rotations"))]
    pub async fn rotations(
        &self,
        account: AccountId,
        cloud_account: CloudAccountId,
    ) -> Result<Vec<Rotation>, Error> {
        let rows = Entity::find()
            .filter(Column::AccountId.eq(account.0))
            .filter(Column::CloudAccountId.eq(cloud_account.0))
            .order_by_desc(Column::CreatedAt)
            .limit(HISTORY)
            .all(&self.reader)
            .await?;
        rows.into_iter().map(Model::into_domain).collect()
    }

    /// Changes a rotation as somebody decided. Whoever has it in hand loses it.
    ///
    /// `None` when there is no such rotation; `Some(Err(…))` when `change` refuses, with nothing written.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "change_rotation"))]
    pub async fn change_rotation(
        &self,
        (account, cloud_account, id): (AccountId, CloudAccountId, RotationId),
        change: impl FnOnce(Rotation) -> Result<Rotation, TooLate> + Send,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<Option<Result<Rotation, TooLate>>, Error> {
        let tx = self.begin().await?;
        audit::record(&tx, account, event, at).await?;
        let row = Entity::find_by_id(id.0)
            .filter(Column::AccountId.eq(account.0))
            .filter(Column::CloudAccountId.eq(cloud_account.0))
            .one(&tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let rotation = match change(row.into_domain()?) {
            Ok(rotation) => rotation,
            Err(too_late) => return Ok(Some(Err(too_late))),
        };
        overwrite(&tx, &rotation, at).await?;
        tx.commit().await?;
        Ok(Some(Ok(rotation)))
    }

    /// The rotation of a claimed row. `None` when it is finished, or there is no such one.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "rotation_in_hand"))]
    pub async fn rotation_in_hand(&self, lease: &Lease) -> Result<Option<ClaimedRotation>, Error> {
        let what = || format!("the work on rotation {}", lease.key());
        let id: Uuid = lease.key().parse().or_corrupt(what)?;
        let row = Entity::find_by_id(id).filter(Column::FinishedAt.is_null()).one(&self.reader).await?;
        let Some(mut row) = row else { return Ok(None) };
        let sealed_secret = row.new_secret.take();
        let actor = Actor { originator: row.originator.clone(), api_key_name: row.api_key_name.clone() };
        let rotation = row.into_domain()?;
        let lease =
            RotationLease { rotation: rotation.id, account: rotation.account_id, work: lease.clone() };
        Ok(Some(ClaimedRotation { rotation, lease, sealed_secret, actor }))
    }

    /// Writes a step of a rotation, all of it in one transaction; gives what becomes of the row once it is released.
    ///
    /// Errors, with nothing written: [`Error::LostLease`]; for a swap, [`Error::Busy`] while a task is about to
    /// change the cloud account: it has read the old key, and would bring it back.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "advance_rotation"))]
    pub async fn advance_rotation(&self, lease: &RotationLease, advance: Advance) -> Result<Then, Error> {
        let Advance { rotation, secret, hold, audit, at } = advance;
        let tx = self.begin().await?;
        match audit {
            Some(event) => audit::record(&tx, lease.account, event, at).await?,
            None => audit::lock(&tx, lease.account).await?,
        }
        let mut update = columns(&rotation);
        update = match &secret {
            NewSecret::Keep => update,
            NewSecret::Set(sealed) => update.col_expr(Column::NewSecret, Expr::value(sealed.clone())),
            NewSecret::Erase | NewSecret::Swap { .. } => {
                update.col_expr(Column::NewSecret, Expr::value(Option::<Vec<u8>>::None))
            }
        };
        match hold {
            Hold::Keep => work::hold(&tx, &lease.work).await?,
            Hold::Release => work::settle(&tx, &lease.work, then(&rotation, at)).await?,
        }
        let done = update
            .filter(Column::AccountId.eq(lease.account.0))
            .filter(Column::Id.eq(lease.rotation.0))
            .filter(Column::FinishedAt.is_null())
            .exec(&tx)
            .await?;
        if done.rows_affected == 0 {
            return Err(Error::LostLease);
        }
        if let NewSecret::Swap { sealed, verified_at, event } = secret {
            swap(&tx, &rotation, sealed, verified_at, at).await?;
            webhooks::enqueue(&tx, &event).await?;
        }
        tx.commit().await?;
        Ok(then(&rotation, at))
    }

    /// How often a cloud account's key is rotated by its own schedule; `None` when it has none.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "rotation_schedule"))]
    pub async fn rotation_schedule(
        &self,
        account: AccountId,
        id: CloudAccountId,
    ) -> Result<Option<EveryDays>, Error> {
        let row = schedule::Entity::find_by_id(id.0)
            .filter(schedule::Column::AccountId.eq(account.0))
            .one(&self.reader)
            .await?;
        row.map(|row| {
            EveryDays::new(row.every_days).or_corrupt(|| format!("the schedule of cloud account {id}"))
        })
        .transpose()
    }

    /// Sets a cloud account's own schedule, or takes it away.
    ///
    /// Errors: [`Error::NoSuchCloudAccount`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "set_rotation_schedule"))]
    pub async fn set_rotation_schedule(
        &self,
        account: AccountId,
        id: CloudAccountId,
        every: Option<EveryDays>,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<(), Error> {
        let tx = self.begin().await?;
        audit::record(&tx, account, event, at).await?;
        cloud_accounts::status(&tx, account, id).await?;
        match every {
            None => {
                schedule::Entity::delete_by_id(id.0).exec(&tx).await?;
            }
            Some(every) => {
                let row = schedule::Model {
                    cloud_account_id: id.0,
                    account_id: account.0,
                    every_days: every.days(),
                };
                schedule::Entity::insert(row.into_active_model())
                    .on_conflict(
                        OnConflict::column(schedule::Column::CloudAccountId)
                            .update_column(schedule::Column::EveryDays)
                            .to_owned(),
                    )
                    .exec_without_returning(&tx)
                    .await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    /// Cloud accounts whose key is due by their schedule, or by `default` where they have none: registered and
    /// last swapped that long ago, none under way, none tried since `not_tried_since`.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "rotations_due"))]
    pub async fn rotations_due(
        &self,
        default: EveryDays,
        not_tried_since: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<(AccountId, CloudAccountId)>, Error> {
        let sql = "SELECT d.account_id, d.id FROM ( \
                 SELECT c.account_id, c.id, c.created_at, c.status, c.access_key_id, \
                     CAST(COALESCE(s.every_days, $1) AS BIGINT) * 86400000000 AS every \
                 FROM cloud_accounts c LEFT JOIN rotation_schedules s ON s.cloud_account_id = c.id \
             ) d \
             WHERE d.every > 0 AND d.created_at <= $2 - d.every AND d.status <> 'delete-draft' \
             AND d.access_key_id IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM rotations r \
                 WHERE r.account_id = d.account_id AND r.cloud_account_id = d.id \
                 AND (r.finished_at IS NULL OR r.created_at > $3 OR r.swapped_at > $2 - d.every)) \
             ORDER BY d.id LIMIT $4";
        let values =
            [default.days().into(), micros(now).into(), micros(not_tried_since).into(), CANDIDATES.into()];
        let rows = self.reader.query_all_raw(statement(&self.reader, sql, values)).await?;
        rows.iter()
            .map(|row| Ok((AccountId(row.try_get_by_index(0)?), CloudAccountId(row.try_get_by_index(1)?))))
            .collect()
    }
}

/// Makes the new key the cloud account's.
async fn swap(
    tx: &DatabaseTransaction,
    rotation: &Rotation,
    sealed: Vec<u8>,
    verified_at: Timestamp,
    at: Timestamp,
) -> Result<(), Error> {
    let new_key = rotation.new_key.as_ref().or_corrupt(|| format!("rotation {}", rotation.id))?;
    let busy = task::Entity::find()
        .select_only()
        .column(task::Column::Id)
        .filter(task::Column::AccountId.eq(rotation.account_id.0))
        .filter(task::Column::CloudAccountId.eq(rotation.cloud_account_id.0))
        .filter(task::Column::FinishedAt.is_null())
        .into_tuple::<Uuid>()
        .one(tx)
        .await?;
    if busy.is_some() {
        return Err(Error::Busy);
    }
    let done = cloud_account::Entity::update_many()
        .col_expr(cloud_account::Column::AccessKeyId, Expr::value(new_key.as_str()))
        .col_expr(cloud_account::Column::SecretKey, Expr::value(sealed))
        .col_expr(cloud_account::Column::VerifiedAt, Expr::value(micros(verified_at)))
        .col_expr(cloud_account::Column::UpdatedAt, Expr::value(micros(at)))
        .filter(cloud_account::Column::AccountId.eq(rotation.account_id.0))
        .filter(cloud_account::Column::Id.eq(rotation.cloud_account_id.0))
        .filter(cloud_account::Column::AccessKeyId.eq(rotation.old_key.as_str()))
        .exec(tx)
        .await?;
    // A change would have taken the lease away.
    if done.rows_affected == 0 {
        return Err(Error::LostLease);
    }
    // A verification that is under way is one of the old key.
    work::take_away(tx, Kind::Checks, &rotation.cloud_account_id.to_string()).await
}

/// Tells a cloud account's rotation that the account is about to become something else, in the transaction
/// that makes it so.
///
/// Errors: [`Error::KeyRetired`] when the change would bring back a key that is being retired.
pub(crate) async fn account_becomes(
    tx: &DatabaseTransaction,
    (account, id): (AccountId, CloudAccountId),
    becomes: AccountNow<'_>,
    at: Timestamp,
) -> Result<(), Error> {
    let row = Entity::find()
        .filter(Column::AccountId.eq(account.0))
        .filter(Column::CloudAccountId.eq(id.0))
        .filter(Column::FinishedAt.is_null())
        .one(tx)
        .await?;
    let Some(row) = row else { return Ok(()) };
    let rotation = match account_changes(&row.into_domain()?, becomes, at) {
        Consequence::None => return Ok(()),
        Consequence::Forbidden => return Err(Error::KeyRetired),
        Consequence::Overtaken(rotation) => rotation,
    };
    let event = AuditEvent {
        actor: Actor::system(),
        resource: "Cloud account",
        resource_id: Some(id.0),
        kind: "Key rotation superseded",
        description: format!("{} (rotation {}).", rotation.status.trim_end_matches('.'), rotation.id),
    };
    audit::record(tx, account, event, at).await?;
    overwrite(tx, &rotation, at).await
}

/// What a rotation is called in the work queue.
fn key(id: RotationId) -> String {
    id.0.simple().to_string()
}

/// When a rotation is gone on with.
fn then(rotation: &Rotation, at: Timestamp) -> Then {
    match rotation.finished_at {
        Some(_) => Then::Done,
        None => Then::Again(at.duration_until(rotation.due_at)),
    }
}

/// Writes a rotation whoever has it in hand, and takes it away from them.
async fn overwrite(tx: &DatabaseTransaction, rotation: &Rotation, at: Timestamp) -> Result<(), Error> {
    let mut update = columns(rotation);
    if rotation.finished_at.is_some() {
        update = update.col_expr(Column::NewSecret, Expr::value(Option::<Vec<u8>>::None));
    }
    update
        .filter(Column::AccountId.eq(rotation.account_id.0))
        .filter(Column::Id.eq(rotation.id.0))
        .exec(tx)
        .await?;
    match then(rotation, at) {
        Then::Again(delay) => work::plan(tx, Kind::Rotations, (&key(rotation.id), None), Some(delay)).await,
        Then::Done | Then::Rest => work::remove(tx, Kind::Rotations, &key(rotation.id)).await,
    }
}

/// All that changes in a rotation's life, but its secret.
fn columns(rotation: &Rotation) -> sea_orm::UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(rotation.state.as_str()))
        .col_expr(Column::Since, Expr::value(micros(rotation.since)))
        .col_expr(Column::NewKey, Expr::value(rotation.new_key.as_ref().map(ToString::to_string)))
        .col_expr(Column::AttemptedAt, Expr::value(rotation.attempted_at.map(micros)))
        .col_expr(Column::Holds, Expr::value(rotation.holds))
        .col_expr(Column::SwappedAt, Expr::value(rotation.swapped_at.map(micros)))
        .col_expr(Column::DeactivatedAt, Expr::value(rotation.deactivated_at.map(micros)))
        .col_expr(Column::Keys, Expr::value(json(&rotation.keys)))
        .col_expr(Column::Status, Expr::value(rotation.status.as_str()))
        .col_expr(Column::NeedsAttention, Expr::value(rotation.needs_attention))
        .col_expr(Column::History, Expr::value(json(&rotation.history)))
        .col_expr(Column::DueAt, Expr::value(micros(rotation.due_at)))
        .col_expr(Column::Failures, Expr::value(rotation.failures))
        .col_expr(Column::FinishedAt, Expr::value(rotation.finished_at.map(micros)))
}

/// The key a cloud account has, and whose it is.
async fn key_of(
    tx: &DatabaseTransaction,
    account: AccountId,
    id: CloudAccountId,
) -> Result<(String, String), Error> {
    let key: Option<(Option<String>, String)> = cloud_account::Entity::find_by_id(id.0)
        .filter(cloud_account::Column::AccountId.eq(account.0))
        .select_only()
        .columns([cloud_account::Column::AccessKeyId, cloud_account::Column::UserArn])
        .into_tuple()
        .one(tx)
        .await?;
    let (key, user_arn) = key.ok_or(Error::NoSuchCloudAccount)?;
    Ok((key.ok_or(Error::NoAccessKey)?, user_arn))
}

impl Model {
    fn into_domain(self) -> Result<Rotation, Error> {
        let what = || format!("rotation {}", self.id);
        let optional = |at: Option<i64>| at.map(|at| time(at, what)).transpose();
        Ok(Rotation {
            id: RotationId(self.id),
            account_id: AccountId(self.account_id),
            cloud_account_id: CloudAccountId(self.cloud_account_id),
            state: RotationState::parse(&self.state).or_corrupt(what)?,
            since: time(self.since, what)?,
            user_arn: self.user_arn.parse().or_corrupt(what)?,
            old_key: self.old_key.parse().or_corrupt(what)?,
            new_key: self.new_key.as_deref().map(str::parse).transpose().or_corrupt(what)?,
            attempted_at: optional(self.attempted_at)?,
            holds: self.holds,
            swapped_at: optional(self.swapped_at)?,
            deactivated_at: optional(self.deactivated_at)?,
            keys: serde_json::from_str(&self.keys).or_corrupt(what)?,
            needs_attention: self.needs_attention,
            due_at: time(self.due_at, what)?,
            failures: self.failures,
            history: serde_json::from_str(&self.history).or_corrupt(what)?,
            created_at: time(self.created_at, what)?,
            finished_at: optional(self.finished_at)?,
            status: self.status.clone(),
            originator: self.originator.clone(),
        })
    }
}
