//! A database that an earlier version wrote, with everything in hand: what the next versions make of it.

use std::collections::BTreeSet;

use berth_domain::{
    deployment::{
        drift::{Drift, news},
        record::Settling,
        restore::{Next, RestoreOutcome, Wait, Why, next},
        state::{DriftFinding, KeptDrift, Whom},
    },
    ids::{AccountId, DeploymentId, SubscriptionId},
    subscription::maintenance::MaintenanceWindows,
};
use berth_store::{
    DriftChange, Site,
    testing::{Backend, TestDatabase},
    work::Kind,
};
use jiff::SignedDuration;
use rstest::rstest;
use serde::Deserialize;
use uuid::Uuid;

use crate::builders::{at, claim_work};

/// All rows of a database up to `m2026_11_21_000011`, as commit 3d733e1 wrote them by its own functions: one account;
/// tasks, a rotation, a check, a site and an endpoint of webhooks in hand at second 100 of [`at`], others that wait;
/// drift of every kind there is. Values that databases write differently are `{uuid:…}`, `{bytes:…}` and `{bool:…}`.
const ROWS: &str = include_str!("upgrades/as_of_000011.sql");
/// The same drift as the present version finds it.
const FOUND: &str = include_str!("../../../domain/tests/it/deployments/kept.jsonl");
/// The migration after which those rows were written.
const NEXT: &str = "m2026_11_28_000012_drift_identity";

/// The database of before, not migrated yet.
pub(crate) async fn earlier(backend: Backend) -> TestDatabase {
    let db = TestDatabase::before(backend, NEXT).await;
    for row in ROWS.lines() {
        db.execute(&in_the_words_of(backend, row)).await;
    }
    db
}

fn in_the_words_of(backend: Backend, row: &str) -> String {
    let mut parts = row.split('{');
    let mut sql = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let value = part.split_once('}').and_then(|(value, rest)| Some((value.split_once(':')?, rest)));
        sql += &match (value, backend) {
            (Some((("uuid", id), rest)), Backend::Sqlite) => format!("x'{}'{rest}", id.replace('-', "")),
            (Some((("uuid", id), rest)), Backend::Postgres) => format!("'{id}'{rest}"),
            (Some((("bytes", hex), rest)), Backend::Sqlite) => format!("x'{hex}'{rest}"),
            (Some((("bytes", hex), rest)), Backend::Postgres) => format!("'\\x{hex}'{rest}"),
            (Some((("bool", is), rest)), Backend::Sqlite) => format!("{is}{rest}"),
            (Some((("bool", is), rest)), Backend::Postgres) => format!("{}{rest}", is == "1"),
            _ => format!("{{{part}"),
        };
    }
    sql
}

/// What the present version finds, in the order in which it was kept.
fn found() -> Vec<DriftFinding> {
    #[derive(Deserialize)]
    struct Line {
        finding: DriftFinding,
    }
    FOUND.lines().map(|line| serde_json::from_str::<Line>(line).unwrap().finding).collect()
}

fn differences() -> Vec<Drift> {
    found().into_iter().map(|finding| Drift { finding, mend: Vec::new() }).collect()
}

/// The deployment that has drifted.
fn drifted() -> DeploymentId {
    DeploymentId(Uuid::from_u128("eu-central-1".bytes().map(u128::from).sum()))
}

async fn migrated(backend: Backend) -> (TestDatabase, Vec<KeptDrift>) {
    let db = earlier(backend).await;
    db.store().migrate().await.unwrap();
    let kept = db.store().drift(drifted()).await.unwrap();
    (db, kept)
}

#[rstest]
#[tokio::test]
async fn no_drift_is_told_again_after_an_upgrade(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (_db, kept) = migrated(backend).await;

    let (found, nothing) = (differences(), BTreeSet::new());
    let news = news(&found, &kept, &nothing);

    assert_eq!((news.fresh, news.over), (Vec::new(), Vec::new()));
    assert_eq!(kept.len(), found.len());
    let since: Vec<_> = kept.iter().map(|it| it.since).collect();
    assert_eq!(since, (0..).map(|second| at(40 + second)).take(found.len()).collect::<Vec<_>>());
    let known = kept.iter().filter(|it| it.by.as_ref().is_some_and(|by| by.state == Whom::Known));
    assert_eq!(known.count(), found.len() / 3, "who did it is still known");
}

#[rstest]
#[tokio::test]
async fn no_restore_is_lost_by_an_upgrade(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, kept) = migrated(backend).await;
    let store = db.store();

    let restores = store.restores(drifted(), at(0), 10).await.unwrap();
    let policy = store.restore_policy(AccountId(1), SubscriptionId(1)).await.unwrap().unwrap();
    let soon = Settling { now: at(60), time: SignedDuration::from_mins(2) };
    let next = next(&policy, &kept, &restores, &MaintenanceWindows::Automatic, soon);

    let found = found();
    let of = |outcome| restores.iter().find(|it| it.outcome == outcome).map(|it| &it.finding);
    assert_eq!(of(RestoreOutcome::Begun), Some(&found[13]));
    assert_eq!(of(RestoreOutcome::Asked), Some(&found[17]));
    assert_eq!(of(RestoreOutcome::Refused), Some(&found[3]));
    let last = Why::LastOne("security-group/nodes".into());
    assert_eq!(next, Next::Waiting(Wait { why: last, until: Some(at(51 + 120)) }));
}

#[rstest]
#[tokio::test]
async fn drift_of_before_an_upgrade_can_be_over(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, kept) = migrated(backend).await;
    let store = db.store();
    // The seconds of `at` are in a year to come.
    db.execute("UPDATE work SET due_at = 0 WHERE kind = 'sites' AND key LIKE '%eu-central-1'").await;
    let lease = claim_work(store, Kind::Sites, "b").await.expect("a site");
    let site = Site::of(&lease).unwrap();

    let over = kept.into_iter().map(|it| it.finding).collect();
    let change = DriftChange { added: vec![], over, found_out: vec![], events: vec![], entries: vec![] };
    store.replace_drift(&site, drifted(), change, at(1_001)).await.unwrap();

    assert_eq!(store.drift(drifted()).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn drift_that_no_version_wrote_is_dropped_and_keeps_nothing_from_starting(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let db = earlier(backend).await;
    db.execute("UPDATE deployment_drift SET finding = replace(finding, 'TCP 22 from', 'Telnet?')").await;
    db.execute("UPDATE restores SET finding = '{}'").await;

    db.store().migrate().await.unwrap();

    assert_eq!(db.store().drift(drifted()).await.unwrap().len(), found().len() - 1);
    assert_eq!(db.store().restores(drifted(), at(0), 10).await.unwrap(), []);
}
