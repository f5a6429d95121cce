//! Secrets show up nowhere: files, logs at every level, answers, metrics. The master key can be changed.

use std::{fs, path::PathBuf};

use berth_testkit::{
    app::body, aws::berth_customer, customer::Customer, database::Backend, simulator::Simulator,
};
use serde_json::{Value, json};

use crate::harness::{Home, text};

const PASSWORD: &str = "canary-console-password-7Qx";

/// None of the secrets is in any of the places.
pub(crate) fn search(places: &[(String, Vec<u8>)], secrets: &[&str]) {
    for secret in secrets {
        for (place, content) in places {
            let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "a secret stands in {place}");
        }
    }
}

fn with_password(customer: &Customer, name: &str) -> Value {
    let mut request = body(customer, name);
    request["consoleUsername"] = json!("support");
    request["consolePassword"] = json!(PASSWORD);
    request
}

#[tokio::test]
async fn no_secret_shows_up_anywhere() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    customer.create_console_user("support", PASSWORD).await;
    let home = Home::new(Backend::Sqlite, simulator.endpoint()).await;
    let server = home.serve_with(&[("BERTH_LOG_FILTER", "trace"), ("RUST_BACKTRACE", "1")]);
    let owner = home.owner(&server);
    let mut answers = Vec::new();
    let webhook = owner.post("/api/webhooks", json!({ "url": "https://example.com/hooks" })).await;
    let webhook = webhook.body["secret"].as_str().unwrap().to_owned();
    answers.push(owner.get("/api/webhooks").await.body.to_string());

    // Saved, changed, refused by AWS, refused as malformed.
    let task = owner
        .finished(owner.post("/v1/cloud-accounts", with_password(&customer, "production")).await)
        .await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    answers.push(task.to_string());
    let path = format!("/v1/cloud-accounts/{}", task["response"]["resourceId"]);
    let new = customer.create_access_key().await;
    let change = json!({ "accessKeyId": new.access_key_id, "accessSecretKey": new.secret_access_key });
    answers.push(owner.finished(owner.put(&path, change).await).await.to_string());
    let wrong = customer.wrong_secret();
    let change = json!({ "accessSecretKey": wrong.secret_access_key });
    answers.push(owner.finished(owner.put(&path, change).await).await.to_string());
    let malformed = "canary-malformed-secret-that-is-too-short";
    let refused = owner.put(&path, json!({ "accessSecretKey": malformed, "consolePassword": 5 })).await;
    answers.push(refused.body.to_string());
    let broken = format!("{{\"accessSecretKey\": \"{malformed}\", ");
    answers.push(owner.send(reqwest::Method::PUT, &path, Some(broken)).await.body.to_string());
    for read in [&path[..], "/v1/cloud-accounts", "/v1/tasks", "/v1/logs", "/v1/", "/metrics"] {
        answers.push(owner.get(read).await.body.to_string());
    }

    let key = |name: &str| home.keys()["apiKey"][name].as_str().unwrap();
    let password = home.keys()["owner"]["password"].as_str().unwrap();
    let old = &customer.access_key.secret_access_key;
    let secrets = [
        old,
        &new.secret_access_key,
        &wrong.secret_access_key,
        PASSWORD,
        malformed,
        key("secretKey"),
        password,
        // Its text begins with the word that says what it is.
        webhook.trim_start_matches("whsec_"),
    ];
    let mut places: Vec<_> =
        answers.into_iter().map(|answer| ("an answer".to_owned(), answer.into_bytes())).collect();
    places.push(("the log".into(), server.log().into_bytes()));
    assert!(server.log().contains("DEBUG"), "the log was not at its most talkative");
    let files: Vec<PathBuf> = home.files();
    assert!(files.iter().any(|file| file.extension().is_some_and(|e| e == "db-wal")), "{files:?}");
    for file in files {
        places.push((file.display().to_string(), fs::read(file).unwrap()));
    }
    search(&places, &secrets);
}

#[tokio::test]
async fn a_new_master_key_seals_everything_while_the_server_runs() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let home = Home::new(Backend::Sqlite, simulator.endpoint()).await;
    let server = home.serve();
    let owner = home.owner(&server);
    let path = format!("/v1/cloud-accounts/{}", owner.register(&customer, "production").await);

    home.ok(&["master-key", "rotate"]);
    // Nothing is left that needs the old key.
    let ring: Value = serde_json::from_slice(&fs::read(home.master_key_file()).unwrap()).unwrap();
    let active = ring["active"].as_str().unwrap();
    let only_new = json!({ "active": active, "keys": { active: ring["keys"][active] } });
    fs::write(home.master_key_file(), only_new.to_string()).unwrap();
    drop(server);

    let server = home.serve();
    let owner = home.owner(&server);
    let change = json!({ "consoleRoleName": "berth-console" });
    let task = owner.finished(owner.put(&path, change).await).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    assert_eq!(owner.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn a_server_that_runs_seals_with_the_new_key_from_then_on() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let home = Home::new(Backend::Sqlite, simulator.endpoint()).await;
    let server = home.serve();
    home.ok(&["master-key", "rotate"]);
    home.owner(&server).register(&customer, "production").await;
    let ring: Value = serde_json::from_slice(&fs::read(home.master_key_file()).unwrap()).unwrap();
    let again = home.command(&["master-key", "rotate"]).output().unwrap();
    assert!(again.status.success(), "{}", text(&again));
    assert_eq!(ring["keys"].as_object().unwrap().len(), 2);
    assert_eq!(home.owner(&server).get("/readyz").await.status, 200);
}
