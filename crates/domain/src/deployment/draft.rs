//! From an order to a blueprint, region by region, or everything that stands against it.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::Ipv4Net;
use serde::Serialize;

use super::{
    AwsId,
    action::NewVolume,
    blueprint::{Blueprint, InstanceSpec, Key, Ref, Resource, RuleSpec, Spec},
    inventory::{Image, InstanceType, Inventory, Limited, Quota, Subnet, Vpc, Zone},
    network::{choose_zones, subnets},
    sizing::{FEWEST_AVAILABLE, MACHINES, ROOT_GIB, Sizing},
};
use crate::{
    ids::DeploymentId,
    problem::Problem,
    subscription::network::{Networking, RegionOrder, Spread},
    task::ErrorType,
};

/// The device that a node's data volume is asked for as.
pub const DATA_DEVICE: &str = "/dev/sdf";
/// What AWS keeps for itself in every subnet.
const RESERVED_ADDRESSES: u32 = 5;

/// What has to be known of an AWS account and a region before a blueprint can be drawn.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The region's zones.
    pub zones: Vec<Zone>,
    /// The nodes' image.
    pub image: Image,
    /// Which of [`MACHINES`] can be had.
    pub machines: Vec<InstanceType>,
    /// The AWS account's limits.
    pub quotas: Vec<Quota>,
    /// The customer's VPC, subnets and security group that the order names, as far as they are there.
    pub network: Inventory,
    /// Every VPC that the AWS account has in the region.
    pub vpcs: Vec<Vpc>,
    /// The networks of the account's other deployments.
    pub neighbours: Vec<Neighbour>,
}

/// The network of another deployment of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its network.
    pub network: Ipv4Net,
    /// Whose it is, for people: `subscription 7 (orders) in eu-west-1`.
    pub whose: String,
    /// The customer's VPC it is in, when it is in one.
    pub vpc: Option<AwsId>,
}

/// What a deployment is made with, besides the order and what AWS says.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The nodes' instance profile.
    pub profile: String,
    /// The public half of its key pair.
    pub public_key: String,
}

/// A deployment that can be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it is to have.
    pub blueprint: Blueprint,
    /// The network it is in.
    pub network: Ipv4Net,
    /// Its zones, in the order they are used.
    pub zones: Vec<String>,
    /// What it takes of the AWS account's limits.
    pub takes: Vec<Takes>,
}

/// What a deployment takes of something that is limited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Takes {
    /// How many it takes.
    pub needed: u32,
    /// What is limited, and how many there may be and are.
    #[serde(flatten)]
    pub quota: Quota,
}

impl Takes {
    /// How many are free; `None` when it could not be found out.
    pub fn free(&self) -> Option<u32> {
        Some(self.quota.limit?.saturating_sub(self.quota.used?))
    }

    /// Whether fewer are known to be free than are needed.
    pub fn is_short(&self) -> bool {
        self.free().is_some_and(|free| free < self.needed)
    }
}

/// What the smallest deployment that outlives the loss of a node takes, in a network of its own.
pub fn smallest(quotas: &[Quota]) -> Vec<Takes> {
    taken(quotas, FEWEST_AVAILABLE, MACHINES[0].vcpus, true)
}

/// Draws the blueprint of one region of an order. `path` is the region's in the order.
pub fn draft(
    region: &RegionOrder,
    sizing: &Sizing,
    survey: &Survey,
    parts: &Parts,
    path: &str,
) -> Result<Draft, Vec<Problem>> {
    let mut problems = Vec::new();
    let placed = match &region.networking {
        Networking::Managed { cidr } => {
            problems.extend(overlaps(cidr.network(), None, survey, path));
            let zones = choose_zones(&region.zones, &survey.zones, machine(sizing, survey), path);
            zones.map(|zones| managed(cidr.network(), zones, &parts.deployment))
        }
        Networking::Customer { .. } => customers(region, sizing, survey, path),
    };
    let placed = placed.map_err(|more| problems.extend(more)).ok();
    problems.extend(no_machine(sizing, survey, path));
    let takes = takes(region, sizing, survey);
    problems.extend(takes.iter().filter_map(|takes| no_room(takes, path)));
    let placed = placed.filter(|_| problems.is_empty()).ok_or(problems)?;
    let problems = no_addresses(&placed, sizing, path);
    if !problems.is_empty() {
        return Err(problems);
    }
    let blueprint = blueprint(&placed, sizing, survey, parts);
    Ok(Draft { blueprint, network: placed.network, zones: placed.zones, takes })
}

