//! Drives the real binary, in what needs no AWS.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// A directory with nothing in it, in which `berth` runs with its default settings.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn initialised() -> Self {
        let home = Self::new();
        home.ok(&["init", "--account", "Acme", "--owner-email", "ops@acme.example"]);
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
        command.env_clear().current_dir(self.0.path()).args(arguments).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What it printed; it must have succeeded.
    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(arguments)).unwrap()
    }

    /// What it complained of; it must have failed with 1 and printed nothing else.
    fn refused(&self, arguments: &[&str]) -> String {
        complaint(self.run(arguments))
    }

    fn serve(&self) -> Server {
        let mut command = self.command(&["serve"]);
        command.envs([("BERTH_LISTEN", "127.0.0.1:0"), ("BERTH_OPERATOR_AWS_ACCOUNT_ID", "123456789012")]);
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let url = log
            .find_map(|line| line.unwrap().split_once("listening on ").map(|(_, url)| url.to_owned()))
            .expect("it says where it listens");
        // Read to the end, or the server would be stopped by a full pipe.
        std::thread::spawn(move || log.for_each(drop));
        Server { process, url }
    }
}

struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    fn wait(mut self) -> Option<i32> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            std::thread::yield_now();
        }
        panic!("it still runs after 30 s");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

fn complaint(output: Output) -> String {
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{output:?}");
    let complaint = String::from_utf8(output.stderr).unwrap();
    complaint.strip_prefix("error: ").unwrap_or_else(|| panic!("{complaint}")).to_owned()
}

