//! Planning: asks AWS what an order needs to know, and draws a blueprint for each of its regions, or says everything
//! that stands against it. Creates nothing.

use std::sync::Arc;

use berth_cloud::{Advice, ErrorKind, ec2::Ec2};
use berth_domain::{
    access::Purpose,
    account::Principal,
    deployment::{
        AwsId, Kind,
        draft::{Draft, Neighbour, Parts, Survey, draft, machine_names},
        inventory::{Look, Zone},
        sizing::{Sizing, demand, nodes_for},
    },
    ids::{AccountId, CloudAccountId, DeploymentId},
    problem::Problem,
    regions::Region,
    subscription::{
        network::{Networking, RegionOrder},
        order::Order,
    },
    task::ErrorType,
    values::AwsAccountId,
};
use berth_store::NewDeployment;
use futures::future::join_all;
use serde_json::{Value, json};

use super::{key_pair, trouble};
use crate::{Control, Error, cloud_accounts, stored};

/// What an order would build.
#[derive(Debug)]
pub struct Plan {
    /// Region by region, as ordered.
    pub regions: Vec<PlannedRegion>,
}

/// What an order would build in one region.
#[derive(Debug)]
pub struct PlannedRegion {
    /// The region's code.
    pub region: String,
    /// How many nodes of which type.
    pub sizing: Sizing,
    /// Every resource, and what they take of the AWS account's quotas.
    pub draft: Draft,
    deployment: NewDeployment,
}

impl Plan {
    /// What a dry run answers: in `pricing` what the AWS account will be charged for by AWS, without prices, as the
    /// Redis Cloud API shows it; in `resources` every resource; in `quotas` what they take of the AWS account's.
    pub fn tell(&self) -> Value {
        let pricing = self.regions.iter().map(|it| {
            json!({
                "type": "CloudResources",
                "typeDetails": it.sizing.instance_type,
                "quantity": it.sizing.nodes,
                "quantityMeasurement": "instances",
                "region": it.region,
            })
        });
        let resources = self.regions.iter().flat_map(|it| {
            it.draft.blueprint.resources.iter().map(
                |resource| json!({ "region": it.region, "resource": resource.key, "spec": resource.spec }),
            )
        });
        let quotas = self.regions.iter().flat_map(|it| {
            it.draft.takes.iter().map(|takes| json!({ "region": it.region, "quota": takes }))
        });
        json!({
            "pricing": pricing.collect::<Vec<_>>(),
            "resources": resources.collect::<Vec<_>>(),
            "quotas": quotas.collect::<Vec<_>>(),
        })
    }

    /// The deployments to be stored together with their subscription.
    pub fn into_deployments(self) -> Vec<NewDeployment> {
        self.regions.into_iter().map(|region| region.deployment).collect()
    }
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The order cannot be carried out: everything that stands against it.
    #[error("the order cannot be carried out: {}", Problem::tell(.0))]
    Refused(Vec<Problem>),
    /// AWS could not be asked. Nothing is wrong with the order, as far as is known.
    #[error("{0}")]
    NotAnswered(String),
    /// Something is wrong with Berth or its database.
    #[error(transparent)]
    Berth(#[from] Error),
}

impl Control {
    /// Plans an order in the account's cloud account.
    pub async fn plan_order(&self, account: AccountId, order: &Order) -> Result<Plan, PlanError> {
        let store = &self.0.store;
        let id = order.cloud_account_id;
        let (cloud_account, secrets) =
            tokio::try_join!(store.cloud_account(account, id), store.cloud_account_secrets(account, id))
                .map_err(Error::from)?;
        let (Some(cloud_account), Some(secrets)) = (cloud_account, secrets) else {
            let message = format!("{id} is no cloud account of yours");
            let field = "cloudProviders[0].cloudAccountId";
            return Err(PlanError::Refused(vec![Problem::new(
                field,
                ErrorType::CloudAccountNotFound,
                message,
            )]));
        };
        let stored = stored::open(&self.0.vault, &cloud_account, &secrets)?;
        let session = self.0.verifier.session(&stored.access, &Purpose::named("planning"));
        let neighbours = self.neighbours(account).await?;
        let regions = order.regions.iter().enumerate().map(|(at, region)| {
            let ec2 = session.ec2(&cloud_account.aws_account_id, &region.region);
            let path = format!("cloudProviders[0].regions[{at}]");
            self.plan_region(order, region, ec2, &cloud_account.aws_account_id, neighbours.clone(), path)
        });
        // Every region is asked before any is refused, so that all problems are told at once.
        let planned = join_all(regions).await;
        let (mut regions, mut problems) = (Vec::new(), Vec::new());
        for planned in planned {
            match planned {
                Ok(region) => regions.push(region),
                Err(PlanError::Refused(more)) => problems.extend(more),
                Err(other) => return Err(other),
            }
        }
        if problems.is_empty() { Ok(Plan { regions }) } else { Err(PlanError::Refused(problems)) }
    }

