//! What stands in the way of a deployment for good or for long, and how it goes on from there.

use berth_cloud::{ErrorKind, unreliable::Unreliable};

use super::*;

struct Scene {
    app: TestApp,
    cloud: Unreliable,
    customer: Customer,
    cloud_account: i64,
}

impl Scene {
    async fn set() -> Self {
        let simulator = Simulator::moto().await;
        let customer = berth_customer(&simulator).prepare().await;
        let (app, cloud) = TestApp::start_unreliable(Backend::Sqlite, &simulator).await;
        let cloud_account = app.owner.register(&customer, "production").await;
        Self { app, cloud, customer, cloud_account }
    }

    /// Orders a subscription whose nodes fail to start that often.
    async fn order_that_fails(&self, region: &Value, kind: &ErrorKind, times: usize) -> i64 {
        for _ in 0..times {
            self.cloud.fail_next("ec2:RunInstances", kind.clone());
        }
        let mut order = order(self.cloud_account, region);
        order["databases"][0]["replication"] = json!(false);
        planned(&self.app.owner, order).await
    }

    async fn zones(&self, id: i64) -> Value {
        let path = format!("/api/subscriptions/{id}/deployments");
        self.app.owner.get(&path).await.body["deployments"][0]["zones"].take()
    }

    fn calls(&self, operation: &str) -> usize {
        self.cloud.calls().iter().filter(|call| **call == operation).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_credentials_pause_building_and_healed_ones_let_it_go_on() {
    let scene = Scene::set().await;
    let id = scene.order_that_fails(&one_zone(), &ErrorKind::Throttled, 3).await;
    in_trouble(&scene.app.owner, id).await;
    let key = &scene.customer.access_key.access_key_id;
    scene.customer.disable_access_key(key).await;
    let path = format!("/api/subscriptions/{id}/deployments");
    let remedy =
        |it: &Value| it["deployments"][0]["trouble"]["remedy"].as_str().unwrap_or_default().to_owned();
    until(&scene.app.owner, &path, |it| remedy(it).contains("credentials of the cloud account")).await;
    let paused = scene.app.owner.get(&format!("/v1/subscriptions/{id}")).await.body;
    assert_eq!(paused["status"], "pending", "it is not given up");
    scene.customer.enable_access_key(key).await;
    built(&scene.app.owner, id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_replaced_in_the_middle_of_building_is_used_from_then_on() {
    let scene = Scene::set().await;
    let id = scene.order_that_fails(&one_zone(), &ErrorKind::Throttled, 4).await;
    in_trouble(&scene.app.owner, id).await;
    let key = scene.customer.create_access_key().await;
    let path = format!("/v1/cloud-accounts/{}", scene.cloud_account);
    let body = json!({ "accessKeyId": key.access_key_id, "accessSecretKey": key.secret_access_key });
    let task = scene.app.owner.finished(scene.app.owner.put(&path, body).await).await;
    assert_eq!(task["status"], "processing-completed", "{task:#}");
    scene.customer.delete_access_key(&scene.customer.access_key.access_key_id).await;
    built(&scene.app.owner, id).await;
    assert_eq!(drift(&scene.app.owner, id).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_while_it_is_built_stops_building_and_removes_what_there_is() {
    let scene = Scene::set().await;
    let id = scene.order_that_fails(&one_zone(), &ErrorKind::Throttled, 20).await;
    in_trouble(&scene.app.owner, id).await;
    let asked = scene.calls("ec2:RunInstances");
    deleted(&scene.app.owner, id).await;
    assert_eq!(View::of(&scene.customer, REGION).await.things, []);
    assert!(scene.calls("ec2:RunInstances") <= asked + 1, "it went on building");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_go_to_another_zone_when_one_has_no_machines_left() {
    let scene = Scene::set().await;
    let id = scene.order_that_fails(&one_zone(), &ErrorKind::Capacity, 3).await;
    in_trouble(&scene.app.owner, id).await;
    let first = scene.zones(id).await;
    built(&scene.app.owner, id).await;
    assert_ne!(scene.zones(id).await, first);
    let view = View::of(&scene.customer, REGION).await;
    assert_eq!((view.ids("subnet").len(), view.ids("instance").len()), (1, 1), "the old zone is cleared");
    assert_eq!(drift(&scene.app.owner, id).await, json!([]));
    let log = scene.app.owner.get("/v1/logs").await.body.to_string();
    assert!(log.contains("Subscription moved"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_that_were_ordered_are_kept_when_they_have_no_machines() {
    let scene = Scene::set().await;
    let mut region = one_zone();
    region["preferredAvailabilityZones"] = json!(["use1-az2"]);
    let id = scene.order_that_fails(&region, &ErrorKind::Capacity, 4).await;
    let trouble = in_trouble(&scene.app.owner, id).await["trouble"].take();
    assert!(trouble["remedy"].as_str().unwrap().contains("order other zones"), "{trouble:#}");
    built(&scene.app.owner, id).await;
    assert_eq!(scene.zones(id).await, json!(["use1-az2"]));
}

#[rstest]
#[case::tried_again("retry")]
#[case::deleted_again("delete")]
#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_was_given_up_goes_on_as_a_removal(#[case] how: &str) {
    let scene = Scene::set().await;
    let client = &scene.app.owner;
    let id = ordered(client, scene.cloud_account, &one_zone()).await;
    for _ in 0..4 {
        scene.cloud.fail_next("ec2:DeleteVpc", ErrorKind::Unexpected);
    }
    let path = format!("/v1/subscriptions/{id}");
    client.finished(client.delete(&path).await).await;
    let given_up = until(client, &path, |it| it["status"] == "error").await;
    let created = scene.calls("ec2:CreateSubnet");
    match how {
        "retry" => {
            let answer = client.post(&format!("/api/subscriptions/{id}/retry"), json!({})).await;
            assert_eq!(answer.status, 202, "{answer:#?}\n{given_up:#}");
            gone(client, id).await;
        }
        _ => deleted(client, id).await,
    }
    assert_eq!(scene.calls("ec2:CreateSubnet"), created, "it was built again");
    assert_eq!(View::of(&scene.customer, REGION).await.things, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_aws_refuses_is_an_error_with_its_reason_until_it_is_tried_again() {
    let scene = Scene::set().await;
    let client = &scene.app.owner;
    let id = scene.order_that_fails(&one_zone(), &ErrorKind::QuotaExceeded, 1).await;
    let path = format!("/v1/subscriptions/{id}");
    until(client, &path, |it| it["status"] == "error").await;
    let trouble = in_trouble(client, id).await["trouble"].take();
    assert_eq!((&trouble["resource"], &trouble["action"]), (&json!("node/1"), &json!("ec2:RunInstances")));
    assert!(trouble["remedy"].as_str().unwrap().contains("higher quota"), "{trouble:#}");
    client.post(&format!("/api/subscriptions/{id}/retry"), json!({})).await;
    built(client, id).await;
}
