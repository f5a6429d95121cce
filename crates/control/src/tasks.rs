//! What each task does: verify first, then change, in one transaction with the task's end.

mod runner;

use berth_domain::{
    access::{Access, AccessKey, AccessMode, Purpose, TrustingRole},
    account::{Actor, AuditEvent},
    cloud_account::{Candidate, Change, ConsoleAccess, ConsoleUser, Form, Verified},
    findings::{Check, Conclusion, Finding, Report, Verdict},
    health::{Cause, Verification},
    ids::{CloudAccountId, TaskId},
    problem::Problem,
    task::{Command, ErrorType, Subject, Task, TaskError},
};
use berth_store::{ClaimedTask, Completion, Effect, Error as StoreError, Unique};

pub(crate) use self::runner::Runner;
use crate::{
    Control, Error, cloud_accounts, external_ids, health, orders, request, stored::seal_secrets,
    subscriptions, verify::Patience,
};

/// What a task came to, before it is written down.
pub(crate) struct Outcome {
    pub(crate) result: Result<Effect, Failure>,
    pub(crate) findings: Vec<Finding>,
    /// The verification that a change came of.
    pub(crate) verification: Option<Verification>,
    /// What the task is about, such as `cloud account production`.
    pub(crate) subject: String,
}

/// Why a task changes nothing.
pub(crate) struct Failure {
    pub(crate) kind: ErrorType,
    pub(crate) cause: String,
    /// The fields of the request at fault, when it was some of them.
    pub(crate) fields: Vec<Problem>,
}

impl Failure {
    /// A failure that is no field's fault.
    pub(crate) fn new(kind: ErrorType, cause: String) -> Self {
        Self { kind, cause, fields: Vec::new() }
    }
}

/// What people read of a command.
pub(crate) struct Words {
    /// It was asked for.
    pub(crate) requested: &'static str,
    /// It was carried out.
    pub(crate) done: &'static str,
    /// It was not.
    pub(crate) failed: &'static str,
    /// How things are when it was not.
    pub(crate) untouched: &'static str,
}

/// What people read of a command.
pub(crate) fn words(command: Command) -> Words {
    let words = |requested, done, failed, untouched| Words { requested, done, failed, untouched };
    const AS_IT_WAS: &str = "The subscription is as it was.";
    match command {
        Command::CloudAccountCreateRequest => words(
            "Cloud account registration requested",
            "Cloud account registered",
            "Cloud account registration failed",
            "Nothing was saved.",
        ),
        Command::CloudAccountUpdateRequest => words(
            "Cloud account change requested",
            "Cloud account changed",
            "Cloud account change failed",
            "The cloud account is as it was and keeps working with the credentials it had.",
        ),
        Command::CloudAccountDeleteRequest => words(
            "Cloud account removal requested",
            "Cloud account removed",
            "Cloud account removal failed",
            "The cloud account is as it was.",
        ),
        Command::SubscriptionCreateRequest | Command::FixedSubscriptionCreateRequest => words(
            "Subscription requested",
            "Subscription accepted",
            "Subscription refused",
            "Nothing was saved, and nothing was built.",
        ),
        Command::SubscriptionUpdateRequest | Command::FixedSubscriptionUpdateRequest => words(
            "Subscription change requested",
            "Subscription changed",
            "Subscription change failed",
            AS_IT_WAS,
        ),
        Command::SubscriptionDeleteRequest | Command::FixedSubscriptionDeleteRequest => words(
            "Subscription removal requested",
            "Subscription removal accepted",
            "Subscription removal failed",
            AS_IT_WAS,
        ),
        Command::SubscriptionResourceTagsUpdateRequest => words(
            "Resource tags change requested",
            "Resource tags changed",
            "Resource tags change failed",
            "The resource tags are as they were.",
        ),
        Command::CidrGetRequest => {
            words("Allow list requested", "Allow list read", "Allow list could not be read", AS_IT_WAS)
        }
        Command::CidrUpdateRequest => words(
            "Allow list change requested",
            "Allow list changed",
            "Allow list change failed",
            "The allow list is as it was.",
        ),
        Command::SubscriptionMaintenanceWindowsUpdateRequest => words(
            "Maintenance windows change requested",
            "Maintenance windows changed",
            "Maintenance windows change failed",
            "The maintenance windows are as they were.",
        ),
    }
}

impl Outcome {
    pub(crate) fn without_verification(subject: String, result: Result<Effect, Failure>) -> Self {
        Self { result, findings: Vec::new(), verification: None, subject }
    }

