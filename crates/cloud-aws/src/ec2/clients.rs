//! The SDK's clients, one set for each region, shared by all sessions.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_config::{Region, SdkConfig};

use super::pace::Paces;

/// The clients of one region. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub(super) ec2: aws_sdk_ec2::Client,
    pub(super) ssm: aws_sdk_ssm::Client,
    pub(super) quotas: aws_sdk_servicequotas::Client,
    pub(super) trail: aws_sdk_cloudtrail::Client,
    pub(super) watch: aws_sdk_cloudwatch::Client,
}

/// The clients of every region that was used so far. As many as AWS has regions: callers know them by name.
#[derive(Clone, Debug)]
pub(crate) struct Regions {
    config: SdkConfig,
    made: Arc<Mutex<BTreeMap<String, Clients>>>,
    pub(super) paces: Paces,
}

impl Regions {
    /// None yet; each will be as `config` says, but for its region.
    pub(crate) fn new(config: SdkConfig) -> Self {
        Self { config, made: Arc::default(), paces: Paces::default() }
    }

    /// The clients of a region, made at its first use: that loads certificates.
    pub(super) fn clients(&self, region: &str) -> Clients {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(region.to_owned()).or_insert_with(|| Clients::new(&self.config, region)).clone()
    }
}

impl Clients {
    fn new(config: &SdkConfig, region: &str) -> Self {
        let config = config.to_builder().region(Region::new(region.to_owned())).build();
        Self {
            ec2: aws_sdk_ec2::Client::new(&config),
            ssm: aws_sdk_ssm::Client::new(&config),
            quotas: aws_sdk_servicequotas::Client::new(&config),
            trail: aws_sdk_cloudtrail::Client::new(&config),
            watch: aws_sdk_cloudwatch::Client::new(&config),
        }
    }
}
