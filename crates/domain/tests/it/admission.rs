//! Whether an account may have what it orders, as far as Berth knows without asking AWS.

use berth_domain::{
    account::Contract,
    cloud_account::Status,
    ids::{AccountId, CloudAccountId, SubscriptionId},
    problem::Problem,
    subscription::{
        Plan, Subscription, SubscriptionStatus,
        access::AllowList,
        admission::Standing,
        maintenance::MaintenanceWindows,
        order::{CreateRequest, Order},
        terms::{ProTerms, Terms},
    },
    task::ErrorType,
};
use jiff::Timestamp;
use rstest::rstest;
use serde_json::json;

fn order(cidr: &str) -> Order {
    let body = json!({
        "cloudProviders": [{
            "cloudAccountId": 101,
            "regions": [{ "region": "eu-west-1", "networking": { "deploymentCIDR": cidr } }],
        }],
        "databases": [{ "name": "cart", "datasetSizeInGb": 1 }],
    });
    CreateRequest::parse(body.as_object().unwrap()).unwrap().order
}

fn subscription(id: i32, status: SubscriptionStatus, cidr: &str) -> Subscription {
    Subscription {
        id: SubscriptionId(id),
        account_id: AccountId(1),
        name: format!("Shop {id}").parse().unwrap(),
        plan: Plan::Annual,
        status,
        status_reason: None,
        cloud_account_id: Some(CloudAccountId(101)),
        regions: vec!["eu-west-1".into()],
        terms: Terms::Pro(Box::new(ProTerms {
            order: order(cidr),
            allow_list: AllowList::default(),
            maintenance_windows: MaintenanceWindows::default(),
        })),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

/// Under a contract, with an active cloud account and nothing else.
fn standing() -> Standing {
    Standing {
        contract: Contract::Annual,
        payment_methods: Vec::new(),
        cloud_account: Some(Status::Active),
        subscriptions: Vec::new(),
        queued: 0,
    }
}

fn kinds(standing: &Standing) -> Vec<ErrorType> {
    let problems = standing.examine(&order("10.0.0.0/24"), Timestamp::UNIX_EPOCH);
    problems.into_iter().map(|problem: Problem| problem.kind).collect()
}

#[rstest]
#[case(Some(Status::Active), None)]
#[case(Some(Status::ChangeDraft), None)]
#[case(Some(Status::ActiveError), Some(ErrorType::CloudAccountNotActive))]
#[case(Some(Status::DeleteDraft), Some(ErrorType::CloudAccountNotActive))]
#[case(None, Some(ErrorType::CloudAccountNotFound))]
fn only_a_cloud_account_that_works_is_built_in(
    #[case] status: Option<Status>,
    #[case] kind: Option<ErrorType>,
) {
    let standing = Standing { cloud_account: status, ..standing() };
    assert_eq!(kinds(&standing), Vec::from_iter(kind));
}

#[test]
fn an_inactive_cloud_account_is_a_403() {
    assert_eq!(ErrorType::CloudAccountNotActive.http_status(), 403);
}

#[rstest]
#[case(2, 0, false)]
#[case(3, 0, true)]
#[case(2, 1, true)]
#[case(0, 3, true)]
fn at_most_three_subscriptions_are_unsettled(
    #[case] unsettled: i32,
    #[case] queued: usize,
    #[case] refused: bool,
) {
    let mut subscriptions: Vec<_> = (1..=unsettled)
        .map(|id| subscription(id, SubscriptionStatus::Pending, &format!("10.{id}.0.0/24")))
        .collect();
    subscriptions.push(subscription(9, SubscriptionStatus::Active, "10.9.0.0/24"));
    let standing = Standing { subscriptions, queued, ..standing() };
    assert_eq!(kinds(&standing).contains(&ErrorType::TooManyPendingSubscriptions), refused);
}

#[rstest]
#[case("10.0.0.0/16", true)]
#[case("10.0.0.0/24", true)]
#[case("10.0.1.0/24", false)]
fn networks_of_one_account_do_not_overlap(#[case] other: &str, #[case] refused: bool) {
    let other = subscription(1, SubscriptionStatus::Active, other);
    let standing = Standing { subscriptions: vec![other], ..standing() };
    assert_eq!(kinds(&standing).contains(&ErrorType::SubscriptionInvalidCidr), refused);
}

#[test]
fn everything_that_stands_against_an_order_is_told_at_once() {
    let other = subscription(1, SubscriptionStatus::Error, "10.0.0.0/24");
    let standing = Standing {
        contract: Contract::None,
        cloud_account: None,
        subscriptions: vec![other],
        queued: 2,
        ..standing()
    };
    assert_eq!(
        kinds(&standing),
        [
            ErrorType::CloudAccountNotFound,
            ErrorType::PaymentInfoNotProvided,
            ErrorType::SubscriptionInvalidCidr,
            ErrorType::TooManyPendingSubscriptions,
        ]
    );
}
