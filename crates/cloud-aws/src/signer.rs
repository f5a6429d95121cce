//! How a session's calls are signed, whichever client makes them.

use aws_sdk_iam::config::{SharedCredentialsProvider, retry::RetryPartition};
use berth_domain::access::AccessKey;

use crate::{operator::credentials, roles::AssumedRole};

/// Signs with one access key, or as one assumed role.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) with: With,
    /// The SDK's budget of retries is per region; one customer whose AWS account is being throttled must
    /// not use up the others'.
    pub(crate) retries: RetryPartition,
}

#[derive(Clone)]
pub(crate) enum With {
    Key(SharedCredentialsProvider),
    Role(AssumedRole),
}

impl Signer {
    /// With an access key.
    pub(crate) fn of_key(key: &AccessKey) -> Self {
        Self::new(With::Key(SharedCredentialsProvider::new(credentials(key))))
    }

    /// As a role, which the first call assumes.
    pub(crate) fn of_role(role: AssumedRole) -> Self {
        Self::new(With::Role(role))
    }

    fn new(with: With) -> Self {
        Self { with, retries: RetryPartition::custom("berth session").build() }
    }
}

/// The configuration of one call, such as `signed!(signer, aws_sdk_iam)`: each client has a type of its own for it.
macro_rules! signed {
    ($signer:expr, $sdk:ident) => {{
        let config = $sdk::config::Builder::new()
            .identity_cache(aws_sdk_iam::config::IdentityCache::no_cache())
            .retry_partition($signer.retries.clone());
        match &$signer.with {
            $crate::signer::With::Key(credentials) => config.credentials_provider(credentials.clone()),
            $crate::signer::With::Role(role) => {
                let call = $crate::roles::CallAsRole::new(role.clone());
                config.credentials_provider(call.clone()).retry_classifier(call)
            }
        }
    }};
}
