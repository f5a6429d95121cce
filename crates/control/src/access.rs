//! Who may come in: API keys, and the hashes that are kept of secrets.

use argon2::{Argon2, PasswordHasher};
use aws_lc_rs::{constant_time, digest};
use berth_domain::{account::Principal, secret::Secret};
use ipnet::IpNet;

use crate::{Control, Error};

/// What a valid pair of API keys opens.
#[derive(Clone, Debug)]
pub struct Access {
    /// Who is asking.
    pub principal: Principal,
    /// From where the key may be used; empty means from anywhere.
    pub allowed_sources: Vec<IpNet>,
}

impl Control {
    /// Finds out who holds a pair of API keys; `None` when the pair is wrong, revoked or its user disabled.
    pub async fn authenticate(&self, account_key: &str, secret_key: &str) -> Result<Option<Access>, Error> {
        let hash = hash_secret_key(secret_key);
        let Some(holder) = self.0.store.key_holder(&hash).await? else { return Ok(None) };
        let same_secret = constant_time::verify_slices_are_equal(&holder.secret_hash, &hash).is_ok();
        let same_account =
            constant_time::verify_slices_are_equal(holder.account_key.as_bytes(), account_key.as_bytes())
                .is_ok();
        Ok((same_secret && same_account)
            .then_some(Access { principal: holder.principal, allowed_sources: holder.allowed_sources }))
    }
}

/// What is kept of an API key's secret. A plain hash is enough: the secret has over 250 random bits, so
/// nobody can guess it from the hash.
pub(crate) fn hash_secret_key(secret_key: &str) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, secret_key.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// What is kept of a password (argon2id): people choose passwords, so the hash must be slow.
pub(crate) fn hash_password(password: &Secret, salt: &[u8; 16]) -> Result<String, Error> {
    let hash = Argon2::default()
        .hash_password_with_salt(password.expose().as_bytes(), salt)
        .map_err(|error| Error::Internal(error.to_string().into()))?;
    Ok(hash.to_string())
}
