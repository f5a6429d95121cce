//! Webhooks: who is told of what, and who sends it.

use berth_domain::{
    ids::{AccountId, WebhookId},
    webhook::{Delivery, DeliveryState, EventKind},
};
use berth_store::{
    Attempt, Error, Owned, Store, Then as Follows, Turn,
    testing::{Backend, publish},
    work::{Kind, Then},
};
use jiff::SignedDuration;
use rstest::rstest;

use crate::{audit, builders::*};

async fn deliveries(store: &Store, id: WebhookId) -> Vec<Delivery> {
    store.deliveries(id, 10).await.unwrap()
}

async fn turn(store: &Store) -> Option<Turn> {
    let lease = claim_work(store, Kind::Webhooks, "a").await?;
    Some(store.turn_in_hand(&lease).await.unwrap().expect("the endpoint"))
}

fn attempt(number: u128, seconds: i64, then: Follows) -> Attempt {
    let event_id = happening(AccountId(1), number, EventKind::CloudAccountDegraded, 0).id;
    Attempt { event_id, at: at(seconds), outcome: "as it went".into(), then }
}

async fn kinds_in_log(store: &Store, account: AccountId) -> Vec<String> {
    let entries = store.audit_entries(account, audit::all()).await.unwrap();
    entries.into_iter().map(|entry| entry.kind).collect()
}

#[rstest]
#[tokio::test]
async fn an_event_is_written_for_every_endpoint_that_wants_it_and_no_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    use EventKind::{CloudAccountDegraded, CloudAccountRotated};
    let (db, account) = with_tenant(backend).await;
    let stranger = tenant(db.store(), 2).await;
    let everything = add_webhook(db.store(), Some(account), &[]).await;
    let this = add_webhook(db.store(), Some(account), &[CloudAccountDegraded]).await;
    let another = add_webhook(db.store(), Some(account), &[CloudAccountRotated]).await;
    let operators = add_webhook(db.store(), None, &[]).await;
    let strangers = add_webhook(db.store(), Some(stranger), &[]).await;

    publish(db.store(), &happening(account, 1, CloudAccountDegraded, 5)).await;

    for (id, count) in [(everything, 1), (this, 1), (another, 0), (operators, 1), (strangers, 0)] {
        assert_eq!(deliveries(db.store(), id).await.len(), count, "webhook {id}");
    }
    let delivery = &deliveries(db.store(), operators).await[0];
    assert_eq!((delivery.account_id, delivery.kind), (account, CloudAccountDegraded));
    assert_eq!((delivery.state, delivery.next_attempt_at), (DeliveryState::Waiting, Some(at(5))));
    assert_eq!(db.store().waiting_deliveries().await.unwrap(), 3);
}

#[rstest]
#[tokio::test]
async fn an_endpoint_is_sent_to_by_one_at_a_time_and_a_late_worker_writes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let id = add_webhook(db.store(), Some(account), &[]).await;
    assert!(turn(db.store()).await.is_none(), "nothing is due");
    publish(db.store(), &happening(account, 1, EventKind::CloudAccountDegraded, 5)).await;
    let late = turn(db.store()).await.expect("the endpoint");
    assert!(turn(db.store()).await.is_none(), "a second worker took it");

    db.time_passes(16).await;
    let taken = turn(db.store()).await.expect("the endpoint");

    let (due, payload) = db.store().due_delivery(id, at(35)).await.unwrap().expect("still due");
    assert_eq!((due.attempts, payload.is_empty()), (0, false));
    let recorded = db.store().record_attempt(&late, attempt(1, 36, Follows::Delivered)).await;
    assert!(matches!(recorded, Err(Error::LostLease)), "{recorded:?}");
    assert_eq!(deliveries(db.store(), id).await[0].state, DeliveryState::Waiting);
    db.store().record_attempt(&taken, attempt(1, 38, Follows::Delivered)).await.unwrap();
    let delivered = &deliveries(db.store(), id).await[0];
    assert_eq!((delivered.state, delivered.attempts), (DeliveryState::Delivered, 1));
    assert_eq!((delivered.ended_at, delivered.outcome.as_deref()), (Some(at(38)), Some("as it went")));
}

#[rstest]
#[tokio::test]
async fn endpoints_take_turns(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_tenant(backend).await;
    let first = add_webhook(db.store(), Some(account), &[]).await;
    let second = add_webhook(db.store(), Some(account), &[]).await;
    for number in 1..=3 {
        publish(db.store(), &happening(account, number, EventKind::CloudAccountDegraded, 0)).await;
    }

    let mut served = Vec::new();
    for _ in 1..=4 {
        let lease = claim_work(db.store(), Kind::Webhooks, "a").await.expect("an endpoint");
        served.push(db.store().turn_in_hand(&lease).await.unwrap().expect("it is there").webhook.id);
        db.store().settle_work(&lease, Then::Again(SignedDuration::ZERO)).await.unwrap();
    }

    assert_eq!(served, [first, second, first, second]);
}

