//! Who works on a task: exactly one, in order, until its time is over.

use std::collections::HashSet;

use berth_domain::task::TaskStatus;
use berth_store::{Error, Store, testing::Backend, work::Kind};
use rstest::rstest;

use crate::{audit, builders::*};

#[rstest]
#[tokio::test]
async fn a_claimed_task_comes_with_its_request_and_who_asked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let queued = queue_creation(db.store(), account, 1).await;

    let claimed = claim(db.store(), "a").await.expect("the task");

    assert_eq!(claimed.task.id, queued.id);
    assert_eq!((claimed.task.status, claimed.task.updated_at), (TaskStatus::ProcessingInProgress, at(10)));
    assert_eq!(claimed.sealed_request.as_deref(), Some(&b"sealed request"[..]));
    assert_eq!(claimed.actor, actor());
    let seen = db.store().task(account, queued.id).await.unwrap().expect("the task");
    assert_eq!(seen.status, TaskStatus::ProcessingInProgress);
}

#[rstest]
#[tokio::test]
async fn an_account_has_one_task_in_hand_at_a_time_oldest_first(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    for number in [3, 1, 2] {
        queue_creation(db.store(), account, number).await;
    }

    let mut order = Vec::new();
    while let Some(claimed) = claim(db.store(), "a").await {
        assert!(claim(db.store(), "b").await.is_none(), "a second task of the account was claimed");
        order.push(claimed.task.id.0.as_u128());
        db.store().finish_task(&claimed.lease, failure()).await.unwrap();
    }

    assert_eq!(order, [3, 1, 2]);
}

#[rstest]
#[tokio::test]
async fn accounts_do_not_wait_for_each_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    queue_creation(db.store(), account, 1).await;
    queue_creation(db.store(), account, 2).await;
    queue_creation(db.store(), other, 3).await;

    let first = claim(db.store(), "a").await.expect("a task");
    let second = claim(db.store(), "a").await.expect("a task");

    assert_eq!((first.task.account_id, second.task.account_id), (account, other));
    assert!(claim(db.store(), "a").await.is_none());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_many_claimers_exactly_one_gets_each_task(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, _) = with_tenant(backend).await;
    for n in 2..=5 {
        let account = tenant(db.store(), n).await;
        for task in 0..5 {
            queue_creation(db.store(), account, u128::from(n) * 100 + task).await;
        }
    }
    let second_replica = Store::connect(db.url()).await.unwrap();

    let workers = (0..12).map(|n| {
        let store = if n % 2 == 0 { db.store().clone() } else { second_replica.clone() };
        tokio::spawn(work_until_all_is_done(store, format!("worker-{n}")))
    });
    let done = futures::future::try_join_all(workers).await.unwrap().concat();

    assert_eq!(done.len(), 20, "a task was done twice or never");
    assert_eq!(done.iter().collect::<HashSet<_>>().len(), 20);
}

async fn work_until_all_is_done(store: Store, name: String) -> Vec<u128> {
    let mut done = Vec::new();
    loop {
        if let Some(claimed) = claim(&store, &name).await {
            store.finish_task(&claimed.lease, failure()).await.unwrap();
            done.push(claimed.task.id.0.as_u128());
        } else if unfinished(&store).await == 0 {
            return done;
        }
    }
}

async fn unfinished(store: &Store) -> u64 {
    let counts = store.task_counts().await.unwrap();
    counts.iter().filter(|(status, _)| !status.is_final()).map(|(_, count)| count).sum()
}

#[rstest]
#[tokio::test]
async fn an_expired_lease_is_taken_over_and_the_late_worker_can_write_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    queue_creation(db.store(), account, 1).await;
    let late_lease = claim_work(db.store(), Kind::Tasks, "a").await.expect("the account");
    let late = db.store().begin_task(&late_lease, at(10)).await.unwrap().expect("the task");
    db.time_passes(16).await;

    let taken = claim(db.store(), "a").await.expect("the task");

    assert_eq!(taken.task.id, late.task.id);
    assert_eq!(taken.sealed_request, late.sealed_request);
    let entries = db.store().audit_entries(account, audit::all()).await.unwrap().len();
    let finished = db.store().finish_task(&late.lease, failure()).await;
    assert!(matches!(finished, Err(Error::LostLease)), "{finished:?}");
    assert_eq!(db.store().audit_entries(account, audit::all()).await.unwrap().len(), entries);
    assert!(db.store().begin_task(&late_lease, at(11)).await.unwrap().is_none());
    let released = db.store().release_task(&late_lease, at(71)).await;
    assert!(matches!(released, Err(Error::LostLease)), "{released:?}");
    let task = db.store().task(account, late.task.id).await.unwrap().expect("the task");
    assert_eq!(task.status, TaskStatus::ProcessingInProgress);
    db.store().finish_task(&taken.lease, failure()).await.expect("the new worker may finish");
}

#[rstest]
#[tokio::test]
async fn a_task_that_is_queued_while_another_ends_is_not_lost(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    queue_creation(db.store(), account, 1).await;
    let first = claim(db.store(), "a").await.expect("the task");
    queue_creation(db.store(), account, 2).await;
    db.store().finish_task(&first.lease, failure()).await.unwrap();
    let second = claim(db.store(), "a").await.expect("the other task");
    db.store().finish_task(&second.lease, failure()).await.unwrap();
    assert!(claim_work(db.store(), Kind::Tasks, "a").await.is_none(), "the account rests");
}

#[rstest]
#[tokio::test]
async fn a_released_task_waits_again_and_can_be_taken_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let queued = queue_creation(db.store(), account, 1).await;
    let lease = claim_work(db.store(), Kind::Tasks, "a").await.expect("the account");
    let claimed = db.store().begin_task(&lease, at(10)).await.unwrap().expect("the task");

    db.store().release_task(&lease, at(11)).await.unwrap();

    let waiting = db.store().task(account, queued.id).await.unwrap().expect("the task");
    assert_eq!((waiting.status, waiting.updated_at), (TaskStatus::Received, at(11)));
    let again = claim(db.store(), "b").await.expect("the task");
    assert_eq!(again.sealed_request, claimed.sealed_request);
    assert_eq!(again.lease.times_taken(), 1, "that it was given back counts for nothing");
}
