//! One user's or role's calls to AWS.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_iam::{config::retry::RetryConfig, operation::RequestId, types::StatusType};
use berth_cloud::{
    Answer, Decision, Error, IssuedKey, KeyStatus, KeyUse, RegionState, Role, Session, Simulation,
    ec2::Ec2, trial::DryRun,
};
use berth_domain::{
    access::AccessKey,
    breadth::PolicyText,
    permissions::Grantee,
    values::{AccessKeyId, Arn, AwsAccountId, RoleName, UserName},
};
use percent_encoding::percent_decode_str;

use crate::{
    Clients,
    call::{self, call, read},
    ec2::AwsEc2,
    errors::unexpected,
    keys, policies,
    roles::AssumedRole,
    signer::Signer,
    simulation, trial,
};

/// AWS's longest page, in items.
pub(crate) const MAX_ITEMS: i32 = 1000;

/// Signs with one access key, or as one assumed role, over connections shared with every other session.
///
/// The SDK ties credentials to a client, and making a client loads certificates and opens a pool. So all
/// sessions use the same clients, and hand in their credentials with each call.
pub(crate) struct AwsSession {
    pub(crate) clients: Clients,
    region: String,
    signer: Signer,
}

impl AwsSession {
    /// Signs with an access key. `region` is the one that verification looks at.
    pub(crate) fn of_key(clients: Clients, region: String, key: &AccessKey) -> Self {
        Self { clients, region, signer: Signer::of_key(key) }
    }

    /// Signs as a role, which the first call assumes.
    pub(crate) fn of_role(clients: Clients, region: String, role: AssumedRole) -> Self {
        Self { clients, region, signer: Signer::of_role(role) }
    }

    fn sts_config(&self) -> aws_sdk_sts::config::Builder {
        signed!(self.signer, aws_sdk_sts)
    }

    pub(crate) fn iam_config(&self) -> aws_sdk_iam::config::Builder {
        signed!(self.signer, aws_sdk_iam)
    }

    pub(crate) fn ec2_config(&self) -> aws_sdk_ec2::config::Builder {
        signed!(self.signer, aws_sdk_ec2)
    }
}

#[async_trait]
impl Session for AwsSession {
    async fn caller_arn(&self) -> Result<Answer<Arn>, Error> {
        let request = self.clients.sts.get_caller_identity().customize().config_override(self.sts_config());
        let answer = call(call::GET_CALLER_IDENTITY, request.send()).await?;
        let arn =
            parse_arn(call::GET_CALLER_IDENTITY, answer.request_id(), answer.arn().unwrap_or_default())?;
        Ok(read(call::GET_CALLER_IDENTITY, &answer, arn))
    }

    async fn role(&self, name: &RoleName) -> Result<Answer<Role>, Error> {
        let request = self.clients.iam.get_role().role_name(name.as_str());
        let request = request.customize().config_override(self.iam_config());
        let answer = call(call::GET_ROLE, request.send()).await?;
        let request_id = answer.request_id();
        let role = answer
            .role()
            .ok_or_else(|| unexpected(call::GET_ROLE, request_id, "the answer holds no role"))?;
        let role = Role {
            arn: parse_arn(call::GET_ROLE, request_id, role.arn())?,
            trust_policy: decode_policy(role.assume_role_policy_document().unwrap_or_default())
                .ok_or_else(|| unexpected(call::GET_ROLE, request_id, "the trust policy is not text"))?,
        };
        Ok(read(call::GET_ROLE, &answer, role))
    }

    async fn instance_profiles_of_role(&self, name: &RoleName) -> Result<Answer<Vec<String>>, Error> {
        const OPERATION: &str = call::LIST_INSTANCE_PROFILES_FOR_ROLE;
        let mut profiles = Vec::new();
        let mut marker = None;
        loop {
            let request = self.clients.iam.list_instance_profiles_for_role().role_name(name.as_str());
            let request = request.max_items(MAX_ITEMS).set_marker(marker);
            let request = request.customize().config_override(self.iam_config());
            let answer = call(OPERATION, request.send()).await?;
            profiles
                .extend(answer.instance_profiles().iter().map(|p| p.instance_profile_name().to_owned()));
            marker = next_page(OPERATION, answer.request_id(), answer.is_truncated(), answer.marker())?;
            if marker.is_none() {
                return Ok(read(OPERATION, &answer, profiles));
            }
        }
    }

    async fn login_profile(&self, user: &UserName) -> Result<Answer<()>, Error> {
        let request = self.clients.iam.get_login_profile().user_name(user.as_str());
        let request = request.customize().config_override(self.iam_config());
        let answer = call(call::GET_LOGIN_PROFILE, request.send()).await?;
        Ok(read(call::GET_LOGIN_PROFILE, &answer, ()))
    }

    async fn account_aliases(&self) -> Result<Answer<Vec<String>>, Error> {
        const OPERATION: &str = call::LIST_ACCOUNT_ALIASES;
        let mut aliases = Vec::new();
        let mut marker = None;
        loop {
            let request = self.clients.iam.list_account_aliases().max_items(MAX_ITEMS).set_marker(marker);
            let request = request.customize().config_override(self.iam_config());
            let answer = call(OPERATION, request.send()).await?;
            aliases.extend_from_slice(answer.account_aliases());
            marker = next_page(OPERATION, answer.request_id(), answer.is_truncated(), answer.marker())?;
            if marker.is_none() {
                return Ok(read(OPERATION, &answer, aliases));
            }
        }
    }

