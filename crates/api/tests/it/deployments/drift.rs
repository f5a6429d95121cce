//! Everything that people change by hand is found by the next look, and nothing else.
//!
//! What no simulator can show is left to the rules' own tests (`crates/domain/tests/it/deployments/drifts.rs`): AWS's own
//! doing (a failed host, a retirement), a volume that is not encrypted or of another size, metadata that is open,
//! monitoring that is off, and a VPC with a second network.

use berth_cloud::{ErrorKind, unreliable::Unreliable};
use berth_domain::subscription::admission::MOST_UNSETTLED;
use berth_testkit::meddling::Meddling;

use super::*;

const CLIENTS: &str = "192.168.7.0/24";
/// AWS lets an AWS account have five VPCs in a region, and one is there from the beginning.
const REGIONS: [&str; 7] =
    ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1"];
const ALLOWED: &str = "in: TCP 10000-19999 from 192.168.7.0/24";
const OUT: &str = "0.0.0.0/0 through <internet-gateway>";
const MINE: &str = "berth:deployment=<deployment>";

/// What is done by hand, and what is found then: of which resource, what, expected and found. `<it>` is what was
/// changed or is new.
const FOUND: [(Meddling, &str, &str, &str, &str); 24] = [
    (Meddling::TerminateInstance, "node/1", "terminated", "running", "terminated"),
    (Meddling::StopInstance, "node/1", "stopped", "running", "stopped"),
    (Meddling::ResizeInstance, "node/1", "retyped", "r6i.large", "t3.micro"),
    (Meddling::TakeProfile, "node/1", "other-profile", "berth-node", "no instance profile"),
    (
        Meddling::ReplaceGroups,
        "node/1",
        "other-groups",
        "<security-group/clients>, <security-group/nodes>",
        "<another>",
    ),
    (
        Meddling::DetachVolume,
        "node/1/data",
        "volume-detached",
        "attached to <node/1> as /dev/sdf",
        "attached to nothing",
    ),
    (
        Meddling::AttachPlainVolume,
        "node/1",
        "volume-added",
        "nothing as /dev/sdz",
        "<it> as /dev/sdz, not encrypted",
    ),
    (
        Meddling::AddRule,
        "security-group/clients",
        "rule-added",
        "no such rule",
        "in: TCP 22 from 0.0.0.0/0",
    ),
    (Meddling::RemoveRule, "security-group/clients", "rule-removed", ALLOWED, "no such rule"),
    (
        Meddling::WidenRule,
        "security-group/clients",
        "rule-widened",
        ALLOWED,
        "in: TCP 10000-19999 from 0.0.0.0/0",
    ),
    (
        Meddling::RemoveEgress,
        "security-group/clients",
        "rule-removed",
        "out: all traffic to 0.0.0.0/0",
        "no such rule",
    ),
    (Meddling::DeleteRoute, "route-table", "route-removed", OUT, "no such route"),
    (
        Meddling::AddRoute,
        "route-table",
        "route-added",
        "no such route",
        "192.0.2.0/24 through <internet-gateway>",
    ),
    (
        Meddling::DetachGateway,
        "internet-gateway",
        "gateway-detached",
        "attached to <vpc>",
        "attached to nothing",
    ),
    (
        Meddling::DisassociateRouteTable,
        "route-table",
        "subnet-without-routes",
        "<route-table> routes <subnet>",
        "the VPC's main route table routes <subnet>",
    ),
    (
        Meddling::TakePublicAddresses,
        "subnet",
        "subnet-changed",
        "instances get a public address",
        "instances get no public address",
    ),
    (Meddling::TakeHostnames, "vpc", "vpc-changed", "enableDnsHostnames on", "enableDnsHostnames off"),
    (Meddling::RemoveTag, "node/1", "tag-removed", MINE, "no tag berth:deployment"),
    (Meddling::ChangeTag, "vpc", "tag-changed", MINE, "berth:deployment=somebody else's"),
    (Meddling::DeleteKeyPair, "key-pair", "gone", "there", "not there"),
    (Meddling::ForeignInstance, "", "unknown-resource", "only what Berth made", "instance <it>"),
    (Meddling::ForeignInterface, "", "unknown-resource", "only what Berth made", "network interface <it>"),
    (Meddling::ForeignSubnet, "", "unknown-resource", "only what Berth made", "subnet <it>"),
    (
        Meddling::ForeignGroup,
        "",
        "unknown-resource",
        "only what Berth made",
        "security group <it> \"somebodys\"",
    ),
];

/// A subscription with clients allowed in, in its own network.
struct Patient {
    id: i64,
    region: &'static str,
}

impl Patient {
    async fn order(client: &Client, cloud_account: i64, number: usize) -> Self {
        let region = REGIONS[number / 4];
        // A subnet of somebody else's needs room in the network.
        let spread = FOUND.get(number).is_some_and(|found| found.0 == Meddling::ForeignSubnet);
        let mut body = order(
            cloud_account,
            &json!({
                "region": region, "multipleAvailabilityZones": spread,
                "networking": { "deploymentCIDR": format!("10.0.{number}.0/24") },
            }),
        );
        body["name"] = json!(format!("patient {number}"));
        body["databases"][0]["replication"] = json!(spread);
        let id = planned(client, body).await;
        let path = format!("/v1/subscriptions/{id}/cidr");
        client.finished(client.put(&path, json!({ "cidrIps": [CLIENTS] })).await).await;
        Self { id, region }
    }