/// The network part of a deployment.
struct Placed {
    /// What Berth makes of it.
    resources: Vec<Resource>,
    network: Ipv4Net,
    zones: Vec<String>,
    /// The subnet in each zone, with the addresses it has for nodes.
    subnets: Vec<(Ref, u32)>,
    groups: BTreeSet<Ref>,
}

fn managed(network: Ipv4Net, zones: Vec<String>, deployment: &DeploymentId) -> Placed {
    let subnets = subnets(network, &zones);
    let group = |key: Key, name: &str, description: &str, rule: Option<RuleSpec>| Resource {
        spec: Spec::SecurityGroup {
            name: format!("berth-{deployment}-{name}"),
            description: description.to_owned(),
            rules: rule.into_iter().chain([RuleSpec::everything_out()]).collect(),
        },
        key,
    };
    let mut resources = vec![Resource { key: Key::vpc(), spec: Spec::Vpc { cidr: network } }];
    resources.extend(subnets.iter().map(|(zone, cidr)| Resource {
        key: Key::subnet(zone),
        spec: Spec::Subnet { zone_id: zone.clone(), cidr: *cidr },
    }));
    let keys = subnets.iter().map(|(zone, _)| Key::subnet(zone)).collect();
    let among = RuleSpec::among(Key::node_group());
    resources.extend([
        Resource { key: Key::gateway(), spec: Spec::InternetGateway },
        Resource { key: Key::routes(), spec: Spec::RouteTable { subnets: keys } },
        group(Key::node_group(), "nodes", "Traffic among the nodes", Some(among)),
        group(Key::client_group(), "clients", "Clients by the allow list", None),
    ]);
    Placed {
        resources,
        network,
        subnets: subnets
            .iter()
            .map(|(zone, cidr)| (Ref::Own(Key::subnet(zone)), addresses(cidr)))
            .collect(),
        zones,
        groups: [Ref::Own(Key::node_group()), Ref::Own(Key::client_group())].into(),
    }
}

/// How many addresses a subnet has for others than AWS.
fn addresses(cidr: &Ipv4Net) -> u32 {
    (1_u32 << (32 - cidr.prefix_len())).saturating_sub(RESERVED_ADDRESSES)
}

