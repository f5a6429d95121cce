//! A model of EC2: carries out steps on an inventory, as AWS would.

use std::collections::{BTreeMap, BTreeSet};

use berth_domain::{
    deployment::{
        AwsId, DEPLOYMENT_TAG, Kind, OPERATION_TAG, Tags,
        action::{Change, Creation, NewInstance, Rules},
        blueprint::{ANYWHERE, Blueprint, Key},
        draft::{Draft, Parts, Survey, draft},
        inventory::{
            Direction, Image, Instance, InstanceState, InstanceType, InternetGateway, Inventory, KeyPair,
            NetworkInterface, Peer, RouteTable, Rule, SecurityGroup, Subnet, Traffic, Volume, Vpc, Zone,
        },
        plan::{Plan, Step, diff, learn},
        record::{Learnt, Record, Settling},
        sizing::{MACHINES, Sizing},
        teardown::teardown,
    },
    ids::{DeploymentId, OperationId},
    subscription::network::{Networking, RegionOrder, Spread, Zones},
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub(crate) const DEPLOYMENT: DeploymentId = DeploymentId(Uuid::from_u128(7));
const SETTLING: SignedDuration = SignedDuration::from_secs(60);

/// Whether the answer to a call arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It does.
    Answered,
    /// The call was carried out, and the answer lost.
    AnswerLost,
    /// The call got lost.
    CallLost,
}

/// AWS, with what Berth has on record about it.
pub(crate) struct Model {
    pub(crate) blueprint: Blueprint,
    pub(crate) aws: Inventory,
    pub(crate) records: Vec<Record>,
    pub(crate) now: Timestamp,
    next: u32,
}

pub(crate) fn survey() -> Survey {
    let zone = |number| Zone {
        id: format!("use1-az{number}"),
        name: format!("us-east-1{number}"),
        available: true,
    };
    let machine = |it: &berth_domain::deployment::sizing::Machine| InstanceType {
        name: it.name.into(),
        vcpus: it.vcpus,
        memory_mib: u64::from(it.memory_gib) * 1024,
        zones: None,
    };
    Survey {
        zones: (1..=4).map(zone).collect(),
        image: Image {
            id: "ami-1".into(),
            root_device: "/dev/xvda".into(),
            root_size_gib: Some(8),
            architecture: Some("x86_64".into()),
        },
        machines: MACHINES.iter().map(machine).collect(),
        quotas: Vec::new(),
        network: Inventory::default(),
        vpcs: Vec::new(),
        neighbours: Vec::new(),
    }
}

pub(crate) fn order(spread: Spread, networking: Networking) -> RegionOrder {
    RegionOrder { region: "us-east-1".into(), zones: Zones { spread, preferred: Vec::new() }, networking }
}

pub(crate) fn managed() -> Networking {
    Networking::Managed { cidr: "10.0.0.0/24".parse().unwrap() }
}

pub(crate) fn sizing(nodes: u32) -> Sizing {
    Sizing { nodes, instance_type: "r6i.large".into(), vcpus: 2, memory_gib: 16, data_gib: 32 }
}

pub(crate) fn parts() -> Parts {
    Parts { deployment: DEPLOYMENT, profile: "berth-node".into(), public_key: "ssh-ed25519 AAAA".into() }
}

pub(crate) fn drafted(spread: Spread, nodes: u32) -> Draft {
    draft(&order(spread, managed()), &sizing(nodes), &survey(), &parts(), "regions[0]").unwrap()
}

impl Model {
    pub(crate) fn new(blueprint: Blueprint) -> Self {
        let now = Timestamp::UNIX_EPOCH;
        Self { blueprint, aws: Inventory::default(), records: Vec::new(), now, next: 1 }
    }

    /// A deployment of three zones and three nodes that is built.
    pub(crate) fn built() -> Self {
        let mut model = Self::new(drafted(Spread::MultiZone, 3).blueprint);
        model.build(|_| Fate::Answered);
        model
    }

    pub(crate) fn settling(&self) -> Settling {
        Settling { now: self.now, time: SETTLING }
    }

