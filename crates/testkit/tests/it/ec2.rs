//! The EC2 adapter on real processes that speak AWS's protocol, with IAM enforced and only the kit's policy.
//!
//! What they can't show is shown with AWS's documented answers in `crates/cloud-aws/tests/it/ec2`: pages (both
//! answer with everything at once), capacity and quotas that are used up, CloudTrail's events (moto: 500; ministack:
//! none), ClientToken (ignored by both), figures on moto (it lacks the SDK's protocol), and on ministack instances'
//! network interfaces, ModifyInstanceAttribute and instance type offerings.

use std::{collections::BTreeSet, sync::Arc};

use berth_cloud::{
    Cloud, ErrorKind,
    ec2::{Ec2, Figure, Health, ImageChoice, Question, Span},
    unreliable::Unreliable,
};
use berth_cloud_aws::AwsCloud;
use berth_domain::{
    access::{Access, Purpose, SessionName},
    deployment::{
        AwsId, Kind, OPERATION_TAG, Tags,
        action::{Change, Creation, NewInstance, NewVolume, Rules},
        inventory::{Direction, InstanceState, Inventory, Limited, Look, Peer, Route, Rule, Traffic},
    },
};
use berth_testkit::{
    aws::{REGION, access_key, berth_customer},
    customer::{Customer, OPERATOR_ACCOUNT},
    meddling::Meddling,
    on_moto_and_ministack,
    simulator::{self, Simulator},
    view::View,
};
use serde_json::json;

const IMAGE: &str = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";

async fn cloud(simulator: &Simulator) -> Unreliable {
    Unreliable::new(Arc::new(AwsCloud::at(simulator.endpoint(), "us-east-1").await))
}

async fn customer_with_ec2(simulator: &Simulator) -> (Customer, Arc<dyn Ec2>) {
    let customer = berth_customer(simulator).prepare().await;
    let session = cloud(simulator).await.session(&access(&customer), &session_name());
    let ec2 = session.ec2(&customer.account_id.parse().unwrap(), REGION);
    (customer, ec2)
}

fn access(customer: &Customer) -> Access {
    Access::Key(access_key(&customer.access_key))
}

fn session_name() -> SessionName {
    SessionName::new(&OPERATOR_ACCOUNT.parse().unwrap(), &Purpose::named("test"))
}

