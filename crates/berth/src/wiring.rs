//! Puts the parts together, and refuses with a clear text what doesn't belong together.

use std::sync::Arc;

use berth_cloud_aws::AwsCloud;
use berth_control::{
    master_key,
    operator::Operator,
    verify::{Settings, Verifier},
};
use berth_store::Store;
use berth_vault::Vault;
use secrecy::ExposeSecret;

use crate::{config::Config, environment};

/// The database is not what this program can work with.
#[derive(Debug, thiserror::Error)]
#[error(
    "the database is not set up for this version of Berth ({pending} migrations to apply): run `berth init` \
     for a new installation, `berth migrate` after an upgrade"
)]
pub(crate) struct NotMigrated {
    pending: usize,
}

/// The database, migrated or not.
pub(crate) async fn store(config: &Config) -> Result<Store, berth_store::Error> {
    Store::connect(config.database_url.expose_secret()).await
}

/// The database; refused when it is not migrated.
pub(crate) async fn migrated_store(config: &Config) -> anyhow::Result<Store> {
    let store = store(config).await?;
    match store.pending_migrations().await?.len() {
        0 => Ok(store),
        pending => Err(NotMigrated { pending }.into()),
    }
}

/// The master keys; refused when they are not the database's.
pub(crate) async fn vault(config: &Config, store: &Store) -> anyhow::Result<Vault> {
    let vault = Vault::open(&config.master_key_file)?;
    master_key::check(store, &vault).await?;
    Ok(vault)
}

/// The master keys; made, and bound to the database, where neither it nor the file has any.
pub(crate) async fn vault_or_new(config: &Config, store: &Store) -> anyhow::Result<Vault> {
    // A new key would not open what a lost one has sealed, so none is made for a database that has one.
    let vault = match store.key_check().await? {
        Some(_) => Vault::open(&config.master_key_file)?,
        None => Vault::create(&config.master_key_file)?,
    };
    master_key::adopt(store, &vault).await?;
    Ok(vault)
}

/// What the operator's commands work with.
pub(crate) async fn operator(config: &Config) -> anyhow::Result<Operator> {
    Ok(Operator::new(migrated_store(config).await?, environment::real()))
}

/// What verifies; with AWS as the environment says it is to be reached.
pub(crate) async fn verifier(config: &Config) -> Result<Verifier, crate::config::Error> {
    let operator_account = config.operator()?.clone();
    let cloud = AwsCloud::from_env().await;
    let settings = Settings {
        operator_account,
        profile: config.permission_profile.0,
        region: cloud.region().to_owned(),
    };
    Ok(Verifier::new(Arc::new(cloud), settings, environment::real()))
}
