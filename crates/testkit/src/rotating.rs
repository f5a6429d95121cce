//! A Berth without HTTP that has one cloud account and rotates its key: its clock can be moved, its calls to AWS
//! can be spoilt.

use std::{sync::Arc, time::Duration};

use berth_cloud::{Cloud, unreliable::Unreliable};
use berth_cloud_aws::AwsCloud;
use berth_control::{
    Control, Kind, master_key,
    operator::Operator,
    rotation::Settings,
    verify::{Patience, Verifier},
};
use berth_domain::{
    access::Purpose,
    account::Principal,
    cloud_account::{CloudAccount, Form},
    findings::Conclusion,
    ids::CloudAccountId,
    permissions::BERTH,
    rotation::{EveryDays, Periods, Rotation, RotationState},
    task::TaskStatus,
};
use berth_vault::Vault;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    app::{SOON, control_over},
    aws::{REGION, form, settings},
    customer::Customer,
    database::{Backend, TestDatabase},
    environment::MovedClock,
    simulator::Simulator,
};

/// A Berth with one cloud account. Rotates once [`Self::run`] was called; stops when dropped.
pub struct Rotating {
    /// The Berth itself.
    pub control: Control,
    /// Whoever owns the cloud account.
    pub owner: Principal,
    /// The cloud account.
    pub id: CloudAccountId,
    /// The AWS account behind it.
    pub customer: Customer,
    /// What its calls to AWS go through.
    pub cloud: Unreliable,
    /// Its clock.
    pub clock: MovedClock,
    /// Its database.
    pub database: TestDatabase,
    /// Its vault.
    pub vault: Vault,
    verifier: Verifier,
    stop: CancellationToken,
    _files: TempDir,
}

/// How rotations go when nothing is said: nothing is waited for.
pub fn at_once() -> Settings {
    let periods = Periods {
        grace: SignedDuration::ZERO,
        observe: SignedDuration::ZERO,
        pause: SignedDuration::from_millis(20),
    };
    Settings { periods, every: EveryDays::new(0).expect("0 is never") }
}

/// The usual 24 hours of grace and 1 hour off.
pub fn as_usual() -> Settings {
    let periods = Periods {
        grace: SignedDuration::from_hours(24),
        observe: SignedDuration::from_hours(1),
        ..at_once().periods
    };
    Settings { periods, ..at_once() }
}

impl Rotating {
    /// Registers `customer` with a new Berth.
    pub async fn new(backend: Backend, simulator: &Simulator, customer: Customer) -> Self {
        let files = tempfile::tempdir().expect("a temporary directory");
        let vault = Vault::create(files.path().join("master.key")).expect("a new key ring");
        let database = TestDatabase::new(backend).await;
        let store = database.store().clone();
        master_key::adopt(&store, &vault).await.expect("a new database takes any key");
        let clock = MovedClock::default();
        let environment = clock.environment();
        let real: Arc<dyn Cloud> = Arc::new(AwsCloud::at(simulator.endpoint(), REGION).await);
        let cloud = Unreliable::new(real);
        let verifier = Verifier::new(Arc::new(cloud.clone()), settings(&BERTH), environment.clone());
        let port = Arc::new(cloud.clone());
        let control =
            control_over(store.clone(), vault.clone(), port, verifier.clone(), environment.clone());
        let stop = CancellationToken::new();
        let (runner, stopped) = (control.clone(), stop.clone());
        tokio::spawn(async move { runner.run(&[Kind::Tasks], at_once(), stopped).await });

        let operator = Operator::new(store, environment);
        let email = "owner@acme.example".parse().expect("an email address");
        let acme =
            operator.create_customer("Acme".parse().expect("a name"), email).await.expect("a new account");
        let (account_key, secret_key) = (&acme.api_key.account_key, &acme.api_key.secret_key);
        let access =
            control.authenticate(account_key, secret_key.expose()).await.expect("the database answers");
        let owner = access.expect("the keys are new").principal;
        let mut rotating = Self {
            control,
            owner,
            id: CloudAccountId::INTERNAL,
            customer,
            cloud,
            clock,
            database,
            vault,
            verifier,
            stop,
            _files: files,
        };
        rotating.register().await;
        rotating
    }