fn tags(name: &str) -> Tags {
    let pairs = [
        ("berth:managed", "true"),
        ("berth:deployment", "1"),
        (OPERATION_TAG, name),
        ("Name", name),
        ("team", "payments"),
    ];
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

fn look(own_vpcs: &[&AwsId]) -> Look {
    Look {
        tag: ("berth:managed".into(), "true".into()),
        own_vpcs: own_vpcs.iter().map(|id| (*id).clone()).collect(),
        ..Look::default()
    }
}

/// A node and its network.
struct Built {
    vpc: AwsId,
    subnet: AwsId,
    gateway: AwsId,
    table: AwsId,
    group: AwsId,
    key_pair: AwsId,
    instance: AwsId,
}

async fn make(ec2: &dyn Ec2, what: Creation, name: &str) -> AwsId {
    ec2.create(&what, &tags(name)).await.unwrap()
}

async fn build(ec2: &dyn Ec2) -> Built {
    let vpc = make(ec2, Creation::Vpc { cidr: "10.5.0.0/16".parse().unwrap() }, "vpc").await;
    let zone_id = ec2.zones().await.unwrap()[0].id.clone();
    let cidr = "10.5.0.0/24".parse().unwrap();
    let subnet = make(ec2, Creation::Subnet { vpc: vpc.clone(), zone_id, cidr }, "subnet").await;
    let gateway = make(ec2, Creation::InternetGateway, "gateway").await;
    let table = make(ec2, Creation::RouteTable { vpc: vpc.clone() }, "routes").await;
    let group =
        Creation::SecurityGroup { vpc: vpc.clone(), name: "nodes".into(), description: "nodes".into() };
    let group = make(ec2, group, "group").await;
    connect(ec2, &vpc, &subnet, &gateway, &table).await;
    ec2.change(&Change::Authorize(clients(&group))).await.unwrap();
    let public_key =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIS+8nMZ0mXY6C0Q1yH0m1F2s3O8vJ9x5Z0c4o1yQm2b berth";
    let key_pair = Creation::KeyPair { name: "berth-1".into(), public_key: public_key.into() };
    let key_pair = make(ec2, key_pair, "key").await;
    let instance = make(ec2, node(ec2, &subnet, &group).await, "node").await;
    Built { vpc, subnet, gateway, table, group, key_pair, instance }
}

async fn connect(ec2: &dyn Ec2, vpc: &AwsId, subnet: &AwsId, gateway: &AwsId, table: &AwsId) {
    let route = Route { destination: "0.0.0.0/0".into(), target: gateway.clone() };
    for change in [
        Change::EnableDnsSupport(vpc.clone()),
        Change::EnableDnsHostnames(vpc.clone()),
        Change::GivePublicAddresses(subnet.clone()),
        Change::AttachGateway { gateway: gateway.clone(), vpc: vpc.clone() },
        Change::AddRoute { table: table.clone(), route },
        Change::AssociateRouteTable { table: table.clone(), subnet: subnet.clone() },
    ] {
        ec2.change(&change).await.unwrap();
    }
}

async fn node(ec2: &dyn Ec2, subnet: &AwsId, group: &AwsId) -> Creation {
    let image = ec2.image(&ImageChoice::Parameter(IMAGE.into())).await.unwrap();
    Creation::Instance(Box::new(NewInstance {
        image: image.id,
        instance_type: "r6i.large".into(),
        subnet: subnet.clone(),
        groups: [group.clone()].into(),
        key_name: "berth-1".into(),
        profile: "berth-node".into(),
        user_data: "#cloud-config\n".into(),
        volumes: vec![
            NewVolume { device: image.root_device, size_gib: 20 },
            NewVolume { device: "/dev/sdf".into(), size_gib: 100 },
        ],
    }))
}

/// Who may reach the nodes: a network, and the nodes themselves.
fn clients(group: &AwsId) -> Rules {
    let rules = [
        (Traffic::Tcp(10_000, 19_999), Peer::Cidr("10.0.0.0/8".parse().unwrap())),
        (Traffic::All, Peer::Group(group.clone())),
    ];
    Rules { group: group.clone(), direction: Direction::In, rules: rules.into() }
}

/// Takes all of it away, as AWS wants it: what is used last.
async fn tear_down(ec2: &dyn Ec2, built: &Built) {
    ec2.delete(Kind::Instance, &built.instance).await.unwrap();
    ec2.delete(Kind::KeyPair, &built.key_pair).await.unwrap();
    // moto says `shutting-down` to whoever asks first.
    ec2.inventory(&look(&[&built.vpc])).await.unwrap();
    let found = ec2.inventory(&look(&[&built.vpc])).await.unwrap();
    let table = found.route_tables.iter().find(|one| one.id == built.table).unwrap();
    for association in table.associations.values().cloned() {
        let change = Change::DisassociateRouteTable { table: built.table.clone(), association };
        ec2.change(&change).await.unwrap();
    }
    let detach = Change::DetachGateway { gateway: built.gateway.clone(), vpc: built.vpc.clone() };
    ec2.change(&detach).await.unwrap();
    for (kind, id) in [
        (Kind::SecurityGroup, &built.group),
        (Kind::RouteTable, &built.table),
        (Kind::Subnet, &built.subnet),
        (Kind::InternetGateway, &built.gateway),
        (Kind::Vpc, &built.vpc),
    ] {
        ec2.delete(kind, id).await.unwrap();
    }
}

fn one<T: Clone>(found: &[T], is: impl Fn(&T) -> bool) -> T {
    let all: Vec<_> = found.iter().filter(|one| is(one)).collect();
    assert_eq!(all.len(), 1);
    all[0].clone()
}

on_moto_and_ministack! {
    async fn a_network_is_built_and_seen_as_it_was_ordered(simulator: Simulator) {
        let (_customer, ec2) = customer_with_ec2(&simulator).await;
        let built = build(&*ec2).await;

        let found = ec2.inventory(&look(&[&built.vpc])).await.unwrap();

        let vpc = one(&found.vpcs, |one| one.id == built.vpc);
        assert_eq!((vpc.dns_support, vpc.dns_hostnames), (Some(true), Some(true)));
        let subnet = one(&found.subnets, |one| one.id == built.subnet);
        assert_eq!((subnet.public_addresses, subnet.zone_id), (Some(true), Some(ec2.zones().await.unwrap()[0].id.clone())));
        assert_eq!(one(&found.gateways, |one| one.id == built.gateway).vpc, Some(built.vpc.clone()));
        let table = one(&found.route_tables, |one| one.id == built.table);
        assert_eq!(table.routes, [Route { destination: "0.0.0.0/0".into(), target: built.gateway.clone() }].into());
        assert!(table.associations.contains_key(&built.subnet));
        let main = one(&found.route_tables, |one| one.main);
        assert_ne!(main.id, built.table, "AWS's own table is seen, and told apart");
        for tags_seen in [&vpc.tags, &subnet.tags, &table.tags] {
            assert_eq!(tags_seen["team"], "payments");
        }
    }

    async fn a_node_is_built_and_seen_as_it_was_ordered(simulator: Simulator) {
        let (_customer, ec2) = customer_with_ec2(&simulator).await;
        let built = build(&*ec2).await;

        // moto says `pending` to whoever asks first.
        ec2.inventory(&look(&[&built.vpc])).await.unwrap();
        let found = ec2.inventory(&look(&[&built.vpc])).await.unwrap();

        let node = one(&found.instances, |one| one.id == built.instance);
        assert_eq!((node.state, node.instance_type.as_str()), (InstanceState::Running, "r6i.large"));
        assert_eq!((node.subnet, node.groups), (Some(built.subnet), [built.group.clone()].into()));
        assert_eq!((node.profile.as_deref(), node.key_name.as_deref()), (Some("berth-node"), Some("berth-1")));
        assert_eq!(node.tags, tags("node"));
        assert_ne!(node.tokens_required, Some(false));
        assert_eq!(one(&found.key_pairs, |one| one.id == built.key_pair).name, "berth-1");
        let group = one(&found.groups, |one| one.id == built.group);
        let everything = Rule {
            direction: Direction::Out, traffic: Traffic::All, peer: Peer::Cidr("0.0.0.0/0".parse().unwrap()),
        };
        let ordered = clients(&built.group).rules.into_iter();
        let ordered = ordered.map(|(traffic, peer)| Rule { direction: Direction::In, traffic, peer });
        assert_eq!(group.rules, ordered.chain([everything]).collect::<BTreeSet<_>>());
    }

    async fn what_was_built_is_removed_in_aws_order_and_a_foreign_thing_is_left_alone(simulator: Simulator) {
        let (customer, ec2) = customer_with_ec2(&simulator).await;
        let foreign = json!({"CidrBlock": "10.99.0.0/16"});
        customer.admin_call_in(REGION, "ec2", "create_vpc", foreign).await.unwrap();
        let before = View::of(&customer, REGION).await;
        let built = build(&*ec2).await;

        tear_down(&*ec2, &built).await;

        assert_eq!(View::of(&customer, REGION).await, before);
        let left = ec2.inventory(&look(&[&built.vpc])).await.unwrap();
        let gone = |one: &_| matches!(one, InstanceState::Terminated);
        assert!(left.instances.iter().all(|one| gone(&one.state)));
        assert_eq!(Inventory { instances: Vec::new(), ..left }, Inventory::default());
    }

    async fn changing_and_deleting_twice_is_as_good_as_once(simulator: Simulator) {
        let (_customer, ec2) = customer_with_ec2(&simulator).await;
        let built = build(&*ec2).await;

        connect(&*ec2, &built.vpc, &built.subnet, &built.gateway, &built.table).await;
        ec2.change(&Change::Authorize(clients(&built.group))).await.unwrap();
        for _ in 0..2 {
            ec2.change(&Change::Revoke(clients(&built.group))).await.unwrap();
        }

        let found = ec2.inventory(&look(&[&built.vpc])).await.unwrap();
        let group = one(&found.groups, |one| one.id == built.group);
        assert_eq!(group.rules.len(), 1, "{:?}", group.rules);
        tear_down(&*ec2, &built).await;
        ec2.delete(Kind::Vpc, &built.vpc).await.unwrap();
        ec2.delete(Kind::Subnet, &built.subnet).await.unwrap();
    }

    async fn a_denied_call_names_its_action(simulator: Simulator) {
        let (customer, ec2) = customer_with_ec2(&simulator).await;
        customer.deny("ec2:CreateVpc").await;

        let vpc = Creation::Vpc { cidr: "10.5.0.0/16".parse().unwrap() };
        let error = ec2.create(&vpc, &tags("vpc")).await.unwrap_err();

        let ErrorKind::Denied { action, .. } = &error.kind else { panic!("{error:?}") };
        assert_eq!(action, "ec2:CreateVpc");
    }

    async fn a_vpc_whose_answer_was_lost_is_found_by_its_operation(simulator: Simulator) {
        let customer = berth_customer(&simulator).prepare().await;
        let cloud = cloud(&simulator).await;
        let ec2 = cloud.session(&access(&customer), &session_name()).ec2(&customer.account_id.parse().unwrap(), REGION);
        cloud.lose_next_answer("ec2:CreateVpc");

        let vpc = Creation::Vpc { cidr: "10.5.0.0/16".parse().unwrap() };
        let error = ec2.create(&vpc, &tags("lost")).await.unwrap_err();

        assert!(error.kind.may_have_happened());
        let found = ec2.inventory(&look(&[])).await.unwrap();
        assert_eq!(found.vpcs.len(), 1, "sent once, made once");
        assert_eq!(found.vpcs[0].tags[OPERATION_TAG], "lost");
    }

    async fn what_lost_its_tag_is_found_by_id_and_what_is_foreign_by_its_vpc(simulator: Simulator) {
        let (customer, ec2) = customer_with_ec2(&simulator).await;
        let vpc = make(&*ec2, Creation::Vpc { cidr: "10.5.0.0/16".parse().unwrap() }, "vpc").await;
        let untag = json!({"Resources": [vpc.as_str()], "Tags": [{"Key": "berth:managed"}]});
        customer.admin_call_in(REGION, "ec2", "delete_tags", untag).await.unwrap();
        let foreign = json!({"VpcId": vpc.as_str(), "CidrBlock": "10.5.9.0/24"});
        customer.admin_call_in(REGION, "ec2", "create_subnet", foreign).await.unwrap();

        let without = ec2.inventory(&look(&[])).await.unwrap();
        let known = [(Kind::Vpc, [vpc.clone(), "vpc-0123456789abcdef0".into()].into())].into();
        let with = ec2.inventory(&Look { known, ..look(&[&vpc]) }).await.unwrap();

        assert_eq!((without.vpcs.len(), without.subnets.len()), (0, 0));
        assert_eq!((with.vpcs.len(), with.subnets.len()), (1, 1));
    }

    async fn everything_that_is_done_by_hand_shows(simulator: Simulator) {
        for meddling in Meddling::ALL.into_iter().filter(|one| one.shows_on(simulator.kind())) {
            let (customer, ec2) = customer_with_ec2(&simulator).await;
            let built = build(&*ec2).await;
            ec2.inventory(&look(&[&built.vpc])).await.unwrap();
            let seen = ec2.inventory(&look(&[&built.vpc])).await.unwrap();

            meddling.apply(&customer, REGION, built.vpc.as_str()).await;

            let known = [(Kind::Volume, seen.volumes.iter().map(|one| one.id.clone()).collect())].into();
            let after = ec2.inventory(&Look { known, ..look(&[&built.vpc]) }).await.unwrap();
            assert_ne!(after, seen, "{meddling:?}");
        }
    }
}

async fn on_moto() -> (Customer, Arc<dyn Ec2>) {
    customer_with_ec2(&Simulator::shared(simulator::Kind::Moto).await).await
}

#[tokio::test]
async fn a_nodes_volumes_are_encrypted_and_everything_of_it_is_tagged() {
    let (_customer, ec2) = on_moto().await;
    let built = build(&*ec2).await;

    let found = ec2.inventory(&look(&[&built.vpc])).await.unwrap();

    let node = one(&found.instances, |one| one.id == built.instance);
    assert_eq!((node.tokens_required, node.monitoring), (Some(true), Some(true)));
    let mut sizes: Vec<_> =
        found.volumes.iter().map(|one| (one.device.clone().unwrap(), one.size_gib)).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [("/dev/sdf".to_owned(), 100), ("/dev/xvda".to_owned(), 20)]);
    for volume in &found.volumes {
        assert_eq!((volume.encrypted, volume.volume_type.as_deref()), (Some(true), Some("gp3")));
        assert_eq!((&volume.tags, &volume.instance), (&tags("node"), &Some(built.instance.clone())));
    }
    assert_eq!(one(&found.interfaces, |_| true).tags, tags("node"));
}

