//! Roles that are assumed: their credentials, in memory only, renewed before they end.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use aws_credential_types::provider::{error::CredentialsError, future};
use aws_sdk_sts::config::{
    Credentials, ProvideCredentials,
    interceptors::InterceptorContext,
    retry::{ClassifyRetry, RetryAction},
};
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

/// One call as a role. It is tried again, once, with new credentials when AWS says that those it was made with are
/// over: the clocks differ, or somebody ended the session early.
#[derive(Clone, Debug)]
pub(crate) struct CallAsRole(Arc<Call>);

#[derive(Debug)]
struct Call {
    role: AssumedRole,
    /// How often the call was tried so far.
    attempts: AtomicU32,
    /// The attempt after which the credentials were renewed; 0 for none.
    renewed_after: AtomicU32,
}

impl CallAsRole {
    pub(crate) fn new(role: AssumedRole) -> Self {
        Self(Arc::new(Call { role, attempts: AtomicU32::new(0), renewed_after: AtomicU32::new(0) }))
    }
}

impl ProvideCredentials for CallAsRole {
    /// Asked for by every attempt.
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.0.attempts.fetch_add(1, Ordering::Relaxed);
        let AssumedRole { roles, key } = &self.0.role;
        future::ProvideCredentials::new(async {
            roles.credentials(key).await.map_err(CredentialsError::provider_error)
        })
    }
}

impl ClassifyRetry for CallAsRole {
    /// The SDK asks more than once about one attempt.
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        if !over(context) {
            return RetryAction::NoActionIndicated;
        }
        let Call { role, attempts, renewed_after } = &*self.0;
        let attempt = attempts.load(Ordering::Relaxed);
        match renewed_after.compare_exchange(0, attempt, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => {
                role.roles.forget(&role.key);
                RetryAction::client_error()
            }
            Err(renewed_after) if renewed_after == attempt => RetryAction::client_error(),
            Err(_) => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "renew an assumed role's credentials once"
    }
}

/// Whether AWS refused the credentials because they are over. Each operation has an error type of its own, so
/// this looks for the error codes in the answer itself: STS's and IAM's, and EC2's.
fn over(context: &InterceptorContext) -> bool {
    let Some(answer) = context.response().filter(|answer| answer.status().is_client_error()) else {
        return false;
    };
    let text = String::from_utf8_lossy(answer.body().bytes().unwrap_or_default());
    ["ExpiredToken", "RequestExpired"].iter().any(|code| text.contains(code))
}
