//! Rotations: one at a time, claimed by lease, overtaken by changes of the cloud account.

use berth_domain::{
    account::AuditEvent,
    ids::{AccountId, CloudAccountId, EventId, RotationId},
    rotation::{RotationState as State, cancel},
    task::Command,
    webhook::{Event, EventKind},
};
use berth_store::{
    Advance, ClaimedRotation, Effect, Error, Hold, NewRotation, NewSecret, Store, Unique,
    testing::Backend,
    work::{Kind, Then},
};
use rstest::rstest;
use uuid::Uuid;

use crate::builders::*;

fn id(number: u128) -> RotationId {
    RotationId(Uuid::from_u128(number))
}

async fn begin(store: &Store, of: (AccountId, CloudAccountId), number: u128) -> Result<(), Error> {
    let new = NewRotation { id: id(number), cloud_account_id: of.1, status: "Looking.".into(), at: at(10) };
    store.begin_rotation(of.0, new, event("Key rotation requested")).await.map(|_| ())
}

async fn claim(store: &Store, owner: &str) -> Option<ClaimedRotation> {
    let lease = claim_work(store, Kind::Rotations, owner).await?;
    Some(store.rotation_in_hand(&lease).await.unwrap().expect("what is due is unfinished"))
}

fn advance(claimed: &ClaimedRotation, state: State, secret: NewSecret) -> Advance {
    let mut rotation = claimed.rotation.clone().enter(state, at(20), "On it goes.");
    rotation.new_key = Some("AKIANEWNEWNEWNEWNEW2".parse().unwrap());
    Advance { rotation, secret, hold: Hold::Keep, audit: None::<AuditEvent>, at: at(20) }
}

fn swap(account: AccountId) -> NewSecret {
    let event = Event {
        id: EventId(Uuid::from_u128(9)),
        account_id: account,
        kind: EventKind::CloudAccountRotated,
        at: at(20),
        data: serde_json::Map::new(),
    };
    NewSecret::Swap { sealed: b"new".to_vec(), verified_at: at(19), event: Box::new(event) }
}

#[rstest]
#[tokio::test]
async fn a_cloud_account_has_one_rotation_at_a_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let first = (account, register(db.store(), account, "prod").await);
    let other = (account, register(db.store(), account, "dev").await);
    begin(db.store(), first, 1).await.unwrap();

    let again = begin(db.store(), first, 2).await;
    assert!(matches!(again, Err(Error::Taken(Unique::Rotation))), "{again:?}");
    begin(db.store(), other, 3).await.expect("another cloud account");
    let claimed = claim(db.store(), "a").await.unwrap();
    let done = advance(&claimed, State::Completed, NewSecret::Erase);
    db.store().advance_rotation(&claimed.lease, done).await.unwrap();
    begin(db.store(), first, 4).await.expect("the first one has ended");
}

#[rstest]
#[tokio::test]
async fn who_lost_the_lease_writes_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_tenant(backend).await;
    let of = (account, register(db.store(), account, "prod").await);
    begin(db.store(), of, 1).await.unwrap();
    let slow = claim(db.store(), "slow").await.unwrap();
    assert!(claim(db.store(), "other").await.is_none(), "it is in hand");
    db.time_passes(16).await;
    let quick = claim(db.store(), "quick").await.expect("it ran out");

    let late = advance(&slow, State::Creating, NewSecret::Set(b"s".to_vec()));
    let late = db.store().advance_rotation(&slow.lease, late).await;

    assert!(matches!(late, Err(Error::LostLease)), "{late:?}");
    assert_eq!(db.store().rotations(of.0, of.1).await.unwrap()[0].state, State::Checking);
    let step = advance(&quick, State::Creating, NewSecret::Set(b"s".to_vec()));
    db.store().advance_rotation(&quick.lease, step).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_cancelled_rotation_is_taken_away_from_who_works_on_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let of = (account, register(db.store(), account, "prod").await);
    begin(db.store(), of, 1).await.unwrap();
    let claimed = claim(db.store(), "a").await.unwrap();

    let change = |rotation| cancel(rotation, "ops", at(15));
    let key = (of.0, of.1, id(1));
    let cancelled = db.store().change_rotation(key, change, event("Cancelled"), at(15)).await.unwrap();
    assert_eq!(cancelled.unwrap().unwrap().state, State::RolledBack);

    let step = advance(&claimed, State::Creating, NewSecret::Keep);
    let late = db.store().advance_rotation(&claimed.lease, step).await;
    assert!(matches!(late, Err(Error::LostLease)), "{late:?}");
    let missing = (of.0, CloudAccountId(999), id(1));
    let none = db.store().change_rotation(missing, Ok, event("Cancelled"), at(16)).await.unwrap();
    assert!(none.is_none());
}

