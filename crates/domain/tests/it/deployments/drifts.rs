//! Everything that somebody else may change, found; and nothing where nobody did.

use berth_domain::{
    deployment::{
        AwsId, Kind, Tags,
        action::Creation,
        blueprint::Key,
        difference::What,
        drift::{Drift, drift},
        inventory::{Direction, InstanceState, Peer, Route, Rule, Traffic},
    },
    subscription::access::AllowList,
};
use rstest::rstest;

use crate::deployments::model::{Fate, Model, find};

fn found(model: &Model) -> Vec<Drift> {
    drift(&model.blueprint, &model.records, &model.aws)
}

pub(super) fn rule(peer: &str) -> Rule {
    Rule {
        direction: Direction::In,
        traffic: Traffic::Tcp(22, 22),
        peer: Peer::Cidr(peer.parse().unwrap()),
    }
}

pub(super) fn node(model: &mut Model) -> &mut berth_domain::deployment::inventory::Instance {
    let id = model.id(&Key::node(1));
    find(&mut model.aws.instances, |it| it.id == id)
}

pub(super) fn routes(model: &mut Model) -> &mut berth_domain::deployment::inventory::RouteTable {
    let id = model.id(&Key::routes());
    find(&mut model.aws.route_tables, |it| it.id == id)
}

pub(super) fn nodes_group(model: &mut Model) -> &mut berth_domain::deployment::inventory::SecurityGroup {
    let id = model.id(&Key::node_group());
    find(&mut model.aws.groups, |it| it.id == id)
}

pub(super) fn data_volume(model: &mut Model) -> &mut berth_domain::deployment::inventory::Volume {
    let id = model.id(&Key::node(1).data_volume());
    find(&mut model.aws.volumes, |it| it.id == id)
}

#[test]
fn nothing_is_found_where_nothing_was_changed() {
    assert_eq!(found(&Model::built()), []);
}

type Meddle = fn(&mut Model);

#[rstest]
#[case::group_gone(What::Gone, "there", "not there", |m: &mut Model| { let id = m.id(&Key::client_group()); m.aws.groups.retain(|it| it.id != id) })]
#[case::stopped(What::Stopped, "running", "stopped", |m: &mut Model| node(m).state = InstanceState::Stopped)]
#[case::terminated(What::Terminated, "running", "terminated", |m: &mut Model| { let id = m.id(&Key::node(1)); m.delete(Kind::Instance, &id); node(m).state = InstanceState::Terminated })]
#[case::retyped(What::Retyped, "r6i.large", "t3.micro", |m: &mut Model| node(m).instance_type = "t3.micro".into())]
#[case::other_profile(What::OtherProfile, "berth-node", "admin", |m: &mut Model| node(m).profile = Some("admin".into()))]
#[case::no_profile(What::OtherProfile, "berth-node", "no instance profile", |m: &mut Model| node(m).profile = None)]
#[case::other_groups(What::OtherGroups, "security-group", "sg-other", |m: &mut Model| node(m).groups = [AwsId::from("sg-other")].into())]
#[case::metadata(What::MetadataOpen, "IMDSv2 required", "IMDSv2 optional", |m: &mut Model| node(m).tokens_required = Some(false))]
#[case::monitoring(What::MonitoringOff, "detailed monitoring on", "detailed monitoring off", |m: &mut Model| node(m).monitoring = Some(false))]
#[case::rule_added(What::RuleAdded, "no such rule", "in: TCP 22 from 0.0.0.0/0", |m: &mut Model| { nodes_group(m).rules.insert(rule("0.0.0.0/0")); })]
#[case::rule_removed(What::RuleRemoved, "in: all traffic from security-group", "no such rule", |m: &mut Model| nodes_group(m).rules.retain(|it| it.direction == Direction::Out))]
#[case::route_added(What::RouteAdded, "no such route", "10.9.0.0/16 through pcx-1", |m: &mut Model| { routes(m).routes.insert(Route { destination: "10.9.0.0/16".into(), target: "pcx-1".into() }); })]
#[case::route_removed(What::RouteRemoved, "0.0.0.0/0 through internet-gateway", "no such route", |m: &mut Model| routes(m).routes.clear())]
#[case::route_changed(What::RouteChanged, "0.0.0.0/0 through internet-gateway", "0.0.0.0/0 through nat-1", |m: &mut Model| routes(m).routes = [Route { destination: "0.0.0.0/0".into(), target: "nat-1".into() }].into())]
#[case::association(What::SubnetWithoutRoutes, "routes subnet", "the VPC's main route table routes subnet", |m: &mut Model| { let subnet = m.id(&Key::subnet("use1-az1")); routes(m).associations.remove(&subnet); })]
#[case::gateway(What::GatewayDetached, "attached to vpc", "attached to nothing", |m: &mut Model| m.aws.gateways[0].vpc = None)]
#[case::subnet(What::SubnetChanged, "instances get a public address", "instances get no public address", |m: &mut Model| m.aws.subnets[0].public_addresses = Some(false))]
#[case::vpc(What::VpcChanged, "enableDnsHostnames on", "enableDnsHostnames off", |m: &mut Model| m.aws.vpcs[0].dns_hostnames = Some(false))]
#[case::vpc_network(What::VpcChanged, "the network 10.0.0.0/24", "the networks 10.0.0.0/24, 10.5.0.0/24", |m: &mut Model| m.aws.vpcs[0].cidrs.push("10.5.0.0/24".parse().unwrap()))]
#[case::tag_removed(What::TagRemoved, "berth:managed=true", "no tag berth:managed", |m: &mut Model| { m.aws.subnets[0].tags.remove("berth:managed"); })]
#[case::tag_changed(What::TagChanged, "berth:managed=true", "berth:managed=no", |m: &mut Model| { m.aws.subnets[0].tags.insert("berth:managed".into(), "no".into()); })]
#[case::volume_detached(What::VolumeDetached, "as /dev/sdf", "attached to nothing", |m: &mut Model| { let volume = data_volume(m); (volume.instance, volume.device) = (None, None) })]
#[case::volume_unencrypted(What::VolumeUnencrypted, "encrypted", "not encrypted", |m: &mut Model| data_volume(m).encrypted = Some(false))]
#[case::volume_changed(What::VolumeChanged, "32 GiB of gp3", "40 GiB of gp3", |m: &mut Model| data_volume(m).size_gib = 40)]
#[case::volume_added(What::VolumeAdded, "nothing as /dev/sdz", "vol-x as /dev/sdz", |m: &mut Model| { node(m).volumes.as_mut().unwrap().insert("/dev/sdz".into(), "vol-x".into()); })]
#[case::unknown(What::Unknown, "only what Berth made", "\"web\"", |m: &mut Model| { let vpc = m.id(&Key::vpc()); m.make(&Creation::SecurityGroup { vpc, name: "web".into(), description: String::new() }, Tags::new()); })]
fn every_change_by_hand_is_found(
    #[case] what: What,
    #[case] expected: &str,
    #[case] is: &str,
    #[case] meddle: Meddle,
) {
    let mut model = Model::built();
    meddle(&mut model);
    let found = found(&model);
    assert_eq!(found.len(), 1, "{found:#?}");
    let finding = &found[0].finding;
    assert_eq!(finding.difference.what(), what);
    assert!(finding.expected().contains(expected), "{found:#?}");
    assert!(finding.found().contains(is), "{found:#?}");
}

