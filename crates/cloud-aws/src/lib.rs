//! AWS behind the cloud port, through the official SDK. The only crate that names `aws-*`.
//!
//! A session has clients of its own, made as they are needed: that costs no I/O and no TLS set-up, because all of them
//! share the connections of one [`AwsCloud`]. Credentials are never shared: a customer's are given per session, and the
//! operator's own are the only ones that are looked for in the environment, and all they do is assume roles.

// First, for its macro.
#[macro_use]
mod clients;
mod call;
mod ec2;
mod errors;
mod guard;
mod keys;
mod operator;
mod policies;
mod probe;
mod roles;
mod session;
mod sign_in;
mod simulation;
mod trial;

use std::{sync::Arc, time::Duration};

use aws_config::{
    BehaviorVersion, ConfigLoader, Region, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_sdk_iam::config::{AppName, SharedHttpClient};
use berth_cloud::{CALL_TIMEOUT, Cloud, Operator, Session, SessionOptions};
use berth_domain::access::{Access, AccessKey, SessionName};

pub use crate::{call::describe_metrics, probe::Probe, sign_in::Federation};
use crate::{
    clients::{ClientConfig, Connections},
    ec2::Paces,
    operator::{AwsOperator, Source},
    roles::{AssumedRole, Roles},
    session::AwsSession,
};

/// Where AWS is when nothing says so. IAM is the same everywhere; STS answers in its region.
const DEFAULT_REGION: &str = "us-east-1";

/// How often a throttled, failed or unanswered call is tried in all.
const MAX_ATTEMPTS: u32 = 3;

/// How long a call may take with all its attempts.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(12);

/// AWS, as the environment says it is to be reached.
#[derive(Clone, Debug)]
pub struct AwsCloud {
    /// Without credentials.
    config: SdkConfig,
    paces: Paces,
    operator: Arc<AwsOperator>,
    roles: Arc<Roles>,
}

impl AwsCloud {
    /// Reads region, endpoints (`AWS_ENDPOINT_URL` and its variants per service), FIPS and proxy settings
    /// as the AWS SDK does, from the environment and the AWS profile. Without a region it is us-east-1: an
    /// EC2 instance's own is not asked for, because that costs a start elsewhere seconds.
    ///
    /// The operator's own credentials are looked for as the AWS SDK does, when a role is first assumed:
    /// environment variables, AWS profile, web identity, container, instance.
    pub async fn from_env() -> Self {
        let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::new())
            .or_else(Region::new(DEFAULT_REGION));
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).region(region);
        Self::load(loader, Connections::new(), Source::Environment).await
    }

    /// AWS, or a simulator of it, behind one URL, whatever the environment says. The operator has no
    /// credentials of its own until [`Self::operated_with`] gives it some.
    pub async fn at(endpoint_url: &str, region: &str) -> Self {
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.to_owned()))
            .endpoint_url(endpoint_url);
        Self::load(loader, Connections::new(), Source::None).await
    }

    /// The same with these credentials for the operator.
    #[must_use]
    pub fn operated_with(self, key: &AccessKey) -> Self {
        let operator = Arc::new(AwsOperator::new(self.config.clone(), Source::Key(key.clone())));
        Self { roles: Arc::new(Roles::new(operator.clone())), operator, ..self }
    }

    /// AWS through an HTTP client of the caller's, which sees every request as it would go out.
    pub async fn over(client: SharedHttpClient, region: &str) -> Self {
        let loader =
            aws_config::defaults(BehaviorVersion::v2026_01_12()).region(Region::new(region.to_owned()));
        Self::load(loader, Connections::of(client), Source::None).await
    }

    /// The AWS region, such as `eu-central-1`.
    pub fn region(&self) -> &str {
        self.config.region().map_or(DEFAULT_REGION, AsRef::as_ref)
    }

    async fn load(loader: ConfigLoader, connections: Connections, credentials: Source) -> Self {
        let timeouts = TimeoutConfig::builder()
            // Connecting and answering together.
            .operation_attempt_timeout(CALL_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        let config = loader
            .no_credentials()
            .http_client(connections)
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .timeout_config(timeouts)
            // Answers are small and read whole; the attempt timeout covers a stall.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            // Shows as `app/berth` in the customer's CloudTrail.
            .app_name(AppName::new("berth").expect("letters are allowed"))
            .load()
            .await;
        let operator = Arc::new(AwsOperator::new(config.clone(), credentials));
        let roles = Arc::new(Roles::new(operator.clone()));
        Self { config, paces: Paces::default(), operator, roles }
    }
}

impl Cloud for AwsCloud {
    fn session_with(
        &self,
        access: &Access,
        name: &SessionName,
        options: SessionOptions,
    ) -> Arc<dyn Session> {
        let config = match access {
            Access::Key(key) => ClientConfig::of_key(&self.config, key, options),
            Access::Role(role) => {
                let role = AssumedRole::new(self.roles.clone(), role.clone(), name.clone());
                ClientConfig::of_role(&self.config, role, options)
            }
        };
        Arc::new(AwsSession::new(config, self.paces.clone()))
    }

    fn operator(&self) -> Arc<dyn Operator> {
        self.operator.clone()
    }
}
