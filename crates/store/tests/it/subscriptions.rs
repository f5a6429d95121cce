//! Subscriptions, and the cloud accounts they hold on to.

use berth_domain::{
    ids::{AccountId, CloudAccountId},
    subscription::{Plan, Subscription, SubscriptionStatus},
    task::Command,
};
use berth_store::{Error, NewSubscription, Store, testing::Backend};
use rstest::rstest;

use crate::builders::*;

async fn subscribe(store: &Store, account: AccountId, id: CloudAccountId) -> Result<Subscription, Error> {
    let new = NewSubscription {
        name: "Web shop".parse().expect("a name"),
        plan: Plan::Flexible,
        status: SubscriptionStatus::Active,
        cloud_account_id: Some(id),
        regions: vec!["eu-west-1".into()],
    };
    store.add_subscription(account, new, event("Subscription added"), at(30)).await
}

#[rstest]
#[tokio::test]
async fn a_cloud_account_being_deleted_takes_no_subscription(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let id = register(db.store(), account, "production").await;
    queue_about(db.store(), (account, id), 7, Command::CloudAccountDeleteRequest).await.unwrap();

    let refused = subscribe(db.store(), account, id).await;

    assert!(matches!(refused, Err(Error::NotActive)), "{refused:?}");
    assert!(db.store().subscriptions(account).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test]
async fn of_a_delete_and_a_subscription_at_the_same_time_one_wins(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    for number in 0..10 {
        let id = register(db.store(), account, &format!("production-{number}")).await;
        let (added, queued) = futures::join!(
            subscribe(db.store(), account, id),
            queue_about(db.store(), (account, id), 100 + number, Command::CloudAccountDeleteRequest)
        );
        match (added, queued) {
            (Ok(added), Err(Error::CloudAccountUsed(by))) => {
                assert_eq!(by, [(added.id, "Web shop".to_owned())]);
            }
            (Err(Error::NotActive), Ok(_)) => {
                let claimed = claim(db.store(), "a worker").await.expect("the deletion");
                let done = success(berth_store::Effect::Delete { id });
                db.store().finish_task(&claimed.lease, done).await.unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
}

#[rstest]
#[tokio::test]
async fn another_accounts_cloud_account_cannot_be_used(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let id = register(db.store(), account, "production").await;
    let other = tenant(db.store(), 2).await;

    let refused = subscribe(db.store(), other, id).await;

    assert!(matches!(refused, Err(Error::NoSuchCloudAccount)), "{refused:?}");
    let removed = subscribe(db.store(), account, id).await.unwrap();
    let gone = db.store().remove_subscription(other, removed.id, event("x"), at(40)).await.unwrap();
    assert!(gone.is_none(), "nor can another account remove it");
}
