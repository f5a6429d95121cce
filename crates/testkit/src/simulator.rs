//! AWS simulators as processes, called through boto3.
//!
//! `make test` starts some for all tests and names the directory of their sockets in `BERTH_TEST_SIMULATORS`
//! (`scripts/simulators.sh`); a kind that isn't there is started once per process.
//!
//! What each simulator does and where it differs from AWS is told by `tests/it/simulators.rs`
//! and, for the patches to moto, by `simulators/moto_patched.py`.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::{Value, json};

/// Writes a test once and runs it on moto and ministack, and on fakecloud where it is asked for
/// (`cargo test fakecloud -- --ignored`).
///
/// ```text
/// on_every_simulator! {
///     async fn a_wrong_secret_is_refused(simulator: Simulator) { … }
/// }
/// ```
#[macro_export]
macro_rules! on_every_simulator {
    ($(async fn $name:ident($simulator:ident: Simulator) $body:block)+) => {$(
        $crate::simulated! { $name $simulator $body
            #[tokio::test]
            #[ignore = "needs fakecloud: make test-fakecloud"]
            async fn fakecloud() {
                body($crate::simulator::Simulator::fakecloud().await).await;
            }
        }
    )+};
}

/// Writes a test once and runs it on moto and ministack. fakecloud enforces no policies on EC2, has no machine images,
/// and lets nobody assume a role of another account.
#[macro_export]
macro_rules! on_moto_and_ministack {
    ($(async fn $name:ident($simulator:ident: Simulator) $body:block)+) => {$(
        $crate::simulated! { $name $simulator $body }
    )+};
}

/// What the others have in common.
#[doc(hidden)]
#[macro_export]
macro_rules! simulated {
    ($name:ident $simulator:ident $body:block $($more:item)*) => {
        mod $name {
            use super::*;

            async fn body($simulator: $crate::simulator::Simulator) $body

            #[tokio::test]
            async fn moto() {
                body($crate::simulator::Simulator::moto().await).await;
            }

            #[tokio::test]
            async fn ministack() {
                body($crate::simulator::Simulator::ministack().await).await;
            }

            $($more)*
        }
    };
}

/// Where calls go that name no region. IAM is the same everywhere.
const IAM_REGION: &str = "us-east-1";

/// A simulator that is running. Cheap to clone; the process ends with the last clone.
#[derive(Clone)]
pub struct Simulator {
    kind: Kind,
    endpoint: String,
    bridge: Arc<Mutex<Bridge>>,
}

/// Which simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// moto, made whole: it enforces IAM and simulates policies with conditions.
    Moto,
    /// moto without SimulatePrincipalPolicy: permissions can't be checked (500, no AWS error).
    MotoPlain,
    /// ministack, with what nodes need: the second, independent implementation.
    Ministack,
    /// fakecloud, from the path in `FAKECLOUD`.
    Fakecloud,
}

/// What a request is signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The public half.
    pub access_key_id: String,
    /// The private half.
    pub secret_access_key: String,
    /// Only for temporary credentials.
    pub session_token: Option<String>,
}

/// AWS's refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AwsError {
    /// AWS's error code, such as `AccessDenied`; a Python exception's name where there was none.
    pub code: String,
    /// AWS's message.
    pub message: String,
}

struct Bridge {
    requests: Option<Box<dyn Write + Send>>,
    answers: Box<dyn BufRead + Send>,
    /// The launcher, where this bridge started it.
    process: Option<Child>,
}

impl Simulator {
    /// The moto that tests share.
    pub async fn moto() -> Self {
        Self::shared(Kind::Moto).await
    }

    /// The moto without policy simulation that tests share.
    pub async fn moto_plain() -> Self {
        Self::shared(Kind::MotoPlain).await
    }

    /// The ministack that tests share.
    pub async fn ministack() -> Self {
        Self::shared(Kind::Ministack).await
    }

    /// The fakecloud that tests share.
    pub async fn fakecloud() -> Self {
        Self::shared(Kind::Fakecloud).await
    }

    /// The simulator of that kind that tests share: their customers have AWS accounts of their own.
    pub async fn shared(kind: Kind) -> Self {
        // Every test has a runtime of its own, so nothing here may belong to one. Statics aren't
        // dropped either: the launcher ends because its stdin closes with this process.
        static SHARED: [OnceLock<Simulator>; 4] = [const { OnceLock::new() }; 4];
        blocking(move || {
            SHARED[kind as usize].get_or_init(|| Self::over(kind, Bridge::shared(kind))).clone()
        })
        .await
    }

