//! Verification: does a candidate's access work, and may it do what Berth needs?
//!
//! First the identity, then everything else at once: two dependent round trips to AWS. Two things take more, and
//! neither is waited for where somebody is in a hurry: reading the user's policies ([`Patience`]), and dry runs
//! where permissions cannot be simulated. Nothing here saves anything; what could not be checked is said to be
//! *unknown*, never wrong.

mod access_key;
mod breadth;
mod console;
mod credentials;
mod dry_runs;
mod nodes;
mod patience;
mod permissions;
mod quotas;
mod region;
mod registered;
mod role;

use std::{sync::Arc, time::Duration};

use berth_cloud::{Answer, Cloud, ErrorKind, Operator, Session, paced::Pacer};
use berth_domain::{
    access::{Access, Purpose, SessionName},
    cloud_account::{Candidate, Field},
    findings::{Check, Evidence, Finding, Report, Verdict},
    permissions::{Profile, Scope},
    values::AwsAccountId,
};
use futures::FutureExt;
use tokio::time::Instant;

pub use self::{
    patience::Patience,
    registered::{Elsewhere, Registered, Registrations, Unknown},
};
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
    /// How often each registered cloud account is verified again.
    pub interval: Duration,
}

/// Verifies candidates. Cheap to clone.
#[derive(Clone)]
pub struct Verifier {
    cloud: Arc<dyn Cloud>,
    pacer: Pacer,
    settings: Arc<Settings>,
    environment: Environment,
    registrations: Option<Arc<dyn Registrations>>,
}

/// Hears of findings one by one.
pub type Tell<'a> = &'a (dyn Fn(&Finding) + Sync);

/// What every check works with.
struct Subject<'a> {
    session: &'a dyn Session,
    operator: &'a dyn Operator,
    purpose: &'a Purpose,
    candidate: &'a Candidate,
    settings: &'a Settings,
    registrations: Option<&'a dyn Registrations>,
    patience: Patience,
    deadline: Instant,
    now: jiff::Timestamp,
}

impl Verifier {
    /// Verifies through `cloud`.
    pub fn new(cloud: Arc<dyn Cloud>, settings: Settings, environment: Environment) -> Self {
        let pacer = Pacer::new(cloud.clone());
        Self { cloud, pacer, settings: Arc::new(settings), environment, registrations: None }
    }

    /// The same for work that nobody waits for: calls to one AWS account, which is the one that what is verified
    /// belongs to, are spaced out, two in a second.
    #[must_use]
    pub fn unhurried(&self, account: &AwsAccountId) -> Self {
        Self { cloud: self.pacer.to(account), ..self.clone() }
    }

    /// The same with an eye on what is registered already. Without, that is not looked at.
    #[must_use]
    pub fn among(&self, registrations: Arc<dyn Registrations>) -> Self {
        Self { registrations: Some(registrations), ..self.clone() }
    }

    /// What the operator decided.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A session in a customer's AWS account.
    pub fn session(&self, access: &Access, purpose: &Purpose) -> Arc<dyn Session> {
        self.cloud.session(access, &SessionName::new(&self.settings.operator_account, purpose))
    }

    /// Runs every check. Takes [`LIMIT`] at most; what was not answered by then is *unknown*.
    pub async fn verify(&self, candidate: &Candidate, purpose: &Purpose, patience: Patience) -> Report {
        self.verify_aloud(candidate, purpose, patience, &|_| {}).await
    }

    /// Runs every check, as [`Self::verify`] does, and tells each finding as soon as its check is done.
    #[tracing::instrument(name = "verify", skip_all, fields(access = %candidate.access.id()))]
    pub async fn verify_aloud(
        &self,
        candidate: &Candidate,
        purpose: &Purpose,
        patience: Patience,
        tell: Tell<'_>,
    ) -> Report {
        let begun = Instant::now();
        let session = self.session(&candidate.access, purpose);
        let operator = self.cloud.operator();
        let subject = Subject {
            session: &*session,
            operator: &*operator,
            purpose,
            candidate,
            settings: &self.settings,
            registrations: self.registrations.as_deref(),
            patience,
            deadline: begun + LIMIT,
            now: self.environment.now(),
        };
        let mut report = subject.report(tell).await;
        report.findings.sort_by_key(|finding| match finding.verdict {
            Verdict::Fail => 0,
            Verdict::Unknown => 1,
            Verdict::Warn => 2,
            Verdict::Pass => 3,
        });
        report.took = begun.elapsed();
        observe(&report);
        report
    }
}

