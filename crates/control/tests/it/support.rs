//! Technical support access: on record before the URL is shown, never against the customer's will, never stored.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use berth_cloud::{
    Answer, AssumeRole, Cloud, Error as CloudError, ErrorKind, Operator, Session, SessionOptions,
    TemporaryCredentials,
};
use berth_cloud_aws::Federation;
use berth_control::{
    Error,
    operator::Operator as Desk,
    support::{Outcome, Request, Requester, Support, Verdict},
};
use berth_domain::{
    access::{Access, SessionName},
    account::{Principal, Role, Via},
    ids::AccountId,
    secret::Secret,
    support::{ConsoleSession, ConsoleSessionState, Line, SupportAccess},
    task::ErrorType,
};
use berth_store::AuditFilter;
use berth_testkit::{
    database::{Backend, CLOUD_ACCOUNT, TestDatabase, insert_cloud_account},
    environment::{self, MovedClock},
    receiver::{Manner, Receiver},
};
use jiff::SignedDuration;
use rstest::rstest;

const TOKEN: Manner = Manner::Json(r#"{"SigninToken":"canary-token+/="}"#);

/// AWS, as far as the operator asks it: lets it become the role, or fails as it is told.
struct Aws {
    fails: Option<ErrorKind>,
    asked: Mutex<Vec<AssumeRole>>,
}

/// The port to it.
struct Port(Arc<Aws>);

impl Cloud for Port {
    fn session_with(&self, _: &Access, _: &SessionName, _: SessionOptions) -> Arc<dyn Session> {
        panic!("support asks nothing of the customer's own credentials")
    }

    fn operator(&self) -> Arc<dyn Operator> {
        self.0.clone()
    }
}

#[async_trait]
impl Operator for Aws {
    async fn assume_role(&self, request: &AssumeRole) -> Result<Answer<TemporaryCredentials>, CloudError> {
        const OPERATION: &str = "sts:AssumeRole";
        self.asked.lock().unwrap().push(request.clone());
        if let Some(kind) = self.fails.clone() {
            let detail = String::new();
            return Err(CloudError { operation: OPERATION, kind, request_id: None, detail });
        }
        let secret = |text: &str| Secret::new(text.to_owned());
        let value = TemporaryCredentials {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: secret("canary-session-key"),
            session_token: secret("canary-session-token"),
            expires_at: environment::system().now() + SignedDuration::try_from(request.duration).unwrap(),
        };
        Ok(Answer { value, operation: OPERATION, request_id: None })
    }
}

/// An account with one cloud account, its Owner, and a person of the operator's staff.
struct Scene {
    database: TestDatabase,
    clock: MovedClock,
    account: AccountId,
    owner: Principal,
    ada: Line,
}

impl Scene {
    async fn new(backend: Backend) -> Self {
        let database = TestDatabase::new(backend).await;
        let desk = Desk::new(database.store().clone(), environment::system());
        let email = "owner@acme.example".parse().unwrap();
        let account = desk.create_customer("Acme".parse().unwrap(), email).await.unwrap().account_id;
        let user = desk.users(account).await.unwrap().remove(0);
        let owner = Principal {
            account_id: account,
            user_id: user.id,
            email: user.email,
            role: Role::Owner,
            via: Via::ApiKey("ci-pipeline".parse().unwrap()),
        };
        insert_cloud_account(database.store(), account).await;
        Self { database, clock: MovedClock::default(), account, owner, ada: "Ada".parse().unwrap() }
    }

    fn support(&self, aws: &Arc<Aws>, page: &Receiver) -> Support {
        let page = Federation::new(page.url.parse().unwrap(), "https://berth.example".into());
        Support::new(
            self.database.store().clone(),
            self.clock.environment(),
            Arc::new(Port(aws.clone())),
            Arc::new(page),
            "111122223333".parse().unwrap(),
            Some("arn:aws:iam::111122223333:mfa/berth".into()),
        )
    }

    fn staff(&self) -> Requester<'_> {
        Requester::Staff(&self.ada, self.account)
    }

    async fn log(&self) -> Vec<(String, String)> {
        let filter = AuditFilter { limit: 10, ..AuditFilter::default() };
        let entries = self.database.store().audit_entries(self.account, filter).await.unwrap();
        entries.into_iter().map(|entry| (entry.kind, entry.description)).collect()
    }
}

fn aws(fails: Option<ErrorKind>) -> Arc<Aws> {
    Arc::new(Aws { fails, asked: Mutex::default() })
}