#[tokio::test]
async fn what_is_in_use_cannot_be_deleted() {
    let (_customer, ec2) = on_moto().await;
    let built = build(&*ec2).await;
    for (kind, id) in [
        (Kind::Subnet, &built.subnet),
        (Kind::SecurityGroup, &built.group),
        (Kind::RouteTable, &built.table),
        (Kind::InternetGateway, &built.gateway),
        (Kind::Vpc, &built.vpc),
    ] {
        let error = ec2.delete(kind, id).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::InUse, "{kind}: {}", error.detail);
    }
}

#[tokio::test]
async fn an_instance_type_can_be_had_in_zones_that_there_are() {
    let (_customer, ec2) = on_moto().await;
    let zones: BTreeSet<String> = ec2.zones().await.unwrap().into_iter().map(|zone| zone.id).collect();

    let found = ec2.instance_types(&["r6i.large", "r99.enormous"]).await.unwrap();

    assert_eq!(found.len(), 1);
    assert_eq!((found[0].vcpus, found[0].memory_mib), (2, 16_384));
    let offered = found[0].zones.clone().unwrap();
    assert!(!offered.is_empty() && offered.is_subset(&zones), "{offered:?} of {zones:?}");
}

#[tokio::test]
async fn a_quota_is_told_with_what_is_used_of_it() {
    let (_customer, ec2) = on_moto().await;
    make(&*ec2, Creation::Vpc { cidr: "10.5.0.0/16".parse().unwrap() }, "vpc").await;

    let quotas = ec2.quotas().await.unwrap();

    let of = |what| one(&quotas, |quota| quota.of == what);
    // The default VPC is the other one.
    assert_eq!((of(Limited::Vpcs).limit, of(Limited::Vpcs).used), (Some(5), Some(2)));
    assert_eq!((of(Limited::StandardVcpus).limit, of(Limited::StandardVcpus).used), (None, Some(0)));
    assert!(of(Limited::StandardVcpus).unknown_because.is_some(), "moto knows no quotas of EC2");
}

