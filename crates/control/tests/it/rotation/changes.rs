//! The cloud account changes or goes while its key is being rotated: the change wins, the rotation cleans up.

use berth_domain::{rotation::RotationState as State, task::TaskStatus};
use berth_testkit::{
    aws::{berth_customer, form},
    database::Backend,
    rotating::{Rotating, as_usual},
    simulator::Simulator,
};
use jiff::SignedDuration;
use rstest::rstest;

/// A Berth whose rotation has created the second key and is verifying it.
async fn verifying(backend: Backend, simulator: &Simulator) -> Rotating {
    let customer = berth_customer(simulator).prepare().await;
    let berth = Rotating::new(backend, simulator, customer).await;
    let mut slowly = as_usual();
    slowly.periods.pause = SignedDuration::from_hours(1);
    berth.run(slowly);
    berth.rotate().await;
    berth.until(|rotation| rotation.holds == 1).await;
    berth
}

#[rstest]
#[tokio::test]
async fn other_credentials_win_and_the_new_key_goes(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let berth = verifying(backend, &simulator).await;
    let old = berth.customer.access_key.access_key_id.clone();
    let elsewhere = berth_customer(&simulator).prepare().await;

    let change = form(&elsewhere, "production");
    assert_eq!(berth.change(change).await, TaskStatus::ProcessingCompleted);
    let ended = berth.until_ended().await;

    assert_eq!(ended.state, State::Superseded, "{ended:#?}");
    assert!(ended.status.contains("given other credentials"), "{}", ended.status);
    assert_eq!(berth.keys_in_aws().await, [(old, true)]);
    assert_eq!(berth.account().await.access.key().unwrap().as_str(), elsewhere.access_key.access_key_id);
    assert_eq!(berth.database.store().sealed_values(None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_removed_cloud_account_leaves_no_key_of_berths() {
    let simulator = Simulator::moto().await;
    let berth = verifying(Backend::Sqlite, &simulator).await;
    let old = berth.customer.access_key.access_key_id.clone();

    berth.remove().await;
    let ended = berth.until_ended().await;

    assert_eq!(ended.state, State::Superseded, "{ended:#?}");
    assert!(ended.status.contains("was removed"), "{}", ended.status);
    assert_eq!(berth.keys_in_aws().await, [(old, true)]);
    assert!(berth.database.store().sealed_values(None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_old_key_can_be_entered_again_during_the_grace_period() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let berth = Rotating::new(Backend::Sqlite, &simulator, customer).await;
    let old = berth.customer.access_key.access_key_id.clone();
    berth.run(as_usual());
    berth.rotate().await;
    berth.until_state(State::Grace).await;

    let change = form(&berth.customer, "production");
    assert_eq!(berth.change(change).await, TaskStatus::ProcessingCompleted);
    let ended = berth.until_ended().await;

    assert_eq!(ended.state, State::Superseded, "{ended:#?}");
    assert_eq!(berth.keys_in_aws().await, [(old, true)]);
    assert!(berth.works().await);
}

#[tokio::test]
async fn another_name_changes_nothing_for_the_rotation() {
    let simulator = Simulator::moto().await;
    let berth = verifying(Backend::Sqlite, &simulator).await;
    let renamed = berth_domain::cloud_account::Form { name: Some("live".into()), ..Default::default() };
    assert_eq!(berth.change(renamed).await, TaskStatus::ProcessingCompleted);
    assert_eq!(berth.rotation().await.state, State::Verifying);

    berth.clock.advance(SignedDuration::from_hours(1));
    berth.until(|rotation| rotation.holds == 2).await;
    berth.clock.advance(SignedDuration::from_hours(1));
    berth.until_state(State::Grace).await;

    assert_eq!(berth.account().await.name.as_str(), "live");
    assert!(berth.works().await);
}
