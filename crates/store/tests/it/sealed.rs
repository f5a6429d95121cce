//! Sealing everything anew, and the text that proves a master key.

use berth_domain::ids::CloudAccountId;
use berth_store::{
    SealedLocation, SealedSecrets, SealedValue,
    testing::{Backend, insert_cloud_accounts},
};
use rstest::rstest;

use crate::builders::*;

#[rstest]
#[tokio::test]
async fn the_key_check_is_kept_and_replaced(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, _) = with_tenant(backend).await;
    assert_eq!(db.store().key_check().await.unwrap(), None);

    db.store().set_key_check(b"one").await.unwrap();
    db.store().set_key_check(b"two").await.unwrap();

    assert_eq!(db.store().key_check().await.unwrap().as_deref(), Some(&b"two"[..]));
}

#[rstest]
#[tokio::test]
async fn a_walk_in_small_steps_finds_every_sealed_value_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(1, 2, 3, 100)] step: u64,
) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    let second = queue_creation(db.store(), account, 2).await.id;
    let first = queue_creation(db.store(), other, 1).await.id;
    let with_password = SealedSecrets { console_password: Some(b"p".to_vec()), ..secrets("b") };
    let rows =
        [(cloud_account(account, 101, "a"), secrets("a")), (cloud_account(other, 102, "b"), with_password)];
    insert_cloud_accounts(db.store(), rows).await;
    let webhook = add_webhook(db.store(), Some(account), &[]).await;

    let mut found: Vec<SealedValue> = Vec::new();
    loop {
        let next = db.store().sealed_values(found.last().map(|value| value.location), step).await.unwrap();
        if next.is_empty() {
            break;
        }
        assert!(next.len() as u64 <= step);
        found.extend(next);
    }

    let locations: Vec<_> = found.iter().map(|value| value.location).collect();
    let expected = [
        SealedLocation::TaskRequest(first),
        SealedLocation::TaskRequest(second),
        SealedLocation::SecretKey(CloudAccountId(101)),
        SealedLocation::SecretKey(CloudAccountId(102)),
        SealedLocation::ConsolePassword(CloudAccountId(102)),
        SealedLocation::WebhookSecret(webhook),
    ];
    assert_eq!(locations, expected);
    assert_eq!(found[3].sealed, b"b");
}

#[rstest]
#[tokio::test]
async fn a_sealed_value_is_replaced_only_if_it_did_not_change(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    queue_creation(db.store(), account, 1).await;
    let sealed = SealedSecrets { secret_key: Some(b"k".to_vec()), console_password: Some(b"p".to_vec()) };
    insert_cloud_accounts(db.store(), [(cloud_account(account, 101, "a"), sealed)]).await;
    add_webhook(db.store(), Some(account), &[]).await;

    for value in db.store().sealed_values(None, 9).await.unwrap() {
        let replace =
            async |old: &[u8]| db.store().replace_sealed(value.location, old, b"new").await.unwrap();
        assert!(!replace(b"something else").await);
        assert!(replace(&value.sealed).await);
        assert!(!replace(&value.sealed).await);
    }

    let values = db.store().sealed_values(None, 9).await.unwrap();
    assert_eq!(values.len(), 4);
    assert!(values.iter().all(|value| value.sealed == b"new"), "{values:?}");
}
