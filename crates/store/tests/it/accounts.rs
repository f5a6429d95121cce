//! Accounts, users, API keys, payment methods.

use berth_domain::{
    account::{Role, Via},
    ids::{AccountId, ApiKeyId, PaymentMethodId, UserId},
};
use berth_store::{
    Error, NewAccount, NewApiKey, NewPaymentMethod, Unique,
    testing::{Backend, TestDatabase},
};
use rstest::rstest;

use crate::builders::*;

#[rstest]
#[tokio::test]
async fn a_new_account_has_an_owner_with_a_key_that_works(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDatabase::new(backend).await;
    let sources = vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    let key = NewApiKey { allowed_sources: sources.clone(), ..new_key(7) };
    let new = NewAccount { name: "Acme".parse().unwrap(), account_key: "acme-key".into(), at: at(5) };

    let (account, owner, key) = db
        .store()
        .create_account(new, new_user("ops@acme.example"), key, event("Account created"))
        .await
        .unwrap();

    assert_eq!((account.id, owner.id, key.id), (AccountId(1), UserId(1), ApiKeyId(1)));
    assert!(owner.enabled && owner.has_api_key);
    let holder = db.store().key_holder(&[7; 32]).await.unwrap().expect("a holder");
    assert_eq!(holder.principal.account_id, account.id);
    assert_eq!(holder.principal.email.as_str(), "ops@acme.example");
    assert_eq!(holder.principal.role, Role::Owner);
    assert_eq!(holder.principal.via, Via::ApiKey("terraform-1".parse().unwrap()));
    assert_eq!(holder.account_key, "acme-key");
    assert_eq!(holder.secret_hash, [7; 32]);
    assert_eq!(holder.allowed_sources, sources);
    assert_eq!(holder.account_name.as_str(), "Acme");
    assert_eq!(holder.user_name.as_str(), "Some One");
    assert_eq!((holder.account_created_at, holder.key_created_at), (at(5), at(5)));
    assert!(db.store().key_holder(&[8; 32]).await.unwrap().is_none());
}

#[rstest]
#[tokio::test]
async fn an_email_is_unique_whatever_its_case_and_a_refused_account_leaves_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, _) = with_tenant(backend).await;
    let new = NewAccount { name: "Two".parse().unwrap(), account_key: "key-2".into(), at: at(0) };

    let refused = db
        .store()
        .create_account(new, new_user("OWNER1@Example.com"), new_key(2), event("Account created"))
        .await;

    assert!(matches!(refused, Err(Error::Taken(Unique::Email))), "{refused:?}");
    assert_eq!(db.store().accounts().await.unwrap().len(), 1);
    assert!(db.store().key_holder(&[2; 32]).await.unwrap().is_none());
    assert_eq!(tenant(db.store(), 2).await, AccountId(2), "the refused account's id is not lost");
}

#[rstest]
#[tokio::test]
async fn an_account_key_and_a_secret_are_unique(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;

    let same_secret =
        db.store().create_api_key(account, UserId(1), new_key(1), event("Key created"), at(1)).await;
    let new = NewAccount { name: "Two".parse().unwrap(), account_key: "key-1".into(), at: at(0) };
    let same_key = db.store().create_account(new, new_user("b@x.y"), new_key(2), event("Created")).await;

    assert!(matches!(same_secret, Err(Error::Taken(Unique::ApiKeySecret))), "{same_secret:?}");
    assert!(matches!(same_key, Err(Error::Taken(Unique::AccountKey))), "{same_key:?}");
}

#[rstest]
#[tokio::test]
async fn a_revoked_key_has_no_holder(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_tenant(backend).await;
    let revoke =
        async |at| db.store().revoke_api_key(account, ApiKeyId(1), event("Key revoked"), at).await.unwrap();

    let first = revoke(at(1)).await.expect("the key");
    let again = revoke(at(2)).await.expect("the key");

    assert_eq!((first.revoked_at, again.revoked_at), (Some(at(1)), Some(at(1))));
    assert!(db.store().key_holder(&[1; 32]).await.unwrap().is_none());
    assert!(!db.store().users(account).await.unwrap()[0].has_api_key);
    assert_eq!(kinds(&db, account).await, ["Key revoked", "Account created"]);
}

