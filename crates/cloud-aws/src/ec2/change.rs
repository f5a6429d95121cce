//! Changing and deleting things. What is so already is no error.

use aws_sdk_ec2::types::AttributeBooleanValue;
use berth_cloud::{Error, ErrorKind};
use berth_domain::deployment::{
    AwsId, Kind,
    action::{Change, Rules, removal},
    inventory::Direction,
};

use super::{AwsEc2, gather, rules::permissions};
use crate::errors::unexpected;

/// Makes it so.
pub(super) async fn change(region: &AwsEc2, what: &Change) -> Result<(), Error> {
    let (ec2, action) = (region.ec2(), what.action());
    match what {
        Change::EnableDnsSupport(vpc) => {
            let request = ec2.modify_vpc_attribute().vpc_id(vpc.as_str()).enable_dns_support(yes());
            region.call(action, request.send()).await.map(drop)
        }
        Change::EnableDnsHostnames(vpc) => {
            let request = ec2.modify_vpc_attribute().vpc_id(vpc.as_str()).enable_dns_hostnames(yes());
            region.call(action, request.send()).await.map(drop)
        }
        Change::GivePublicAddresses(subnet) => {
            let request = ec2.modify_subnet_attribute().subnet_id(subnet.as_str());
            region.call(action, request.map_public_ip_on_launch(yes()).send()).await.map(drop)
        }
        Change::AttachGateway { gateway, vpc } => {
            let request = ec2.attach_internet_gateway().internet_gateway_id(gateway.as_str());
            there(region.call(action, request.vpc_id(vpc.as_str()).send()).await)
        }
        Change::DetachGateway { gateway, vpc } => {
            let request = ec2.detach_internet_gateway().internet_gateway_id(gateway.as_str());
            gone(region.call(action, request.vpc_id(vpc.as_str()).send()).await)
        }
        Change::AddRoute { table, route } => {
            let request = ec2.create_route().route_table_id(table.as_str());
            let request =
                request.destination_cidr_block(&route.destination).gateway_id(route.target.as_str());
            there(region.call(action, request.send()).await)
        }
        Change::RemoveRoute { table, destination } => {
            let request = ec2.delete_route().route_table_id(table.as_str());
            let request = if destination.starts_with("pl-") {
                request.destination_prefix_list_id(destination)
            } else if destination.contains(':') {
                request.destination_ipv6_cidr_block(destination)
            } else {
                request.destination_cidr_block(destination)
            };
            gone(region.call(action, request.send()).await)
        }
        Change::AssociateRouteTable { table, subnet } => {
            let request = ec2.associate_route_table().route_table_id(table.as_str());
            there(region.call(action, request.subnet_id(subnet.as_str()).send()).await)
        }
        Change::DisassociateRouteTable { table: _, association } => {
            let request = ec2.disassociate_route_table().association_id(association.as_str());
            gone(region.call(action, request.send()).await)
        }
        Change::Authorize(rules) => settle(region, Way::Authorize, action, rules).await,
        Change::Revoke(rules) => settle(region, Way::Revoke, action, rules).await,
        Change::StartInstance(instance) => {
            let request = ec2.start_instances().instance_ids(instance.as_str());
            region.call(action, request.send()).await.map(drop)
        }
        Change::SetGroups { instance, groups } => {
            let request = ec2.modify_instance_attribute().instance_id(instance.as_str());
            let request = request.set_groups(Some(groups.iter().map(ToString::to_string).collect()));
            region.call(action, request.send()).await.map(drop)
        }
    }
}

/// Deletes one thing.
pub(super) async fn delete(region: &AwsEc2, kind: Kind, id: &AwsId) -> Result<(), Error> {
    let (ec2, id) = (region.ec2(), id.as_str());
    let action = removal(kind).unwrap_or("ec2:DeleteNetworkInterface");
    match kind {
        Kind::Vpc => gone(region.call(action, ec2.delete_vpc().vpc_id(id).send()).await),
        Kind::Subnet => gone(region.call(action, ec2.delete_subnet().subnet_id(id).send()).await),
        Kind::InternetGateway => {
            gone(region.call(action, ec2.delete_internet_gateway().internet_gateway_id(id).send()).await)
        }
        Kind::RouteTable => {
            gone(region.call(action, ec2.delete_route_table().route_table_id(id).send()).await)
        }
        Kind::SecurityGroup => {
            gone(region.call(action, ec2.delete_security_group().group_id(id).send()).await)
        }
        Kind::KeyPair => gone(delete_key_pair(region, action, id).await),
        Kind::Instance => {
            gone(region.call(action, ec2.terminate_instances().instance_ids(id).send()).await)
        }
        Kind::Volume => gone(region.call(action, ec2.delete_volume().volume_id(id).send()).await),
        Kind::NetworkInterface => Err(unexpected(action, None, "interfaces go with their instances")),
    }
}

/// By its name: AWS takes the id too, but its simulators say yes to that and do nothing.
async fn delete_key_pair(region: &AwsEc2, action: &'static str, id: &str) -> Result<(), Error> {
    let Some(name) = gather::key_name(region, id).await? else { return Ok(()) };
    region.call(action, region.ec2().delete_key_pair().key_name(name).send()).await.map(drop)
}

#[derive(Clone, Copy)]
enum Way {
    Authorize,
    Revoke,
}

impl Way {
    async fn send(self, region: &AwsEc2, action: &'static str, what: &Rules) -> Result<(), Error> {
        let (ec2, group) = (region.ec2(), what.group.as_str());
        let permissions = Some(permissions(&what.rules));
        match (self, what.direction) {
            (Self::Authorize, Direction::In) => {
                let request = ec2.authorize_security_group_ingress().group_id(group);
                region.call(action, request.set_ip_permissions(permissions).send()).await.map(drop)
            }
            (Self::Authorize, Direction::Out) => {
                let request = ec2.authorize_security_group_egress().group_id(group);
                region.call(action, request.set_ip_permissions(permissions).send()).await.map(drop)
            }
            (Self::Revoke, Direction::In) => {
                let request = ec2.revoke_security_group_ingress().group_id(group);
                region.call(action, request.set_ip_permissions(permissions).send()).await.map(drop)
            }
            (Self::Revoke, Direction::Out) => {
                let request = ec2.revoke_security_group_egress().group_id(group);
                region.call(action, request.set_ip_permissions(permissions).send()).await.map(drop)
            }
        }
    }

    /// What AWS answers when it is so already.
    fn settled(self) -> ErrorKind {
        match self {
            Self::Authorize => ErrorKind::AlreadyExists,
            Self::Revoke => ErrorKind::NotFound,
        }
    }
}

/// AWS refuses a list of rules as a whole when one of them is there already, or is not there to be revoked, and
/// does not tell which. So after such a refusal they go one by one.
async fn settle(region: &AwsEc2, way: Way, action: &'static str, rules: &Rules) -> Result<(), Error> {
    let whole = way.send(region, action, rules).await;
    let one_is_settled = whole.as_ref().is_err_and(|error| error.kind == way.settled());
    if !one_is_settled {
        return whole;
    }
    for rule in &rules.rules {
        let alone = Rules { rules: [rule.clone()].into(), ..rules.clone() };
        match way.send(region, action, &alone).await {
            Err(error) if error.kind == way.settled() => {}
            other => other?,
        }
    }
    Ok(())
}

fn there<T>(result: Result<T, Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn gone<T>(result: Result<T, Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn yes() -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(true).build()
}
