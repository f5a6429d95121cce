//! Who may come in: API keys, and the hashes that are kept of secrets.

use std::sync::Arc;

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use aws_lc_rs::{constant_time, digest};
use berth_domain::{account::Principal, secret::Secret};
use berth_store::KeyHolder;
use ipnet::IpNet;
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::{Control, Error};

/// How long a use of an API key may go unrecorded: not every request is worth a write.
const GRANULARITY: SignedDuration = SignedDuration::from_secs(60);

/// A hash as [`hash_password`] makes them, of no password anybody knows.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                       AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What a valid pair of API keys opens.
#[derive(Clone, Debug)]
pub struct Access {
    /// Who is asking.
    pub principal: Principal,
    /// From where the key may be used; empty means from anywhere.
    pub allowed_sources: Vec<IpNet>,
}

impl Control {
    /// Finds out who holds a pair of API keys; `None` when the pair is wrong, or was half a second ago revoked or
    /// its user disabled.
    pub async fn authenticate(&self, account_key: &str, secret_key: &str) -> Result<Option<Access>, Error> {
        let hash = hash_secret_key(secret_key);
        let now = Instant::now();
        let recent = self.0.recent_keys.get(&hash, now);
        let is_recent = recent.is_some();
        let holder = match recent {
            Some(holder) => holder,
            None => match self.0.store.key_holder(&hash).await? {
                Some(holder) => Arc::new(holder),
                None => return Ok(None),
            },
        };
        let same_secret = constant_time::verify_slices_are_equal(&holder.secret_hash, &hash).is_ok();
        let same_account =
            constant_time::verify_slices_are_equal(holder.account_key.as_bytes(), account_key.as_bytes())
                .is_ok();
        if !(same_secret && same_account) {
            return Ok(None);
        }
        if !is_recent {
            self.note_use(&holder);
            self.0.recent_keys.put(holder.clone(), now);
        }
        Ok(Some(Access {
            principal: holder.principal.clone(),
            allowed_sources: holder.allowed_sources.clone(),
        }))
    }

    /// Records the use of a key, unless that was done lately, without keeping its request waiting.
    fn note_use(&self, holder: &KeyHolder) {
        let (id, now) = (holder.key_id, self.0.environment.now());
        if holder.key_last_used_at.is_some_and(|last| now.duration_since(last) < GRANULARITY) {
            return;
        }
        let store = self.0.store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.touch_api_key(id, now).await {
                tracing::warn!(%error, "the use of an API key could not be recorded");
            }
        });
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

/// Whether a password is the one that was hashed. Without a hash, which is how it is for an email that nobody
/// has, it is not, and finding out takes as long.
pub(crate) fn verify_password(password: &Secret, hash: Option<&str>) -> bool {
    // Of a password nobody knows, with the parameters of `hash_password`; a test keeps them the same.
    let known = hash.is_some();
    let parsed = PasswordHash::new(hash.unwrap_or(NOBODYS));
    let matches = parsed
        .is_ok_and(|hash| Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok());
    known && matches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_matches_and_no_hash_matches_nothing() {
        let secret = |text: &str| Secret::new(text.to_owned());
        let hash = hash_password(&secret("correct horse"), &[7; 16]).unwrap();

        assert!(verify_password(&secret("correct horse"), Some(&hash)));
        assert!(!verify_password(&secret("wrong horse"), Some(&hash)));
        assert!(!verify_password(&secret("correct horse"), None));
        assert!(!verify_password(&secret("correct horse"), Some("not a hash")));
    }

    #[test]
    fn nobodys_hash_takes_as_long_as_anybodys() {
        let parameters = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        let hash = hash_password(&Secret::new("x".to_owned()), &[0; 16]).unwrap();

        assert_eq!(parameters(NOBODYS), parameters(&hash));
        assert_eq!(NOBODYS.len(), hash.len());
    }
}
