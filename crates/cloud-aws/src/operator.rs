//! The operator's own AWS credentials: found as the SDK finds them, used to assume roles and for nothing else.

use async_trait::async_trait;
use aws_config::{Region, default_provider::credentials::DefaultCredentialsChain};
use aws_sdk_sts::{
    config::{Credentials, IdentityCache, SharedCredentialsProvider, SharedIdentityCache},
    operation::RequestId,
};
use berth_cloud::{Answer, AssumeRole, Error, ErrorKind, Operator, TemporaryCredentials};
use berth_domain::{access::AccessKey, secret::Secret};
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::{
    call::{ASSUME_ROLE, call, read},
    errors::unexpected,
};

/// Where the operator's credentials come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// Wherever the SDK finds them.
    Environment,
    /// Given.
    Key(AccessKey),
    /// Nowhere: there are none.
    None,
}

/// Assumes roles with the operator's own credentials.
#[derive(Debug)]
pub(crate) struct AwsOperator {
    sts: aws_sdk_sts::Client,
    region: Region,
    source: Source,
    /// Looked for when first needed: most Berths never assume a role.
    provider: OnceCell<SharedCredentialsProvider>,
    /// Keeps the credentials found, and renews those that end.
    cache: SharedIdentityCache,
}

impl AwsOperator {
    pub(crate) fn new(sts: aws_sdk_sts::Client, region: Region, source: Source) -> Self {
        let cache = IdentityCache::lazy().build();
        Self { sts, region, source, provider: OnceCell::new(), cache }
    }

    async fn provider(&self) -> Result<SharedCredentialsProvider, Error> {
        let found = self.provider.get_or_try_init(|| async {
            match &self.source {
                Source::Environment => {
                    let chain = DefaultCredentialsChain::builder().region(self.region.clone());
                    Ok(SharedCredentialsProvider::new(chain.build().await))
                }
                Source::Key(key) => Ok(SharedCredentialsProvider::new(credentials(key))),
                Source::None => Err(Error {
                    operation: ASSUME_ROLE,
                    kind: ErrorKind::OperatorCredentials,
                    request_id: None,
                    detail: "the operator has no AWS credentials".into(),
                }),
            }
        });
        found.await.cloned()
    }
}

#[async_trait]
impl Operator for AwsOperator {
    async fn assume_role(&self, request: &AssumeRole) -> Result<Answer<TemporaryCredentials>, Error> {
        let config = aws_sdk_sts::config::Builder::new()
            .credentials_provider(self.provider().await?)
            .identity_cache(self.cache.clone());
        let seconds = i32::try_from(request.duration.as_secs()).unwrap_or(i32::MAX);
        let factor = request.second_factor.as_ref();
        let asked = self
            .sts
            .assume_role()
            .role_arn(request.role.as_str())
            .role_session_name(request.name.as_str())
            .duration_seconds(seconds)
            .set_external_id(request.external_id.as_ref().map(ToString::to_string))
            .set_serial_number(factor.map(|factor| factor.device.clone()))
            .set_token_code(factor.map(|factor| factor.code.expose().to_owned()));
        let answer = call(ASSUME_ROLE, asked.customize().config_override(config).send())
            .await
            .map_err(blame_operator)?;
        let lacks = |what| unexpected(ASSUME_ROLE, answer.request_id(), what);
        let given = answer.credentials().ok_or_else(|| lacks("the answer holds no credentials"))?;
        let expires_at = Timestamp::from_second(given.expiration().secs())
            .map_err(|_| lacks("the answer holds no time that can be"))?;
        let credentials = TemporaryCredentials {
            access_key_id: given.access_key_id().to_owned(),
            secret_access_key: Secret::new(given.secret_access_key().to_owned()),
            session_token: Secret::new(given.session_token().to_owned()),
            expires_at,
        };
        Ok(read(ASSUME_ROLE, &answer, credentials))
    }
}

/// What AWS says here of credentials, it says of the operator's.
fn blame_operator(error: Error) -> Error {
    match error.kind {
        ErrorKind::InvalidKey | ErrorKind::WrongSecret | ErrorKind::Expired => {
            Error { kind: ErrorKind::OperatorCredentials, ..error }
        }
        _ => error,
    }
}

/// An access key as the SDK takes it.
pub(crate) fn credentials(key: &AccessKey) -> Credentials {
    let secret = key.secret.secret().expose();
    Credentials::new(key.id.as_str(), secret, None, None, "berth access key")
}