fn documented(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn init_prints_the_account_its_owner_and_keys() {
    let home = Home::new();
    let made = home.json(&["init", "--account", "Acme", "--owner-email", "ops@acme.example", "--json"]);
    assert_eq!(made["accountId"], 1);
    assert_eq!(made["owner"]["email"], "ops@acme.example");
    for secret in [&made["owner"]["password"], &made["apiKey"]["accountKey"], &made["apiKey"]["secretKey"]]
    {
        assert!(secret.as_str().unwrap().len() >= 20, "{made}");
    }
    assert_eq!(made.as_object().unwrap().len(), 3);
}

#[test]
fn a_second_init_adds_a_separate_account() {
    let home = Home::initialised();
    let second = home.json(&["init", "--account", "Bolt", "--owner-email", "ops@bolt.example", "--json"]);
    assert_eq!(second["accountId"], 2);
    let users = home.json(&["user", "list", "--account-id", "2", "--json"]);
    assert_eq!(users.as_array().unwrap().len(), 1);
    assert_eq!(users[0]["email"], "ops@bolt.example");
}

#[test]
fn database_and_master_key_are_readable_by_their_owner_only() {
    let home = Home::initialised();
    for file in ["berth.db", "berth-master.key"] {
        assert_eq!(fs::metadata(home.path(file)).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
}

#[test]
fn a_lost_master_key_is_not_replaced_by_a_new_one() {
    let home = Home::initialised();
    fs::remove_file(home.path("berth-master.key")).unwrap();
    let complaint = home.refused(&["init", "--account", "Bolt", "--owner-email", "ops@bolt.example"]);
    assert!(complaint.contains("there is no master key file at berth-master.key"), "{complaint}");
    assert!(!home.path("berth-master.key").exists());
}

#[test]
fn another_databases_master_key_is_refused() {
    let home = Home::initialised();
    fs::copy(Home::initialised().path("berth-master.key"), home.path("berth-master.key")).unwrap();
    let init = home.refused(&["init", "--account", "Bolt", "--owner-email", "ops@bolt.example"]);
    assert!(init.contains("put back the master key file that belongs to this database"), "{init}");
    let mut serve = home.command(&["serve"]);
    let serve = complaint(serve.env("BERTH_OPERATOR_AWS_ACCOUNT_ID", "123456789012").output().unwrap());
    assert_eq!(serve, init);
}

#[test]
fn serve_says_what_to_run_when_there_is_no_database() {
    let home = Home::new();
    let mut serve = home.command(&["serve"]);
    let complaint = complaint(serve.env("BERTH_OPERATOR_AWS_ACCOUNT_ID", "123456789012").output().unwrap());
    assert!(complaint.contains("run `berth init` for a new installation"), "{complaint}");
    assert!(fs::read_dir(home.0.path()).unwrap().next().is_none(), "nothing is created on the way");
}

#[test]
fn serve_asks_for_the_operators_aws_account_by_both_its_names() {
    let complaint = Home::initialised().refused(&["serve"]);
    assert!(complaint.contains("BERTH_OPERATOR_AWS_ACCOUNT_ID"), "{complaint}");
    assert!(complaint.contains("operator_aws_account_id"), "{complaint}");
}

#[test]
fn sigterm_ends_the_server_with_success() {
    let home = Home::initialised();
    let server = home.serve();
    assert!(server.url.starts_with("http://127.0.0.1:"), "{}", server.url);
    server.signal("-TERM");
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn a_second_signal_ends_a_server_that_is_busy_at_once() {
    let home = Home::initialised();
    let server = home.serve();
    // A request that never ends keeps it from stopping by itself.
    let mut half = std::net::TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    std::io::Write::write_all(&mut half, b"GET /healthz HTTP/1.1\r\nHost: x\r\n").unwrap();
    let begun = Instant::now();
    server.signal("-TERM");
    server.signal("-INT");
    assert_ne!(server.wait(), None);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn migrating_again_changes_nothing() {
    let home = Home::new();
    let first = home.json(&["migrate", "--json"]);
    assert!(!first["applied"].as_array().unwrap().is_empty());
    assert_eq!(home.json(&["migrate", "--json"]), serde_json::json!({ "applied": [] }));
}

#[test]
fn an_unknown_setting_is_named_whether_in_a_file_or_in_the_environment() {
    let home = Home::new();
    fs::write(home.path("berth.toml"), "lisen = \"127.0.0.1:1\"\n").unwrap();
    let in_file = home.refused(&["--config", "berth.toml", "migrate"]);
    assert_eq!(in_file, "lisen (in berth.toml) is not a setting of Berth; did you mean listen?\n");
    let in_environment = complaint(home.command(&["migrate"]).env("BERTH_LISEN", "x").output().unwrap());
    assert!(in_environment.starts_with("BERTH_LISEN (in the environment)"), "{in_environment}");
}

#[test]
fn no_error_repeats_the_password_in_the_database_url() {
    let home = Home::new();
    for url in ["postgres://berth:hunter2@127.0.0.1:1/berth", "mysql://berth:hunter2@db/berth"] {
        let complaint =
            complaint(home.command(&["migrate"]).env("BERTH_DATABASE_URL", url).output().unwrap());
        assert!(!complaint.contains("hunter2"), "{complaint}");
    }
}

#[test]
fn a_revoked_api_key_and_a_disabled_user_are_shown_as_such() {
    let home = Home::initialised();
    home.ok(&[
        "user",
        "create",
        "--account-id",
        "1",
        "--email",
        "eve@a.example",
        "--name",
        "Eve",
        "--role",
        "viewer",
    ]);
    let key = home.json(&[
        "api-key",
        "create",
        "--account-id",
        "1",
        "--user",
        "eve@a.example",
        "--name",
        "eves-laptop",
        "--json",
    ]);
    home.ok(&["api-key", "revoke", "--account-id", "1", "--id", &key["id"].to_string()]);
    home.ok(&["user", "disable", "--account-id", "1", "--email", "eve@a.example"]);
    let keys = home.json(&["api-key", "list", "--account-id", "1", "--json"]);
    assert!(keys[0]["revokedAt"].is_null() && keys[1]["revokedAt"].is_string(), "{keys}");
    assert!(keys.to_string().find("ecretKey").is_none(), "{keys}");
    let users = home.json(&["user", "list", "--account-id", "1", "--json"]);
    assert_eq!(users[1]["enabled"], false);
}

#[test]
fn a_contract_is_recorded_and_ended() {
    let home = Home::initialised();
    let recorded = home.json(&["account", "contract", "1", "--annual", "--json"]);
    assert_eq!(recorded, serde_json::json!({ "id": 1, "contract": "annual" }));
    assert_eq!(home.json(&["account", "contract", "1", "--none", "--json"])["contract"], "none");
    let refused = home.refused(&["account", "contract", "9", "--annual"]);
    assert!(refused.contains("There is no account 9"), "{refused}");
}

#[test]
fn what_is_restored_is_set_and_shown() {
    let home = Home::initialised();
    home.ok(&["subscription", "add", "--account-id", "1", "--name", "Web shop", "--plan", "flexible"]);
    let policy = ["subscription", "restore-policy", "--account-id", "1", "--id", "1"];
    let with = |more: &[&'static str]| [&policy, more].concat();
    assert_eq!(home.json(&with(&["--json"]))["kinds"], serde_json::json!([]));
    let set = with(&["--restore", "rules", "--restore", "stopped-nodes", "--when", "any-time", "--json"]);
    let expected = serde_json::json!({
        "kinds": ["rules", "stopped-nodes"], "when": "any-time", "mostPerHour": 10,
    });
    assert_eq!(home.json(&set), expected);
    assert_eq!(home.json(&with(&["--json"])), expected, "showing it changes nothing");
    assert_eq!(home.json(&with(&["--report-only", "--json"]))["kinds"], serde_json::json!([]));

    let refused = home.refused(&[
        "subscription",
        "restore-policy",
        "--account-id",
        "1",
        "--id",
        "9",
        "--report-only",
    ]);
    assert!(refused.contains("has no subscription 9"), "{refused}");
}

#[test]
fn subscriptions_come_and_go() {
    let home = Home::initialised();
    fn add<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&["subscription", "add", "--account-id", "1", "--name", "Web shop", "--json"], more].concat()
    }
    let added = home.json(&add(&["--plan", "flexible", "--region", "eu-west-1", "--region", "us-east-1"]));
    assert_eq!((&added["plan"], &added["status"]), (&"flexible".into(), &"active".into()));
    assert_eq!(added["regions"].as_array().unwrap().len(), 2);
    assert!(added["cloudAccountId"].is_null());

    let list = ["subscription", "list", "--account-id", "1", "--json"];
    assert_eq!(home.json(&list)[0], added);
    home.ok(&["subscription", "remove", "--account-id", "1", "--id", "1"]);
    assert!(home.json(&list).as_array().unwrap().is_empty());

    let refused = home.refused(&add(&["--plan", "fixed", "--cloud-account-id", "101"]));
    assert!(refused.contains("only flexible and annual ones"), "{refused}");
    let refused = home.refused(&add(&["--plan", "annual", "--region", "mars-1"]));
    assert!(refused.contains("is no AWS region"), "{refused}");
    let refused = home.refused(&add(&["--plan", "annual", "--cloud-account-id", "101"]));
    assert!(refused.contains("has no cloud account 101"), "{refused}");
}

#[test]
fn the_iam_kit_takes_names_and_operator_from_the_command_line_or_the_configuration() {
    let home = Home::new();
    let redis = home.ok(&["iam", "cli", "--operator-account", "123456789012", "--profile", "redis-cloud"]);
    assert!(
        redis.contains("redislabs-user") && redis.contains("arn:aws:iam::123456789012:root"),
        "{redis}"
    );
    let template: Value = home.json(&["iam", "cloudformation", "--operator-account", "123456789012"]);
    assert_eq!(template["Resources"]["User"]["Properties"]["UserName"], "berth-user");
    let refused = home.refused(&["iam", "terraform"]);
    assert!(refused.contains("BERTH_OPERATOR_AWS_ACCOUNT_ID"), "{refused}");
}

#[test]
fn the_iam_kit_for_a_role_needs_its_external_id_and_says_where_to_get_one() {
    let home = Home::new();
    let of = |form: &'static str, more: &[&'static str]| {
        [&["iam", form, "--operator-account", "123456789012", "--mode", "role"], more].concat()
    };
    let with = ["--external-id", "berth-1"];
    let template: Value = home.json(&of("cloudformation", &with));
    assert_eq!(template["Resources"]["AccessRole"]["Properties"]["RoleName"], "berth-access");
    assert!(home.ok(&of("cli", &with)).contains("External id      berth-1"));
    assert!(home.ok(&["iam", "doc", "--mode", "role"]).contains("role/berth-access"));
    assert!(home.ok(&["iam", "policy", "--mode", "role"]).contains("role/berth-access"));
    let refused = home.refused(&of("terraform", &[]));
    assert!(refused.contains("POST /api/cloud-accounts/external-id"), "{refused}");
    let refused =
        home.refused(&["iam", "terraform", "--operator-account", "123456789012", "--external-id", "x1"]);
    assert!(refused.contains("--mode role"), "{refused}");
}

#[test]
fn payment_methods_come_and_go() {
    let home = Home::initialised();
    home.ok(&[
        "payment-method",
        "add",
        "--account-id",
        "1",
        "--type",
        "Visa",
        "--last4",
        "0042",
        "--name-on-card",
        "Eve",
        "--expires",
        "12/2030",
    ]);
    let list = ["payment-method", "list", "--account-id", "1", "--json"];
    assert_eq!(home.json(&list)[0]["last4"], 42);
    home.ok(&["payment-method", "remove", "--account-id", "1", "--id", "1"]);
    assert_eq!(home.json(&list), serde_json::json!([]));
}

#[test]
fn webhooks_come_and_go_and_can_be_tried() {
    let home = Home::initialised();
    let refused = home.refused(&["webhook", "add", "http://127.0.0.1:8080/"]);
    assert!(refused.contains("webhook_allowed_networks"), "{refused}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    fs::write(home.path("berth.toml"), "webhook_allowed_networks = \"127.0.0.0/8\"\n").unwrap();
    let webhook =
        |arguments: &[&str]| home.run(&[&["--config", "berth.toml", "webhook"], arguments].concat());

    let added = webhook(&["add", &url, "--event", "cloud_account.degraded", "--json"]);
    let added: Value = serde_json::from_slice(&added.stdout).unwrap();
    assert!(added["secret"].as_str().unwrap().starts_with("whsec_"), "{added}");
    assert_eq!(added["accountId"], Value::Null);
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let signed =
            lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("webhook-signature: v1,"));
        std::io::Write::write_all(
            &mut stream,
            b"HTTP/1.1 418 I'm a teapot\r\ncontent-length: 5\r\n\r\nshort",
        )
        .unwrap();
        signed
    });
    let tried = webhook(&["test", "1"]);
    assert!(answering.join().unwrap(), "it is not signed");
    assert_eq!((tried.status.code(), &tried.stdout[..]), (Some(1), &b"answered 418\nshort\n"[..]));
    let listed = String::from_utf8(webhook(&["list"]).stdout).unwrap();
    assert!(listed.contains(&url) && !listed.contains("whsec_"), "{listed}");
    assert!(webhook(&["deliveries"]).status.success());
    assert!(webhook(&["remove", "1"]).status.success());
    assert!(home.refused(&["webhook", "remove", "1"]).contains("There is no webhook 1"));
}

