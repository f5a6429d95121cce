//! Whatever call to AWS fails, and however: in the end there is one key, it works, and Berth knows it.

use berth_cloud::ErrorKind;
use berth_domain::rotation::RotationState as State;
use berth_testkit::{
    aws::berth_customer,
    database::Backend,
    rotating::{Rotating, at_once},
    simulator::Simulator,
};
use rstest::rstest;

/// One key at AWS, active, the one Berth has, and Berth has its secret.
async fn assert_one_key_that_works(berth: &Rotating, what: &str) {
    let id = berth.account().await.access.key().unwrap().to_string();
    assert_eq!(berth.keys_in_aws().await, [(id, true)], "{what}: {:#?}", berth.rotation().await);
    assert!(berth.works().await, "{what}");
    assert_eq!(berth.database.store().sealed_values(None, 9).await.unwrap().len(), 1, "{what}");
}

async fn rotating(backend: Backend, simulator: &Simulator) -> Rotating {
    let customer = berth_customer(simulator).prepare().await;
    let berth = Rotating::new(backend, simulator, customer).await;
    berth.run(at_once());
    berth
}

#[rstest]
#[case::create("iam:CreateAccessKey")]
#[case::deactivate("iam:UpdateAccessKey")]
#[case::delete("iam:DeleteAccessKey")]
#[tokio::test]
async fn what_was_done_without_an_answer_is_found_out(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("moto", "ministack")] simulator: &str,
    #[case] operation: &'static str,
) {
    let simulator =
        if simulator == "moto" { Simulator::moto().await } else { Simulator::ministack().await };
    let berth = rotating(backend, &simulator).await;
    berth.cloud.lose_next_answer(operation);
    berth.rotate().await;
    let ended = berth.until_ended().await;
    assert_eq!((ended.state, berth.cloud.faults_left()), (State::Completed, 0), "{ended:#?}");
    assert_one_key_that_works(&berth, operation).await;
}

#[tokio::test]
async fn answers_lost_again_and_again_leave_nothing_behind() {
    let simulator = Simulator::moto().await;
    let berth = rotating(Backend::Sqlite, &simulator).await;
    for operation in ["iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:DeleteAccessKey"] {
        (0..3).for_each(|_| berth.cloud.lose_next_answer(operation));
    }
    berth.rotate().await;
    let ended = berth.until_ended().await;
    assert_eq!(ended.state, State::Completed, "{ended:#?}");
    assert_eq!(berth.cloud.faults_left(), 0);
    assert_one_key_that_works(&berth, "three of each").await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_in_any_call_leaves_one_key_that_works(#[values(0, 1, 2, 3)] quarter: usize) {
    let simulator = Simulator::moto().await;
    let berth = rotating(Backend::Sqlite, &simulator).await;
    berth.cloud.fail_call(usize::MAX, ErrorKind::Unreachable);
    berth.rotate().await;
    assert_eq!(berth.until_ended().await.state, State::Completed);
    let calls = berth.cloud.calls();
    assert!(calls.len() > 40, "{calls:?}");
    for index in (quarter..calls.len()).step_by(4) {
        berth.cloud.fail_call(index, ErrorKind::Unreachable);
        berth.rotate().await;
        let ended = berth.until_ended().await;
        assert_eq!(ended.state, State::Completed, "{index} {}: {ended:#?}", calls[index]);
        let what = format!("call {index}, {}", calls[index]);
        assert_one_key_that_works(&berth, &what).await;
    }
}

#[rstest]
#[tokio::test]
async fn a_key_refused_at_the_last_moment_leaves_the_old_one_in_force(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let berth = rotating(backend, &simulator).await;
    let denied = ErrorKind::Denied { action: "iam:CreateAccessKey".into(), resource: None };
    berth.cloud.fail_next("iam:CreateAccessKey", denied);
    berth.rotate().await;
    berth.until_state(State::RollingBack).await;
    // A key that was asked for may appear for a minute.
    berth.clock.advance(jiff::SignedDuration::from_secs(61));
    let ended = berth.until_ended().await;
    assert_eq!(ended.state, State::RolledBack, "{ended:#?}");
    assert!(ended.status.contains("AWS refused to create a key"), "{}", ended.status);
    assert_one_key_that_works(&berth, "refused").await;
}

#[tokio::test]
async fn a_key_that_cannot_be_berths_own_is_not_touched() {
    let simulator = Simulator::moto().await;
    let mut slowly = at_once();
    slowly.periods.pause = jiff::SignedDuration::from_mins(1);
    let customer = berth_customer(&simulator).prepare().await;
    let berth = Rotating::new(Backend::Sqlite, &simulator, customer).await;
    berth.cloud.fail_next("iam:CreateAccessKey", ErrorKind::Unreachable);
    berth.run(slowly);
    berth.rotate().await;
    berth.until(|rotation| rotation.state == State::Creating && rotation.failures == 1).await;
    // Before Berth asks again, somebody makes a key, and uses it.
    let strange = berth.customer.create_access_key().await;
    let used = simulator.call("iam", "list_roles", serde_json::json!({}), &strange).await;
    drop(used);
    berth.clock.advance(jiff::SignedDuration::from_mins(1));
    let ended = berth.until_ended().await;
    assert_eq!(ended.state, State::Failed, "{ended:#?}");
    assert!(ended.status.contains(&strange.access_key_id), "{}", ended.status);
    assert_eq!(berth.keys_in_aws().await.len(), 2);
    assert!(berth.works().await);
}
