//! AWS behind the cloud port, through the official SDK. The only crate that names `aws-*`.
//!
//! Making a session costs no I/O and no TLS set-up: all sessions share the clients, and with them the
//! connections, of one [`AwsCloud`]. A customer's credentials are given per session; the operator's own are
//! the only ones that are looked for in the environment, and all they do is assume roles.

// First, for its macro.
#[macro_use]
mod signer;
mod call;
mod ec2;
mod errors;
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
    BehaviorVersion, ConfigLoader, Region, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_sdk_iam::config::{AppName, SharedHttpClient};
use berth_cloud::{CALL_TIMEOUT, Cloud, Operator, Session};
use berth_domain::access::{Access, AccessKey, SessionName};

pub use crate::{call::describe_metrics, probe::Probe, sign_in::Federation};
use crate::{
    ec2::Regions,
    operator::{AwsOperator, Source},
    roles::{AssumedRole, Roles},
    session::AwsSession,
};

/// Every AWS action this crate can call, by the name that errors, logs and metrics use.
pub fn operations() -> impl Iterator<Item = &'static str> {
    [OPERATIONS].into_iter().chain(ec2::OPERATIONS.iter().copied()).flatten().copied()
}

/// Those of STS and IAM, and the one of EC2 that verification makes itself.
pub const OPERATIONS: &[&str] = &[
    call::ASSUME_ROLE,
    call::CREATE_ACCESS_KEY,
    call::DELETE_ACCESS_KEY,
    call::DESCRIBE_REGIONS,
    call::GET_ACCESS_KEY_LAST_USED,
    call::GET_CALLER_IDENTITY,
    call::GET_GROUP_POLICY,
    call::GET_LOGIN_PROFILE,
    call::GET_POLICY,
    call::GET_POLICY_VERSION,
    call::GET_ROLE,
    call::GET_ROLE_POLICY,
    call::GET_USER_POLICY,
    call::LIST_ACCESS_KEYS,
    call::LIST_ACCOUNT_ALIASES,
    call::LIST_ATTACHED_GROUP_POLICIES,
    call::LIST_ATTACHED_ROLE_POLICIES,
    call::LIST_ATTACHED_USER_POLICIES,
    call::LIST_GROUP_POLICIES,
    call::LIST_GROUPS_FOR_USER,
    call::LIST_INSTANCE_PROFILES_FOR_ROLE,
    call::LIST_ROLE_POLICIES,
    call::LIST_USER_POLICIES,
    call::SIMULATE_PRINCIPAL_POLICY,
    call::UPDATE_ACCESS_KEY,
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
    clients: Clients,
    region: Region,
    operator: Arc<AwsOperator>,
    roles: Arc<Roles>,
}

/// What all sessions share: one client for each service, and for each region where the service has regions.
#[derive(Clone, Debug)]
struct Clients {
    sts: aws_sdk_sts::Client,
    iam: aws_sdk_iam::Client,
    regions: Regions,
    ec2: aws_sdk_ec2::Client,
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
        Self::load(loader, Source::Environment).await
    }

    /// AWS, or a simulator of it, behind one URL, whatever the environment says. The operator has no
    /// credentials of its own until [`Self::operated_with`] gives it some.
    pub async fn at(endpoint_url: &str, region: &str) -> Self {
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.to_owned()))
            .endpoint_url(endpoint_url);
        Self::load(loader, Source::None).await
    }

    /// The same with these credentials for the operator.
    #[must_use]
    pub fn operated_with(self, key: &AccessKey) -> Self {
        let (sts, region, source) =
            (self.clients.sts.clone(), self.region.clone(), Source::Key(key.clone()));
        let operator = Arc::new(AwsOperator::new(sts, region, source));
        Self { roles: Arc::new(Roles::new(operator.clone())), operator, ..self }
    }

    /// AWS through an HTTP client of the caller's, which sees every request as it would go out.
    pub async fn over(client: SharedHttpClient, region: &str) -> Self {
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.to_owned()))
            .http_client(client);
        Self::load(loader, Source::None).await
    }

    /// The AWS region, such as `eu-central-1`.
    pub fn region(&self) -> &str {
        self.region.as_ref()
    }

    async fn load(loader: ConfigLoader, credentials: Source) -> Self {
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
        let clients = Clients {
            sts: aws_sdk_sts::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            regions: Regions::new(config.clone()),
            ec2: aws_sdk_ec2::Client::new(&config),
        };
        let region = config.region().cloned().unwrap_or(Region::from_static(DEFAULT_REGION));
        let operator = Arc::new(AwsOperator::new(clients.sts.clone(), region.clone(), credentials));
        let roles = Arc::new(Roles::new(operator.clone()));
        Self { clients, region, operator, roles }
    }
}

impl Cloud for AwsCloud {
    fn session(&self, access: &Access, name: &SessionName) -> Arc<dyn Session> {
        let (clients, region) = (self.clients.clone(), self.region.to_string());
        Arc::new(match access {
            Access::Key(key) => AwsSession::of_key(clients, region, key),
            Access::Role(role) => {
                let role = AssumedRole::new(self.roles.clone(), role.clone(), name.clone());
                AwsSession::of_role(clients, region, role)
            }
        })
    }

    fn operator(&self) -> Arc<dyn Operator> {
        self.operator.clone()
    }
}