    async fn access_keys(&self, user: &UserName) -> Result<Answer<Vec<IssuedKey>>, Error> {
        const OPERATION: &str = call::LIST_ACCESS_KEYS;
        let mut found = Vec::new();
        let mut marker = None;
        loop {
            let request = self.clients.iam.list_access_keys().user_name(user.as_str());
            let request = request.max_items(MAX_ITEMS).set_marker(marker);
            let request = request.customize().config_override(self.iam_config());
            let answer = call(OPERATION, request.send()).await?;
            for key in answer.access_key_metadata() {
                let key = keys::issued(key)
                    .map_err(|detail| unexpected(OPERATION, answer.request_id(), &detail))?;
                found.push(key);
            }
            marker = next_page(OPERATION, answer.request_id(), answer.is_truncated(), answer.marker())?;
            if marker.is_none() {
                return Ok(read(OPERATION, &answer, found));
            }
        }
    }

    async fn access_key_last_used(&self, id: &AccessKeyId) -> Result<Answer<Option<KeyUse>>, Error> {
        const OPERATION: &str = call::GET_ACCESS_KEY_LAST_USED;
        let request = self.clients.iam.get_access_key_last_used().access_key_id(id.as_str());
        let request = request.customize().config_override(self.iam_config());
        let answer = call(OPERATION, request.send()).await?;
        let last = keys::last_use(answer.access_key_last_used())
            .map_err(|detail| unexpected(OPERATION, answer.request_id(), &detail))?;
        Ok(read(OPERATION, &answer, last))
    }

    async fn create_access_key(&self, user: &UserName) -> Result<Answer<AccessKey>, Error> {
        const OPERATION: &str = call::CREATE_ACCESS_KEY;
        let request = self.clients.iam.create_access_key().user_name(user.as_str());
        // A repetition after an answer that was lost would make another key.
        let config = self.iam_config().retry_config(RetryConfig::disabled());
        let answer = call(OPERATION, request.customize().config_override(config).send()).await?;
        let key = keys::created(answer.access_key())
            .map_err(|detail| unexpected(OPERATION, answer.request_id(), detail))?;
        Ok(read(OPERATION, &answer, key))
    }

    async fn set_access_key_status(
        &self,
        user: &UserName,
        id: &AccessKeyId,
        status: KeyStatus,
    ) -> Result<Answer<()>, Error> {
        let status = match status {
            KeyStatus::Active => StatusType::Active,
            KeyStatus::Inactive => StatusType::Inactive,
        };
        let request = self.clients.iam.update_access_key().user_name(user.as_str());
        let request = request.access_key_id(id.as_str()).status(status);
        let request = request.customize().config_override(self.iam_config());
        let answer = call(call::UPDATE_ACCESS_KEY, request.send()).await?;
        Ok(read(call::UPDATE_ACCESS_KEY, &answer, ()))
    }

    async fn delete_access_key(&self, user: &UserName, id: &AccessKeyId) -> Result<Answer<()>, Error> {
        let request = self.clients.iam.delete_access_key().user_name(user.as_str());
        let request = request.access_key_id(id.as_str()).customize().config_override(self.iam_config());
        let answer = call(call::DELETE_ACCESS_KEY, request.send()).await?;
        Ok(read(call::DELETE_ACCESS_KEY, &answer, ()))
    }

    async fn policies(&self, of: &Grantee) -> Result<Answer<Vec<PolicyText>>, Error> {
        policies::of(self, of).await
    }

    async fn region_state(&self) -> Result<Answer<RegionState>, Error> {
        const OPERATION: &str = call::DESCRIBE_REGIONS;
        // Those that are switched off are told only when all are asked for.
        let request = self.clients.ec2.describe_regions().region_names(&self.region).all_regions(true);
        let answer = call(OPERATION, request.customize().config_override(self.ec2_config()).send()).await?;
        let named = answer.regions().iter().find(|region| region.region_name() == Some(&self.region));
        let state = match named.map(|region| region.opt_in_status()) {
            None => RegionState::Missing,
            Some(Some("not-opted-in")) => RegionState::Off,
            Some(_) => RegionState::On,
        };
        Ok(read(OPERATION, &answer, state))
    }

    async fn dry_run(&self, call: DryRun, tag: (&str, &str)) -> Result<Option<Answer<()>>, Error> {
        trial::run(self, call, tag).await
    }

    async fn simulate(&self, question: &Simulation) -> Result<Answer<Vec<Decision>>, Error> {
        const OPERATION: &str = call::SIMULATE_PRINCIPAL_POLICY;
        let mut decisions = Vec::new();
        let mut marker = None;
        loop {
            let request =
                simulation::ask(&self.clients.iam, question).max_items(MAX_ITEMS).set_marker(marker);
            let request = request.customize().config_override(self.iam_config());
            let answer = call(OPERATION, request.send()).await?;
            for result in answer.evaluation_results() {
                let decided = simulation::decisions(result, question)
                    .map_err(|detail| unexpected(OPERATION, answer.request_id(), &detail))?;
                decisions.extend(decided);
            }
            marker = next_page(OPERATION, answer.request_id(), answer.is_truncated(), answer.marker())?;
            if marker.is_none() {
                return Ok(read(OPERATION, &answer, decisions));
            }
        }
    }

    fn ec2(&self, account: &AwsAccountId, region: &str) -> Arc<dyn Ec2> {
        Arc::new(AwsEc2::new(&self.clients.regions, account, region, self.signer.clone()))
    }
}

/// The marker of the page after this one; none after the last. A list that says it goes on but not where
/// would lose what comes after, so that is an error.
pub(crate) fn next_page(
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
pub(crate) fn decode_policy(document: &str) -> Option<String> {
    if document.trim_start().starts_with('{') {
        return Some(document.to_owned());
    }
    percent_decode_str(document).decode_utf8().ok().map(Into::into)
}
