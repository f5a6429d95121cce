//! Changing and deleting things. What is so already is no error.

use aws_sdk_ec2::types::AttributeBooleanValue;
use berth_cloud::{Error, ErrorKind};
use berth_domain::deployment::{
    AwsId, Kind,
    action::{Change, Rules},
    inventory::Direction,
};

use super::{AwsEc2, gather, rules::permissions};
use crate::errors::unexpected;

const ASSOCIATE_ROUTE_TABLE: &str = "ec2:AssociateRouteTable";
const ATTACH_INTERNET_GATEWAY: &str = "ec2:AttachInternetGateway";
const AUTHORIZE_EGRESS: &str = "ec2:AuthorizeSecurityGroupEgress";
const AUTHORIZE_INGRESS: &str = "ec2:AuthorizeSecurityGroupIngress";
const CREATE_ROUTE: &str = "ec2:CreateRoute";
const DELETE_INTERNET_GATEWAY: &str = "ec2:DeleteInternetGateway";
const DELETE_KEY_PAIR: &str = "ec2:DeleteKeyPair";
const DELETE_ROUTE: &str = "ec2:DeleteRoute";
const DELETE_ROUTE_TABLE: &str = "ec2:DeleteRouteTable";
const DELETE_SECURITY_GROUP: &str = "ec2:DeleteSecurityGroup";
const DELETE_SUBNET: &str = "ec2:DeleteSubnet";
const DELETE_VOLUME: &str = "ec2:DeleteVolume";
const DELETE_VPC: &str = "ec2:DeleteVpc";
const DETACH_INTERNET_GATEWAY: &str = "ec2:DetachInternetGateway";
const DISASSOCIATE_ROUTE_TABLE: &str = "ec2:DisassociateRouteTable";
const MODIFY_INSTANCE_ATTRIBUTE: &str = "ec2:ModifyInstanceAttribute";
const MODIFY_SUBNET_ATTRIBUTE: &str = "ec2:ModifySubnetAttribute";
const MODIFY_VPC_ATTRIBUTE: &str = "ec2:ModifyVpcAttribute";
const REVOKE_EGRESS: &str = "ec2:RevokeSecurityGroupEgress";
const REVOKE_INGRESS: &str = "ec2:RevokeSecurityGroupIngress";
const START_INSTANCES: &str = "ec2:StartInstances";
const TERMINATE_INSTANCES: &str = "ec2:TerminateInstances";

pub(super) const OPERATIONS: &[&str] = &[
    ASSOCIATE_ROUTE_TABLE,
    ATTACH_INTERNET_GATEWAY,
    AUTHORIZE_EGRESS,
    AUTHORIZE_INGRESS,
    CREATE_ROUTE,
    DELETE_INTERNET_GATEWAY,
    DELETE_KEY_PAIR,
    DELETE_ROUTE,
    DELETE_ROUTE_TABLE,
    DELETE_SECURITY_GROUP,
    DELETE_SUBNET,
    DELETE_VOLUME,
    DELETE_VPC,
    DETACH_INTERNET_GATEWAY,
    DISASSOCIATE_ROUTE_TABLE,
    MODIFY_INSTANCE_ATTRIBUTE,
    MODIFY_SUBNET_ATTRIBUTE,
    MODIFY_VPC_ATTRIBUTE,
    REVOKE_EGRESS,
    REVOKE_INGRESS,
    START_INSTANCES,
    TERMINATE_INSTANCES,
];

