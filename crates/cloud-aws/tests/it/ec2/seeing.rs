//! What is read from AWS's answers.

use std::collections::BTreeSet;

use berth_cloud::{ErrorKind, ec2::ImageChoice};
use berth_domain::deployment::{
    AwsId, Kind,
    inventory::{Direction, InstanceState, Limited, Look, Peer, Route, Rule, Traffic},
};
use wiremock::{MockServer, ResponseTemplate, matchers::body_string_contains};

use super::{asked, ec2, empty_aws, look, refused, told};
use crate::server::on;

const TAG: &str = "<tagSet><item><key>berth:managed</key><value>true</value></item></tagSet>";

fn vpc(id: &str) -> String {
    format!(
        "<item><vpcId>{id}</vpcId><state>available</state><cidrBlock>10.5.0.0/16</cidrBlock>\
         <cidrBlockAssociationSet><item><cidrBlock>10.5.0.0/16</cidrBlock><cidrBlockState><state>associated</state>\
         </cidrBlockState></item><item><cidrBlock>10.9.0.0/16</cidrBlock><cidrBlockState>\
         <state>disassociated</state></cidrBlockState></item></cidrBlockAssociationSet>{TAG}</item>"
    )
}

#[tokio::test]
async fn every_page_is_read_and_found_by_the_tag_a_thousand_at_a_time() {
    let aws = empty_aws().await;
    let last = format!("<vpcSet>{}</vpcSet>", vpc("vpc-2"));
    on("DescribeVpcs")
        .and(body_string_contains("NextToken=page2"))
        .respond_with(told("DescribeVpcs", &last))
        .with_priority(1)
        .expect(1)
        .mount(&aws)
        .await;
    let first = format!("<vpcSet>{}</vpcSet><nextToken>page2</nextToken>", vpc("vpc-1"));
    on("DescribeVpcs").respond_with(told("DescribeVpcs", &first)).expect(1).mount(&aws).await;

    let found = ec2(&aws).await.inventory(&look()).await.unwrap();

    let ids: Vec<_> = found.vpcs.iter().map(|vpc| vpc.id.as_str()).collect();
    assert_eq!(ids, ["vpc-1", "vpc-2"]);
    assert_eq!(found.vpcs[0].cidrs, ["10.5.0.0/16".parse().unwrap()], "and none that was taken away");
    let sent = &asked(&aws, "DescribeVpcs").await[0];
    let sent = ["MaxResults", "Filter.1.Name", "Filter.1.Value.1"].map(|name| sent[name].as_str());
    assert_eq!(sent, ["1000", "tag:berth:managed", "true"]);
}

#[tokio::test]
async fn a_page_that_follows_itself_is_no_endless_list() {
    let aws = empty_aws().await;
    let body = format!("<vpcSet>{}</vpcSet><nextToken>again</nextToken>", vpc("vpc-1"));
    on("DescribeVpcs").respond_with(told("DescribeVpcs", &body)).expect(2).mount(&aws).await;
    let error = ec2(&aws).await.inventory(&look()).await.unwrap_err();
    assert_eq!((error.operation, error.kind), ("ec2:DescribeVpcs", ErrorKind::Unexpected));
}

#[tokio::test]
async fn a_thing_without_an_id_is_not_left_out() {
    let aws = empty_aws().await;
    let body = "<vpcSet><item><state>available</state></item></vpcSet>";
    on("DescribeVpcs").respond_with(told("DescribeVpcs", body)).mount(&aws).await;
    let error = ec2(&aws).await.inventory(&look()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unexpected);
}

#[tokio::test]
async fn what_neither_tag_nor_vpc_finds_is_asked_for_by_id_in_one_filter() {
    let aws = empty_aws().await;
    let known = [(Kind::Volume, ["vol-1".into(), "vol-2".into()].into())].into();

    let found = ec2(&aws).await.inventory(&Look { known, ..look() }).await.unwrap();

    assert_eq!(found.volumes, []);
    let sent = asked(&aws, "DescribeVolumes").await;
    assert_eq!(sent.len(), 2);
    let sent = ["Filter.1.Name", "Filter.1.Value.1", "Filter.1.Value.2"].map(|name| sent[1][name].as_str());
    assert_eq!(sent, ["volume-id", "vol-1", "vol-2"]);
}

