//! Which calls there are, and how they are signed.

use std::collections::BTreeSet;

use berth_cloud::{
    Cloud,
    ec2::{Ec2, Figure, ImageChoice, Question, Span},
};
use berth_cloud_aws::AwsCloud;
use berth_domain::deployment::{
    Kind,
    action::{Change, Creation, NewInstance, Rules},
    inventory::{Direction, Look, Peer, Route, Traffic},
};
use wiremock::MockServer;

use super::{account, ec2, empty_aws, look, tags, told};
use crate::server::{SECRET, access, called, on, session_name};

/// Every call that there is, as AWS saw it.
pub(crate) async fn everything() -> BTreeSet<String> {
    let aws = empty_aws().await;
    let vpcs = "<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>";
    on("DescribeVpcs").respond_with(told("DescribeVpcs", vpcs)).mount(&aws).await;
    let pairs = "<keySet><item><keyPairId>id-1</keyPairId><keyName>x</keyName></item></keySet>";
    on("DescribeKeyPairs").respond_with(told("DescribeKeyPairs", pairs)).mount(&aws).await;
    let ec2 = ec2(&aws).await;

    for what in creations() {
        let _ = ec2.create(&what, &tags()).await;
    }
    for what in changes() {
        ec2.change(&what).await.unwrap();
    }
    for kind in Kind::ALL {
        let _ = ec2.delete(kind, &"id-1".into()).await;
    }
    read_everything(&*ec2).await;
    called(&aws).await
}

async fn read_everything(ec2: &dyn Ec2) {
    ec2.inventory(&Look { own_vpcs: ["vpc-1".into()].into(), ..look() }).await.unwrap();
    let time = "2026-11-20T10:00:00Z".parse().unwrap();
    let _ = ec2.zones().await;
    let _ = ec2.instance_types(&["r6i.large"]).await;
    let _ = ec2.image(&ImageChoice::Id("ami-1".into())).await;
    let _ = ec2.image(&ImageChoice::Parameter("/aws/service/x".into())).await;
    let _ = ec2.vpcs().await;
    let _ = ec2.quotas().await;
    let _ = ec2.who_did(&"i-1".into(), time).await;
    let _ = ec2.node_status(&["i-1".into()]).await;
    let question = Question { figure: Figure::Cpu, of: "i-1".into() };
    let _ = ec2.figures(&[question], Span { from: time, to: time, period_seconds: 60 }).await;
}

fn creations() -> Vec<Creation> {
    let (vpc, cidr) = ("vpc-1".into(), "10.0.0.0/16".parse().unwrap());
    vec![
        Creation::Vpc { cidr },
        Creation::Subnet { vpc, zone_id: "euc1-az1".into(), cidr },
        Creation::InternetGateway,
        Creation::RouteTable { vpc: "vpc-1".into() },
        Creation::SecurityGroup { vpc: "vpc-1".into(), name: "x".into(), description: "x".into() },
        Creation::KeyPair { name: "x".into(), public_key: "x".into() },
        Creation::Instance(Box::new(NewInstance {
            image: "ami-1".into(),
            instance_type: "r6i.large".into(),
            subnet: "subnet-1".into(),
            groups: BTreeSet::new(),
            key_name: "x".into(),
            profile: "x".into(),
            user_data: String::new(),
            volumes: Vec::new(),
        })),
    ]
}

fn changes() -> Vec<Change> {
    let rules = |direction| {
        let rule = (Traffic::All, Peer::Group("sg-1".into()));
        Rules { group: "sg-1".into(), direction, rules: [rule].into() }
    };
    let (table, gateway, vpc) = ("rtb-1", "igw-1", "vpc-1");
    let route = Route { destination: "0.0.0.0/0".into(), target: gateway.into() };
    vec![
        Change::EnableDnsSupport(vpc.into()),
        Change::EnableDnsHostnames(vpc.into()),
        Change::GivePublicAddresses("subnet-1".into()),
        Change::AttachGateway { gateway: gateway.into(), vpc: vpc.into() },
        Change::DetachGateway { gateway: gateway.into(), vpc: vpc.into() },
        Change::AddRoute { table: table.into(), route },
        Change::RemoveRoute { table: table.into(), destination: "0.0.0.0/0".into() },
        Change::AssociateRouteTable { table: table.into(), subnet: "subnet-1".into() },
        Change::DisassociateRouteTable { table: table.into(), association: "rtbassoc-1".into() },
        Change::Authorize(rules(Direction::In)),
        Change::Authorize(rules(Direction::Out)),
        Change::Revoke(rules(Direction::In)),
        Change::Revoke(rules(Direction::Out)),
        Change::StartInstance("i-1".into()),
        Change::SetGroups { instance: "i-1".into(), groups: ["sg-1".into()].into() },
    ]
}

#[tokio::test]
async fn each_region_is_signed_for_with_the_sessions_own_key() {
    let aws: MockServer = empty_aws().await;
    let cloud = AwsCloud::at(&aws.uri(), "us-east-1").await;
    for (id, region) in [("AKIAONEONEONEONEONE1", "eu-west-1"), ("AKIATWOTWOTWOTWOTWO2", "eu-central-1")] {
        cloud.session(&access(id), &session_name()).ec2(&account(), region).vpcs().await.unwrap();
    }
    let requests = aws.received_requests().await.unwrap();
    let signed: Vec<&str> =
        requests.iter().map(|one| one.headers["authorization"].to_str().unwrap()).collect();
    assert!(
        signed[0].contains("Credential=AKIAONE") && signed[0].contains("/eu-west-1/ec2/"),
        "{signed:?}"
    );
    assert!(
        signed[1].contains("Credential=AKIATWO") && signed[1].contains("/eu-central-1/ec2/"),
        "{signed:?}"
    );
    assert!(signed.iter().all(|one| !one.contains(SECRET)));
}
