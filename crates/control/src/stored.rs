//! A registered cloud account with its secrets opened: what a session is opened with, and what a change is
//! made to.

use berth_domain::{
    access::{Access, AccessId, AccessKey},
    cloud_account::{Candidate, CloudAccount, ConsoleAccess, ConsoleUser},
    ids::{AccountId, CloudAccountId},
    secret::Secret,
    values::{ConsolePassword, SecretAccessKey, SignInUrl},
};
use berth_store::SealedSecrets;
use berth_vault::{Location, Vault};

use crate::{Control, Error, cloud_accounts::not_found, request};

impl Control {
    /// A registered cloud account as it is stored, and as the candidate that it once was: ready to be verified
    /// again, its `access` ready for a session. Not found where this account has no such cloud account.
    pub async fn stored_cloud_account(
        &self,
        account: AccountId,
        id: CloudAccountId,
    ) -> Result<(CloudAccount, Candidate), Error> {
        let (current, secrets) = tokio::try_join!(
            self.0.store.cloud_account(account, id),
            self.0.store.cloud_account_secrets(account, id)
        )?;
        let (current, secrets) = current.zip(secrets).ok_or_else(|| not_found(id))?;
        let candidate = open(&self.0.vault, &current, &secrets)?;
        Ok((current, candidate))
    }
}

/// A cloud account with its secrets opened.
pub(crate) fn open(
    vault: &Vault,
    account: &CloudAccount,
    secrets: &SealedSecrets,
) -> Result<Candidate, Error> {
    let corrupt = |error| Error::Internal(Box::new(error));
    let access = match (&account.access, &secrets.secret_key) {
        (AccessId::Key(id), Some(sealed)) => {
            let secret = open_text(vault, &request::secret_key_of(account.id), sealed)?;
            let secret = SecretAccessKey::parse(secret).map_err(corrupt)?;
            Access::Key(AccessKey { id: id.clone(), secret })
        }
        (AccessId::Role(role), None) => Access::Role(role.clone()),
        _ => return Err(Error::Internal("a cloud account with half an access".into())),
    };
    let password = match &secrets.console_password {
        Some(sealed) => {
            let password = open_text(vault, &request::console_password_of(account.id), sealed)?;
            Some(ConsolePassword::parse(password).map_err(corrupt)?)
        }
        None => None,
    };
    let user = account.console_username.clone().zip(password);
    let user = user.map(|(name, password)| ConsoleUser { name, password });
    // A URL that Berth made up for the account follows the account; one the customer gave stays.
    let made_up = SignInUrl::of_account(&account.aws_account_id);
    Ok(Candidate {
        name: account.name.clone(),
        access,
        console: ConsoleAccess::new(account.console_role.clone(), user)
            .ok_or_else(|| Error::Internal("a cloud account without console access".into()))?,
        sign_in_url: (account.sign_in_url != made_up).then(|| account.sign_in_url.clone()),
    })
}

pub(crate) fn open_text(vault: &Vault, location: &Location, sealed: &[u8]) -> Result<Secret, Error> {
    let plain = vault.unseal(location, sealed)?;
    let text =
        std::str::from_utf8(&plain).map_err(|_| Error::Internal("a sealed text is not UTF-8".into()))?;
    Ok(Secret::new(text.to_owned()))
}

/// Seals a candidate's secrets for the row it is, or will be, in.
pub(crate) fn seal_secrets(
    vault: &Vault,
    id: CloudAccountId,
    candidate: &Candidate,
) -> Result<SealedSecrets, Error> {
    let seal = |location, secret: &Secret| vault.seal(&location, secret.expose().as_bytes());
    let key = candidate.access.key().map(|key| seal(request::secret_key_of(id), key.secret.secret()));
    let console_password =
        candidate.console.user().map(|user| seal(request::console_password_of(id), user.password.secret()));
    Ok(SealedSecrets { secret_key: key.transpose()?, console_password: console_password.transpose()? })
}
