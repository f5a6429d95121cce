//! A Berth as its operator runs it: a directory, a database, a process.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use berth_domain::{access::AccessKey, ids::AccountId};
use berth_testkit::{
    app::Client,
    aws::REGION,
    customer::OPERATOR_ACCOUNT,
    database::{Backend, TestDatabase},
};
use serde_json::Value;
use tempfile::TempDir;

/// What one installation of Berth consists of.
pub(crate) struct Home {
    directory: TempDir,
    database: TestDatabase,
    aws: String,
    operator: Option<AccessKey>,
    keys: Value,
}

/// A running `berth serve`. Killed when dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
    log: Arc<Mutex<String>>,
}

impl Home {
    /// An initialised installation with AWS at `aws`.
    pub(crate) async fn new(backend: Backend, aws: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let database = TestDatabase::empty(backend).await;
        let mut home = Self { directory, database, aws: aws.to_owned(), operator: None, keys: Value::Null };
        let printed =
            home.ok(&["init", "--account", "Acme", "--owner-email", "owner@acme.example", "--json"]);
        home.keys = serde_json::from_str(&printed).unwrap();
        home
    }

    /// From now on, AWS is at this endpoint.
    pub(crate) fn reach_aws_at(&mut self, endpoint: &str) {
        endpoint.clone_into(&mut self.aws);
    }

    /// From now on, Berth has AWS credentials of its operator's.
    pub(crate) fn operated_with(mut self, key: AccessKey) -> Self {
        self.operator = Some(key);
        self
    }

    /// `berth` with these arguments, in this installation.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
        command.env_clear().current_dir(self.directory.path()).args(arguments).stdin(Stdio::null());
        command.envs([
            ("BERTH_DATABASE_URL", self.database.url()),
            ("BERTH_LISTEN", "127.0.0.1:0"),
            ("BERTH_OPERATOR_AWS_ACCOUNT_ID", OPERATOR_ACCOUNT),
            ("AWS_ENDPOINT_URL", &self.aws),
            ("AWS_REGION", REGION),
        ]);
        if let Some(key) = &self.operator {
            command.envs([
                ("AWS_ACCESS_KEY_ID", key.id.as_str()),
                ("AWS_SECRET_ACCESS_KEY", key.secret.secret().expose()),
            ]);
        }
        command
    }

    /// What it printed; it must have succeeded.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// `berth serve`, with these settings besides.
    pub(crate) fn serve_with(&self, settings: &[(&str, &str)]) -> Server {
        let mut command = self.command(&["serve"]);
        let mut process = command.envs(settings.iter().copied()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let mut url = None;
        while url.is_none() {
            let line = lines.next().unwrap_or_else(|| panic!("it ended: {}", log.lock().unwrap())).unwrap();
            url = line
                .split_once("listening on ")
                .map(|(_, rest)| rest.split(['"', ' ']).next().unwrap().to_owned());
            log.lock().unwrap().push_str(&(line + "\n"));
        }
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        Server { process, url: url.unwrap(), log }
    }

    /// `berth serve`.
    pub(crate) fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    /// The owner's client.
    pub(crate) fn owner(&self, server: &Server) -> Client {
        let account = AccountId(self.keys["accountId"].as_i64().unwrap().try_into().unwrap());
        let key = |name: &str| self.keys["apiKey"][name].as_str().unwrap();
        Client::new(&server.url, account, key("accountKey"), key("secretKey"))
    }

    /// The database.
    pub(crate) fn database_url(&self) -> &str {
        self.database.url()
    }

    /// What `berth init` printed.
    pub(crate) fn keys(&self) -> &Value {
        &self.keys
    }

    /// Every file of a SQLite installation, the database's log included.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let database = PathBuf::from(self.database.url().trim_start_matches("sqlite://"));
        [self.directory.path(), database.parent().unwrap()]
            .into_iter()
            .flat_map(|directory| fs::read_dir(directory).unwrap())
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .collect()
    }

    /// The master key file.
    pub(crate) fn master_key_file(&self) -> PathBuf {
        self.directory.path().join("berth-master.key")
    }
}

impl Server {
    /// Sends a signal, such as `-TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Waits until it ends; gives the exit code and how long it took.
    pub(crate) fn wait(mut self) -> (Option<i32>, Duration) {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.process.try_wait().unwrap() {
                return (status.code(), begun.elapsed());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it still runs after 60 s: {}", self.log());
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Both outputs of a command, as text.
pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
