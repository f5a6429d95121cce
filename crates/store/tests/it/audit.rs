//! The audit log: order, filters, pages.

use berth_store::{AuditFilter, Error, testing::Backend};
use rstest::rstest;

use crate::builders::*;

pub(crate) fn all() -> AuditFilter {
    AuditFilter { limit: 1000, ..AuditFilter::default() }
}

#[rstest]
#[tokio::test]
async fn entries_come_newest_first_and_in_pages(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    for second in 1..=5 {
        db.store().record(account, event("Something"), at(second)).await.unwrap();
    }

    let page = AuditFilter { offset: 1, limit: 2, ..all() };
    let page = db.store().audit_entries(account, page).await.unwrap();

    assert_eq!(page.iter().map(|entry| entry.id).collect::<Vec<_>>(), [5, 4]);
    assert_eq!(page[0].at, at(4));
    assert_eq!(page[0].originator, "ops@example.com");
    assert_eq!(page[0].api_key_name.as_deref(), Some("terraform-1"));
    assert_eq!(page[0].description, "Something.");
}

#[rstest]
#[tokio::test]
async fn entries_can_be_picked_by_time_and_resource(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    for second in 1..=6 {
        let event = berth_domain::account::AuditEvent {
            resource_id: Some(100 + second as i32 % 2),
            ..event("Something")
        };
        db.store().record(account, event, at(second)).await.unwrap();
    }
    let seconds = async |filter| {
        let entries = db.store().audit_entries(account, filter).await.unwrap();
        entries.iter().map(|entry| entry.at.as_second() - at(0).as_second()).collect::<Vec<_>>()
    };

    assert_eq!(seconds(AuditFilter { start: Some(at(5)), ..all() }).await, [6, 5]);
    assert_eq!(seconds(AuditFilter { start: Some(at(1)), end: Some(at(2)), ..all() }).await, [2, 1]);
    assert_eq!(seconds(AuditFilter { resource_id: Some(101), ..all() }).await, [5, 3, 1]);
    let by = |originator: &str| AuditFilter { originator: Some(originator.into()), limit: 1, ..all() };
    assert_eq!(seconds(by("ops@example.com")).await, [6]);
    assert_eq!(seconds(by("nobody@example.com")).await, [0; 0]);
    let about = |kind: &str| AuditFilter { resource: Some(kind.into()), limit: 1, ..all() };
    assert_eq!(seconds(about("Cloud account")).await, [6]);
    assert_eq!(seconds(about("User")).await, [0; 0]);
}

#[rstest]
#[tokio::test]
async fn numbers_have_no_gaps_or_repeats_when_many_write_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;

    let writes = (1..=20).map(|n| db.store().record(account, event("Something"), at(n)));
    futures::future::try_join_all(writes).await.unwrap();

    let entries = db.store().audit_entries(account, all()).await.unwrap();
    let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
    assert_eq!(ids, (1..=21).rev().collect::<Vec<_>>());
}

#[rstest]
#[tokio::test]
async fn each_account_has_its_own_log(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    db.store().record(account, event("Secret doings"), at(1)).await.unwrap();

    let entries = db.store().audit_entries(other, all()).await.unwrap();

    assert_eq!(entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [1]);
    assert_eq!(entries[0].kind, "Account created");
    let nobody = db.store().record(berth_domain::ids::AccountId(99), event("x"), at(1)).await;
    assert!(matches!(nobody, Err(Error::NoSuchAccount)), "{nobody:?}");
}