/// The customer's own network: everything the order names must be there and fit together.
fn customers(
    region: &RegionOrder,
    sizing: &Sizing,
    survey: &Survey,
    path: &str,
) -> Result<Placed, Vec<Problem>> {
    let Networking::Customer { vpc_id, subnet_ids, security_group_id, .. } = &region.networking else {
        unreachable!("asked for a customer's network only")
    };
    let path = format!("{path}.networking");
    let mut problems = Vec::new();
    let mut refuse = |field: &str, kind: ErrorType, message: String| {
        problems.push(Problem::new(format!("{path}.{field}"), kind, message));
    };
    let vpc = survey.network.vpcs.iter().find(|it| it.id.as_str() == vpc_id.as_str());
    if vpc.is_none() {
        refuse(
            "vpcId",
            ErrorType::NetworkingVpcIdMissing,
            format!("{vpc_id} is not there in {}", region.region),
        );
    }
    let group = survey.network.groups.iter().find(|it| it.id.as_str() == security_group_id.as_str());
    match group {
        None => {
            let message = format!("{security_group_id} is not there in {}", region.region);
            refuse("securityGroupId", ErrorType::NetworkingSecurityGroupMissing, message);
        }
        Some(group) if group.vpc.as_str() != vpc_id.as_str() => {
            let message = format!("{security_group_id} is in {}, not in {vpc_id}", group.vpc);
            refuse("securityGroupId", ErrorType::NetworkingSecurityGroupMissing, message);
        }
        Some(_) => {}
    }
    let mut zones: BTreeMap<String, &str> = BTreeMap::new();
    let mut placed: Vec<&Subnet> = Vec::new();
    for (at, id) in subnet_ids.iter().enumerate() {
        let field = format!("subnetIds[{at}]");
        let Some(subnet) = survey.network.subnets.iter().find(|it| it.id.as_str() == id.as_str()) else {
            let message = format!("{id} is not there in {}", region.region);
            refuse(&field, ErrorType::NetworkingSubnetIdsMissing, message);
            continue;
        };
        if subnet.vpc.as_str() != vpc_id.as_str() {
            let message = format!("{id} is in {}, not in {vpc_id}", subnet.vpc);
            refuse(&field, ErrorType::NetworkingSubnetIdsMissing, message);
        }
        let zone = subnet.zone_id.clone().unwrap_or_default();
        if !zone.is_empty() && machine(sizing, survey).is_some_and(|machine| !machine.is_in(&zone)) {
            let message =
                format!("{id} is in {zone}, where AWS has no instances of type {}", sizing.instance_type);
            refuse(&field, ErrorType::PlannerFailure, message);
        }
        if let Some(other) = zones.insert(zone.clone(), id.as_str())
            && !zone.is_empty()
            && region.zones.spread == Spread::MultiZone
        {
            let message = format!("{id} is in {zone}, as {other} is; each zone needs its own subnet");
            refuse(&field, ErrorType::InvalidNumberOfSubnetIds, message);
        }
        placed.push(subnet);
    }
    for (at, zone) in region.zones.preferred.iter().enumerate() {
        if zones.keys().all(|other| other != zone.as_str() && !other.is_empty()) && !zones.is_empty() {
            let kind = ErrorType::SubscriptionPreferredAzInvalidValue;
            refuse(
                &format!("subnetIds[{}]", at.min(subnet_ids.len().saturating_sub(1))),
                kind,
                format!("has no subnet in {zone}, which preferredAvailabilityZones names"),
            );
        }
    }
    let network = vpc.and_then(|vpc| vpc.cidrs.first()).copied();
    if let Some(network) = network {
        problems.extend(overlaps(
            network,
            Some(vpc_id.as_str()),
            survey,
            path.trim_end_matches(".networking"),
        ));
    }
    let Some(network) = network.filter(|_| problems.is_empty()) else { return Err(problems) };
    // In the customer's order of zones, where it gave one.
    let preferred = |subnet: &&Subnet| {
        let zone = subnet.zone_id.as_deref().unwrap_or_default();
        region.zones.preferred.iter().position(|other| other.as_str() == zone)
    };
    placed.sort_by_key(preferred);
    let room = |subnet: &Subnet| match (subnet.cidr, subnet.free_addresses) {
        // One for IPv6 only has no address for a node.
        (None, _) => 0,
        (Some(_), Some(free)) => free,
        (Some(cidr), None) => addresses(&cidr),
    };
    Ok(Placed {
        resources: Vec::new(),
        network,
        zones: placed.iter().map(|subnet| subnet.zone_id.clone().unwrap_or_default()).collect(),
        subnets: placed.iter().map(|subnet| (Ref::Customers(subnet.id.clone()), room(subnet))).collect(),
        groups: [Ref::Customers(AwsId::from(security_group_id.as_str()))].into(),
    })
}

/// Networks of one account never overlap, so that they can be joined; those in the same VPC are one network. One that
/// Berth makes overlaps with no VPC either that the AWS account has in the region; how the customer's VPCs lie to each
/// other is the customer's own business.
fn overlaps(network: Ipv4Net, vpc: Option<&str>, survey: &Survey, path: &str) -> Option<Problem> {
    let meets = |other: &Ipv4Net| other.contains(&network) || network.contains(other);
    let same_vpc = |it: &Neighbour| vpc.is_some() && it.vpc.as_ref().map(AwsId::as_str) == vpc;
    let neighbours: Vec<&Neighbour> =
        survey.neighbours.iter().filter(|it| !same_vpc(it) && meets(&it.network)).collect();
    let mut whose: Vec<String> =
        neighbours.iter().map(|it| format!("{} of {}", it.network, it.whose)).collect();
    let vpcs = survey.vpcs.iter().filter(|_| vpc.is_none());
    for (id, cidr) in vpcs.flat_map(|it| it.cidrs.iter().map(move |cidr| (&it.id, cidr))) {
        // The VPC of another deployment is named as that.
        if meets(cidr) && neighbours.iter().all(|it| it.network != *cidr) {
            whose.push(format!("{cidr} of {id} in the AWS account"));
        }
    }
    let field = match vpc {
        Some(_) => format!("{path}.networking.vpcId"),
        None => format!("{path}.networking.deploymentCIDR"),
    };
    (!whose.is_empty()).then(|| {
        let message = format!("is {network}, which overlaps with {}; choose another", whose.join(" and "));
        Problem::new(field, ErrorType::SubscriptionInvalidCidr, message)
    })
}

/// The nodes' type, when the region has it.
fn machine<'a>(sizing: &Sizing, survey: &'a Survey) -> Option<&'a InstanceType> {
    survey.machines.iter().find(|it| it.name == sizing.instance_type)
}

