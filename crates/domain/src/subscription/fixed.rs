//! Free subscriptions and those of a fixed size: they are in the operator's AWS account, never in a customer's.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    problem::Problem,
    reading::{Object, Reading},
    regions::{REGIONS, Region},
    subscription::{
        Plan,
        order::{Payment, read_payment},
        terms::read_changed_payment,
    },
    task::ErrorType,
    values::DisplayName,
};

/// A plan of a fixed size, in one region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedPlan {
    /// Its id: never reused for another one.
    pub id: i32,
    /// Its region.
    pub region: Region,
    /// Its size.
    pub tier: &'static Tier,
}

/// A size that is offered in every region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tier {
    /// Its number, which ends the ids of its plans.
    number: i32,
    /// Its name.
    pub name: &'static str,
    /// Memory in MB.
    pub size_mb: u32,
    /// How many databases it may have.
    pub databases: i32,
    /// How many connections.
    pub connections: i32,
    /// How many networks an allow list may have.
    pub cidr_allow_rules: i32,
    /// Whether its databases have replicas.
    pub replication: bool,
}

/// The sizes, smallest first. The first is free.
const TIERS: [Tier; 5] = [
    Tier {
        number: 1,
        name: "Free 30MB",
        size_mb: 30,
        databases: 1,
        connections: 30,
        cidr_allow_rules: 1,
        replication: false,
    },
    Tier {
        number: 2,
        name: "Fixed 250MB",
        size_mb: 250,
        databases: 1,
        connections: 256,
        cidr_allow_rules: 4,
        replication: true,
    },
    Tier {
        number: 3,
        name: "Fixed 1GB",
        size_mb: 1_000,
        databases: 1,
        connections: 1_000,
        cidr_allow_rules: 8,
        replication: true,
    },
    Tier {
        number: 4,
        name: "Fixed 5GB",
        size_mb: 5_000,
        databases: 1,
        connections: 5_000,
        cidr_allow_rules: 16,
        replication: true,
    },
    Tier {
        number: 5,
        name: "Fixed 12GB",
        size_mb: 12_000,
        databases: 1,
        connections: 10_000,
        cidr_allow_rules: 32,
        replication: true,
    },
];

impl FixedPlan {
    /// Every plan, by id.
    pub fn all() -> impl Iterator<Item = Self> {
        REGIONS.iter().flat_map(|region| {
            TIERS.iter().map(|tier| Self { id: region.id * 100 + tier.number, region: *region, tier })
        })
    }

    /// The plan of this id.
    pub fn find(id: i32) -> Option<Self> {
        Self::all().find(|plan| plan.id == id)
    }

    /// Free or fixed.
    pub fn plan(&self) -> Plan {
        if self.tier.number == 1 { Plan::Free } else { Plan::Fixed }
    }
}

/// A free subscription, or one of a fixed size, to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixedOrder {
    /// The id of its plan, one that exists.
    pub plan_id: i32,
    /// How it is paid; not at all when it is free.
    pub payment: Option<Payment>,
}

/// A request to create a free subscription or one of a fixed size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixedCreate {
    /// Its name.
    pub name: DisplayName,
    /// What is ordered.
    pub order: FixedOrder,
}