    /// The availability zones of a region, as the AWS account of a cloud account has them.
    ///
    /// Errors: [`Error::Rejected`] when the caller's account has no such cloud account, or AWS does not tell.
    pub async fn zones(
        &self,
        by: &Principal,
        id: CloudAccountId,
        region: &Region,
    ) -> Result<Vec<Zone>, Error> {
        let opened = self.open_region(by.account_id, id, region.name, "planning").await?;
        let ec2 = opened.ok_or_else(|| cloud_accounts::not_found(id))?;
        ec2.zones().await.map_err(|error| match error.kind.advice() {
            Advice::Retry => Error::rejected(
                ErrorType::ServiceUnavailable,
                "AWS could not be asked for its zones. Try again in a minute.",
            ),
            Advice::WaitForAccess | Advice::Fail => {
                Error::rejected(ErrorType::CloudAccountPermissionFailed, trouble::of_looking(&error).told())
            }
        })
    }

    async fn neighbours(&self, account: AccountId) -> Result<Vec<Neighbour>, Error> {
        let deployments = self.0.store.deployments_of_account(account).await?;
        Ok(deployments
            .into_iter()
            .map(|it| Neighbour {
                network: it.network,
                whose: format!("subscription {} in {}", it.subscription_id, it.region),
                vpc: it.customers_vpc,
            })
            .collect())
    }

    async fn plan_region(
        &self,
        order: &Order,
        region: &RegionOrder,
        ec2: Arc<dyn Ec2>,
        aws_account: &AwsAccountId,
        neighbours: Vec<Neighbour>,
        path: String,
    ) -> Result<PlannedRegion, PlanError> {
        let demand = demand(&order.databases, order.memory_storage, &region.region);
        let Some(sizing) = nodes_for(&demand, region.zones.spread) else {
            let message =
                "need more memory or shards than one subscription can have; order several subscriptions";
            return Err(PlanError::Refused(vec![Problem::new(
                "databases",
                ErrorType::PlannerInvalidPlan,
                message,
            )]));
        };
        let survey = self.survey(region, ec2.as_ref(), neighbours).await?;
        let deployment = DeploymentId(self.0.environment.uuid());
        let key = key_pair::make(self, deployment)?;
        let profile = self.0.verifier.settings().profile.node_role.to_owned();
        let parts = Parts { deployment, profile, public_key: key.public };
        let draft = draft(region, &sizing, &survey, &parts, &path).map_err(PlanError::Refused)?;
        let customers_vpc = match &region.networking {
            Networking::Managed { .. } => None,
            Networking::Customer { vpc_id, .. } => Some(AwsId::from(vpc_id.as_str())),
        };
        let new = NewDeployment {
            id: deployment,
            cloud_account_id: order.cloud_account_id,
            aws_account_id: aws_account.clone(),
            region: region.region.clone(),
            blueprint: draft.blueprint.clone(),
            network: draft.network,
            customers_vpc,
            zones: draft.zones.clone(),
            sealed_private_key: key.sealed_private,
        };
        Ok(PlannedRegion { region: region.region.clone(), sizing, draft, deployment: new })
    }

    async fn survey(
        &self,
        region: &RegionOrder,
        ec2: &dyn Ec2,
        neighbours: Vec<Neighbour>,
    ) -> Result<Survey, PlanError> {
        let not_answered = |error: berth_cloud::Error| not_answered(&region.region, &error);
        let network = async {
            match customers_network(region) {
                Some(look) => ec2.inventory(&look).await.map_err(not_answered),
                None => Ok(Default::default()),
            }
        };
        let names = machine_names();
        let (zones, image, machines, quotas, vpcs, network) = tokio::try_join!(
            async { ec2.zones().await.map_err(not_answered) },
            async { ec2.image(&self.0.provisioning.image).await.map_err(not_answered) },
            async { ec2.instance_types(&names).await.map_err(not_answered) },
            async {
                match ec2.quotas().await {
                    // Room cannot be told then; building shows.
                    Err(error) if matches!(error.kind, ErrorKind::Denied { .. }) => Ok(Vec::new()),
                    quotas => quotas.map_err(not_answered),
                }
            },
            async { ec2.vpcs().await.map_err(not_answered) },
            network
        )?;
        Ok(Survey { zones, image, machines, quotas, network, vpcs, neighbours })
    }
}

/// What to look at to see whether the customer's own network is there.
fn customers_network(region: &RegionOrder) -> Option<Look> {
    let Networking::Customer { vpc_id, subnet_ids, security_group_id, .. } = &region.networking else {
        return None;
    };
    let id = |id: &str| AwsId::from(id);
    Some(Look {
        // What nothing carries: only what is named is looked at.
        tag: ("berth:managed".into(), "nothing-carries-this".into()),
        known: [
            (Kind::Vpc, [id(vpc_id.as_str())].into()),
            (Kind::Subnet, subnet_ids.iter().map(|subnet| id(subnet.as_str())).collect()),
            (Kind::SecurityGroup, [id(security_group_id.as_str())].into()),
        ]
        .into(),
        ..Look::default()
    })
}

fn not_answered(region: &str, error: &berth_cloud::Error) -> PlanError {
    let (trouble, _) = trouble::of_looking(error).again(None, jiff::Timestamp::UNIX_EPOCH);
    PlanError::NotAnswered(format!("In {region}: {} {}", trouble.message, trouble.remedy))
}
