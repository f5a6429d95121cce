//! Technical support access: sessions in customers' AWS consoles through the console role, each on record before
//! its sign-in URL is shown, once.

use std::{sync::Arc, time::Duration};

use berth_cloud::{
    AssumeRole, Cloud, ConsoleSignIn, ErrorKind, SecondFactor, SignInError, TemporaryCredentials,
};
use berth_domain::{
    access::{Purpose, SessionName},
    account::{Actor, AuditEvent, Principal},
    cloud_account::CloudAccount,
    ids::{AccountId, CloudAccountId, ConsoleSessionId},
    secret::Secret,
    support::{
        APPROVAL_VALID, ConsoleSession, ConsoleSessionState, Line, MfaCode, Minutes, REQUEST_VALID,
        SupportAccess,
    },
    task::ErrorType,
    values::AwsAccountId,
};
use berth_store::{Decision, Error as StoreError, Store};
use jiff::Timestamp;

use crate::{
    Error,
    cloud_accounts::{RESOURCE, not_found},
    environment::Environment,
};

/// How many sessions are listed.
const LISTED: u64 = 100;

/// Technical support access, over the store and AWS. Cheap to clone.
#[derive(Clone)]
pub struct Support {
    store: Store,
    environment: Environment,
    cloud: Arc<dyn Cloud>,
    sign_in: Arc<dyn ConsoleSignIn>,
    operator: AwsAccountId,
    mfa_device: Option<String>,
}

/// Who wants a session.
#[derive(Clone, Debug)]
pub enum Requester<'a> {
    /// An Owner of the account: needs nobody's approval.
    Owner(&'a Principal),
    /// A person of the operator's staff, about an account.
    Staff(&'a Line, AccountId),
}

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Request {
    /// Why.
    pub reason: Line,
    /// For how long.
    pub minutes: Minutes,
    /// What the operator's MFA device shows, where the role asks for a second factor.
    pub mfa_code: Option<MfaCode>,
}

/// What came of a request.
#[derive(Debug)]
pub enum Outcome {
    /// It is open; the URL signs whoever has it in, and is shown this once.
    Opened(ConsoleSession, Secret),
    /// An Owner has to approve it first.
    Waits(ConsoleSession),
}

/// What an Owner says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No.
    Deny,
}

impl Requester<'_> {
    fn account(&self) -> AccountId {
        match self {
            Self::Owner(by) => by.account_id,
            Self::Staff(_, account) => *account,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Owner(by) => by.email.to_string(),
            Self::Staff(name, _) => format!("{name} of the operator's staff"),
        }
    }

    fn actor(&self) -> Actor {
        match self {
            Self::Owner(by) => Actor::from(*by),
            Self::Staff(..) => Actor::system(),
        }
    }
}

impl Support {
    /// Assumes console roles as `cloud`'s operator, whose AWS account is `operator`, and signs in at `sign_in`;
    /// `mfa_device` is the serial number or
    /// ARN of the operator's MFA device, when it has one.
    pub fn new(
        store: Store,
        environment: Environment,
        cloud: Arc<dyn Cloud>,
        sign_in: Arc<dyn ConsoleSignIn>,
        operator: AwsAccountId,
        mfa_device: Option<String>,
    ) -> Self {
        Self { store, environment, cloud, sign_in, operator, mfa_device }
    }

    /// What is permitted in a cloud account.
    pub async fn access(&self, by: &Principal, id: CloudAccountId) -> Result<SupportAccess, Error> {
        self.cloud_account(by.account_id, id).await?;
        Ok(self.store.support_access(id).await?)
    }

    /// Changes what is permitted in a cloud account.
    pub async fn set_access(
        &self,
        by: &Principal,
        id: CloudAccountId,
        access: SupportAccess,
    ) -> Result<(), Error> {
        let description = format!("Technical support access to cloud account {id} set to {access}.");
        let event = about(Actor::from(by), id, "Support access changed", description);
        let now = self.environment.now();
        self.store
            .set_support_access(by.account_id, id, access, event, now)
            .await
            .map_err(|e| refuse(e, id))
    }

    /// The latest 100 sessions of a cloud account, newest first.
    pub async fn list(&self, by: &Principal, id: CloudAccountId) -> Result<Vec<ConsoleSession>, Error> {
        self.cloud_account(by.account_id, id).await?;
        self.current(self.store.console_sessions(by.account_id, Some(id), LISTED).await?)
    }

    /// The latest 100 sessions of an account, newest first, for the operator's staff.
    pub async fn list_all(&self, account: AccountId) -> Result<Vec<ConsoleSession>, Error> {
        self.current(self.store.console_sessions(account, None, LISTED).await?)
    }

