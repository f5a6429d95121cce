//! How a task ends: all of it together, or nothing.

use berth_domain::{
    cloud_account::{CloudAccount, Status},
    findings::{Check, Finding},
    ids::{AccountId, CloudAccountId},
    task::{Command, TaskStatus},
};
use berth_store::{
    ClaimedTask, Completion, Effect, Error, Holders, SealedSecrets, Store, Unique,
    testing::{Backend, insert_cloud_accounts},
};
use rstest::rstest;

use crate::{audit, builders::*};

async fn claim_creation(store: &Store, account: AccountId) -> (ClaimedTask, CloudAccountId) {
    let id = store.allocate_cloud_account_id().await.unwrap();
    queue_creation(store, account, id.0 as u128).await;
    (claim(store, "a").await.expect("the task"), id)
}

#[rstest]
#[tokio::test]
async fn a_creation_saves_the_cloud_account_and_erases_the_request(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let (claimed, id) = claim_creation(db.store(), account).await;
    let sealed = SealedSecrets { secret_key: Some(b"s".to_vec()), console_password: Some(b"p".to_vec()) };
    let effect = Effect::Create { account: cloud_account(account, id.0, "prod"), secrets: sealed.clone() };
    let findings = vec![Finding::pass(Check::Credentials, "Valid.")];
    let completion = Completion { findings: findings.clone(), ..success(effect) };

    let finished = db.store().finish_task(&claimed.lease, completion).await.unwrap();

    assert_eq!((finished.status, finished.updated_at), (TaskStatus::ProcessingCompleted, at(20)));
    let task = db.store().task(account, claimed.task.id).await.unwrap().expect("the task");
    assert_eq!((task.cloud_account_id, task.error, task.findings), (Some(id), None, findings));
    assert_eq!(task.description, "Done.");
    let saved = db.store().cloud_account(account, id).await.unwrap().expect("the cloud account");
    assert_eq!(format!("{saved:?}"), format!("{:?}", cloud_account(account, id.0, "prod")));
    assert_eq!(db.store().cloud_account_secrets(account, id).await.unwrap(), Some(sealed));
    assert_eq!(db.store().audit_entries(account, audit::all()).await.unwrap()[0].kind, "Task completed");
    let sealed = db.store().sealed_values(None, 9).await.unwrap();
    assert_eq!(sealed.len(), 2, "the request is still there: {sealed:?}");
}

#[rstest]
#[tokio::test]
async fn a_failed_task_says_why_and_erases_the_request(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let (claimed, id) = claim_creation(db.store(), account).await;

    db.store().finish_task(&claimed.lease, failure()).await.unwrap();

    let task = db.store().task(account, claimed.task.id).await.unwrap().expect("the task");
    assert_eq!((task.status, task.cloud_account_id), (TaskStatus::ProcessingError, None));
    assert_eq!(task.error, failure().outcome.err());
    assert!(db.store().cloud_account(account, id).await.unwrap().is_none());
    assert!(db.store().sealed_values(None, 9).await.unwrap().is_empty());
    let again = db.store().finish_task(&claimed.lease, failure()).await;
    assert!(matches!(again, Err(Error::LostLease)), "{again:?}");
}

#[rstest]
#[case::name(1, "prod", Unique::CloudAccountName)]
#[case::access_key(101, "other", Unique::CloudAccountAccessKey)]
#[tokio::test]
async fn a_taken_value_writes_nothing_and_the_task_can_still_fail(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] key_of: i32,
    #[case] name: &str,
    #[case] taken: Unique,
) {
    let (db, account) = with_tenant(backend).await;
    assert_eq!(register(db.store(), account, "prod").await, CloudAccountId(101));
    let (claimed, id) = claim_creation(db.store(), account).await;
    let entries = db.store().audit_entries(account, audit::all()).await.unwrap().len();
    let new = CloudAccount { id, ..cloud_account(account, key_of, name) };

    let effect = Effect::Create { account: new, secrets: secrets("s") };
    let refused = db.store().finish_task(&claimed.lease, success(effect)).await;

    assert!(matches!(refused, Err(Error::Taken(unique)) if unique == taken), "{refused:?}");
    let task = db.store().task(account, claimed.task.id).await.unwrap().expect("the task");
    assert_eq!(task.status, TaskStatus::ProcessingInProgress);
    assert_eq!(db.store().audit_entries(account, audit::all()).await.unwrap().len(), entries);
    db.store().finish_task(&claimed.lease, failure()).await.expect("the lease still holds");
}

