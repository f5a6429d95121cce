//! AWS behind the cloud port: STS and IAM through the official SDK. The only crate that names `aws-*`.
//!
//! Making a session costs no I/O and no TLS set-up: all sessions share the clients, and with them the
//! connections, of one [`AwsCloud`]. Credentials are given per session and never looked for in the
//! environment.

mod call;
mod errors;
mod probe;
mod session;
mod simulation;

use std::{sync::Arc, time::Duration};

use aws_config::{
    BehaviorVersion, ConfigLoader, Region, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_sdk_iam::config::AppName;
use berth_cloud::{CALL_TIMEOUT, Cloud, Session};
use berth_domain::cloud_account::AccessKey;

use crate::session::AwsSession;
pub use crate::{call::describe_metrics, probe::Probe};

/// Every AWS action this crate can call, by the name that errors, logs and metrics use.
pub const OPERATIONS: &[&str] = &[
    call::GET_CALLER_IDENTITY,
    call::GET_LOGIN_PROFILE,
    call::GET_ROLE,
    call::LIST_ACCOUNT_ALIASES,
    call::LIST_INSTANCE_PROFILES_FOR_ROLE,
    call::SIMULATE_PRINCIPAL_POLICY,
];

/// Where AWS is when nothing says so. IAM is the same everywhere; STS answers in its region.
const DEFAULT_REGION: &str = "us-east-1";

/// How often a throttled, failed or unanswered call is tried in all.
const MAX_ATTEMPTS: u32 = 3;

/// How long a call may take with all its attempts.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(12);

/// AWS, as the environment says it is to be reached.
#[derive(Clone, Debug)]
pub struct AwsCloud {
    sts: aws_sdk_sts::Client,
    iam: aws_sdk_iam::Client,
    region: Region,
}

impl AwsCloud {
    /// Reads region, endpoints (`AWS_ENDPOINT_URL` and its variants per service), FIPS and proxy settings
    /// as the AWS SDK does, from the environment and the AWS profile. Without a region it is us-east-1: an
    /// EC2 instance's own is not asked for, because that costs a start elsewhere seconds.
    pub async fn from_env() -> Self {
        let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::new())
            .or_else(Region::new(DEFAULT_REGION));
        Self::load(aws_config::defaults(BehaviorVersion::v2026_01_12()).region(region)).await
    }

    /// AWS, or a simulator of it, behind one URL, whatever the environment says.
    pub async fn at(endpoint_url: &str, region: &str) -> Self {
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.to_owned()))
            .endpoint_url(endpoint_url);
        Self::load(loader).await
    }

    /// The AWS region, such as `eu-central-1`.
    pub fn region(&self) -> &str {
        self.region.as_ref()
    }

    async fn load(loader: ConfigLoader) -> Self {
        let timeouts = TimeoutConfig::builder()
            // Connecting and answering together.
            .operation_attempt_timeout(CALL_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        let config = loader
            .no_credentials()
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .timeout_config(timeouts)
            // Answers are small and read whole; the attempt timeout covers a stall.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            // Shows as `app/berth` in the customer's CloudTrail.
            .app_name(AppName::new("berth").expect("letters are allowed"))
            .load()
            .await;
        Self {
            sts: aws_sdk_sts::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            region: config.region().cloned().unwrap_or(Region::from_static(DEFAULT_REGION)),
        }
    }
}

impl Cloud for AwsCloud {
    fn session(&self, key: &AccessKey) -> Arc<dyn Session> {
        Arc::new(AwsSession::new(self.sts.clone(), self.iam.clone(), key))
    }
}