#[rstest]
#[tokio::test]
async fn a_disabled_users_keys_have_no_holder(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let email = "Owner1@example.com".parse().unwrap();

    let user = db.store().disable_user(account, &email, event("User disabled"), at(1)).await.unwrap();
    db.store().disable_user(account, &email, event("User disabled"), at(2)).await.unwrap();

    assert!(!user.expect("the user").enabled);
    assert!(db.store().key_holder(&[1; 32]).await.unwrap().is_none());
    assert_eq!(kinds(&db, account).await, ["User disabled", "Account created"]);
}

#[rstest]
#[tokio::test]
async fn users_and_keys_can_be_added(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_tenant(backend).await;
    let store = db.store();

    let user = store.create_user(account, new_user("b@x.y"), event("User created"), at(1)).await.unwrap();
    let before = store.user(account, user.id).await.unwrap().expect("the user");
    let key =
        store.create_api_key(account, user.id, new_key(9), event("Key created"), at(2)).await.unwrap();

    assert!(!before.has_api_key);
    assert!(store.user(account, user.id).await.unwrap().expect("the user").has_api_key);
    assert_eq!(store.key_holder(&[9; 32]).await.unwrap().expect("a holder").principal.user_id, user.id);
    assert_eq!(store.api_keys(account).await.unwrap().last().expect("a key").id, key.id);
    let newest = &store.audit_entries(account, crate::audit::all()).await.unwrap()[0];
    assert_eq!((newest.kind.as_str(), newest.resource_id), ("Key created", Some(key.id.0)));
}

#[rstest]
#[tokio::test]
async fn payment_methods_come_and_go(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_tenant(backend).await;
    let new = NewPaymentMethod {
        kind: "Visa".parse().unwrap(),
        last4: 4242,
        name_on_card: "A. Buyer".parse().unwrap(),
        expiration_month: 12,
        expiration_year: 2030,
    };

    let added = db.store().add_payment_method(account, new, event("Added"), at(1)).await.unwrap();
    let listed = db.store().payment_methods(account).await.unwrap();
    let remove = async || {
        db.store().remove_payment_method(account, added.id, event("Removed"), at(2)).await.unwrap()
    };

    assert_eq!((added.id, listed[0].last4), (PaymentMethodId(1), 4242));
    assert!(remove().await.is_some());
    assert!(remove().await.is_none());
    assert!(db.store().payment_methods(account).await.unwrap().is_empty());
    assert_eq!(kinds(&db, account).await, ["Removed", "Added", "Account created"]);
}

#[rstest]
#[tokio::test]
async fn another_account_sees_and_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, _) = with_tenant(backend).await;
    let store = db.store();
    let other = tenant(store, 2).await;
    let email = "owner1@example.com".parse().unwrap();

    assert!(store.user(other, UserId(1)).await.unwrap().is_none());
    assert_eq!(store.users(other).await.unwrap().len(), 1);
    assert_eq!(store.api_keys(other).await.unwrap().len(), 1);
    assert!(store.disable_user(other, &email, event("x"), at(1)).await.unwrap().is_none());
    assert!(store.revoke_api_key(other, ApiKeyId(1), event("x"), at(1)).await.unwrap().is_none());
    let key = store.create_api_key(other, UserId(1), new_key(3), event("x"), at(1)).await;
    assert!(matches!(key, Err(Error::NoSuchUser)), "{key:?}");
    assert!(store.key_holder(&[1; 32]).await.unwrap().is_some());
}

#[rstest]
#[tokio::test]
async fn a_change_to_an_unknown_account_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDatabase::new(backend).await;

    let user = db.store().create_user(AccountId(9), new_user("a@b.c"), event("x"), at(0)).await;

    assert!(matches!(user, Err(Error::NoSuchAccount)), "{user:?}");
    assert!(db.store().account(AccountId(9)).await.unwrap().is_none());
}

async fn kinds(db: &TestDatabase, account: AccountId) -> Vec<String> {
    let entries = db.store().audit_entries(account, crate::audit::all()).await.unwrap();
    entries.into_iter().map(|entry| entry.kind).collect()
}
