//! Reading cloud accounts: pages, conflicts, ids, and what other accounts see.

use std::collections::HashSet;

use berth_domain::ids::CloudAccountId;
use berth_store::{
    Conflicts, Page, Store,
    testing::{Backend, insert_cloud_accounts},
};
use rstest::rstest;

use crate::builders::*;

#[rstest]
#[tokio::test]
async fn lists_come_by_id_in_pages(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    let rows = [105, 103, 101, 102, 104].map(|id| {
        let owner = if id == 104 { other } else { account };
        (cloud_account(owner, id, &format!("n{id}")), secrets("s"))
    });
    insert_cloud_accounts(db.store(), rows).await;
    let page = async |offset, limit| {
        let page = db.store().cloud_accounts(account, Page { offset, limit }).await.unwrap();
        page.iter().map(|account| account.id.0).collect::<Vec<_>>()
    };

    assert_eq!(page(0, None).await, [101, 102, 103, 105]);
    assert_eq!(page(1, Some(2)).await, [102, 103]);
    assert_eq!(page(3, Some(u64::MAX)).await, [105]);
    assert_eq!(page(u64::MAX, None).await, [0; 0]);
}

#[rstest]
#[tokio::test]
async fn conflicts_are_what_others_of_the_same_account_have(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    let mine = cloud_account(account, 101, "prod");
    insert_cloud_accounts(db.store(), [(mine.clone(), secrets("s"))]).await;
    let find = async |account, except| {
        let (name, key) = (Some(&mine.name), mine.access.key());
        db.store().conflicts(account, name, key, except).await.unwrap()
    };

    assert_eq!(find(account, None).await, Conflicts { name: true, access_key: true });
    assert_eq!(find(account, Some(mine.id)).await, Conflicts::default());
    assert_eq!(find(other, None).await, Conflicts::default());
    let nothing = db.store().conflicts(account, None, None, None).await.unwrap();
    assert_eq!(nothing, Conflicts::default());
    let free = db.store().conflicts(account, Some(&"dev".parse().unwrap()), None, None).await.unwrap();
    assert_eq!(free, Conflicts::default());
}

#[rstest]
#[tokio::test]
async fn another_accounts_cloud_account_does_not_exist(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    let id = register(db.store(), account, "prod").await;

    assert!(db.store().cloud_account(other, id).await.unwrap().is_none());
    assert!(db.store().cloud_account_secrets(other, id).await.unwrap().is_none());
    assert!(db.store().cloud_accounts(other, Page::default()).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test]
async fn ids_begin_at_101_and_are_given_out_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, _) = with_tenant(backend).await;
    let second_replica = Store::connect(db.url()).await.unwrap();
    assert_eq!(db.store().allocate_cloud_account_id().await.unwrap(), CloudAccountId(101));

    let allocations = (0..30).map(|n| [db.store(), &second_replica][n % 2].allocate_cloud_account_id());
    let ids = futures::future::try_join_all(allocations).await.unwrap();

    assert_eq!(ids.into_iter().collect::<HashSet<_>>().len(), 30);
}