#[tokio::test]
async fn one_describe_by_tag_and_one_by_vpc_serve_any_number_of_deployments() {
    let aws = empty_aws().await;
    let own_vpcs: BTreeSet<AwsId> = (0..200).map(|n| AwsId(format!("vpc-{n:03}"))).collect();

    ec2(&aws).await.inventory(&Look { own_vpcs, ..look() }).await.unwrap();

    // Nine kinds by tag, six of them by VPC.
    assert_eq!(aws.received_requests().await.unwrap().len(), 15);
    let sent = &asked(&aws, "DescribeInstances").await[1];
    assert_eq!(
        (sent["Filter.1.Name"].as_str(), sent["Filter.1.Value.200"].as_str()),
        ("vpc-id", "vpc-199")
    );
}

#[tokio::test]
async fn a_part_that_may_not_be_seen_fails_the_whole() {
    let aws = empty_aws().await;
    let message =
        "User: arn:aws:iam::123456789012:user/berth-user is not authorized to perform: ec2:DescribeVolumes";
    on("DescribeVolumes").respond_with(refused(403, "UnauthorizedOperation", message)).mount(&aws).await;
    let error = ec2(&aws).await.inventory(&look()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied { action: "ec2:DescribeVolumes".into(), resource: None });
}

#[tokio::test]
async fn the_dns_attributes_of_own_vpcs_are_read() {
    let aws = empty_aws().await;
    let vpcs = format!("<vpcSet>{}{}</vpcSet>", vpc("vpc-1"), vpc("vpc-2"));
    on("DescribeVpcs").respond_with(told("DescribeVpcs", &vpcs)).mount(&aws).await;
    for (attribute, field, value) in [
        ("enableDnsSupport", "enableDnsSupport", true),
        ("enableDnsHostnames", "enableDnsHostnames", false),
    ] {
        let body = format!("<vpcId>vpc-1</vpcId><{field}><value>{value}</value></{field}>");
        on("DescribeVpcAttribute")
            .and(body_string_contains(format!("Attribute={attribute}")))
            .respond_with(told("DescribeVpcAttribute", &body))
            .expect(1)
            .mount(&aws)
            .await;
    }

    let own_vpcs = ["vpc-1".into()].into();
    let found = ec2(&aws).await.inventory(&Look { own_vpcs, ..look() }).await.unwrap();

    let shown: Vec<_> = found.vpcs.iter().map(|vpc| (vpc.dns_support, vpc.dns_hostnames)).collect();
    assert_eq!(shown, [(Some(true), Some(false)), (None, None)]);
}

#[tokio::test]
async fn routes_are_those_that_somebody_made() {
    let aws = empty_aws().await;
    let body = format!(
        "<routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId><routeSet>\
         <item><destinationCidrBlock>10.5.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId>\
         <origin>CreateRouteTable</origin></item>\
         <item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-1</gatewayId>\
         <origin>CreateRoute</origin></item>\
         <item><destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock><state>blackhole</state>\
         <origin>CreateRoute</origin></item>\
         <item><destinationCidrBlock>192.168.0.0/16</destinationCidrBlock><gatewayId>vgw-1</gatewayId>\
         <origin>EnableVgwRoutePropagation</origin></item></routeSet><associationSet>\
         <item><routeTableAssociationId>rtbassoc-1</routeTableAssociationId><subnetId>subnet-1</subnetId>\
         <main>false</main></item></associationSet>{TAG}</item></routeTableSet>"
    );
    on("DescribeRouteTables").respond_with(told("DescribeRouteTables", &body)).mount(&aws).await;

    let found = ec2(&aws).await.inventory(&look()).await.unwrap();

    let table = &found.route_tables[0];
    let route =
        |destination: &str, target: &str| Route { destination: destination.into(), target: target.into() };
    assert_eq!(table.routes, [route("0.0.0.0/0", "igw-1"), route("::/0", "blackhole")].into());
    assert_eq!(table.associations, [("subnet-1".into(), "rtbassoc-1".into())].into());
    assert!(!table.main);
}

