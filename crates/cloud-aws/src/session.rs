//! One user's or role's calls to AWS.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use async_trait::async_trait;
use aws_sdk_ec2::config::Region;
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
    call::{call, pages, read},
    clients::ClientConfig,
    ec2::{AwsEc2, Paces},
    errors::unexpected,
    keys, policies, simulation,
    trial::{self, OnlyAws},
};

/// AWS's longest page, in items.
pub(crate) const MAX_ITEMS: i32 = 1000;

/// Signs with one access key, or as one assumed role. Each client is made once, when it is first used.
pub(crate) struct AwsSession {
    config: ClientConfig,
    paces: Paces,
    sts: OnceLock<aws_sdk_sts::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    trying: OnceLock<aws_sdk_ec2::Client>,
    regions: Mutex<HashMap<(AwsAccountId, String), Arc<AwsEc2>>>,
}

impl AwsSession {
    /// With clients as `config` makes them, in the region that verification looks at.
    pub(crate) fn new(config: ClientConfig, paces: Paces) -> Self {
        Self {
            config,
            paces,
            sts: OnceLock::new(),
            iam: OnceLock::new(),
            ec2: OnceLock::new(),
            trying: OnceLock::new(),
            regions: Mutex::default(),
        }
    }

    fn region(&self) -> &str {
        self.config.sdk.region().map(Region::as_ref).unwrap_or_default()
    }

    fn sts(&self) -> &aws_sdk_sts::Client {
        self.sts.get_or_init(|| client!(self.config, aws_sdk_sts))
    }

    pub(crate) fn iam(&self) -> &aws_sdk_iam::Client {
        self.iam.get_or_init(|| client!(self.config, aws_sdk_iam))
    }

    fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.ec2.get_or_init(|| client!(self.config, aws_sdk_ec2))
    }

    /// For dry runs.
    pub(crate) fn trying(&self) -> &aws_sdk_ec2::Client {
        self.trying.get_or_init(|| {
            let config = self.ec2().config().to_builder().interceptor(OnlyAws);
            aws_sdk_ec2::Client::from_conf(config.build())
        })
    }
}

#[async_trait]
impl Session for AwsSession {
    async fn caller_arn(&self) -> Result<Answer<Arn>, Error> {
        const OPERATION: &str = "sts:GetCallerIdentity";
        let answer = call(OPERATION, self.sts().get_caller_identity().send()).await?;
        let arn = parse_arn(OPERATION, answer.request_id(), answer.arn().unwrap_or_default())?;
        Ok(read(OPERATION, &answer, arn))
    }

    async fn role(&self, name: &RoleName) -> Result<Answer<Role>, Error> {
        const OPERATION: &str = "iam:GetRole";
        let answer = call(OPERATION, self.iam().get_role().role_name(name.as_str()).send()).await?;
        let request_id = answer.request_id();
        let role =
            answer.role().ok_or_else(|| unexpected(OPERATION, request_id, "the answer holds no role"))?;
        let role = Role {
            arn: parse_arn(OPERATION, request_id, role.arn())?,
            trust_policy: decode_policy(role.assume_role_policy_document().unwrap_or_default())
                .ok_or_else(|| unexpected(OPERATION, request_id, "the trust policy is not text"))?,
        };
        Ok(read(OPERATION, &answer, role))
    }

    async fn instance_profiles_of_role(&self, name: &RoleName) -> Result<Answer<Vec<String>>, Error> {
        let request = self.iam().list_instance_profiles_for_role().role_name(name.as_str());
        let found = request.into_paginator().page_size(MAX_ITEMS).send();
        let found = pages("iam:ListInstanceProfilesForRole", None, found, |page| {
            (page.instance_profiles, page.is_truncated)
        })
        .await?;
        Ok(found.map(|all| all.into_iter().map(|profile| profile.instance_profile_name).collect()))
    }

    async fn login_profile(&self, user: &UserName) -> Result<Answer<()>, Error> {
        const OPERATION: &str = "iam:GetLoginProfile";
        let request = self.iam().get_login_profile().user_name(user.as_str());
        Ok(read(OPERATION, &call(OPERATION, request.send()).await?, ()))
    }

