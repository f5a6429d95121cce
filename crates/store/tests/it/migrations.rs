//! Migrations of databases with something in them.

use berth_domain::{
    access::AccessId,
    ids::{AccountId, CloudAccountId},
};
use berth_store::{
    Page, Site,
    testing::{Backend, TestDatabase},
    work::Kind,
};
use jiff::SignedDuration;
use rstest::rstest;

use crate::builders::{at, claim_work};

/// A cloud account with its secret, and a subscription that uses it, as the first release wrote them.
const FIRST_RELEASE: [&str; 4] = [
    "INSERT INTO accounts (id, name, account_key, task_seq, log_seq, created_at, updated_at) \
     VALUES (1, 'Acme', 'key', 0, 0, 0, 0)",
    "INSERT INTO cloud_accounts (id, account_id, name, status, access_key_id, aws_account_id, user_arn, \
     console_role, sign_in_url, secret_key, created_at, updated_at, verified_at) \
     VALUES (101, 1, 'prod', 'active', 'AKIAIOSFODNN7EXAMPLE', '123456789012', \
     'arn:aws:iam::123456789012:user/berth-user', 'berth-console', \
     'https://123456789012.signin.aws.amazon.com/console', SECRET, 1, 2, 3)",
    "INSERT INTO subscriptions (id, account_id, name, plan, status, cloud_account_id, regions, created_at, \
     updated_at) VALUES (1, 1, 'Web shop', 'flexible', 'active', 101, '[]', 0, 0)",
    "UPDATE sequences SET value = 101 WHERE name = 'cloud_accounts'",
];

async fn first_release(backend: Backend) -> TestDatabase {
    let db = TestDatabase::before(backend, "m2026_11_20_000006_role_access").await;
    let secret = match backend {
        Backend::Sqlite => "x'0102ff'",
        Backend::Postgres => "'\\x0102ff'",
    };
    for statement in FIRST_RELEASE {
        db.execute(&statement.replace("SECRET", secret)).await;
    }
    db
}

#[rstest]
#[tokio::test]
async fn cloud_accounts_keep_their_keys_and_secrets_when_roles_come(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = first_release(backend).await;

    db.store().migrate().await.unwrap();

    let accounts = db.store().cloud_accounts(AccountId(1), Page::default()).await.unwrap();
    let access = AccessId::Key("AKIAIOSFODNN7EXAMPLE".parse().unwrap());
    assert_eq!(accounts.iter().map(|account| &account.access).collect::<Vec<_>>(), [&access]);
    let secrets = db.store().cloud_account_secrets(AccountId(1), CloudAccountId(101)).await.unwrap();
    assert_eq!(secrets.unwrap().secret_key, Some(vec![1, 2, 255]));
}

#[rstest]
#[case::used("DELETE FROM cloud_accounts")]
#[case::same_key(
    "INSERT INTO cloud_accounts (id, account_id, name, status, access_key_id, aws_account_id, user_arn, \
     sign_in_url, created_at, updated_at, verified_at) \
     VALUES (102, 1, 'dev', 'active', 'AKIAIOSFODNN7EXAMPLE', '1', 'a', 'b', 1, 2, 3)"
)]
#[case::no_account("UPDATE cloud_accounts SET account_id = 2")]
#[tokio::test]
#[should_panic(expected = "a sound statement")]
async fn what_held_a_cloud_account_still_holds_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[case] forbidden: &str,
) {
    let db = first_release(backend).await;
    db.store().migrate().await.unwrap();

    db.execute(forbidden).await;
}

/// A deployment and its site, as they were kept when sites were cloud accounts in regions.
const SITE_OF_A_CLOUD_ACCOUNT: [&str; 3] = [
    "INSERT INTO deployments (id, account_id, subscription_id, cloud_account_id, region, blueprint, network, zones, \
     private_key, state, created_at) VALUES (ID, 1, 1, 101, 'us-east-1', '{\"resources\":[]}', '10.0.0.0/24', '[]', \
     SECRET, 'built', 0)",
    "INSERT INTO sites (cloud_account_id, region, account_id, due_at, wanted, generation) \
     VALUES (101, 'us-east-1', 1, 99, 0, 7)",
    "INSERT INTO readings (cloud_account_id, region, begun_at) VALUES (101, 'us-east-1', 5)",
];

#[rstest]
#[tokio::test]
async fn deployments_are_still_worked_on_when_sites_become_aws_accounts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDatabase::before(backend, "m2026_11_21_000011_sites_of_aws_accounts").await;
    let (secret, id) = match backend {
        Backend::Sqlite => ("x'0102ff'", "x'00000000000000000000000000000009'"),
        Backend::Postgres => ("'\\x0102ff'", "'00000000-0000-0000-0000-000000000009'"),
    };
    for statement in FIRST_RELEASE.iter().chain(&SITE_OF_A_CLOUD_ACCOUNT) {
        db.execute(&statement.replace("SECRET", secret).replace("ID,", &format!("{id},"))).await;
    }

    db.store().migrate().await.unwrap();

    let lease = claim_work(db.store(), Kind::Sites, "a").await.expect("it is due");
    let site = Site::of(&lease).unwrap();
    assert_eq!((site.aws_account.as_str(), site.region.as_str()), ("123456789012", "us-east-1"));
    let work = db.store().work_at(&site, None, 10).await.unwrap();
    assert_eq!(
        work.iter().map(|work| work.deployment.cloud_account_id).collect::<Vec<_>>(),
        [CloudAccountId(101)]
    );
}

