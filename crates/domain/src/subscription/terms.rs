//! What a subscription was ordered as, with all that was changed since.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    problem::Problem,
    reading::{Object, Reading},
    subscription::{
        Subscription,
        access::{AllowList, AllowListChange},
        fixed::{FixedOrder, FixedPlan, FixedUpdate},
        maintenance::MaintenanceWindows,
        order::{Order, Payment, PaymentKind, read_payment_method_id},
        tags::ResourceTags,
    },
    task::ErrorType,
    values::DisplayName,
};

/// What a subscription was ordered as, with all that was changed since.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Terms {
    /// Recorded by the operator: nothing more is known, and Berth has built nothing for it.
    Recorded,
    /// Built in a cloud account of the customer.
    Pro(Box<ProTerms>),
    /// Free or of a fixed size.
    Fixed(FixedOrder),
}

/// The terms of a subscription that is built in a cloud account of the customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProTerms {
    /// What was ordered. Its name is that of the subscription, which may have changed since.
    pub order: Order,
    /// Who may reach the databases.
    pub allow_list: AllowList,
    /// When Berth may disturb them.
    pub maintenance_windows: MaintenanceWindows,
}

impl Terms {
    /// The terms of a subscription that is built in a cloud account of the customer; `None` for others.
    pub fn pro(&self) -> Option<&ProTerms> {
        match self {
            Self::Pro(terms) => Some(terms),
            Self::Recorded | Self::Fixed(_) => None,
        }
    }
}

/// A change of a subscription: what is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionUpdate {
    /// A new name.
    pub name: Option<DisplayName>,
    /// Another payment method.
    pub payment: Option<Payment>,
    /// Whether databases may be reached from public addresses.
    pub public_endpoint_access: Option<bool>,
}

impl SubscriptionUpdate {
    /// Reads the body of a change; names everything that is wrong.
    pub fn parse(body: &Map<String, Value>) -> Result<Self, Vec<Problem>> {
        let mut reading = Reading::default();
        let body = Object::body(body);
        for name in ["customerManagedKeys", "deletionGracePeriod"] {
            if body.has(name) {
                let message = "cannot be given: Berth encrypts every volume with the AWS account's own key for \
                               EBS, and does not manage others";
                reading.refuse(name, ErrorType::BadRequest, message);
            }
        }
        let name = reading.parsed(&body, "name", ErrorType::BadRequest);
        let payment = read_changed_payment(&mut reading, &body);
        let public_endpoint_access = reading.flag(&body, "publicEndpointAccess");
        reading.finish(Some(Self { name, payment, public_endpoint_access }))
    }
}

/// What a task changes about a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubscriptionChange {
    /// Its name, payment or access.
    Update(SubscriptionUpdate),
    /// Its resource tags, all of them.
    ResourceTags(ResourceTags),
    /// Its allow list.
    AllowList(AllowListChange),
    /// Its maintenance windows.
    MaintenanceWindows(MaintenanceWindows),
    /// Its name, plan or payment, where it is free or of a fixed size.
    Fixed(FixedUpdate),
}

impl SubscriptionChange {
    /// How it would be paid after this.
    pub fn payment(&self) -> Option<Payment> {
        match self {
            Self::Update(update) => update.payment,
            Self::Fixed(update) => update.payment,
            Self::ResourceTags(_) | Self::AllowList(_) | Self::MaintenanceWindows(_) => None,
        }
    }

    /// The subscription after the change; its status and times are as before.
    pub fn apply(self, mut subscription: Subscription) -> Result<Subscription, Problem> {
        match (self, &mut subscription.terms) {
            (Self::Update(update), terms) => {
                if let Terms::Pro(terms) = terms {
                    terms.order.payment = update.payment.unwrap_or(terms.order.payment);
                    terms.order.public_endpoint_access =
                        update.public_endpoint_access.unwrap_or(terms.order.public_endpoint_access);
                }
                subscription.name = update.name.unwrap_or(subscription.name);
            }
            (Self::ResourceTags(tags), Terms::Pro(terms)) => terms.order.tags = tags,
            (Self::AllowList(change), Terms::Pro(terms)) => {
                terms.allow_list = change.apply(std::mem::take(&mut terms.allow_list))?;
            }
            (Self::MaintenanceWindows(windows), Terms::Pro(terms)) => terms.maintenance_windows = windows,
            (Self::Fixed(update), Terms::Fixed(order)) => {
                *order = update.apply(order)?;
                if let Some(plan) = FixedPlan::find(order.plan_id) {
                    subscription.plan = plan.plan();
                }
                subscription.name = update.name.unwrap_or(subscription.name);
            }
            (Self::Fixed(update), Terms::Recorded) if update.plan_id.is_none() => {
                subscription.name = update.name.unwrap_or(subscription.name);
            }
            (Self::ResourceTags(_), _) => return Err(not_built("resourceTags")),
            (Self::AllowList(_), _) => return Err(not_built("cidrIps")),
            (Self::MaintenanceWindows(_), _) => return Err(not_built("windows")),
            (Self::Fixed(_), _) => return Err(not_built("planId")),
        }
        Ok(subscription)
    }
}

fn not_built(field: &'static str) -> Problem {
    let message = "cannot be changed: the operator keeps this subscription on record, and Berth built nothing \
                   for it";
    Problem::new(field, ErrorType::BadRequest, message)
}

/// Reads how something is paid from now on; `None` when nothing is said of it.
pub(crate) fn read_changed_payment(reading: &mut Reading, body: &Object<'_>) -> Option<Payment> {
    let method = reading.choice(body, "paymentMethod", &PaymentKind::CHOICES);
    let id = read_payment_method_id(reading, body);
    match (method, id) {
        (None, None) => None,
        // "As before, by card" is what clients say that send everything.
        (method, id) => Some(Payment { method: method.unwrap_or(PaymentKind::CreditCard), id }),
    }
}