    /// A verification that refuses says nothing about a cloud account: it was of what did not become one.
    fn of_verification(
        control: &Control,
        subject: String,
        result: Result<Effect, Failure>,
        report: Report,
    ) -> Self {
        let verification =
            result.is_ok().then(|| health::verification(&control.0.environment, &report, Cause::Task));
        Self { result, findings: report.findings, verification, subject }
    }
}

/// Carries out a claimed task and writes down its end.
///
/// An error means that nothing was written and the task is still to be done.
pub(crate) async fn process(control: &Control, claimed: ClaimedTask) -> Result<Task, Error> {
    let ClaimedTask { task, lease, sealed_request, actor } = claimed;
    let outcome = match work(control, &task, sealed_request.as_deref()).await {
        Ok(outcome) => outcome,
        Err(error) if may_pass(&error) => return Err(error),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the task cannot be carried out");
            let cause =
                "Berth could not carry this out because of an error of its own; its operator finds it in \
                         the log under this task's id."
                    .to_owned();
            let failure = Failure::new(ErrorType::GeneralError, cause);
            Outcome::without_verification(subject(&task).into(), Err(failure))
        }
    };
    let Outcome { result, findings, verification, subject } = outcome;
    let completion =
        Completion { verification, ..complete(control, &task, &actor, result, findings.clone(), &subject) };
    let taken = match control.0.store.finish_task(&lease, completion).await {
        Err(StoreError::Taken(unique)) => match unique {
            Unique::CloudAccountAccessKey => cloud_accounts::access_key_taken(),
            Unique::ExternalId => external_ids::not_found(),
            Unique::AwsAccount => cloud_accounts::aws_account_taken(),
            _ => cloud_accounts::name_taken(),
        },
        Err(StoreError::NoSuchCloudAccount) => {
            cloud_accounts::not_found(task.cloud_account_id.unwrap_or(CloudAccountId::INTERNAL))
        }
        Err(StoreError::NoSuchExternalId) => external_ids::not_found(),
        Err(StoreError::CloudAccountUsed(by)) => cloud_accounts::used(&by),
        Err(StoreError::BuiltIn(aws_account)) => cloud_accounts::built_in(&aws_account),
        Err(StoreError::KeyRetired) => cloud_accounts::key_retired(),
        Err(
            error @ (StoreError::NoSuchSubscription
            | StoreError::SubscriptionDeleting
            | StoreError::Refused(_)),
        ) => subscriptions::rejected(error, task.subscription_id),
        finished => return Ok(finished?),
    };
    // Another task, or a rotation, came first.
    let completion = complete(control, &task, &actor, Err(rejection(taken)?), findings, &subject);
    Ok(control.0.store.finish_task(&lease, completion).await?)
}

/// Ends a task that was taken up again and again and never came to an end.
pub(crate) async fn give_up(control: &Control, claimed: ClaimedTask) -> Result<Task, Error> {
    let ClaimedTask { task, lease, actor, .. } = claimed;
    let cause = format!(
        "Berth tried {} times and failed each time because of an error of its own, so it tries no more. Its operator \
         finds it in the log under this task's id; ask again once it is mended.",
        lease.times_taken()
    );
    let failure = Failure::new(ErrorType::GeneralError, cause);
    let completion = complete(control, &task, &actor, Err(failure), Vec::new(), subject(&task));
    Ok(control.0.store.finish_task(&lease, completion).await?)
}

/// What a task is about, where nothing more is known.
fn subject(task: &Task) -> &'static str {
    match task.command.subject() {
        Subject::CloudAccount => "a cloud account",
        Subject::Subscription | Subject::FixedSubscription => "a subscription",
    }
}

async fn work(control: &Control, task: &Task, sealed_request: Option<&[u8]>) -> Result<Outcome, Error> {
    if task.command.subject() != Subject::CloudAccount {
        return orders::work(control, task, sealed_request).await;
    }
    let request = sealed_request.map(|sealed| request::open(&control.0.vault, task.id, sealed));
    match (task.command, request.transpose()?, task.cloud_account_id) {
        (Command::CloudAccountCreateRequest, Some(form), _) => {
            let candidate = Candidate::parse(form).map_err(|_| unreadable(task.id))?;
            create(control, task, candidate).await
        }
        (Command::CloudAccountUpdateRequest, Some(form), Some(id)) => update(control, task, form, id).await,
        (Command::CloudAccountDeleteRequest, None, Some(id)) => delete(control, task, id).await,
        _ => Err(unreadable(task.id)),
    }
}

/// Whether trying again later may help: the database comes back, the operator puts the master key back.
/// What is broken for good must fail, or the account's later tasks would wait for ever.
fn may_pass(error: &Error) -> bool {
    use berth_vault::Error as VaultError;
    match error {
        Error::Unavailable(_) => true,
        Error::Internal(cause) => cause.downcast_ref::<VaultError>().is_some_and(|error| {
            !matches!(error, VaultError::NotSealed { .. } | VaultError::DoesNotOpen { .. })
        }),
        Error::Rejected { .. } => false,
    }
}

