//! Puts the parts together, and refuses with a clear text what doesn't belong together.

use std::{sync::Arc, time::Duration};

use berth_cloud::ec2::ImageChoice;
use berth_cloud_aws::{AwsCloud, Federation};
use berth_control::{
    Control, deployments, master_key,
    operator::Operator,
    support::Support,
    verify::{Settings, Verifier},
    webhooks::{SystemResolver, Webhooks},
};
use berth_domain::webhook::Destinations;
use berth_store::Store;
use berth_vault::Vault;
use jiff::SignedDuration;
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

/// Everything that Berth does.
pub(crate) async fn control(config: &Config) -> anyhow::Result<Control> {
    let store = migrated_store(config).await?;
    let vault = vault(config, &store).await?;
    let webhooks = webhooks(config, store.clone(), vault.clone());
    let support = support(config, store.clone()).await?;
    let verifier = verifier(config).await?;
    let control = Control::new(store, vault, verifier, environment::real(), webhooks, support);
    Ok(control.provisioning(provisioning(config)))
}

/// Technical support access; with AWS as the environment says it is to be reached.
pub(crate) async fn support(config: &Config, store: Store) -> Result<Support, crate::config::Error> {
    let operator = config.operator()?.clone();
    let issuer = config.public_url.as_ref().map_or("https://berth.invalid", |url| &url.0);
    let sign_in = Federation::new(config.console_federation_url.0.clone(), issuer.to_owned());
    let device = config.operator_mfa_serial.clone();
    let cloud = Arc::new(AwsCloud::from_env().await);
    Ok(Support::new(store, environment::real(), cloud, Arc::new(sign_in), operator, device))
}

/// The endpoints that are told of events.
pub(crate) fn webhooks(config: &Config, store: Store, vault: Vault) -> Webhooks {
    let destinations = Destinations::new(config.webhook_allowed_networks.0.clone());
    Webhooks::new(store, vault, environment::real(), destinations, SystemResolver)
}

fn provisioning(config: &Config) -> deployments::Settings {
    let image = match config.node_image.starts_with("ami-") {
        true => ImageChoice::Id(config.node_image.as_str().into()),
        false => ImageChoice::Parameter(config.node_image.clone()),
    };
    deployments::Settings {
        image,
        settling: SignedDuration::from_secs(config.aws_settling_seconds.get().into()),
        drift_every: SignedDuration::from_secs(config.drift_interval_seconds.get().into()),
        read_every: config.monitoring_interval_seconds.0,
        ..deployments::Settings::default()
    }
}

/// What verifies; with AWS as the environment says it is to be reached.
pub(crate) async fn verifier(config: &Config) -> Result<Verifier, crate::config::Error> {
    let operator_account = config.operator()?.clone();
    let cloud = AwsCloud::from_env().await;
    let settings = Settings {
        operator_account,
        profile: config.permission_profile.0,
        region: cloud.region().to_owned(),
        interval: Duration::from_secs(config.health_interval_seconds.get().into()),
    };
    Ok(Verifier::new(Arc::new(cloud), settings, environment::real()))
}
