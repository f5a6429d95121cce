//! One zone or three, one region or two, Berth's network or the customer's: what is built is what the dry run said.

use berth_domain::permissions::REDIS_CLOUD;
use berth_testkit::{aws::redis_cloud_customer, simulator::Kind, view::Thing};

use super::*;

/// Region, kind, name, and what matters of it. AWS gives the volumes of an instance the instance's name; their device
/// tells them apart.
type Things = Vec<(String, String, String, Value)>;

/// What a dry run says will be created.
async fn dry_run(client: &Client, mut order: Value) -> Things {
    order["dryRun"] = json!(true);
    let name = order["name"].as_str().unwrap().to_owned();
    let task = client.finished(client.post("/v1/subscriptions", order).await).await;
    let planned =
        task["response"]["resource"]["resources"].as_array().unwrap_or_else(|| panic!("{task:#}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let thing = |it: &Value| {
        let spec = &it["spec"];
        let kind = text(&spec["kind"]);
        let facts = match kind.as_str() {
            "vpc" | "subnet" => json!({ "cidr": spec["cidr"] }),
            "instance" => {
                json!({ "type": spec["instance_type"], "profile": spec["profile"], "image": spec["image"] })
            }
            "volume" => {
                json!({ "size": spec["size_gib"], "device": spec["device"], "type": "gp3", "encrypted": true })
            }
            _ => json!({}),
        };
        let key = text(&it["resource"]);
        let key = key.trim_end_matches("/root").trim_end_matches("/data");
        (text(&it["region"]), kind, format!("berth {name} {key}"), facts)
    };
    sorted(planned.iter().map(thing).collect())
}

/// What is there, but for network interfaces, which come with their instances and which no simulator tags; ministack
/// does not even show them.
async fn there(customer: &Customer, regions: &[&str]) -> Things {
    let mut things = Things::new();
    for region in regions {
        let view = View::of(customer, region).await;
        if customer.simulator() == Kind::Moto {
            assert_eq!(view.ids("network-interface").len(), view.ids("instance").len());
        }
        let found = view.things.iter().filter(|it| it.kind != "network-interface");
        things.extend(found.map(|it| {
            let name = it.tags.get("Name").unwrap_or(&it.id).clone();
            ((*region).to_owned(), it.kind.to_owned(), name, facts(it))
        }));
    }
    sorted(things)
}

fn facts(it: &Thing) -> Value {
    let of =
        |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), it.facts[*name].clone())).collect();
    match it.kind {
        "vpc" | "subnet" => of(&["cidr"]),
        "instance" => of(&["type", "profile", "image"]),
        "volume" => of(&["size", "device", "type", "encrypted"]),
        _ => json!({}),
    }
}

fn sorted(mut things: Things) -> Things {
    things.sort_by_key(|it| format!("{it:?}"));
    things
}

#[rstest]
#[case::one_zone(json!([one_zone()]), &[REGION])]
#[case::three_zones(json!([{
    "region": "eu-west-1", "multipleAvailabilityZones": true,
    "preferredAvailabilityZones": ["euw1-az2", "euw1-az3", "euw1-az1"],
    "networking": { "deploymentCIDR": "10.1.0.0/24" },
}]), &["eu-west-1"])]
#[case::two_regions(json!([
    { "region": REGION, "networking": { "deploymentCIDR": "10.1.0.0/24" } },
    { "region": "eu-west-1", "networking": { "deploymentCIDR": "10.2.0.0/24" } },
]), &[REGION, "eu-west-1"])]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_planned_in_a_dry_run_is_what_is_built(
    #[case] regions: Value,
    #[case] names: &[&str],
    #[values(Kind::Moto, Kind::Ministack)] simulator: Kind,
) {
    let simulator = Simulator::shared(simulator).await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let mut order = order(cloud_account, &one_zone());
    order["cloudProviders"][0]["regions"] = regions;
    if names.len() > 1 {
        order["deploymentType"] = json!("active-active");
    }
    let plan = dry_run(&app.owner, order.clone()).await;
    assert_eq!(there(&customer, names).await, Things::new(), "a dry run creates nothing");
    let id = planned(&app.owner, order).await;
    built(&app.owner, id).await;
    assert_eq!(there(&customer, names).await, plan);
    assert_eq!(drift(&app.owner, id).await, json!([]));
    deleted(&app.owner, id).await;
    assert_eq!(there(&customer, names).await, Things::new());
}

/// A network of the customer's; gives the region of an order in it.
async fn network(customer: &Customer) -> Value {
    let call = async |operation: &str, params: Value| {
        customer.admin_call_in(REGION, "ec2", operation, params).await.unwrap()
    };
    let vpc = call("create_vpc", json!({ "CidrBlock": "10.3.0.0/16" })).await["Vpc"]["VpcId"].take();
    // moto draws a zone where none is said, and not every zone has instances of every type.
    let subnet =
        json!({ "VpcId": vpc, "CidrBlock": "10.3.1.0/24", "AvailabilityZone": format!("{REGION}a") });
    let subnet = call("create_subnet", subnet).await["Subnet"]["SubnetId"].take();
    let group = json!({ "VpcId": vpc, "GroupName": "redis", "Description": "the customer's" });
    let group = call("create_security_group", group).await["GroupId"].take();
    json!({ "region": REGION, "networking": {
        "vpcId": vpc, "subnetIds": [subnet], "securityGroupId": group,
    }})
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn in_a_network_of_the_customers_nodes_come_and_go_and_the_network_stays(
    #[values(Kind::Moto, Kind::Ministack)] simulator: Kind,
) {
    let simulator = Simulator::shared(simulator).await;
    let (app, customer, cloud_account) = start(Backend::Sqlite, &simulator).await;
    let region = network(&customer).await;
    let before = View::of(&customer, REGION).await;
    let id = ordered(&app.owner, cloud_account, &region).await;
    let view = View::of(&customer, REGION).await;
    let nodes: Vec<&Thing> = view.things.iter().filter(|it| it.kind == "instance").collect();
    assert_eq!((nodes.len(), view.ids("vpc").len(), view.ids("subnet").len()), (3, 1, 1));
    for node in nodes {
        assert_eq!(node.facts["subnet"], region["networking"]["subnetIds"][0]);
        assert_eq!(node.facts["groups"], json!([region["networking"]["securityGroupId"]]));
    }
    assert_eq!(drift(&app.owner, id).await, json!([]));
    deleted(&app.owner, id).await;
    assert_eq!(View::of(&customer, REGION).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_prepared_for_redis_cloud_needs_no_more_permissions() {
    let simulator = Simulator::moto().await;
    let customer = redis_cloud_customer(&simulator).prepare().await;
    let app = TestApp::start_as(&REDIS_CLOUD, Backend::Sqlite, simulator.endpoint()).await;
    let cloud_account = app.owner.register(&customer, "production").await;
    let id = ordered(&app.owner, cloud_account, &one_zone()).await;
    let view = View::of(&customer, REGION).await;
    assert_eq!(
        view.tagged("RedisLabsIdentifier", "Redislabs-VPC"),
        view,
        "everything carries the vendor's tag"
    );
    assert_eq!(drift(&app.owner, id).await, json!([]));
    deleted(&app.owner, id).await;
    assert_eq!(View::of(&customer, REGION).await.things, []);
}
