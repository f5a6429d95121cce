//! Technical support access: what is permitted, and the one opening of an approved session.

use berth_domain::{
    ids::{AccountId, CloudAccountId, ConsoleSessionId},
    support::{ConsoleSession, ConsoleSessionState, SupportAccess},
};
use berth_store::{Decision, Error, Store, testing::Backend};
use rstest::rstest;
use uuid::Uuid;

use crate::{audit, builders::*};

fn session(account_id: AccountId, cloud_account_id: CloudAccountId, number: u128) -> ConsoleSession {
    ConsoleSession {
        id: ConsoleSessionId(Uuid::from_u128(number)),
        account_id,
        cloud_account_id,
        requested_by: "ada of the operator's staff".into(),
        reason: "ticket 4711".parse().unwrap(),
        minutes: 30.try_into().unwrap(),
        state: ConsoleSessionState::Requested,
        requested_at: at(0),
        decided_by: None,
        valid_until: at(100),
        opened_at: None,
        ends_at: None,
    }
}

async fn ask(store: &Store, session: &ConsoleSession) -> Result<(), Error> {
    store.add_console_session(session.clone(), event("Console session requested")).await
}

async fn decide(store: &Store, of: &ConsoleSession, seconds: i64) -> Option<ConsoleSession> {
    let decision = Decision {
        state: ConsoleSessionState::Approved,
        by: "owner@example.com".into(),
        valid_until: at(seconds + 60),
        at: at(seconds),
    };
    let event = event("Console session approved");
    store.decide_console_session(of.account_id, of.id, decision, event).await.unwrap()
}

async fn open(store: &Store, session: &ConsoleSession, seconds: i64) -> Result<bool, Error> {
    let event = event("Console session opened");
    store.open_console_session(session, at(seconds), at(seconds + 1_800), event).await
}

async fn entries(store: &Store, account: AccountId) -> usize {
    store.audit_entries(account, audit::all()).await.unwrap().len()
}

#[rstest]
#[tokio::test]
async fn access_is_on_until_an_owner_says_otherwise(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let stranger = tenant(db.store(), 2).await;
    let id = register(db.store(), account, "production").await;
    assert_eq!(db.store().support_access(id).await.unwrap(), SupportAccess::On);
    let set = async |account, access| {
        db.store().set_support_access(account, id, access, event("Support access changed"), at(1)).await
    };

    for access in SupportAccess::ALL {
        set(account, access).await.unwrap();
        assert_eq!(db.store().support_access(id).await.unwrap(), access);
    }

    let refused = set(stranger, SupportAccess::On).await;
    assert!(matches!(refused, Err(Error::NoSuchCloudAccount)), "{refused:?}");
    assert_eq!(db.store().support_access(id).await.unwrap(), SupportAccess::Approval);
}

#[rstest]
#[tokio::test]
async fn an_approved_session_is_opened_once_and_on_record(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let id = register(db.store(), account, "production").await;
    let session = session(account, id, 1);
    ask(db.store(), &session).await.unwrap();
    assert!(!open(db.store(), &session, 10).await.unwrap(), "nobody approved it");
    assert!(decide(db.store(), &session, 100).await.is_none(), "it was too late");
    let approved = decide(db.store(), &session, 20).await.expect("it waits");
    assert_eq!(approved.decided_by.as_deref(), Some("owner@example.com"));
    assert!(decide(db.store(), &session, 21).await.is_none(), "it was decided already");
    assert!(!open(db.store(), &session, 80).await.unwrap(), "the hour is over");
    let before = entries(db.store(), account).await;

    assert!(open(db.store(), &session, 30).await.unwrap());
    assert!(!open(db.store(), &session, 31).await.unwrap());

    assert_eq!(entries(db.store(), account).await, before + 1);
    let stored = &db.store().console_sessions(account, Some(id), 10).await.unwrap()[0];
    assert_eq!((stored.state, stored.ends_at), (ConsoleSessionState::Opened, Some(at(1_830))));
}

#[rstest]
#[tokio::test]
async fn nothing_is_opened_once_access_is_switched_off(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let id = register(db.store(), account, "production").await;
    let session = session(account, id, 1);
    ask(db.store(), &session).await.unwrap();
    decide(db.store(), &session, 20).await.expect("it waits");
    let off = SupportAccess::Off;
    db.store().set_support_access(account, id, off, event("Support access changed"), at(2)).await.unwrap();
    let before = entries(db.store(), account).await;

    let opened = open(db.store(), &session, 30).await;
    assert!(matches!(opened, Err(Error::SupportSwitchedOff)), "{opened:?}");
    let another = ConsoleSession { id: ConsoleSessionId(Uuid::from_u128(2)), ..session };
    let asked = ask(db.store(), &another).await;
    assert!(matches!(asked, Err(Error::SupportSwitchedOff)), "{asked:?}");
    assert_eq!(entries(db.store(), account).await, before);
}

#[rstest]
#[tokio::test]
async fn sessions_are_their_accounts_own(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (db, account) = with_tenant(backend).await;
    let stranger = tenant(db.store(), 2).await;
    let id = register(db.store(), account, "production").await;
    let session = session(account, id, 1);
    ask(db.store(), &session).await.unwrap();

    assert!(db.store().console_session(stranger, session.id).await.unwrap().is_none());
    assert!(db.store().console_sessions(stranger, None, 10).await.unwrap().is_empty());
    let foreign = ConsoleSession { account_id: stranger, ..session.clone() };
    assert!(decide(db.store(), &foreign, 20).await.is_none());
    let asked =
        ask(db.store(), &ConsoleSession { id: ConsoleSessionId(Uuid::from_u128(2)), ..foreign }).await;
    assert!(matches!(asked, Err(Error::NoSuchCloudAccount)), "{asked:?}");
}
