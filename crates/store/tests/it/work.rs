//! The work queue: who works on what, until when. What holds for one kind of work holds for all.

use std::{collections::BTreeSet, time::Duration};

use berth_store::{
    Error, Store,
    testing::{Backend, TestDatabase, call_for},
    work::{Kind, LEASE, Lease, Then},
};
use jiff::SignedDuration;
use rstest::rstest;

use crate::builders::claim_work;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A database in which one row of a kind is due.
async fn with_work(backend: Backend, kind: Kind) -> TestDatabase {
    let db = TestDatabase::new(backend).await;
    call_for(db.store(), kind, "7").await;
    db
}

async fn claimed(db: &TestDatabase, kind: Kind) -> Lease {
    claim_work(db.store(), kind, "a").await.expect("it is due")
}

async fn is_due(db: &TestDatabase, kind: Kind) -> bool {
    let Some(lease) = claim_work(db.store(), kind, "look").await else { return false };
    db.store().release_work(&lease).await.unwrap();
    true
}

fn is_lost(result: Result<(), Error>) -> bool {
    matches!(result, Err(Error::LostLease))
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_many_claimers_exactly_one_gets_each_row(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDatabase::new(backend).await;
    for kind in Kind::ALL {
        for key in 0..5 {
            call_for(db.store(), kind, &key.to_string()).await;
        }
    }
    let second_replica = Store::connect(db.url()).await.unwrap();
    let claimers = (0..12).map(|number| {
        let store = if number % 2 == 0 { db.store().clone() } else { second_replica.clone() };
        tokio::spawn(async move {
            let (mut mine, slots) = (Vec::new(), Kind::ALL.map(|kind| (kind, 1)));
            // Whoever loses every race comes back empty-handed, as a server would until its next look.
            for look in 0..12 {
                let owner = format!("{number}.{look}");
                mine.extend(store.claim_work(&owner, &slots, SignedDuration::ZERO).await.unwrap());
            }
            mine
        })
    });
    let all = futures::future::try_join_all(claimers).await.unwrap().concat();
    let distinct: BTreeSet<_> = all.iter().map(|lease| (lease.kind(), lease.key())).collect();
    assert_eq!((all.len(), distinct.len()), (30, 30));
}

#[rstest]
#[tokio::test]
async fn who_is_frozen_past_the_lease_can_write_nothing_and_another_goes_on(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(Kind::Tasks, Kind::Checks, Kind::Webhooks, Kind::Rotations, Kind::Sites, Kind::Readings)]
    kind: Kind,
) {
    let db = with_work(backend, kind).await;
    let store = db.store();
    let late = claimed(&db, kind).await;
    db.time_passes(14).await;
    assert!(!is_due(&db, kind).await, "it is in hand");
    db.time_passes(2).await;

    let taken = claimed(&db, kind).await;

    assert_eq!(taken.attempts(), 2);
    assert!(is_lost(store.settle_work(&late, Then::Done).await));
    assert!(is_lost(store.settle_work(&late, Then::Again(HOUR)).await));
    assert!(is_lost(store.retry_work(&late, HOUR).await));
    assert!(is_lost(store.release_work(&late).await));
    let lost = store.renew_work(&[late.clone(), taken.clone()]).await.unwrap();
    assert!(lost.len() == 1 && lost[0].is(&late), "{lost:?}");
    assert!(!is_due(&db, kind).await, "who holds it holds it still");
    store.settle_work(&taken, Then::Rest).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_renewed_lease_lasts_longer(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(Kind::Tasks, Kind::Checks)] kind: Kind,
) {
    let db = with_work(backend, kind).await;
    let lease = claimed(&db, kind).await;
    db.time_passes(10).await;

    assert_eq!(db.store().renew_work(std::slice::from_ref(&lease)).await.unwrap().len(), 0);

    db.time_passes(10).await;
    assert!(!is_due(&db, kind).await);
    db.time_passes(6).await;
    assert!(is_due(&db, kind).await);
}

#[rstest]
#[tokio::test]
async fn a_lease_that_ran_out_is_not_renewed_though_nobody_took_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = with_work(backend, Kind::Sites).await;
    let lease = claimed(&db, Kind::Sites).await;
    db.time_passes(16).await;
    assert_eq!(db.store().renew_work(std::slice::from_ref(&lease)).await.unwrap().len(), 1);
    assert!(is_due(&db, Kind::Sites).await);
}

