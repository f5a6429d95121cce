//! The IAM kit: what it makes is an account that verifies.

use std::path::{Path, PathBuf};

use berth_domain::account::Role;
use berth_testkit::{
    app::TestApp,
    customer::OPERATOR_ACCOUNT,
    database::Backend,
    simulator::{Credentials, Simulator},
};
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

const NOWHERE: &str = "http://127.0.0.1:9";

/// A program of the Python environment that the simulators run in.
fn tool(name: &str) -> PathBuf {
    match std::env::var_os("BERTH_TEST_PYTHON") {
        Some(python) => Path::new(&python).with_file_name(name),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/venv/bin").join(name),
    }
}

/// The kit's script, to be run by a customer's administrator.
struct Script {
    endpoint: String,
    admin: Credentials,
    home: TempDir,
}

/// What it printed.
struct Printed {
    printed: String,
}

impl Script {
    fn new(simulator: &Simulator, admin: &Credentials, text: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("create.sh"), text).unwrap();
        Self { endpoint: simulator.endpoint().to_owned(), admin: admin.clone(), home }
    }

    async fn run(&self) -> Printed {
        let path = format!("{}:/usr/bin:/bin", tool("aws").parent().unwrap().display());
        let mut command = Command::new("bash");
        command.arg(self.home.path().join("create.sh")).env_clear();
        command.env("PATH", &path).env("HOME", self.home.path());
        command.env("AWS_ENDPOINT_URL", &self.endpoint).env("AWS_DEFAULT_REGION", "eu-west-1");
        command.env("AWS_ACCESS_KEY_ID", &self.admin.access_key_id);
        command.env("AWS_SECRET_ACCESS_KEY", &self.admin.secret_access_key);
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Printed { printed: String::from_utf8(output.stdout).unwrap() }
    }
}

impl Printed {
    /// What stands behind a label.
    fn value(&self, label: &str) -> String {
        let line = self.printed.lines().find(|line| line.trim_start().starts_with(label)).unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    }
}

async fn kit(app: &TestApp) -> Value {
    let answer = app.at_console(Role::Viewer).await.get("/api/iam-kit").await;
    assert_eq!(answer.status, 200, "{answer:#?}");
    answer.body
}

#[tokio::test]
async fn the_kit_names_the_operator_and_is_the_same_in_every_form() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let kit = kit(&app).await;

    assert_eq!((&kit["operatorAccountId"], &kit["profile"]), (&json!(OPERATOR_ACCOUNT), &json!("berth")));
    assert_eq!(kit["names"]["consoleRole"], "berth-console");
    assert!(kit["trustPolicy"].to_string().contains(&format!("arn:aws:iam::{OPERATOR_ACCOUNT}:root")));
    for form in ["cli", "cloudformation", "terraform"] {
        let text = kit[form].as_str().unwrap();
        for needed in [OPERATOR_ACCOUNT, "berth-user", "berth-console", "berth-node", "ec2:RunInstances"] {
            assert!(text.contains(needed), "{form} lacks {needed}");
        }
        assert!(!text.contains("\"*:*\"") && !text.contains("\"ec2:*\""), "{form} grants too much");
    }
    let template: Value = serde_json::from_str(kit["cloudformation"].as_str().unwrap()).unwrap();
    let resources = &template["Resources"];
    assert_eq!(resources["UserPolicy"]["Properties"]["PolicyDocument"], kit["policy"]);
    assert_eq!(resources["ConsoleRole"]["Properties"]["AssumeRolePolicyDocument"], kit["trustPolicy"]);
    assert!(!template["Outputs"].to_string().contains("SecretAccessKey"), "no secret in an output");
}

#[rstest]
#[case::for_keys("")]
#[case::for_a_role("?mode=role&externalId=berth-Wm3ePZ8sWn1nV5r0q2Xc7TtYb4Lk9HdA")]
#[tokio::test]
async fn the_cloudformation_template_passes_cfn_lint(#[case] query: &str) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let kit = app.owner.get(&format!("/api/iam-kit{query}")).await.body;
    let files = tempfile::tempdir().unwrap();
    let template = files.path().join("berth.json");
    std::fs::write(&template, kit["cloudformation"].as_str().unwrap()).unwrap();
    let lint = Command::new(tool("cfn-lint")).arg(&template).output().await.unwrap();
    assert!(lint.status.success(), "{}", String::from_utf8_lossy(&lint.stdout));
}