/// Makes it so.
pub(super) async fn change(region: &AwsEc2, what: &Change) -> Result<(), Error> {
    let ec2 = &region.clients.ec2;
    match what {
        Change::EnableDnsSupport(vpc) => {
            let request = ec2.modify_vpc_attribute().vpc_id(vpc.as_str()).enable_dns_support(yes());
            send!(region, aws_sdk_ec2, MODIFY_VPC_ATTRIBUTE, request).map(drop)
        }
        Change::EnableDnsHostnames(vpc) => {
            let request = ec2.modify_vpc_attribute().vpc_id(vpc.as_str()).enable_dns_hostnames(yes());
            send!(region, aws_sdk_ec2, MODIFY_VPC_ATTRIBUTE, request).map(drop)
        }
        Change::GivePublicAddresses(subnet) => {
            let request = ec2.modify_subnet_attribute().subnet_id(subnet.as_str());
            let request = request.map_public_ip_on_launch(yes());
            send!(region, aws_sdk_ec2, MODIFY_SUBNET_ATTRIBUTE, request).map(drop)
        }
        Change::AttachGateway { gateway, vpc } => {
            let request = ec2.attach_internet_gateway().internet_gateway_id(gateway.as_str());
            let request = request.vpc_id(vpc.as_str());
            there(send!(region, aws_sdk_ec2, ATTACH_INTERNET_GATEWAY, request).map(drop))
        }
        Change::DetachGateway { gateway, vpc } => {
            let request = ec2.detach_internet_gateway().internet_gateway_id(gateway.as_str());
            let request = request.vpc_id(vpc.as_str());
            gone(send!(region, aws_sdk_ec2, DETACH_INTERNET_GATEWAY, request).map(drop))
        }
        Change::AddRoute { table, route } => {
            let request = ec2.create_route().route_table_id(table.as_str());
            let request =
                request.destination_cidr_block(&route.destination).gateway_id(route.target.as_str());
            there(send!(region, aws_sdk_ec2, CREATE_ROUTE, request).map(drop))
        }
        Change::RemoveRoute { table, destination } => remove_route(region, table, destination).await,
        Change::AssociateRouteTable { table, subnet } => {
            let request = ec2.associate_route_table().route_table_id(table.as_str());
            let request = request.subnet_id(subnet.as_str());
            there(send!(region, aws_sdk_ec2, ASSOCIATE_ROUTE_TABLE, request).map(drop))
        }
        Change::DisassociateRouteTable { table: _, association } => {
            let request = ec2.disassociate_route_table().association_id(association.as_str());
            gone(send!(region, aws_sdk_ec2, DISASSOCIATE_ROUTE_TABLE, request).map(drop))
        }
        Change::Authorize(rules) => settle(region, Way::Authorize, rules).await,
        Change::Revoke(rules) => settle(region, Way::Revoke, rules).await,
        Change::StartInstance(instance) => {
            let request = ec2.start_instances().instance_ids(instance.as_str());
            send!(region, aws_sdk_ec2, START_INSTANCES, request).map(drop)
        }
        Change::SetGroups { instance, groups } => {
            let request = ec2.modify_instance_attribute().instance_id(instance.as_str());
            let request = request.set_groups(Some(groups.iter().map(ToString::to_string).collect()));
            send!(region, aws_sdk_ec2, MODIFY_INSTANCE_ATTRIBUTE, request).map(drop)
        }
    }
}

/// Deletes one thing.
pub(super) async fn delete(region: &AwsEc2, kind: Kind, id: &AwsId) -> Result<(), Error> {
    let (ec2, id) = (&region.clients.ec2, id.as_str());
    gone(match kind {
        Kind::Vpc => send!(region, aws_sdk_ec2, DELETE_VPC, ec2.delete_vpc().vpc_id(id)).map(drop),
        Kind::Subnet => {
            send!(region, aws_sdk_ec2, DELETE_SUBNET, ec2.delete_subnet().subnet_id(id)).map(drop)
        }
        Kind::InternetGateway => {
            let request = ec2.delete_internet_gateway().internet_gateway_id(id);
            send!(region, aws_sdk_ec2, DELETE_INTERNET_GATEWAY, request).map(drop)
        }
        Kind::RouteTable => {
            let request = ec2.delete_route_table().route_table_id(id);
            send!(region, aws_sdk_ec2, DELETE_ROUTE_TABLE, request).map(drop)
        }
        Kind::SecurityGroup => {
            let request = ec2.delete_security_group().group_id(id);
            send!(region, aws_sdk_ec2, DELETE_SECURITY_GROUP, request).map(drop)
        }
        Kind::KeyPair => delete_key_pair(region, id).await,
        Kind::Instance => {
            let request = ec2.terminate_instances().instance_ids(id);
            send!(region, aws_sdk_ec2, TERMINATE_INSTANCES, request).map(drop)
        }
        Kind::Volume => {
            send!(region, aws_sdk_ec2, DELETE_VOLUME, ec2.delete_volume().volume_id(id)).map(drop)
        }
        Kind::NetworkInterface => {
            Err(unexpected("ec2:DeleteNetworkInterface", None, "interfaces go with their instances"))
        }
    })
}

