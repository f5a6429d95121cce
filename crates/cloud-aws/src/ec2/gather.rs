//! The inventory: every describe that a pass over all deployments of an AWS account and region needs.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, VpcAttributeName};
use berth_cloud::{Error, ErrorKind};
use berth_domain::deployment::{
    AwsId, Kind,
    inventory::{
        Instance, InternetGateway, Inventory, KeyPair, Look, NetworkInterface, RouteTable, SecurityGroup,
        Subnet, Volume, Vpc,
    },
};
use futures::{FutureExt, future::BoxFuture, try_join};

use super::{AwsEc2, read};
use crate::errors::unexpected;

/// AWS's longest page.
pub(super) const PAGE: i32 = 1000;
/// AWS's longest page of route tables.
const ROUTE_TABLES_PAGE: i32 = 100;
/// How many values AWS takes in one filter.
const FILTER_VALUES: usize = 200;

/// Looks. Kinds go side by side, the calls for one kind one after the other.
pub(super) async fn inventory(region: &AwsEc2, look: &Look) -> Result<Inventory, Error> {
    let (vpcs, subnets, gateways, route_tables, groups, key_pairs, instances, volumes, interfaces) = try_join!(
        vpcs_with_attributes(region, look),
        find(look, Kind::Subnet, |filter| subnets(region, filter).boxed(), |one| &one.id),
        find(look, Kind::InternetGateway, |filter| gateways(region, filter).boxed(), |one| &one.id),
        find(look, Kind::RouteTable, |filter| route_tables(region, filter).boxed(), |one| &one.id),
        find(look, Kind::SecurityGroup, |filter| groups(region, filter).boxed(), |one| &one.id),
        find(look, Kind::KeyPair, |filter| key_pairs(region, filter).boxed(), |one| &one.id),
        find(look, Kind::Instance, |filter| instances(region, filter).boxed(), |one| &one.id),
        find(look, Kind::Volume, |filter| volumes(region, filter).boxed(), |one| &one.id),
        find(look, Kind::NetworkInterface, |filter| interfaces(region, filter).boxed(), |one| &one.id),
    )?;
    Ok(Inventory {
        vpcs,
        subnets,
        gateways,
        route_tables,
        groups,
        key_pairs,
        instances,
        volumes,
        interfaces,
    })
}

/// All of one kind: by tag, by VPC, and then by id what is on record and was found by neither. By filters, because
/// an id that AWS does not know makes a call by ids fail.
async fn find<'a, T: Send>(
    look: &Look,
    kind: Kind,
    describe: impl Fn(Filter) -> BoxFuture<'a, Result<Vec<T>, Error>> + Send + Sync,
    id: fn(&T) -> &AwsId,
) -> Result<Vec<T>, Error> {
    let (key, value) = &look.tag;
    let mut filters = vec![filter(&format!("tag:{key}"), [value])];
    if let Some(name) = filter_by_vpc(kind) {
        filters.extend(filters_of(name, look.own_vpcs.iter()));
    }
    let mut found = BTreeMap::new();
    for filter in filters {
        found.extend(describe(filter).await?.into_iter().map(|one| (id(&one).clone(), one)));
    }
    let on_record = look.known.get(&kind).into_iter().flatten();
    let missing = filters_of(filter_by_id(kind), on_record.filter(|id| !found.contains_key(*id)));
    for filter in missing {
        found.extend(describe(filter).await?.into_iter().map(|one| (id(&one).clone(), one)));
    }
    Ok(found.into_values().collect())
}

/// As many filters as it takes for so many values; none for none.
fn filters_of<'a>(name: &str, values: impl Iterator<Item = &'a AwsId>) -> Vec<Filter> {
    let values: Vec<&AwsId> = values.collect();
    values.chunks(FILTER_VALUES).map(|some| filter(name, some)).collect()
}

fn filter(name: &str, values: impl IntoIterator<Item = impl ToString>) -> Filter {
    let values = values.into_iter().map(|value| value.to_string());
    Filter::builder().name(name).set_values(Some(values.collect())).build()
}

/// What finds everything of a kind in a VPC; none where things aren't in one.
fn filter_by_vpc(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Subnet | Kind::RouteTable | Kind::SecurityGroup | Kind::Instance | Kind::NetworkInterface => {
            Some("vpc-id")
        }
        Kind::InternetGateway => Some("attachment.vpc-id"),
        Kind::Vpc | Kind::KeyPair | Kind::Volume => None,
    }
}

fn filter_by_id(kind: Kind) -> &'static str {
    match kind {
        Kind::Vpc => "vpc-id",
        Kind::Subnet => "subnet-id",
        Kind::InternetGateway => "internet-gateway-id",
        Kind::RouteTable => "route-table-id",
        Kind::SecurityGroup => "group-id",
        Kind::KeyPair => "key-pair-id",
        Kind::Instance => "instance-id",
        Kind::Volume => "volume-id",
        Kind::NetworkInterface => "network-interface-id",
    }
}

async fn vpcs_with_attributes(region: &AwsEc2, look: &Look) -> Result<Vec<Vpc>, Error> {
    let mut found =
        find(look, Kind::Vpc, |filter| vpcs(region, Some(filter)).boxed(), |one| &one.id).await?;
    for vpc in &mut found {
        if look.own_vpcs.contains(&vpc.id) {
            vpc.dns_support = attribute(region, &vpc.id, VpcAttributeName::EnableDnsSupport).await?;
            vpc.dns_hostnames = attribute(region, &vpc.id, VpcAttributeName::EnableDnsHostnames).await?;
        }
    }
    Ok(found)
}