#[rstest]
#[case::done(Then::Done)]
#[case::rest(Then::Rest)]
#[case::later(Then::Again(HOUR))]
#[tokio::test]
async fn what_is_called_for_while_it_is_in_hand_stays_due(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] then: Then,
) {
    let db = with_work(backend, Kind::Sites).await;
    let lease = claimed(&db, Kind::Sites).await;
    call_for(db.store(), Kind::Sites, "7").await;
    assert!(!is_due(&db, Kind::Sites).await, "a call takes it from nobody");

    db.store().settle_work(&lease, then).await.unwrap();

    assert!(is_due(&db, Kind::Sites).await);
}

#[rstest]
#[case::done(Then::Done)]
#[case::rest(Then::Rest)]
#[case::later(Then::Again(HOUR))]
#[tokio::test]
async fn what_is_settled_is_left_alone_until_it_is_due_or_called_for(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] then: Then,
) {
    let db = with_work(backend, Kind::Webhooks).await;
    let lease = claimed(&db, Kind::Webhooks).await;
    db.store().settle_work(&lease, then).await.unwrap();
    db.time_passes(3590).await;
    assert!(!is_due(&db, Kind::Webhooks).await);
    db.time_passes(11).await;
    assert_eq!(is_due(&db, Kind::Webhooks).await, then == Then::Again(HOUR));
    call_for(db.store(), Kind::Webhooks, "7").await;
    assert_eq!(claimed(&db, Kind::Webhooks).await.attempts(), 1);
}

#[rstest]
#[tokio::test]
async fn what_fails_is_counted_and_what_is_given_back_is_not(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = with_work(backend, Kind::Tasks).await;
    let store = db.store();
    store.release_work(&claimed(&db, Kind::Tasks).await).await.unwrap();
    let first = claimed(&db, Kind::Tasks).await;
    assert_eq!(first.attempts(), 1);
    store.retry_work(&first, SignedDuration::from_secs(8)).await.unwrap();
    assert!(!is_due(&db, Kind::Tasks).await);
    db.time_passes(8).await;
    assert_eq!(claimed(&db, Kind::Tasks).await.attempts(), 2);
}

#[rstest]
#[tokio::test]
async fn what_is_due_for_longest_comes_first_and_no_more_than_there_is_room_for(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDatabase::new(backend).await;
    for key in ["3", "1", "2"] {
        call_for(db.store(), Kind::Sites, key).await;
        call_for(db.store(), Kind::Tasks, key).await;
        db.time_passes(1).await;
    }
    let slots = [(Kind::Sites, 2), (Kind::Checks, 5)];
    let leases = db.store().claim_work("a", &slots, SignedDuration::ZERO).await.unwrap();
    let mut keys: Vec<_> = leases.iter().map(|lease| (lease.kind(), lease.key())).collect();
    keys.sort_unstable();
    assert_eq!(keys, [(Kind::Sites, "1"), (Kind::Sites, "3")]);
}

#[rstest]
#[tokio::test]
async fn a_clock_that_is_set_ahead_on_purpose_finds_what_is_due_later_and_takes_nothing_from_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = with_work(backend, Kind::Rotations).await;
    let day = SignedDuration::from_hours(24);
    db.store().settle_work(&claimed(&db, Kind::Rotations).await, Then::Again(HOUR)).await.unwrap();
    let slots = [(Kind::Rotations, 1)];
    let early = db.store().claim_work("ahead", &slots, day).await.unwrap();
    assert_eq!(early.len(), 1);
    assert!(db.store().claim_work("ahead, too", &slots, day).await.unwrap().is_empty(), "it is in hand");
    db.store().settle_work(&early[0], Then::Again(HOUR)).await.unwrap();
    assert!(db.store().claim_work("ahead", &slots, day).await.unwrap().is_empty(), "an hour after that");
}

#[tokio::test]
async fn a_lease_tells_whether_a_call_would_end_within_it() {
    let db = with_work(Backend::Sqlite, Kind::Sites).await;
    let lease = claimed(&db, Kind::Sites).await;
    assert!(!lease.is_over());
    assert!(lease.may_change(LEASE - Duration::from_secs(5)));
    assert!(!lease.may_change(LEASE), "some of it has passed");
    // Lost in the database: the renewal fails, and moves nothing.
    db.time_passes(16).await;
    assert_eq!(db.store().renew_work(std::slice::from_ref(&lease)).await.unwrap().len(), 1);
    assert!(!lease.may_change(LEASE));
}
