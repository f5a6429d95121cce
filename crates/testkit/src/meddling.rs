//! What people do to a deployment by hand, as administrators of their AWS account, with AWS's own SDK.

use serde_json::{Value, json};

use crate::{customer::Customer, simulator::Kind, view::View};

/// One thing done by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meddling {
    /// A node is terminated.
    TerminateInstance,
    /// A node is stopped.
    StopInstance,
    /// A node gets another type.
    ResizeInstance,
    /// A node loses its instance profile.
    TakeProfile,
    /// A node is put into the VPC's default security group, and no other.
    ReplaceGroups,
    /// A node's volume, not the root one, is taken away.
    DetachVolume,
    /// A node gets a volume that is not encrypted.
    AttachPlainVolume,
    /// A security group lets in SSH from everywhere.
    AddRule,
    /// A security group loses a rule that lets somebody in.
    RemoveRule,
    /// A rule that lets a network in lets everybody in.
    WidenRule,
    /// A security group lets nothing out.
    RemoveEgress,
    /// A route table loses its way out.
    DeleteRoute,
    /// A route table gets another route.
    AddRoute,
    /// The gateway is taken from the VPC.
    DetachGateway,
    /// A subnet loses its route table.
    DisassociateRouteTable,
    /// A subnet gives no more public addresses.
    TakePublicAddresses,
    /// The VPC gives no more names.
    TakeHostnames,
    /// A node loses the tag that says whose it is.
    RemoveTag,
    /// The VPC's tag says something else.
    ChangeTag,
    /// The key pair is deleted.
    DeleteKeyPair,
    /// Somebody's instance in the VPC.
    ForeignInstance,
    /// Somebody's network interface in the VPC.
    ForeignInterface,
    /// Somebody's subnet in the VPC.
    ForeignSubnet,
    /// Somebody's security group in the VPC.
    ForeignGroup,
}

/// A network that no deployment uses.
const ELSEWHERE: &str = "192.0.2.0/24";

impl Meddling {
    /// All of it.
    pub const ALL: [Self; 24] = [
        Self::TerminateInstance,
        Self::StopInstance,
        Self::ResizeInstance,
        Self::TakeProfile,
        Self::ReplaceGroups,
        Self::DetachVolume,
        Self::AttachPlainVolume,
        Self::AddRule,
        Self::RemoveRule,
        Self::WidenRule,
        Self::RemoveEgress,
        Self::DeleteRoute,
        Self::AddRoute,
        Self::DetachGateway,
        Self::DisassociateRouteTable,
        Self::TakePublicAddresses,
        Self::TakeHostnames,
        Self::RemoveTag,
        Self::ChangeTag,
        Self::DeleteKeyPair,
        Self::ForeignInstance,
        Self::ForeignInterface,
        Self::ForeignSubnet,
        Self::ForeignGroup,
    ];

    /// Whether a simulator lets it be done and shows it afterwards. ministack doesn't know ModifyInstanceAttribute,
    /// and its volumes never leave their instances.
    pub fn shows_on(self, simulator: Kind) -> bool {
        let needs_moto =
            [Self::ResizeInstance, Self::ReplaceGroups, Self::DetachVolume, Self::AttachPlainVolume];
        simulator != Kind::Ministack || !needs_moto.contains(&self)
    }

    /// Does it to the deployment in a VPC. Gives the id of what was changed; of what is new, where something is.
    pub async fn apply(self, customer: &Customer, region: &str, vpc: &str) -> String {
        let view = View::of(customer, region).await;
        let hands = Hands { customer, region, vpc, view };
        match self {
            Self::TerminateInstance
            | Self::StopInstance
            | Self::ResizeInstance
            | Self::TakeProfile
            | Self::ReplaceGroups
            | Self::DetachVolume
            | Self::AttachPlainVolume => hands.to_instance(self).await,
            Self::AddRule | Self::RemoveRule | Self::WidenRule | Self::RemoveEgress => {
                hands.to_group(self).await
            }
            Self::DeleteRoute
            | Self::AddRoute
            | Self::DetachGateway
            | Self::DisassociateRouteTable
            | Self::TakePublicAddresses
            | Self::TakeHostnames => hands.to_network(self).await,
            Self::RemoveTag | Self::ChangeTag | Self::DeleteKeyPair => hands.to_names(self).await,
            Self::ForeignInstance | Self::ForeignInterface | Self::ForeignSubnet | Self::ForeignGroup => {
                hands.add(self).await
            }
        }
    }
}

struct Hands<'a> {
    customer: &'a Customer,
    region: &'a str,
    vpc: &'a str,
    view: View,
}

