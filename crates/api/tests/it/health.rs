//! Health: accounts that stop working, accounts that work again, and their history.

use std::time::Duration;

use berth_domain::account::Role;
use berth_testkit::{
    app::{SOON, TestApp},
    aws::{berth_customer, berth_policy},
    customer::Customer,
    database::Backend,
    proxy::{Failure, Proxy},
    simulator::{Kind, Simulator},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::Instant;

const MISSING: &str = "ec2:RunInstances";
/// As often as a test needs.
const OFTEN: Duration = Duration::from_secs(1);

/// A Berth with one cloud account, and the customer it belongs to.
struct Watched {
    app: TestApp,
    customer: Customer,
    id: i64,
}

impl Watched {
    async fn start(backend: Backend, simulator: &Simulator, aws: &str) -> Self {
        let customer = berth_customer(simulator).prepare().await;
        let app = TestApp::start(backend, aws).await;
        let id = app.owner.register(&customer, "production").await;
        Self { app, customer, id }
    }

    fn history_path(&self) -> String {
        format!("/api/cloud-accounts/{}/verifications", self.id)
    }

    /// The account as the console shows it.
    async fn shown(&self) -> Value {
        let list = self.app.owner.get("/api/cloud-accounts").await.body;
        list["cloudAccounts"][0].clone()
    }

    async fn history(&self) -> Vec<Value> {
        let answer = self.app.owner.get(&self.history_path()).await;
        answer.body["verifications"].as_array().unwrap_or_else(|| panic!("{answer:#?}")).clone()
    }

    /// Verifies now and gives what came of it.
    async fn verify(&self) -> Value {
        let answer = self.app.owner.send(Method::POST, &self.history_path(), None).await;
        let (event, data) = answer.events().pop().unwrap_or_else(|| panic!("{answer:#?}"));
        assert_eq!(event, "done");
        data["conclusion"].clone()
    }

    /// Waits until the account's status is this.
    async fn becomes(&self, status: &str) -> Value {
        let deadline = Instant::now() + SOON;
        loop {
            let shown = self.shown().await;
            if shown["status"] == status {
                return shown;
            }
            assert!(Instant::now() < deadline, "not {status}: {shown:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for verifications by schedule that came to this.
    async fn happens(&self, conclusion: &str, times: usize) {
        let deadline = Instant::now() + SOON;
        loop {
            let history = self.history().await;
            let due = |one: &&Value| one["cause"] == "schedule" && one["conclusion"] == conclusion;
            if history.iter().filter(due).count() >= times {
                return;
            }
            assert!(Instant::now() < deadline, "no {conclusion}: {history:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn kinds_in_log(&self) -> Vec<Value> {
        let log = self.app.owner.get("/v1/logs").await.body;
        log["entries"].as_array().unwrap().iter().map(|entry| entry["type"].clone()).collect()
    }
}

#[rstest]
#[tokio::test]
async fn a_permission_that_is_removed_shows_and_so_does_its_return(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(Kind::Moto, Kind::Ministack)] kind: Kind,
) {
    let simulator = Simulator::shared(kind).await;
    let mut watched = Watched::start(backend, &simulator, simulator.endpoint()).await;
    watched.app.watch_health(simulator.endpoint(), OFTEN).await;

    watched.customer.remove_action(MISSING).await;
    let failing = watched.becomes("active-error").await;
    assert!(failing["statusReason"].as_str().unwrap().contains(MISSING), "{failing:#}");
    assert_eq!(failing["failingFindings"][0]["action"], MISSING);
    assert_eq!(failing["failingFindings"][0]["statement"]["Action"], json!([MISSING]));
    assert!(failing["failingSince"].is_string());
    let plain = watched.app.owner.get(&format!("/v1/cloud-accounts/{}", watched.id)).await.body;
    assert_eq!(plain["status"], "active-error");

    watched.customer.replace_policies(vec![berth_policy()]).await;
    let working = watched.becomes("active").await;
    assert_eq!((&working["failingSince"], &working["failingFindings"]), (&Value::Null, &json!([])));
    let log = watched.kinds_in_log().await;
    assert_eq!(log[..2], [json!("Cloud account recovered"), json!("Cloud account degraded")]);
}

#[rstest]
#[case(Some(Failure::Throttling))]
#[case(None)]
#[tokio::test]
async fn what_could_not_be_checked_changes_nothing_but_is_written_down(
    #[case] trouble: Option<Failure>,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let proxy = Proxy::start(simulator.endpoint()).await;
    let watched = Watched::start(backend, &simulator, &proxy.endpoint()).await;
    let before = watched.shown().await;
    match trouble {
        Some(failure) => proxy.fail(failure),
        None => proxy.refuse().await,
    }

    watched.app.watch_health(&proxy.endpoint(), OFTEN).await;
    watched.happens("unconfirmed", 2).await;
    assert_eq!(watched.shown().await, before, "not even when it was last verified");
}

#[rstest]
#[tokio::test]
async fn what_a_replica_that_stops_has_in_hand_is_done_by_another(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    // One that never gets an answer and goes in the middle of it.
    let hanging = Proxy::start(simulator.endpoint()).await;
    let watched = Watched::start(backend, &simulator, simulator.endpoint()).await;
    hanging.fail(Failure::Hang);
    let first = watched.app.watch_health(&hanging.endpoint(), OFTEN).await;
    let deadline = Instant::now() + SOON;
    while hanging.requests() == 0 {
        assert!(Instant::now() < deadline, "nothing was due");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    watched.app.watch_health(simulator.endpoint(), OFTEN).await;
    first.cancel();

    watched.happens("verified", 1).await;
    let scheduled = watched.history().await.into_iter().filter(|one| one["cause"] == "schedule");
    assert!(scheduled.clone().all(|one| one["conclusion"] == "verified"), "the first one's is not there");
}

#[rstest]
#[tokio::test]
async fn whoever_verifies_now_moves_last_verified_and_ends_an_error(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let mut watched = Watched::start(backend, &simulator, simulator.endpoint()).await;
    let verified =
        |shown: &Value| -> Timestamp { shown["lastVerifiedTimestamp"].as_str().unwrap().parse().unwrap() };
    let registered = verified(&watched.shown().await);

    assert_eq!(watched.verify().await, "verified");
    let asked = verified(&watched.shown().await);
    assert!(asked > registered);
    watched.customer.remove_action(MISSING).await;
    assert_eq!(watched.verify().await, "refused");
    let failing = watched.shown().await;
    assert_eq!((&failing["status"], verified(&failing)), (&json!("active-error"), asked));
    watched.customer.replace_policies(vec![berth_policy()]).await;
    assert_eq!(watched.verify().await, "verified");
    assert_eq!(watched.shown().await["status"], "active");

    let told: Vec<_> = watched
        .history()
        .await
        .iter()
        .map(|one| (one["cause"].clone(), one["conclusion"].clone()))
        .collect();
    let told_of = |cause, conclusion| (json!(cause), json!(conclusion));
    let (good, bad) = (told_of("demand", "verified"), told_of("demand", "refused"));
    assert_eq!(told, [good.clone(), bad, good, told_of("task", "verified")]);
}

#[tokio::test]
async fn an_update_that_succeeds_ends_an_error_and_one_that_fails_does_not() {
    let simulator = Simulator::moto().await;
    let mut watched = Watched::start(Backend::Sqlite, &simulator, simulator.endpoint()).await;
    watched.customer.remove_action(MISSING).await;
    watched.verify().await;
    let path = format!("/v1/cloud-accounts/{}", watched.id);
    let change = json!({ "consoleRoleName": "berth-console" });

    let task = watched.app.owner.finished(watched.app.owner.put(&path, change.clone()).await).await;
    assert_eq!(task["status"], "processing-error", "{task:#}");
    assert_eq!(watched.shown().await["status"], "active-error");
    let rename = json!({ "name": "live" });
    watched.app.owner.finished(watched.app.owner.put(&path, rename).await).await;
    assert_eq!(watched.shown().await["status"], "active-error", "a name shows nothing");
    watched.customer.replace_policies(vec![berth_policy()]).await;
    watched.app.owner.finished(watched.app.owner.put(&path, change).await).await;
    assert_eq!(watched.shown().await["status"], "active");
}

#[tokio::test]
async fn an_account_in_error_can_be_deleted() {
    let simulator = Simulator::moto().await;
    let watched = Watched::start(Backend::Sqlite, &simulator, simulator.endpoint()).await;
    watched.customer.deny(MISSING).await;
    watched.verify().await;
    let path = format!("/v1/cloud-accounts/{}", watched.id);

    let task = watched.app.owner.finished(watched.app.owner.delete(&path).await).await;

    assert_eq!(task["status"], "processing-completed", "{task:#}");
    assert_eq!(watched.app.owner.get(&watched.history_path()).await.status, 404);
}

#[rstest]
#[tokio::test]
async fn history_is_kept_for_90_days(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let simulator = Simulator::moto().await;
    let watched = Watched::start(backend, &simulator, simulator.endpoint()).await;
    assert_eq!(watched.history().await.len(), 1, "of the registration");

    watched.app.clean_up_later(SignedDuration::from_hours(90 * 24 + 1)).await;
    let deadline = Instant::now() + SOON;
    while !watched.history().await.is_empty() {
        assert!(Instant::now() < deadline, "still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn history_comes_in_pages() {
    let simulator = Simulator::moto().await;
    let watched = Watched::start(Backend::Sqlite, &simulator, simulator.endpoint()).await;
    watched.verify().await;
    watched.verify().await;
    let all = watched.history().await;

    let path = watched.history_path();
    let first = watched.app.owner.get(&format!("{path}?limit=2")).await.body;
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = watched.app.owner.get(&format!("{path}?limit=2&cursor={cursor}")).await.body;

    assert_eq!(first["verifications"].as_array().unwrap()[..], all[..2]);
    assert_eq!(second["verifications"].as_array().unwrap()[..], all[2..]);
    assert_eq!(second["nextCursor"], Value::Null);
    let bad = watched.app.owner.get(&format!("{path}?limit=101&cursor=x")).await;
    assert_eq!((bad.status, bad.body["errors"].as_array().unwrap().len()), (400, 2), "{bad:#?}");
}

#[tokio::test]
async fn another_accounts_history_is_not_there_and_nobody_verifies_for_it() {
    let simulator = Simulator::moto().await;
    let watched = Watched::start(Backend::Sqlite, &simulator, simulator.endpoint()).await;
    let stranger = watched.app.another_customer().await;
    let path = watched.history_path();

    assert_eq!(stranger.get(&path).await.status, 404);
    assert_eq!(stranger.send(Method::POST, &path, None).await.status, 404);
    let viewer = watched.app.at_console(Role::Viewer).await;
    assert_eq!(viewer.get(&path).await.status, 200);
    assert_eq!(viewer.post(&path, json!({})).await.status, 403);
    let internal = "/api/cloud-accounts/1/verifications";
    assert_eq!(watched.app.owner.get(internal).await.status, 403);
    assert_eq!(watched.app.owner.send(Method::POST, internal, None).await.status, 403);
}

#[tokio::test]
async fn a_user_verifies_ten_times_a_minute_however() {
    let simulator = Simulator::moto().await;
    let watched = Watched::start(Backend::Sqlite, &simulator, simulator.endpoint()).await;
    for _ in 0..10 {
        watched.verify().await;
    }
    let answer = watched.app.owner.send(Method::POST, &watched.history_path(), None).await;
    assert_eq!(answer.status, 429, "{answer:#?}");
    assert!(answer.headers.contains_key("retry-after"));
}
