//! What is sent to create, change and delete.

use std::collections::BTreeSet;

use berth_cloud::ErrorKind;
use berth_domain::deployment::{
    Kind, OPERATION_TAG,
    action::{Change, Creation, NewInstance, NewVolume, Rules},
    inventory::{Direction, Peer, Route, Traffic},
};
use rstest::rstest;
use wiremock::{MockServer, matchers::body_string_contains};

use super::{asked, ec2, empty_aws, refused, tags, told};
use crate::server::{always, on};

fn instance() -> Creation {
    Creation::Instance(Box::new(NewInstance {
        image: "ami-0abcdef1234567890".into(),
        instance_type: "r6i.large".into(),
        subnet: "subnet-1".into(),
        groups: ["sg-1".into(), "sg-2".into()].into(),
        key_name: "berth-1".into(),
        profile: "berth-node".into(),
        user_data: "#cloud-config\n".into(),
        volumes: vec![
            NewVolume { device: "/dev/xvda".into(), size_gib: 20 },
            NewVolume { device: "/dev/sdf".into(), size_gib: 100 },
        ],
    }))
}

#[rstest]
#[case::vpc(
    Creation::Vpc { cidr: "10.0.0.0/16".parse().unwrap() },
    "CreateVpc", "<vpc><vpcId>new-1</vpcId></vpc>", "vpc"
)]
#[case::subnet(
    Creation::Subnet { vpc: "vpc-1".into(), zone_id: "euc1-az1".into(), cidr: "10.0.0.0/24".parse().unwrap() },
    "CreateSubnet", "<subnet><subnetId>new-1</subnetId></subnet>", "subnet"
)]
#[case::gateway(
    Creation::InternetGateway,
    "CreateInternetGateway",
    "<internetGateway><internetGatewayId>new-1</internetGatewayId></internetGateway>",
    "internet-gateway"
)]
#[case::routes(
    Creation::RouteTable { vpc: "vpc-1".into() },
    "CreateRouteTable", "<routeTable><routeTableId>new-1</routeTableId></routeTable>", "route-table"
)]
#[case::group(
    Creation::SecurityGroup { vpc: "vpc-1".into(), name: "nodes".into(), description: "nodes".into() },
    "CreateSecurityGroup", "<groupId>new-1</groupId>", "security-group"
)]
#[case::key_pair(
    Creation::KeyPair { name: "berth-1".into(), public_key: "ssh-ed25519 AAAA".into() },
    "ImportKeyPair", "<keyPairId>new-1</keyPairId>", "key-pair"
)]
#[case::instance(
    instance(),
    "RunInstances",
    "<instancesSet><item><instanceId>new-1</instanceId></item></instancesSet>",
    "instance"
)]
#[tokio::test]
async fn a_creation_carries_all_tags_and_gives_the_id(
    #[case] what: Creation,
    #[case] action: &str,
    #[case] told_back: &str,
    #[case] kind: &str,
) {
    let aws = always(told(action, told_back)).await;

    let id = ec2(&aws).await.create(&what, &tags()).await.unwrap();

    assert_eq!(id.as_str(), "new-1");
    let sent = &asked(&aws, action).await[0];
    assert_eq!(sent["TagSpecification.1.ResourceType"], kind);
    for (at, (key, value)) in tags().iter().enumerate() {
        let at = at + 1;
        assert_eq!(&sent[&format!("TagSpecification.1.Tag.{at}.Key")], key);
        assert_eq!(&sent[&format!("TagSpecification.1.Tag.{at}.Value")], value);
    }
}

