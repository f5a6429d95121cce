//! Opening, migrating, and surviving a database that goes away.

use std::time::{Duration, Instant};

use berth_store::{
    Error, Store,
    testing::{Backend, TestDatabase},
};
use rstest::rstest;

use crate::builders::*;

#[rstest]
#[tokio::test]
async fn an_empty_database_is_migrated_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDatabase::empty(backend).await;
    let pending = db.store().pending_migrations().await.unwrap();

    let applied = db.store().migrate().await.unwrap();

    assert!(!applied.is_empty());
    assert_eq!(applied, pending);
    assert!(db.store().pending_migrations().await.unwrap().is_empty());
    assert!(db.store().migrate().await.unwrap().is_empty());
    db.store().ping().await.unwrap();
}

#[rstest]
#[tokio::test]
async fn replicas_that_migrate_at_once_take_turns(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDatabase::empty(backend).await;
    let mut replicas = Vec::new();
    for _ in 0..4 {
        replicas.push(Store::connect(db.url()).await.unwrap());
    }

    let applied = futures::future::try_join_all(replicas.iter().map(Store::migrate)).await.unwrap();

    assert_eq!(applied.iter().filter(|names| !names.is_empty()).count(), 1, "{applied:?}");
    tenant(db.store(), 1).await;
}

#[rstest]
#[tokio::test]
async fn a_database_without_tables_says_what_to_do(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDatabase::empty(backend).await;

    let error = db.store().accounts().await.unwrap_err();

    match backend {
        Backend::Sqlite => assert!(matches!(error, Error::Unavailable(_)), "no file yet: {error:?}"),
        Backend::Postgres => assert!(error.to_string().contains("berth migrate"), "{error}"),
    }
}

#[tokio::test]
async fn a_new_sqlite_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let db = TestDatabase::empty(Backend::Sqlite).await;
    db.store().migrate().await.unwrap();

    let file = db.url().strip_prefix("sqlite://").unwrap();

    for file in [file.to_owned(), format!("{file}-wal")] {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{file}");
    }
}

#[rstest]
#[case("mysql://root:s3cret@localhost/db")]
#[case("postgres://berth:s3cret@localhost:notaport/db")]
#[case("s3cret")]
#[case("sqlite::memory:")]
#[case("sqlite://")]
#[tokio::test]
async fn an_unusable_url_is_refused_without_repeating_it(#[case] url: &str) {
    let error = Store::connect(url).await.unwrap_err();

    assert!(matches!(error, Error::InvalidUrl(_)), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn an_unreachable_server_is_unavailable_soon_and_no_password_shows() {
    let store = Store::connect("postgres://berth:s3cret@127.0.0.1:9/berth").await.unwrap();
    let started = Instant::now();

    let error = store.ping().await.unwrap_err();

    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn killed_connections_are_replaced() {
    let (db, account) = with_tenant(Backend::Postgres).await;
    let reads = (0..10).map(|_| db.store().account(account));
    futures::future::try_join_all(reads).await.unwrap();

    db.kill_connections().await;

    let deadline = Instant::now() + Duration::from_secs(10);
    let mut answered = 0;
    while answered < 20 {
        assert!(Instant::now() < deadline, "the store did not recover");
        match db.store().account(account).await {
            Ok(found) => {
                assert!(found.is_some());
                answered += 1;
            }
            Err(Error::Unavailable(_)) => answered = 0,
            Err(error) => panic!("{error:?}"),
        }
    }
    db.store().record(account, event("Something"), at(1)).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn callers_that_give_up_take_no_connections_with_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;

    for _ in 0..50 {
        let abandoned = tokio::time::timeout(Duration::ZERO, db.store().account(account));
        drop(abandoned.await);
    }

    let reads = (0..50).map(|_| db.store().account(account));
    futures::future::try_join_all(reads).await.unwrap();
}
