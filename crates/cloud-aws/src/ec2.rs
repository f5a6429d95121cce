//! EC2 and what stands around it, for one session in one region.

mod change;
mod create;
mod figures;
mod gather;
mod pace;
mod quotas;
mod read;
mod region;
mod rules;
mod trail;

use std::sync::OnceLock;

use async_trait::async_trait;
use aws_sdk_ec2::{
    config::{retry::RetryConfig, timeout::TimeoutConfig},
    operation::RequestId,
};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use berth_cloud::{
    Error,
    ec2::{Ec2, ImageChoice, NodeStatus, Question, Series, Span},
};
use berth_domain::deployment::{
    AwsId, Kind, Tags,
    action::{Change, Creation},
    inventory::{Deed, Image, InstanceType, Inventory, Look, Quota, Vpc, Zone},
};
use jiff::Timestamp;

pub(crate) use self::pace::{Pace, Paces};
use crate::{
    call::{self, Sent},
    clients::ClientConfig,
    errors::Failure,
};

/// One session's calls to one region, each at its turn: the AWS account's allowances are shared by all who call it.
pub(crate) struct AwsEc2 {
    config: ClientConfig,
    pace: Pace,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    creating: OnceLock<aws_sdk_ec2::Client>,
    ssm: OnceLock<aws_sdk_ssm::Client>,
    quotas: OnceLock<aws_sdk_servicequotas::Client>,
    trail: OnceLock<aws_sdk_cloudtrail::Client>,
    watch: OnceLock<aws_sdk_cloudwatch::Client>,
}

impl AwsEc2 {
    /// With clients as `config` makes them.
    pub(crate) fn new(config: ClientConfig, pace: Pace) -> Self {
        Self {
            config,
            pace,
            ec2: OnceLock::new(),
            creating: OnceLock::new(),
            ssm: OnceLock::new(),
            quotas: OnceLock::new(),
            trail: OnceLock::new(),
            watch: OnceLock::new(),
        }
    }

    fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.ec2.get_or_init(|| client!(self.config, aws_sdk_ec2))
    }

    /// Sends every request once, and waits for its answer longer than for others: the SDK would repeat a request whose
    /// answer was lost, and so create a second thing.
    fn creating(&self) -> &aws_sdk_ec2::Client {
        self.creating.get_or_init(|| {
            let config = self.ec2().config();
            let timeouts =
                config.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled).into_builder();
            let timeouts =
                timeouts.operation_attempt_timeout(create::PATIENCE).operation_timeout(create::PATIENCE);
            let config = config.to_builder().retry_config(RetryConfig::disabled());
            aws_sdk_ec2::Client::from_conf(config.timeout_config(timeouts.build()).build())
        })
    }

    fn ssm(&self) -> &aws_sdk_ssm::Client {
        self.ssm.get_or_init(|| client!(self.config, aws_sdk_ssm))
    }

    fn service_quotas(&self) -> &aws_sdk_servicequotas::Client {
        self.quotas.get_or_init(|| client!(self.config, aws_sdk_servicequotas))
    }

    fn trail(&self) -> &aws_sdk_cloudtrail::Client {
        self.trail.get_or_init(|| client!(self.config, aws_sdk_cloudtrail))
    }

    fn watch(&self) -> &aws_sdk_cloudwatch::Client {
        self.watch.get_or_init(|| client!(self.config, aws_sdk_cloudwatch))
    }

    async fn call<T: RequestId, E: Failure>(
        &self,
        operation: &'static str,
        answer: impl Future<Output = Sent<T, E>>,
    ) -> Result<T, Error> {
        self.pace.turn(operation).await;
        call::call(operation, answer).await
    }

    /// The items of all pages; `open` gives a page's items and the token of the page after it.
    async fn pages<P: RequestId, E: Failure, I>(
        &self,
        operation: &'static str,
        pages: PaginationStream<Sent<P, E>>,
        open: impl Fn(P) -> (Option<Vec<I>>, Option<String>),
    ) -> Result<Vec<I>, Error> {
        let open = |page| {
            let (items, token) = open(page);
            (items.unwrap_or_default(), token.is_some_and(|token| !token.is_empty()))
        };
        Ok(call::pages(operation, Some(&self.pace), pages, open).await?.value)
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