async fn create(control: &Control, task: &Task, candidate: Candidate) -> Result<Outcome, Error> {
    let subject = format!("cloud account {}", candidate.name);
    let key = candidate.access.key().map(|key| &key.id);
    let taken = control.0.store.conflicts(task.account_id, Some(&candidate.name), key, None).await?;
    if taken.name || taken.access_key {
        let error =
            if taken.name { cloud_accounts::name_taken() } else { cloud_accounts::access_key_taken() };
        return Ok(Outcome::without_verification(subject, Err(rejection(error)?)));
    }
    let purpose = Purpose::task(task.id);
    let verifier = control.verifier_for(task.account_id, None);
    let report = verifier.verify(&candidate, &purpose, Patience::ForNewCredentials).await;
    let result = match Verified::new(candidate, &report) {
        None => Err(refusal(&report)),
        Some(verified) => {
            let id = control.0.store.allocate_cloud_account_id().await?;
            let secrets = seal_secrets(&control.0.vault, id, verified.candidate())?;
            let account = verified.into_cloud_account(id, task.account_id, control.0.environment.now());
            Ok(Effect::Create { account, secrets })
        }
    };
    Ok(Outcome::of_verification(control, subject, result, report))
}

async fn update(control: &Control, task: &Task, form: Form, id: CloudAccountId) -> Result<Outcome, Error> {
    let (current, stored) = match control.stored_cloud_account(task.account_id, id).await {
        Ok(found) => found,
        Err(error) => {
            let subject = format!("cloud account {id}");
            return Ok(Outcome::without_verification(subject, Err(rejection(error)?)));
        }
    };
    let subject = format!("cloud account {}", current.name);
    // The account may have changed since the request came in: what fitted then may not fit now.
    let change = match Change::parse(form, &current) {
        Ok(change) => change,
        Err(fields) => {
            return Ok(Outcome::without_verification(subject, Err(rejection(Error::invalid(fields))?)));
        }
    };
    if !change.touches_access() {
        // A new name is nothing AWS knows of.
        let name = change.name.unwrap_or(current.name);
        return Ok(Outcome::without_verification(subject, Ok(Effect::Rename { id, name })));
    }
    let candidate = merge(stored, change)?;
    let purpose = Purpose::task(task.id);
    let verifier = control.verifier_for(task.account_id, Some(id));
    let report = verifier.verify(&candidate, &purpose, Patience::ForNewCredentials).await;
    let result = match Verified::new(candidate, &report) {
        None => Err(refusal(&report)),
        Some(verified) => {
            let secrets = seal_secrets(&control.0.vault, id, verified.candidate())?;
            let account = verified.into_cloud_account(id, task.account_id, current.created_at);
            Ok(Effect::Update { account, secrets })
        }
    };
    Ok(Outcome::of_verification(control, subject, result, report))
}

async fn delete(control: &Control, task: &Task, id: CloudAccountId) -> Result<Outcome, Error> {
    let subject = match control.0.store.cloud_account(task.account_id, id).await? {
        Some(account) => format!("cloud account {}", account.name),
        None => format!("cloud account {id}"),
    };
    Ok(Outcome::without_verification(subject, Ok(Effect::Delete { id })))
}

/// The account as it is, with what the change replaces.
pub(crate) fn merge(current: Candidate, change: Change) -> Result<Candidate, Error> {
    let user = current.console.user();
    let name = change.console_username.or(user.map(|user| user.name.clone()));
    let password = change.console_password.or(user.map(|user| user.password.clone()));
    let user = name.zip(password).map(|(name, password)| ConsoleUser { name, password });
    let console_role = change.console_role.or(current.console.role().cloned());
    let half = || Error::Internal("a change of access that does not hold all of it".into());
    let (key, assumed) = (current.access.key(), current.access.role());
    let access = match change.access_mode {
        AccessMode::Keys => Access::Key(AccessKey {
            id: change.access_key_id.or(key.map(|key| key.id.clone())).ok_or_else(half)?,
            secret: change.secret.or(key.map(|key| key.secret.clone())).ok_or_else(half)?,
        }),
        AccessMode::Role => Access::Role(TrustingRole {
            arn: change.role_arn.or(assumed.map(|role| role.arn.clone())).ok_or_else(half)?,
            external_id: change
                .external_id
                .or(assumed.map(|role| role.external_id.clone()))
                .ok_or_else(half)?,
        }),
    };
    Ok(Candidate {
        name: change.name.unwrap_or(current.name),
        access,
        console: ConsoleAccess::new(console_role, user)
            .ok_or_else(|| Error::Internal("a cloud account without console access".into()))?,
        sign_in_url: change.sign_in_url.or(current.sign_in_url),
    })
}

