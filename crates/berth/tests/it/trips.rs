//! What a server that does nothing asks of PostgreSQL: people wait for round trips, and other servers pay for them.

use std::time::Duration;

use berth_store::{Store, work::Kind};
use berth_testkit::{
    database::{Backend, TestDatabase},
    simulator::Simulator,
    trips::Trips,
};
use jiff::SignedDuration;

use crate::harness::Home;

#[tokio::test(flavor = "multi_thread")]
async fn claiming_work_of_every_kind_is_one_round_trip() {
    let database = TestDatabase::new(Backend::Postgres).await;
    let trips = Trips::start(database.url()).await;
    let store = Store::connect(trips.url()).await.unwrap();
    let slots = Kind::ALL.map(|kind| (kind, 8));
    let claim = async || store.claim_work("a", &slots, SignedDuration::ZERO).await.unwrap();
    // The first one connects, and prepares the statement.
    claim().await;
    let before = trips.count();
    claim().await;
    assert_eq!(trips.count() - before, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_server_makes_at_most_three_round_trips_a_second() {
    const SECONDS: usize = 10;
    let simulator = Simulator::moto().await;
    let home = Home::new(Backend::Postgres, simulator.endpoint()).await;
    let trips = Trips::start(home.database_url()).await;
    let _server = home.serve_with(&[("BERTH_DATABASE_URL", trips.url())]);
    // What is done once, at the start, is done.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = trips.count();
    tokio::time::sleep(Duration::from_secs(SECONDS as u64)).await;
    let made = trips.count() - before;
    assert!(made > 0 && made <= 3 * SECONDS, "{made} in {SECONDS} seconds");
}
