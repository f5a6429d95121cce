//! The IAM kit: what it makes is an account that verifies.

use std::{
    path::{Path, PathBuf},
    process::Output,
};

use berth_domain::account::Role;
use berth_testkit::{app::TestApp, customer::OPERATOR_ACCOUNT, database::Backend, simulator::Simulator};
use serde_json::{Value, json};
use tokio::process::Command;

const NOWHERE: &str = "http://127.0.0.1:9";

/// A program of the Python environment that the simulators run in.
fn tool(name: &str) -> PathBuf {
    match std::env::var_os("BERTH_TEST_PYTHON") {
        Some(python) => Path::new(&python).with_file_name(name),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache/venv/bin").join(name),
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

#[tokio::test]
async fn the_cloudformation_template_passes_cfn_lint() {
    let app = TestApp::start(Backend::Sqlite, NOWHERE).await;
    let kit = kit(&app).await;
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
    let files = tempfile::tempdir().unwrap();
    let script = files.path().join("create.sh");
    std::fs::write(&script, kit["cli"].as_str().unwrap()).unwrap();
    let path = format!("{}:/usr/bin:/bin", tool("aws").parent().unwrap().display());
    let run = async || -> Output {
        let mut command = Command::new("bash");
        command.arg(&script).env_clear().env("PATH", &path).env("HOME", files.path());
        command.env("AWS_ENDPOINT_URL", simulator.endpoint()).env("AWS_DEFAULT_REGION", "eu-west-1");
        command.env("AWS_ACCESS_KEY_ID", &admin.access_key_id);
        command.env("AWS_SECRET_ACCESS_KEY", &admin.secret_access_key);
        command.output().await.unwrap()
    };

    let first = run().await;
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let printed = String::from_utf8(first.stdout).unwrap();
    let value = |label: &str| {
        let line = printed.lines().find(|line| line.trim_start().starts_with(label)).unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    };
    let again = run().await;
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    let again = String::from_utf8(again.stdout).unwrap();
    assert!(again.contains(&value("AWS access key")), "{again}");
    assert!(!again.contains(&value("AWS secret key")), "the secret is shown once");

    let browser = app.at_console(Role::Owner).await;
    let form = json!({
        "name": "from the kit",
        "accessKeyId": value("AWS access key"),
        "accessSecretKey": value("AWS secret key"),
        "consoleRoleName": value("IAM role name"),
    });
    let events = browser.post("/api/cloud-accounts/verify", form).await.events();
    assert_eq!(events.last().unwrap().1["conclusion"], "verified", "{events:#?}");
    let wanting: Vec<_> =
        events.iter().filter(|(name, data)| name == "finding" && data["verdict"] != "pass").collect();
    assert!(wanting.is_empty(), "{wanting:#?}");
}
