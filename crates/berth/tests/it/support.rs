//! Technical support access with a real AssumeRole: staff at the command line, the customer in the API.

use std::process::Output;

use berth_testkit::{
    app::Client,
    aws::{berth_customer, operator_key},
    customer::{Customer, OPERATOR_ACCOUNT, trust_policy},
    database::Backend,
    proxy::Proxy,
    receiver::{Manner, Receiver},
    simulator::Simulator,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{
    harness::{Home, Server, text},
    roles::{places, session_secrets},
    secrets::search,
};

const DEVICE: &str = "arn:aws:iam::999988887777:mfa/berth";
const TOKEN: &str = "canary-sign-in-token-4Wq";
const CODE: &str = "604815";

/// An installation with one cloud account, whose staff can sign in at a page that gives [`TOKEN`].
struct Scene {
    home: Home,
    aws: Proxy,
    page: Receiver,
    customer: Customer,
}

impl Scene {
    async fn new(trust: Value) -> Self {
        let simulator = Simulator::moto().await;
        let customer = berth_customer(&simulator).trust_policy(trust).prepare().await;
        let aws = Proxy::start(simulator.endpoint()).await;
        let page = Receiver::start(&[Manner::Json(r#"{"SigninToken":"canary-sign-in-token-4Wq"}"#)]).await;
        let home = Home::new(Backend::Sqlite, &aws.endpoint()).await;
        let home = home.operated_with(operator_key(&simulator).await);
        Self { home, aws, page, customer }
    }

    fn settings(&self) -> [(&str, &str); 3] {
        [
            ("BERTH_CONSOLE_FEDERATION_URL", &self.page.url),
            ("BERTH_OPERATOR_MFA_SERIAL", DEVICE),
            ("BERTH_LOG_FILTER", "trace"),
        ]
    }

    fn serve(&self) -> Server {
        self.home.serve_with(&self.settings())
    }

    /// `berth support`, by Ada.
    fn support(&self, arguments: &[&str], code: Option<&str>) -> Output {
        let account = self.home.keys()["accountId"].to_string();
        let mut all = vec!["support"];
        all.extend(arguments);
        all.extend(["--account-id", &account, "--by", "Ada", "--json"]);
        all.extend(code.iter().flat_map(|code| ["--mfa-code", code]));
        self.home.command(&all).envs(self.settings()).output().unwrap()
    }
}

fn session(id: i64) -> [String; 6] {
    ["session", &id.to_string(), "--reason", "Ticket 4711", "--minutes", "15"].map(str::to_owned)
}

fn asked(scene: &Scene, id: i64, code: Option<&str>) -> Output {
    let arguments = session(id);
    scene.support(&arguments.each_ref().map(String::as_str), code)
}

fn json_of(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn set(owner: &Client, id: i64, mode: &str) {
    let changed =
        owner.put(&format!("/api/cloud-accounts/{id}/support-access"), json!({ "mode": mode })).await;
    assert_eq!(changed.status, 200, "{changed:#?}");
}

fn without_mfa() -> Value {
    let mut trust = trust_policy(OPERATOR_ACCOUNT);
    trust["Statement"][0].as_object_mut().unwrap().remove("Condition");
    trust
}

#[rstest]
#[case::a_second_factor_is_asked_for(trust_policy(OPERATOR_ACCOUNT), Some(CODE))]
#[case::none_is_asked_for(without_mfa(), None)]
#[tokio::test(flavor = "multi_thread")]
async fn what_an_owner_approves_staff_opens_once(#[case] trust: Value, #[case] code: Option<&str>) {
    let scene = Scene::new(trust).await;
    let server = scene.serve();
    let owner = scene.home.owner(&server);
    let id = owner.register(&scene.customer, "production").await;
    set(&owner, id, "approval").await;

    let waits = json_of(&asked(&scene, id, code));
    assert_eq!((&waits["state"], &waits["signInUrl"]), (&json!("requested"), &Value::Null));
    let session = waits["id"].as_str().unwrap();
    let redeem = || scene.support(&["redeem", session], code);
    assert!(text(&redeem()).contains("it is requested"), "nobody approved it");
    let approved = owner.post(&format!("/api/console-sessions/{session}/approve"), json!({})).await;
    assert_eq!(approved.status, 200, "{approved:#?}");

    let opened = json_of(&redeem());
    assert!(opened["signInUrl"].as_str().unwrap().contains(TOKEN), "{opened:#}");
    let again = redeem();
    assert!(!again.status.success() && text(&again).contains("it is opened"), "{}", text(&again));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_wants_a_second_factor_is_not_assumed_without_one() {
    let scene = Scene::new(trust_policy(OPERATOR_ACCOUNT)).await;
    let server = scene.serve();
    let id = scene.home.owner(&server).register(&scene.customer, "production").await;

    let refused = asked(&scene, id, None);

    assert!(!refused.status.success());
    assert!(text(&refused).contains("asks for a second factor"), "{}", text(&refused));
    assert!(scene.page.received().is_empty(), "no session was shown to the sign-in page");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_url_nor_keys_of_a_console_session_show_up_anywhere_but_in_its_answer() {
    let scene = Scene::new(trust_policy(OPERATOR_ACCOUNT)).await;
    let server = scene.serve();
    let owner = scene.home.owner(&server);
    let id = owner.register(&scene.customer, "production").await;
    let sessions = format!("/api/cloud-accounts/{id}/console-sessions");

    let wish = json!({ "reason": "Ticket 4711", "minutes": 15, "mfaCode": CODE });
    let opened = owner.post(&sessions, wish.clone()).await;
    assert!(opened.body["signInUrl"].as_str().unwrap().contains(TOKEN), "{opened:#?}");
    set(&owner, id, "off").await;
    let refused = owner.post(&sessions, wish).await;
    assert_eq!(refused.status, 403, "{refused:#?}");
    let by_staff = asked(&scene, id, Some(CODE));
    assert!(text(&by_staff).contains("switched off"), "{}", text(&by_staff));

    let mut secrets = session_secrets(&scene.aws);
    assert!(secrets.len() >= 2, "no role was assumed");
    secrets.push(TOKEN.to_owned());
    let mut places = places(&scene.home, &server);
    places.push(("the refusals".into(), [refused.body.to_string(), text(&by_staff)].concat().into_bytes()));
    for read in [&sessions[..], "/v1/logs", "/metrics"] {
        places.push((read.to_owned(), owner.get(read).await.body.to_string().into_bytes()));
    }
    search(&places, &secrets.iter().map(String::as_str).collect::<Vec<_>>());
}
