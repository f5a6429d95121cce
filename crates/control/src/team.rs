//! What an Owner manages for its own account: users and API keys.

use berth_domain::{
    access::AccessMode,
    account::{Account, ApiKey, ApiKeyName, Principal, Role, User},
    iam::PolicyDocument,
    iam_kit::{self, Kit, Way},
    ids::{ApiKeyId, UserId},
    secret::Secret,
    task::ErrorType,
    values::{DisplayName, Email},
};
use ipnet::IpNet;

use crate::{
    Control, Error,
    operator::{NewKeys, Operator},
};

impl Control {
    fn team(&self, by: &Principal) -> Operator {
        Operator::on_behalf_of(self.0.store.clone(), self.0.environment.clone(), by)
    }

    /// What a customer of this Berth creates in its AWS account.
    pub fn iam_kit(&self, way: Way) -> Kit {
        let settings = self.0.verifier.settings();
        Kit { operator: settings.operator_account.clone(), profile: settings.profile, way }
    }

    /// The policy of the user or the role by which this Berth gets in.
    pub fn iam_policy(&self, mode: AccessMode) -> PolicyDocument {
        iam_kit::policy(self.0.verifier.settings().profile, mode)
    }

    /// Adds a user; returns it with its generated password, shown once.
    pub async fn create_user(
        &self,
        by: &Principal,
        email: Email,
        name: DisplayName,
        role: Role,
    ) -> Result<(User, Secret), Error> {
        self.team(by).create_user(by.account_id, email, name, role).await
    }

    /// Disables a user: its sessions and API keys end at once, in other processes within a second. Nobody can disable themselves, so that an
    /// account always has an Owner.
    pub async fn disable_user(&self, by: &Principal, id: UserId) -> Result<User, Error> {
        if id == by.user_id {
            return Err(Error::rejected(
                ErrorType::Forbidden,
                "You cannot disable yourself; another Owner of the account can.",
            ));
        }
        let user = self.view_user(by, id).await?;
        let user = self.team(by).disable_user(by.account_id, &user.email).await?;
        self.0.recent_keys.forget();
        Ok(user)
    }

    /// The account, its API keys by id, revoked ones included, and its users.
    pub async fn list_api_keys(&self, by: &Principal) -> Result<(Account, Vec<ApiKey>, Vec<User>), Error> {
        let store = &self.0.store;
        let (account, keys, users) = tokio::try_join!(
            store.account(by.account_id),
            store.api_keys(by.account_id),
            store.users(by.account_id)
        )?;
        let account = account.ok_or_else(|| Error::Internal("a caller has no account".into()))?;
        Ok((account, keys, users))
    }

    /// Adds an API key for a user of the account; its secret is shown once.
    pub async fn create_api_key(
        &self,
        by: &Principal,
        user: UserId,
        name: ApiKeyName,
        allowed_sources: Vec<IpNet>,
    ) -> Result<(NewKeys, User), Error> {
        let user = self.view_user(by, user).await?;
        let keys = self.team(by).create_api_key(by.account_id, &user.email, name, allowed_sources).await?;
        Ok((keys, user))
    }

    /// Revokes an API key: at once, in other processes within a second.
    pub async fn revoke_api_key(&self, by: &Principal, id: ApiKeyId) -> Result<(ApiKey, User), Error> {
        let key = self.team(by).revoke_api_key(by.account_id, id).await?;
        self.0.recent_keys.forget();
        let user = self.view_user(by, key.user_id).await?;
        Ok((key, user))
    }
}