#[test]
fn support_sessions_are_asked_for_in_somebodys_name_and_listed() {
    let home = Home::initialised();
    fs::write(home.path("berth.toml"), "operator_aws_account_id = \"123456789012\"\n").unwrap();
    let support =
        |arguments: &[&str]| home.run(&[&["--config", "berth.toml", "support"], arguments].concat());
    let ask = |minutes| {
        let what =
            ["session", "101", "--account-id", "1", "--by", "Ada", "--reason", "x", "--minutes", minutes];
        String::from_utf8(support(&what).stderr).unwrap()
    };
    assert!(ask("30").contains("There is no cloud account 101"), "{}", ask("30"));
    assert!(ask("61").contains("must be from 15 to 60"), "{}", ask("61"));
    let listed = support(&["list", "--account-id", "1", "--json"]);
    assert_eq!((listed.status.code(), &listed.stdout[..]), (Some(0), &b"[]\n"[..]));
}

#[test]
fn a_rotated_master_key_opens_the_database() {
    let home = Home::initialised();
    let before = fs::read(home.path("berth-master.key")).unwrap();
    home.ok(&["master-key", "rotate"]);
    assert_ne!(fs::read(home.path("berth-master.key")).unwrap(), before);
    home.ok(&["init", "--account", "Bolt", "--owner-email", "ops@bolt.example"]);
    fs::write(home.path("berth-master.key"), before).unwrap();
    home.refused(&["init", "--account", "Cork", "--owner-email", "ops@cork.example"]);
}

