//! What happened reaches real HTTP servers: signed, at least once, whatever they answer, and nobody else.

use std::{
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use berth_control::{
    environment::Environment,
    operator::Operator,
    webhooks::{Party, Resolver, SystemResolver, Webhooks},
};
use berth_domain::{
    ids::{AccountId, EventId, WebhookId},
    webhook::{Delivery, DeliveryState, Destinations, Event, EventKind},
};
use berth_store::{AuditFilter, Store, testing::publish};
use berth_testkit::{
    app::SOON,
    database::{Backend, TestDatabase},
    environment::{self, MovedClock},
    receiver::{Manner, Received, Receiver},
};
use berth_vault::Vault;
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

const ANYBODY: Party<'_> = Party::Operator(None);

/// A database with one account, a clock, and what is needed to send.
struct Scene {
    database: TestDatabase,
    vault: Vault,
    clock: MovedClock,
    account: AccountId,
    _files: TempDir,
}

impl Scene {
    async fn new(backend: Backend) -> Self {
        let files = tempfile::tempdir().unwrap();
        let database = TestDatabase::new(backend).await;
        let operator = Operator::new(database.store().clone(), environment::system());
        let customer = operator
            .create_customer("Acme".parse().unwrap(), "owner@acme.example".parse().unwrap())
            .await
            .unwrap();
        Self {
            vault: Vault::create(files.path().join("master.key")).unwrap(),
            database,
            clock: MovedClock::default(),
            account: customer.account_id,
            _files: files,
        }
    }

    fn environment(&self) -> Environment {
        self.clock.environment()
    }

    /// Of a server whose clock is wrong.
    fn webhooks_off_by(&self, minutes: i64) -> Webhooks {
        let environment = environment::wrong(SignedDuration::from_mins(minutes));
        let loopback = Destinations::new(vec!["127.0.0.0/8".parse().unwrap()]);
        let store = self.database.store().clone();
        Webhooks::new(store, self.vault.clone(), environment, loopback, SystemResolver)
    }

    fn webhooks_with(&self, allowed: &[&str], resolver: impl Resolver) -> Webhooks {
        let allowed = allowed.iter().map(|network| network.parse().unwrap()).collect();
        let destinations = Destinations::new(allowed);
        let store = self.database.store().clone();
        Webhooks::new(store, self.vault.clone(), self.environment(), destinations, resolver)
    }

    fn webhooks(&self) -> Webhooks {
        self.webhooks_with(&["127.0.0.0/8"], SystemResolver)
    }

    async fn add(&self, url: &str) -> (WebhookId, String) {
        let party = Party::Operator(Some(self.account));
        let (webhook, secret) = self.webhooks().add(party, url.parse().unwrap(), vec![]).await.unwrap();
        (webhook.id, secret.expose().to_owned())
    }

    async fn happens(&self) -> EventId {
        let environment = self.environment();
        let event = Event {
            id: EventId(environment.uuid()),
            account_id: self.account,
            kind: EventKind::CloudAccountDegraded,
            at: environment.now(),
            data: Map::from_iter([("cloudAccountId".to_owned(), json!(101))]),
        };
        publish(self.database.store(), &event).await;
        event.id
    }

    async fn delivery(&self, id: WebhookId) -> Delivery {
        self.webhooks().deliveries(ANYBODY, id).await.unwrap().remove(0)
    }

    async fn wait_for(&self, id: WebhookId, holds: impl Fn(&Delivery) -> bool) -> Delivery {
        let deadline = Instant::now() + SOON;
        loop {
            let delivery = self.delivery(id).await;
            if holds(&delivery) {
                return delivery;
            }
            assert!(Instant::now() < deadline, "{delivery:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A process that sends, until dropped.
struct Running(JoinHandle<()>);

impl Running {
    fn start(webhooks: Webhooks) -> Self {
        Self(tokio::spawn(async move { webhooks.run(CancellationToken::new()).await }))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn verify(request: &Received, secret: &str) -> Result<(), String> {
    let checker = standardwebhooks::Webhook::new(secret).unwrap();
    checker.verify(request.body.as_bytes(), &request.headers).map_err(|error| error.to_string())
}

#[rstest]
#[tokio::test]
async fn an_event_arrives_once_signed_as_the_specification_says(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let scene = Scene::new(backend).await;
    let receiver = Receiver::start(&[Manner::Status(204)]).await;
    let (id, secret) = scene.add(&receiver.url).await;
    let _running = Running::start(scene.webhooks());

    let event = scene.happens().await;
    let delivered = scene.wait_for(id, |it| it.state == DeliveryState::Delivered).await;

    assert_eq!(delivered.outcome.as_deref(), Some("answered 204 No Content"));
    let [request] = &receiver.received()[..] else { panic!("{:#?}", receiver.received()) };
    assert_eq!(verify(request, &secret), Ok(()));
    let mut forged = request.clone();
    forged.body = forged.body.replace("101", "102");
    assert!(verify(&forged, &secret).is_err());
    assert_eq!(request.header("webhook-id"), event.to_string());
    assert_eq!(request.header("content-type"), "application/json");
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(
        (&body["type"], &body["data"]),
        (&json!("cloud_account.degraded"), &json!({"cloudAccountId": 101}))
    );
}

#[rstest]
#[case(Manner::Moved, "answered 301 Moved Permanently")]
#[case(Manner::Status(500), "answered 500 Internal Server Error")]
#[tokio::test]
async fn what_is_no_success_is_sent_again_under_the_same_id(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] first: Manner,
    #[case] outcome: &str,
) {
    let scene = Scene::new(backend).await;
    let receiver = Receiver::start(&[first, Manner::Status(200)]).await;
    let (id, _) = scene.add(&receiver.url).await;
    let _running = Running::start(scene.webhooks());

    scene.happens().await;
    let failed = scene.wait_for(id, |it| it.attempts == 1).await;
    assert_eq!((failed.state, failed.outcome.as_deref()), (DeliveryState::Waiting, Some(outcome)));
    scene.clock.advance(SignedDuration::from_secs(30));
    scene.wait_for(id, |it| it.state == DeliveryState::Delivered).await;

    let [one, two] = &receiver.received()[..] else { panic!("{:#?}", receiver.received()) };
    assert_eq!(one.header("webhook-id"), two.header("webhook-id"));
    assert_ne!(one.header("webhook-timestamp"), two.header("webhook-timestamp"));
    assert_eq!((one.path.as_str(), two.path.as_str()), ("/hooks", "/hooks"), "a redirect was followed");
}

#[rstest]
#[tokio::test]
async fn an_endpoint_that_never_answers_delays_no_other_and_is_tried_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let scene = Scene::new(backend).await;
    let silent = Receiver::start(&[Manner::Silence]).await;
    let healthy = Receiver::start(&[Manner::Status(200)]).await;
    let (silent_id, _) = scene.add(&silent.url).await;
    scene.add("http://127.0.0.1:9999/nobody").await;
    scene.add(&healthy.url).await;
    for _ in 0..3 {
        scene.happens().await;
    }

    let _running = Running::start(scene.webhooks());
    silent.wait_for(1).await;
    healthy.wait_for(3).await;
    assert_eq!(silent.received().len(), 1, "it was sent more than one at a time");
    let tried = async || {
        let deliveries = scene.webhooks().deliveries(ANYBODY, silent_id).await.unwrap();
        deliveries.into_iter().find(|it| it.attempts > 0)
    };
    assert!(tried().await.is_none(), "the others waited for it");
    let deadline = Instant::now() + SOON;
    let failed = loop {
        if let Some(failed) = tried().await {
            break failed;
        }
        assert!(Instant::now() < deadline, "it is waited for for ever");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(failed.outcome.as_deref(), Some("no answer within 10 seconds"));
    assert!(failed.next_attempt_at.is_some());
}

#[rstest]
#[tokio::test]
async fn what_a_killed_process_had_in_hand_is_sent_by_another(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let scene = Scene::new(backend).await;
    let receiver = Receiver::start(&[Manner::Silence, Manner::Status(200)]).await;
    let (id, _) = scene.add(&receiver.url).await;
    scene.happens().await;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(1).build().unwrap();
    let (url, vault, environment) =
        (scene.database.url().to_owned(), scene.vault.clone(), scene.environment());
    runtime.spawn(async move {
        let store = Store::connect(&url).await.unwrap();
        let loopback = Destinations::new(vec!["127.0.0.0/8".parse().unwrap()]);
        let doomed = Webhooks::new(store, vault, environment, loopback, SystemResolver);
        doomed.run(CancellationToken::new()).await;
    });
    receiver.wait_for(1).await;
    // With everything it has in hand, as by SIGKILL.
    runtime.shutdown_background();

    let _running = Running::start(scene.webhooks());
    scene.database.execute("UPDATE work SET lease_until = 0").await;

    scene.wait_for(id, |it| it.state == DeliveryState::Delivered).await;
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
}

#[rstest]
#[tokio::test]
async fn a_clock_five_minutes_off_holds_nothing_up(#[values(-5, 5)] minutes: i64) {
    let scene = Scene::new(Backend::Sqlite).await;
    let receiver = Receiver::start(&[Manner::Status(200)]).await;
    let (id, _) = scene.add(&receiver.url).await;
    let _running = Running::start(scene.webhooks_off_by(minutes));
    scene.happens().await;
    scene.wait_for(id, |it| it.state == DeliveryState::Delivered).await;
}

#[rstest]
#[tokio::test]
async fn a_clock_five_minutes_off_takes_nothing_from_others(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(-5, 5)] minutes: i64,
) {
    let scene = Scene::new(backend).await;
    let receiver = Receiver::start(&[Manner::Silence, Manner::Status(200)]).await;
    scene.add(&receiver.url).await;
    scene.happens().await;
    let _right = Running::start(scene.webhooks());
    receiver.wait_for(1).await;
    let _wrong = Running::start(scene.webhooks_off_by(minutes));
    // It looks several times in this time, and the one that is waited for does not answer.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(receiver.received().len(), 1);
}

#[rstest]
#[tokio::test]
async fn after_24_hours_a_delivery_is_given_up_and_the_log_says_so(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let scene = Scene::new(backend).await;
    let receiver = Receiver::start(&[Manner::Status(503)]).await;
    let (id, _) = scene.add(&receiver.url).await;
    scene.happens().await;
    let _running = Running::start(scene.webhooks());
    scene.wait_for(id, |it| it.attempts == 1).await;

    scene.clock.advance(SignedDuration::from_hours(24));
    let ended = scene.wait_for(id, |it| it.ended_at.is_some()).await;

    assert_eq!((ended.state, ended.attempts), (DeliveryState::GivenUp, 2));
    let filter = AuditFilter { limit: 1, ..AuditFilter::default() };
    let entry = scene.database.store().audit_entries(scene.account, filter).await.unwrap().remove(0);
    assert_eq!((entry.kind.as_str(), entry.resource_id), ("Webhook delivery given up", Some(id.0)));
    assert!(entry.description.contains("the last attempt: answered 503"), "{}", entry.description);
}

#[rstest]
#[tokio::test]
async fn an_endpoint_that_answers_gone_is_told_nothing_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let scene = Scene::new(backend).await;
    let receiver = Receiver::start(&[Manner::Status(410)]).await;
    let (id, _) = scene.add(&receiver.url).await;
    scene.happens().await;
    scene.happens().await;
    let _running = Running::start(scene.webhooks());

    scene.wait_for(id, |it| it.state == DeliveryState::GivenUp).await;

    assert_eq!(receiver.received().len(), 1);
    assert!(!scene.webhooks().list(ANYBODY).await.unwrap()[0].enabled);
    assert_eq!(scene.webhooks().waiting().await.unwrap(), 0);
}

/// A name server in the attacker's hand: gives these addresses, and counts how often it is asked.
#[derive(Clone)]
struct Names(Vec<IpAddr>, Arc<AtomicUsize>);

impl Names {
    fn new(addresses: &[&str]) -> Self {
        Self(addresses.iter().map(|address| address.parse().unwrap()).collect(), Arc::default())
    }
}

#[async_trait]
impl Resolver for Names {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        assert_eq!(host, "hooks.example");
        self.1.fetch_add(1, Ordering::SeqCst);
        Ok(self.0.clone())
    }
}

/// The port of a receiver, under a name.
fn by_name(receiver: &Receiver) -> String {
    receiver.url.replace("127.0.0.1", "hooks.example")
}

#[rstest]
#[case::loopback(&["127.0.0.1"], &["10.0.0.0/8"], "127.0.0.1 is not an address on the internet")]
#[case::in_disguise(&["::ffff:127.0.0.1"], &["10.0.0.0/8"], "is not an address on the internet")]
#[case::http_to_the_internet(&["1.1.1.1"], &["10.0.0.0/8"], "1.1.1.1 must be reached by https")]
#[case::no_address(&[], &["127.0.0.0/8"], "the name has no address")]
#[tokio::test]
async fn a_name_that_leads_where_webhooks_may_not_go_is_not_followed(
    #[case] leads_to: &[&str],
    #[case] allowed: &[&str],
    #[case] why: &str,
) {
    let scene = Scene::new(Backend::Sqlite).await;
    let receiver = Receiver::start(&[Manner::Status(200)]).await;
    let names = Names::new(leads_to);
    let (id, _) = scene.add(&by_name(&receiver)).await;
    scene.happens().await;
    let _running = Running::start(scene.webhooks_with(allowed, names));

    let refused = scene.wait_for(id, |it| it.attempts == 1).await;

    assert!(refused.outcome.as_ref().unwrap().contains(why), "{refused:#?}");
    assert_eq!(refused.state, DeliveryState::Waiting);
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn a_name_is_asked_for_at_every_attempt_and_only_permitted_addresses_are_used() {
    let scene = Scene::new(Backend::Sqlite).await;
    let receiver = Receiver::start(&[Manner::Status(500), Manner::Status(200)]).await;
    // Nobody answers at 127.0.0.2: it would be tried first, were it permitted.
    let names = Names::new(&["127.0.0.2", "127.0.0.1"]);
    let (id, _) = scene.add(&by_name(&receiver)).await;
    scene.happens().await;
    let _running = Running::start(scene.webhooks_with(&["127.0.0.1/32"], names.clone()));

    scene.wait_for(id, |it| it.attempts == 1).await;
    scene.clock.advance(SignedDuration::from_secs(30));
    scene.wait_for(id, |it| it.state == DeliveryState::Delivered).await;

    assert_eq!(names.1.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_address_that_was_allowed_when_it_was_added_is_refused_when_it_is_not_any_more() {
    let scene = Scene::new(Backend::Sqlite).await;
    let receiver = Receiver::start(&[Manner::Status(200)]).await;
    let (id, _) = scene.add(&receiver.url).await;
    scene.happens().await;
    let _running = Running::start(scene.webhooks_with(&[], SystemResolver));

    let refused = scene.wait_for(id, |it| it.attempts == 1).await;

    assert!(refused.outcome.unwrap().starts_with("refused: 127.0.0.1 is not an address on the internet"));
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn a_ping_is_signed_and_tells_what_was_answered() {
    let scene = Scene::new(Backend::Sqlite).await;
    let receiver = Receiver::start(&[Manner::Status(202)]).await;
    let (id, secret) = scene.add(&receiver.url).await;

    let answer = scene.webhooks().ping(ANYBODY, id).await.unwrap().unwrap();

    assert_eq!((answer.status, answer.body.as_str()), (202, "as you wish"));
    assert_eq!(verify(&receiver.received()[0], &secret), Ok(()));
    assert!(receiver.received()[0].body.contains("\"type\":\"ping\""));
}
