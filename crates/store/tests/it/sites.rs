//! Who works on the deployments of one AWS account in one region: one process, until its time is over.

use std::collections::BTreeSet;

use berth_domain::{
    cloud_account::CloudAccount,
    deployment::{
        AwsId, Kind as ResourceKind,
        blueprint::{Blueprint, Key},
        monitoring::{Sight, SightState},
        record::{Learnt, Record},
        state::DeploymentState,
    },
    ids::{AccountId, CloudAccountId, DeploymentId, OperationId, SubscriptionId},
    subscription::{
        order::CreateRequest,
        terms::{ProTerms, Terms},
    },
    task::Command,
};
use berth_store::{
    BegunReading, Effect, Error, NewDeployment, NewTask, OrderedSubscription, Progress, Site, Store,
    testing::{Backend, TestDatabase, insert_cloud_accounts},
    work::{Kind, Then},
};
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::json;
use uuid::Uuid;

use crate::builders::*;

const REGIONS: [&str; 4] = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];

/// A subscription with a deployment in each of these regions; gives its id and theirs.
async fn subscribe(
    store: &Store,
    account: AccountId,
    cloud_account: CloudAccountId,
    regions: &[&str],
) -> (SubscriptionId, Vec<DeploymentId>) {
    let id = store.allocate_subscription_id().await.unwrap();
    let deployments: Vec<_> = regions.iter().map(|region| new_deployment(cloud_account, region)).collect();
    let ids = deployments.iter().map(|it| it.id).collect();
    let subscribed = subscribe_to(store, account, id, deployments).await;
    subscribed.expect("the order fits");
    (id, ids)
}

/// Ends the order of a subscription with these deployments.
async fn subscribe_to(
    store: &Store,
    account: AccountId,
    id: SubscriptionId,
    deployments: Vec<NewDeployment>,
) -> Result<(), Error> {
    let NewDeployment { cloud_account_id, region, network, .. } = &deployments[0];
    let body = json!({
        "name": "Web shop",
        "paymentMethod": "marketplace",
        "cloudProviders": [{ "cloudAccountId": cloud_account_id.0, "regions": [
            { "region": region, "networking": { "deploymentCIDR": network.to_string() } },
        ]}],
        "databases": [{ "name": "cart", "datasetSizeInGb": 1 }],
    });
    let order = CreateRequest::parse(body.as_object().unwrap()).unwrap().order;
    let terms = ProTerms { order, allow_list: Default::default(), maintenance_windows: Default::default() };
    let terms = Terms::Pro(Box::new(terms));
    let command = Command::SubscriptionCreateRequest;
    let task = NewTask {
        subscription_id: Some(id),
        ..new_task(account, 4711 + u128::from(id.0.unsigned_abs()), command)
    };
    store.queue_task(task, event("Subscription requested")).await.unwrap();
    let claimed = claim(store, "a worker").await.expect("the task");
    let ordered = OrderedSubscription { id, name: None, terms, deployments };
    let done = store.finish_task(&claimed.lease, success(Effect::Subscribe(Box::new(ordered)))).await;
    done.map(drop)
}

fn new_deployment(cloud_account_id: CloudAccountId, region: &str) -> NewDeployment {
    NewDeployment {
        id: DeploymentId(Uuid::from_u128(region.bytes().map(u128::from).sum())),
        cloud_account_id,
        aws_account_id: "123456780001".parse().unwrap(),
        region: region.to_owned(),
        blueprint: Blueprint { resources: Vec::new() },
        network: "10.0.0.0/24".parse().unwrap(),
        customers_vpc: None,
        zones: Vec::new(),
        sealed_private_key: b"sealed".to_vec(),
    }
}

/// A database in which something is to be built in these regions.
async fn with_sites(
    backend: Backend,
    regions: &[&str],
) -> (TestDatabase, AccountId, SubscriptionId, Vec<DeploymentId>) {
    let (db, account) = with_tenant(backend).await;
    let cloud_account = register(db.store(), account, "production").await;
    let (subscription, deployments) = subscribe(db.store(), account, cloud_account, regions).await;
    (db, account, subscription, deployments)
}

async fn claim_site(store: &Store, owner: &str) -> Option<Site> {
    let lease = claim_work(store, Kind::Sites, owner).await?;
    Some(Site::of(&lease).unwrap())
}

fn progress() -> Progress {
    Progress {
        state: DeploymentState::Built,
        trouble: None,
        next_at: None,
        compared_at: None,
        subscription: None,
    }
}

