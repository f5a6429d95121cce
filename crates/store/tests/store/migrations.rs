//! Migrations of databases with something in them.

use berth_domain::{
    access::AccessId,
    ids::{AccountId, CloudAccountId},
};
use berth_store::{
    Page,
    testing::{Backend, TestDatabase},
};
use rstest::rstest;

/// A cloud account with its secret, and a subscription that uses it, as the first release wrote them.
const FIRST_RELEASE: [&str; 4] = [
    "INSERT INTO accounts VALUES (1, 'Acme', 'key', 0, 0, 0, 0)",
    "INSERT INTO cloud_accounts (id, account_id, name, status, access_key_id, aws_account_id, user_arn, \
     console_role, sign_in_url, secret_key, created_at, updated_at, verified_at) \
     VALUES (101, 1, 'prod', 'active', 'AKIAIOSFODNN7EXAMPLE', '123456789012', \
     'arn:aws:iam::123456789012:user/berth-user', 'berth-console', \
     'https://123456789012.signin.aws.amazon.com/console', SECRET, 1, 2, 3)",
    "INSERT INTO subscriptions (id, account_id, name, plan, status, cloud_account_id, regions, created_at, \
     updated_at) VALUES (1, 1, 'Web shop', 'pro', 'active', 101, '[]', 0, 0)",
    "UPDATE sequences SET value = 101 WHERE name = 'cloud_accounts'",
];

async fn first_release(backend: Backend) -> TestDatabase {
    let db = TestDatabase::before(backend, "m2026_11_20_000006_role_access").await;
    let secret = match backend {
        Backend::Sqlite => "x'0102ff'",
        Backend::Postgres => "'\\x0102ff'",
    };
    for statement in FIRST_RELEASE {
        db.execute(&statement.replace("SECRET", secret)).await;
    }
    db
}

#[rstest]
#[tokio::test]
async fn cloud_accounts_keep_their_keys_and_secrets_when_roles_come(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = first_release(backend).await;

    db.store().migrate().await.unwrap();

    let accounts = db.store().cloud_accounts(AccountId(1), Page::default()).await.unwrap();
    let access = AccessId::Key("AKIAIOSFODNN7EXAMPLE".parse().unwrap());
    assert_eq!(accounts.iter().map(|account| &account.access).collect::<Vec<_>>(), [&access]);
    let secrets = db.store().cloud_account_secrets(AccountId(1), CloudAccountId(101)).await.unwrap();
    assert_eq!(secrets.unwrap().secret_key, Some(vec![1, 2, 255]));
}

#[rstest]
#[case::used("DELETE FROM cloud_accounts")]
#[case::same_key(
    "INSERT INTO cloud_accounts (id, account_id, name, status, access_key_id, aws_account_id, user_arn, \
     sign_in_url, created_at, updated_at, verified_at) \
     VALUES (102, 1, 'dev', 'active', 'AKIAIOSFODNN7EXAMPLE', '1', 'a', 'b', 1, 2, 3)"
)]
#[case::no_account("UPDATE cloud_accounts SET account_id = 2")]
#[tokio::test]
#[should_panic(expected = "a sound statement")]
async fn what_held_a_cloud_account_still_holds_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] forbidden: &str,
) {
    let db = first_release(backend).await;
    db.store().migrate().await.unwrap();

    db.execute(forbidden).await;
}
