//! What is in an AWS account, read with AWS's own SDK as its administrator: nothing of Berth's is involved.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::customer::Customer;

/// One region of an AWS account, without what AWS puts there itself (the default VPC and all in it, main route
/// tables, default security groups) and without terminated instances.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// What is there, in the order of kinds below.
    pub things: Vec<Thing>,
}

/// One AWS object.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    /// AWS's word for its kind, such as `security-group`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Its tags. No simulator shows any of network interfaces.
    pub tags: BTreeMap<String, String>,
    /// What matters of it, references by id.
    pub facts: Value,
}

impl Thing {
    /// Its tag `Name`; a key pair's own name.
    pub fn name(&self) -> Option<&str> {
        let tagged = self.tags.get("Name").map(String::as_str);
        tagged.or_else(|| self.facts["name"].as_str().filter(|_| self.kind == "key-pair"))
    }
}

impl View {
    /// Reads all of a region.
    pub async fn of(customer: &Customer, region: &str) -> Self {
        let reader = Reader { customer, region };
        let vpcs = reader.list("describe_vpcs", "Vpcs").await;
        let default_vpc = vpcs.iter().find(|vpc| vpc["IsDefault"] == true).map(|vpc| text(&vpc["VpcId"]));
        let mut things = Vec::new();
        for vpc in vpcs.iter().filter(|vpc| vpc["IsDefault"] != true) {
            things.push(thing("vpc", "VpcId", vpc, reader.vpc(vpc).await));
        }
        for kind in KINDS {
            let found = reader.list(kind.operation, kind.list).await;
            let found = found.iter().filter(|one| (kind.counts)(one));
            let found = found.map(|one| thing(kind.name, kind.id, one, (kind.facts)(one)));
            things.extend(found.filter(|one| {
                default_vpc.is_none() || one.facts["vpc"].as_str() != default_vpc.as_deref()
            }));
        }
        for instance in reader.instances().await {
            things.push(thing("instance", "InstanceId", &instance, instance_facts(&instance)));
        }
        Self { things }
    }

    /// The ids of one kind.
    pub fn ids(&self, kind: &str) -> Vec<&str> {
        self.things.iter().filter(|one| one.kind == kind).map(|one| one.id.as_str()).collect()
    }

    /// What carries a tag.
    pub fn tagged(&self, key: &str, value: &str) -> Self {
        self.only(|one| one.tags.get(key).is_some_and(|found| found == value))
    }

    /// A VPC and what is in it or attached to it.
    pub fn of_vpc(&self, vpc: &str) -> Self {
        self.only(|one| one.id == vpc || one.facts["vpc"] == vpc)
    }

    /// How many there are of each kind.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for one in &self.things {
            *counts.entry(one.kind).or_default() += 1;
        }
        counts
    }

    /// Kind and name of everything, with its facts; references are by name where there is one. Two accounts in
    /// which the same was built have the same.
    pub fn by_name(&self) -> BTreeMap<(&'static str, String), Value> {
        let names: BTreeMap<&str, &str> =
            self.things.iter().filter_map(|one| Some((one.id.as_str(), one.name()?))).collect();
        let named = self.things.iter().map(|one| {
            let name = one.name().unwrap_or(&one.id).to_owned();
            ((one.kind, name), renamed(&one.facts, &names))
        });
        named.collect()
    }

    fn only(&self, keep: impl Fn(&Thing) -> bool) -> Self {
        Self { things: self.things.iter().filter(|one| keep(one)).cloned().collect() }
    }
}

struct Reader<'a> {
    customer: &'a Customer,
    region: &'a str,
}

impl Reader<'_> {
    async fn ask(&self, operation: &str, params: Value) -> Value {
        let answer = self.customer.admin_call_in(self.region, "ec2", operation, params).await;
        answer.unwrap_or_else(|error| panic!("the administrator can't {operation}: {error}"))
    }

    async fn list(&self, operation: &str, list: &str) -> Vec<Value> {
        let mut answer = self.ask(operation, json!({})).await;
        serde_json::from_value(answer[list].take()).unwrap_or_default()
    }

    async fn vpc(&self, vpc: &Value) -> Value {
        let params = json!({"VpcId": vpc["VpcId"], "Attribute": "enableDnsHostnames"});
        let dns = self.ask("describe_vpc_attribute", params).await;
        json!({"cidr": vpc["CidrBlock"], "dns_hostnames": dns["EnableDnsHostnames"]["Value"]})
    }

    async fn instances(&self) -> Vec<Value> {
        let reservations = self.list("describe_instances", "Reservations").await;
        let instances = reservations.iter().flat_map(|one| items(&one["Instances"]));
        instances.filter(|one| one["State"]["Name"] != "terminated").cloned().collect()
    }
}

struct Kind {
    name: &'static str,
    operation: &'static str,
    list: &'static str,
    id: &'static str,
    counts: fn(&Value) -> bool,
    facts: fn(&Value) -> Value,
}