impl Hands<'_> {
    async fn ask(&self, operation: &str, params: Value) -> Value {
        let answer = self.customer.admin_call_in(self.region, "ec2", operation, params).await;
        answer.unwrap_or_else(|error| panic!("the administrator can't {operation}: {error}"))
    }

    /// The first of a kind in the VPC.
    fn first(&self, kind: &str) -> String {
        let found = self.view.of_vpc(self.vpc);
        let first = found.ids(kind).first().map(|id| (*id).to_owned());
        first.unwrap_or_else(|| panic!("there is no {kind} in {}", self.vpc))
    }

    /// The first security group with a rule that lets a network in, and that rule as AWS wants it back; `None` where
    /// no group has one.
    fn rule(&self) -> Option<(String, Value)> {
        let found = self.view.of_vpc(self.vpc);
        let rules = found.things.iter().filter(|one| one.kind == "security-group").flat_map(|group| {
            let rules = group.facts["in"].as_array().into_iter().flatten();
            rules.map(|rule| (group.id.clone(), rule.clone()))
        });
        let from_network =
            |rule: &Value| rule["source"].as_str().is_some_and(|source| source.contains('/'));
        let mut rules = rules.filter(|(_, rule)| from_network(rule));
        rules.next()
    }

    async fn to_instance(&self, what: Meddling) -> String {
        let instance = self.first("instance");
        let only = json!({"InstanceIds": [instance]});
        match what {
            Meddling::TerminateInstance => self.ask("terminate_instances", only).await,
            Meddling::StopInstance => self.ask("stop_instances", only).await,
            Meddling::ResizeInstance => {
                self.ask("stop_instances", only.clone()).await;
                let params = json!({"InstanceId": instance, "InstanceType": {"Value": "t3.micro"}});
                self.ask("modify_instance_attribute", params).await;
                self.ask("start_instances", only).await
            }
            Meddling::TakeProfile => {
                let filter = json!({"Filters": [{"Name": "instance-id", "Values": [instance]}]});
                let found = self.ask("describe_iam_instance_profile_associations", filter).await;
                let association = &found["IamInstanceProfileAssociations"][0]["AssociationId"];
                self.ask("disassociate_iam_instance_profile", json!({"AssociationId": association})).await
            }
            Meddling::ReplaceGroups => {
                let params = json!({"InstanceId": instance, "Groups": [self.default_group().await]});
                self.ask("modify_instance_attribute", params).await
            }
            Meddling::DetachVolume => {
                let volume = self.data_volume(&instance);
                self.ask("detach_volume", json!({"VolumeId": volume, "InstanceId": instance})).await;
                return volume;
            }
            _ => return self.attach_plain_volume(&instance).await,
        };
        instance
    }

    async fn default_group(&self) -> Value {
        let filters = json!([{"Name": "vpc-id", "Values": [self.vpc]}, {"Name": "group-name", "Values": ["default"]}]);
        let mut found = self.ask("describe_security_groups", json!({"Filters": filters})).await;
        found["SecurityGroups"][0]["GroupId"].take()
    }

    fn data_volume(&self, instance: &str) -> String {
        let mut volumes = self.view.things.iter().filter(|one| one.kind == "volume");
        let data =
            volumes.find(|one| one.facts["instance"] == instance && one.facts["device"] != "/dev/xvda");
        data.expect("the node has a data volume").id.clone()
    }

    async fn attach_plain_volume(&self, instance: &str) -> String {
        let params = json!({"AvailabilityZone": self.zone(), "Size": 1, "Encrypted": false});
        let volume =
            self.ask("create_volume", params).await["VolumeId"].as_str().unwrap_or_default().to_owned();
        let params = json!({"VolumeId": volume, "InstanceId": instance, "Device": "/dev/sdz"});
        self.ask("attach_volume", params).await;
        volume
    }

    fn zone(&self) -> Value {
        let subnet = self.first("subnet");
        let mut things = self.view.things.iter();
        things.find(|one| one.id == subnet).expect("it was just found").facts["zone"].clone()
    }

    async fn to_group(&self, what: Meddling) -> String {
        let anywhere = |protocol: &str, ports: Value| {
            let mut permission = json!({"IpProtocol": protocol, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]});
            if let (Some(permission), Some(ports)) = (permission.as_object_mut(), ports.as_object()) {
                permission.extend(ports.clone());
            }
            permission
        };
        let params =
            |group: &str, permission: Value| json!({"GroupId": group, "IpPermissions": [permission]});
        let rule = self.rule();
        let any_group =
            || rule.as_ref().map_or_else(|| self.first("security-group"), |(group, _)| group.clone());
        if what == Meddling::AddRule {
            let group = any_group();
            let ssh = anywhere("tcp", json!({"FromPort": 22, "ToPort": 22}));
            self.ask("authorize_security_group_ingress", params(&group, ssh)).await;
            return group;
        }
        if what == Meddling::RemoveEgress {
            let group = any_group();
            self.ask("revoke_security_group_egress", params(&group, anywhere("-1", json!({})))).await;
            return group;
        }
        let (group, rule) = rule.expect("a group lets a network in");
        let ports = json!({"FromPort": rule["from"], "ToPort": rule["to"]});
        let permission = json!({"IpProtocol": rule["protocol"], "FromPort": rule["from"], "ToPort": rule["to"],
            "IpRanges": [{"CidrIp": rule["source"]}]});
        self.ask("revoke_security_group_ingress", params(&group, permission)).await;
        if what == Meddling::WidenRule {
            let wide = anywhere(rule["protocol"].as_str().unwrap_or_default(), ports);
            self.ask("authorize_security_group_ingress", params(&group, wide)).await;
        }
        group
    }

    async fn to_network(&self, what: Meddling) -> String {
        let (table, gateway) = (self.first("route-table"), self.first("internet-gateway"));
        match what {
            Meddling::DeleteRoute => {
                let params = json!({"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"});
                self.ask("delete_route", params).await;
                table
            }
            Meddling::AddRoute => {
                let params =
                    json!({"RouteTableId": table, "DestinationCidrBlock": ELSEWHERE, "GatewayId": gateway});
                self.ask("create_route", params).await;
                table
            }
            Meddling::DetachGateway => {
                let params = json!({"InternetGatewayId": gateway, "VpcId": self.vpc});
                self.ask("detach_internet_gateway", params).await;
                gateway
            }
            Meddling::DisassociateRouteTable => {
                let found = self.ask("describe_route_tables", json!({"RouteTableIds": [table]})).await;
                let association = &found["RouteTables"][0]["Associations"][0]["RouteTableAssociationId"];
                self.ask("disassociate_route_table", json!({"AssociationId": association})).await;
                table
            }
            Meddling::TakePublicAddresses => {
                let subnet = self.first("subnet");
                let params = json!({"SubnetId": subnet, "MapPublicIpOnLaunch": {"Value": false}});
                self.ask("modify_subnet_attribute", params).await;
                subnet
            }
            _ => {
                let params = json!({"VpcId": self.vpc, "EnableDnsHostnames": {"Value": false}});
                self.ask("modify_vpc_attribute", params).await;
                self.vpc.to_owned()
            }
        }
    }

    async fn to_names(&self, what: Meddling) -> String {
        let key = "berth:deployment";
        match what {
            Meddling::RemoveTag => {
                let instance = self.first("instance");
                self.ask("delete_tags", json!({"Resources": [instance], "Tags": [{"Key": key}]})).await;
                instance
            }
            Meddling::ChangeTag => {
                let params =
                    json!({"Resources": [self.vpc], "Tags": [{"Key": key, "Value": "somebody else's"}]});
                self.ask("create_tags", params).await;
                self.vpc.to_owned()
            }
            _ => {
                let instance = self.first("instance");
                let mut things = self.view.things.iter();
                let name = &things.find(|one| one.id == instance).expect("it was just found").facts["key"];
                let mut pairs = self.view.things.iter().filter(|one| one.kind == "key-pair");
                let pair = pairs.find(|one| one.facts["name"] == *name).expect("the node has a key pair");
                self.ask("delete_key_pair", json!({"KeyName": name})).await;
                pair.id.clone()
            }
        }
    }

    async fn add(&self, what: Meddling) -> String {
        let subnet = self.first("subnet");
        let added = match what {
            Meddling::ForeignInstance => {
                let params = json!({"ImageId": "ami-12345678", "InstanceType": "t3.micro", "MinCount": 1,
                    "MaxCount": 1, "SubnetId": subnet});
                self.ask("run_instances", params).await["Instances"][0]["InstanceId"].take()
            }
            Meddling::ForeignInterface => {
                let params = json!({"SubnetId": subnet});
                self.ask("create_network_interface", params).await["NetworkInterface"]["NetworkInterfaceId"]
                    .take()
            }
            Meddling::ForeignSubnet => {
                let params = json!({"VpcId": self.vpc, "CidrBlock": self.free_network(), "AvailabilityZone": self.zone()});
                self.ask("create_subnet", params).await["Subnet"]["SubnetId"].take()
            }
            _ => {
                let params =
                    json!({"VpcId": self.vpc, "GroupName": "somebodys", "Description": "somebody's"});
                self.ask("create_security_group", params).await["GroupId"].take()
            }
        };
        added.as_str().unwrap_or_default().to_owned()
    }

    /// The last sixteen addresses of the VPC's network, which deployments fill from the front.
    fn free_network(&self) -> String {
        let mut things = self.view.things.iter();
        let vpc = things.find(|one| one.id == self.vpc).expect("the VPC is there");
        let network = vpc.facts["cidr"].as_str().and_then(|cidr| cidr.parse::<ipnet::Ipv4Net>().ok());
        let last = u32::from(network.expect("a VPC has a network").broadcast()) & !15;
        format!("{}/28", std::net::Ipv4Addr::from(last))
    }
}