/// A creation, claimed, of a cloud account over the AWS account of `like`.
async fn claim_creation_like(
    store: &Store,
    account: AccountId,
    like: &CloudAccount,
) -> (ClaimedTask, CloudAccount) {
    let (claimed, id) = claim_creation(store, account).await;
    let aws_account_id = like.aws_account_id.clone();
    (claimed, CloudAccount { aws_account_id, ..cloud_account(account, id.0, "same") })
}

#[rstest]
#[tokio::test]
async fn of_two_accounts_that_register_one_aws_account_at_once_one_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    let (one, first) = claim_creation_like(db.store(), account, &cloud_account(account, 1, "x")).await;
    let (two, second) = claim_creation_like(db.store(), other, &first).await;
    let finish = async |claimed: &ClaimedTask, account: CloudAccount| {
        let effect = Effect::Create { account, secrets: secrets("s") };
        db.store().finish_task(&claimed.lease, success(effect)).await
    };

    let (one, two) = tokio::join!(finish(&one, first), finish(&two, second));

    let refused = |ended: &Result<_, Error>| matches!(ended, Err(Error::Taken(Unique::AwsAccount)));
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|ended| **ended).count(), 1, "{one:?} {two:?}");
    assert!(refused(&one) || refused(&two), "{one:?} {two:?}");
}

#[rstest]
#[tokio::test]
async fn a_cloud_account_that_shares_its_aws_account_from_before_can_still_be_changed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    let id = register(db.store(), account, "prod").await;
    let mine = cloud_account(account, id.0, "prod");
    let theirs =
        CloudAccount { aws_account_id: mine.aws_account_id.clone(), ..cloud_account(other, 900, "x") };
    insert_cloud_accounts(db.store(), [(theirs, secrets("s"))]).await;
    let claimed = claim_about(db.store(), (account, id), Command::CloudAccountUpdateRequest).await;

    let effect = Effect::Update { account: mine, secrets: secrets("new") };

    db.store().finish_task(&claimed.lease, success(effect)).await.expect("it stays in its AWS account");
}

#[rstest]
#[tokio::test]
async fn who_holds_an_aws_account_is_told_by_name_here_and_by_number_elsewhere(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    let id = register(db.store(), account, "prod").await;
    let aws = cloud_account(account, id.0, "prod").aws_account_id;

    let seen = db.store().holders(&aws, account).await.unwrap();
    assert_eq!(seen, Holders { here: vec![(id, "prod".parse().unwrap())], others: 0 });
    let seen = db.store().holders(&aws, other).await.unwrap();
    assert_eq!(seen, Holders { here: vec![], others: 1 });
}

#[rstest]
#[tokio::test]
async fn accounts_may_use_the_same_names_and_keys(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    register(db.store(), account, "prod").await;
    let (claimed, id) = claim_creation(db.store(), other).await;

    let new = CloudAccount { id, ..cloud_account(other, 101, "prod") };
    let effect = Effect::Create { account: new, secrets: secrets("s") };

    db.store().finish_task(&claimed.lease, success(effect)).await.expect("another account's name and key");
}

#[rstest]
#[tokio::test]
async fn an_update_swaps_in_everything_but_the_time_of_creation(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let id = register(db.store(), account, "prod").await;
    let claimed = claim_about(db.store(), (account, id), Command::CloudAccountUpdateRequest).await;
    let new = CloudAccount {
        id,
        created_at: at(999),
        updated_at: at(20),
        console_role: None,
        console_role_arn: None,
        console_username: Some("support".parse().unwrap()),
        ..cloud_account(account, 555, "renamed")
    };

    let effect = Effect::Update { account: new.clone(), secrets: secrets("new") };
    db.store().finish_task(&claimed.lease, success(effect)).await.unwrap();

    let saved = db.store().cloud_account(account, id).await.unwrap().expect("the cloud account");
    assert_eq!(format!("{saved:?}"), format!("{:?}", CloudAccount { created_at: at(0), ..new }));
    assert_eq!(db.store().cloud_account_secrets(account, id).await.unwrap(), Some(secrets("new")));
}

