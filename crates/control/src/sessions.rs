//! Sessions of the console: signing in, who is behind a token, and ending.

use std::time::Duration;

use aws_lc_rs::constant_time;
use berth_domain::{
    account::{Account, Actor, AuditEvent, Principal, Session, User, Via},
    ids::SessionId,
    secret::Secret,
    subscription::Subscription,
    task::ErrorType,
    values::Email,
};
use berth_store::{Error as StoreError, InForce, NewSession};
use jiff::{SignedDuration, Timestamp};

use crate::{
    Control, Error,
    access::{hash_secret_key, verify_password},
};

/// What the audit log calls these resources.
const RESOURCE: &str = "Session";
/// Letters and digits of a token: over 256 bits.
const TOKEN_LENGTH: usize = 44;
/// How much is kept of what a browser calls itself.
const LONGEST_USER_AGENT: usize = 256;

/// How long sessions last.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// A session that is not used for this long ends.
    pub idle: Duration,
    /// A session ends after this long however much it is used.
    pub lifetime: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle: Duration::from_secs(30 * 60), lifetime: Duration::from_secs(12 * 3600) }
    }
}

impl SessionLimits {
    fn in_force(self, now: Timestamp) -> InForce {
        InForce { now, used_since: now.checked_sub(self.idle).unwrap_or(Timestamp::MIN) }
    }

    /// When a session ends if it is not used any more.
    fn expiry(self, session: &Session) -> Timestamp {
        session.last_used_at.checked_add(self.idle).map_or(session.ends_at, |end| end.min(session.ends_at))
    }

    /// How long a use of a session may go unrecorded: not every request is worth a write.
    fn granularity(self) -> SignedDuration {
        SignedDuration::try_from(self.idle / 30).unwrap_or(SignedDuration::MAX)
    }
}

/// Where somebody signs in from.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The address.
    pub address: String,
    /// What the browser calls itself.
    pub user_agent: String,
}

/// A session that has just begun.
#[derive(Debug)]
pub struct SignedIn {
    /// Who signed in.
    pub principal: Principal,
    /// The session's token, for the cookie; kept nowhere.
    pub token: Secret,
    /// When the session ends if it is not used.
    pub expires_at: Timestamp,
}

/// Somebody who comes with a session's token.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Who it is.
    pub principal: Principal,
    /// When the session ends if it is not used any more.
    pub expires_at: Timestamp,
}

/// What a person who has signed in sees first.
#[derive(Clone, Debug)]
pub struct Welcome {
    /// The person.
    pub user: User,
    /// The account.
    pub account: Account,
    /// The account's subscriptions.
    pub subscriptions: Vec<Subscription>,
}

impl Control {
    /// Checks a password and begins a session; `None` when the email or the password is wrong or the user
    /// disabled. Takes the same time in each case.
    pub async fn sign_in(
        &self,
        email: &Email,
        password: Secret,
        visitor: Visitor,
        limits: SessionLimits,
    ) -> Result<Option<SignedIn>, Error> {
        let found = self.0.store.user_with_password(email).await?;
        let (user, hash) = found.map_or((None, None), |(user, hash)| (Some(user), Some(hash)));
        let turn = self.0.password_checks.acquire().await.map_err(|error| Error::Internal(error.into()))?;
        // Tens of milliseconds of pure computing: not on a thread that others' requests wait for.
        let matches = tokio::task::spawn_blocking(move || verify_password(&password, hash.as_deref()))
            .await
            .map_err(|error| Error::Internal(error.into()))?;
        drop(turn);
        match user {
            Some(user) if matches && user.enabled => self.begin_session(user, visitor, limits).await,
            _ => Ok(None),
        }
    }

