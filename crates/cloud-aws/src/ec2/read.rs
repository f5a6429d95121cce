//! From the SDK's types to what the inventory holds. What AWS always shows and is missing is an error, because a
//! thing that was left out would look like one that is gone.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types as aws;
use berth_domain::deployment::{
    AwsId, Tags,
    inventory::{
        Direction, Instance, InstanceState, InternetGateway, KeyPair, NetworkInterface, Route, RouteTable,
        SecurityGroup, Subnet, Volume, Vpc,
    },
};

use super::rules;

pub(super) fn vpc(from: &aws::Vpc) -> Result<Vpc, String> {
    let first = from.cidr_block().into_iter();
    let all = from.cidr_block_association_set().iter().filter(|one| is_associated(one));
    let mut cidrs = Vec::new();
    for text in first.chain(all.filter_map(|one| one.cidr_block())) {
        let cidr = parse(text)?;
        if !cidrs.contains(&cidr) {
            cidrs.push(cidr);
        }
    }
    Ok(Vpc {
        id: id("a VPC", from.vpc_id())?,
        cidrs,
        available: from.state() == Some(&aws::VpcState::Available),
        dns_support: None,
        dns_hostnames: None,
        tags: tags(from.tags()),
    })
}

/// Networks that were taken from a VPC stay in the list for a while.
fn is_associated(one: &aws::VpcCidrBlockAssociation) -> bool {
    use aws::VpcCidrBlockStateCode::{Associated, Associating};
    let state = one.cidr_block_state().and_then(aws::VpcCidrBlockState::state);
    matches!(state, None | Some(Associated | Associating))
}

pub(super) fn subnet(from: &aws::Subnet) -> Result<Subnet, String> {
    Ok(Subnet {
        id: id("a subnet", from.subnet_id())?,
        vpc: id("a subnet's VPC", from.vpc_id())?,
        cidr: from.cidr_block().filter(some).map(parse).transpose()?,
        zone_id: from.availability_zone_id().map(str::to_owned),
        public_addresses: from.map_public_ip_on_launch(),
        free_addresses: from.available_ip_address_count().and_then(|count| u32::try_from(count).ok()),
        tags: tags(from.tags()),
    })
}

pub(super) fn gateway(from: &aws::InternetGateway) -> Result<InternetGateway, String> {
    let attached = from.attachments().iter().find(|one| {
        !matches!(one.state(), Some(aws::AttachmentStatus::Detached | aws::AttachmentStatus::Detaching))
    });
    Ok(InternetGateway {
        id: id("an internet gateway", from.internet_gateway_id())?,
        vpc: attached.and_then(|one| one.vpc_id()).map(AwsId::from),
        tags: tags(from.tags()),
    })
}

pub(super) fn route_table(from: &aws::RouteTable) -> Result<RouteTable, String> {
    let associations = from.associations();
    let live = associations.iter().filter(|one| {
        use aws::RouteTableAssociationStateCode::{Disassociated, Disassociating};
        let state = one.association_state().and_then(aws::RouteTableAssociationState::state);
        !matches!(state, Some(Disassociated | Disassociating))
    });
    let of_subnets = live.filter_map(|one| {
        Some((AwsId::from(one.subnet_id()?), AwsId::from(one.route_table_association_id()?)))
    });
    Ok(RouteTable {
        id: id("a route table", from.route_table_id())?,
        vpc: id("a route table's VPC", from.vpc_id())?,
        main: associations.iter().any(|one| one.main() == Some(true)),
        routes: from.routes().iter().filter_map(route).collect(),
        associations: of_subnets.collect(),
        tags: tags(from.tags()),
    })
}

/// A route that somebody made; not the VPC's own, nor one that a gateway announced.
fn route(from: &aws::Route) -> Option<Route> {
    if from.origin() == Some(&aws::RouteOrigin::EnableVgwRoutePropagation) {
        return None;
    }
    let destination = from
        .destination_cidr_block()
        .or(from.destination_ipv6_cidr_block())
        .or(from.destination_prefix_list_id())?;
    let target = [
        from.gateway_id(),
        from.nat_gateway_id(),
        from.transit_gateway_id(),
        from.vpc_peering_connection_id(),
        from.network_interface_id(),
        from.instance_id(),
        from.egress_only_internet_gateway_id(),
        from.local_gateway_id(),
        from.carrier_gateway_id(),
        from.core_network_arn(),
        from.odb_network_arn(),
    ];
    // Where the target was deleted, AWS shows none: the route is a black hole.
    let target = target.into_iter().flatten().next().unwrap_or("blackhole");
    (target != "local").then(|| Route { destination: destination.to_owned(), target: target.into() })
}