    /// Looks and acts until nothing is to be done any more; every pass takes a minute.
    pub(crate) fn build(&mut self, mut fate: impl FnMut(u32) -> Fate) -> usize {
        for pass in 0..100 {
            loop {
                let learnt = learn(&self.blueprint, &self.records, &self.aws, self.settling());
                if learnt.is_empty() {
                    break;
                }
                learnt.into_iter().for_each(|it| self.note(it));
            }
            let plan = diff(&self.blueprint, &self.records, &self.aws, self.settling());
            if plan.is_done() {
                return pass;
            }
            self.carry_out(plan, &mut fate);
        }
        panic!("it never ends: {:#?}", diff(&self.blueprint, &self.records, &self.aws, self.settling()));
    }

    /// Removes until nothing is to be done any more, or something is in the way; gives that last plan.
    pub(crate) fn remove(&mut self, mut fate: impl FnMut(u32) -> Fate) -> Plan {
        for _ in 0..100 {
            let plan = teardown(&self.records, &self.aws, self.settling());
            if plan.steps.is_empty() && plan.waiting.is_empty() {
                return plan;
            }
            self.carry_out(plan, &mut fate);
        }
        panic!("it never ends: {:#?}", teardown(&self.records, &self.aws, self.settling()));
    }

    fn note(&mut self, learnt: Learnt) {
        let (Learnt::Found(key, _) | Learnt::InPlace(key, _) | Learnt::Gone(key)) = &learnt;
        let at = self.records.iter().position(|record| record.key == *key).unwrap();
        match learnt {
            Learnt::Found(_, id) => self.records[at].aws_id = Some(id),
            Learnt::InPlace(_, spec) => self.records[at].in_place = Some(*spec),
            Learnt::Gone(_) => drop(self.records.remove(at)),
        }
    }

    /// Takes a node that is lost, and what came with it, from the records.
    pub(crate) fn forget(&mut self, node: &Key) {
        let gone = [node.clone(), node.root_volume(), node.data_volume()];
        self.records.retain(|record| !gone.contains(&record.key));
    }

    fn carry_out(&mut self, plan: Plan, fate: &mut impl FnMut(u32) -> Fate) {
        self.now += SETTLING;
        for step in plan.steps {
            let number = self.next();
            let fate = fate(number);
            match step {
                Step::Create { key, creation, together } => self.create(&key, &creation, &together, fate),
                _ if fate == Fate::CallLost => {}
                Step::Change { change, .. } => self.change(&change),
                Step::Delete { kind, id, .. } => self.delete(kind, &id),
            }
        }
        for instance in &mut self.aws.instances {
            match instance.state {
                InstanceState::Pending => instance.state = InstanceState::Running,
                InstanceState::ShuttingDown => instance.state = InstanceState::Terminated,
                _ => {}
            }
        }
    }