#[tokio::test]
async fn rules_are_read_in_both_directions() {
    let aws = empty_aws().await;
    let body = format!(
        "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>nodes</groupName><vpcId>vpc-1</vpcId>\
         <ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>10000</fromPort><toPort>19999</toPort>\
         <ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges></item></ipPermissions>\
         <ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item>\
         </ipRanges></item></ipPermissionsEgress>{TAG}</item></securityGroupInfo>"
    );
    on("DescribeSecurityGroups").respond_with(told("DescribeSecurityGroups", &body)).mount(&aws).await;

    let found = ec2(&aws).await.inventory(&look()).await.unwrap();

    let rule =
        |direction, traffic, net: &str| Rule { direction, traffic, peer: Peer::Cidr(net.parse().unwrap()) };
    let expected = [
        rule(Direction::In, Traffic::Tcp(10_000, 19_999), "10.0.0.0/8"),
        rule(Direction::Out, Traffic::All, "0.0.0.0/0"),
    ];
    assert_eq!(found.groups[0].rules, expected.into());
}

#[tokio::test]
async fn an_instance_is_read_with_all_that_can_drift() {
    let aws = empty_aws().await;
    let body = format!(
        "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><imageId>ami-1</imageId>\
         <instanceState><code>80</code><name>stopped</name></instanceState><instanceType>r6i.large</instanceType>\
         <vpcId>vpc-1</vpcId><subnetId>subnet-1</subnetId><keyName>berth-1</keyName>\
         <stateReason><message>Client.UserInitiatedShutdown</message></stateReason>\
         <groupSet><item><groupId>sg-1</groupId></item></groupSet>\
         <iamInstanceProfile><arn>arn:aws:iam::123456789012:instance-profile/path/berth-node</arn></iamInstanceProfile>\
         <blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-1</volumeId></ebs></item>\
         </blockDeviceMapping><metadataOptions><httpTokens>optional</httpTokens></metadataOptions>\
         <monitoring><state>enabled</state></monitoring>{TAG}</item></instancesSet></item></reservationSet>"
    );
    on("DescribeInstances").respond_with(told("DescribeInstances", &body)).mount(&aws).await;

    let found = ec2(&aws).await.inventory(&look()).await.unwrap();

    let one = &found.instances[0];
    assert_eq!(
        (one.state, one.tokens_required, one.monitoring),
        (InstanceState::Stopped, Some(false), Some(true))
    );
    assert_eq!(one.state_reason.as_deref(), Some("Client.UserInitiatedShutdown"));
    assert_eq!(one.profile.as_deref(), Some("berth-node"));
    assert_eq!(one.groups, ["sg-1".into()].into());
    assert_eq!(one.volumes, Some([("/dev/xvda".to_owned(), "vol-1".into())].into()));
}

/// An answer of a service that speaks JSON.
fn json(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body, "application/x-amz-json-1.1")
}