pub(super) fn security_group(from: &aws::SecurityGroup) -> Result<SecurityGroup, String> {
    let mut all = rules::rules(Direction::In, from.ip_permissions())?;
    all.extend(rules::rules(Direction::Out, from.ip_permissions_egress())?);
    Ok(SecurityGroup {
        id: id("a security group", from.group_id())?,
        vpc: id("a security group's VPC", from.vpc_id())?,
        name: from.group_name().unwrap_or_default().to_owned(),
        rules: all,
        tags: tags(from.tags()),
    })
}

pub(super) fn key_pair(from: &aws::KeyPairInfo) -> Result<KeyPair, String> {
    Ok(KeyPair {
        id: id("a key pair", from.key_pair_id())?,
        name: from.key_name().unwrap_or_default().to_owned(),
        tags: tags(from.tags()),
    })
}

pub(super) fn instance(from: &aws::Instance) -> Result<Instance, String> {
    let state = from.state().and_then(|state| state.name()).ok_or("an instance has no state")?;
    let profile = from.iam_instance_profile().and_then(|profile| profile.arn());
    let volumes: BTreeMap<String, AwsId> =
        from.block_device_mappings().iter().filter_map(mapping).collect();
    let tokens = from.metadata_options().and_then(|options| options.http_tokens());
    let monitoring = from.monitoring().and_then(|monitoring| monitoring.state());
    Ok(Instance {
        id: id("an instance", from.instance_id())?,
        state: instance_state(state)?,
        state_reason: from
            .state_reason()
            .and_then(|reason| reason.message())
            .filter(some)
            .map(str::to_owned),
        instance_type: from.instance_type().map(|kind| kind.as_str()).unwrap_or_default().to_owned(),
        image: id("an instance's image", from.image_id())?,
        vpc: from.vpc_id().filter(some).map(AwsId::from),
        subnet: from.subnet_id().filter(some).map(AwsId::from),
        groups: ids(from.security_groups().iter().map(aws::GroupIdentifier::group_id)),
        profile: profile.and_then(|arn| arn.rsplit('/').next()).filter(some).map(str::to_owned),
        key_name: from.key_name().filter(some).map(str::to_owned),
        volumes: (!volumes.is_empty()).then_some(volumes),
        tokens_required: tokens.map(|tokens| *tokens == aws::HttpTokensState::Required),
        monitoring: monitoring
            .map(|state| matches!(state, aws::MonitoringState::Enabled | aws::MonitoringState::Pending)),
        private_address: from.private_ip_address().and_then(|address| address.parse().ok()),
        public_address: from.public_ip_address().and_then(|address| address.parse().ok()),
        tags: tags(from.tags()),
    })
}

fn mapping(from: &aws::InstanceBlockDeviceMapping) -> Option<(String, AwsId)> {
    Some((from.device_name()?.to_owned(), AwsId::from(from.ebs()?.volume_id()?)))
}

fn instance_state(from: &aws::InstanceStateName) -> Result<InstanceState, String> {
    let known = InstanceState::ALL.into_iter().find(|state| state.as_str() == from.as_str());
    known.ok_or_else(|| format!("an instance is {:?}", from.as_str()))
}

pub(super) fn volume(from: &aws::Volume) -> Result<Volume, String> {
    let attached = from.attachments().iter().find(|one| {
        !matches!(
            one.state(),
            Some(aws::VolumeAttachmentState::Detached | aws::VolumeAttachmentState::Detaching)
        )
    });
    Ok(Volume {
        id: id("a volume", from.volume_id())?,
        volume_type: from.volume_type().map(|kind| kind.as_str().to_owned()),
        size_gib: from.size().and_then(|size| u32::try_from(size).ok()).unwrap_or_default(),
        encrypted: from.encrypted(),
        instance: attached.and_then(|one| one.instance_id()).map(AwsId::from),
        device: attached.and_then(|one| one.device()).map(str::to_owned),
        tags: tags(from.tags()),
    })
}

pub(super) fn network_interface(from: &aws::NetworkInterface) -> Result<NetworkInterface, String> {
    Ok(NetworkInterface {
        id: id("a network interface", from.network_interface_id())?,
        vpc: id("a network interface's VPC", from.vpc_id())?,
        subnet: id("a network interface's subnet", from.subnet_id())?,
        instance: from.attachment().and_then(|one| one.instance_id()).filter(some).map(AwsId::from),
        description: from.description().unwrap_or_default().to_owned(),
        tags: tags(from.tag_set()),
    })
}

fn tags(from: &[aws::Tag]) -> Tags {
    let pairs = from.iter().filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default())));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn ids<'a>(from: impl Iterator<Item = Option<&'a str>>) -> BTreeSet<AwsId> {
    from.flatten().map(AwsId::from).collect()
}

fn id(of: &str, from: Option<&str>) -> Result<AwsId, String> {
    from.filter(some).map(AwsId::from).ok_or_else(|| format!("{of} has no id"))
}

fn some(text: &&str) -> bool {
    !text.is_empty()
}

fn parse<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is no network"))
}