fn request(mfa_code: Option<&str>) -> Request {
    Request {
        reason: "Ticket 4711".parse().unwrap(),
        minutes: 30.try_into().unwrap(),
        mfa_code: mfa_code.map(|code| code.parse().unwrap()),
    }
}

fn opened(outcome: Outcome) -> (ConsoleSession, Secret) {
    match outcome {
        Outcome::Opened(session, url) => (session, url),
        Outcome::Waits(session) => panic!("{session:?}"),
    }
}

fn rejection(error: Error) -> (ErrorType, String) {
    match error {
        Error::Rejected { kind, message, .. } => (kind, message),
        error => panic!("{error:?}"),
    }
}

#[rstest]
#[tokio::test]
async fn staff_gets_a_url_and_the_customer_an_entry_in_its_log(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let scene = Scene::new(backend).await;
    let (aws, page) = (aws(None), Receiver::start(&[TOKEN]).await);
    let support = scene.support(&aws, &page);

    let (session, url) =
        opened(support.request(&scene.staff(), CLOUD_ACCOUNT, request(Some("123456"))).await.unwrap());

    let url: reqwest::Url = url.expose().parse().unwrap();
    let pairs: Vec<_> =
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        pair("Action", "login"),
        pair("Issuer", "https://berth.example"),
        pair("Destination", "https://console.aws.amazon.com/"),
        pair("SigninToken", "canary-token+/="),
    ];
    assert_eq!(pairs, expected);
    let asked = aws.asked.lock().unwrap().remove(0);
    assert_eq!(asked.name.as_str(), format!("berth-111122223333-support-{}", session.id));
    assert_eq!(asked.duration.as_secs(), 1_800);
    let factor = asked.second_factor.unwrap();
    assert_eq!(
        (factor.device.as_str(), factor.code.expose()),
        ("arn:aws:iam::111122223333:mfa/berth", "123456")
    );
    let (kind, text) = scene.log().await.remove(0);
    assert_eq!(kind, "Console session opened");
    let until = session.ends_at.unwrap().to_string();
    for part in ["Ada of the operator's staff", "30 minutes", "Ticket 4711", &until] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("canary"), "{text}");
}

#[tokio::test]
async fn the_sign_in_page_is_asked_with_the_whole_session_and_no_duration() {
    let scene = Scene::new(Backend::Sqlite).await;
    let (aws, page) = (aws(None), Receiver::start(&[TOKEN]).await);

    opened(scene.support(&aws, &page).request(&scene.staff(), CLOUD_ACCOUNT, request(None)).await.unwrap());

    let received = page.received().remove(0);
    let url: reqwest::Url = format!("{}?{}", page.url, received.query).parse().unwrap();
    let pairs: Vec<_> =
        url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let names: Vec<_> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Action", "Session"]);
    assert_eq!(pairs[0].1, "getSigninToken");
    let session: serde_json::Value = serde_json::from_str(&pairs[1].1).unwrap();
    let expected = serde_json::json!({
        "sessionId": "ASIAIOSFODNN7EXAMPLE",
        "sessionKey": "canary-session-key",
        "sessionToken": "canary-session-token",
    });
    assert_eq!(session, expected);
}

#[rstest]
#[tokio::test]
async fn what_needs_approval_is_opened_once_within_an_hour_of_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let scene = Scene::new(backend).await;
    let (aws, page) = (aws(None), Receiver::start(&[TOKEN]).await);
    let support = scene.support(&aws, &page);
    support.set_access(&scene.owner, CLOUD_ACCOUNT, SupportAccess::Approval).await.unwrap();
    let ask = async || match support.request(&scene.staff(), CLOUD_ACCOUNT, request(None)).await.unwrap() {
        Outcome::Waits(session) => session,
        Outcome::Opened(..) => panic!("nobody approved it"),
    };
    let redeem = async |session: &ConsoleSession| support.redeem(&scene.staff(), session.id, None).await;
    let session = ask().await;
    assert!(rejection(redeem(&session).await.unwrap_err()).1.contains("it is requested"));

    support.decide(&scene.owner, session.id, Verdict::Approve).await.unwrap();
    let bob = "Bob".parse().unwrap();
    let foreign = support.redeem(&Requester::Staff(&bob, scene.account), session.id, None).await;
    assert_eq!(rejection(foreign.unwrap_err()).0, ErrorType::Forbidden);
    assert_eq!(redeem(&session).await.unwrap().0.state, ConsoleSessionState::Opened);
    assert!(rejection(redeem(&session).await.unwrap_err()).1.contains("it is opened"));

    let late = ask().await;
    support.decide(&scene.owner, late.id, Verdict::Approve).await.unwrap();
    scene.clock.advance(SignedDuration::from_mins(61));
    assert!(rejection(redeem(&late).await.unwrap_err()).1.contains("it is expired"));
    let denied = ask().await;
    support.decide(&scene.owner, denied.id, Verdict::Deny).await.unwrap();
    assert!(rejection(redeem(&denied).await.unwrap_err()).1.contains("it is denied"));
    assert_eq!(aws.asked.lock().unwrap().len(), 1, "the role was assumed for nothing");
}

