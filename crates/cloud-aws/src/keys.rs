//! What IAM tells about access keys, in the port's words.

use aws_sdk_iam::{
    primitives::DateTime,
    types::{AccessKey as Created, AccessKeyLastUsed, AccessKeyMetadata, StatusType},
};
use berth_cloud::{IssuedKey, KeyStatus, KeyUse};
use berth_domain::{access::AccessKey, secret::Secret, values::SecretAccessKey};
use jiff::Timestamp;

/// A key of a list; what is wrong with it where it is none.
pub(crate) fn issued(key: &AccessKeyMetadata) -> Result<IssuedKey, String> {
    let id = key.access_key_id().unwrap_or_default();
    Ok(IssuedKey {
        id: id.parse().map_err(|_| format!("{id:?} is not an access key id"))?,
        status: match key.status() {
            Some(StatusType::Active) => KeyStatus::Active,
            // Also AWS's newer "Expired": neither signs anything.
            _ => KeyStatus::Inactive,
        },
        created_at: time(key.create_date()).ok_or("an access key without a date")?,
    })
}

/// The last use; none where the key was never used, or not since AWS began to remember.
pub(crate) fn last_use(told: Option<&AccessKeyLastUsed>) -> Result<Option<KeyUse>, String> {
    let Some(told) = told.filter(|told| told.last_used_date().is_some()) else { return Ok(None) };
    Ok(Some(KeyUse {
        at: time(told.last_used_date()).ok_or("a date out of range")?,
        service: told.service_name().to_owned(),
        region: told.region().to_owned(),
    }))
}

/// A key that was just created, with its secret; what is wrong with it where it is none, without the secret.
pub(crate) fn created(key: Option<&Created>) -> Result<AccessKey, &'static str> {
    let key = key.ok_or("the answer holds no key")?;
    let secret = Secret::new(key.secret_access_key().to_owned());
    Ok(AccessKey {
        id: key.access_key_id().parse().map_err(|_| "the new key's id is none")?,
        secret: SecretAccessKey::parse(secret).map_err(|_| "the new key's secret is none")?,
    })
}

fn time(told: Option<&DateTime>) -> Option<Timestamp> {
    let told = told?;
    Timestamp::new(told.secs(), told.subsec_nanos().try_into().ok()?).ok()
}