impl FixedCreate {
    /// Reads the body of a create request; names everything that is wrong.
    pub fn parse(body: &Map<String, Value>) -> Result<Self, Vec<Problem>> {
        let mut reading = Reading::default();
        let body = Object::body(body);
        refuse_cloud_account(&mut reading, &body);
        if !body.has("name") {
            reading.refuse("name", ErrorType::FixedSubscriptionNameNotProvided, "is required");
        }
        let name = reading.parsed(&body, "name", ErrorType::FixedSubscriptionInvalidName);
        if !body.has("planId") {
            let message = "is required; GET /v1/fixed/plans lists the plans";
            reading.refuse("planId", ErrorType::FixedSubscriptionPlanNotProvided, message);
        }
        let plan = read_plan(&mut reading, &body, ErrorType::FixedSubscriptionCreatePlanNotFound);
        let payment = read_payment(&mut reading, &body);
        let free = plan.is_some_and(|plan| plan.plan() == Plan::Free);
        if free && payment.id.is_some() {
            reading.refuse(
                "paymentMethodId",
                ErrorType::FixedPaymentInfoNotAllowedInFreeFixedPlan,
                "cannot be given: the plan is free",
            );
        }
        let order = plan.map(|plan| FixedOrder { plan_id: plan.id, payment: (!free).then_some(payment) });
        reading.finish(name.zip(order).map(|(name, order)| Self { name, order }))
    }
}

/// A change of such a subscription: what is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixedUpdate {
    /// A new name.
    pub name: Option<DisplayName>,
    /// The id of another plan, one that exists.
    pub plan_id: Option<i32>,
    /// Another payment method.
    pub payment: Option<Payment>,
}

impl FixedUpdate {
    /// Reads the body of a change; names everything that is wrong.
    pub fn parse(body: &Map<String, Value>) -> Result<Self, Vec<Problem>> {
        let mut reading = Reading::default();
        let body = Object::body(body);
        refuse_cloud_account(&mut reading, &body);
        let name = reading.parsed(&body, "name", ErrorType::FixedSubscriptionInvalidName);
        let plan = read_plan(&mut reading, &body, ErrorType::FixedSubscriptionUpdateInvalidPlan);
        let payment = read_changed_payment(&mut reading, &body);
        reading.finish(Some(Self { name, plan_id: plan.map(|plan| plan.id), payment }))
    }

    /// The order after the change. A plan changes within its region only.
    pub fn apply(&self, current: &FixedOrder) -> Result<FixedOrder, Problem> {
        let plan_id = self.plan_id.unwrap_or(current.plan_id);
        let before = FixedPlan::find(current.plan_id);
        let Some(after) = FixedPlan::find(plan_id) else {
            return Err(no_such_plan(ErrorType::FixedSubscriptionUpdateInvalidPlan));
        };
        if let Some(before) = before
            && before.region != after.region
        {
            let kind = ErrorType::FixedMismatchBetweenRequestPlanRegionAndSubscriptionRegion;
            let message = format!(
                "is a plan in {}, and this subscription is in {}: choose a plan in its own region",
                after.region.name, before.region.name
            );
            return Err(Problem::new("planId", kind, message));
        }
        let free = after.plan() == Plan::Free;
        if free && self.payment.is_some_and(|payment| payment.id.is_some()) {
            let kind = ErrorType::FixedPaymentInfoNotAllowedInFreeFixedPlan;
            return Err(Problem::new("paymentMethodId", kind, "cannot be given: the plan is free"));
        }
        let payment = if free { None } else { self.payment.or(current.payment) };
        Ok(FixedOrder { plan_id, payment })
    }
}

fn refuse_cloud_account(reading: &mut Reading, body: &Object<'_>) {
    for name in ["cloudAccountId", "cloudProviders"] {
        if body.has(name) {
            let message = "cannot be given: free and fixed subscriptions are in the operator's AWS account, \
                           never in one of yours. POST /v1/subscriptions builds in yours";
            reading.refuse(name, ErrorType::BadRequest, message);
        }
    }
}

fn read_plan(reading: &mut Reading, body: &Object<'_>, kind: ErrorType) -> Option<FixedPlan> {
    let id = reading.whole(body, "planId")?;
    let found = i32::try_from(id).ok().and_then(FixedPlan::find);
    if found.is_none() {
        let problem = no_such_plan(kind);
        reading.refuse(problem.field, problem.kind, problem.message);
    }
    found
}

fn no_such_plan(kind: ErrorType) -> Problem {
    Problem::new("planId", kind, "is no plan; GET /v1/fixed/plans lists those there are")
}