    async fn register(&mut self) {
        let form = form(&self.customer, "production");
        let task = self.control.create_cloud_account(&self.owner, form).await.expect("it is sound");
        let task = self.finished(task.id).await;
        self.id = task.cloud_account_id.unwrap_or_else(|| panic!("not registered: {task:?}"));
    }

    /// Changes the cloud account, and waits until that succeeded or failed.
    pub async fn change(&self, form: Form) -> TaskStatus {
        let task =
            self.control.update_cloud_account(&self.owner, self.id, form).await.expect("it is sound");
        self.finished(task.id).await.status
    }

    /// Removes the cloud account, and waits until it is gone.
    pub async fn remove(&self) {
        let task = self.control.delete_cloud_account(&self.owner, self.id).await.expect("it is there");
        assert_eq!(self.finished(task.id).await.status, TaskStatus::ProcessingCompleted);
    }

    async fn finished(&self, id: berth_domain::ids::TaskId) -> berth_domain::task::Task {
        let deadline = Instant::now() + SOON;
        loop {
            let task = self.control.view_task(&self.owner, id).await.expect("it was queued");
            if task.status.is_final() {
                return task;
            }
            assert!(Instant::now() < deadline, "the task did not end: {task:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Takes rotations up from now on.
    pub fn run(&self, settings: Settings) {
        let (control, stop) = (self.control.clone(), self.stop.clone());
        tokio::spawn(async move { control.run(&[Kind::Rotations], settings, stop).await });
    }

    /// Begins a rotation.
    pub async fn rotate(&self) -> Rotation {
        self.control.rotate(&self.owner, self.id).await.expect("none is under way")
    }

    /// The newest rotation, once one was begun.
    pub async fn rotation(&self) -> Rotation {
        let deadline = Instant::now() + SOON;
        loop {
            let rotations = self.database.store().rotations(self.owner.account_id, self.id).await;
            if let Some(newest) = rotations.expect("the database answers").into_iter().next() {
                return newest;
            }
            assert!(Instant::now() < deadline, "none was begun");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the newest rotation is as `what` says.
    pub async fn until(&self, what: impl Fn(&Rotation) -> bool) -> Rotation {
        let deadline = Instant::now() + SOON;
        loop {
            let rotation = self.rotation().await;
            if what(&rotation) {
                return rotation;
            }
            assert!(Instant::now() < deadline, "it did not come so far: {rotation:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the newest rotation is in this state.
    pub async fn until_state(&self, state: RotationState) -> Rotation {
        let there = |rotation: &Rotation| rotation.state == state || rotation.finished_at.is_some();
        let rotation = self.until(there).await;
        assert_eq!(rotation.state, state, "{rotation:#?}");
        rotation
    }

    /// Waits until the newest rotation has ended.
    pub async fn until_ended(&self) -> Rotation {
        self.until(|rotation| rotation.finished_at.is_some()).await
    }

    /// The cloud account.
    pub async fn account(&self) -> CloudAccount {
        self.control.view_cloud_account(&self.owner, self.id).await.expect("it is registered")
    }

    /// Whether the cloud account works with what is stored of it.
    pub async fn works(&self) -> bool {
        let candidate = self.control.candidate(&self.owner, Some(self.id), Form::default()).await;
        let candidate = candidate.expect("it is registered");
        let report = self.verifier.verify(&candidate, &Purpose::named("test"), Patience::None).await;
        report.conclusion() == Conclusion::Verified
    }

    /// The keys that the user has in AWS: id, and whether active.
    pub async fn keys_in_aws(&self) -> Vec<(String, bool)> {
        let params = json!({ "UserName": self.customer.names.user });
        let answer =
            self.customer.admin_call("iam", "list_access_keys", params).await.expect("there is a user");
        let text = |key: &Value, name: &str| key[name].as_str().unwrap_or_default().to_owned();
        let keys = answer["AccessKeyMetadata"].as_array().cloned().unwrap_or_default();
        keys.iter().map(|key| (text(key, "AccessKeyId"), text(key, "Status") == "Active")).collect()
    }

    /// What the audit log says, oldest first: the kinds of its entries.
    pub async fn log(&self) -> Vec<String> {
        let filter = berth_control::records::AuditFilter { limit: 100, ..Default::default() };
        let store = self.database.store();
        let entries =
            store.audit_entries(self.owner.account_id, filter).await.expect("the database answers");
        entries.into_iter().rev().map(|entry| entry.kind).collect()
    }
}

impl Drop for Rotating {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