#[tokio::test]
async fn the_image_behind_a_public_parameter_is_looked_at() {
    let aws = empty_aws().await;
    wiremock::Mock::given(wiremock::matchers::header("x-amz-target", "AmazonSSM.GetParameter"))
        .respond_with(json(r#"{"Parameter": {"Name": "/aws/service/x", "Value": "ami-1"}}"#))
        .mount(&aws)
        .await;
    let body = "<imagesSet><item><imageId>ami-1</imageId><rootDeviceName>/dev/xvda</rootDeviceName>\
                <architecture>x86_64</architecture><blockDeviceMapping><item><deviceName>/dev/xvda</deviceName>\
                <ebs><volumeSize>8</volumeSize></ebs></item></blockDeviceMapping></item></imagesSet>";
    on("DescribeImages").respond_with(told("DescribeImages", body)).mount(&aws).await;

    let image = ec2(&aws).await.image(&ImageChoice::Parameter("/aws/service/x".into())).await.unwrap();

    assert_eq!((image.id.as_str(), image.root_device.as_str()), ("ami-1", "/dev/xvda"));
    assert_eq!((image.root_size_gib, image.architecture.as_deref()), (Some(8), Some("x86_64")));
}

#[tokio::test]
async fn an_instance_type_comes_with_the_zones_that_have_it() {
    let aws = empty_aws().await;
    let body = "<instanceTypeSet><item><instanceType>r6i.large</instanceType><vCpuInfo><defaultVCpus>2</defaultVCpus>\
                </vCpuInfo><memoryInfo><sizeInMiB>16384</sizeInMiB></memoryInfo></item><item><instanceType>t2.micro\
                </instanceType><vCpuInfo><defaultVCpus>1</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>1024\
                </sizeInMiB></memoryInfo></item></instanceTypeSet>";
    on("DescribeInstanceTypes").respond_with(told("DescribeInstanceTypes", body)).mount(&aws).await;
    let body = "<instanceTypeOfferingSet><item><instanceType>r6i.large</instanceType>\
                <location>euc1-az2</location></item></instanceTypeOfferingSet>";
    on("DescribeInstanceTypeOfferings")
        .respond_with(told("DescribeInstanceTypeOfferings", body))
        .mount(&aws)
        .await;

    let found = ec2(&aws).await.instance_types(&["r6i.large", "r99.large"]).await.unwrap();

    assert_eq!(found.len(), 1);
    assert_eq!((found[0].vcpus, found[0].memory_mib), (2, 16_384));
    assert_eq!(found[0].zones, Some(["euc1-az2".to_owned()].into()));
}

#[tokio::test]
async fn where_nobody_tells_the_zones_they_are_unknown() {
    let aws = empty_aws().await;
    let body = "<instanceTypeSet><item><instanceType>r6i.large</instanceType><vCpuInfo><defaultVCpus>2</defaultVCpus>\
                </vCpuInfo><memoryInfo><sizeInMiB>16384</sizeInMiB></memoryInfo></item></instanceTypeSet>";
    on("DescribeInstanceTypes").respond_with(told("DescribeInstanceTypes", body)).mount(&aws).await;
    let denied = refused(403, "UnauthorizedOperation", "no");
    on("DescribeInstanceTypeOfferings").respond_with(denied).mount(&aws).await;
    assert_eq!(ec2(&aws).await.instance_types(&["r6i.large"]).await.unwrap()[0].zones, None);
}

#[tokio::test]
async fn a_quota_that_may_not_be_asked_is_unknown_and_says_why() {
    let aws = empty_aws().await;
    let denied = ResponseTemplate::new(400).set_body_raw(
        r#"{"__type": "AccessDeniedException", "Message": "User: arn:aws:iam::123456789012:user/berth-user is not authorized to perform: servicequotas:GetServiceQuota"}"#,
        "application/x-amz-json-1.1",
    );
    wiremock::Mock::given(wiremock::matchers::header(
        "x-amz-target",
        "ServiceQuotasV20190624.GetServiceQuota",
    ))
    .respond_with(denied)
    .mount(&aws)
    .await;
    let vpcs = format!("<vpcSet>{}</vpcSet>", vpc("vpc-1"));
    on("DescribeVpcs").respond_with(told("DescribeVpcs", &vpcs)).mount(&aws).await;

    let quotas = ec2(&aws).await.quotas().await.unwrap();

    let of_vpcs = quotas.iter().find(|quota| quota.of == Limited::Vpcs).unwrap();
    assert_eq!((of_vpcs.limit, of_vpcs.used), (None, Some(1)));
    let why = of_vpcs.unknown_because.as_deref().unwrap();
    assert!(why.contains("servicequotas:GetServiceQuota"), "{why}");
    assert_eq!(quotas.len(), Limited::ALL.len());
}

#[tokio::test]
async fn where_nothing_can_be_asked_that_is_an_error() {
    let aws = MockServer::start().await;
    let error = ec2(&aws).await.quotas().await.unwrap_err();
    assert_eq!(error.operation, "servicequotas:GetServiceQuota");
}