    async fn begin_session(
        &self,
        user: User,
        visitor: Visitor,
        limits: SessionLimits,
    ) -> Result<Option<SignedIn>, Error> {
        let environment = &self.0.environment;
        let token = Secret::new(environment.token(TOKEN_LENGTH));
        let now = environment.now();
        let id = SessionId(environment.uuid());
        let event = AuditEvent {
            actor: Actor { originator: user.email.to_string(), api_key_name: None },
            resource: RESOURCE,
            resource_id: None,
            kind: "Signed in",
            description: format!("Signed in to the console from {}.", visitor.address),
        };
        let new = NewSession {
            id,
            account_id: user.account_id,
            user_id: user.id,
            token_hash: hash_secret_key(token.expose()),
            address: visitor.address,
            user_agent: visitor.user_agent.chars().take(LONGEST_USER_AGENT).collect(),
            at: now,
            ends_at: now.checked_add(limits.lifetime).unwrap_or(Timestamp::MAX),
        };
        let session = match self.0.store.start_session(new, event).await {
            Ok(session) => session,
            // Disabled since the password was looked up.
            Err(StoreError::NoSuchUser) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let principal = Principal {
            account_id: user.account_id,
            user_id: user.id,
            email: user.email,
            role: user.role,
            via: Via::Session(id),
        };
        Ok(Some(SignedIn { principal, token, expires_at: limits.expiry(&session) }))
    }

    /// Finds out who is behind a session's token; `None` when there is no such session in force, or its user
    /// is disabled. Prolongs the session.
    pub async fn resume_session(&self, token: &str, limits: SessionLimits) -> Result<Option<Visit>, Error> {
        let hash = hash_secret_key(token);
        let now = self.0.environment.now();
        let Some(holder) = self.0.store.session_holder(&hash, limits.in_force(now)).await? else {
            return Ok(None);
        };
        if constant_time::verify_slices_are_equal(&holder.token_hash, &hash).is_err() {
            return Ok(None);
        }
        let mut session = holder.session;
        if now.duration_since(session.last_used_at) >= limits.granularity() {
            match self.0.store.touch_session(session.id, now).await {
                Ok(()) => session.last_used_at = now,
                // Reading still works: the session is not prolonged, no more.
                Err(error) => tracing::warn!(%error, "the use of a session could not be recorded"),
            }
        }
        Ok(Some(Visit { expires_at: limits.expiry(&session), principal: holder.principal }))
    }

    /// What a person who has signed in sees first.
    pub async fn welcome(&self, by: &Principal) -> Result<Welcome, Error> {
        let store = &self.0.store;
        let (account, user, subscriptions) = tokio::try_join!(
            store.account(by.account_id),
            store.user(by.account_id, by.user_id),
            store.subscriptions(by.account_id),
        )?;
        match (account, user) {
            (Some(account), Some(user)) => Ok(Welcome { user, account, subscriptions }),
            _ => Err(Error::Internal("a session has no account or user".into())),
        }
    }

    /// The caller's own sessions that are in force, latest first.
    pub async fn list_sessions(
        &self,
        by: &Principal,
        limits: SessionLimits,
    ) -> Result<Vec<Session>, Error> {
        let in_force = limits.in_force(self.0.environment.now());
        Ok(self.0.store.sessions(by.account_id, by.user_id, in_force).await?)
    }

    /// Ends one of the caller's own sessions.
    pub async fn end_session(&self, by: &Principal, id: SessionId) -> Result<(), Error> {
        let own = by.via == Via::Session(id);
        let event = AuditEvent {
            actor: Actor::from(by),
            resource: RESOURCE,
            resource_id: None,
            kind: if own { "Signed out" } else { "Session ended" },
            description: if own {
                "Signed out of the console.".into()
            } else {
                format!("Session {id} ended from another one.")
            },
        };
        let at = self.0.environment.now();
        if self.0.store.end_session(by.account_id, by.user_id, id, event, at).await? {
            return Ok(());
        }
        Err(Error::rejected(
            ErrorType::NotFound,
            "There is no such session of yours. GET /api/sessions lists those there are.",
        ))
    }
}