#[rstest]
#[tokio::test]
async fn what_failed_is_due_again_later_and_on_record_when_given_up(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let id = add_webhook(db.store(), Some(account), &[]).await;
    publish(db.store(), &happening(account, 1, EventKind::CloudAccountDegraded, 0)).await;
    let held = turn(db.store()).await.expect("the endpoint");

    db.store().record_attempt(&held, attempt(1, 2, Follows::Again(at(7)))).await.unwrap();

    assert!(db.store().due_delivery(id, at(6)).await.unwrap().is_none());
    assert_eq!(db.store().next_delivery(id).await.unwrap(), Some(at(7)));
    assert!(db.store().due_delivery(id, at(7)).await.unwrap().is_some());
    let given_up = Follows::GivenUp(event("Webhook delivery given up"));
    db.store().record_attempt(&held, attempt(1, 8, given_up)).await.unwrap();
    let delivery = &deliveries(db.store(), id).await[0];
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::GivenUp, 2));
    assert_eq!(delivery.next_attempt_at, None);
    assert_eq!(kinds_in_log(db.store(), account).await[0], "Webhook delivery given up");
    assert_eq!(db.store().waiting_deliveries().await.unwrap(), 0);
}

#[rstest]
#[tokio::test]
async fn an_endpoint_that_is_gone_hears_nothing_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let id = add_webhook(db.store(), Some(account), &[]).await;
    for number in 1..=2 {
        publish(db.store(), &happening(account, number, EventKind::CloudAccountDegraded, 0)).await;
    }
    let held = turn(db.store()).await.expect("the endpoint");

    let gone = Follows::Gone(event("Webhook switched off"));
    db.store().record_attempt(&held, attempt(1, 2, gone)).await.unwrap();
    publish(db.store(), &happening(account, 3, EventKind::CloudAccountDegraded, 3)).await;

    let states: Vec<_> = deliveries(db.store(), id).await.iter().map(|it| it.state).collect();
    assert_eq!(states, [DeliveryState::GivenUp, DeliveryState::GivenUp]);
    assert!(!db.store().webhooks(Owned::By(account)).await.unwrap()[0].enabled);
    assert_eq!(kinds_in_log(db.store(), account).await[0], "Webhook switched off");
}

#[rstest]
#[tokio::test]
async fn an_account_sees_and_removes_only_its_own(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let stranger = tenant(db.store(), 2).await;
    let own = add_webhook(db.store(), Some(account), &[]).await;
    let operators = add_webhook(db.store(), None, &[]).await;
    let remove = async |owned, id| {
        db.store().remove_webhook(owned, id, event("Webhook removed"), at(9)).await.unwrap().is_some()
    };

    assert!(!remove(Owned::By(stranger), own).await);
    assert!(!remove(Owned::By(account), operators).await);
    assert_eq!(db.store().webhooks(Owned::By(account)).await.unwrap().len(), 1);
    publish(db.store(), &happening(account, 1, EventKind::CloudAccountDegraded, 0)).await;
    assert!(remove(Owned::By(account), own).await);
    assert!(remove(Owned::ByAnybody, operators).await);

    assert!(db.store().webhooks(Owned::ByAnybody).await.unwrap().is_empty());
    assert_eq!(db.store().waiting_deliveries().await.unwrap(), 0);
    assert!(claim_work(db.store(), Kind::Webhooks, "a").await.is_none(), "nothing is left to be done");
    assert_eq!(kinds_in_log(db.store(), account).await[0], "Webhook removed");
}

#[rstest]
#[tokio::test]
async fn an_account_has_a_limited_number(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_tenant(backend).await;
    for _ in 0..2 {
        add_webhook(db.store(), Some(account), &[]).await;
    }
    let new = berth_store::NewWebhook {
        id: db.store().allocate_webhook_id().await.unwrap(),
        account_id: Some(account),
        url: "https://example.com/".parse().unwrap(),
        sealed_secret: vec![],
        events: vec![],
    };

    let refused = db.store().add_webhook(new, 2, event("Webhook added"), at(1)).await;

    assert!(matches!(refused, Err(Error::TooManyWebhooks)), "{refused:?}");
    assert_eq!(db.store().webhooks(Owned::By(account)).await.unwrap().len(), 2);
}

#[rstest]
#[tokio::test]
async fn old_deliveries_are_forgotten(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_tenant(backend).await;
    let id = add_webhook(db.store(), Some(account), &[]).await;
    for number in 1..=2 {
        let event = happening(account, number, EventKind::CloudAccountDegraded, number as i64 * 10);
        publish(db.store(), &event).await;
    }

    assert_eq!(db.store().purge_deliveries(at(20)).await.unwrap(), 1);

    assert_eq!(deliveries(db.store(), id).await[0].created_at, at(20));
}