    fn next(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn create(&mut self, key: &Key, creation: &Creation, together: &[Key], fate: Fate) {
        let known = self.records.iter().position(|record| record.key == *key);
        let operation = match known {
            Some(at) => self.records[at].operation,
            None => OperationId(Uuid::from_u128(u128::from(self.next()))),
        };
        let tags = Tags::from([
            ("berth:managed".into(), "true".into()),
            (DEPLOYMENT_TAG.into(), DEPLOYMENT.to_string()),
            (OPERATION_TAG.into(), operation.to_string()),
        ]);
        let intend = |key: &Key, kind| Record {
            key: key.clone(),
            kind,
            operation,
            tags: tags.clone(),
            asked_at: self.now,
            asked: 1,
            aws_id: None,
            in_place: None,
        };
        match known {
            Some(at) => {
                self.records[at].asked_at = self.now;
                self.records[at].asked += 1;
            }
            None => {
                self.records.push(intend(key, creation.kind()));
                self.records.extend(together.iter().map(|key| intend(key, Kind::Volume)));
            }
        }
        if fate == Fate::CallLost {
            return;
        }
        let id = self.make(creation, tags);
        if fate == Fate::Answered {
            self.records.iter_mut().find(|record| record.key == *key).unwrap().aws_id = Some(id);
        }
    }

    /// Creates something, on nobody's record.
    pub(crate) fn make(&mut self, creation: &Creation, tags: Tags) -> AwsId {
        let id = AwsId(format!("{}-{}", creation.kind(), self.next()));
        let given = id.clone();
        match creation.clone() {
            Creation::Vpc { cidr } => self.aws.vpcs.push(Vpc {
                id,
                cidrs: vec![cidr],
                available: true,
                dns_support: Some(true),
                dns_hostnames: Some(false),
                tags,
            }),
            Creation::Subnet { vpc, zone_id, cidr } => self.aws.subnets.push(Subnet {
                id,
                vpc,
                cidr: Some(cidr),
                zone_id: Some(zone_id),
                public_addresses: Some(false),
                free_addresses: None,
                tags,
            }),
            Creation::InternetGateway => self.aws.gateways.push(InternetGateway { id, vpc: None, tags }),
            Creation::RouteTable { vpc } => self.aws.route_tables.push(RouteTable {
                id,
                vpc,
                main: false,
                routes: BTreeSet::new(),
                associations: BTreeMap::new(),
                tags,
            }),
            Creation::SecurityGroup { vpc, name, .. } => {
                let out = Rule {
                    direction: Direction::Out,
                    traffic: Traffic::All,
                    peer: Peer::Cidr(ANYWHERE.parse().unwrap()),
                };
                self.aws.groups.push(SecurityGroup { id, vpc, name, rules: [out].into(), tags });
            }
            Creation::KeyPair { name, .. } => self.aws.key_pairs.push(KeyPair { id, name, tags }),
            Creation::Instance(new) => self.start(id, *new, tags),
        }
        given
    }

    fn start(&mut self, id: AwsId, new: NewInstance, tags: Tags) {
        let subnet = self.aws.subnets.iter().find(|it| it.id == new.subnet).unwrap();
        let vpc = subnet.vpc.clone();
        let mut volumes = BTreeMap::new();
        for volume in &new.volumes {
            let volume_id = AwsId(format!("{id}-{}", volume.device));
            volumes.insert(volume.device.clone(), volume_id.clone());
            self.aws.volumes.push(Volume {
                id: volume_id,
                volume_type: Some("gp3".into()),
                size_gib: volume.size_gib,
                encrypted: Some(true),
                instance: Some(id.clone()),
                device: Some(volume.device.clone()),
                tags: tags.clone(),
            });
        }
        self.aws.interfaces.push(NetworkInterface {
            id: AwsId(format!("{id}-eni")),
            vpc: vpc.clone(),
            subnet: new.subnet.clone(),
            instance: Some(id.clone()),
            description: String::new(),
            tags: tags.clone(),
        });
        self.aws.instances.push(Instance {
            id,
            state: InstanceState::Pending,
            state_reason: None,
            instance_type: new.instance_type,
            image: new.image,
            vpc: Some(vpc),
            subnet: Some(new.subnet),
            groups: new.groups,
            profile: Some(new.profile),
            key_name: Some(new.key_name),
            volumes: Some(volumes),
            tokens_required: Some(true),
            monitoring: Some(true),
            private_address: None,
            public_address: None,
            tags,
        });
    }

    /// Changes something.
    pub(crate) fn change(&mut self, change: &Change) {
        let aws = &mut self.aws;
        match change.clone() {
            Change::EnableDnsSupport(id) => find(&mut aws.vpcs, |it| it.id == id).dns_support = Some(true),
            Change::EnableDnsHostnames(id) => {
                find(&mut aws.vpcs, |it| it.id == id).dns_hostnames = Some(true)
            }
            Change::GivePublicAddresses(id) => {
                find(&mut aws.subnets, |it| it.id == id).public_addresses = Some(true);
            }
            Change::AttachGateway { gateway, vpc } => {
                find(&mut aws.gateways, |it| it.id == gateway).vpc = Some(vpc);
            }
            Change::DetachGateway { gateway, .. } => {
                find(&mut aws.gateways, |it| it.id == gateway).vpc = None
            }
            Change::AddRoute { table, route } => {
                find(&mut aws.route_tables, |it| it.id == table).routes.insert(route);
            }
            Change::RemoveRoute { table, destination } => {
                let table = find(&mut aws.route_tables, |it| it.id == table);
                table.routes.retain(|route| route.destination != destination);
            }
            Change::AssociateRouteTable { table, subnet } => {
                let association = AwsId(format!("{table}-{subnet}"));
                find(&mut aws.route_tables, |it| it.id == table).associations.insert(subnet, association);
            }
            Change::DisassociateRouteTable { table, association } => {
                let table = find(&mut aws.route_tables, |it| it.id == table);
                table.associations.retain(|_, other| *other != association);
            }
            Change::Authorize(rules) => self.edit(rules, |set, rule| _ = set.insert(rule)),
            Change::Revoke(rules) => self.edit(rules, |set, rule| _ = set.remove(&rule)),
            Change::StartInstance(id) => {
                find(&mut aws.instances, |it| it.id == id).state = InstanceState::Running;
            }
            Change::SetGroups { instance, groups } => {
                find(&mut aws.instances, |it| it.id == instance).groups = groups;
            }
        }
    }

    fn edit(&mut self, rules: Rules, edit: impl Fn(&mut BTreeSet<Rule>, Rule)) {
        let group = find(&mut self.aws.groups, |it| it.id == rules.group);
        for (traffic, peer) in rules.rules {
            edit(&mut group.rules, Rule { direction: rules.direction, traffic, peer });
        }
    }

    /// Deletes something, as AWS does: only what nothing depends on.
    pub(crate) fn delete(&mut self, kind: Kind, id: &AwsId) {
        let aws = &mut self.aws;
        match kind {
            Kind::Vpc => {
                let empty = aws.subnets.iter().all(|it| it.vpc != *id)
                    && aws.gateways.iter().all(|it| it.vpc.as_ref() != Some(id))
                    && aws.groups.iter().all(|it| it.vpc != *id)
                    && aws.route_tables.iter().all(|it| it.vpc != *id);
                assert!(empty, "DependencyViolation: {aws:#?}");
                aws.vpcs.retain(|it| it.id != *id);
            }
            Kind::Subnet => {
                assert!(aws.interfaces.iter().all(|it| it.subnet != *id), "DependencyViolation");
                aws.subnets.retain(|it| it.id != *id);
            }
            Kind::InternetGateway => {
                assert!(
                    aws.gateways.iter().all(|it| it.id != *id || it.vpc.is_none()),
                    "DependencyViolation"
                );
                aws.gateways.retain(|it| it.id != *id);
            }
            Kind::RouteTable => {
                let free = |it: &RouteTable| it.id != *id || it.associations.is_empty();
                assert!(aws.route_tables.iter().all(free), "DependencyViolation");
                aws.route_tables.retain(|it| it.id != *id);
            }
            Kind::SecurityGroup => {
                let alive = |it: &Instance| it.state != InstanceState::Terminated;
                let mut instances = aws.instances.iter().filter(|it| alive(it));
                assert!(instances.all(|it| !it.groups.contains(id)), "DependencyViolation");
                aws.groups.retain(|it| it.id != *id);
            }
            Kind::KeyPair => aws.key_pairs.retain(|it| it.id != *id),
            Kind::Instance => {
                find(&mut aws.instances, |it| it.id == *id).state = InstanceState::ShuttingDown;
                aws.volumes.retain(|it| it.instance.as_ref() != Some(id));
                aws.interfaces.retain(|it| it.instance.as_ref() != Some(id));
            }
            Kind::Volume => aws.volumes.retain(|it| it.id != *id),
            Kind::NetworkInterface => panic!("nobody may delete interfaces"),
        }
    }

    /// Everything that is there.
    pub(crate) fn ids(&self) -> BTreeSet<AwsId> {
        Kind::ALL.iter().flat_map(|kind| self.aws.tagged(*kind).map(|(id, _)| id.clone())).collect()
    }

    pub(crate) fn id(&self, key: &Key) -> AwsId {
        self.records.iter().find(|it| it.key == *key).unwrap().aws_id.clone().unwrap()
    }
}

pub(crate) fn find<T>(list: &mut [T], which: impl Fn(&T) -> bool) -> &mut T {
    list.iter_mut().find(|it| which(it)).unwrap()
}