/// All kinds but VPCs and instances, which are read in their own ways.
const KINDS: &[Kind] = &[
    Kind {
        name: "subnet",
        operation: "describe_subnets",
        list: "Subnets",
        id: "SubnetId",
        counts: |_| true,
        facts: |one| {
            json!({"vpc": one["VpcId"], "cidr": one["CidrBlock"], "zone": one["AvailabilityZone"],
                "public_addresses": one["MapPublicIpOnLaunch"]})
        },
    },
    Kind {
        name: "internet-gateway",
        operation: "describe_internet_gateways",
        list: "InternetGateways",
        id: "InternetGatewayId",
        counts: |_| true,
        facts: |one| json!({"vpc": one["Attachments"][0]["VpcId"]}),
    },
    Kind {
        name: "route-table",
        operation: "describe_route_tables",
        list: "RouteTables",
        id: "RouteTableId",
        counts: |one| items(&one["Associations"]).all(|association| association["Main"] != true),
        facts: |one| {
            let routes = items(&one["Routes"]).filter(|route| route["GatewayId"] != "local");
            json!({"vpc": one["VpcId"],
                "routes": sorted(routes.map(|route| json!({"to": route["DestinationCidrBlock"], "via": route["GatewayId"]}))),
                "subnets": sorted(items(&one["Associations"]).map(|one| one["SubnetId"].clone()))})
        },
    },
    Kind {
        name: "security-group",
        operation: "describe_security_groups",
        list: "SecurityGroups",
        id: "GroupId",
        counts: |one| one["GroupName"] != "default",
        facts: |one| {
            json!({"vpc": one["VpcId"], "name": one["GroupName"], "in": rules(&one["IpPermissions"]),
                "out": rules(&one["IpPermissionsEgress"])})
        },
    },
    Kind {
        name: "key-pair",
        operation: "describe_key_pairs",
        list: "KeyPairs",
        id: "KeyPairId",
        counts: |_| true,
        facts: |one| json!({"name": one["KeyName"]}),
    },
    Kind {
        name: "volume",
        operation: "describe_volumes",
        list: "Volumes",
        id: "VolumeId",
        counts: |_| true,
        facts: |one| {
            let attached = &one["Attachments"][0];
            json!({"size": one["Size"], "type": one["VolumeType"], "encrypted": one["Encrypted"],
                "instance": attached["InstanceId"], "device": attached["Device"]})
        },
    },
    Kind {
        name: "network-interface",
        operation: "describe_network_interfaces",
        list: "NetworkInterfaces",
        id: "NetworkInterfaceId",
        counts: |_| true,
        facts: |one| {
            json!({"vpc": one["VpcId"], "subnet": one["SubnetId"], "instance": one["Attachment"]["InstanceId"],
                "groups": sorted(items(&one["Groups"]).map(|group| group["GroupId"].clone()))})
        },
    },
];

fn instance_facts(one: &Value) -> Value {
    let profile = text(&one["IamInstanceProfile"]["Arn"]);
    json!({"vpc": one["VpcId"], "subnet": one["SubnetId"], "type": one["InstanceType"],
        "state": one["State"]["Name"], "image": one["ImageId"], "key": one["KeyName"],
        "profile": profile.rsplit('/').next(), "tokens": one["MetadataOptions"]["HttpTokens"],
        "groups": sorted(items(&one["SecurityGroups"]).map(|group| group["GroupId"].clone()))})
}

/// One entry for each protocol, range of ports and source, however AWS grouped them.
fn rules(permissions: &Value) -> Value {
    let each = items(permissions).flat_map(|one| {
        let sources = items(&one["IpRanges"])
            .map(|range| &range["CidrIp"])
            .chain(items(&one["Ipv6Ranges"]).map(|range| &range["CidrIpv6"]))
            .chain(items(&one["UserIdGroupPairs"]).map(|pair| &pair["GroupId"]));
        sources.map(|source| {
            let port = |name: &str| one[name].as_i64().filter(|_| one["IpProtocol"] != "-1");
            json!({"protocol": one["IpProtocol"], "from": port("FromPort"), "to": port("ToPort"), "source": source})
        })
    });
    sorted(each)
}

fn thing(kind: &'static str, id: &str, from: &Value, facts: Value) -> Thing {
    let listed = items(&from["Tags"]).chain(items(&from["TagSet"]));
    let tags = listed.map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect();
    Thing { kind, id: text(&from[id]), tags, facts }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn sorted(values: impl Iterator<Item = Value>) -> Value {
    let mut values: Vec<Value> = values.collect();
    values.sort_by_key(ToString::to_string);
    Value::Array(values)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn renamed(value: &Value, names: &BTreeMap<&str, &str>) -> Value {
    match value {
        Value::String(id) => names.get(id.as_str()).copied().unwrap_or(id).into(),
        Value::Array(list) => sorted(list.iter().map(|one| renamed(one, names))),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, one)| (name.clone(), renamed(one, names)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}
