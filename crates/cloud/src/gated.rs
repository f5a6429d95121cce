//! Sessions whose calls pass a gate first: one that makes them wait, or one that lets them fail.

mod ec2;

use std::sync::Arc;

use async_trait::async_trait;
use berth_domain::{
    access::AccessKey,
    breadth::PolicyText,
    permissions::Grantee,
    values::{AccessKeyId, Arn, AwsAccountId, RoleName, UserName},
};

use crate::{
    Answer, Decision, Error, ErrorKind, IssuedKey, KeyStatus, KeyUse, RegionState, Role, Session,
    Simulation, ec2::Ec2, policies_operation, trial::DryRun,
};

/// What every call passes.
#[async_trait]
pub(crate) trait Gate: Send + Sync {
    /// Lets a call of `operation`, such as `iam:GetRole`, through, or fails it.
    async fn pass(&self, operation: &'static str) -> Result<Fate, Error>;

    /// Told that AWS has answered a call, before anybody reads the answer.
    fn answered(&self, _operation: &'static str) {}
}

/// What becomes of the answer to a call that was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives.
    Arrives,
    /// It never does: what was asked is done, and looks as if AWS could not be reached.
    IsLost,
}

/// Makes a call that passes the gate.
pub(crate) async fn through<T>(
    gate: &impl Gate,
    operation: &'static str,
    call: impl Future<Output = Result<T, Error>> + Send,
) -> Result<T, Error> {
    let fate = gate.pass(operation).await?;
    let answer = call.await;
    gate.answered(operation);
    match fate {
        Fate::Arrives => answer,
        Fate::IsLost => {
            answer?;
            let detail = "the answer was lost".into();
            Err(Error { operation, kind: ErrorKind::Unreachable, request_id: None, detail })
        }
    }
}

/// A session, or its calls to EC2, behind a gate.
pub(crate) struct Gated<G, S: ?Sized = dyn Session> {
    pub(crate) inner: Arc<S>,
    pub(crate) gate: G,
}

#[async_trait]
impl<G: Gate + Clone + 'static> Session for Gated<G> {
    async fn caller_arn(&self) -> Result<Answer<Arn>, Error> {
        through(&self.gate, "sts:GetCallerIdentity", self.inner.caller_arn()).await
    }

    async fn role(&self, name: &RoleName) -> Result<Answer<Role>, Error> {
        through(&self.gate, "iam:GetRole", self.inner.role(name)).await
    }

    async fn instance_profiles_of_role(&self, name: &RoleName) -> Result<Answer<Vec<String>>, Error> {
        through(&self.gate, "iam:ListInstanceProfilesForRole", self.inner.instance_profiles_of_role(name))
            .await
    }

    async fn login_profile(&self, user: &UserName) -> Result<Answer<()>, Error> {
        through(&self.gate, "iam:GetLoginProfile", self.inner.login_profile(user)).await
    }

    async fn account_aliases(&self) -> Result<Answer<Vec<String>>, Error> {
        through(&self.gate, "iam:ListAccountAliases", self.inner.account_aliases()).await
    }

    async fn access_keys(&self, user: &UserName) -> Result<Answer<Vec<IssuedKey>>, Error> {
        through(&self.gate, "iam:ListAccessKeys", self.inner.access_keys(user)).await
    }

    async fn access_key_last_used(&self, id: &AccessKeyId) -> Result<Answer<Option<KeyUse>>, Error> {
        through(&self.gate, "iam:GetAccessKeyLastUsed", self.inner.access_key_last_used(id)).await
    }

    async fn create_access_key(&self, user: &UserName) -> Result<Answer<AccessKey>, Error> {
        through(&self.gate, "iam:CreateAccessKey", self.inner.create_access_key(user)).await
    }

    async fn set_access_key_status(
        &self,
        user: &UserName,
        id: &AccessKeyId,
        status: KeyStatus,
    ) -> Result<Answer<()>, Error> {
        let call = self.inner.set_access_key_status(user, id, status);
        through(&self.gate, "iam:UpdateAccessKey", call).await
    }

    async fn delete_access_key(&self, user: &UserName, id: &AccessKeyId) -> Result<Answer<()>, Error> {
        through(&self.gate, "iam:DeleteAccessKey", self.inner.delete_access_key(user, id)).await
    }

    async fn policies(&self, of: &Grantee) -> Result<Answer<Vec<PolicyText>>, Error> {
        through(&self.gate, policies_operation(of), self.inner.policies(of)).await
    }

    async fn region_state(&self) -> Result<Answer<RegionState>, Error> {
        through(&self.gate, "ec2:DescribeRegions", self.inner.region_state()).await
    }

    async fn dry_run(&self, call: DryRun, tag: (&str, &str)) -> Result<Option<Answer<()>>, Error> {
        through(&self.gate, call.action(), self.inner.dry_run(call, tag)).await
    }

    async fn simulate(&self, question: &Simulation) -> Result<Answer<Vec<Decision>>, Error> {
        through(&self.gate, "iam:SimulatePrincipalPolicy", self.inner.simulate(question)).await
    }

    fn ec2(&self, account: &AwsAccountId, region: &str) -> Arc<dyn Ec2> {
        Arc::new(Gated { inner: self.inner.ec2(account, region), gate: self.gate.clone() })
    }
}
