//! What a task needs to do its work, as it is kept inside the task: the whole form, sealed as one.

use std::borrow::Cow;

use berth_domain::{
    cloud_account::Form,
    ids::{CloudAccountId, RotationId, TaskId},
    secret::Secret,
};
use berth_vault::{Location, Vault};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::Error;

/// Where a task's sealed request is.
pub(crate) fn request_of(task: TaskId) -> Location {
    Location::new("task", task, "request")
}

/// Where the secret of a cloud account's access key is.
pub(crate) fn secret_key_of(cloud_account: CloudAccountId) -> Location {
    Location::new("cloud_account", cloud_account, "secret_key")
}

/// Where the password of a cloud account's console user is.
pub(crate) fn console_password_of(cloud_account: CloudAccountId) -> Location {
    Location::new("cloud_account", cloud_account, "console_password")
}

/// Where the secret of the key that a rotation made is, until the cloud account has it.
pub(crate) fn rotation_secret_of(rotation: RotationId) -> Location {
    Location::new("rotation", rotation, "new_secret")
}

/// A [`Form`] that can be sealed: the only place where secrets are serialised.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    name: Option<Cow<'a, str>>,
    access_mode: Option<Cow<'a, str>>,
    access_key_id: Option<Cow<'a, str>>,
    access_secret_key: Option<Cow<'a, str>>,
    role_arn: Option<Cow<'a, str>>,
    external_id: Option<Cow<'a, str>>,
    console_role_name: Option<Cow<'a, str>>,
    console_username: Option<Cow<'a, str>>,
    console_password: Option<Cow<'a, str>>,
    sign_in_login_url: Option<Cow<'a, str>>,
}

/// Seals a form for a task.
pub(crate) fn seal(vault: &Vault, task: TaskId, form: &Form) -> Result<Vec<u8>, Error> {
    let text = |text: &'_ Option<String>| text.clone().map(Cow::Owned);
    let stored = Stored {
        name: text(&form.name),
        access_mode: text(&form.access_mode),
        access_key_id: text(&form.access_key_id),
        access_secret_key: form.access_secret_key.as_ref().map(|secret| secret.expose().into()),
        role_arn: text(&form.role_arn),
        external_id: text(&form.external_id),
        console_role_name: text(&form.console_role_name),
        console_username: text(&form.console_username),
        console_password: form.console_password.as_ref().map(|secret| secret.expose().into()),
        sign_in_login_url: text(&form.sign_in_login_url),
    };
    let json = Zeroizing::new(serde_json::to_vec(&stored).map_err(unforeseen)?);
    Ok(vault.seal(&request_of(task), &json)?)
}

/// Opens the form a task was queued with.
pub(crate) fn open(vault: &Vault, task: TaskId, sealed: &[u8]) -> Result<Form, Error> {
    let json = vault.unseal(&request_of(task), sealed)?;
    let stored: Stored<'_> = serde_json::from_slice(&json).map_err(unforeseen)?;
    let text = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    let secret = |secret: Option<Cow<'_, str>>| secret.map(|secret| Secret::new(secret.into_owned()));
    Ok(Form {
        name: text(stored.name),
        provider: None,
        access_mode: text(stored.access_mode),
        access_key_id: text(stored.access_key_id),
        access_secret_key: secret(stored.access_secret_key),
        role_arn: text(stored.role_arn),
        external_id: text(stored.external_id),
        console_role_name: text(stored.console_role_name),
        console_username: text(stored.console_username),
        console_password: secret(stored.console_password),
        sign_in_login_url: text(stored.sign_in_login_url),
    })
}

/// Seals for a task what it needs to do its work, where that is no form of a cloud account.
pub(crate) fn seal_order(vault: &Vault, task: TaskId, order: &impl Serialize) -> Result<Vec<u8>, Error> {
    let json = serde_json::to_vec(order).map_err(unforeseen)?;
    Ok(vault.seal(&request_of(task), &json)?)
}

/// Opens what [`seal_order`] sealed.
pub(crate) fn open_order<T: DeserializeOwned>(
    vault: &Vault,
    task: TaskId,
    sealed: &[u8],
) -> Result<T, Error> {
    let json = vault.unseal(&request_of(task), sealed)?;
    serde_json::from_slice(&json).map_err(unforeseen)
}

fn unforeseen(error: serde_json::Error) -> Error {
    // serde_json's messages may quote the input.
    Error::Internal(format!("a task's request could not be read back ({:?})", error.classify()).into())
}