#[tokio::test]
async fn an_instance_is_ordered_with_tags_on_everything_and_nothing_open() {
    let set = "<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>";
    let aws = always(told("RunInstances", set)).await;

    ec2(&aws).await.create(&instance(), &tags()).await.unwrap();

    let sent = &asked(&aws, "RunInstances").await[0];
    let tags = tags();
    let expected = [
        ("ClientToken", tags[OPERATION_TAG].as_str()),
        ("MinCount", "1"),
        ("MaxCount", "1"),
        ("ImageId", "ami-0abcdef1234567890"),
        ("InstanceType", "r6i.large"),
        ("SubnetId", "subnet-1"),
        ("SecurityGroupId.1", "sg-1"),
        ("SecurityGroupId.2", "sg-2"),
        ("KeyName", "berth-1"),
        ("IamInstanceProfile.Name", "berth-node"),
        ("UserData", "I2Nsb3VkLWNvbmZpZwo="),
        ("MetadataOptions.HttpTokens", "required"),
        ("Monitoring.Enabled", "true"),
        ("InstanceInitiatedShutdownBehavior", "stop"),
        ("BlockDeviceMapping.1.DeviceName", "/dev/xvda"),
        ("BlockDeviceMapping.1.Ebs.VolumeSize", "20"),
        ("BlockDeviceMapping.2.Ebs.VolumeType", "gp3"),
        ("BlockDeviceMapping.2.Ebs.Encrypted", "true"),
        ("BlockDeviceMapping.2.Ebs.DeleteOnTermination", "true"),
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.2.ResourceType", "volume"),
        ("TagSpecification.3.ResourceType", "network-interface"),
    ];
    for (name, value) in expected {
        assert_eq!(sent.get(name).map(String::as_str), Some(value), "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_names_nothing_is_unexpected() {
    let aws = empty_aws().await;
    let error = ec2(&aws).await.create(&Creation::InternetGateway, &tags()).await.unwrap_err();
    assert!(error.kind == ErrorKind::Unexpected && error.kind.may_have_happened());
}

#[rstest]
#[case::attached(
    Change::AttachGateway { gateway: "igw-1".into(), vpc: "vpc-1".into() },
    "Resource.AlreadyAssociated"
)]
#[case::route(
    Change::AddRoute {
        table: "rtb-1".into(),
        route: Route { destination: "0.0.0.0/0".into(), target: "igw-1".into() },
    },
    "RouteAlreadyExists"
)]
#[case::associated(
    Change::AssociateRouteTable { table: "rtb-1".into(), subnet: "subnet-1".into() },
    "Resource.AlreadyAssociated"
)]
#[case::rule(Change::Authorize(rules(&[80])), "InvalidPermission.Duplicate")]
#[case::no_rule(Change::Revoke(rules(&[80])), "InvalidPermission.NotFound")]
#[case::no_route(
    Change::RemoveRoute { table: "rtb-1".into(), destination: "0.0.0.0/0".into() },
    "InvalidRoute.NotFound"
)]
#[case::detached(
    Change::DetachGateway { gateway: "igw-1".into(), vpc: "vpc-1".into() },
    "Gateway.NotAttached"
)]
#[case::disassociated(
    Change::DisassociateRouteTable { table: "rtb-1".into(), association: "rtbassoc-1".into() },
    "InvalidAssociationID.NotFound"
)]
#[tokio::test]
async fn what_is_so_already_is_no_error(#[case] what: Change, #[case] code: &str) {
    let aws = always(refused(400, code, "why")).await;
    ec2(&aws).await.change(&what).await.unwrap();
}

#[tokio::test]
async fn a_group_that_is_not_there_yet_is_no_success() {
    let aws = always(refused(400, "InvalidGroup.NotFound", "why")).await;
    let error = ec2(&aws).await.change(&Change::Authorize(rules(&[80]))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn rules_of_which_one_is_there_already_go_one_by_one() {
    const ACTION: &str = "AuthorizeSecurityGroupIngress";
    let aws = MockServer::start().await;
    on(ACTION)
        .and(body_string_contains("FromPort=80"))
        .respond_with(refused(400, "InvalidPermission.Duplicate", "why"))
        .mount(&aws)
        .await;
    on(ACTION).respond_with(told(ACTION, "<return>true</return>")).mount(&aws).await;

    ec2(&aws).await.change(&Change::Authorize(rules(&[80, 443]))).await.unwrap();

    let sent = asked(&aws, ACTION).await;
    let ports: Vec<_> = sent.iter().map(|one| one["IpPermissions.1.FromPort"].as_str()).collect();
    assert_eq!(ports, ["80", "80", "443"], "together, and then each");
}

#[rstest]
#[tokio::test]
async fn what_is_gone_already_is_deleted(
    #[values(
        Kind::Vpc,
        Kind::Subnet,
        Kind::InternetGateway,
        Kind::RouteTable,
        Kind::SecurityGroup,
        Kind::KeyPair,
        Kind::Instance,
        Kind::Volume
    )]
    kind: Kind,
) {
    let aws = always(refused(400, "InvalidThing.NotFound", "why")).await;
    ec2(&aws).await.delete(kind, &"id-1".into()).await.unwrap();
}

fn rules(ports: &[u16]) -> Rules {
    let anyone = Peer::Cidr("0.0.0.0/0".parse().unwrap());
    let rules: BTreeSet<_> =
        ports.iter().map(|port| (Traffic::Tcp(*port, *port), anyone.clone())).collect();
    Rules { group: "sg-1".into(), direction: Direction::In, rules }
}
