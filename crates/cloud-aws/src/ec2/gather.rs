//! The inventory: every describe that a pass over all deployments of an AWS account and region needs.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, VpcAttributeName};
use berth_cloud::{Error, ErrorKind};
use berth_domain::deployment::{
    AwsId, Kind,
    inventory::{Inventory, Look, Vpc},
};
use futures::{FutureExt, future::BoxFuture, try_join};

use super::{
    AwsEc2,
    read::{self, Thing},
};
use crate::errors::unexpected;

pub(super) const DESCRIBE_VPCS: &str = "ec2:DescribeVpcs";
const DESCRIBE_INSTANCES: &str = "ec2:DescribeInstances";
pub(super) const DESCRIBE_INTERNET_GATEWAYS: &str = "ec2:DescribeInternetGateways";
const DESCRIBE_KEY_PAIRS: &str = "ec2:DescribeKeyPairs";
pub(super) const DESCRIBE_NETWORK_INTERFACES: &str = "ec2:DescribeNetworkInterfaces";
const DESCRIBE_ROUTE_TABLES: &str = "ec2:DescribeRouteTables";
pub(super) const DESCRIBE_SECURITY_GROUPS: &str = "ec2:DescribeSecurityGroups";
const DESCRIBE_SUBNETS: &str = "ec2:DescribeSubnets";
const DESCRIBE_VOLUMES: &str = "ec2:DescribeVolumes";
const DESCRIBE_VPC_ATTRIBUTE: &str = "ec2:DescribeVpcAttribute";