#[tokio::test]
async fn a_nodes_health_is_read() {
    let (_customer, ec2) = on_moto().await;
    let built = build(&*ec2).await;
    let health = ec2.node_status(std::slice::from_ref(&built.instance)).await.unwrap();
    assert_eq!((health[0].system, health[0].itself), (Health::Ok, Health::Ok));
}

/// On ministack, which speaks CBOR by itself.
#[tokio::test]
async fn a_nodes_figures_are_read() {
    let (customer, ec2) = customer_with_ec2(&Simulator::ministack().await).await;
    let dimension = json!({"Name": "InstanceId", "Value": "i-1"});
    let data = json!([{"MetricName": "CPUUtilization", "Dimensions": [dimension], "Value": 12.5}]);
    let params = json!({"Namespace": "AWS/EC2", "MetricData": data});
    customer.admin_call_in(REGION, "cloudwatch", "put_metric_data", params).await.unwrap();

    let (from, to) = ("2020-01-01T00:00:00Z".parse().unwrap(), "2100-01-01T00:00:00Z".parse().unwrap());
    let question = Question { figure: Figure::Cpu, of: "i-1".into() };
    let figures = ec2.figures(&[question], Span { from, to, period_seconds: 3_600 }).await.unwrap();

    let values: Vec<f64> = figures[0].points.iter().map(|(_, value)| *value).collect();
    assert_eq!(values, [12.5]);
}