fn record() -> Record {
    Record {
        key: Key::vpc(),
        kind: ResourceKind::Vpc,
        operation: OperationId(Uuid::from_u128(9)),
        tags: Default::default(),
        asked_at: at(20),
        asked: 1,
        aws_id: None,
        in_place: None,
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_many_claimers_exactly_one_gets_each_site(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, ..) = with_sites(backend, &REGIONS).await;
    let second_replica = Store::connect(db.url()).await.unwrap();
    let claimers = (0..12).map(|number| {
        let store = if number % 2 == 0 { db.store().clone() } else { second_replica.clone() };
        tokio::spawn(async move { claim_site(&store, &format!("process-{number}")).await })
    });
    let claimed = futures::future::try_join_all(claimers).await.unwrap();
    let mut regions: Vec<String> = claimed.into_iter().flatten().map(|site| site.region).collect();
    // Whoever looks while others take what it would have taken comes back empty-handed.
    while let Some(site) = claim_site(db.store(), "another").await {
        regions.push(site.region);
    }
    assert_eq!(regions.len(), REGIONS.len(), "{regions:?}");
    assert_eq!(regions.iter().map(String::as_str).collect::<BTreeSet<_>>(), REGIONS.into());
}

#[rstest]
#[tokio::test]
async fn who_comes_too_late_can_write_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account, _, deployments) = with_sites(backend, &REGIONS[..1]).await;
    let (store, id) = (db.store(), deployments[0]);
    let late = claim_site(store, "same-name").await.expect("the site");
    assert!(claim_site(store, "b").await.is_none(), "it is still held");
    db.time_passes(16).await;
    let taken = claim_site(store, "same-name").await.expect("the site");

    let deployment = store.deployment(account, id).await.unwrap().expect("it is there").deployment;
    let gone = [Learnt::Gone(Key::vpc())];
    let refused = [
        store.intend(&late, id, vec![record()]).await,
        store.note(&late, id, &gone).await,
        store.set_progress(&late, &deployment, progress(), at(95)).await,
        store.redraw(&late, &deployment, event("Subscription moved"), at(95)).await,
        store.remove_deployment(&late, &deployment, event("Subscription deleted"), at(95)).await.map(drop),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(Error::LostLease)), "{refused:?}");
    }
    store.intend(&taken, id, vec![record()]).await.unwrap();
    let work = store.work_at(&taken, None, 100).await.unwrap();
    assert_eq!(work[0].records, [record()], "written once, by who holds it");
    assert!(store.work_at(&taken, Some(id), 100).await.unwrap().is_empty(), "that was the last one");
    assert!(store.work_at(&taken, None, 0).await.unwrap().is_empty());
}

#[rstest]
#[tokio::test]
async fn a_call_for_a_look_that_comes_during_a_look_is_not_lost(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, _, subscription, _) = with_sites(backend, &REGIONS[..1]).await;
    let lease = claim_work(db.store(), Kind::Sites, "a").await.expect("the site");
    db.store().wake_subscription(subscription).await.unwrap();
    db.store().settle_work(&lease, Then::Again(SignedDuration::from_hours(1))).await.unwrap();
    assert!(claim_site(db.store(), "a").await.is_some());
}

#[rstest]
#[tokio::test]
async fn a_site_is_read_when_it_has_a_node_and_once_in_an_interval(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, _, _, deployments) = with_sites(backend, &REGIONS[..1]).await;
    let (store, every) = (db.store(), SignedDuration::from_mins(5));
    let site = claim_site(store, "a").await.expect("the site");
    assert!(claim_work(store, Kind::Readings, "a").await.is_none(), "there is nothing to read");
    let node = Key::node(1);
    let record = Record { key: node.clone(), kind: ResourceKind::Instance, ..record() };
    store.intend(&site, deployments[0], vec![record]).await.unwrap();
    let found = [Learnt::Found(node, AwsId("i-1".into()))];
    store.note(&site, deployments[0], &found).await.unwrap();

    let lease = claim_work(store, Kind::Readings, "a").await.expect("there is a node");
    let begun = store.begin_reading(Site::of(&lease).unwrap(), every).await.unwrap();
    let BegunReading::Now(turn) = begun else { panic!("it was never read: {begun:?}") };
    store.note(&site, deployments[0], &found).await.unwrap();
    store.end_reading(&turn, &sight(), &sight(), at(30), every).await.unwrap();

    let called = claim_work(store, Kind::Readings, "b").await.expect("it was called for");
    let begun = store.begin_reading(Site::of(&called).unwrap(), every).await.unwrap();
    let BegunReading::After(pause) = begun else { panic!("it was read just now: {begun:?}") };
    assert!(pause > SignedDuration::from_mins(4) && pause <= every, "{pause:?}");
    store.settle_work(&called, Then::Again(pause)).await.unwrap();
    assert!(claim_work(store, Kind::Readings, "b").await.is_none());
}

