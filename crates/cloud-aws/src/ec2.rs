//! EC2 and what stands around it, for one session in one region.

/// Sends a request when its turn comes: `send!(self, aws_sdk_ec2, DESCRIBE_VPCS, request)`.
macro_rules! send {
    ($region:expr, $sdk:ident, $operation:expr, $request:expr) => {{
        $region.pace.turn($operation).await;
        let request = $request.customize().config_override(signed!($region.signer, $sdk));
        $crate::call::call($operation, request.send()).await
    }};
}

/// All items of all pages: `pages!(self, DESCRIBE_VPCS, request, vpcs)`, where the answer has `vpcs` and `next_token`.
macro_rules! pages {
    ($region:expr, $operation:expr, $request:expr, $items:ident) => {{
        let mut found = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let answer =
                send!($region, aws_sdk_ec2, $operation, $request.clone().set_next_token(next.clone()))?;
            found.extend(answer.$items.unwrap_or_default());
            match answer.next_token.filter(|token| !token.is_empty()) {
                None => break found,
                // Else it would go on for ever.
                token if token == next => {
                    return Err($crate::errors::unexpected($operation, None, "a page follows itself"));
                }
                token => next = token,
            }
        }
    }};
}

mod change;
mod clients;
mod create;
mod figures;
mod gather;
mod pace;
mod quotas;
mod read;
mod region;
mod rules;
mod trail;

use async_trait::async_trait;
use berth_cloud::{
    Error,
    ec2::{Ec2, ImageChoice, NodeStatus, Question, Series, Span},
};
use berth_domain::{
    deployment::{
        AwsId, Kind, Tags,
        action::{Change, Creation},
        inventory::{Deed, Image, InstanceType, Inventory, Look, Quota, Vpc, Zone},
    },
    values::AwsAccountId,
};
use jiff::Timestamp;

pub(crate) use self::clients::Regions;
use self::{clients::Clients, pace::Pace};
use crate::signer::Signer;

/// Every AWS action of this module, in the order of its files.
pub(crate) const OPERATIONS: &[&[&str]] = &[
    create::OPERATIONS,
    change::OPERATIONS,
    gather::OPERATIONS,
    region::OPERATIONS,
    quotas::OPERATIONS,
    trail::OPERATIONS,
    figures::OPERATIONS,
];

/// One session's calls to one region. Shares its clients with every session, its turns with those that sign with
/// the same key or as the same role.
pub(crate) struct AwsEc2 {
    clients: Clients,
    pace: Pace,
    signer: Signer,
}

impl AwsEc2 {
    /// Signs with this; all who call the AWS account share AWS's allowances.
    pub(crate) fn new(regions: &Regions, account: &AwsAccountId, region: &str, signer: Signer) -> Self {
        Self { clients: regions.clients(region), pace: regions.paces.of(account, region), signer }
    }
}

#[async_trait]
impl Ec2 for AwsEc2 {
    async fn inventory(&self, look: &Look) -> Result<Inventory, Error> {
        gather::inventory(self, look).await
    }

    async fn create(&self, what: &Creation, tags: &Tags) -> Result<AwsId, Error> {
        create::create(self, what, tags).await
    }

    async fn change(&self, what: &Change) -> Result<(), Error> {
        change::change(self, what).await
    }

    async fn delete(&self, kind: Kind, id: &AwsId) -> Result<(), Error> {
        change::delete(self, kind, id).await
    }

    async fn zones(&self) -> Result<Vec<Zone>, Error> {
        region::zones(self).await
    }

    async fn instance_types(&self, names: &[&str]) -> Result<Vec<InstanceType>, Error> {
        region::instance_types(self, names).await
    }

    async fn image(&self, choice: &ImageChoice) -> Result<Image, Error> {
        region::image(self, choice).await
    }

    async fn vpcs(&self) -> Result<Vec<Vpc>, Error> {
        gather::vpcs(self, None).await
    }

    async fn quotas(&self) -> Result<Vec<Quota>, Error> {
        quotas::quotas(self).await
    }

    async fn who_did(&self, resource: &AwsId, since: Timestamp) -> Result<Vec<Deed>, Error> {
        trail::who_did(self, resource, since).await
    }

    async fn node_status(&self, instances: &[AwsId]) -> Result<Vec<NodeStatus>, Error> {
        figures::node_status(self, instances).await
    }

    async fn figures(&self, questions: &[Question], span: Span) -> Result<Vec<Series>, Error> {
        figures::figures(self, questions, span).await
    }
}