pub(super) const OPERATIONS: &[&str] = &[
    DESCRIBE_INSTANCES,
    DESCRIBE_INTERNET_GATEWAYS,
    DESCRIBE_KEY_PAIRS,
    DESCRIBE_NETWORK_INTERFACES,
    DESCRIBE_ROUTE_TABLES,
    DESCRIBE_SECURITY_GROUPS,
    DESCRIBE_SUBNETS,
    DESCRIBE_VOLUMES,
    DESCRIBE_VPCS,
    DESCRIBE_VPC_ATTRIBUTE,
];

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
        find(look, Kind::Subnet, |filter| subnets(region, filter).boxed()),
        find(look, Kind::InternetGateway, |filter| gateways(region, filter).boxed()),
        find(look, Kind::RouteTable, |filter| route_tables(region, filter).boxed()),
        find(look, Kind::SecurityGroup, |filter| groups(region, filter).boxed()),
        find(look, Kind::KeyPair, |filter| key_pairs(region, filter).boxed()),
        find(look, Kind::Instance, |filter| instances(region, filter).boxed()),
        find(look, Kind::Volume, |filter| volumes(region, filter).boxed()),
        find(look, Kind::NetworkInterface, |filter| interfaces(region, filter).boxed()),
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
async fn find<'a, T: Thing + Send>(
    look: &Look,
    kind: Kind,
    describe: impl Fn(Filter) -> BoxFuture<'a, Result<Vec<T>, Error>> + Send + Sync,
) -> Result<Vec<T>, Error> {
    let (key, value) = &look.tag;
    let mut filters = vec![filter(&format!("tag:{key}"), [value])];
    if let Some(name) = filter_by_vpc(kind) {
        filters.extend(filters_of(name, look.own_vpcs.iter()));
    }
    let mut found = BTreeMap::new();
    for filter in filters {
        found.extend(describe(filter).await?.into_iter().map(|one| (one.id().clone(), one)));
    }
    let on_record = look.known.get(&kind).into_iter().flatten();
    let missing = filters_of(filter_by_id(kind), on_record.filter(|id| !found.contains_key(*id)));
    for filter in missing {
        found.extend(describe(filter).await?.into_iter().map(|one| (one.id().clone(), one)));
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
    let mut found = find(look, Kind::Vpc, |filter| vpcs(region, Some(filter)).boxed()).await?;
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
    let request = region.clients.ec2.describe_vpc_attribute().vpc_id(vpc.as_str()).attribute(name);
    let answer = match send!(region, aws_sdk_ec2, DESCRIBE_VPC_ATTRIBUTE, request) {
        // Deleted between the two calls.
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let shown = answer.enable_dns_support().or(answer.enable_dns_hostnames());
    Ok(shown.and_then(|attribute| attribute.value()))
}

/// VPCs; all of them without a filter.
pub(super) async fn vpcs(region: &AwsEc2, filter: Option<Filter>) -> Result<Vec<Vpc>, Error> {
    let request =
        region.clients.ec2.describe_vpcs().max_results(PAGE).set_filters(filter.map(|one| vec![one]));
    all(DESCRIBE_VPCS, &pages!(region, DESCRIBE_VPCS, request, vpcs), read::vpc)
}

/// The describe of one kind: its function, the SDK's method, the operation, the page, the answer's field, the reader.
macro_rules! describes {
    ($($name:ident: $method:ident, $operation:ident, $page:ident, $field:ident, $read:path, $thing:ident;)+) => {$(
        async fn $name(
            region: &AwsEc2,
            filter: Filter,
        ) -> Result<Vec<berth_domain::deployment::inventory::$thing>, Error> {
            let request = region.clients.ec2.$method().max_results($page).filters(filter);
            all($operation, &pages!(region, $operation, request, $field), $read)
        }
    )+};
}

describes! {
    subnets: describe_subnets, DESCRIBE_SUBNETS, PAGE, subnets, read::subnet, Subnet;
    gateways: describe_internet_gateways, DESCRIBE_INTERNET_GATEWAYS, PAGE, internet_gateways, read::gateway, InternetGateway;
    route_tables: describe_route_tables, DESCRIBE_ROUTE_TABLES, ROUTE_TABLES_PAGE, route_tables, read::route_table, RouteTable;
    groups: describe_security_groups, DESCRIBE_SECURITY_GROUPS, PAGE, security_groups, read::security_group, SecurityGroup;
    volumes: describe_volumes, DESCRIBE_VOLUMES, PAGE, volumes, read::volume, Volume;
    interfaces: describe_network_interfaces, DESCRIBE_NETWORK_INTERFACES, PAGE, network_interfaces, read::network_interface, NetworkInterface;
}

/// Key pairs come on one page, however many.
async fn key_pairs(
    region: &AwsEc2,
    filter: Filter,
) -> Result<Vec<berth_domain::deployment::inventory::KeyPair>, Error> {
    let request = region.clients.ec2.describe_key_pairs().filters(filter);
    let answer = send!(region, aws_sdk_ec2, DESCRIBE_KEY_PAIRS, request)?;
    all(DESCRIBE_KEY_PAIRS, answer.key_pairs(), read::key_pair)
}

/// The name of the key pair with an id.
pub(super) async fn key_name(region: &AwsEc2, id: &str) -> Result<Option<String>, Error> {
    let found = key_pairs(region, filter(filter_by_id(Kind::KeyPair), [id])).await?;
    // Not every simulator filters.
    Ok(found.into_iter().find(|one| one.id.as_str() == id).map(|one| one.name))
}

async fn instances(
    region: &AwsEc2,
    filter: Filter,
) -> Result<Vec<berth_domain::deployment::inventory::Instance>, Error> {
    let found = reserved(region, filter).await?;
    all(DESCRIBE_INSTANCES, &found, read::instance)
}

/// Instances as AWS shows them.
pub(super) async fn reserved(
    region: &AwsEc2,
    filter: Filter,
) -> Result<Vec<aws_sdk_ec2::types::Instance>, Error> {
    let request = region.clients.ec2.describe_instances().max_results(PAGE).filters(filter);
    let reservations = pages!(region, DESCRIBE_INSTANCES, request, reservations);
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
