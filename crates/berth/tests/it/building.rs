//! Whenever `berth serve` is killed while it builds, restores or removes, all is there once in the end, and removed
//! whole.

use std::time::Duration;

use berth_testkit::{
    app::{Client, SOON, body},
    aws::{REGION, berth_customer},
    customer::Customer,
    database::Backend,
    environment,
    meddling::Meddling,
    proxy::{Moment, Proxy},
    simulator::Simulator,
    view::View,
};
use jiff::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::harness::{Home, Server};

/// AWS's simulator shows at once what it made, and nobody wants to wait for the next look or the next answer.
const SETTINGS: [(&str, &str); 3] = [
    ("BERTH_AWS_SETTLING_SECONDS", "1"),
    ("BERTH_DRIFT_INTERVAL_SECONDS", "1"),
    ("BERTH_RATE_LIMIT_PER_MINUTE", "1000000"),
];
/// How many kills at random instants: 200 in `make crash`.
const KILLS: &str = "BERTH_TEST_KILLS";

/// A Berth with a registered AWS account behind a proxy.
struct Scene {
    home: Home,
    aws: Proxy,
    customer: Customer,
    cloud_account: i64,
    _simulator: Simulator,
}

impl Scene {
    async fn set(backend: Backend) -> Self {
        let simulator = Simulator::moto().await;
        let customer = berth_customer(&simulator).prepare().await;
        let aws = Proxy::start(simulator.endpoint()).await;
        let home = Home::new(backend, &aws.endpoint()).await;
        let server = home.serve_with(&SETTINGS);
        let owner = home.owner(&server);
        let task =
            owner.finished(owner.post("/v1/cloud-accounts", body(&customer, "production")).await).await;
        let cloud_account = task["response"]["resourceId"].as_i64().unwrap();
        server.kill();
        Self { home, aws, customer, cloud_account, _simulator: simulator }
    }

    fn serve(&self) -> (Server, Client) {
        let server = self.home.serve_with(&SETTINGS);
        let owner = self.home.owner(&server);
        (server, owner)
    }

    async fn order(&self, owner: &Client) -> i64 {
        let order = json!({
            "name": "orders",
            "paymentMethod": "marketplace",
            "cloudProviders": [{
                "cloudAccountId": self.cloud_account,
                "regions": [{ "region": REGION, "networking": { "deploymentCIDR": "10.0.0.0/24" } }],
            }],
            "databases": [{
                "name": "db", "protocol": "redis", "datasetSizeInGb": 1, "replication": false,
            }],
        });
        let task = owner.finished(owner.post("/v1/subscriptions", order).await).await;
        task["response"]["resourceId"].as_i64().unwrap_or_else(|| panic!("{task:#}"))
    }

    /// Serves until it is so, or the proxy has stopped the world, or the time is over; then kills the server. Gives
    /// whether it got there.
    async fn serve_until(&self, limit: Duration, is_so: impl AsyncFn(&Client) -> bool) -> bool {
        let (server, owner) = self.serve();
        let deadline = Instant::now() + limit;
        let mut there = false;
        while !there && !self.aws.has_stopped() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
            there = is_so(&owner).await;
        }
        server.kill();
        there
    }

    /// Serves, killed as `kill` arranges before each start, until it is so. Gives how often.
    async fn killed_until(
        &self,
        kill: &mut impl FnMut() -> Duration,
        is_so: impl AsyncFn(&Client) -> bool,
    ) -> usize {
        let begun = Instant::now();
        let mut kills = 1;
        while !self.serve_until(kill(), &is_so).await {
            kills += 1;
            self.aws.recover().await;
            assert!(begun.elapsed() < 60 * SOON, "it does not get there, killed {kills} times");
        }
        self.aws.recover().await;
        kills
    }

    /// Exactly what was planned, once.
    async fn assert_whole(&self) {
        let counts = View::of(&self.customer, REGION).await.counts();
        let planned = [
            ("vpc", 1),
            ("subnet", 1),
            ("internet-gateway", 1),
            ("route-table", 1),
            ("security-group", 2),
            ("key-pair", 1),
            ("instance", 1),
            ("volume", 2),
            ("network-interface", 1),
        ];
        assert_eq!(counts, planned.into());
    }

    /// Changes by hand what the subscription's policy says is put right again.
    async fn meddle(&self, id: i64) -> View {
        let (server, owner) = self.serve();
        let policy = json!({
            "rules": "restore", "securityGroups": "restore", "network": "restore", "stoppedNodes": "restore",
            "lostNodes": "restore", "when": "any-time", "mostPerHour": 60,
        });
        assert_eq!(owner.put(&format!("/api/subscriptions/{id}/restore-policy"), policy).await.status, 200);
        server.kill();
        let before = View::of(&self.customer, REGION).await;
        for meddling in
            [Meddling::TerminateInstance, Meddling::AddRule, Meddling::RemoveEgress, Meddling::DeleteRoute]
        {
            meddling.apply(&self.customer, REGION, before.ids("vpc")[0]).await;
        }
        before
    }

    async fn delete(&self, id: i64) {
        let (server, owner) = self.serve();
        owner.finished(owner.delete(&format!("/v1/subscriptions/{id}")).await).await;
        server.kill();
    }
}