    /// Asks for a session. It is opened at once unless an Owner has to approve it.
    pub async fn request(
        &self,
        by: &Requester<'_>,
        id: CloudAccountId,
        request: Request,
    ) -> Result<Outcome, Error> {
        let cloud_account = self.cloud_account(by.account(), id).await?;
        let approval = match (self.store.support_access(id).await?, by) {
            (SupportAccess::Off, _) => return Err(switched_off(id)),
            (SupportAccess::Approval, Requester::Staff(..)) => true,
            (SupportAccess::Approval | SupportAccess::On, _) => false,
        };
        let now = self.environment.now();
        let session = ConsoleSession {
            id: ConsoleSessionId(self.environment.uuid()),
            account_id: by.account(),
            cloud_account_id: id,
            requested_by: by.name(),
            reason: request.reason,
            minutes: request.minutes,
            state: ConsoleSessionState::Requested,
            requested_at: now,
            decided_by: None,
            valid_until: now + REQUEST_VALID,
            opened_at: None,
            ends_at: None,
        };
        if approval {
            let description = format!("{} Waits for an Owner's approval.", describe(&session, "asks for"));
            let event = about(by.actor(), id, "Console session requested", description);
            self.store.add_console_session(session.clone(), event).await.map_err(|e| refuse(e, id))?;
            return Ok(Outcome::Waits(session));
        }
        let (url, ends_at) = self.sign_in(&cloud_account, &session, request.mfa_code).await?;
        let opened_at = self.environment.now();
        let session = ConsoleSession {
            state: ConsoleSessionState::Opened,
            opened_at: Some(opened_at),
            ends_at: Some(ends_at),
            ..session
        };
        let event = opened(by.actor(), &session, ends_at);
        self.store.add_console_session(session.clone(), event).await.map_err(|e| refuse(e, id))?;
        Ok(Outcome::Opened(session, url))
    }

    /// Approves or denies what staff asked for.
    pub async fn decide(
        &self,
        by: &Principal,
        id: ConsoleSessionId,
        verdict: Verdict,
    ) -> Result<ConsoleSession, Error> {
        let session = self.session(by.account_id, id).await?;
        let at = self.environment.now();
        let (state, kind, word) = match verdict {
            Verdict::Approve => (ConsoleSessionState::Approved, "Console session approved", "approved"),
            Verdict::Deny => (ConsoleSessionState::Denied, "Console session denied", "denied"),
        };
        let description = format!("{} It is {word}.", describe(&session, "asks for"));
        let event = about(Actor::from(by), session.cloud_account_id, kind, description);
        let decision = Decision { state, by: by.email.to_string(), valid_until: at + APPROVAL_VALID, at };
        let decided = self.store.decide_console_session(by.account_id, id, decision, event).await?;
        decided.ok_or_else(|| {
            let state = session.state_at(at).as_str();
            conflict(format!(
                "The session does not wait for a decision: it is {state}. Nothing was changed."
            ))
        })
    }

    /// Opens a session that an Owner approved, once, within an hour.
    pub async fn redeem(
        &self,
        by: &Requester<'_>,
        id: ConsoleSessionId,
        mfa_code: Option<MfaCode>,
    ) -> Result<(ConsoleSession, Secret), Error> {
        let session = self.session(by.account(), id).await?;
        let not_open = |session: &ConsoleSession, now| {
            let state = session.state_at(now).as_str();
            conflict(format!("The session cannot be opened: it is {state}. Ask for a new one."))
        };
        if session.requested_by != by.name() {
            return Err(Error::rejected(
                ErrorType::Forbidden,
                format!("Only who asked for the session can open it: {}.", session.requested_by),
            ));
        }
        let now = self.environment.now();
        if session.state_at(now) != ConsoleSessionState::Approved {
            return Err(not_open(&session, now));
        }
        let cloud_account_id = session.cloud_account_id;
        if self.store.support_access(cloud_account_id).await? == SupportAccess::Off {
            return Err(switched_off(cloud_account_id));
        }
        let cloud_account = self.cloud_account(by.account(), cloud_account_id).await?;
        let (url, ends_at) = self.sign_in(&cloud_account, &session, mfa_code).await?;
        let at = self.environment.now();
        let event = opened(by.actor(), &session, ends_at);
        let noted = self.store.open_console_session(&session, at, ends_at, event).await;
        // Without the record nobody sees the URL.
        if !noted.map_err(|error| refuse(error, cloud_account_id))? {
            return Err(not_open(&self.session(by.account(), id).await?, at));
        }
        let state = ConsoleSessionState::Opened;
        Ok((ConsoleSession { state, opened_at: Some(at), ends_at: Some(ends_at), ..session }, url))
    }