#[test]
fn a_rule_that_allows_more_is_one_finding() {
    let mut model = Model::built();
    let allowed = AllowList { cidrs: vec!["10.1.0.0/24".parse().unwrap()], ..AllowList::default() };
    model.blueprint = model.blueprint.clone().with_access(&allowed);
    model.build(|_| Fate::Answered);
    let id = model.id(&Key::client_group());
    let group = find(&mut model.aws.groups, |it| it.id == id);
    let mut rule = group.rules.first().unwrap().clone();
    group.rules.remove(&rule);
    rule.peer = Peer::Cidr("10.0.0.0/8".parse().unwrap());
    group.rules.insert(rule);
    let found = found(&model);
    assert_eq!(found.len(), 1, "{found:#?}");
    let finding = &found[0].finding;
    assert_eq!(finding.difference.what(), What::RuleWidened);
    assert_eq!(finding.expected(), "in: TCP 10000-19999 from 10.1.0.0/24");
    assert_eq!(finding.found(), "in: TCP 10000-19999 from 10.0.0.0/8");
}

#[test]
fn a_change_of_berths_own_in_flight_is_no_drift() {
    let mut model = Model::built();
    let list = |cidr: &str| AllowList { cidrs: vec![cidr.parse().unwrap()], ..AllowList::default() };
    model.blueprint = model.blueprint.clone().with_access(&list("10.1.0.0/24"));
    model.build(|_| Fate::Answered);
    model.blueprint = model.blueprint.clone().with_access(&list("10.2.0.0/24"));
    assert_eq!(found(&model), [], "before");
    let id = model.id(&Key::client_group());
    let group = find(&mut model.aws.groups, |it| it.id == id);
    let mut rule = group.rules.first().unwrap().clone();
    rule.peer = Peer::Cidr("10.2.0.0/24".parse().unwrap());
    group.rules.insert(rule);
    assert_eq!(found(&model), [], "half way");
    model.build(|_| Fate::Answered);
    assert_eq!(found(&model), [], "after");
}

#[rstest]
#[case::stopped_by_aws(|m: &mut Model| { let node = node(m); (node.state, node.state_reason) = (InstanceState::Stopped, Some("Server.ScheduledStop: retired".into())) })]
#[case::rebooting(|m: &mut Model| node(m).state = InstanceState::Pending)]
#[case::a_tag_more(|m: &mut Model| { m.aws.subnets[0].tags.insert("cost-centre".into(), "7".into()); })]
#[case::not_shown(|m: &mut Model| { let node = node(m); (node.volumes, node.tokens_required, node.monitoring) = (None, None, None) })]
fn what_aws_does_or_does_not_show_is_no_drift(#[case] happen: Meddle) {
    let mut model = Model::built();
    happen(&mut model);
    assert_eq!(found(&model), []);
}