    async fn deployment(&self, client: &Client) -> Value {
        let path = format!("/api/subscriptions/{}/deployments", self.id);
        client.get(&path).await.body["deployments"][0].take()
    }

    /// What drift says, with names instead of ids.
    async fn findings(&self, client: &Client, it: &str) -> Vec<[String; 4]> {
        let deployment = self.deployment(client).await;
        let found = drift(client, self.id).await;
        let tell = |found: &Value| {
            ["resource", "what", "expected", "found"]
                .map(|field| named(found[field].as_str().unwrap_or_default(), &deployment, it))
        };
        found.as_array().unwrap().iter().map(tell).collect()
    }
}

/// The same text with names for ids, without what AWS says in brackets and without the zone of a subnet.
fn named(text: &str, deployment: &Value, it: &str) -> String {
    let mut text = text.split(" (").next().unwrap_or_default().to_owned();
    for resource in deployment["resources"].as_array().unwrap() {
        let name = resource["name"].as_str().unwrap();
        let name = if name.starts_with("subnet/") { "subnet" } else { name };
        if let Some(id) = resource["awsId"].as_str() {
            text = text.replace(id, &format!("<{name}>"));
        }
        text = text.replace(resource["name"].as_str().unwrap(), name);
    }
    text = text.replace(deployment["id"].as_str().unwrap(), "<deployment>").replace(it, "<it>");
    let mut parts: Vec<&str> = text.split(", ").collect();
    if parts.iter().all(|part| part.starts_with('<') && part.ends_with('>')) {
        parts.sort_unstable();
    }
    let parts = parts.into_iter().map(|part| if part.starts_with("sg-") { "<another>" } else { part });
    parts.collect::<Vec<_>>().join(", ")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_by_hand_is_found_by_the_next_look_and_nothing_else() {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let client = &app.owner;
    let mut patients = Vec::new();
    let numbers: Vec<_> = (0..=FOUND.len()).collect();
    // As many at once as an account may have.
    for together in numbers.chunks(MOST_UNSETTLED) {
        let first = patients.len();
        for number in together {
            patients.push(Patient::order(client, cloud_account, *number).await);
        }
        for patient in &patients[first..] {
            built(client, patient.id).await;
            assert_eq!(drift(client, patient.id).await, json!([]), "nothing was changed");
        }
    }
    let mut hands = Vec::new();
    for (patient, found) in patients.iter().zip(FOUND) {
        let deployment = patient.deployment(client).await;
        let resources = deployment["resources"].as_array().unwrap();
        let vpc = resources.iter().find(|it| it["name"] == "vpc").unwrap()["awsId"].as_str().unwrap();
        hands.push(found.0.apply(&customer, patient.region, vpc).await);
    }
    let mut wrong = Vec::new();
    for ((patient, it), (by_hand, resource, what, expected, is)) in patients.iter().zip(&hands).zip(FOUND) {
        let found = patient.findings(client, it).await;
        if found != [[resource, what, expected, is].map(str::to_owned)] {
            wrong.push((by_hand, found));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(drift(client, patients[FOUND.len()].id).await, json!([]), "nothing was changed there");
}

/// Changes the allow list; AWS does not let in the new clients so soon.
async fn change_that_does_not_get_on(client: &Client, cloud: &Unreliable, id: i64) {
    for _ in 0..4 {
        cloud.fail_next("ec2:AuthorizeSecurityGroupIngress", ErrorKind::Throttled);
    }
    let path = format!("/v1/subscriptions/{id}/cidr");
    client.finished(client.put(&path, json!({ "cidrIps": ["192.168.8.0/24"] })).await).await;
    in_trouble(client, id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_berths_own_is_no_drift_and_hides_none() {
    let simulator = Simulator::moto().await;
    let customer = berth_customer(&simulator).prepare().await;
    let (app, cloud) = TestApp::start_unreliable(Backend::Sqlite, &simulator).await;
    let client = &app.owner;
    let cloud_account = client.register(&customer, "production").await;
    let id = ordered(client, cloud_account, &one_zone()).await;
    change_that_does_not_get_on(client, &cloud, id).await;
    assert_eq!(drift(client, id).await, json!([]), "Berth takes its own change for drift");

    let vpc = View::of(&customer, REGION).await.ids("vpc")[0].to_owned();
    Meddling::ForeignGroup.apply(&customer, REGION, &vpc).await;
    let path = format!("/api/subscriptions/{id}/drift");
    let seen = until(client, &path, |it| it["deployments"][0]["findings"] != json!([])).await;
    assert_eq!(seen["deployments"][0]["findings"][0]["what"], "unknown-resource");

    let path = format!("/api/subscriptions/{id}/deployments");
    until(client, &path, |it| it["deployments"][0]["trouble"].is_null()).await;
    assert_eq!(cloud.faults_left(), 0);
    assert_eq!(drift(client, id).await.as_array().unwrap().len(), 1, "the group alone");
}
