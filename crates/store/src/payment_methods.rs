//! Payment methods: what the operator keeps on record. Nothing is ever charged.

use berth_domain::{
    account::{AuditEvent, PaymentMethod},
    ids::{AccountId, PaymentMethodId},
    values::DisplayName,
};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::{
    Error, Store,
    audit::{self, About},
    entities::payment_method::{Column, Entity, Model},
    rows::{OrCorrupt, Sequence, micros, next_id},
};

/// A payment method to be.
#[derive(Clone, Debug)]
pub struct NewPaymentMethod {
    /// What kind of card, such as `Visa`.
    pub kind: DisplayName,
    /// The last four digits.
    pub last4: i32,
    /// The holder's name.
    pub name_on_card: DisplayName,
    /// Month of expiry, 1–12.
    pub expiration_month: i32,
    /// Year of expiry, four digits.
    pub expiration_year: i32,
}

impl Store {
    /// Adds a payment method. Where `event` names no resource id, it gets the new payment method's.
    ///
    /// Errors: [`Error::NoSuchAccount`].
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "add_payment_method"))]
    pub async fn add_payment_method(
        &self,
        account: AccountId,
        new: NewPaymentMethod,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<PaymentMethod, Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, account).await?;
        let row = Model {
            id: next_id(&tx, Sequence::PaymentMethods).await?,
            account_id: account.0,
            kind: new.kind.into(),
            last4: new.last4,
            name_on_card: new.name_on_card.into(),
            expiration_month: new.expiration_month,
            expiration_year: new.expiration_year,
            created_at: micros(at),
        };
        Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx).await?;
        audit::record(&tx, account, event.about(row.id), at).await?;
        tx.commit().await?;
        row.into_domain()
    }

    /// An account's payment methods, by id.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "payment_methods"))]
    pub async fn payment_methods(&self, account: AccountId) -> Result<Vec<PaymentMethod>, Error> {
        let rows = Entity::find()
            .filter(Column::AccountId.eq(account.0))
            .order_by_asc(Column::Id)
            .all(&self.reader)
            .await?;
        rows.into_iter().map(Model::into_domain).collect()
    }

    /// Removes a payment method and returns what it was. `None` when the account has no such one.
    #[tracing::instrument(name = "db", level = "debug", skip_all, fields(query = "remove_payment_method"))]
    pub async fn remove_payment_method(
        &self,
        account: AccountId,
        id: PaymentMethodId,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<Option<PaymentMethod>, Error> {
        let tx = self.begin().await?;
        audit::lock(&tx, account).await?;
        let row = Entity::find_by_id(id.0).filter(Column::AccountId.eq(account.0)).one(&tx).await?;
        let Some(row) = row else { return Ok(None) };
        Entity::delete_by_id(id.0).filter(Column::AccountId.eq(account.0)).exec(&tx).await?;
        audit::record(&tx, account, event.about(id.0), at).await?;
        tx.commit().await?;
        row.into_domain().map(Some)
    }
}

impl Model {
    pub(crate) fn into_domain(self) -> Result<PaymentMethod, Error> {
        let what = || format!("payment method {}", self.id);
        Ok(PaymentMethod {
            id: PaymentMethodId(self.id),
            account_id: AccountId(self.account_id),
            kind: self.kind.parse().or_corrupt(what)?,
            last4: self.last4,
            name_on_card: self.name_on_card.parse().or_corrupt(what)?,
            expiration_month: self.expiration_month,
            expiration_year: self.expiration_year,
        })
    }
}