#[rstest]
#[tokio::test]
async fn the_swap_waits_for_a_change_in_hand(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let of = (account, register(db.store(), account, "prod").await);
    begin(db.store(), of, 1).await.unwrap();
    let claimed = claim(db.store(), "a").await.unwrap();
    queue_about(db.store(), of, 7, Command::CloudAccountUpdateRequest).await.unwrap();

    let step = advance(&claimed, State::Grace, swap(account));
    let busy = db.store().advance_rotation(&claimed.lease, step.clone()).await;
    assert!(matches!(busy, Err(Error::Busy)), "{busy:?}");
    let task = crate::builders::claim(db.store(), "b").await.unwrap();
    db.store().finish_task(&task.lease, failure()).await.unwrap();
    db.store().advance_rotation(&claimed.lease, step).await.unwrap();

    let now = db.store().cloud_account(of.0, of.1).await.unwrap().unwrap();
    assert_eq!(now.access.key().unwrap().as_str(), "AKIANEWNEWNEWNEWNEW2");
    let secrets = db.store().cloud_account_secrets(of.0, of.1).await.unwrap().unwrap();
    assert_eq!(secrets.secret_key, Some(b"new".to_vec()));
}

#[rstest]
#[case::while_it_works(State::Grace, true)]
#[case::while_it_is_off(State::Observing, false)]
#[tokio::test]
async fn the_old_key_can_come_back_only_while_it_works(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] state: State,
    #[case] possible: bool,
) {
    let (db, account) = with_tenant(backend).await;
    let of = (account, register(db.store(), account, "prod").await);
    begin(db.store(), of, 1).await.unwrap();
    let claimed = claim(db.store(), "a").await.unwrap();
    let swapped = advance(&claimed, State::Grace, swap(account));
    db.store().advance_rotation(&claimed.lease, swapped).await.unwrap();
    let step = advance(&claimed, state, NewSecret::Keep);
    db.store().advance_rotation(&claimed.lease, step).await.unwrap();

    queue_about(db.store(), of, 7, Command::CloudAccountUpdateRequest).await.unwrap();
    let task = crate::builders::claim(db.store(), "b").await.unwrap();
    let back = Effect::Update { account: cloud_account(account, of.1.0, "prod"), secrets: secrets("s") };
    let done = db.store().finish_task(&task.lease, success(back)).await;

    let rotation = &db.store().rotations(of.0, of.1).await.unwrap()[0];
    if possible {
        done.unwrap();
        assert_eq!(rotation.state, State::CleaningUp);
    } else {
        assert!(matches!(done, Err(Error::KeyRetired)), "{done:?}");
        assert_eq!(rotation.state, state);
    }
}

#[rstest]
#[tokio::test]
async fn a_rotation_is_due_when_its_step_says_so_and_not_any_more_once_it_ends(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let of = (account, register(db.store(), account, "prod").await);
    begin(db.store(), of, 1).await.unwrap();
    let claimed = claim(db.store(), "a").await.unwrap();
    let mut step = advance(&claimed, State::Creating, NewSecret::Keep);
    step.hold = Hold::Release;
    step.rotation.due_at = at(80);
    let then = db.store().advance_rotation(&claimed.lease, step).await.unwrap();
    assert_eq!(then, Then::Again(jiff::SignedDuration::from_mins(1)));

    db.time_passes(59).await;
    assert!(claim(db.store(), "a").await.is_none(), "not yet");
    db.time_passes(1).await;
    let claimed = claim(db.store(), "a").await.expect("now");
    let mut end = advance(&claimed, State::Completed, NewSecret::Erase);
    end.hold = Hold::Release;
    assert_eq!(db.store().advance_rotation(&claimed.lease, end).await.unwrap(), Then::Done);
    db.time_passes(1_000_000).await;
    assert!(claim_work(db.store(), Kind::Rotations, "a").await.is_none());
}
