//! A whole Berth in this process: real HTTP, real database, real vault, AWS at an endpoint of the test's choice.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use berth_api::ApiConfig;
use berth_cloud::{Cloud, unreliable::Unreliable};
use berth_cloud_aws::{AwsCloud, Federation};
use berth_control::{
    Control, Kind, deployments,
    environment::Environment,
    master_key,
    operator::Operator,
    support::Support,
    verify::{Settings, Verifier},
    webhooks::{SystemResolver, Webhooks},
};
use berth_domain::{
    ids::AccountId,
    permissions::{BERTH, Profile},
    secret::Secret,
    webhook::Destinations,
};
use berth_store::Store;
use berth_vault::Vault;
use jiff::SignedDuration;
use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    aws::{INTERVAL, REGION, operator_key, settings},
    customer::{Customer, OPERATOR_ACCOUNT},
    database::{Backend, TestDatabase},
    environment, rotating,
    simulator::{Credentials, Simulator},
};

/// How long tests wait for what must happen; long, because the machine may be busy.
pub const SOON: Duration = Duration::from_secs(60);

/// What a test's Berth works on; verifying again and again, and reading how nodes do, are begun apart.
const WORK: [Kind; 4] = [Kind::Tasks, Kind::Webhooks, Kind::Rotations, Kind::Sites];

/// A running Berth with one account. Stops when dropped.
pub struct TestApp {
    /// The owner's client.
    pub owner: Client,
    /// What the operator does on the command line.
    pub operator: Operator,
    /// The Berth itself.
    pub control: Control,
    /// Its database.
    pub database: TestDatabase,
    /// Its vault.
    pub vault: Vault,
    base_url: String,
    stop: CancellationToken,
    _files: TempDir,
}

/// An HTTP client with a pair of API keys.
#[derive(Clone)]
pub struct Client {
    /// The account.
    pub account_id: AccountId,
    /// `x-api-key`.
    pub account_key: String,
    /// `x-api-secret-key`.
    pub secret_key: String,
    /// Such as `http://127.0.0.1:4711`.
    pub base_url: String,
    http: reqwest::Client,
}

/// What the API answered.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as text where it is not JSON.
    pub body: Value,
}

impl TestApp {
    /// Starts on a fresh database of this kind, with AWS at `aws`.
    pub async fn start(backend: Backend, aws: &str) -> Self {
        Self::start_with(TestDatabase::new(backend).await, aws, |config| config).await
    }

    /// Starts with a simulated AWS in which the operator has credentials of its own, to assume roles with.
    pub async fn start_for_roles(backend: Backend, simulator: &Simulator) -> Self {
        let cloud = AwsCloud::at(simulator.endpoint(), REGION).await;
        let cloud = cloud.operated_with(&operator_key(simulator).await);
        Self::launch(TestDatabase::new(backend).await, Arc::new(cloud), &BERTH, |config| config).await
    }

    /// Starts with calls to AWS that can be spoilt.
    pub async fn start_unreliable(backend: Backend, simulator: &Simulator) -> (Self, Unreliable) {
        let real = AwsCloud::at(simulator.endpoint(), REGION).await;
        let cloud = Unreliable::new(Arc::new(real));
        let database = TestDatabase::new(backend).await;
        let app = Self::launch(database, Arc::new(cloud.clone()), &BERTH, |config| config).await;
        (app, cloud)
    }

    /// Starts with another permission profile.
    pub async fn start_as(profile: &'static Profile, backend: Backend, aws: &str) -> Self {
        let cloud = Arc::new(AwsCloud::at(aws, REGION).await);
        Self::launch(TestDatabase::new(backend).await, cloud, profile, |config| config).await
    }

    /// Starts with another configuration of the API.
    pub async fn start_with(
        database: TestDatabase,
        aws: &str,
        configure: impl FnOnce(ApiConfig) -> ApiConfig,
    ) -> Self {
        Self::launch(database, Arc::new(AwsCloud::at(aws, REGION).await), &BERTH, configure).await
    }