#[tokio::test]
async fn access_that_is_switched_off_is_refused_before_aws_is_asked() {
    let scene = Scene::new(Backend::Sqlite).await;
    let (aws, page) = (aws(None), Receiver::start(&[TOKEN]).await);
    let support = scene.support(&aws, &page);
    support.set_access(&scene.owner, CLOUD_ACCOUNT, SupportAccess::Off).await.unwrap();

    for by in [scene.staff(), Requester::Owner(&scene.owner)] {
        let (kind, text) = rejection(support.request(&by, CLOUD_ACCOUNT, request(None)).await.unwrap_err());
        assert_eq!(kind, ErrorType::Forbidden);
        assert!(text.contains("is switched off. An Owner of the account can switch it on."), "{text}");
    }
    assert!(aws.asked.lock().unwrap().is_empty());
}

#[rstest]
#[case::no_credentials(
    ErrorKind::OperatorCredentials,
    ErrorType::ServiceUnavailable,
    "no AWS credentials of its own"
)]
#[case::no_trust(
    ErrorKind::Denied { action: "sts:AssumeRole".into(), resource: None },
    ErrorType::CloudAccountPermissionFailed,
    "asks for a second factor and no MFA code was given"
)]
#[case::away(ErrorKind::Unreachable, ErrorType::ServiceUnavailable, "could not be asked")]
#[tokio::test]
async fn a_role_that_cannot_be_assumed_says_why_and_leaves_no_session(
    #[case] fails: ErrorKind,
    #[case] kind: ErrorType,
    #[case] words: &str,
) {
    let scene = Scene::new(Backend::Sqlite).await;
    let page = Receiver::start(&[TOKEN]).await;
    let support = scene.support(&aws(Some(fails)), &page);

    let refused = support.request(&scene.staff(), CLOUD_ACCOUNT, request(None)).await.unwrap_err();

    let (found, text) = rejection(refused);
    assert_eq!(found, kind);
    assert!(text.contains(words), "{text}");
    assert!(page.received().is_empty());
    assert!(support.list(&scene.owner, CLOUD_ACCOUNT).await.unwrap().is_empty());
}

#[rstest]
#[case(Manner::Status(400), "refused the session")]
#[case(Manner::Moved, "refused the session")]
#[case(Manner::Json("{}"), "without a token")]
#[case(Manner::Silence, "could not be reached within 5 seconds")]
#[tokio::test]
async fn a_sign_in_page_that_gives_no_token_leaves_no_session(#[case] manner: Manner, #[case] words: &str) {
    let scene = Scene::new(Backend::Sqlite).await;
    let page = Receiver::start(&[manner]).await;
    let support = scene.support(&aws(None), &page);

    let refused = support.request(&scene.staff(), CLOUD_ACCOUNT, request(None)).await.unwrap_err();

    let (kind, text) = rejection(refused);
    assert_eq!(kind, ErrorType::ServiceUnavailable);
    assert!(text.contains(words) && !text.contains("canary"), "{text}");
    assert!(support.list(&scene.owner, CLOUD_ACCOUNT).await.unwrap().is_empty());
}

#[tokio::test]
async fn neither_url_nor_keys_are_in_the_database() {
    let scene = Scene::new(Backend::Sqlite).await;
    let page = Receiver::start(&[TOKEN]).await;
    let support = scene.support(&aws(None), &page);
    opened(support.request(&scene.staff(), CLOUD_ACCOUNT, request(Some("987654"))).await.unwrap());

    let file = scene.database.url().trim_start_matches("sqlite://");
    for place in [file.to_owned(), format!("{file}-wal")] {
        let content = std::fs::read(&place).unwrap();
        for secret in ["canary", "987654", "SigninToken"] {
            assert!(
                !content.windows(secret.len()).any(|it| it == secret.as_bytes()),
                "{secret} in {place}"
            );
        }
    }
}