    async fn account_aliases(&self) -> Result<Answer<Vec<String>>, Error> {
        let found = self.iam().list_account_aliases().into_paginator().page_size(MAX_ITEMS).send();
        pages("iam:ListAccountAliases", None, found, |page| (page.account_aliases, page.is_truncated)).await
    }

    async fn access_keys(&self, user: &UserName) -> Result<Answer<Vec<IssuedKey>>, Error> {
        const OPERATION: &str = "iam:ListAccessKeys";
        let request = self.iam().list_access_keys().user_name(user.as_str());
        let found = request.into_paginator().page_size(MAX_ITEMS).send();
        let Answer { value, operation, request_id } =
            pages(OPERATION, None, found, |page| (page.access_key_metadata, page.is_truncated)).await?;
        let value: Result<_, _> = value.iter().map(keys::issued).collect();
        let value =
            value.map_err(|detail: String| unexpected(OPERATION, request_id.as_deref(), &detail))?;
        Ok(Answer { value, operation, request_id })
    }

    async fn access_key_last_used(&self, id: &AccessKeyId) -> Result<Answer<Option<KeyUse>>, Error> {
        const OPERATION: &str = "iam:GetAccessKeyLastUsed";
        let request = self.iam().get_access_key_last_used().access_key_id(id.as_str());
        let answer = call(OPERATION, request.send()).await?;
        let last = keys::last_use(answer.access_key_last_used())
            .map_err(|detail| unexpected(OPERATION, answer.request_id(), &detail))?;
        Ok(read(OPERATION, &answer, last))
    }

    async fn create_access_key(&self, user: &UserName) -> Result<Answer<AccessKey>, Error> {
        const OPERATION: &str = "iam:CreateAccessKey";
        let request = self.iam().create_access_key().user_name(user.as_str());
        // A repetition after an answer that was lost would make another key.
        let config = aws_sdk_iam::config::Builder::new().retry_config(RetryConfig::disabled());
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
        const OPERATION: &str = "iam:UpdateAccessKey";
        let status = match status {
            KeyStatus::Active => StatusType::Active,
            KeyStatus::Inactive => StatusType::Inactive,
        };
        let request = self.iam().update_access_key().user_name(user.as_str());
        let request = request.access_key_id(id.as_str()).status(status);
        Ok(read(OPERATION, &call(OPERATION, request.send()).await?, ()))
    }

    async fn delete_access_key(&self, user: &UserName, id: &AccessKeyId) -> Result<Answer<()>, Error> {
        const OPERATION: &str = "iam:DeleteAccessKey";
        let request = self.iam().delete_access_key().user_name(user.as_str()).access_key_id(id.as_str());
        Ok(read(OPERATION, &call(OPERATION, request.send()).await?, ()))
    }

    async fn policies(&self, of: &Grantee) -> Result<Answer<Vec<PolicyText>>, Error> {
        policies::of(self, of).await
    }

    async fn region_state(&self) -> Result<Answer<RegionState>, Error> {
        const OPERATION: &str = "ec2:DescribeRegions";
        // Those that are switched off are told only when all are asked for.
        let request = self.ec2().describe_regions().region_names(self.region()).all_regions(true);
        let answer = call(OPERATION, request.send()).await?;
        let named = answer.regions().iter().find(|region| region.region_name() == Some(self.region()));
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
        const OPERATION: &str = "iam:SimulatePrincipalPolicy";
        let found = simulation::ask(self.iam(), question).into_paginator().page_size(MAX_ITEMS).send();
        let Answer { value, operation, request_id } = pages(OPERATION, None, found, |page| {
            (page.evaluation_results.unwrap_or_default(), page.is_truncated)
        })
        .await?;
        let mut decisions = Vec::new();
        for result in value {
            let decided = simulation::decisions(&result, question)
                .map_err(|detail| unexpected(OPERATION, request_id.as_deref(), &detail))?;
            decisions.extend(decided);
        }
        Ok(Answer { value: decisions, operation, request_id })
    }

    fn ec2(&self, account: &AwsAccountId, region: &str) -> Arc<dyn Ec2> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let made = regions.entry((account.clone(), region.to_owned())).or_insert_with(|| {
            let pace = self.paces.of(account, region);
            Arc::new(AwsEc2::new(self.config.in_region(region), pace))
        });
        made.clone()
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