    async fn launch(
        database: TestDatabase,
        cloud: Arc<dyn Cloud>,
        profile: &'static Profile,
        configure: impl FnOnce(ApiConfig) -> ApiConfig,
    ) -> Self {
        let files = tempfile::tempdir().expect("a temporary directory");
        let vault = Vault::create(files.path().join("master.key")).expect("a new key ring");
        let store = database.store().clone();
        master_key::adopt(&store, &vault).await.expect("a new database takes any key");
        let settings = Settings { interval: INTERVAL, ..settings(profile) };
        let control = control_with(store.clone(), vault.clone(), cloud, environment::system(), settings);
        let operator = Operator::new(store, environment::system());

        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("bound"));
        let config = ApiConfig { rate_limit_per_minute: 100_000, ..ApiConfig::new(environment::system()) };
        let router = berth_api::router(control.clone(), configure(config), None);
        let stop = CancellationToken::new();
        let serve = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(stop.clone().cancelled_owned());
        tokio::spawn(async move { serve.await.expect("serving goes on until told to stop") });
        let (worker, stopped) = (control.clone(), stop.clone());
        tokio::spawn(async move { worker.run(&WORK, rotating::at_once(), stopped).await });

        let owner = new_customer(&operator, &base_url, "Acme").await;
        Self { owner, operator, control, database, vault, base_url, stop, _files: files }
    }

    /// Another customer of the same Berth.
    pub async fn another_customer(&self) -> Client {
        new_customer(&self.operator, &self.base_url, "Globex").await
    }

    /// From now on it is read every second how nodes do, until the app stops.
    pub fn read_nodes(&self) {
        let (reconciler, stop) = (self.control.clone(), self.stop.clone());
        tokio::spawn(async move { reconciler.run(&[Kind::Readings], rotating::at_once(), stop).await });
    }

    /// A second replica's task runner on the same database, until the app stops.
    pub async fn add_replica(&self, aws: &str) {
        let store = Store::connect(self.database.url()).await.expect("the database answers");
        let replica = control(
            store,
            self.vault.clone(),
            AwsCloud::at(aws, REGION).await,
            environment::system(),
            INTERVAL,
        )
        .await;
        let stop = self.stop.clone();
        tokio::spawn(async move { replica.run(&[Kind::Tasks], rotating::at_once(), stop).await });
    }

    /// A replica that verifies cloud accounts again every `interval`, and does nothing else, until the app stops
    /// or it is told to.
    pub async fn watch_health(&self, aws: &str, interval: Duration) -> CancellationToken {
        let store = Store::connect(self.database.url()).await.expect("the database answers");
        let replica = control(
            store,
            self.vault.clone(),
            AwsCloud::at(aws, REGION).await,
            environment::system(),
            interval,
        )
        .await;
        let stop = self.stop.child_token();
        let stopped = stop.clone();
        tokio::spawn(async move { replica.run(&[Kind::Checks], rotating::at_once(), stopped).await });
        stop
    }

    /// [`Self::watch_health`], by a replica that can assume roles.
    pub async fn watch_roles(&self, simulator: &Simulator, interval: Duration) {
        let store = Store::connect(self.database.url()).await.expect("the database answers");
        let cloud = AwsCloud::at(simulator.endpoint(), REGION).await;
        let cloud = cloud.operated_with(&operator_key(simulator).await);
        let replica = control(store, self.vault.clone(), cloud, environment::system(), interval).await;
        let stop = self.stop.clone();
        tokio::spawn(async move { replica.run(&[Kind::Checks], rotating::at_once(), stop).await });
    }

    /// A replica whose clock is ahead by `by` and that removes what is old, until the app stops.
    pub async fn clean_up_later(&self, by: SignedDuration) {
        let store = self.database.store().clone();
        let environment = environment::ahead(by);
        let replica = control(
            store,
            self.vault.clone(),
            AwsCloud::at("http://127.0.0.1:9", REGION).await,
            environment,
            INTERVAL,
        )
        .await;
        let stop = self.stop.clone();
        tokio::spawn(async move { replica.run_janitor(stop).await });
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn control(
    store: Store,
    vault: Vault,
    cloud: AwsCloud,
    environment: Environment,
    interval: Duration,
) -> Control {
    let settings = Settings { interval, ..settings(&BERTH) };
    control_with(store, vault, Arc::new(cloud), environment, settings)
}

fn control_with(
    store: Store,
    vault: Vault,
    cloud: Arc<dyn Cloud>,
    environment: Environment,
    settings: Settings,
) -> Control {
    let verifier = Verifier::new(cloud.clone(), settings, environment.clone());
    control_over(store, vault, cloud, verifier, environment)
}

/// A Berth whose webhooks may reach this machine.
pub(crate) fn control_over(
    store: Store,
    vault: Vault,
    cloud: Arc<dyn Cloud>,
    verifier: Verifier,
    environment: Environment,
) -> Control {
    let nowhere = "http://127.0.0.1:9/federation".parse().expect("a URL");
    let sign_in = Arc::new(Federation::new(nowhere, "https://berth.example".to_owned()));
    let operator = OPERATOR_ACCOUNT.parse().expect("12 digits");
    let support = Support::new(store.clone(), environment.clone(), cloud, sign_in, operator, None);
    let loopback = Destinations::new(vec!["127.0.0.0/8".parse().expect("a network")]);
    let webhooks =
        Webhooks::new(store.clone(), vault.clone(), environment.clone(), loopback, SystemResolver);
    Control::new(store, vault, verifier, environment, webhooks, support).provisioning(
        deployments::Settings {
            // Simulators show at once what they made.
            settling: SignedDuration::from_secs(1),
            poll: Duration::from_millis(250),
            drift_every: SignedDuration::from_hours(1),
            read_every: Some(SignedDuration::from_secs(1)),
            ..deployments::Settings::default()
        },
    )
}

async fn new_customer(operator: &Operator, base_url: &str, name: &str) -> Client {
    let email = format!("owner@{}.example", name.to_lowercase()).parse().expect("an email address");
    let name = name.parse().expect("a name");
    let customer = operator.create_customer(name, email).await.expect("a new account");
    let (account_key, secret_key) = (customer.api_key.account_key, customer.api_key.secret_key);
    Client::new(base_url, customer.account_id, &account_key, secret_key.expose())
}

impl Client {
    /// A client of the Berth at `base_url`.
    pub fn new(base_url: &str, account_id: AccountId, account_key: &str, secret_key: &str) -> Self {
        Self {
            account_id,
            account_key: account_key.to_owned(),
            secret_key: secret_key.to_owned(),
            base_url: base_url.to_owned(),
            http: reqwest::Client::new(),
        }
    }

    /// The same client with another secret key.
    pub fn with_secret_key(&self, secret_key: &Secret) -> Self {
        Self { secret_key: secret_key.expose().to_owned(), ..self.clone() }
    }

    /// Sends a request with this body, as it is.
    pub async fn send(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base_url))
            .header("x-api-key", &self.account_key)
            .header("x-api-secret-key", &self.secret_key)
            .header("content-type", "application/json");
        if let Some(body) = body {
            request = request.body(body);
        }
        Answer::read(request.send().await.expect("Berth answers")).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string())).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Waits until the task that an answer carries has ended; gives the task.
    pub async fn finished(&self, accepted: Answer) -> Value {
        assert!(matches!(accepted.status, 200 | 202), "{accepted:#?}");
        let id = accepted.body["taskId"].as_str().expect("a task id").to_owned();
        let deadline = Instant::now() + SOON;
        loop {
            let task = self.get(&format!("/v1/tasks/{id}")).await;
            assert_eq!(task.status, 200, "{task:#?}");
            if !task.body["state"].is_null() {
                return task.body;
            }
            assert!(Instant::now() < deadline, "the task did not end: {:#}", task.body);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Registers a customer's AWS account; gives the cloud account's id.
    pub async fn register(&self, customer: &Customer, name: &str) -> i64 {
        self.register_with(customer, name, &customer.access_key).await
    }

    /// [`Self::register`] with other credentials of the customer's AWS account.
    pub async fn register_with(&self, customer: &Customer, name: &str, key: &Credentials) -> i64 {
        let body = body_with(customer, name, key);
        let task = self.finished(self.post("/v1/cloud-accounts", body).await).await;
        task["response"]["resourceId"].as_i64().unwrap_or_else(|| panic!("not registered: {task:#}"))
    }
}

impl Answer {
    /// Reads a whole answer.
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a whole body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body }
    }
}

/// The body that registers a customer's AWS account, with other credentials.
pub fn body_with(customer: &Customer, name: &str, key: &Credentials) -> Value {
    json!({
        "name": name,
        "provider": "AWS",
        "accessKeyId": key.access_key_id,
        "accessSecretKey": key.secret_access_key,
        "consoleRoleName": customer.names.console_role,
    })
}

/// The body that registers a customer's AWS account by its role.
pub fn role_body(customer: &Customer, name: &str, external_id: &str) -> Value {
    json!({
        "name": name,
        "accessMode": "role",
        "roleArn": customer.access_role_arn(),
        "externalId": external_id,
        "consoleRoleName": customer.names.console_role,
    })
}

/// The body that registers a customer's AWS account.
pub fn body(customer: &Customer, name: &str) -> Value {
    body_with(customer, name, &customer.access_key)
}
