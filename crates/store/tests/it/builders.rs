//! Builders: a tenant, a cloud account, a queued task, in one line each.

use std::sync::atomic::{AtomicU32, Ordering};

use berth_domain::{
    access::AccessId,
    account::{Actor, AuditEvent, Role},
    cloud_account::{CloudAccount, Status},
    health::Health,
    ids::{AccountId, CloudAccountId, EventId, TaskId, WebhookId},
    task::{Command, ErrorType, Task, TaskError},
    webhook::{Event, EventKind},
};
use berth_store::{
    ClaimedTask, Completion, Effect, Error, NewAccount, NewApiKey, NewTask, NewUser, NewWebhook,
    SealedSecrets, Store,
    testing::{Backend, TestDatabase},
    work::{Kind, Lease},
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A time, in seconds after some moment.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub(crate) fn actor() -> Actor {
    Actor { originator: "ops@example.com".into(), api_key_name: Some("terraform-1".into()) }
}

pub(crate) fn event(kind: &'static str) -> AuditEvent {
    AuditEvent {
        actor: actor(),
        resource: "Cloud account",
        resource_id: None,
        kind,
        description: format!("{kind}."),
    }
}

pub(crate) fn new_user(email: &str) -> NewUser {
    NewUser {
        email: email.parse().unwrap(),
        name: "Some One".parse().unwrap(),
        role: Role::Owner,
        password_hash: "$argon2id$".into(),
    }
}

pub(crate) fn new_key(secret: u8) -> NewApiKey {
    NewApiKey { name: "terraform-1".parse().unwrap(), secret_hash: [secret; 32], allowed_sources: vec![] }
}

/// An account whose owner's key has a secret hash of all `n`.
pub(crate) async fn tenant(store: &Store, n: u8) -> AccountId {
    let account = NewAccount {
        name: format!("Tenant {n}").parse().unwrap(),
        account_key: format!("key-{n}"),
        at: at(0),
    };
    let owner = new_user(&format!("owner{n}@example.com"));
    store.create_account(account, owner, new_key(n), event("Account created")).await.unwrap().0.id
}

/// A fresh database with one account.
pub(crate) async fn with_tenant(backend: Backend) -> (TestDatabase, AccountId) {
    let db = TestDatabase::new(backend).await;
    let account = tenant(db.store(), 1).await;
    (db, account)
}

pub(crate) fn cloud_account(account_id: AccountId, id: i32, name: &str) -> CloudAccount {
    CloudAccount {
        id: CloudAccountId(id),
        account_id,
        name: name.parse().unwrap(),
        status: Status::Active,
        health: Health::Working,
        access: AccessId::Key(format!("AKIA{:016}", id).parse().unwrap()),
        // Two accounts of one Berth never have the same.
        aws_account_id: format!("12345678{:04}", account_id.0).parse().unwrap(),
        principal_arn: "arn:aws:iam::123456789012:user/berth-user".parse().unwrap(),
        console_role: Some("berth-console".parse().unwrap()),
        console_role_arn: Some("arn:aws:iam::123456789012:role/berth-console".parse().unwrap()),
        console_username: None,
        sign_in_url: "https://123456789012.signin.aws.amazon.com/console".parse().unwrap(),
        created_at: at(0),
        updated_at: at(0),
        verified_at: at(0),
    }
}

pub(crate) fn secrets(text: &str) -> SealedSecrets {
    SealedSecrets { secret_key: Some(text.as_bytes().to_vec()), console_password: None }
}

pub(crate) fn new_task(account_id: AccountId, number: u128, command: Command) -> NewTask {
    NewTask {
        id: TaskId(Uuid::from_u128(number)),
        account_id,
        command,
        cloud_account_id: None,
        subscription_id: None,
        sealed_request: Some(b"sealed request".to_vec()),
        description: "Queued.".into(),
        at: at(0),
    }
}

pub(crate) fn creation(account: AccountId, number: u128) -> NewTask {
    new_task(account, number, Command::CloudAccountCreateRequest)
}

pub(crate) async fn queue_creation(store: &Store, account: AccountId, number: u128) -> Task {
    store.queue_task(creation(account, number), event("Creation requested")).await.unwrap()
}

pub(crate) async fn queue_about(
    store: &Store,
    id: (AccountId, CloudAccountId),
    number: u128,
    command: Command,
) -> Result<Task, Error> {
    let task = NewTask { cloud_account_id: Some(id.1), ..new_task(id.0, number, command) };
    store.queue_task(task, event("Change requested")).await
}

/// Claims one row of a kind, in somebody's name.
pub(crate) async fn claim_work(store: &Store, kind: Kind, owner: &str) -> Option<Lease> {
    static CLAIMS: AtomicU32 = AtomicU32::new(0);
    let owner = format!("{owner}.{}", CLAIMS.fetch_add(1, Ordering::Relaxed));
    let mut claimed = store.claim_work(&owner, &[(kind, 1)], SignedDuration::ZERO).await.unwrap();
    assert!(claimed.len() < 2, "{claimed:?}");
    claimed.pop()
}

/// Claims an account's tasks and begins the oldest.
pub(crate) async fn claim(store: &Store, owner: &str) -> Option<ClaimedTask> {
    let lease = claim_work(store, Kind::Tasks, owner).await?;
    Some(store.begin_task(&lease, at(10)).await.unwrap().expect("an account that is due has a task"))
}

/// Queues a task about a cloud account, and claims it.
pub(crate) async fn claim_about(
    store: &Store,
    id: (AccountId, CloudAccountId),
    command: Command,
) -> ClaimedTask {
    queue_about(store, id, 1, command).await.unwrap();
    claim(store, "a").await.expect("the task")
}

pub(crate) fn success(effect: Effect) -> Completion {
    Completion {
        at: at(20),
        outcome: Ok(effect),
        description: "Done.".into(),
        findings: vec![],
        verification: None,
        audit: event("Task completed"),
    }
}

pub(crate) fn failure() -> Completion {
    let error = TaskError {
        kind: ErrorType::CloudAccountInvalidCreds,
        description: "AWS refused.".into(),
        fields: Vec::new(),
    };
    Completion {
        at: at(20),
        outcome: Err(error),
        description: "Failed.".into(),
        findings: vec![],
        verification: None,
        audit: event("Task failed"),
    }
}

/// Registers a cloud account the way the task runner does; nothing else may be queued.
pub(crate) async fn register(store: &Store, account: AccountId, name: &str) -> CloudAccountId {
    let id = store.allocate_cloud_account_id().await.unwrap();
    queue_creation(store, account, 0xfeed_0000 + id.0 as u128).await;
    let claimed = claim(store, "registrar").await.expect("the task just queued");
    let effect = Effect::Create { account: cloud_account(account, id.0, name), secrets: secrets(name) };
    store.finish_task(&claimed.lease, success(effect)).await.unwrap();
    id
}

/// An endpoint of an account, or of all, that wants these events.
pub(crate) async fn add_webhook(
    store: &Store,
    account_id: Option<AccountId>,
    events: &[EventKind],
) -> WebhookId {
    let id = store.allocate_webhook_id().await.unwrap();
    let new = NewWebhook {
        id,
        account_id,
        url: "https://example.com/hooks".parse().unwrap(),
        sealed_secret: b"sealed".to_vec(),
        events: events.to_vec(),
    };
    store.add_webhook(new, 10, event("Webhook added"), at(0)).await.unwrap();
    id
}

/// Something that happened in an account.
pub(crate) fn happening(account_id: AccountId, number: u128, kind: EventKind, seconds: i64) -> Event {
    let data = Default::default();
    Event { id: EventId(Uuid::from_u128(number)), account_id, kind, at: at(seconds), data }
}