impl Subject<'_> {
    async fn report(&self, tell: Tell<'_>) -> Report {
        let at = self.now;
        let told = |findings: Vec<Finding>| {
            findings.iter().for_each(tell);
            findings
        };
        let (identity, findings) = self.credentials().await;
        let mut findings = told(findings);
        let Some(identity) = identity else {
            return Report { at, took: Duration::ZERO, identity: None, console_role_arn: None, findings };
        };
        let scope = Scope::of_principal(
            self.settings.profile,
            &identity.principal_arn,
            self.candidate.console.role(),
        );
        let registered = self.registered(&identity).await;
        findings.extend(told(registered.findings(&identity.aws_account_id, scope.grantee.field())));
        let ((console_role_arn, role), user, sign_in, permissions, nodes, key, breadth, region, quotas) = tokio::join!(
            self.console_role(&scope).map(|(arn, findings)| (arn, told(findings))),
            self.console_user(&scope).map(told),
            self.sign_in_url(&identity, &scope).map(told),
            self.permissions(&identity, &scope).map(told),
            self.nodes(&scope).map(told),
            self.upkeep_of_key(&identity, &scope, &registered).map(told),
            self.breadth(&scope).map(told),
            self.region(&identity, &scope).map(told),
            self.quotas(&identity, &scope).map(told),
        );
        let more = [role, user, sign_in, permissions, nodes, key, breadth, region, quotas];
        findings.extend(more.into_iter().flatten());
        Report { at, took: Duration::ZERO, identity: Some(identity), console_role_arn, findings }
    }

    /// Waits for one call, at most until the deadline; until patience ends where `retry` says so.
    async fn ask<T, F: Future<Output = Result<Answer<T>, berth_cloud::Error>>>(
        &self,
        operation: &'static str,
        retry: impl Fn(&ErrorKind) -> bool,
        call: impl Fn() -> F,
    ) -> Result<Answer<T>, berth_cloud::Error> {
        let patient = patience::until_settled(self.patience, retry, call);
        tokio::time::timeout_at(self.deadline, patient).await.unwrap_or_else(|_| Err(silence(operation)))
    }
}

/// That AWS has not answered within the time the whole verification has.
fn silence(operation: &'static str) -> berth_cloud::Error {
    let detail = format!("no answer within {} s", LIMIT.as_secs());
    berth_cloud::Error { operation, kind: ErrorKind::Unreachable, request_id: None, detail }
}

/// The call that a finding rests on, whatever came of it.
fn evidence<T>(called: &Result<Answer<T>, berth_cloud::Error>) -> Evidence {
    called.as_ref().map_or_else(Evidence::from, Evidence::from)
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
        ErrorKind::OperatorCredentials => (
            "Berth has no AWS credentials of its own that AWS accepts, and needs them to assume a role",
            "Nothing was changed. Berth's operator has to give it AWS credentials, as docs/howto/register-a-cloud-account.md says.",
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
        .evidence(error)
        .remedy(remedy)
}

/// The same for what Berth can do without, a refusal for want of a permission included.
fn cannot_tell(check: Check, what: &str, error: &berth_cloud::Error, scope: &Scope) -> Finding {
    let finding = match &error.kind {
        ErrorKind::Denied { action, resource } => {
            let on = resource.clone().unwrap_or_else(|| scope.grantee.to_string());
            may_not_check(check, scope.grantee.field(), what, action, scope, on).evidence(error)
        }
        _ => could_not_check(check, what, error),
    };
    Finding { blocking: false, ..finding }
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
        Finding::unknown(check, format!("Could not check {what}: {} may not {action}.", scope.grantee))
            .on(field)
            .action(action)
            .resource(resource);
    match statement {
        Some(statement) => finding.remedy(permissions::add_statement(scope)).statement(statement),
        None => finding,
    }
}

fn observe(report: &Report) {
    let verdict = report.conclusion().as_str();
    metrics::counter!("berth_verifications_total", "verdict" => verdict).increment(1);
    metrics::histogram!("berth_verification_duration_seconds", "verdict" => verdict).record(report.took);
    tracing::info!(
        verdict,
        took_ms = report.took.as_millis() as u64,
        blocking = report.blocking().count(),
        "verified"
    );
}