#[test]
fn a_master_key_that_nothing_is_sealed_with_can_be_removed() {
    let home = Home::initialised();
    home.ok(&["master-key", "rotate"]);
    let both = fs::read(home.path("berth-master.key")).unwrap();

    assert_eq!(home.command(&["master-key", "prune"]).output().unwrap().status.code(), Some(2));
    assert_eq!(fs::read(home.path("berth-master.key")).unwrap(), both);

    let removed = home.json(&["master-key", "prune", "--yes", "--json"]);
    assert_eq!(removed["removed"].as_array().unwrap().len(), 1);
    assert_eq!(home.json(&["master-key", "prune", "--yes", "--json"])["removed"], serde_json::json!([]));
    home.ok(&["init", "--account", "Bolt", "--owner-email", "ops@bolt.example"]);
}

#[test]
fn doctor_names_each_part_that_is_not_in_order() {
    let home = Home::initialised();
    let mut doctor = home.command(&["doctor", "--json"]);
    // Nobody listens on port 1.
    doctor.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let output = doctor.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let examined: Value = serde_json::from_slice(&output.stdout).unwrap();
    let states: Vec<_> = examined
        .as_array()
        .unwrap()
        .iter()
        .map(|each| (each["check"].as_str().unwrap(), each["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        states,
        [
            ("configuration", "fail"),
            ("database", "ok"),
            ("migrations", "ok"),
            ("master key", "ok"),
            ("AWS", "fail"),
            ("clock", "skipped"),
        ]
    );
}

#[test]
fn verify_with_a_malformed_secret_could_not_check_and_does_not_repeat_it() {
    let home = Home::new();
    let arguments = ["verify", "--role-name", "berth-console", "--access-key-id", "AKIAIOSFODNN7EXAMPLE"];
    let mut verify = home.command(&arguments);
    verify.envs([("BERTH_OPERATOR_AWS_ACCOUNT_ID", "123456789012"), ("AWS_SECRET_ACCESS_KEY", "hunter2")]);
    let output = verify.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("AWS_SECRET_ACCESS_KEY") && !complaint.contains("hunter2"), "{complaint}");
}

#[test]
fn verify_could_not_check_what_it_could_not_reach() {
    let arguments = ["verify", "--role-name", "berth-console", "--format", "json"];
    let home = Home::new();
    let mut verify = home.command(&arguments);
    verify.envs([
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYAB"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("BERTH_OPERATOR_AWS_ACCOUNT_ID", "123456789012"),
    ]);
    let output = verify.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["conclusion"], "unconfirmed");
}