/// Why a candidate that was not found sound is not saved.
fn refusal(report: &Report) -> Failure {
    let blocking: Vec<_> = report.blocking().collect();
    let decisive: Vec<_> = match report.conclusion() {
        Conclusion::Refused => blocking.iter().filter(|finding| finding.verdict == Verdict::Fail).collect(),
        _ => blocking.iter().collect(),
    };
    let about_credentials =
        |check: Check| matches!(check, Check::Credentials | Check::SignInUrl | Check::ConsoleUser);
    let kind = match report.conclusion() {
        Conclusion::Refused if decisive.iter().any(|finding| about_credentials(finding.check)) => {
            ErrorType::CloudAccountInvalidCreds
        }
        Conclusion::Refused if decisive.iter().any(|finding| finding.check == Check::Registration) => {
            ErrorType::CloudAccountAccessKeyExists
        }
        Conclusion::Refused => ErrorType::CloudAccountPermissionFailed,
        // A missing permission stood in the way of checking.
        _ if decisive.iter().any(|finding| finding.statement.is_some()) => {
            ErrorType::CloudAccountPermissionFailed
        }
        _ => ErrorType::ServiceUnavailable,
    };
    const SHOWN: usize = 3;
    let mut cause: Vec<String> = decisive
        .iter()
        .take(SHOWN)
        .map(|finding| match finding.whole_remedy() {
            Some(remedy) => format!("{} {remedy}", finding.message),
            None => finding.message.clone(),
        })
        .collect();
    if decisive.len() > SHOWN {
        cause.push(format!("And {} more.", decisive.len() - SHOWN));
    }
    Failure::new(kind, cause.join(" "))
}

fn complete(
    control: &Control,
    task: &Task,
    actor: &Actor,
    result: Result<Effect, Failure>,
    findings: Vec<Finding>,
    subject: &str,
) -> Completion {
    let resource_id = match &result {
        Ok(Effect::Create { account, .. } | Effect::Update { account, .. }) => Some(account.id.0),
        _ => task.cloud_account_id.map(|id| id.0).or(task.subscription_id.map(|id| id.0)),
    };
    let resource = match task.command.subject() {
        Subject::CloudAccount => cloud_accounts::RESOURCE,
        Subject::Subscription | Subject::FixedSubscription => subscriptions::RESOURCE,
    };
    let Words { done, failed, .. } = words(task.command);
    let done = match &result {
        Ok(Effect::Answer(_)) if task.command.creates() => "Subscription planned",
        _ => done,
    };
    let (kind, outcome, description) = match result {
        Ok(effect) => (done, Ok(effect), format!("{done}: {subject}.")),
        Err(failure) => {
            let description = describe_failure(task, &failure.cause, &findings);
            let Failure { kind, fields, .. } = failure;
            (failed, Err(TaskError { kind, description: description.clone(), fields }), description)
        }
    };
    let audit = AuditEvent {
        actor: actor.clone(),
        resource,
        resource_id,
        kind,
        description: match &outcome {
            Ok(_) => format!("{done}: {subject} (task {}).", task.id),
            Err(error) => format!("{failed}: {subject}, {} (task {}).", error.kind.status_line(), task.id),
        },
    };
    let at = control.0.environment.now();
    Completion { at, outcome, description, findings, verification: None, audit }
}

/// Cause, what is untouched, task id and next step: clients show this text and often nothing else.
fn describe_failure(task: &Task, cause: &str, findings: &[Finding]) -> String {
    let untouched = words(task.command).untouched;
    let id = task.id;
    let more = if findings.is_empty() {
        String::new()
    } else {
        format!(" All findings: GET /api/tasks/{id}/findings.")
    };
    // Several problems are clauses, and no sentence.
    let stop = if cause.ends_with(char::is_alphanumeric) { "." } else { "" };
    format!("{cause}{stop} {untouched} Task {id}.{more}")
}

/// A rejection as a task's failure; other errors are not the caller's doing and stay errors.
pub(crate) fn rejection(error: Error) -> Result<Failure, Error> {
    match error {
        Error::Rejected { kind, message, fields } => Ok(Failure { kind, cause: message, fields }),
        error => Err(error),
    }
}

pub(crate) fn unreadable(id: TaskId) -> Error {
    Error::Internal(
        format!("task {id} does not hold what it needs; was the database changed by hand?").into(),
    )
}
