//! What keeps a key from being rotated: said before anything is touched, or undone.

use berth_domain::rotation::{RotationState as State, VERIFY_LIMIT};
use berth_testkit::{
    aws::berth_customer,
    customer::Customer,
    database::Backend,
    on_every_simulator,
    rotating::{Rotating, as_usual, at_once},
    simulator::Simulator,
};
use rstest::rstest;

async fn prepared(simulator: &Simulator) -> Customer {
    berth_customer(simulator).prepare().await
}

#[rstest]
#[tokio::test]
async fn a_missing_permission_is_named_before_anything_is_touched(
    #[values(
        "iam:ListAccessKeys",
        "iam:GetAccessKeyLastUsed",
        "iam:CreateAccessKey",
        "iam:UpdateAccessKey",
        "iam:DeleteAccessKey"
    )]
    action: &str,
) {
    let simulator = Simulator::moto().await;
    let mut customer = prepared(&simulator).await;
    customer.remove_action(action).await;
    let berth = Rotating::new(Backend::Sqlite, &simulator, customer).await;
    let before = berth.keys_in_aws().await;
    berth.run(at_once());
    berth.rotate().await;
    let ended = berth.until_ended().await;

    assert_eq!(ended.state, State::Failed, "{ended:#?}");
    let statement = format!("\"Action\":\"{action}\"");
    let status = ended.status.replace(['[', ']'], "");
    assert!(status.contains("Nothing was touched") && status.contains(&statement), "{status}");
    assert_eq!(berth.keys_in_aws().await, before);
    assert!(!berth.cloud.calls().contains(&"iam:CreateAccessKey"));
}

on_every_simulator! {
    async fn a_third_key_is_refused_with_both_there_are(simulator: Simulator) {
        let customer = prepared(&simulator).await;
        let other = customer.create_access_key().await.access_key_id;
        let berth = Rotating::new(Backend::Sqlite, &simulator, customer).await;
        let before = berth.keys_in_aws().await;
        berth.run(at_once());
        berth.rotate().await;
        let ended = berth.until_ended().await;

        assert_eq!(ended.state, State::Failed, "{ended:#?}");
        let own = berth.account().await.access.key().cloned().unwrap();
        for words in [own.as_str(), &other, "created 20", "never used", "Nothing was touched"] {
            assert!(ended.status.contains(words), "{words}: {}", ended.status);
        }
        assert_eq!(berth.keys_in_aws().await, before);
        assert!(berth.works().await);
    }
}

#[rstest]
#[tokio::test]
async fn a_new_key_that_never_holds_is_taken_back(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let berth = Rotating::new(backend, &simulator, prepared(&simulator).await).await;
    let before = berth.keys_in_aws().await;
    let mut slowly = as_usual();
    slowly.periods.pause = jiff::SignedDuration::from_mins(1);
    berth.run(slowly);
    berth.rotate().await;
    berth.until(|rotation| rotation.holds == 1).await;
    assert_eq!(berth.keys_in_aws().await.len(), 2);

    berth.customer.deny("ec2:RunInstances").await;
    berth.clock.advance(VERIFY_LIMIT);
    let ended = berth.until_ended().await;

    assert_eq!(ended.state, State::RolledBack, "{ended:#?}");
    assert!(ended.status.contains("ec2:RunInstances"), "{}", ended.status);
    assert_eq!(berth.keys_in_aws().await, before);
    assert_eq!(berth.account().await.access.key().unwrap().as_str(), before[0].0);
}

#[tokio::test]
async fn a_cancelled_rotation_leaves_the_old_key_alone() {
    let simulator = Simulator::moto().await;
    let berth = Rotating::new(Backend::Sqlite, &simulator, prepared(&simulator).await).await;
    let before = berth.keys_in_aws().await;
    let mut slowly = as_usual();
    slowly.periods.pause = jiff::SignedDuration::from_hours(1);
    berth.run(slowly);
    let id = berth.rotate().await.id;
    berth.until(|rotation| rotation.holds == 1).await;

    berth.control.cancel_rotation(&berth.owner, berth.id, id).await.unwrap();
    let ended = berth.until_ended().await;

    assert_eq!(ended.state, State::RolledBack, "{ended:#?}");
    assert!(ended.status.contains("Cancelled by owner@acme.example"), "{}", ended.status);
    assert_eq!(berth.keys_in_aws().await, before);
    assert!(berth.works().await);
    assert_eq!(berth.database.store().sealed_values(None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_account_that_does_not_verify_is_not_touched() {
    let simulator = Simulator::moto().await;
    let berth = Rotating::new(Backend::Sqlite, &simulator, prepared(&simulator).await).await;
    berth.customer.deny("ec2:RunInstances").await;
    berth.run(at_once());
    berth.rotate().await;
    let ended = berth.until_ended().await;
    assert_eq!(ended.state, State::Failed, "{ended:#?}");
    assert!(ended.status.contains("does not verify as it is"), "{}", ended.status);
    assert!(ended.status.contains("ec2:RunInstances"), "{}", ended.status);
    assert_eq!(berth.keys_in_aws().await.len(), 1);
}

#[tokio::test]
async fn one_cloud_account_has_one_rotation_at_a_time() {
    let simulator = Simulator::moto().await;
    let berth = Rotating::new(Backend::Sqlite, &simulator, prepared(&simulator).await).await;
    berth.rotate().await;
    let second = berth.control.rotate(&berth.owner, berth.id).await.unwrap_err();
    assert!(second.to_string().contains("being rotated already"), "{second}");
}
