//! What is done next, until all is built, and until nothing is left.

use berth_domain::{
    deployment::{
        AwsId, Kind, Tags,
        action::Creation,
        blueprint::Key,
        inventory::Inventory,
        plan::{MOST_STEPS, diff},
    },
    subscription::{access::AllowList, network::Spread},
};
use proptest::prelude::*;

use crate::deployments::model::{Fate, Model, drafted};

fn alive(aws: &Inventory) -> usize {
    Kind::ALL.iter().map(|kind| aws.tagged(*kind).count()).sum()
}

#[test]
fn a_deployment_is_built_in_few_passes() {
    let mut model = Model::new(drafted(Spread::MultiZone, 3).blueprint);
    let passes = model.build(|_| Fate::Answered);
    assert!(passes <= 8, "{passes}");
    // VPC, 3 subnets, gateway, routes, 2 groups, key pair, 3 nodes with 2 volumes and an interface each.
    assert_eq!(alive(&model.aws), 9 + 3 * 4);
}

#[test]
fn a_pass_does_few_steps() {
    let mut model = Model::new(drafted(Spread::SingleZone, 35).blueprint);
    model.build(|_| Fate::Answered);
    model.records.retain(|record| !record.key.as_str().starts_with("node/"));
    let plan = diff(&model.blueprint, &model.records, &model.aws, model.settling());
    assert_eq!(plan.steps.len(), MOST_STEPS);
}

#[test]
fn nodes_start_when_everything_they_need_is_in_place() {
    let mut model = Model::new(drafted(Spread::SingleZone, 1).blueprint);
    model.build(|_| Fate::Answered);
    model.records.retain(|record| !record.key.as_str().starts_with("node/"));
    let routes = model.records.iter_mut().find(|it| it.key == Key::routes()).unwrap();
    routes.in_place = None;
    let plan = diff(&model.blueprint, &model.records, &model.aws, model.settling());
    assert_eq!(plan.steps, []);
}

#[test]
fn what_was_just_asked_for_and_is_not_to_be_seen_is_waited_for() {
    let mut model = Model::new(drafted(Spread::SingleZone, 1).blueprint);
    model.build(|_| Fate::Answered);
    let vpc = model.records.iter_mut().find(|it| it.key == Key::vpc()).unwrap();
    (vpc.aws_id, vpc.in_place, vpc.asked_at) = (None, None, model.now);
    let plan = diff(&model.blueprint, &model.records, &Inventory::default(), model.settling());
    assert_eq!(plan.steps, []);
    assert!(plan.waiting.iter().any(|it| it.key == Key::vpc()));
}

#[test]
fn a_new_allow_list_changes_its_rules_and_no_others() {
    let mut model = Model::built();
    let group = model.id(&Key::client_group());
    let by_hand = "10.9.0.0/16".parse().unwrap();
    let allowed = |cidr: &str| AllowList { cidrs: vec![cidr.parse().unwrap()], ..AllowList::default() };
    model.blueprint = model.blueprint.clone().with_access(&allowed("10.1.0.0/16"));
    model.build(|_| Fate::Answered);
    let mut rule =
        model.aws.groups.iter().find(|it| it.id == group).unwrap().rules.first().unwrap().clone();
    rule.peer = berth_domain::deployment::inventory::Peer::Cidr(by_hand);
    crate::deployments::model::find(&mut model.aws.groups, |it| it.id == group).rules.insert(rule);
    model.blueprint = model.blueprint.clone().with_access(&allowed("10.2.0.0/16"));
    model.build(|_| Fate::Answered);
    let rules = &model.aws.groups.iter().find(|it| it.id == group).unwrap().rules;
    let rules: Vec<_> = rules.iter().map(ToString::to_string).collect();
    assert_eq!(
        rules,
        [
            "in: TCP 10000-19999 from 10.2.0.0/16",
            "in: TCP 10000-19999 from 10.9.0.0/16",
            "out: all traffic to 0.0.0.0/0"
        ]
    );
}

#[test]
fn what_is_not_berths_blocks_the_vpc_and_is_named() {
    let mut model = Model::built();
    let vpc = model.id(&Key::vpc());
    let group = Creation::SecurityGroup { vpc, name: "web".into(), description: String::new() };
    let foreign = model.make(&group, Tags::new());
    let plan = model.remove(|_| Fate::Answered);
    assert_eq!(plan.blocked.len(), 1);
    assert_eq!(plan.blocked[0].by, format!("security group {foreign} \"web\""));
    assert_eq!(model.ids(), [model.id(&Key::vpc()), foreign.clone()].into());
    model.delete(Kind::SecurityGroup, &foreign);
    assert!(model.remove(|_| Fate::Answered).is_done());
    assert_eq!(alive(&model.aws), 0);
}

#[test]
fn an_instance_launched_with_copied_tags_is_not_berths() {
    let mut model = Model::built();
    let mut copy = model.aws.instances[0].clone();
    copy.id = AwsId::from("instance-copy");
    model.aws.instances.push(copy);
    model.build(|_| Fate::Answered);
    let plan = model.remove(|_| Fate::Answered);
    assert!(plan.blocked[0].by.contains("instance instance-copy"), "{plan:#?}");
    assert!(model.aws.has(Kind::Instance, &"instance-copy".into()));
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        4 => Just(Fate::Answered),
        1 => Just(Fate::AnswerLost),
        1 => Just(Fate::CallLost),
    ];
    proptest::collection::vec(fate, 60)
}

proptest! {
    #[test]
    fn whatever_gets_lost_all_is_built_once_and_removed_whole(
        multiple in any::<bool>(),
        nodes in 1_u32..6,
        building in fates(),
        removing in fates(),
    ) {
        let spread = if multiple { Spread::MultiZone } else { Spread::SingleZone };
        let mut model = Model::new(drafted(spread, nodes).blueprint);
        let foreign = model.make(&Creation::Vpc { cidr: "10.7.0.0/16".parse().unwrap() }, Tags::new());
        let at = |fates: &[Fate], number: u32| fates.get(number as usize).copied().unwrap_or(Fate::Answered);
        model.build(|number| at(&building, number));
        prop_assert_eq!(model.records.len(), model.blueprint.resources.len());
        let interfaces = nodes as usize;
        prop_assert_eq!(alive(&model.aws), model.blueprint.resources.len() + interfaces + 1);
        let plan = model.remove(|number| at(&removing, number));
        prop_assert!(plan.is_done(), "{:#?}", plan);
        prop_assert_eq!(model.ids(), [foreign].into());
    }

    #[test]
    fn whenever_it_is_deleted_nothing_stays(passes in 0_usize..12, fates in fates()) {
        let mut model = Model::new(drafted(Spread::MultiZone, 3).blueprint);
        let mut left = passes * 4;
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            model.build(|number| {
                assert!(left > 0, "the customer deletes it");
                left -= 1;
                fates.get(number as usize).copied().unwrap_or(Fate::Answered)
            })
        }));
        prop_assert!(result.is_err() || left > 0 || passes > 5);
        let plan = model.remove(|_| Fate::Answered);
        prop_assert!(plan.is_done(), "{:#?}", plan);
        prop_assert_eq!(alive(&model.aws), 0);
    }
}
