//! Puts the parts together, and refuses with a clear text what doesn't belong together.

use anyhow::Context;
use berth_control::operator::Operator;
use berth_store::Store;
use berth_vault::Vault;
use secrecy::ExposeSecret;

use crate::{config::Config, environment};

/// Why the database cannot be worked with. What to do is part of the sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotReady {
    /// Its tables are missing or old.
    #[error(
        "the database is not set up for this version of Berth ({0} migrations to apply): run `berth init` for \
         a new installation, `berth migrate` after an upgrade"
    )]
    NotMigrated(usize),
    /// There is nobody in it.
    #[error("the database is empty: run `berth init` to create the first account")]
    Empty,
}

/// The database, migrated or not.
pub(crate) async fn store(config: &Config) -> anyhow::Result<Store> {
    Ok(Store::connect(config.database_url.expose_secret()).await?)
}

/// The database; refused when it is not migrated.
pub(crate) async fn migrated_store(config: &Config) -> anyhow::Result<Store> {
    let store = store(config).await?;
    match store.pending_migrations().await?.len() {
        0 => Ok(store),
        pending => Err(NotReady::NotMigrated(pending).into()),
    }
}

/// The master keys; refused when they are not the database's.
pub(crate) async fn vault(config: &Config, store: &Store) -> anyhow::Result<Vault> {
    let check = store.key_check().await?.ok_or(NotReady::Empty)?;
    let vault = Vault::open(&config.master_key_file)?;
    vault.verify_check(&check)?;
    Ok(vault)
}

/// The master keys; made where neither the database nor the file has any.
pub(crate) async fn vault_or_new(config: &Config, store: &Store) -> anyhow::Result<Vault> {
    if store.key_check().await?.is_some() {
        return vault(config, store).await;
    }
    let vault = Vault::create(&config.master_key_file)?;
    store.set_key_check(&vault.make_check()?).await.context("the master key could not be recorded")?;
    Ok(vault)
}

/// What the operator's commands work with.
pub(crate) async fn operator(config: &Config) -> anyhow::Result<Operator> {
    let store = migrated_store(config).await?;
    let vault = vault(config, &store).await?;
    Ok(Operator::new(store, vault, environment::real()))
}
