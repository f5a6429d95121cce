//! Checks of registered cloud accounts: who makes one, when, and what is written down.

use std::time::Duration;

use berth_domain::{
    cloud_account::{CloudAccount, Status},
    findings::{Check, Conclusion, Finding},
    health::{Cause, Health, Verification},
    ids::{AccountId, CloudAccountId, VerificationId},
    task::Command,
    webhook::EventKind,
};
use berth_store::{
    AuditFilter, CheckLease, ClaimedCheck, Effect, Error, FinishedCheck, News, Store, VerificationCursor,
    testing::{Backend, TestDatabase, insert_cloud_accounts},
    work::Kind,
};
use jiff::SignedDuration;
use rstest::rstest;
use uuid::Uuid;

use crate::builders::*;

fn no_permission() -> Finding {
    Finding::fail(Check::Permission, "The user may not ec2:RunInstances.").action("ec2:RunInstances")
}

fn verification(number: u128, seconds: i64, conclusion: Conclusion) -> Verification {
    let findings = [no_permission()];
    let id = VerificationId(Uuid::from_u128(number));
    Verification::new(id, at(seconds), conclusion, &findings, Duration::from_millis(321), Cause::Schedule)
}

/// A check at `seconds` that was refused.
fn refused(number: u128, seconds: i64) -> FinishedCheck {
    FinishedCheck {
        verification: verification(number, seconds, Conclusion::Refused),
        health: Health::Failing { since: at(seconds), findings: vec![no_permission()] },
        next_check_in: SignedDuration::from_secs(300),
        news: Some(News {
            audit: event("Cloud account degraded"),
            event: happening(AccountId(1), number, EventKind::CloudAccountDegraded, seconds),
        }),
    }
}

/// A check at `seconds` that verified.
fn verified(number: u128, seconds: i64) -> FinishedCheck {
    FinishedCheck {
        verification: verification(number, seconds, Conclusion::Verified),
        health: Health::Working,
        next_check_in: SignedDuration::from_hours(1),
        news: None,
    }
}

/// Cloud accounts of AWS accounts of their own, due one second after the other.
async fn with_due(backend: Backend, ids: &[i32]) -> (TestDatabase, AccountId) {
    let (db, account) = with_tenant(backend).await;
    let rows = ids.iter().map(|id| {
        let aws_account_id = format!("{id:012}").parse().unwrap();
        let row = CloudAccount { aws_account_id, ..cloud_account(account, *id, &format!("n{id}")) };
        (row, secrets("sealed"))
    });
    insert_cloud_accounts(db.store(), rows.collect::<Vec<_>>()).await;
    let plan: Vec<_> =
        ids.iter().zip(1..).map(|(id, second)| (CloudAccountId(*id), secs(second))).collect();
    db.store().plan_checks(secs(9_000), &plan).await.unwrap();
    (db, account)
}

fn secs(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

async fn claim_check(store: &Store) -> Option<ClaimedCheck> {
    let lease = claim_work(store, Kind::Checks, "a").await?;
    Some(store.check_in_hand(&lease).await.unwrap().expect("the cloud account"))
}

async fn next_lease(store: &Store) -> CheckLease {
    claim_check(store).await.expect("a check is due").lease
}

async fn begin(store: &Store, account: AccountId, id: CloudAccountId) -> Option<CheckLease> {
    store.begin_check("somebody", account, id).await.unwrap().map(|begun| begun.lease)
}

async fn account_of(db: &TestDatabase, account: AccountId, id: i32) -> CloudAccount {
    db.store().cloud_account(account, CloudAccountId(id)).await.unwrap().unwrap()
}

#[rstest]
#[tokio::test]
async fn what_is_due_longest_is_claimed_first_and_by_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, _) = with_due(backend, &[103, 101, 102]).await;
    db.time_passes(2).await;
    let mut order = Vec::new();
    while let Some(claimed) = claim_check(db.store()).await {
        assert_eq!(claimed.secrets, secrets("sealed"));
        order.push(claimed.account.id.0);
    }
    assert_eq!(order, [103, 101], "102 is not due before second 3");
}

#[rstest]
#[tokio::test]
async fn replicas_that_claim_at_once_never_get_the_same(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let ids: Vec<_> = (101..121).collect();
    let (db, _) = with_due(backend, &ids).await;
    db.time_passes(100).await;
    let replicas = (0..4).map(|_| async {
        let store = Store::connect(db.url()).await.unwrap();
        let mut mine = Vec::new();
        // Whoever loses the race of a look comes back empty-handed, as a replica would until its next look.
        for _ in 0..40 {
            mine.extend(claim_check(&store).await.map(|claimed| claimed.account.id.0));
        }
        mine
    });
    let mut all: Vec<_> = futures::future::join_all(replicas).await.concat();
    all.sort_unstable();
    assert_eq!(all, ids);
}