/// One attribute, which AWS gives for one VPC at a time.
async fn attribute(region: &AwsEc2, vpc: &AwsId, name: VpcAttributeName) -> Result<Option<bool>, Error> {
    let request = region.ec2().describe_vpc_attribute().vpc_id(vpc.as_str()).attribute(name);
    let answer = match region.call("ec2:DescribeVpcAttribute", request.send()).await {
        // Deleted between the two calls.
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let shown = answer.enable_dns_support().or(answer.enable_dns_hostnames());
    Ok(shown.and_then(|attribute| attribute.value()))
}

/// VPCs; all of them without a filter.
pub(super) async fn vpcs(region: &AwsEc2, filter: Option<Filter>) -> Result<Vec<Vpc>, Error> {
    let request = region.ec2().describe_vpcs().set_filters(filter.map(|one| vec![one]));
    let pages = request.into_paginator().page_size(PAGE).send();
    let found = region.pages("ec2:DescribeVpcs", pages, |page| (page.vpcs, page.next_token)).await?;
    all("ec2:DescribeVpcs", &found, read::vpc)
}

async fn subnets(region: &AwsEc2, filter: Filter) -> Result<Vec<Subnet>, Error> {
    let request = region.ec2().describe_subnets().filters(filter);
    let pages = request.into_paginator().page_size(PAGE).send();
    let found = region.pages("ec2:DescribeSubnets", pages, |page| (page.subnets, page.next_token)).await?;
    all("ec2:DescribeSubnets", &found, read::subnet)
}

async fn gateways(region: &AwsEc2, filter: Filter) -> Result<Vec<InternetGateway>, Error> {
    let request = region.ec2().describe_internet_gateways().filters(filter);
    let pages = request.into_paginator().page_size(PAGE).send();
    let found = region
        .pages("ec2:DescribeInternetGateways", pages, |page| (page.internet_gateways, page.next_token))
        .await?;
    all("ec2:DescribeInternetGateways", &found, read::gateway)
}

async fn route_tables(region: &AwsEc2, filter: Filter) -> Result<Vec<RouteTable>, Error> {
    let request = region.ec2().describe_route_tables().filters(filter);
    let pages = request.into_paginator().page_size(ROUTE_TABLES_PAGE).send();
    let found =
        region.pages("ec2:DescribeRouteTables", pages, |page| (page.route_tables, page.next_token)).await?;
    all("ec2:DescribeRouteTables", &found, read::route_table)
}

async fn groups(region: &AwsEc2, filter: Filter) -> Result<Vec<SecurityGroup>, Error> {
    let request = region.ec2().describe_security_groups().filters(filter);
    let pages = request.into_paginator().page_size(PAGE).send();
    let found = region
        .pages("ec2:DescribeSecurityGroups", pages, |page| (page.security_groups, page.next_token))
        .await?;
    all("ec2:DescribeSecurityGroups", &found, read::security_group)
}

async fn volumes(region: &AwsEc2, filter: Filter) -> Result<Vec<Volume>, Error> {
    let request = region.ec2().describe_volumes().filters(filter);
    let pages = request.into_paginator().page_size(PAGE).send();
    let found = region.pages("ec2:DescribeVolumes", pages, |page| (page.volumes, page.next_token)).await?;
    all("ec2:DescribeVolumes", &found, read::volume)
}

async fn interfaces(region: &AwsEc2, filter: Filter) -> Result<Vec<NetworkInterface>, Error> {
    let request = region.ec2().describe_network_interfaces().filters(filter);
    let pages = request.into_paginator().page_size(PAGE).send();
    let found = region
        .pages("ec2:DescribeNetworkInterfaces", pages, |page| (page.network_interfaces, page.next_token))
        .await?;
    all("ec2:DescribeNetworkInterfaces", &found, read::network_interface)
}

/// Key pairs come on one page, however many.
async fn key_pairs(region: &AwsEc2, filter: Filter) -> Result<Vec<KeyPair>, Error> {
    let request = region.ec2().describe_key_pairs().filters(filter);
    let answer = region.call("ec2:DescribeKeyPairs", request.send()).await?;
    all("ec2:DescribeKeyPairs", answer.key_pairs(), read::key_pair)
}

/// The name of the key pair with an id.
pub(super) async fn key_name(region: &AwsEc2, id: &str) -> Result<Option<String>, Error> {
    let found = key_pairs(region, filter(filter_by_id(Kind::KeyPair), [id])).await?;
    // Not every simulator filters.
    Ok(found.into_iter().find(|one| one.id.as_str() == id).map(|one| one.name))
}

async fn instances(region: &AwsEc2, filter: Filter) -> Result<Vec<Instance>, Error> {
    let found = reserved(region, filter).await?;
    all("ec2:DescribeInstances", &found, read::instance)
}

/// Instances as AWS shows them.
pub(super) async fn reserved(
    region: &AwsEc2,
    filter: Filter,
) -> Result<Vec<aws_sdk_ec2::types::Instance>, Error> {
    let request = region.ec2().describe_instances().filters(filter);
    let pages = request.into_paginator().page_size(PAGE).send();
    let reservations =
        region.pages("ec2:DescribeInstances", pages, |page| (page.reservations, page.next_token)).await?;
    Ok(reservations.into_iter().flat_map(|one| one.instances.unwrap_or_default()).collect())
}

fn all<A, T>(
    operation: &'static str,
    items: &[A],
    read: impl Fn(&A) -> Result<T, String>,
) -> Result<Vec<T>, Error> {
    let things = items.iter().map(read);
    things.collect::<Result<_, _>>().map_err(|detail| unexpected(operation, None, &detail))
}
