//! How findings of drift are kept and told: one line each in `kept.jsonl`.

use berth_domain::{
    deployment::{
        AwsId, Kind, Tags,
        action::Creation,
        blueprint::Key,
        drift::{Drift, News, drift, news},
        inventory::{Direction, InstanceState, Peer, Route, Rule, Traffic},
        state::{DriftFinding, KeptDrift},
    },
    subscription::access::AllowList,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    drifts::{data_volume, node, nodes_group, routes, rule},
    model::{Fate, Model, find},
};

/// What somebody changed, found.
const KEPT: &str = include_str!("kept.jsonl");

/// A finding as it is kept, and as it is told.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    /// What is in databases: to change it needs a migration of the tables `deployment_drift` and `restores`.
    finding: DriftFinding,
    /// What people read, and nothing else does: may be changed at any time.
    expected: String,
    found: String,
}

/// Every kind of difference, in each of its forms.
const CHANGES: &[fn(&mut Model)] = &[
    |m| {
        let id = m.id(&Key::client_group());
        m.aws.groups.retain(|it| it.id != id)
    },
    |m| {
        let id = m.id(&Key::node(2));
        m.delete(Kind::Instance, &id);
        m.aws.instances.retain(|it| it.id != id)
    },
    |m| node(m).state = InstanceState::Stopped,
    |m| {
        let n = node(m);
        n.state = InstanceState::Stopping;
        n.state_reason =
            Some("Client.UserInitiatedShutdown: User initiated shutdown (2026-11-20 14:30:00 GMT)".into())
    },
    |m| {
        let id = m.id(&Key::node(1));
        m.delete(Kind::Instance, &id);
        node(m).state = InstanceState::Terminated;
        node(m).state_reason = Some("Client.UserInitiatedShutdown: User initiated shutdown".into())
    },
    |m| node(m).state = InstanceState::ShuttingDown,
    |m| node(m).instance_type = "t3.micro".into(),
    |m| node(m).profile = Some("admin".into()),
    |m| node(m).profile = None,
    |m| node(m).groups = [AwsId::from("sg-other"), AwsId::from("sg-another")].into(),
    |m| node(m).groups = Default::default(),
    |m| node(m).tokens_required = Some(false),
    |m| node(m).monitoring = Some(false),
    |m| {
        nodes_group(m).rules.insert(rule("0.0.0.0/0"));
    },
    |m| {
        nodes_group(m).rules.insert(Rule {
            direction: Direction::Out,
            traffic: Traffic::Other("icmp".into(), -1, -1),
            peer: Peer::Cidr("::/0".parse().unwrap()),
        });
    },
    |m| {
        nodes_group(m).rules.insert(Rule {
            direction: Direction::In,
            traffic: Traffic::Udp(53, 99),
            peer: Peer::PrefixList("pl-1".into()),
        });
    },
    |m| {
        nodes_group(m).rules.insert(Rule {
            direction: Direction::In,
            traffic: Traffic::Udp(53, 53),
            peer: Peer::Group("sg-1".into()),
        });
    },
    |m| nodes_group(m).rules.retain(|it| it.direction == Direction::Out),
    |m| nodes_group(m).rules.retain(|it| it.direction == Direction::In),
    |m| {
        let allowed = AllowList { cidrs: vec!["10.1.0.0/24".parse().unwrap()], ..AllowList::default() };
        m.blueprint = m.blueprint.clone().with_access(&allowed);
        m.build(|_| Fate::Answered);
        let id = m.id(&Key::client_group());
        let group = find(&mut m.aws.groups, |it| it.id == id);
        let mut rule = group.rules.first().unwrap().clone();
        group.rules.remove(&rule);
        rule.peer = Peer::Cidr("10.0.0.0/8".parse().unwrap());
        group.rules.insert(rule);
    },
    |m| {
        routes(m).routes.insert(Route { destination: "10.9.0.0/16".into(), target: "pcx-1".into() });
    },
    |m| routes(m).routes.clear(),
    |m| routes(m).routes = [Route { destination: "0.0.0.0/0".into(), target: "nat-1".into() }].into(),
    |m| {
        let subnet = m.id(&Key::subnet("use1-az1"));
        routes(m).associations.remove(&subnet);
    },
    |m| {
        let subnet = m.id(&Key::subnet("use1-az1"));
        routes(m).associations.remove(&subnet);
        let mut table = routes(m).clone();
        table.id = "rtb-other".into();
        table.main = true;
        table.associations = [(subnet, AwsId::from("x"))].into();
        m.aws.route_tables.push(table);
    },
    |m| m.aws.gateways[0].vpc = None,
    |m| m.aws.gateways[0].vpc = Some("vpc-other".into()),
    |m| m.aws.subnets[0].public_addresses = Some(false),
    |m| m.aws.vpcs[0].dns_support = Some(false),
    |m| m.aws.vpcs[0].dns_hostnames = Some(false),
    |m| m.aws.vpcs[0].cidrs.push("10.5.0.0/24".parse().unwrap()),
    |m| {
        m.aws.subnets[0].tags.remove("berth:managed");
    },
    |m| {
        m.aws.subnets[0].tags.insert("berth:managed".into(), "no".into());
    },
    |m| {
        let at = m.records.iter().position(|it| it.kind == Kind::Subnet).unwrap();
        m.records[at].tags.insert("a=b".into(), "c=d".into());
    },
    |m| {
        let at = m.records.iter().position(|it| it.kind == Kind::Subnet).unwrap();
        m.records[at].tags.insert("a=b".into(), "c=d".into());
        let id = m.records[at].aws_id.clone().unwrap();
        find(&mut m.aws.subnets, |it| it.id == id).tags.insert("a=b".into(), "c=e".into());
    },
    |m| {
        let volume = data_volume(m);
        (volume.instance, volume.device) = (None, None)
    },
    |m| {
        let volume = data_volume(m);
        (volume.instance, volume.device) = (Some("i-other".into()), Some("/dev/sdg".into()))
    },
    |m| {
        let volume = data_volume(m);
        (volume.instance, volume.device) = (Some("i-other".into()), None)
    },
    |m| data_volume(m).encrypted = Some(false),
    |m| {
        let volume = data_volume(m);
        (volume.size_gib, volume.volume_type) = (40, Some("io2".into()))
    },
    |m| {
        node(m).volumes.as_mut().unwrap().insert("/dev/sdz".into(), "vol-x".into());
    },
    |m| {
        node(m).volumes.as_mut().unwrap().insert("/dev/sdz".into(), "vol-x".into());
        let mut volume = m.aws.volumes[0].clone();
        volume.id = "vol-x".into();
        volume.encrypted = Some(false);
        m.aws.volumes.push(volume);
    },
    |m| {
        let vpc = m.id(&Key::vpc());
        m.make(
            &Creation::SecurityGroup { vpc, name: "the \"web\"".into(), description: String::new() },
            Tags::new(),
        );
    },
    |m| {
        let vpc = m.id(&Key::vpc());
        m.make(&Creation::RouteTable { vpc }, Tags::new());
    },
];