#[rstest]
#[tokio::test]
async fn one_aws_account_is_checked_by_one_at_a_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let rows = [101, 102].map(|id| (cloud_account(account, id, &format!("n{id}")), secrets("s")));
    insert_cloud_accounts(db.store(), rows).await;
    db.store().plan_checks(secs(9_000), &[101, 102].map(|id| (CloudAccountId(id), secs(0)))).await.unwrap();

    let both = db.store().claim_work("a", &[(Kind::Checks, 2)], SignedDuration::ZERO).await.unwrap();
    assert_eq!(both.len(), 1, "the other one is of the same AWS account");
    assert!(claim_check(db.store()).await.is_none(), "and still is");
    let first = db.store().check_in_hand(&both[0]).await.unwrap().unwrap();
    assert!(db.store().finish_check(&first.lease, verified(1, 2)).await.unwrap());
    assert_eq!(claim_check(db.store()).await.map(|claimed| claimed.account.id.0), Some(102));
}

#[rstest]
#[tokio::test]
async fn what_a_killed_process_had_in_hand_is_due_again_when_its_lease_runs_out(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_due(backend, &[101]).await;
    db.time_passes(10).await;
    let killed = next_lease(db.store()).await;
    db.time_passes(14).await;
    assert!(claim_check(db.store()).await.is_none());

    db.time_passes(2).await;
    let heir = next_lease(db.store()).await;
    assert!(db.store().finish_check(&heir, verified(1, 71)).await.unwrap());
    assert!(!db.store().finish_check(&killed, refused(2, 72)).await.unwrap(), "it came too late");
    assert_eq!(account_of(&db, account, 101).await.status, Status::Active);
}

#[rstest]
#[tokio::test]
async fn a_failing_account_is_in_error_with_its_findings_until_it_works_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_due(backend, &[101]).await;
    let webhook = add_webhook(db.store(), Some(account), &[]).await;
    db.time_passes(10).await;
    let lease = next_lease(db.store()).await;
    assert!(db.store().finish_check(&lease, refused(1, 11)).await.unwrap());

    let failing = account_of(&db, account, 101).await;
    let since = Health::Failing { since: at(11), findings: vec![no_permission()] };
    assert_eq!((failing.status, failing.health), (Status::ActiveError, since));
    assert_eq!(failing.verified_at, at(0), "nothing was verified");
    assert_eq!(db.store().failing_cloud_accounts().await.unwrap(), 1);
    let log = db.store().audit_entries(account, AuditFilter { limit: 1, ..Default::default() }).await;
    assert_eq!(log.unwrap()[0].kind, "Cloud account degraded");
    assert_eq!(db.store().deliveries(webhook, 9).await.unwrap().len(), 1, "and webhooks hear of it");

    db.time_passes(299).await;
    assert!(claim_check(db.store()).await.is_none());
    db.time_passes(1).await;
    let lease = next_lease(db.store()).await;
    assert!(db.store().finish_check(&lease, verified(2, 312)).await.unwrap());
    let working = account_of(&db, account, 101).await;
    assert_eq!((working.status, working.health), (Status::Active, Health::Working));
    assert_eq!(working.verified_at, at(312));
    assert_eq!(db.store().failing_cloud_accounts().await.unwrap(), 0);
}

#[rstest]
#[tokio::test]
async fn a_result_does_not_outlive_what_it_is_about(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_due(backend, &[101]).await;
    db.time_passes(10).await;
    let lease = next_lease(db.store()).await;
    let changed = CloudAccount { updated_at: at(12), ..account_of(&db, account, 101).await };
    let effect = Effect::Update { account: changed, secrets: secrets("new") };
    let about = (account, CloudAccountId(101));
    queue_about(db.store(), about, 7, Command::CloudAccountUpdateRequest).await.unwrap();
    let task = claim(db.store(), "runner").await.unwrap();
    db.store().finish_task(&task.lease, success(effect)).await.unwrap();

    assert!(!db.store().finish_check(&lease, refused(1, 13)).await.unwrap());
    assert_eq!(account_of(&db, account, 101).await.health, Health::Working);
    let history = db.store().verifications(account, CloudAccountId(101), None, 9).await.unwrap();
    assert_eq!(history, []);
    assert_eq!(
        db.store().unplanned_checks(secs(9_000), 9).await.unwrap(),
        [CloudAccountId(101)],
        "planned anew"
    );
}

#[rstest]
#[tokio::test]
async fn accounts_that_a_task_changes_are_left_alone_and_keep_their_health(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_due(backend, &[101]).await;
    db.time_passes(10).await;
    let lease = next_lease(db.store()).await;
    db.store().finish_check(&lease, refused(1, 11)).await.unwrap();
    let about = (account, CloudAccountId(101));
    queue_about(db.store(), about, 7, Command::CloudAccountUpdateRequest).await.unwrap();

    db.time_passes(4000).await;
    let claimed = claim_check(db.store()).await.unwrap();
    assert_eq!(
        claimed.account.status,
        Status::ChangeDraft,
        "whoever takes it up sees that and leaves it alone"
    );
    let task = claim(db.store(), "runner").await.unwrap();
    db.store().finish_task(&task.lease, failure()).await.unwrap();
    assert_eq!(account_of(&db, account, 101).await.status, Status::ActiveError, "as it was");
}

