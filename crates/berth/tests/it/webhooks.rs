//! Webhooks by https, to an endpoint that an authority of the operator's own vouches for.

use std::{fs, path::PathBuf, process::Output};

use berth_testkit::{
    database::Backend,
    receiver::{Manner, Receiver},
    tls::TlsDoor,
};
use serde_json::Value;

use crate::harness::{Home, text};

/// An endpoint behind TLS, and an installation that has it as its webhook.
struct Scene {
    home: Home,
    receiver: Receiver,
    door: TlsDoor,
    id: String,
}

impl Scene {
    async fn new() -> Self {
        let receiver = Receiver::start(&[Manner::Status(200)]).await;
        let door = TlsDoor::before(&receiver.url);
        let home = Home::new(Backend::Sqlite, "http://127.0.0.1:9").await;
        let mut add = home.command(&["webhook", "add", &door.url, "--json"]);
        let added = add.env("BERTH_WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8").output().unwrap();
        assert!(added.status.success(), "{}", text(&added));
        let added: Value = serde_json::from_slice(&added.stdout).unwrap();
        Self { home, receiver, door, id: added["id"].to_string() }
    }

    /// Sends a `ping`, trusting this authority.
    fn ping(&self, authority: &str) -> Output {
        let file: PathBuf = self.home.master_key_file().with_file_name("authorities.pem");
        fs::write(&file, authority).unwrap();
        let mut command = self.home.command(&["webhook", "test", &self.id]);
        command.env("BERTH_WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8").env("SSL_CERT_FILE", file);
        command.output().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_told_by_https_where_its_authority_is_known() {
    let scene = Scene::new().await;

    let told = scene.ping(&scene.door.authority);

    assert!(told.status.success(), "{}", text(&told));
    let received = scene.receiver.wait_for(1).await.remove(0);
    assert!(received.body.contains("ping") && received.header("webhook-signature").starts_with("v1,"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_told_nothing_where_its_authority_is_not_known() {
    let scene = Scene::new().await;
    let another = TlsDoor::before(&scene.receiver.url);

    let refused = scene.ping(&another.authority);

    assert!(!refused.status.success());
    assert!(text(&refused).contains("certificate"), "{}", text(&refused));
    assert!(scene.receiver.received().is_empty(), "it was told all the same");
}
