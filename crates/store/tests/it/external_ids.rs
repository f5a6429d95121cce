//! External ids: one account's, for one cloud account, for a while.

use berth_domain::{
    access::{AccessId, TrustingRole},
    cloud_account::CloudAccount,
    ids::{AccountId, CloudAccountId},
    task::Command,
    values::ExternalId,
};
use berth_store::{ClaimedTask, Effect, Error, NewExternalId, SealedSecrets, Store, testing::Backend};
use rstest::rstest;

use crate::builders::*;

fn external_id(text: &str) -> ExternalId {
    text.parse().unwrap()
}

/// Issues an external id at second 0 that can be used until second 100.
async fn issue(store: &Store, account: AccountId, text: &str) -> ExternalId {
    let new = NewExternalId {
        account_id: account,
        external_id: external_id(text),
        at: at(0),
        expires_at: at(100),
    };
    store.issue_external_id(new, event("External id issued")).await.unwrap();
    external_id(text)
}

fn by_role(account: AccountId, id: CloudAccountId, name: &str, external_id: &ExternalId) -> CloudAccount {
    let arn = "arn:aws:iam::123456789012:role/berth-access".parse().unwrap();
    let access = AccessId::Role(TrustingRole { arn, external_id: external_id.clone() });
    CloudAccount { access, ..cloud_account(account, id.0, name) }
}

const NO_SECRETS: SealedSecrets = SealedSecrets { secret_key: None, console_password: None };

async fn creation_task(store: &Store, account: AccountId) -> (ClaimedTask, CloudAccountId) {
    let id = store.allocate_cloud_account_id().await.unwrap();
    queue_creation(store, account, id.0 as u128).await;
    (claim(store, "a").await.expect("the task"), id)
}

async fn create(
    store: &Store,
    account: AccountId,
    name: &str,
    with: &ExternalId,
) -> Result<CloudAccountId, Error> {
    let (claimed, id) = creation_task(store, account).await;
    let effect = Effect::Create { account: by_role(account, id, name, with), secrets: NO_SECRETS };
    let done = store.finish_task(&claimed.lease, success(effect)).await;
    if done.is_err() {
        store.finish_task(&claimed.lease, failure()).await.unwrap();
    }
    done.map(|_| id)
}

#[rstest]
#[tokio::test]
async fn a_cloud_account_by_role_is_saved_without_a_key(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let with = issue(db.store(), account, "berth-one").await;

    let id = create(db.store(), account, "prod", &with).await.unwrap();

    let saved = db.store().cloud_account(account, id).await.unwrap().expect("the cloud account");
    assert_eq!(format!("{saved:?}"), format!("{:?}", by_role(account, id, "prod", &with)));
    assert_eq!(db.store().cloud_account_secrets(account, id).await.unwrap(), Some(NO_SECRETS));
    let another = issue(db.store(), account, "berth-two").await;
    create(db.store(), account, "dev", &another).await.expect("neither has a key, and so not the same one");
}

#[rstest]
#[tokio::test]
async fn an_external_id_can_be_used_by_its_account_until_it_expires(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    let with = issue(db.store(), account, "berth-one").await;
    let usable =
        async |by, seconds| db.store().may_use_external_id(by, &with, None, at(seconds)).await.unwrap();

    assert!(usable(account, 99).await);
    assert!(!usable(account, 100).await);
    assert!(!usable(other, 99).await);
}

#[rstest]
#[tokio::test]
async fn an_external_id_is_for_one_cloud_account(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let with = issue(db.store(), account, "berth-one").await;

    let first = create(db.store(), account, "prod", &with).await.unwrap();
    let second = create(db.store(), account, "dev", &with).await;

    assert!(matches!(second, Err(Error::NoSuchExternalId)), "{second:?}");
    let usable = async |of| db.store().may_use_external_id(account, &with, of, at(1)).await.unwrap();
    assert!(usable(Some(first)).await, "the cloud account may keep it");
    assert!(!usable(None).await);
    assert!(!usable(Some(CloudAccountId(first.0 + 1))).await);
}

#[rstest]
#[tokio::test]
async fn another_accounts_external_id_cannot_be_used(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    let with = issue(db.store(), account, "berth-one").await;

    let stolen = create(db.store(), other, "prod", &with).await;

    assert!(matches!(stolen, Err(Error::NoSuchExternalId)), "{stolen:?}");
    create(db.store(), account, "prod", &with).await.expect("it is still there for its own account");
}

#[rstest]
#[tokio::test]
async fn a_change_keeps_the_external_id_or_takes_another(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let with = issue(db.store(), account, "berth-one").await;
    let id = create(db.store(), account, "prod", &with).await.unwrap();
    let another = issue(db.store(), account, "berth-two").await;

    for (number, external_id) in [&with, &another].into_iter().enumerate() {
        queue_about(db.store(), (account, id), number as u128, Command::CloudAccountUpdateRequest)
            .await
            .unwrap();
        let claimed = claim(db.store(), "a").await.expect("the task");
        let account = by_role(account, id, "prod", external_id);
        let effect = Effect::Update { account, secrets: NO_SECRETS };
        db.store().finish_task(&claimed.lease, success(effect)).await.unwrap();
    }

    let usable = async |id| db.store().may_use_external_id(account, id, None, at(1)).await.unwrap();
    assert!(!usable(&with).await, "an external id that was replaced is never used again");
    assert!(!usable(&another).await);
}

#[rstest]
#[tokio::test]
async fn old_external_ids_are_forgotten(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_tenant(backend).await;
    issue(db.store(), account, "berth-one").await;

    assert_eq!(db.store().purge_external_ids(at(100)).await.unwrap(), 0);
    assert_eq!(db.store().purge_external_ids(at(101)).await.unwrap(), 1);
}
