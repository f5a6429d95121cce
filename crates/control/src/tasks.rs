//! What each task does: verify first, then change, in one transaction with the task's end.

use berth_domain::{
    account::{Actor, AuditEvent},
    cloud_account::{AccessKey, Candidate, Change, CloudAccount, ConsoleAccess, ConsoleUser, Verified},
    findings::{Check, Conclusion, Finding, Report, Verdict},
    ids::{CloudAccountId, TaskId},
    secret::Secret,
    task::{Command, ErrorType, Task, TaskError},
    values::{ConsolePassword, SecretAccessKey},
};
use berth_store::{ClaimedTask, Completion, Effect, Error as StoreError, SealedSecrets, Unique};

use crate::{
    Control, Error,
    cloud_accounts::{self, RESOURCE},
    request,
    verify::Patience,
};

/// What a task came to, before it is written down.
struct Outcome {
    result: Result<Effect, Failure>,
    findings: Vec<Finding>,
    /// What the task is about, such as `cloud account production`.
    subject: String,
}

/// Why a task changes nothing.
struct Failure {
    kind: ErrorType,
    cause: String,
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
            let failure = Failure { kind: ErrorType::GeneralError, cause };
            Outcome { result: Err(failure), findings: Vec::new(), subject: "a cloud account".into() }
        }
    };
    let Outcome { result, findings, subject } = outcome;
    let completion = complete(control, &task, &actor, result, findings.clone(), &subject);
    let taken = match control.0.store.finish_task(&lease, completion).await {
        Err(StoreError::Taken(unique)) => match unique {
            Unique::CloudAccountAccessKey => cloud_accounts::access_key_taken(),
            _ => cloud_accounts::name_taken(),
        },
        Err(StoreError::NoSuchCloudAccount) => {
            cloud_accounts::not_found(task.cloud_account_id.unwrap_or(CloudAccountId::INTERNAL))
        }
        Err(StoreError::CloudAccountUsed(by)) => cloud_accounts::used(&by),
        finished => return Ok(finished?),
    };
    // Another task of this account came first.
    let completion = complete(control, &task, &actor, Err(rejection(taken)?), findings, &subject);
    Ok(control.0.store.finish_task(&lease, completion).await?)
}

async fn work(control: &Control, task: &Task, sealed_request: Option<&[u8]>) -> Result<Outcome, Error> {
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
    let taken = control
        .0
        .store
        .conflicts(task.account_id, Some(&candidate.name), Some(&candidate.access_key.id), None)
        .await?;
    if taken.name || taken.access_key {
        let error =
            if taken.name { cloud_accounts::name_taken() } else { cloud_accounts::access_key_taken() };
        return Ok(Outcome { result: Err(rejection(error)?), findings: Vec::new(), subject });
    }
    let report = control.0.verifier.verify(&candidate, Patience::ForNewCredentials).await;
    let result = match Verified::new(candidate, &report) {
        None => Err(refusal(&report)),
        Some(verified) => {
            let id = control.0.store.allocate_cloud_account_id().await?;
            let secrets = seal_secrets(control, id, verified.candidate())?;
            let account = verified.into_cloud_account(id, task.account_id, control.0.environment.now());
            Ok(Effect::Create { account, secrets })
        }
    };
    Ok(Outcome { result, findings: report.findings, subject })
}

async fn update(
    control: &Control,
    task: &Task,
    form: berth_domain::cloud_account::Form,
    id: CloudAccountId,
) -> Result<Outcome, Error> {
    let store = &control.0.store;
    let (current, secrets) = tokio::try_join!(
        store.cloud_account(task.account_id, id),
        store.cloud_account_secrets(task.account_id, id)
    )?;
    let (Some(current), Some(secrets)) = (current, secrets) else {
        let subject = format!("cloud account {id}");
        return Ok(Outcome {
            result: Err(rejection(cloud_accounts::not_found(id))?),
            findings: Vec::new(),
            subject,
        });
    };
    let subject = format!("cloud account {}", current.name);
    // The account may have changed since the request came in: what fitted then may not fit now.
    let change = match Change::parse(form, &current) {
        Ok(change) => change,
        Err(fields) => {
            return Ok(Outcome {
                result: Err(rejection(Error::invalid(fields))?),
                findings: Vec::new(),
                subject,
            });
        }
    };
    let touches_access = change.touches_access();
    let candidate = merge(control, &current, &secrets, change)?;
    if !touches_access {
        // A new name is nothing AWS knows of.
        let secrets = seal_secrets(control, id, &candidate)?;
        let account =
            CloudAccount { name: candidate.name, updated_at: control.0.environment.now(), ..current };
        return Ok(Outcome {
            result: Ok(Effect::Update { account, secrets }),
            findings: Vec::new(),
            subject,
        });
    }
    let report = control.0.verifier.verify(&candidate, Patience::ForNewCredentials).await;
    let result = match Verified::new(candidate, &report) {
        None => Err(refusal(&report)),
        Some(verified) => {
            let secrets = seal_secrets(control, id, verified.candidate())?;
            let account = verified.into_cloud_account(id, task.account_id, current.created_at);
            Ok(Effect::Update { account, secrets })
        }
    };
    Ok(Outcome { result, findings: report.findings, subject })
}

async fn delete(control: &Control, task: &Task, id: CloudAccountId) -> Result<Outcome, Error> {
    let subject = match control.0.store.cloud_account(task.account_id, id).await? {
        Some(account) => format!("cloud account {}", account.name),
        None => format!("cloud account {id}"),
    };
    Ok(Outcome { result: Ok(Effect::Delete { id }), findings: Vec::new(), subject })
}

