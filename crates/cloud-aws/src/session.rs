//! One access key's calls to AWS.

use async_trait::async_trait;
use aws_sdk_iam::{
    config::{Credentials, IdentityCache, SharedCredentialsProvider, retry::RetryPartition},
    operation::RequestId,
};
use berth_cloud::{Decision, Error, Role, Session, Simulation};
use berth_domain::{
    cloud_account::AccessKey,
    values::{Arn, RoleName, UserName},
};
use percent_encoding::percent_decode_str;

use crate::{
    call::{self, call},
    errors::unexpected,
    simulation,
};

/// AWS's longest page, in items.
const MAX_ITEMS: i32 = 1000;

/// Signs with one access key, over connections shared with every other session.
///
/// The SDK ties credentials to a client, and making a client loads certificates and opens a pool. So all
/// sessions use the same clients, and hand in their credentials with each call.
pub(crate) struct AwsSession {
    sts: aws_sdk_sts::Client,
    iam: aws_sdk_iam::Client,
    credentials: SharedCredentialsProvider,
    /// The SDK's budget of retries is per region; one customer whose AWS account is being throttled must
    /// not use up the others'.
    retries: RetryPartition,
}

impl AwsSession {
    pub(crate) fn new(sts: aws_sdk_sts::Client, iam: aws_sdk_iam::Client, key: &AccessKey) -> Self {
        let secret = key.secret.secret().expose();
        let credentials = Credentials::new(key.id.as_str(), secret, None, None, "berth cloud account");
        Self {
            sts,
            iam,
            credentials: SharedCredentialsProvider::new(credentials),
            retries: RetryPartition::custom("berth session").build(),
        }
    }

    fn sts_config(&self) -> aws_sdk_sts::config::Builder {
        aws_sdk_sts::config::Builder::new()
            .credentials_provider(self.credentials.clone())
            .identity_cache(IdentityCache::no_cache())
            .retry_partition(self.retries.clone())
    }

    fn iam_config(&self) -> aws_sdk_iam::config::Builder {
        aws_sdk_iam::config::Builder::new()
            .credentials_provider(self.credentials.clone())
            .identity_cache(IdentityCache::no_cache())
            .retry_partition(self.retries.clone())
    }
}

#[async_trait]
impl Session for AwsSession {
    async fn caller_arn(&self) -> Result<Arn, Error> {
        let request = self.sts.get_caller_identity().customize().config_override(self.sts_config());
        let answer = call(call::GET_CALLER_IDENTITY, request.send()).await?;
        parse_arn(call::GET_CALLER_IDENTITY, answer.request_id(), answer.arn().unwrap_or_default())
    }

    async fn role(&self, name: &RoleName) -> Result<Role, Error> {
        let request = self.iam.get_role().role_name(name.as_str());
        let request = request.customize().config_override(self.iam_config());
        let answer = call(call::GET_ROLE, request.send()).await?;
        let request_id = answer.request_id();
        let role = answer
            .role()
            .ok_or_else(|| unexpected(call::GET_ROLE, request_id, "the answer holds no role"))?;
        Ok(Role {
            arn: parse_arn(call::GET_ROLE, request_id, role.arn())?,
            trust_policy: decode_policy(role.assume_role_policy_document().unwrap_or_default())
                .ok_or_else(|| unexpected(call::GET_ROLE, request_id, "the trust policy is not text"))?,
        })
    }

    async fn instance_profiles_of_role(&self, name: &RoleName) -> Result<Vec<String>, Error> {
        const OPERATION: &str = call::LIST_INSTANCE_PROFILES_FOR_ROLE;
        let mut profiles = Vec::new();
        let mut marker = None;
        loop {
            let request = self.iam.list_instance_profiles_for_role().role_name(name.as_str());
            let request = request.max_items(MAX_ITEMS).set_marker(marker);
            let request = request.customize().config_override(self.iam_config());
            let answer = call(OPERATION, request.send()).await?;
            profiles
                .extend(answer.instance_profiles().iter().map(|p| p.instance_profile_name().to_owned()));
            marker = next_page(OPERATION, answer.request_id(), answer.is_truncated(), answer.marker())?;
            if marker.is_none() {
                return Ok(profiles);
            }
        }
    }

    async fn login_profile(&self, user: &UserName) -> Result<(), Error> {
        let request = self.iam.get_login_profile().user_name(user.as_str());
        let request = request.customize().config_override(self.iam_config());
        call(call::GET_LOGIN_PROFILE, request.send()).await.map(|_| ())
    }

    async fn account_aliases(&self) -> Result<Vec<String>, Error> {
        const OPERATION: &str = call::LIST_ACCOUNT_ALIASES;
        let mut aliases = Vec::new();
        let mut marker = None;
        loop {
            let request = self.iam.list_account_aliases().max_items(MAX_ITEMS).set_marker(marker);
            let request = request.customize().config_override(self.iam_config());
            let answer = call(OPERATION, request.send()).await?;
            aliases.extend_from_slice(answer.account_aliases());
            marker = next_page(OPERATION, answer.request_id(), answer.is_truncated(), answer.marker())?;
            if marker.is_none() {
                return Ok(aliases);
            }
        }
    }

    async fn simulate(&self, question: &Simulation) -> Result<Vec<Decision>, Error> {
        const OPERATION: &str = call::SIMULATE_PRINCIPAL_POLICY;
        let mut decisions = Vec::new();
        let mut marker = None;
        loop {
            let request = simulation::ask(&self.iam, question).max_items(MAX_ITEMS).set_marker(marker);
            let request = request.customize().config_override(self.iam_config());
            let answer = call(OPERATION, request.send()).await?;
            for result in answer.evaluation_results() {
                let decided = simulation::decisions(result, question)
                    .map_err(|detail| unexpected(OPERATION, answer.request_id(), &detail))?;
                decisions.extend(decided);
            }
            marker = next_page(OPERATION, answer.request_id(), answer.is_truncated(), answer.marker())?;
            if marker.is_none() {
                return Ok(decisions);
            }
        }
    }
}

/// The marker of the page after this one; none after the last. A list that says it goes on but not where
/// would lose what comes after, so that is an error.
fn next_page(
    operation: &'static str,
    request_id: Option<&str>,
    truncated: bool,
    marker: Option<&str>,
) -> Result<Option<String>, Error> {
    match (truncated, marker) {
        (false, _) => Ok(None),
        (true, Some(marker)) if !marker.is_empty() => Ok(Some(marker.to_owned())),
        (true, _) => Err(unexpected(operation, request_id, "the answer breaks off without a marker")),
    }
}

fn parse_arn(operation: &'static str, request_id: Option<&str>, text: &str) -> Result<Arn, Error> {
    text.parse()
        .map_err(|_| unexpected(operation, request_id, &format!("{text:?} in the answer is not an ARN")))
}

/// IAM sends policy documents URL-encoded; some simulators don't.
fn decode_policy(document: &str) -> Option<String> {
    if document.trim_start().starts_with('{') {
        return Some(document.to_owned());
    }
    percent_decode_str(document).decode_utf8().ok().map(Into::into)
}
