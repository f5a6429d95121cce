//! How the SDK's clients are made: each has its session's credentials, all send over one HTTP client.

use aws_config::SdkConfig;
use aws_sdk_iam::config::{
    FrameworkMetadata, HttpClient, IdentityCache, Region, RuntimeComponents, SharedCredentialsProvider,
    SharedHttpClient, retry::RetryPartition,
};
use aws_smithy_http_client::{Builder, ConnectorBuilder, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{HttpConnectorSettings, SharedHttpConnector},
};
use berth_cloud::SessionOptions;
use berth_domain::access::AccessKey;

use crate::{guard::Guard, operator::credentials, roles::AssumedRole};

/// What a session's clients have in common.
#[derive(Clone)]
pub(crate) struct ClientConfig {
    /// With the session's credentials and the region.
    pub(crate) sdk: SdkConfig,
    pub(crate) guard: Guard,
    /// The role they are of, if they are a role's.
    pub(crate) role: Option<AssumedRole>,
    /// The SDK's budget of retries is per region; one customer whose AWS account is being throttled must not use up the
    /// others'.
    pub(crate) retries: RetryPartition,
}

impl ClientConfig {
    /// Signs with an access key.
    pub(crate) fn of_key(sdk: &SdkConfig, key: &AccessKey, options: SessionOptions) -> Self {
        Self::new(sdk, SharedCredentialsProvider::new(credentials(key)), None, options)
    }

    /// Signs as a role, which the first call assumes.
    pub(crate) fn of_role(sdk: &SdkConfig, role: AssumedRole, options: SessionOptions) -> Self {
        Self::new(sdk, SharedCredentialsProvider::new(role.clone()), Some(role), options)
    }

    fn new(
        sdk: &SdkConfig,
        credentials: SharedCredentialsProvider,
        role: Option<AssumedRole>,
        options: SessionOptions,
    ) -> Self {
        let mark = options.operation.map(|id| {
            FrameworkMetadata::new("berth", Some(id.to_string())).expect("a UUID holds nothing else")
        });
        let mut sdk = sdk
            .to_builder()
            .credentials_provider(credentials)
            // Every attempt asks for them: a key is at hand, and a role's are kept and renewed by `roles`.
            .identity_cache(IdentityCache::no_cache());
        sdk.set_framework_metadata(mark);
        let retries = RetryPartition::custom("berth session").build();
        Self { sdk: sdk.build(), guard: Guard::new(options.permit), role, retries }
    }

    /// The same in another region.
    pub(crate) fn in_region(&self, region: &str) -> Self {
        let sdk = self.sdk.to_builder().region(Region::new(region.to_owned())).build();
        Self { sdk, ..self.clone() }
    }
}

/// A client of one service, such as `client!(config, aws_sdk_iam)`. A macro, because each service's crate has a builder
/// of its own and no trait that they share.
macro_rules! client {
    ($config:expr, $sdk:ident) => {{
        let config: &$crate::clients::ClientConfig = &$config;
        let mut builder = $sdk::config::Builder::from(&config.sdk)
            .retry_partition(config.retries.clone())
            .interceptor(config.guard.clone());
        if let Some(role) = &config.role {
            builder = builder.interceptor(role.clone()).retry_classifier(role.clone());
        }
        $sdk::Client::from_conf(builder.build())
    }};
}

/// The connections, shared by all clients.
///
/// The SDK has a client's maker load certificates, and throws them away again; this leaves it to the first connection.
#[derive(Clone, Debug)]
pub(crate) struct Connections(SharedHttpClient);

impl Connections {
    /// As the SDK's own: TLS by rustls with the system's certificates, a proxy if the environment names one.
    pub(crate) fn new() -> Self {
        Self(Builder::new().build_with_connector_fn(|settings, components| {
            let mut connector = ConnectorBuilder::default()
                .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
                .proxy_config(ProxyConfig::from_env());
            connector.set_connector_settings(settings.cloned());
            connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            connector.build()
        }))
    }

    /// Those of another client.
    pub(crate) fn of(client: SharedHttpClient) -> Self {
        Self(client)
    }
}

impl HttpClient for Connections {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}