/// The account as it is, with what the change replaces.
pub(crate) fn merge(
    control: &Control,
    current: &CloudAccount,
    secrets: &SealedSecrets,
    change: Change,
) -> Result<Candidate, Error> {
    let vault = &control.0.vault;
    let secret = match change.secret {
        Some(secret) => secret,
        None => SecretAccessKey::parse(open_text(
            vault,
            &request::secret_key_of(current.id),
            &secrets.secret_key,
        )?)
        .map_err(|error| Error::Internal(Box::new(error)))?,
    };
    let password = match (change.console_password, &secrets.console_password) {
        (Some(password), _) => Some(password),
        (None, Some(sealed)) => Some(
            ConsolePassword::parse(open_text(vault, &request::console_password_of(current.id), sealed)?)
                .map_err(|error| Error::Internal(Box::new(error)))?,
        ),
        (None, None) => None,
    };
    let user = change.console_username.or_else(|| current.console_username.clone());
    let user = user.zip(password).map(|(name, password)| ConsoleUser { name, password });
    let role = change.console_role.or_else(|| current.console_role.clone());
    // A URL that Berth made up for the account follows the account; one the customer gave stays.
    let made_up = berth_domain::values::SignInUrl::of_account(&current.aws_account_id);
    let kept = (current.sign_in_url != made_up).then(|| current.sign_in_url.clone());
    Ok(Candidate {
        name: change.name.unwrap_or_else(|| current.name.clone()),
        access_key: AccessKey {
            id: change.access_key_id.unwrap_or_else(|| current.access_key_id.clone()),
            secret,
        },
        console: ConsoleAccess::new(role, user)
            .ok_or_else(|| Error::Internal("a cloud account without console access".into()))?,
        sign_in_url: change.sign_in_url.or(kept),
    })
}

fn open_text(
    vault: &berth_vault::Vault,
    location: &berth_vault::Location,
    sealed: &[u8],
) -> Result<Secret, Error> {
    let plain = vault.unseal(location, sealed)?;
    let text =
        std::str::from_utf8(&plain).map_err(|_| Error::Internal("a sealed text is not UTF-8".into()))?;
    Ok(Secret::new(text.to_owned()))
}

fn seal_secrets(
    control: &Control,
    id: CloudAccountId,
    candidate: &Candidate,
) -> Result<SealedSecrets, Error> {
    let vault = &control.0.vault;
    let seal = |location, secret: &Secret| vault.seal(&location, secret.expose().as_bytes());
    let secret_key = seal(request::secret_key_of(id), candidate.access_key.secret.secret())?;
    let console_password = candidate
        .console
        .user()
        .map(|user| seal(request::console_password_of(id), user.password.secret()))
        .transpose()?;
    Ok(SealedSecrets { secret_key, console_password })
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
        .map(|finding| match &finding.remedy {
            Some(remedy) => format!("{} {remedy}", finding.message),
            None => finding.message.clone(),
        })
        .collect();
    if decisive.len() > SHOWN {
        cause.push(format!("And {} more.", decisive.len() - SHOWN));
    }
    Failure { kind, cause: cause.join(" ") }
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
        _ => task.cloud_account_id.map(|id| id.0),
    };
    let (done, failed) = match task.command {
        Command::CloudAccountCreateRequest => {
            ("Cloud account registered", "Cloud account registration failed")
        }
        Command::CloudAccountUpdateRequest => ("Cloud account changed", "Cloud account change failed"),
        Command::CloudAccountDeleteRequest => ("Cloud account removed", "Cloud account removal failed"),
    };
    let (kind, outcome, description) = match result {
        Ok(effect) => (done, Ok(effect), format!("{done}: {subject}.")),
        Err(failure) => {
            let description = describe_failure(task, &failure.cause, &findings);
            (failed, Err(TaskError { kind: failure.kind, description: description.clone() }), description)
        }
    };
    let audit = AuditEvent {
        actor: actor.clone(),
        resource: RESOURCE,
        resource_id,
        kind,
        description: match &outcome {
            Ok(_) => format!("{done}: {subject} (task {}).", task.id),
            Err(error) => format!("{failed}: {subject}, {} (task {}).", error.kind.status_line(), task.id),
        },
    };
    Completion { at: control.0.environment.now(), outcome, description, findings, audit }
}

/// Cause, what is untouched, task id and next step: clients show this text and often nothing else.
fn describe_failure(task: &Task, cause: &str, findings: &[Finding]) -> String {
    let untouched = match task.command {
        Command::CloudAccountCreateRequest => "Nothing was saved.",
        Command::CloudAccountUpdateRequest => {
            "The cloud account is as it was and keeps working with the credentials it had."
        }
        Command::CloudAccountDeleteRequest => "The cloud account is as it was.",
    };
    let id = task.id;
    let more = if findings.is_empty() {
        String::new()
    } else {
        format!(" All findings: GET /api/tasks/{id}/findings.")
    };
    format!("{cause} {untouched} Task {id}.{more}")
}

/// A rejection as a task's failure; other errors are not the caller's doing and stay errors.
fn rejection(error: Error) -> Result<Failure, Error> {
    match error {
        Error::Rejected { kind, message, .. } => Ok(Failure { kind, cause: message }),
        error => Err(error),
    }
}

fn unreadable(id: TaskId) -> Error {
    Error::Internal(
        format!("task {id} does not hold what it needs; was the database changed by hand?").into(),
    )
}
