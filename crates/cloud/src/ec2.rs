//! The port to EC2 and what stands around it: one AWS account, one region.
//!
//! Opened by `Session::ec2(region)`. The calls are few and deep: what can be created, changed and deleted are
//! values of [`berth_domain::deployment::action`], each of which is one call to AWS, so that whoever decides what to
//! do (pure rules) and whoever does it (an adapter) share one list. Throttling and 5xx are retried inside as
//! everywhere in the port; nothing else is.
//!
//! EC2 is eventually consistent: what was just created may be *not found*, and absent from [`Ec2::inventory`].

use async_trait::async_trait;
use berth_domain::deployment::{
    AwsId, Kind, Tags,
    action::{Change, Creation},
    inventory::{Deed, Image, InstanceType, Inventory, Look, Quota, Vpc, Zone},
};
use jiff::Timestamp;

pub use berth_domain::deployment::monitoring::{Figure, Health};

use crate::Error;

/// Calls to one AWS account in one region.
#[async_trait]
pub trait Ec2: Send + Sync {
    /// What there is, as far as `look` goes: one describe per kind (by tag, and by VPC where it says so), in pages
    /// of 1,000, serves every deployment of the AWS account in the region. Everything or an error: a part that is
    /// missing would look like things that are gone.
    async fn inventory(&self, look: &Look) -> Result<Inventory, Error>;

    /// Creates one thing, tagged in the call itself, volumes and network interface of an instance included; gives
    /// its id. Not idempotent: after an error that leaves open whether it was done ([`crate::ErrorKind::may_have_happened`]),
    /// look for the operation's tag before trying again.
    async fn create(&self, what: &Creation, tags: &Tags) -> Result<AwsId, Error>;

    /// Changes one thing. What is in place already is no error (a route, a rule, an attachment that exists; a rule or
    /// association to be taken away that is not there).
    async fn change(&self, what: &Change) -> Result<(), Error>;

    /// Deletes one thing; what is not there is no error. Instances take their time to end: see the inventory.
    async fn delete(&self, kind: Kind, id: &AwsId) -> Result<(), Error>;

    /// The region's availability zones, local zones left out.
    async fn zones(&self) -> Result<Vec<Zone>, Error>;

    /// Which of these instance types can be had in the region.
    async fn instance_types(&self, names: &[&str]) -> Result<Vec<InstanceType>, Error>;

    /// A machine image.
    async fn image(&self, choice: &ImageChoice) -> Result<Image, Error>;

    /// Every VPC of the region, without attributes that cost a call each.
    async fn vpcs(&self) -> Result<Vec<Vpc>, Error>;

    /// The limits that matter to a deployment, with what is used of them. What may not be asked is in the answer as
    /// unknown; an error means that nothing could be asked.
    async fn quotas(&self) -> Result<Vec<Quota>, Error>;

    /// What was done to a resource since then, latest first, reads left out (`cloudtrail:LookupEvents`).
    async fn who_did(&self, resource: &AwsId, since: Timestamp) -> Result<Vec<Deed>, Error>;

    /// AWS's checks of instances (`ec2:DescribeInstanceStatus`); instances it says nothing of are left out.
    async fn node_status(&self, instances: &[AwsId]) -> Result<Vec<NodeStatus>, Error>;

    /// Figures of instances and volumes, in batches of 500 questions (`cloudwatch:GetMetricData`).
    async fn figures(&self, questions: &[Question], span: Span) -> Result<Vec<Series>, Error>;
}

/// How the machine image is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageChoice {
    /// By the name of a public SSM parameter, such as
    /// `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64`.
    Parameter(String),
    /// By its id.
    Id(AwsId),
}

/// AWS's checks of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    /// The instance.
    pub instance: AwsId,
    /// The machine below it.
    pub system: Health,
    /// The instance itself.
    pub itself: Health,
    /// Maintenance that AWS has announced and not done, in its words.
    pub announced: Vec<String>,
}

/// A question for figures over time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// What is measured.
    pub figure: Figure,
    /// Of which instance or volume.
    pub of: AwsId,
}

/// Which time figures are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From.
    pub from: Timestamp,
    /// To.
    pub to: Timestamp,
    /// Seconds from point to point: a multiple of 60.
    pub period_seconds: u32,
}

/// Figures over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What was asked.
    pub question: Question,
    /// The points, oldest first; none where CloudWatch has none.
    pub points: Vec<(Timestamp, f64)>,
}
