//! The key pairs of deployments: made here, the private half sealed before anything else happens to it.

use berth_domain::ids::DeploymentId;
use berth_vault::{Location, ssh::SshKeyPair};
use zeroize::Zeroizing;

use crate::{Control, Error};

/// A new key pair.
pub(super) struct NewKeyPair {
    /// The public half, for AWS.
    pub(super) public: String,
    /// The private half, sealed for its deployment.
    pub(super) sealed_private: Vec<u8>,
}

/// Where the private half of a deployment's key pair is.
pub(crate) fn private_key_of(deployment: DeploymentId) -> Location {
    Location::new("deployment", deployment, "private_key")
}

/// Makes a key pair for a deployment.
pub(super) fn make(control: &Control, deployment: DeploymentId) -> Result<NewKeyPair, Error> {
    let mut seed = Zeroizing::new([0; 32]);
    control.0.environment.random.fill(&mut seed[..]);
    let pair = SshKeyPair::from_seed(&seed);
    let sealed_private = control.0.vault.seal(&private_key_of(deployment), pair.private.as_bytes())?;
    Ok(NewKeyPair { public: pair.public, sealed_private })
}
