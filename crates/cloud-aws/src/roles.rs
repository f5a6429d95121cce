//! Roles that are assumed: their credentials, in memory only, renewed before they end.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_credential_types::provider::{error::CredentialsError, future};
use aws_sdk_sts::{
    config::{
        ConfigBag, Credentials, Intercept, ProvideCredentials, RuntimeComponents,
        http::HttpResponse,
        interceptors::{FinalizerInterceptorContextMut, InterceptorContext},
        retry::{ClassifyRetry, RetryAction},
    },
    error::BoxError,
};
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use berth_cloud::{AssumeRole, Error, Operator};
use berth_domain::access::{SessionName, TrustingRole};
use tokio::{sync::Mutex as AsyncMutex, time::Instant};

use crate::operator::AwsOperator;

/// How long the credentials of a role work: what every role allows.
const DURATION: Duration = Duration::from_secs(3600);

/// How long before their end credentials are renewed: no call that begins with them outlives them.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// How often credentials that are over are thrown away.
const SWEEP: Duration = Duration::from_secs(60);

/// The sessions there are. Each is the answer to one AssumeRole, under one name in CloudTrail.
pub(crate) struct Roles {
    operator: Arc<AwsOperator>,
    sessions: Mutex<Sessions>,
}

/// By role and name: another purpose is another session.
type Key = (TrustingRole, SessionName);

struct Sessions {
    slots: HashMap<Key, Slot>,
    swept_at: Instant,
}

/// Locked while its role is being assumed, so that this happens once for all who wait for it.
type Slot = Arc<AsyncMutex<Option<Live>>>;

struct Live {
    credentials: Credentials,
    good_until: Instant,
}

impl Roles {
    pub(crate) fn new(operator: Arc<AwsOperator>) -> Self {
        let sessions = Sessions { slots: HashMap::new(), swept_at: Instant::now() };
        Self { operator, sessions: Mutex::new(sessions) }
    }

    async fn credentials(&self, key: &Key) -> Result<Credentials, Error> {
        let slot = self.slot(key);
        let mut held = slot.lock().await;
        let begun = Instant::now();
        if let Some(live) = held.as_ref().filter(|live| begun < live.good_until) {
            return Ok(live.credentials.clone());
        }
        let (role, name) = key;
        let request = AssumeRole {
            role: role.arn.arn(),
            name: name.clone(),
            external_id: Some(role.external_id.clone()),
            second_factor: None,
            duration: DURATION,
        };
        let given = self.operator.assume_role(&request).await?.value;
        let credentials = Credentials::new(
            given.access_key_id,
            given.secret_access_key.expose(),
            Some(given.session_token.expose().to_owned()),
            None,
            "berth assumed role",
        );
        *held = Some(Live { credentials: credentials.clone(), good_until: begun + (DURATION - MARGIN) });
        Ok(credentials)
    }

    fn slot(&self, key: &Key) -> Slot {
        let mut sessions = self.sessions.lock().expect("no panics under this lock");
        let now = Instant::now();
        if sessions.swept_at + SWEEP <= now {
            sessions.swept_at = now;
            sessions.slots.retain(|_, slot| {
                slot.try_lock().map_or(true, |held| held.as_ref().is_some_and(|live| now < live.good_until))
            });
        }
        sessions.slots.entry(key.clone()).or_default().clone()
    }

    fn forget(&self, key: &Key) {
        self.sessions.lock().expect("no panics under this lock").slots.remove(key);
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roles").finish_non_exhaustive()
    }
}

/// A role, assumed under one name whenever somebody needs its credentials.
#[derive(Clone, Debug)]
pub(crate) struct AssumedRole {
    roles: Arc<Roles>,
    key: Key,
}

impl AssumedRole {
    pub(crate) fn new(roles: Arc<Roles>, role: TrustingRole, name: SessionName) -> Self {
        Self { roles, key: (role, name) }
    }
}

impl ProvideCredentials for AssumedRole {
    /// Asked for by every attempt.
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.roles.credentials(&self.key).await.map_err(CredentialsError::provider_error)
        })
    }
}

/// Stands with a call, and on the answer to it, that made its role be assumed anew. A call is tried again, once, with new
/// credentials when AWS says that those it was made with are over: the clocks differ, or somebody ended the session early.
#[derive(Clone, Debug)]
struct Renewed;

impl Storable for Renewed {
    type Storer = StoreReplace<Self>;
}

impl Intercept for AssumedRole {
    fn name(&self) -> &'static str {
        "AssumedRole"
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if config.load::<Renewed>().is_none()
            && let Some(answer) = context.response_mut().filter(|answer| over(answer))
        {
            self.roles.forget(&self.key);
            answer.add_extension(Renewed);
            config.interceptor_state().store_put(Renewed);
        }
        Ok(())
    }
}

impl ClassifyRetry for AssumedRole {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().and_then(|answer| answer.extension::<Renewed>()) {
            Some(Renewed) => RetryAction::client_error(),
            None => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "renew an assumed role's credentials once"
    }
}

/// Whether AWS refused the credentials because they are over. Each operation has an error type of its own, so
/// this looks for the error codes in the answer itself: STS's and IAM's, and EC2's.
fn over(answer: &HttpResponse) -> bool {
    let text = String::from_utf8_lossy(answer.body().bytes().unwrap_or_default());
    answer.status().is_client_error()
        && ["ExpiredToken", "RequestExpired"].iter().any(|code| text.contains(code))
}