#[test]
fn the_secret_key_is_no_argument() {
    let output = Home::new().run(&["verify", "--role-name", "r", "--access-secret-key", "x"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_references_are_up_to_date() {
    let home = Home::new();
    for (arguments, file) in [
        (["config", "reference"], "configuration.md"),
        (["config", "default"], "berth.toml"),
        (["iam", "doc"], "permissions.md"),
    ] {
        assert!(home.ok(&arguments) == documented(file), "docs/reference/{file}: run `make regen`");
    }
}

#[test]
fn the_policies_are_policy_documents() {
    let home = Home::new();
    let policy = home.json(&["iam", "policy", "--profile", "redis-cloud"]);
    assert_eq!(policy["Version"], "2012-10-17");
    assert!(policy.to_string().contains("redislabs-cluster-node-role"));
    let mut trust = home.command(&["iam", "trust-policy"]);
    let trust = trust.env("BERTH_OPERATOR_AWS_ACCOUNT_ID", "012345678901").output().unwrap();
    assert!(String::from_utf8(trust.stdout).unwrap().contains("arn:aws:iam::012345678901:root"));
}

#[test]
fn the_api_is_described_and_every_shell_is_completed() {
    let home = Home::new();
    assert!(home.json(&["openapi"])["paths"]["/v1/cloud-accounts"].is_object());
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(home.ok(&["completions", shell]).contains("payment-method"), "{shell}");
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let home = Home::new();
    let mut process =
        home.command(&["iam", "doc"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(process.stdout.take());
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
