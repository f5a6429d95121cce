//! The whole life of a rotation that goes well.

use berth_control::rotation::Settings;
use berth_domain::rotation::{EveryDays, RotationState as State};
use berth_testkit::{
    aws::berth_customer,
    database::Backend,
    on_every_simulator,
    rotating::{Rotating, as_usual, at_once},
    simulator::Simulator,
};
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::json;

async fn whole_life(backend: Backend, simulator: Simulator) {
    let customer = berth_customer(&simulator).prepare().await;
    let berth = Rotating::new(backend, &simulator, customer).await;
    let old = berth.account().await.access.key().unwrap().to_string();
    berth.run(as_usual());
    berth.rotate().await;

    let grace = berth.until_state(State::Grace).await;
    let new = grace.new_key.unwrap().to_string();
    assert_eq!(berth.account().await.access.key().unwrap().as_str(), new);
    assert!(berth.works().await, "the new key is in force");
    assert!(
        berth.customer.call("sts", "get_caller_identity", json!({})).await.is_ok(),
        "the old one works"
    );

    berth.clock.advance(SignedDuration::from_hours(24));
    berth.until_state(State::Observing).await;
    let mut keys = berth.keys_in_aws().await;
    keys.sort();
    let mut expected = [(old.clone(), false), (new.clone(), true)];
    expected.sort();
    assert_eq!(keys, expected);

    berth.clock.advance(SignedDuration::from_hours(1));
    let ended = berth.until_ended().await;
    assert_eq!(ended.state, State::Completed, "{ended:#?}");
    assert_eq!(berth.keys_in_aws().await, [(new, true)]);
    assert!(berth.works().await);
    let log = berth.log().await;
    let told = ["requested", "created", "rotated", "deactivated", "completed"];
    assert!(log[log.len() - 5..].iter().zip(told).all(|(kind, word)| kind.contains(word)), "{log:?}");
}

on_every_simulator! {
    async fn a_key_is_replaced_and_there_is_always_one_that_works(simulator: Simulator) {
        whole_life(Backend::Sqlite, simulator).await;
    }
}

#[tokio::test]
async fn a_key_is_replaced_on_postgresql() {
    whole_life(Backend::Postgres, Simulator::moto().await).await;
}

#[rstest]
#[tokio::test]
async fn no_sealed_value_holds_the_old_secret_afterwards(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let berth = Rotating::new(backend, &simulator, customer).await;
    let sealed = async || berth.database.store().sealed_values(None, 99).await.unwrap();
    let before = sealed().await;
    berth.run(at_once());
    berth.rotate().await;
    assert_eq!(berth.until_ended().await.state, State::Completed);

    let after = sealed().await;
    assert_eq!(after.len(), 1, "the cloud account's secret, and none of the rotation: {after:?}");
    assert!(before.iter().all(|value| value.sealed != after[0].sealed));
    assert!(berth.works().await, "what is sealed now is the new secret");
    let id = &berth.customer.access_key.access_key_id;
    assert!(berth.keys_in_aws().await.iter().all(|(key, _)| key != id), "the old one is of no use");
}

#[tokio::test]
async fn a_key_that_something_else_uses_is_not_switched_off() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let berth = Rotating::new(Backend::Sqlite, &simulator, customer).await;
    // The keys are swapped when it was 23 hours ago, and the old one is used now.
    berth.clock.advance(SignedDuration::from_hours(-23));
    berth.run(as_usual());
    berth.rotate().await;
    berth.until_state(State::Grace).await;
    berth.customer.call("iam", "list_roles", json!({})).await.ok();

    berth.clock.advance(SignedDuration::from_hours(24) + SignedDuration::from_mins(1));
    let rotation = berth.until(|rotation| rotation.needs_attention).await;

    assert_eq!(rotation.state, State::Grace, "{rotation:#?}");
    assert!(rotation.status.contains("still used by something other than Berth"), "{}", rotation.status);
    assert!(rotation.status.contains("for iam in"), "{}", rotation.status);
    assert!(berth.keys_in_aws().await.iter().all(|(_, active)| *active));
}

#[tokio::test]
async fn the_old_key_can_be_had_back_while_it_is_off() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let berth = Rotating::new(Backend::Sqlite, &simulator, customer).await;
    berth.run(as_usual());
    let id = berth.rotate().await.id;
    berth.until_state(State::Grace).await;
    berth.clock.advance(SignedDuration::from_hours(24));
    berth.until_state(State::Observing).await;

    berth.control.reactivate_old_key(&berth.owner, berth.id, id).await.unwrap();
    let rotation = berth.until_state(State::Grace).await;

    assert!(rotation.history.iter().any(|event| event.what.contains("asked for the old key")));
    assert!(berth.customer.call("sts", "get_caller_identity", json!({})).await.is_ok());
    assert!(berth.keys_in_aws().await.iter().all(|(_, active)| *active));
}

#[rstest]
#[tokio::test]
async fn a_key_is_rotated_when_its_schedule_says_so(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let berth = Rotating::new(backend, &simulator, customer).await;
    let store = berth.database.store();
    let never = EveryDays::new(0).unwrap();
    let due = async |after: SignedDuration, default: EveryDays| {
        let now = berth.account().await.created_at + after;
        store.rotations_due(default, now - SignedDuration::from_hours(24), now).await.unwrap()
    };
    let day = SignedDuration::from_hours(24);
    assert_eq!(due(day * 400, never).await, []);

    berth.control.set_rotation_schedule(&berth.owner, berth.id, EveryDays::new(30)).await.unwrap();
    assert_eq!(due(day * 29, never).await, []);
    let mine = [(berth.owner.account_id, berth.id)];
    assert_eq!(due(day * 30, never).await, mine);
    berth.control.set_rotation_schedule(&berth.owner, berth.id, Some(never)).await.unwrap();
    assert_eq!(due(day * 400, EveryDays::new(90).unwrap()).await, [], "its own schedule says never");
    berth.control.set_rotation_schedule(&berth.owner, berth.id, None).await.unwrap();
    assert_eq!(due(day * 90, EveryDays::new(90).unwrap()).await, mine);

    berth.clock.advance(day * 90);
    berth.run(Settings { every: EveryDays::new(90).unwrap(), ..as_usual() });
    assert_eq!(berth.until_state(State::Grace).await.originator, "berth");
}