fn sight() -> Sight {
    Sight { state: SightState::Known, reason: None, answered_at: Some(at(30)) }
}

#[rstest]
#[tokio::test]
async fn a_cloud_account_that_is_built_with_stays_in_its_aws_account(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account, subscription, _) = with_sites(backend, &REGIONS[..1]).await;
    let store = db.store();
    let id = store.subscription(account, subscription).await.unwrap().unwrap().cloud_account_id.unwrap();
    let claimed = claim_about(store, (account, id), Command::CloudAccountUpdateRequest).await;
    let moved = CloudAccount {
        aws_account_id: "999988887777".parse().unwrap(),
        ..cloud_account(account, id.0, "production")
    };

    let effect = Effect::Update { account: moved.clone(), secrets: secrets("new") };
    let refused = store.finish_task(&claimed.lease, success(effect)).await;

    let built_in = cloud_account(account, id.0, "production").aws_account_id;
    assert!(matches!(&refused, Err(Error::BuiltIn(it)) if *it == built_in), "{refused:?}");
    assert_eq!(store.built_in(account, id).await.unwrap(), Some(built_in));
    assert_ne!(
        store.cloud_account(account, id).await.unwrap().unwrap().aws_account_id,
        moved.aws_account_id
    );
}

#[rstest]
#[tokio::test]
async fn what_was_planned_in_one_aws_account_is_not_built_with_another(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let store = db.store();
    let id = register(store, account, "production").await;
    let planned =
        NewDeployment { aws_account_id: "999988887777".parse().unwrap(), ..new_deployment(id, REGIONS[0]) };
    let subscription = store.allocate_subscription_id().await.unwrap();

    let refused = subscribe_to(store, account, subscription, vec![planned]).await;

    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    assert_eq!(store.built_in(account, id).await.unwrap(), None);
}

/// Has something built in each of these cloud accounts, all of one AWS account in one region.
async fn build_in(store: &Store, cloud_accounts: impl IntoIterator<Item = (AccountId, CloudAccountId)>) {
    for (account, id) in cloud_accounts {
        let subscription = store.allocate_subscription_id().await.unwrap();
        let deployment = NewDeployment {
            id: DeploymentId(Uuid::from_u128(id.0.unsigned_abs().into())),
            network: format!("10.{}.0.0/24", id.0 % 256).parse().unwrap(),
            ..new_deployment(id, REGIONS[0])
        };
        subscribe_to(store, account, subscription, vec![deployment]).await.unwrap();
    }
}

#[rstest]
#[tokio::test]
async fn an_aws_account_that_is_registered_twice_is_one_site(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let store = db.store();
    let production = register(store, account, "production").await;
    let staging = register(store, account, "staging").await;
    build_in(store, [(account, production), (account, staging)]).await;

    let site = claim_site(store, "a").await.expect("the site");

    assert_eq!(store.work_at(&site, None, 100).await.unwrap().len(), 2);
    assert!(claim_site(store, "b").await.is_none(), "there is no other one");
}

#[rstest]
#[tokio::test]
async fn an_aws_account_that_is_another_accounts_by_now_is_another_site(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (db, account) = with_tenant(backend).await;
    let other = tenant(db.store(), 2).await;
    let store = db.store();
    let mine = register(store, account, "production").await;
    let (aws, id) = (cloud_account(account, mine.0, "x").aws_account_id, CloudAccountId(900));
    let theirs = CloudAccount { aws_account_id: aws, ..cloud_account(other, id.0, "production") };
    insert_cloud_accounts(store, [(theirs, secrets("s"))]).await;
    build_in(store, [(account, mine), (other, id)]).await;

    for _ in 0..2 {
        let site = claim_site(store, "a").await.expect("a site for each");
        let work = store.work_at(&site, None, 100).await.unwrap();
        assert_eq!(work.iter().map(|it| it.deployment.account_id).collect::<Vec<_>>(), [site.account]);
    }
}
