//! The master key: does it open this database, and sealing everything anew with another one.

use std::collections::BTreeSet;

use berth_store::{SealedLocation, Store};
use berth_vault::{Location, Vault};

use crate::{Error, deployments, request, webhooks};

/// How many sealed values are read at once while sealing anew.
const BATCH: u64 = 200;

/// Why the master key and the database do not go together.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The database could not be asked.
    #[error(transparent)]
    Store(#[from] berth_store::Error),
    /// The key does not open it.
    #[error(transparent)]
    Vault(#[from] berth_vault::Error),
    /// The database was never given a key.
    #[error("the database has no master key yet; run `berth init`")]
    NoKey,
}

/// Whether the master key is the one the database was sealed with.
pub async fn check(store: &Store, vault: &Vault) -> Result<(), CheckError> {
    let sealed = store.key_check().await?.ok_or(CheckError::NoKey)?;
    Ok(vault.verify_check(&sealed)?)
}

/// Binds a database that has no master key yet to this one; checks it where there is one.
pub async fn adopt(store: &Store, vault: &Vault) -> Result<(), CheckError> {
    match check(store, vault).await {
        Err(CheckError::NoKey) => Ok(store.set_key_check(&vault.make_check()?).await?),
        checked => checked,
    }
}

/// What a rotation of the master key did.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// The new key's id.
    pub active: String,
    /// How many sealed values were sealed anew.
    pub resealed: u64,
}

/// Adds a new master key and seals everything with it, while servers run. Old keys stay in the file for
/// backups made before.
pub async fn rotate(store: &Store, vault: &Vault) -> Result<Rotation, Error> {
    check(store, vault).await.map_err(|error| match error {
        CheckError::Store(error) => error.into(),
        error => Error::Internal(Box::new(error)),
    })?;
    let active = vault.add_key()?;
    let mut resealed = 0;
    // A server may have sealed with the old key while this went on: walk until nothing is left to do.
    loop {
        let done = reseal_once(store, vault).await?;
        resealed += done;
        if done == 0 {
            break;
        }
    }
    store.set_key_check(&vault.make_check()?).await?;
    Ok(Rotation { active, resealed })
}

/// Removes from the file every master key that nothing in the database is sealed with, and returns their ids,
/// oldest first. Backups of the database made while they were in use can't be opened any more, unless a copy of
/// the file was kept with them.
pub async fn prune(store: &Store, vault: &Vault) -> Result<Vec<String>, Error> {
    let mut used = BTreeSet::from([vault.active_key_id()?]);
    let check = store.key_check().await?;
    used.extend(check.as_deref().and_then(Vault::key_id_of).map(str::to_owned));
    let mut after = None;
    loop {
        let batch = store.sealed_values(after, BATCH).await?;
        let Some(last) = batch.last() else { break };
        after = Some(last.location);
        used.extend(batch.iter().filter_map(|value| Vault::key_id_of(&value.sealed)).map(str::to_owned));
    }
    Ok(vault.prune(&used)?)
}

async fn reseal_once(store: &Store, vault: &Vault) -> Result<u64, Error> {
    let mut resealed = 0;
    let mut after = None;
    loop {
        let batch = store.sealed_values(after, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(resealed) };
        after = Some(last.location);
        for value in batch {
            let Some(sealed) = vault.rewrap(&location(value.location), &value.sealed)? else { continue };
            // A row that changed or went meanwhile is seen by the next walk.
            if store.replace_sealed(value.location, &value.sealed, &sealed).await? {
                resealed += 1;
            }
        }
    }
}

fn location(of: SealedLocation) -> Location {
    match of {
        SealedLocation::TaskRequest(id) => request::request_of(id),
        SealedLocation::SecretKey(id) => request::secret_key_of(id),
        SealedLocation::ConsolePassword(id) => request::console_password_of(id),
        SealedLocation::WebhookSecret(id) => webhooks::secret_of(id),
        SealedLocation::RotationSecret(id) => request::rotation_secret_of(id),
        SealedLocation::DeploymentKey(id) => deployments::private_key_of(id),
    }
}
