//! EC2 behind a gate. A call of the port that is many calls to AWS passes once, by the name of one of them:
//! [`Ec2::inventory`] is `ec2:DescribeInstances`.

use async_trait::async_trait;
use berth_domain::deployment::{
    AwsId, Kind, Tags,
    action::{Change, Creation, removal},
    inventory::{Deed, Image, InstanceType, Inventory, Look, Quota, Vpc, Zone},
};
use jiff::Timestamp;

use super::{Gate, Gated, through};
use crate::{
    Error,
    ec2::{Ec2, ImageChoice, NodeStatus, Question, Series, Span},
};

#[async_trait]
impl<G: Gate> Ec2 for Gated<G, dyn Ec2> {
    async fn inventory(&self, look: &Look) -> Result<Inventory, Error> {
        through(&self.gate, "ec2:DescribeInstances", self.inner.inventory(look)).await
    }

    async fn create(&self, what: &Creation, tags: &Tags) -> Result<AwsId, Error> {
        through(&self.gate, what.action(), self.inner.create(what, tags)).await
    }

    async fn change(&self, what: &Change) -> Result<(), Error> {
        through(&self.gate, what.action(), self.inner.change(what)).await
    }

    async fn delete(&self, kind: Kind, id: &AwsId) -> Result<(), Error> {
        let operation = removal(kind).unwrap_or("ec2:DeleteNetworkInterface");
        through(&self.gate, operation, self.inner.delete(kind, id)).await
    }

    async fn zones(&self) -> Result<Vec<Zone>, Error> {
        through(&self.gate, "ec2:DescribeAvailabilityZones", self.inner.zones()).await
    }

    async fn instance_types(&self, names: &[&str]) -> Result<Vec<InstanceType>, Error> {
        through(&self.gate, "ec2:DescribeInstanceTypes", self.inner.instance_types(names)).await
    }

    async fn image(&self, choice: &ImageChoice) -> Result<Image, Error> {
        through(&self.gate, "ec2:DescribeImages", self.inner.image(choice)).await
    }

    async fn vpcs(&self) -> Result<Vec<Vpc>, Error> {
        through(&self.gate, "ec2:DescribeVpcs", self.inner.vpcs()).await
    }

    async fn quotas(&self) -> Result<Vec<Quota>, Error> {
        through(&self.gate, "servicequotas:GetServiceQuota", self.inner.quotas()).await
    }

    async fn who_did(&self, resource: &AwsId, since: Timestamp) -> Result<Vec<Deed>, Error> {
        through(&self.gate, "cloudtrail:LookupEvents", self.inner.who_did(resource, since)).await
    }

    async fn node_status(&self, instances: &[AwsId]) -> Result<Vec<NodeStatus>, Error> {
        through(&self.gate, "ec2:DescribeInstanceStatus", self.inner.node_status(instances)).await
    }

    async fn figures(&self, questions: &[Question], span: Span) -> Result<Vec<Series>, Error> {
        through(&self.gate, "cloudwatch:GetMetricData", self.inner.figures(questions, span)).await
    }
}