#[rstest]
#[tokio::test]
async fn a_new_name_leaves_health_as_it_is(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_due(backend, &[101]).await;
    db.time_passes(10).await;
    let lease = next_lease(db.store()).await;
    db.store().finish_check(&lease, refused(1, 11)).await.unwrap();
    let about = (account, CloudAccountId(101));
    queue_about(db.store(), about, 7, Command::CloudAccountUpdateRequest).await.unwrap();
    let task = claim(db.store(), "runner").await.unwrap();
    let effect = Effect::Rename { id: CloudAccountId(101), name: "live".parse().unwrap() };
    db.store().finish_task(&task.lease, success(effect)).await.unwrap();

    let renamed = account_of(&db, account, 101).await;
    assert_eq!((renamed.name.as_str(), renamed.status), ("live", Status::ActiveError));
    assert_eq!(renamed.updated_at, at(20));
}

#[rstest]
#[tokio::test]
async fn whoever_asks_gets_the_account_and_what_was_under_way_counts_for_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_due(backend, &[101]).await;
    let (store, id) = (db.store(), CloudAccountId(101));
    db.time_passes(10).await;
    let scheduled = next_lease(store).await;
    let asked = begin(store, account, id).await.unwrap();

    assert!(!store.finish_check(&scheduled, refused(1, 11)).await.unwrap());
    assert!(store.finish_check(&asked, verified(2, 12)).await.unwrap());
    let other = tenant(store, 2).await;
    assert!(begin(store, other, id).await.is_none(), "not theirs");
    queue_about(store, (account, id), 7, Command::CloudAccountDeleteRequest).await.unwrap();
    let refused = store.begin_check("somebody", account, id).await;
    assert!(matches!(refused, Err(Error::NotActive)), "{refused:?}");
}

#[rstest]
#[tokio::test]
async fn history_comes_newest_first_in_pages_and_to_its_account_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_due(backend, &[101]).await;
    let (store, id) = (db.store(), CloudAccountId(101));
    // Two of the same moment: their ids decide.
    for (number, seconds) in [(1, 11), (2, 12), (3, 12), (4, 13)] {
        let lease = begin(store, account, id).await.unwrap();
        assert!(store.finish_check(&lease, refused(number, seconds)).await.unwrap());
    }
    let page = async |after| store.verifications(account, id, after, 2).await.unwrap();
    let first = page(None).await;
    assert_eq!(first, [(4, 13), (3, 12)].map(|(n, s)| verification(n, s, Conclusion::Refused)));
    let second = page(Some(VerificationCursor { at: first[1].at, id: first[1].id })).await;
    assert_eq!(second, [(2, 12), (1, 11)].map(|(n, s)| verification(n, s, Conclusion::Refused)));
    let other = tenant(store, 2).await;
    assert_eq!(store.verifications(other, id, None, 9).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn history_is_forgotten_by_age_and_with_its_cloud_account(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_due(backend, &[101]).await;
    let (store, id) = (db.store(), CloudAccountId(101));
    for (number, seconds) in [(1, 11), (2, 12)] {
        let lease = begin(store, account, id).await.unwrap();
        store.finish_check(&lease, verified(number, seconds)).await.unwrap();
    }
    let count = async || store.verifications(account, id, None, 9).await.unwrap().len();

    assert_eq!(store.purge_verifications(at(12)).await.unwrap(), 1);
    assert_eq!(count().await, 1);
    queue_about(store, (account, id), 7, Command::CloudAccountDeleteRequest).await.unwrap();
    let task = claim(store, "runner").await.unwrap();
    store.finish_task(&task.lease, success(Effect::Delete { id })).await.unwrap();
    assert_eq!(count().await, 0);
}

#[rstest]
#[tokio::test]
async fn what_another_schedule_planned_for_too_late_is_planned_anew(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, _) = with_due(backend, &[101, 102]).await;
    let (store, ids) = (db.store(), [101, 102].map(CloudAccountId));
    let horizon = SignedDuration::from_millis(1500);
    assert_eq!(store.unplanned_checks(horizon, 9).await.unwrap(), ids[1..], "101 is due by then");

    store.plan_checks(horizon, &ids.map(|id| (id, secs(0)))).await.unwrap();

    let mut due = Vec::new();
    while let Some(claimed) = claim_check(store).await {
        due.push(claimed.account.id);
    }
    assert_eq!(due, ids[1..], "101 stays as it was");
}
