//! Queueing tasks, listing, counting and forgetting them.

use berth_domain::{
    cloud_account::Status,
    ids::{AccountId, CloudAccountId, TaskId},
    task::{Command, TaskStatus},
};
use berth_store::{Error, NewTask, Store, testing::Backend};
use rstest::rstest;

use crate::{audit, builders::*};

#[rstest]
#[tokio::test]
async fn a_queued_task_is_there_with_its_audit_entry(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;

    let queued = queue_creation(db.store(), account, 1).await;

    let second = Store::connect(db.url()).await.unwrap();
    let read = second.task(account, queued.id).await.unwrap().expect("the task");
    assert_eq!((read.status, read.description.as_str()), (TaskStatus::Received, "Queued."));
    assert_eq!((read.created_at, read.updated_at), (at(0), at(0)));
    assert_eq!(second.audit_entries(account, audit::all()).await.unwrap()[0].kind, "Creation requested");
}

#[rstest]
#[case::update(Command::CloudAccountUpdateRequest, Status::ChangeDraft)]
#[case::delete(Command::CloudAccountDeleteRequest, Status::DeleteDraft)]
#[tokio::test]
async fn a_change_shows_in_the_cloud_accounts_status(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] command: Command,
    #[case] status: Status,
) {
    let (db, account) = with_tenant(backend).await;
    let id = register(db.store(), account, "prod").await;

    queue_about(db.store(), (account, id), 1, command).await.unwrap();

    assert_eq!(db.store().cloud_account(account, id).await.unwrap().expect("it").status, status);
}

#[rstest]
#[tokio::test]
async fn nothing_more_can_be_asked_of_a_cloud_account_that_is_being_deleted(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(Command::CloudAccountUpdateRequest, Command::CloudAccountDeleteRequest)] command: Command,
) {
    let (db, account) = with_tenant(backend).await;
    let id = register(db.store(), account, "prod").await;
    queue_about(db.store(), (account, id), 1, Command::CloudAccountDeleteRequest).await.unwrap();
    let entries = db.store().audit_entries(account, audit::all()).await.unwrap().len();

    let refused = queue_about(db.store(), (account, id), 2, command).await;

    assert!(matches!(refused, Err(Error::NotActive)), "{refused:?}");
    assert!(db.store().task(account, TaskId(uuid::Uuid::from_u128(2))).await.unwrap().is_none());
    assert_eq!(db.store().audit_entries(account, audit::all()).await.unwrap().len(), entries);
}

#[rstest]
#[tokio::test]
async fn another_accounts_cloud_account_and_tasks_do_not_exist(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    let id = register(db.store(), account, "prod").await;
    let task = queue_creation(db.store(), account, 1).await;

    let refused = queue_about(db.store(), (other, id), 2, Command::CloudAccountDeleteRequest).await;
    let unknown = (account, CloudAccountId(999));
    let unknown = queue_about(db.store(), unknown, 3, Command::CloudAccountUpdateRequest).await;

    assert!(matches!(refused, Err(Error::NoSuchCloudAccount)), "{refused:?}");
    assert!(matches!(unknown, Err(Error::NoSuchCloudAccount)), "{unknown:?}");
    assert!(db.store().task(other, task.id).await.unwrap().is_none());
    assert!(db.store().tasks(other, at(-9)).await.unwrap().is_empty());
    assert_eq!(db.store().cloud_account(account, id).await.unwrap().expect("it").status, Status::Active);
}

#[rstest]
#[tokio::test]
async fn tasks_are_listed_by_latest_change(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_tenant(backend).await;
    for number in 1..=3 {
        let task = NewTask { at: at(number as i64), ..creation(account, number) };
        db.store().queue_task(task, event("Queued")).await.unwrap();
    }
    claim(db.store(), "a").await.expect("the first task");

    assert_eq!(numbers(db.store(), account, 0).await, [1, 3, 2]);
    assert_eq!(numbers(db.store(), account, 3).await, [1, 3]);
}

async fn numbers(store: &Store, account: AccountId, since: i64) -> Vec<u128> {
    let tasks = store.tasks(account, at(since)).await.unwrap();
    tasks.iter().map(|task| task.id.0.as_u128()).collect()
}

#[rstest]
#[tokio::test]
async fn tasks_are_counted_by_status(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_tenant(backend).await;
    register(db.store(), account, "prod").await;
    for number in 1..=3 {
        queue_creation(db.store(), account, number).await;
    }
    claim(db.store(), "a").await.expect("a task");

    let mut counts = db.store().task_counts().await.unwrap();

    counts.sort_by_key(|(status, _)| status.as_str());
    let expected = [
        (TaskStatus::ProcessingCompleted, 1),
        (TaskStatus::ProcessingInProgress, 1),
        (TaskStatus::Received, 2),
    ];
    assert_eq!(counts, expected);
}

#[rstest]
#[tokio::test]
async fn only_tasks_that_finished_long_ago_are_purged(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let old = queue_creation(db.store(), account, 1).await;
    let lease = claim(db.store(), "a").await.expect("a task").lease;
    db.store().finish_task(&lease, failure()).await.unwrap();
    let waiting = queue_creation(db.store(), account, 2).await;

    assert_eq!(db.store().purge_tasks(at(20)).await.unwrap(), 0);
    assert_eq!(db.store().purge_tasks(at(21)).await.unwrap(), 1);

    assert!(db.store().task(account, old.id).await.unwrap().is_none());
    assert!(db.store().task(account, waiting.id).await.unwrap().is_some());
}
