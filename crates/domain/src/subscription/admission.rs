//! Whether an account may have what it orders, as far as Berth knows without asking AWS.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    account::{Contract, PaymentMethod},
    cloud_account::Status,
    problem::Problem,
    subscription::{
        Plan, Subscription, SubscriptionStatus,
        fixed::{FixedOrder, FixedPlan},
        network::Networking,
        order::{Order, Payment, PaymentKind},
    },
    task::ErrorType,
};

/// How many subscriptions in cloud accounts may be anything but active at a time.
pub const MOST_UNSETTLED: usize = 3;

/// How an account stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its contract.
    pub contract: Contract,
    /// Its payment methods.
    pub payment_methods: Vec<PaymentMethod>,
    /// The status of the cloud account in question; `None` when the account has no such one.
    pub cloud_account: Option<Status>,
    /// Its subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// How many more are about to be made.
    pub queued: usize,
}

impl Standing {
    /// Everything that speaks against a subscription in a cloud account of the customer; all at once.
    pub fn examine(&self, order: &Order, at: Timestamp) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(self.examine_cloud_account(order));
        problems.extend(self.examine_payment(&order.payment, at));
        problems.extend(self.examine_networks(order));
        problems.extend(self.examine_unsettled());
        problems
    }

    /// Everything that speaks against a free subscription or one of a fixed size; all at once.
    pub fn examine_fixed(&self, order: &FixedOrder, at: Timestamp) -> Vec<Problem> {
        let mut problems = Vec::new();
        let free = FixedPlan::find(order.plan_id).is_some_and(|plan| plan.plan() == Plan::Free);
        if free && let Some(other) = self.subscriptions.iter().find(|other| other.plan == Plan::Free) {
            let message = format!(
                "is free, and the account has a free subscription already: {} ({})",
                other.name, other.id
            );
            let kind = ErrorType::FixedSubscriptionAccountAlreadyHasAFreePlan;
            problems.push(Problem::new("planId", kind, message));
        }
        if let Some(payment) = &order.payment {
            problems.extend(self.examine_payment(payment, at));
        }
        problems
    }

    /// What speaks against paying like this.
    pub fn examine_payment(&self, payment: &Payment, at: Timestamp) -> Option<Problem> {
        const FIELD: &str = "paymentMethodId";
        let (kind, message) = match (self.contract, payment.id) {
            (Contract::Annual, None) => return None,
            (Contract::Annual, Some(_)) => (
                ErrorType::PaymentInfoNotAllowedInContractAssociatedAccount,
                "cannot be given: the account is under a contract",
            ),
            (Contract::None, None) if payment.method == PaymentKind::Marketplace => return None,
            (Contract::None, None) => (
                ErrorType::PaymentInfoNotProvided,
                "is required; GET /v1/payment-methods lists those of the account",
            ),
            (Contract::None, Some(id)) => {
                match self.payment_methods.iter().find(|method| method.id == id) {
                    None => (
                        ErrorType::SubscriptionPiNotFound,
                        "is no payment method of the account; GET /v1/payment-methods lists them",
                    ),
                    Some(method) if has_expired(method, at) => {
                        (ErrorType::PaymentInfoExpired, "has expired; name another payment method")
                    }
                    Some(_) => return None,
                }
            }
        };
        Some(Problem::new(FIELD, kind, message))
    }

    fn examine_cloud_account(&self, order: &Order) -> Option<Problem> {
        let id = order.cloud_account_id;
        let (kind, message) = match self.cloud_account {
            Some(Status::Active | Status::ChangeDraft) => return None,
            None => (
                ErrorType::CloudAccountNotFound,
                format!("is {id}, and you have no such cloud account. GET /v1/cloud-accounts lists yours"),
            ),
            Some(Status::DeleteDraft) => (
                ErrorType::CloudAccountNotActive,
                format!("is {id}, and that cloud account is being deleted"),
            ),
            Some(Status::ActiveError) => (
                ErrorType::CloudAccountNotActive,
                format!(
                    "is {id}, and Berth has no access to that cloud account any more. \
                     GET /api/cloud-accounts says why"
                ),
            ),
        };
        Some(Problem::new("cloudProviders[0].cloudAccountId", kind, message))
    }

    /// Networks of one account do not overlap: databases can be moved, replicated and reached between them.
    fn examine_networks(&self, order: &Order) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (at, region) in order.regions.iter().enumerate() {
            let Networking::Managed { cidr } = region.networking else { continue };
            for (other, network) in self.networks().filter(|(_, network)| cidr.overlaps(*network)) {
                let message = format!(
                    "is {cidr}, which overlaps with {network} of subscription {} ({})",
                    other.name, other.id
                );
                let field = format!("cloudProviders[0].regions[{at}].networking.deploymentCIDR");
                problems.push(Problem::new(field, ErrorType::SubscriptionInvalidCidr, message));
            }
        }
        problems
    }

    fn networks(&self) -> impl Iterator<Item = (&Subscription, ipnet::Ipv4Net)> {
        let built = self.subscriptions.iter().filter_map(|other| Some((other, other.terms.pro()?)));
        built.flat_map(|(other, terms)| {
            terms.order.regions.iter().filter_map(move |region| match region.networking {
                Networking::Managed { cidr } => Some((other, cidr.network())),
                Networking::Customer { .. } => None,
            })
        })
    }

    fn examine_unsettled(&self) -> Option<Problem> {
        let unsettled: Vec<_> = self
            .subscriptions
            .iter()
            .filter(|other| other.terms.pro().is_some() && other.status != SubscriptionStatus::Active)
            .map(|other| format!("{} ({}, {})", other.name, other.id, other.status))
            .collect();
        if unsettled.len() + self.queued < MOST_UNSETTLED {
            return None;
        }
        let mut names = unsettled.join(", ");
        if self.queued > 0 {
            let comma = if names.is_empty() { "" } else { ", " };
            names = format!("{names}{comma}{} requested", self.queued);
        }
        let message = format!(
            "cannot be created now: at most {MOST_UNSETTLED} subscriptions may be anything but active, and \
             these are: {names}. Wait until one is active, or delete one that failed"
        );
        Some(Problem::new("subscription", ErrorType::TooManyPendingSubscriptions, message))
    }
}

fn has_expired(method: &PaymentMethod, at: Timestamp) -> bool {
    let today = at.to_zoned(TimeZone::UTC).date();
    let (year, month) = (i32::from(today.year()), i32::from(today.month()));
    (method.expiration_year, method.expiration_month) < (year, month)
}