/// By its name: AWS takes the id too, but its simulators say yes to that and do nothing.
async fn delete_key_pair(region: &AwsEc2, id: &str) -> Result<(), Error> {
    let Some(name) = gather::key_name(region, id).await? else { return Ok(()) };
    let request = region.clients.ec2.delete_key_pair().key_name(name);
    send!(region, aws_sdk_ec2, DELETE_KEY_PAIR, request).map(drop)
}

async fn remove_route(region: &AwsEc2, table: &AwsId, destination: &str) -> Result<(), Error> {
    let request = region.clients.ec2.delete_route().route_table_id(table.as_str());
    let request = if destination.starts_with("pl-") {
        request.destination_prefix_list_id(destination)
    } else if destination.contains(':') {
        request.destination_ipv6_cidr_block(destination)
    } else {
        request.destination_cidr_block(destination)
    };
    gone(send!(region, aws_sdk_ec2, DELETE_ROUTE, request).map(drop))
}

async fn authorize(region: &AwsEc2, what: &Rules) -> Result<(), Error> {
    let (ec2, group) = (&region.clients.ec2, what.group.as_str());
    let permissions = Some(permissions(&what.rules));
    match what.direction {
        Direction::In => {
            let request =
                ec2.authorize_security_group_ingress().group_id(group).set_ip_permissions(permissions);
            send!(region, aws_sdk_ec2, AUTHORIZE_INGRESS, request).map(drop)
        }
        Direction::Out => {
            let request =
                ec2.authorize_security_group_egress().group_id(group).set_ip_permissions(permissions);
            send!(region, aws_sdk_ec2, AUTHORIZE_EGRESS, request).map(drop)
        }
    }
}

async fn revoke(region: &AwsEc2, what: &Rules) -> Result<(), Error> {
    let (ec2, group) = (&region.clients.ec2, what.group.as_str());
    let permissions = Some(permissions(&what.rules));
    match what.direction {
        Direction::In => {
            let request =
                ec2.revoke_security_group_ingress().group_id(group).set_ip_permissions(permissions);
            send!(region, aws_sdk_ec2, REVOKE_INGRESS, request).map(drop)
        }
        Direction::Out => {
            let request =
                ec2.revoke_security_group_egress().group_id(group).set_ip_permissions(permissions);
            send!(region, aws_sdk_ec2, REVOKE_EGRESS, request).map(drop)
        }
    }
}

#[derive(Clone, Copy)]
enum Way {
    Authorize,
    Revoke,
}

impl Way {
    async fn send(self, region: &AwsEc2, rules: &Rules) -> Result<(), Error> {
        match self {
            Self::Authorize => authorize(region, rules).await,
            Self::Revoke => revoke(region, rules).await,
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
async fn settle(region: &AwsEc2, way: Way, rules: &Rules) -> Result<(), Error> {
    let whole = way.send(region, rules).await;
    let one_is_settled = whole.as_ref().is_err_and(|error| error.kind == way.settled());
    if !one_is_settled {
        return whole;
    }
    for rule in &rules.rules {
        let alone = Rules { rules: [rule.clone()].into(), ..rules.clone() };
        match way.send(region, &alone).await {
            Err(error) if error.kind == way.settled() => {}
            other => other?,
        }
    }
    Ok(())
}

fn there(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn gone(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn yes() -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(true).build()
}