    /// A simulator of one's own, for a test that kills it.
    pub async fn start(kind: Kind) -> Self {
        blocking(move || Self::over(kind, Bridge::start(kind))).await
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Which simulator it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The process that started the simulator and ends with it.
    pub fn launcher_pid(&self) -> u32 {
        lock(&self.bridge).process.as_ref().expect("a simulator of one's own").id()
    }

    /// One AWS call, in boto3's words: `call("iam", "get_role", json!({"RoleName": "x"}), &key)`.
    pub async fn call(
        &self,
        service: &str,
        operation: &str,
        params: Value,
        credentials: &Credentials,
    ) -> Result<Value, AwsError> {
        self.call_in(IAM_REGION, service, operation, params, credentials).await
    }

    /// [`Simulator::call`] in an AWS region, such as `eu-west-1`.
    pub async fn call_in(
        &self,
        region: &str,
        service: &str,
        operation: &str,
        params: Value,
        credentials: &Credentials,
    ) -> Result<Value, AwsError> {
        self.ask(json!({
            "service": service,
            "operation": operation,
            "params": params,
            "region": region,
            "access_key": credentials.access_key_id,
            "secret_key": credentials.secret_access_key,
            "session_token": credentials.session_token,
        }))
        .await
    }

    /// The credentials of an administrator of an AWS account, which comes into being by this.
    pub async fn admin(&self, account_id: &str) -> Credentials {
        let answer = self
            .ask(json!({"admin": {"account_id": account_id}}))
            .await
            .expect("a simulator makes an administrator");
        Credentials::of(&answer)
    }

    /// The credentials of a root user; `None` where the simulator has none (moto).
    pub async fn root(&self) -> Option<Credentials> {
        let answer = self.ask(json!({"root": {}})).await.ok()?;
        Some(Credentials::of(&answer))
    }

    async fn ask(&self, request: Value) -> Result<Value, AwsError> {
        let bridge = Arc::clone(&self.bridge);
        blocking(move || lock(&bridge).ask(&request)).await
    }

    fn over(kind: Kind, mut bridge: Bridge) -> Self {
        let hello = bridge.read();
        Self { kind, endpoint: text(&hello, "endpoint"), bridge: Arc::new(Mutex::new(bridge)) }
    }
}

impl Kind {
    /// Whether SimulatePrincipalPolicy evaluates `Condition` with the context entries sent.
    ///
    /// ministack doesn't: every statement with a Condition denies.
    pub fn evaluates_conditions(self) -> bool {
        self != Self::Ministack
    }

    /// Whether a call of SimulatePrincipalPolicy needs to be allowed on `*`, not on the user it is about.
    pub fn simulates_on_everything(self) -> bool {
        matches!(self, Self::Ministack | Self::Fakecloud)
    }

    fn argument(self) -> &'static str {
        match self {
            Self::Moto => "moto",
            Self::MotoPlain => "moto-plain",
            Self::Ministack => "ministack",
            Self::Fakecloud => "fakecloud",
        }
    }
}

impl Credentials {
    /// Long-lived credentials.
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
        }
    }

    fn of(answer: &Value) -> Self {
        Self::new(text(answer, "access_key"), text(answer, "secret_key"))
    }
}

impl Bridge {
    /// To a simulator that was started for all, or else to one that is started now.
    fn shared(kind: Kind) -> Self {
        Self::connect(kind).unwrap_or_else(|| Self::start(kind))
    }

    /// Where several of a kind were started, each process of tests keeps to one, and neighbours to others.
    fn connect(kind: Kind) -> Option<Self> {
        let directory = PathBuf::from(std::env::var_os("BERTH_TEST_SIMULATORS")?);
        let sockets: Vec<_> = (0..)
            .map(|number| directory.join(format!("{}-{number}", kind.argument())))
            .take_while(|path| path.exists())
            .collect();
        let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT").ok().and_then(|slot| slot.parse().ok());
        let slot: usize = slot.unwrap_or(std::process::id() as usize);
        let socket = sockets.get(slot.checked_rem(sockets.len())?)?;
        let stream = UnixStream::connect(socket)
            .unwrap_or_else(|error| panic!("the simulator at {} is gone: {error}", socket.display()));
        let answers = stream.try_clone().expect("a socket has two ends");
        Some(Self {
            requests: Some(Box::new(stream)),
            answers: Box::new(BufReader::new(answers)),
            process: None,
        })
    }

    fn start(kind: Kind) -> Self {
        let python = python();
        let launcher = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulators/launch.py");
        assert!(
            python.exists(),
            "no Python for the AWS simulators at {}: run `make setup`, or set BERTH_TEST_PYTHON",
            python.display()
        );
        let mut process = Command::new(&python)
            .arg(launcher)
            .arg(kind.argument())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", python.display()));
        Self {
            requests: process.stdin.take().map(|stdin| Box::new(stdin) as _),
            answers: Box::new(BufReader::new(process.stdout.take().expect("stdout is piped"))),
            process: Some(process),
        }
    }

    fn ask(&mut self, request: &Value) -> Result<Value, AwsError> {
        let requests = self.requests.as_mut().expect("open until dropped");
        // A failed write shows as an empty answer.
        let _ = requests.write_all(format!("{request}\n").as_bytes());
        let mut answer = self.read();
        match answer.get("error") {
            None => Ok(answer["ok"].take()),
            Some(error) => Err(AwsError { code: text(error, "code"), message: text(error, "message") }),
        }
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        let read = self.answers.read_line(&mut line);
        assert!(
            matches!(read, Ok(bytes) if bytes > 0),
            "the AWS simulator ended; it says why above. If a Python package is missing, run `make setup`"
        );
        serde_json::from_str(&line).expect("the launcher writes JSON")
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(process) = &mut self.process {
            let _ = process.wait();
        }
    }
}

/// The Python that the simulators run in.
pub(crate) fn python() -> PathBuf {
    match std::env::var_os("BERTH_TEST_PYTHON") {
        Some(path) => path.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/venv/bin/python"),
    }
}

/// A test that panicked while it asked leaves the bridge in order: it panics after reading.
fn lock(bridge: &Mutex<Bridge>) -> std::sync::MutexGuard<'_, Bridge> {
    bridge.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