fn no_machine(sizing: &Sizing, survey: &Survey, path: &str) -> Option<Problem> {
    machine(sizing, survey).is_none().then(|| {
        let message =
            format!("cannot be used: instances of type {} cannot be had there", sizing.instance_type);
        Problem::new(format!("{path}.region"), ErrorType::PlannerFailure, message)
    })
}

fn takes(region: &RegionOrder, sizing: &Sizing, survey: &Survey) -> Vec<Takes> {
    let managed = matches!(region.networking, Networking::Managed { .. });
    taken(&survey.quotas, sizing.nodes, sizing.vcpus, managed)
}

fn taken(quotas: &[Quota], nodes: u32, vcpus: u32, own_network: bool) -> Vec<Takes> {
    let needed = |of: Limited| match of {
        Limited::StandardVcpus => nodes * vcpus,
        Limited::NetworkInterfaces => nodes,
        Limited::Vpcs | Limited::InternetGateways if own_network => 1,
        Limited::SecurityGroups if own_network => 2,
        _ => 0,
    };
    let quotas = quotas.iter().map(|quota| Takes { needed: needed(quota.of), quota: quota.clone() });
    quotas.filter(|takes| takes.needed > 0).collect()
}

fn no_room(takes: &Takes, path: &str) -> Option<Problem> {
    let Takes { needed, quota } = takes;
    let (limit, free) = (quota.limit?, takes.free()?);
    takes.is_short().then(|| {
        let (service, code) = quota.of.code();
        let message = format!(
            "has no room: {needed} {} are needed, and {free} of {limit} are free; ask AWS for more (Service Quotas, \
             {service} {code}), or remove some",
            quota.of.as_str()
        );
        Problem::new(format!("{path}.region"), ErrorType::PlannerFailure, message)
    })
}

fn no_addresses(placed: &Placed, sizing: &Sizing, path: &str) -> Vec<Problem> {
    let subnets = placed.subnets.len() as u32;
    let short = placed.subnets.iter().enumerate().filter_map(|(at, (subnet, room))| {
        let at = at as u32;
        let nodes = sizing.nodes / subnets + u32::from(at < sizing.nodes % subnets);
        let name = match subnet {
            Ref::Own(key) => key.as_str(),
            Ref::Customers(id) => id.as_str(),
        };
        (nodes > *room).then(|| {
            let message =
                format!("is too small: {nodes} nodes would be in {name}, which has {room} addresses free");
            Problem::new(format!("{path}.networking"), ErrorType::SubscriptionInvalidCidr, message)
        })
    });
    short.collect()
}

fn blueprint(placed: &Placed, sizing: &Sizing, survey: &Survey, parts: &Parts) -> Blueprint {
    let deployment = parts.deployment;
    let key_name = format!("berth-{deployment}");
    let mut resources = placed.resources.clone();
    resources.push(Resource {
        key: Key::key_pair(),
        spec: Spec::KeyPair { name: key_name.clone(), public_key: parts.public_key.clone() },
    });
    let volumes = [
        NewVolume {
            device: survey.image.root_device.clone(),
            size_gib: ROOT_GIB.max(survey.image.root_size_gib.unwrap_or_default()),
        },
        NewVolume { device: DATA_DEVICE.to_owned(), size_gib: sizing.data_gib },
    ];
    for number in 1..=sizing.nodes {
        let key = Key::node(number);
        let at = (number as usize - 1) % placed.subnets.len();
        resources.push(Resource {
            key: key.clone(),
            spec: Spec::Instance(InstanceSpec {
                subnet: placed.subnets[at].0.clone(),
                groups: placed.groups.clone(),
                instance_type: sizing.instance_type.clone(),
                image: survey.image.id.clone(),
                profile: parts.profile.clone(),
                key_name: key_name.clone(),
                user_data: user_data(deployment, &key),
                volumes: volumes.to_vec(),
            }),
        });
        for (volume, name) in volumes.iter().zip([key.root_volume(), key.data_volume()]) {
            let spec = Spec::Volume { instance: key.clone(), volume: volume.clone() };
            resources.push(Resource { key: name, spec });
        }
    }
    Blueprint { resources }
}

/// Tells a node what it is: cloud-init writes it to a file.
pub(super) fn user_data(deployment: DeploymentId, node: &Key) -> String {
    format!(
        "#cloud-config\nwrite_files:\n  - path: /etc/berth/node.json\n    permissions: '0644'\n    \
         content: '{{\"deployment\":\"{deployment}\",\"node\":\"{node}\"}}'\n"
    )
}

/// The names of the machines a survey has to ask for.
pub fn machine_names() -> [&'static str; MACHINES.len()] {
    MACHINES.map(|machine| machine.name)
}
