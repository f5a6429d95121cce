//! The operator's own AWS credentials: found as the SDK finds them, used to assume roles and for nothing else.

use async_trait::async_trait;
use aws_config::{SdkConfig, default_provider::credentials::DefaultCredentialsChain};
use aws_sdk_sts::{
    Client,
    config::{Builder, Credentials, IdentityCache, SharedCredentialsProvider},
    operation::RequestId,
};
use berth_cloud::{Answer, AssumeRole, Error, ErrorKind, Operator, TemporaryCredentials};
use berth_domain::{access::AccessKey, secret::Secret};
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::{
    call::{call, read},
    errors::unexpected,
};

const ASSUME_ROLE: &str = "sts:AssumeRole";

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
    config: SdkConfig,
    source: Source,
    /// Made when first needed: most Berths never assume a role. Keeps the credentials found, and renews those that end.
    sts: OnceCell<Client>,
}

impl AwsOperator {
    pub(crate) fn new(config: SdkConfig, source: Source) -> Self {
        Self { config, source, sts: OnceCell::new() }
    }

    async fn sts(&self) -> Result<&Client, Error> {
        let made = self.sts.get_or_try_init(|| async {
            let credentials = match &self.source {
                Source::Environment => {
                    let chain = DefaultCredentialsChain::builder().region(self.config.region().cloned());
                    SharedCredentialsProvider::new(chain.build().await)
                }
                Source::Key(key) => SharedCredentialsProvider::new(credentials(key)),
                Source::None => {
                    let (kind, detail) =
                        (ErrorKind::OperatorCredentials, "the operator has no AWS credentials".into());
                    return Err(Error { operation: ASSUME_ROLE, kind, request_id: None, detail });
                }
            };
            let config = Builder::from(&self.config)
                .credentials_provider(credentials)
                .identity_cache(IdentityCache::lazy().build());
            Ok(Client::from_conf(config.build()))
        });
        made.await
    }
}

#[async_trait]
impl Operator for AwsOperator {
    async fn assume_role(&self, request: &AssumeRole) -> Result<Answer<TemporaryCredentials>, Error> {
        let seconds = i32::try_from(request.duration.as_secs()).unwrap_or(i32::MAX);
        let factor = request.second_factor.as_ref();
        let asked = self
            .sts()
            .await?
            .assume_role()
            .role_arn(request.role.as_str())
            .role_session_name(request.name.as_str())
            .duration_seconds(seconds)
            .set_external_id(request.external_id.as_ref().map(ToString::to_string))
            .set_serial_number(factor.map(|factor| factor.device.clone()))
            .set_token_code(factor.map(|factor| factor.code.expose().to_owned()));
        let answer = call(ASSUME_ROLE, asked.send()).await.map_err(blame_operator)?;
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