/// One of everything in flight, as the version before the work queue wrote it: some of it in hand.
const IN_FLIGHT: [&str; 8] = [
    "INSERT INTO tasks (id, account_id, seq, command, status, description, sealed_request, findings, originator, \
     lease_owner, lease_until, generation, created_at, updated_at) VALUES (ID1, 1, 1, 'cloudAccountCreateRequest', \
     'processing-in-progress', 'd', SECRET, '[]', 'o', 'gone', 9000000000000000, 3, 5, 5), \
     (ID2, 1, 2, 'cloudAccountCreateRequest', 'received', 'd', SECRET, '[]', 'o', NULL, NULL, 0, 6, 6)",
    "INSERT INTO tasks (id, account_id, seq, command, status, description, findings, originator, generation, \
     created_at, updated_at, finished_at) VALUES (ID3, 1, 0, 'cloudAccountCreateRequest', 'processing-completed', \
     'd', '[]', 'o', 1, 1, 1, 1)",
    "INSERT INTO rotations (id, account_id, cloud_account_id, state, since, user_arn, old_key, holds, keys, status, \
     needs_attention, history, originator, due_at, failures, lease_owner, lease_until, generation, created_at) \
     VALUES (ID4, 1, 101, 'checking', 0, 'arn:aws:iam::123456789012:user/berth-user', 'AKIAIOSFODNN7EXAMPLE', 0, \
     '[]', 's', FALSE, '[]', 'o', 7, 0, 'gone', 9000000000000000, 2, 0)",
    "UPDATE cloud_accounts SET next_check_at = 4, check_lease_until = 9000000000000000, check_generation = 5",
    "INSERT INTO webhooks (id, account_id, url, secret, events, enabled, created_at, generation, served_at) \
     VALUES (7, 1, 'https://example.com/hooks', SECRET, '[]', TRUE, 0, 0, 0), \
     (8, 1, 'https://example.com/idle', SECRET, '[]', TRUE, 0, 0, 0)",
    "INSERT INTO webhook_deliveries (webhook_id, event_id, account_id, kind, payload, state, attempts, created_at, \
     next_attempt_at) VALUES (7, ID5, 1, 'cloud_account.degraded', '{}', 'waiting', 1, 0, 3)",
    "INSERT INTO sites (account_id, aws_account_id, region, due_at, wanted, lease_owner, lease_until, generation) \
     VALUES (1, '123456789012', 'us-east-1', 99, 2, 'gone', 9000000000000000, 7)",
    "INSERT INTO readings (account_id, aws_account_id, region, begun_at) VALUES (1, '123456789012', 'us-east-1', 5)",
];

#[rstest]
#[tokio::test]
async fn what_is_in_flight_is_taken_up_from_the_work_queue(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = TestDatabase::before(backend, "m2026_11_28_000013_work").await;
    let secret = match backend {
        Backend::Sqlite => "x'0102ff'",
        Backend::Postgres => "'\\x0102ff'",
    };
    for statement in FIRST_RELEASE.iter().chain(&IN_FLIGHT) {
        let mut statement = statement.replace("SECRET", secret);
        for number in 1..=5 {
            let id = match backend {
                Backend::Sqlite => format!("x'0000000000000000000000000000000{number}'"),
                Backend::Postgres => format!("'00000000-0000-0000-0000-00000000000{number}'"),
            };
            statement = statement.replace(&format!("ID{number}"), &id);
        }
        db.execute(&statement).await;
    }

    db.store().migrate().await.unwrap();

    let store = db.store();
    let all = Kind::ALL.map(|kind| (kind, 9));
    let leases = store.claim_work("a", &all, SignedDuration::ZERO).await.unwrap();
    let mut claimed: Vec<_> = leases.iter().map(|lease| (lease.kind(), lease.key())).collect();
    claimed.sort_unstable();
    let place = "1/123456789012/us-east-1";
    let expected = [
        (Kind::Tasks, "1"),
        (Kind::Checks, "101"),
        (Kind::Webhooks, "7"),
        (Kind::Rotations, "00000000000000000000000000000004"),
        (Kind::Sites, place),
        (Kind::Readings, place),
    ];
    assert_eq!(claimed, expected);
    for lease in &leases {
        match lease.kind() {
            Kind::Tasks => {
                let task =
                    store.begin_task(lease, at(1)).await.unwrap().expect("the oldest unfinished one");
                assert_eq!(task.task.id.0.as_u128(), 1);
                assert_eq!(task.sealed_request, Some(vec![1, 2, 255]));
            }
            Kind::Checks => assert!(store.check_in_hand(lease).await.unwrap().is_some()),
            Kind::Webhooks => {
                let turn = store.turn_in_hand(lease).await.unwrap().expect("the endpoint");
                assert!(store.due_delivery(turn.webhook.id, at(0)).await.unwrap().is_some());
            }
            Kind::Rotations => assert!(store.rotation_in_hand(lease).await.unwrap().is_some()),
            Kind::Sites | Kind::Readings => assert_eq!(Site::of(lease).unwrap().region, "us-east-1"),
        }
    }
}
