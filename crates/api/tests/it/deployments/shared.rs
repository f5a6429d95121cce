//! One AWS account behind several cloud accounts, and one cloud account that another AWS account is entered for.

use std::collections::BTreeMap;

use berth_domain::ids::SubscriptionId;
use berth_testkit::{environment, proxy::Proxy};
use jiff::Timestamp;

use super::*;

/// An AWS account that is registered twice, with a subscription for each.
struct Twice {
    app: TestApp,
    aws: Proxy,
    customer: Customer,
    cloud_accounts: [i64; 2],
    subscriptions: [i64; 2],
}

async fn registered_twice(backend: Backend, simulator: &Simulator) -> Twice {
    let customer = berth_customer(simulator).prepare().await;
    let aws = Proxy::start(simulator.endpoint()).await;
    let app = TestApp::start(backend, &aws.endpoint()).await;
    let production = app.owner.register(&customer, "production").await;
    let staging = app.owner.register_with(&customer, "staging", &customer.create_access_key().await).await;
    let other = json!({ "region": REGION, "networking": { "deploymentCIDR": "10.1.0.0/24" } });
    let one = ordered(&app.owner, production, &one_zone()).await;
    let two = ordered(&app.owner, staging, &other).await;
    Twice { app, aws, customer, cloud_accounts: [production, staging], subscriptions: [one, two] }
}

impl Twice {
    /// Has some of the subscriptions compared with AWS at the same time; gives what is found of each.
    async fn drift<const N: usize>(&self, subscriptions: [i64; N]) -> [Value; N] {
        let at = environment::system().now();
        let ids = subscriptions.map(|id| id.to_string()).join(", ");
        // All of them are due before somebody looks.
        let due = format!("UPDATE deployments SET next_at = 0 WHERE subscription_id IN ({ids})");
        self.app.database.execute(&due).await;
        let first = SubscriptionId(subscriptions[0].try_into().unwrap());
        self.app.database.store().wake_subscription(first).await.unwrap();
        let compared = |it: &Value| {
            let seen = it["deployments"][0]["comparedTimestamp"].as_str();
            seen.is_some_and(|seen| seen.parse::<Timestamp>().unwrap() >= at)
        };
        let mut found = Vec::new();
        for id in subscriptions {
            let mut answer =
                until(&self.app.owner, &format!("/api/subscriptions/{id}/drift"), compared).await;
            found.push(answer["deployments"][0]["findings"].take());
        }
        found.try_into().unwrap()
    }

    /// How often AWS was asked what is there since the last time, by kind.
    fn asked(&self) -> BTreeMap<String, usize> {
        let mut asked = self.aws.requests_by_action();
        self.aws.forget_requests();
        // Monitoring asks for itself, and attributes are asked for VPC by VPC.
        let others = ["DescribeInstanceStatus", "DescribeVpcAttribute"];
        asked.retain(|action, _| action.starts_with("Describe") && !others.contains(&action.as_str()));
        asked
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_look_serves_every_cloud_account_of_an_aws_account(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let simulator = Simulator::moto().await;
    let twice = registered_twice(backend, &simulator).await;
    let [one, _] = twice.subscriptions;
    twice.asked();
    assert_eq!(twice.drift([one]).await, [json!([])]);
    let for_one = twice.asked();
    assert_eq!(twice.drift(twice.subscriptions).await, [json!([]), json!([])]);
    assert_eq!(twice.asked(), for_one);
    assert_eq!(for_one["DescribeVpcs"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_account_that_does_not_work_holds_up_nothing_of_the_other() {
    let simulator = Simulator::moto().await;
    let twice = registered_twice(Backend::Sqlite, &simulator).await;
    twice.customer.disable_access_key(&twice.customer.access_key.access_key_id).await;
    let view = View::of(&twice.customer, REGION).await;
    for instance in view.ids("instance") {
        let stop = json!({ "InstanceIds": [instance] });
        twice.customer.admin_call_in(REGION, "ec2", "stop_instances", stop).await.unwrap();
    }

    let [of_the_broken, of_the_sound] = twice.drift(twice.subscriptions).await;
    for found in [of_the_broken, of_the_sound] {
        let stopped = found.as_array().unwrap().iter().filter(|it| it["what"] == "stopped");
        assert_eq!(stopped.count(), 3, "{found:#}");
    }
    deleted(&twice.app.owner, twice.subscriptions[1]).await;
    assert_eq!(View::of(&twice.customer, REGION).await.counts(), ONE_ZONE.into(), "the other's is there");
    let production = format!("/v1/cloud-accounts/{}", twice.cloud_accounts[0]);
    assert_eq!(twice.app.owner.get(&production).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_account_that_is_built_with_stays_in_its_aws_account() {
    let simulator = Simulator::moto().await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    let other = berth_customer(&simulator).prepare().await;
    let path = format!("/v1/cloud-accounts/{cloud_account}");
    let before = app.owner.get(&path).await.body;
    let body = json!({
        "accessKeyId": other.access_key.access_key_id,
        "accessSecretKey": other.access_key.secret_access_key,
        "signInLoginUrl": other.sign_in_url(),
    });

    let mut task = app.owner.finished(app.owner.put(&path, body.clone()).await).await;
    let error = task["response"]["error"].take();
    assert_eq!(error["type"], "CLOUD_ACCOUNT_INVALID_CREDS", "{error:#}");
    let told = error["description"].as_str().unwrap();
    assert!(told.contains(&customer.account_id) && told.contains(&other.account_id), "{told}");
    assert_eq!(app.owner.get(&path).await.body, before, "nothing of it was saved");
    assert_eq!(drift(&app.owner, id).await, json!([]));

    deleted(&app.owner, id).await;
    assert_eq!(View::of(&customer, REGION).await.things, [], "nothing is left behind");
    let task = app.owner.finished(app.owner.put(&path, body).await).await;
    assert_eq!(task["status"], "processing-completed", "nothing is built with it any more: {task:#}");
}