    /// Becomes the console role and asks AWS for a URL that signs in as it; and when the session ends.
    async fn sign_in(
        &self,
        account: &CloudAccount,
        session: &ConsoleSession,
        mfa_code: Option<MfaCode>,
    ) -> Result<(Secret, Timestamp), Error> {
        let role = account.console_role_arn.clone().ok_or_else(|| {
            conflict("The cloud account has no console role. Add one to it first.".to_owned())
        })?;
        let with_code = mfa_code.is_some();
        let second_factor = match (mfa_code, &self.mfa_device) {
            (None, _) => None,
            (Some(code), Some(device)) => {
                Some(SecondFactor { device: device.clone(), code: code.secret().clone() })
            }
            (Some(_), None) => {
                return Err(conflict(
                    "A code was given, but Berth does not know of which device: its operator sets \
                     operator_mfa_serial first."
                        .to_owned(),
                ));
            }
        };
        let request = AssumeRole {
            role,
            name: SessionName::new(&self.operator, &Purpose::support(session.id)),
            external_id: None,
            second_factor,
            duration: Duration::from_secs(session.minutes.duration().unsigned_abs().as_secs()),
        };
        let credentials: TemporaryCredentials = match self.cloud.operator().assume_role(&request).await {
            Ok(answer) => answer.value,
            Err(error) => {
                let session = session.id;
                tracing::warn!(%session, error = %error, detail = error.detail, "the console role could not be assumed");
                return Err(not_assumed(&error.kind, with_code));
            }
        };
        let url = self.sign_in.url(&credentials).await.map_err(|error| {
            tracing::warn!(session = %session.id, %error, "AWS gave no sign-in token");
            no_token(&error)
        })?;
        Ok((url, credentials.expires_at))
    }

    async fn cloud_account(&self, account: AccountId, id: CloudAccountId) -> Result<CloudAccount, Error> {
        self.store.cloud_account(account, id).await?.ok_or_else(|| not_found(id))
    }

    async fn session(&self, account: AccountId, id: ConsoleSessionId) -> Result<ConsoleSession, Error> {
        self.store.console_session(account, id).await?.ok_or_else(|| {
            Error::rejected(ErrorType::NotFound, format!("There is no console session {id}."))
        })
    }

    fn current(&self, mut sessions: Vec<ConsoleSession>) -> Result<Vec<ConsoleSession>, Error> {
        let now = self.environment.now();
        for session in &mut sessions {
            session.state = session.state_at(now);
        }
        Ok(sessions)
    }
}

fn not_assumed(kind: &ErrorKind, with_code: bool) -> Error {
    match kind {
        ErrorKind::OperatorCredentials => unavailable(
            "Berth has no AWS credentials of its own that AWS accepts, so it cannot become the console role. Its \
             operator gives it some as the AWS SDK reads them.",
        ),
        ErrorKind::Denied { .. } | ErrorKind::NotFound if with_code => Error::rejected(
            ErrorType::CloudAccountPermissionFailed,
            "AWS does not let Berth's operator become the console role: the code is wrong or was used already, \
             or the role's trust policy does not name the operator. Wait for the next code and try again; if \
             that fails too, verify the cloud account.",
        ),
        ErrorKind::Denied { .. } | ErrorKind::NotFound => Error::rejected(
            ErrorType::CloudAccountPermissionFailed,
            "AWS does not let Berth's operator become the console role: the role asks for a second factor and \
             no MFA code was given, or its trust policy does not name the operator. Try again with the code of \
             the operator's MFA device; if that fails too, verify the cloud account.",
        ),
        ErrorKind::Throttled | ErrorKind::Unreachable => {
            unavailable("AWS could not be asked to become the console role. Try again in a minute.")
        }
        _ => unavailable(
            "AWS did not let Berth become the console role, for a reason nobody foresaw. Berth's log has it.",
        ),
    }
}

fn no_token(error: &SignInError) -> Error {
    unavailable(match error {
        SignInError::Unreachable => {
            "Berth became the console role, but AWS's sign-in page could not be reached within 5 seconds. No \
             session was opened. Try again in a minute."
        }
        SignInError::Refused(_) => {
            "Berth became the console role, but AWS's sign-in page refused the session. No session was opened. \
             Berth's log has the status."
        }
        SignInError::Unreadable => {
            "Berth became the console role, but AWS's sign-in page gave an answer without a token. No session was \
             opened."
        }
    })
}

fn describe(session: &ConsoleSession, does: &str) -> String {
    format!(
        "{} {does} a session of {} minutes in the AWS console of cloud account {}: {}.",
        session.requested_by,
        session.minutes.get(),
        session.cloud_account_id,
        session.reason.as_str().trim_end_matches('.'),
    )
}

fn opened(actor: Actor, session: &ConsoleSession, ends_at: Timestamp) -> AuditEvent {
    let description = format!("{} It ends at {ends_at}.", describe(session, "opens"));
    about(actor, session.cloud_account_id, "Console session opened", description)
}

fn about(actor: Actor, id: CloudAccountId, kind: &'static str, description: String) -> AuditEvent {
    AuditEvent { actor, resource: RESOURCE, resource_id: Some(id.0), kind, description }
}

fn refuse(error: StoreError, id: CloudAccountId) -> Error {
    match error {
        StoreError::NoSuchCloudAccount => not_found(id),
        StoreError::SupportSwitchedOff => switched_off(id),
        error => error.into(),
    }
}

fn switched_off(id: CloudAccountId) -> Error {
    Error::rejected(
        ErrorType::Forbidden,
        format!(
            "Technical support access to cloud account {id} is switched off. An Owner of the account can switch \
             it on."
        ),
    )
}

fn conflict(message: String) -> Error {
    Error::rejected(ErrorType::CloudAccountNotActive, message)
}

fn unavailable(message: &str) -> Error {
    Error::rejected(ErrorType::ServiceUnavailable, message)
}
