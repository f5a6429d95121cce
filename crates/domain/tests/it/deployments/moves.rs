//! Leaving a zone in which AWS has no machines left.

use std::collections::BTreeSet;

use berth_domain::{
    deployment::{
        Kind,
        blueprint::Key,
        inventory::Inventory,
        moving::{moved, next_zone},
        state::{Deployment, DeploymentState},
        teardown::clearing,
    },
    ids::{AccountId, CloudAccountId, SubscriptionId},
    subscription::network::Spread,
};
use jiff::Timestamp;

use crate::deployments::model::{DEPLOYMENT, Fate, Model, drafted};

fn deployment(spread: Spread) -> Deployment {
    let draft = drafted(spread, 3);
    Deployment {
        id: DEPLOYMENT,
        account_id: AccountId(1),
        subscription_id: SubscriptionId(1),
        cloud_account_id: CloudAccountId(101),
        aws_account_id: "123456789012".parse().unwrap(),
        region: "us-east-1".into(),
        blueprint: draft.blueprint,
        network: draft.network,
        customers_vpc: None,
        zones: draft.zones,
        state: DeploymentState::Building,
        trouble: None,
        next_at: None,
        compared_at: None,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

fn zones() -> Vec<String> {
    (1..=4).map(|number| format!("use1-az{number}")).collect()
}

/// Moves from zone to zone as long as there is one to try; gives where it went.
fn all_moves(mut deployment: Deployment) -> Vec<String> {
    let mut went = Vec::new();
    while let Some(to) = next_zone(&deployment, &deployment.zones[0], &zones()).map(str::to_owned) {
        deployment.blueprint = moved(&deployment.blueprint, DEPLOYMENT, &deployment.zones[0], &to);
        deployment.zones[0].clone_from(&to);
        went.push(to);
        assert!(went.len() < 10, "it never ends: {went:?}");
    }
    went
}

#[test]
fn every_zone_is_tried_once() {
    assert_eq!(all_moves(deployment(Spread::SingleZone)), ["use1-az2", "use1-az3", "use1-az4"]);
}

#[test]
fn a_zone_that_is_used_already_is_not_used_twice() {
    assert_eq!(all_moves(deployment(Spread::MultiZone))[0], "use1-az4");
}

#[test]
fn what_was_begun_in_the_full_zone_is_removed_and_all_is_built_in_the_other_one() {
    let mut model = Model::new(drafted(Spread::SingleZone, 3).blueprint);
    model.build(|_| Fate::Answered);
    let old: BTreeSet<_> = model.aws.instances.iter().map(|it| it.id.clone()).collect();
    model.blueprint = moved(&model.blueprint, DEPLOYMENT, "use1-az1", "use1-az3");
    let plan = clearing(&model.blueprint, &model.records, &model.aws, model.settling());
    let deleted: BTreeSet<_> = plan
        .steps
        .iter()
        .map(|step| match step {
            berth_domain::deployment::plan::Step::Delete { kind: Kind::Instance, id, .. } => id.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(deleted, old, "the nodes first, and nothing that stays");
    model.aws = Inventory::default();
    model.records.clear();
    model.build(|_| Fate::Answered);
    assert_eq!(model.aws.subnets[0].zone_id.as_deref(), Some("use1-az3"));
    assert_eq!((model.aws.instances.len(), model.aws.volumes.len()), (3, 6));
    assert!(model.records.iter().any(|record| record.key == Key::node(4)), "new nodes have new numbers");
}