fn found() -> Vec<Drift> {
    let found = |change: &fn(&mut Model)| {
        let mut model = Model::built();
        change(&mut model);
        let mut found = drift(&model.blueprint, &model.records, &model.aws);
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    };
    CHANGES.iter().map(found).collect()
}

fn kept() -> impl Iterator<Item = Line> {
    KEPT.lines().map(|line| serde_json::from_str(line).unwrap())
}

#[test]
fn findings_are_kept_and_told_as_before() {
    let line = |Drift { finding, .. }| {
        let (expected, found) = (finding.expected(), finding.found());
        serde_json::to_string(&Line { finding, expected, found }).unwrap()
    };
    let mut kept = KEPT.lines();
    for now in found().into_iter().map(line) {
        assert_eq!(Some(now.as_str()), kept.next());
    }
    assert_eq!(kept.next(), None);
}

#[test]
fn what_is_kept_is_known_again_however_it_is_told() {
    let known = kept().map(|line| {
        // As if the words had been others when it was kept: nothing of them is there.
        let finding = serde_json::to_string(&line.finding).unwrap();
        for told in [line.expected, line.found].iter().filter(|told| told.contains(' ')) {
            assert!(!finding.contains(told), "{finding} holds the words {told:?}");
        }
        let finding = serde_json::from_str(&finding).unwrap();
        KeptDrift { finding, since: Timestamp::UNIX_EPOCH, by: None }
    });
    let (known, found) = (known.collect::<Vec<_>>(), found());

    let News { fresh, over, left } = news(&found, &known, &Default::default());

    assert_eq!((fresh, over, left.len()), (vec![], vec![], CHANGES.len()));
}

#[test]
fn each_finding_differs_from_every_other() {
    let (one, other) = (found(), found());
    for (number, drift) in one.iter().enumerate() {
        let same = other.iter().position(|it| it.finding == drift.finding);
        assert_eq!(same, Some(number), "{drift:#?}");
    }
}