async fn drift(owner: &Client, id: i64) -> Value {
    owner.get(&format!("/api/subscriptions/{id}/drift")).await.body["deployments"][0].take()
}

async fn is_active(owner: &Client, id: i64) -> bool {
    let answer = owner.get(&format!("/v1/subscriptions/{id}")).await;
    assert_ne!(answer.body["status"], "error", "{:#}", answer.body);
    let active = answer.body["status"] == "active";
    if active {
        assert_eq!(drift(owner, id).await["findings"], json!([]), "Berth takes its own doing for drift");
    }
    active
}

/// Builds, restores what was changed by hand, and removes, killed as `kill` arranges before each start. Gives how
/// often.
async fn killed_again_and_again(scene: &Scene, mut kill: impl FnMut() -> Duration) -> usize {
    let (server, owner) = scene.serve();
    let id = scene.order(&owner).await;
    server.kill();
    let mut kills = scene.killed_until(&mut kill, async |owner| is_active(owner, id).await).await;
    scene.assert_whole().await;

    let before = scene.meddle(id).await;
    let meddled = environment::system().now();
    let restored = async |owner: &Client| {
        let drift = drift(owner, id).await;
        let compared: Timestamp = serde_json::from_value(drift["comparedTimestamp"].clone()).unwrap();
        compared > meddled && drift["findings"] == json!([])
    };
    kills += scene.killed_until(&mut kill, restored).await;
    assert_eq!(View::of(&scene.customer, REGION).await.by_name(), before.by_name());

    scene.delete(id).await;
    let gone = async |owner: &Client| owner.get(&format!("/v1/subscriptions/{id}")).await.status == 404;
    kills += scene.killed_until(&mut kill, gone).await;
    assert_eq!(View::of(&scene.customer, REGION).await.things, []);
    kills
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn kills_at_random_instants_leave_no_orphan_and_no_double(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let wanted: usize = std::env::var(KILLS).map_or(4, |kills| kills.parse().unwrap());
    let scene = Scene::set(backend).await;
    let mut kills = 0;
    while kills < wanted {
        // Long enough to get on now and then: a lease of a killed process lasts 15 seconds.
        let limit = || Duration::from_millis(rand::random_range(0..20_000));
        kills += killed_again_and_again(&scene, limit).await;
    }
}

#[rstest]
#[case::the_answer_of_each_call_lost(1, Moment::After)]
#[case::each_call_lost(2, Moment::Before)]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; `make crash` runs it"]
async fn a_kill_at_every_step_leaves_no_orphan_and_no_double(
    #[case] number: usize,
    #[case] moment: Moment,
) {
    let scene = Scene::set(Backend::Sqlite).await;
    let kills = killed_again_and_again(&scene, || {
        scene.aws.stop_at(number, moment);
        SOON
    });
    assert!(kills.await > 20);
}

/// How many calls that change something have come to a proxy.
fn changes(aws: &Proxy) -> usize {
    const READING: [&str; 5] = ["Describe", "Get", "List", "Lookup", "Simulate"];
    let requests = aws.requests_by_action();
    let changing = |action: &str| !READING.iter().any(|prefix| action.starts_with(prefix));
    requests.iter().filter(|(action, _)| changing(action)).map(|(_, count)| count).sum()
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + 2 * SOON;
    while !is_so().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_frozen_past_its_lease_while_it_builds_makes_at_most_the_call_that_was_under_way() {
    let mut scene = Scene::set(Backend::Postgres).await;
    let (frozen, owner) = scene.serve();
    let id = scene.order(&owner).await;
    // It waits for the answer to a call that AWS has carried out.
    scene.aws.stop_at(2, Moment::After);
    until("it does not build", async || scene.aws.has_stopped()).await;
    frozen.signal("-STOP");
    scene.aws.recover().await;
    let made = changes(&scene.aws);

    let others = Proxy::start(scene._simulator.endpoint()).await;
    scene.home.reach_aws_at(&others.endpoint());
    let (_server, owner) = scene.serve();
    until("nobody takes over", async || is_active(&owner, id).await).await;

    frozen.signal("-CONT");
    until("it does not notice", async || frozen.log().contains("lost the lease")).await;
    // Longer than the time-out of a call, after which it would be tried again.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(changes(&scene.aws) - made <= 1, "{:?}", scene.aws.requests_by_action());
    scene.assert_whole().await;
}