#[tokio::test]
async fn the_script_run_twice_makes_an_account_that_verifies() {
    let simulator = Simulator::moto().await;
    let app = TestApp::start(Backend::Sqlite, simulator.endpoint()).await;
    let kit = kit(&app).await;
    let account_id = "481516234200";
    let admin = simulator.admin(account_id).await;
    let script = Script::new(&simulator, &admin, kit["cli"].as_str().unwrap());

    let first = script.run().await;
    let again = script.run().await;

    assert!(again.printed.contains(&first.value("AWS access key")), "{}", again.printed);
    assert!(!again.printed.contains(&first.value("AWS secret key")), "the secret is shown once");
    let browser = app.at_console(Role::Owner).await;
    let form = json!({
        "name": "from the kit",
        "accessKeyId": first.value("AWS access key"),
        "accessSecretKey": first.value("AWS secret key"),
        "consoleRoleName": first.value("IAM role name"),
    });
    let events = browser.post("/api/cloud-accounts/verify", form).await.events();
    assert_eq!(events.last().unwrap().1["conclusion"], "verified", "{events:#?}");
    // moto does not know all quotas.
    let findings = events.iter().filter(|(name, data)| name == "finding" && data["check"] != "quotas");
    let wanting: Vec<_> = findings.filter(|(_, data)| data["verdict"] != "pass").collect();
    assert!(wanting.is_empty(), "{wanting:#?}");
}

#[tokio::test]
async fn the_script_for_a_role_run_twice_makes_an_account_that_registers_with_what_it_printed() {
    let simulator = Simulator::moto().await;
    let app = TestApp::start_for_roles(Backend::Sqlite, &simulator).await;
    let issued = app.owner.post("/api/cloud-accounts/external-id", json!({})).await.body;
    let external_id = issued["externalId"].as_str().unwrap();
    let text = app.owner.get(&format!("/api/iam-kit/cli?mode=role&externalId={external_id}")).await;
    let admin = simulator.admin("481516234201").await;
    let script = Script::new(&simulator, &admin, text.body.as_str().unwrap());

    script.run().await;
    let printed = script.run().await;

    assert_eq!(printed.value("External id"), external_id);
    let form = json!({
        "name": "from the kit",
        "accessMode": "role",
        "roleArn": printed.value("Role ARN"),
        "externalId": external_id,
        "consoleRoleName": printed.value("IAM role name"),
    });
    let task = app.owner.finished(app.owner.post("/v1/cloud-accounts", form).await).await;
    assert!(task["response"]["resourceId"].is_i64(), "{task:#}");
    let findings =
        app.owner.get(&format!("/api/tasks/{}/findings", task["taskId"].as_str().unwrap())).await;
    // moto does not know all quotas.
    let findings = findings.body["findings"].as_array().unwrap().iter().filter(|f| f["check"] != "quotas");
    let wanting: Vec<_> = findings.filter(|finding| finding["verdict"] != "pass").collect();
    assert!(wanting.is_empty(), "{wanting:#?}");
}

#[rstest]
#[case("cloudformation", "application/json", "AccessRole")]
#[case("terraform", "text/plain; charset=utf-8", "aws_iam_role_policy_attachment")]
#[case("cli", "text/plain; charset=utf-8", "attach-role-policy")]
#[case("policy", "application/json", "role/berth-access")]
#[case("doc", "text/markdown; charset=utf-8", "role/berth-access")]
#[tokio::test]
async fn each_form_is_a_file_of_its_own(
    #[case] format: &str,
    #[case] media_type: &str,
    #[case] holds: &str,
) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;

    let file = app.owner.get(&format!("/api/iam-kit/{format}?mode=role&externalId=berth-1")).await;

    assert_eq!((file.status, &file.headers["content-type"]), (200, &media_type.parse().unwrap()));
    assert!(file.body.to_string().contains(holds), "{}", file.body);
}

#[rstest]
#[case("?mode=role", 400, "POST /api/cloud-accounts/external-id issues one")]
#[case("/cli?mode=role", 400, "POST /api/cloud-accounts/external-id issues one")]
#[case("/cli?externalId=berth-1", 400, "goes with mode=role only")]
#[case("/cli?mode=role&externalId=a%20b", 400, "externalId")]
#[case("/cli?mode=magic", 400, "must be one of keys, role")]
#[case("/pulumi", 404, "policy, cloudformation, terraform, cli and doc")]
#[tokio::test]
async fn a_kit_that_cannot_be_made_says_what_it_lacks(
    #[case] path: &str,
    #[case] status: u16,
    #[case] words: &str,
) {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;

    let refused = app.owner.get(&format!("/api/iam-kit{path}")).await;

    assert_eq!(refused.status, status, "{refused:#?}");
    assert!(refused.body.to_string().contains(words), "{refused:#?}");
}
