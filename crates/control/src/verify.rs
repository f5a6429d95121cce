//! Verification: does a candidate's access work, and may it do what Berth needs?
//!
//! First the identity, then everything else at once: two dependent round trips to AWS. Nothing here
//! saves anything; what could not be checked is said to be *unknown*, never wrong.

mod console;
mod credentials;
mod nodes;
mod patience;
mod permissions;

use std::{sync::Arc, time::Duration};

use berth_cloud::{Cloud, ErrorKind, Session};
use berth_domain::{
    cloud_account::{Candidate, Field},
    findings::{Check, Finding, Report, Verdict},
    permissions::{Profile, Scope},
    values::AwsAccountId,
};
use futures::FutureExt;
use tokio::time::Instant;

pub use self::patience::Patience;
use crate::environment::Environment;

/// How long a whole verification may take.
pub const LIMIT: Duration = Duration::from_secs(40);

/// What an operator decides about verification.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The operator's AWS account: the one that customers' console roles trust.
    pub operator_account: AwsAccountId,
    /// Which names the customers' IAM resources have.
    pub profile: &'static Profile,
    /// The region that permissions are simulated for, such as `us-east-1`.
    pub region: String,
}

/// Verifies candidates. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    cloud: Arc<dyn Cloud>,
    settings: Arc<Settings>,
    environment: Environment,
}

/// Hears of findings one by one.
pub type Tell<'a> = &'a (dyn Fn(&Finding) + Sync);

/// What every check works with.
struct Subject<'a> {
    session: &'a dyn Session,
    candidate: &'a Candidate,
    settings: &'a Settings,
    patience: Patience,
    deadline: Instant,
}

impl Verifier {
    /// Verifies through `cloud`.
    pub fn new(cloud: Arc<dyn Cloud>, settings: Settings, environment: Environment) -> Self {
        Self { cloud, settings: Arc::new(settings), environment }
    }

    /// What the operator decided.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Runs every check. Takes [`LIMIT`] at most; what was not answered by then is *unknown*.
    pub async fn verify(&self, candidate: &Candidate, patience: Patience) -> Report {
        self.verify_aloud(candidate, patience, &|_| {}).await
    }

    /// Runs every check, as [`Self::verify`] does, and tells each finding as soon as its check is done.
    #[tracing::instrument(name = "verify", skip_all, fields(access_key_id = %candidate.access_key.id))]
    pub async fn verify_aloud(&self, candidate: &Candidate, patience: Patience, tell: Tell<'_>) -> Report {
        let begun = Instant::now();
        let session = self.cloud.session(&candidate.access_key);
        let subject = Subject {
            session: &*session,
            candidate,
            settings: &self.settings,
            patience,
            deadline: begun + LIMIT,
        };
        let mut report = subject.report(self.environment.now(), tell).await;
        report.findings.sort_by_key(|finding| match finding.verdict {
            Verdict::Fail => 0,
            Verdict::Unknown => 1,
            Verdict::Warn => 2,
            Verdict::Pass => 3,
        });
        observe(&report, begun.elapsed());
        report
    }
}

impl Subject<'_> {
    async fn report(&self, at: jiff::Timestamp, tell: Tell<'_>) -> Report {
        let told = |findings: Vec<Finding>| {
            findings.iter().for_each(tell);
            findings
        };
        let (identity, findings) = self.credentials().await;
        let mut findings = told(findings);
        let Some(identity) = identity else {
            return Report { at, identity: None, console_role_arn: None, findings };
        };
        let scope =
            Scope::of_user(self.settings.profile, &identity.user_arn, self.candidate.console.role());
        let ((console_role_arn, role), user, sign_in, permissions, nodes) = tokio::join!(
            self.console_role(&scope).map(|(arn, findings)| (arn, told(findings))),
            self.console_user(&scope).map(told),
            self.sign_in_url(&identity, &scope).map(told),
            self.permissions(&identity, &scope).map(told),
            self.nodes(&scope).map(told),
        );
        findings.extend([role, user, sign_in, permissions, nodes].into_iter().flatten());
        Report { at, identity: Some(identity), console_role_arn, findings }
    }

    /// Waits for one call, at most until the deadline; until patience ends where `retry` says so.
    async fn ask<T, F: Future<Output = Result<T, berth_cloud::Error>>>(
        &self,
        operation: &'static str,
        retry: impl Fn(&ErrorKind) -> bool,
        call: impl Fn() -> F,
    ) -> Result<T, berth_cloud::Error> {
        let patient = patience::until_settled(self.patience, retry, call);
        tokio::time::timeout_at(self.deadline, patient).await.unwrap_or_else(|_| {
            Err(berth_cloud::Error {
                operation,
                kind: ErrorKind::Unreachable,
                request_id: None,
                detail: format!("no answer within {} s", LIMIT.as_secs()),
            })
        })
    }
}

fn never(_: &ErrorKind) -> bool {
    false
}

/// The finding for a call that failed for a reason that says nothing about the account.
fn could_not_check(check: Check, what: &str, error: &berth_cloud::Error) -> Finding {
    let (why, remedy) = match &error.kind {
        ErrorKind::Throttled => (
            "AWS is limiting the number of calls to this AWS account",
            "Nothing was changed. Try again in a minute.",
        ),
        ErrorKind::SkewedClock => (
            "the clock of Berth's machine differs from AWS's",
            "Nothing was changed. Berth's operator has to set the machine's clock (NTP).",
        ),
        ErrorKind::NotOptedIn => (
            "the AWS account is not set up for the region Berth calls",
            "Finish the AWS account's sign-up, or switch on the region in the AWS account settings.",
        ),
        ErrorKind::Unexpected => (
            "AWS gave an answer Berth does not know",
            "Nothing was changed. Try again; if it stays so, tell Berth's operator the request id in the log.",
        ),
        _ => (
            "AWS could not be reached",
            "Nothing was changed. Try again in a few minutes; if it stays so, Berth's operator can run `berth doctor`.",
        ),
    };
    Finding::unknown(check, format!("Could not check {what}: {why}."))
        .action(error.operation)
        .remedy(remedy)
}

/// The finding for a call that was refused for want of a permission.
fn may_not_check(
    check: Check,
    field: Field,
    what: &str,
    action: &str,
    scope: &Scope,
    resource: String,
) -> Finding {
    let statement = scope.statement_for(action);
    let finding =
        Finding::unknown(check, format!("Could not check {what}: user {} may not {action}.", scope.user))
            .on(field)
            .action(action)
            .resource(resource);
    match statement {
        Some(statement) => {
            finding.remedy(permissions::add_statement(scope, &statement)).statement(statement)
        }
        None => finding,
    }
}

fn observe(report: &Report, took: Duration) {
    let verdict = report.conclusion().as_str();
    metrics::counter!("berth_verifications_total", "verdict" => verdict).increment(1);
    metrics::histogram!("berth_verification_duration_seconds", "verdict" => verdict).record(took);
    tracing::info!(
        verdict,
        took_ms = took.as_millis() as u64,
        blocking = report.blocking().count(),
        "verified"
    );
}