#[rstest]
#[tokio::test]
async fn a_failed_update_leaves_the_cloud_account_working_as_it_was(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let id = register(db.store(), account, "prod").await;
    let before = db.store().cloud_account(account, id).await.unwrap().expect("the cloud account");
    let claimed = claim_about(db.store(), (account, id), Command::CloudAccountUpdateRequest).await;

    db.store().finish_task(&claimed.lease, failure()).await.unwrap();

    let after = db.store().cloud_account(account, id).await.unwrap().expect("the cloud account");
    assert_eq!(format!("{after:?}"), format!("{before:?}"));
    assert_eq!(db.store().cloud_account_secrets(account, id).await.unwrap(), Some(secrets("prod")));
}

#[rstest]
#[tokio::test]
async fn the_status_shows_what_is_still_queued(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let id = register(db.store(), account, "prod").await;
    let commands = [
        Command::CloudAccountUpdateRequest,
        Command::CloudAccountUpdateRequest,
        Command::CloudAccountDeleteRequest,
    ];
    for (number, command) in commands.into_iter().enumerate() {
        queue_about(db.store(), (account, id), number as u128, command).await.unwrap();
    }

    let mut seen = Vec::new();
    while let Some(claimed) = claim(db.store(), "a").await {
        seen.push(status(db.store(), account, id).await);
        db.store().finish_task(&claimed.lease, failure()).await.unwrap();
    }

    assert_eq!(seen, [Status::DeleteDraft; 3]);
    assert_eq!(status(db.store(), account, id).await, Status::Active);
    queue_about(db.store(), (account, id), 10, Command::CloudAccountUpdateRequest).await.unwrap();
    queue_about(db.store(), (account, id), 11, Command::CloudAccountUpdateRequest).await.unwrap();
    let claimed = claim(db.store(), "a").await.expect("a task");
    let effect = Effect::Update { account: cloud_account(account, id.0, "renamed"), secrets: secrets("s") };
    db.store().finish_task(&claimed.lease, success(effect)).await.unwrap();
    assert_eq!(status(db.store(), account, id).await, Status::ChangeDraft);
}

async fn status(store: &Store, account: AccountId, id: CloudAccountId) -> Status {
    store.cloud_account(account, id).await.unwrap().expect("the cloud account").status
}

#[rstest]
#[tokio::test]
async fn a_deleted_cloud_account_is_gone_and_its_task_still_names_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let id = register(db.store(), account, "prod").await;
    let claimed = claim_about(db.store(), (account, id), Command::CloudAccountDeleteRequest).await;

    let task = db.store().finish_task(&claimed.lease, success(Effect::Delete { id })).await.unwrap();

    assert_eq!(task.cloud_account_id, Some(id));
    assert!(db.store().cloud_account(account, id).await.unwrap().is_none());
    assert!(db.store().cloud_account_secrets(account, id).await.unwrap().is_none());
    assert_ne!(register(db.store(), account, "prod").await, id, "an id is never used twice");
}

#[rstest]
#[tokio::test]
async fn an_effect_on_a_cloud_account_that_is_gone_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let (claimed, id) = claim_creation(db.store(), account).await;

    let update = Effect::Update { account: cloud_account(account, id.0, "prod"), secrets: secrets("s") };
    let update = db.store().finish_task(&claimed.lease, success(update)).await;
    let delete = db.store().finish_task(&claimed.lease, success(Effect::Delete { id })).await;

    assert!(matches!(update, Err(Error::NoSuchCloudAccount)), "{update:?}");
    assert!(matches!(delete, Err(Error::NoSuchCloudAccount)), "{delete:?}");
}
