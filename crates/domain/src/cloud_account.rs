//! Cloud accounts: what a customer enters, what Berth keeps, and the rules for both.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    access::{Access, AccessId, AccessKey, AccessMode, TrustingRole},
    findings::Identity,
    health::Health,
    ids::{AccountId, CloudAccountId},
    secret::Secret,
    values::{
        AccessKeyId, Arn, AwsAccountId, CloudAccountName, ConsolePassword, ExternalId, Invalid, RoleArn,
        RoleName, SecretAccessKey, SignInUrl, UserName,
    },
};

/// A field of the cloud-account form, by its API name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// Account name.
    Name,
    /// Cloud provider.
    Provider,
    /// By a key or by a role.
    AccessMode,
    /// AWS access key.
    AccessKeyId,
    /// AWS secret key.
    AccessSecretKey,
    /// ARN of the role that Berth assumes.
    RoleArn,
    /// What Berth names when it does.
    ExternalId,
    /// IAM role name.
    ConsoleRoleName,
    /// AWS console username.
    ConsoleUsername,
    /// AWS console password.
    ConsolePassword,
    /// AWS console sign-in URL.
    SignInLoginUrl,
}

impl Field {
    /// The API name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Provider => "provider",
            Self::AccessMode => "accessMode",
            Self::AccessKeyId => "accessKeyId",
            Self::AccessSecretKey => "accessSecretKey",
            Self::RoleArn => "roleArn",
            Self::ExternalId => "externalId",
            Self::ConsoleRoleName => "consoleRoleName",
            Self::ConsoleUsername => "consoleUsername",
            Self::ConsolePassword => "consolePassword",
            Self::SignInLoginUrl => "signInLoginUrl",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A field that cannot be accepted, and why. The message never repeats a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Which field.
    pub field: Field,
    /// What is wrong with it.
    pub message: String,
}

/// The form as it came in: nothing checked yet.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Account name.
    pub name: Option<String>,
    /// Cloud provider; AWS when absent.
    pub provider: Option<String>,
    /// By a key or by a role; by a key when absent.
    pub access_mode: Option<String>,
    /// AWS access key.
    pub access_key_id: Option<String>,
    /// AWS secret key.
    pub access_secret_key: Option<Secret>,
    /// ARN of the role that Berth assumes.
    pub role_arn: Option<String>,
    /// What Berth names when it does.
    pub external_id: Option<String>,
    /// IAM role name.
    pub console_role_name: Option<String>,
    /// AWS console username.
    pub console_username: Option<String>,
    /// AWS console password.
    pub console_password: Option<Secret>,
    /// AWS console sign-in URL.
    pub sign_in_login_url: Option<String>,
}

/// An AWS console user with its password.
#[derive(Clone, Debug)]
pub struct ConsoleUser {
    /// The user's name.
    pub name: UserName,
    /// The user's password.
    pub password: ConsolePassword,
}

/// How support staff get into the AWS console: a role, a user, or both. Never neither.
#[derive(Clone, Debug)]
pub struct ConsoleAccess {
    role: Option<RoleName>,
    user: Option<ConsoleUser>,
}

impl ConsoleAccess {
    /// Refuses neither.
    pub fn new(role: Option<RoleName>, user: Option<ConsoleUser>) -> Option<Self> {
        (role.is_some() || user.is_some()).then_some(Self { role, user })
    }

    /// The console role.
    pub fn role(&self) -> Option<&RoleName> {
        self.role.as_ref()
    }

    /// The console user.
    pub fn user(&self) -> Option<&ConsoleUser> {
        self.user.as_ref()
    }
}

/// A cloud account to be: well-formed, not verified.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its name.
    pub name: CloudAccountName,
    /// Its way into AWS.
    pub access: Access,
    /// Its way into the AWS console.
    pub console: ConsoleAccess,
    /// Its sign-in URL, when the customer gave one.
    pub sign_in_url: Option<SignInUrl>,
}

impl Candidate {
    /// Checks a create request; names every field that is wrong, not just the first.
    pub fn parse(mut form: Form) -> Result<Self, Vec<FieldError>> {
        let mut errors = Errors::default();
        errors.provider(form.provider.as_deref());
        let name = errors.required(Field::Name, form.name.take(), |t| t.parse());
        let mode = errors.mode(form.access_mode.as_deref(), AccessMode::default());
        let access = Ways::parse(&mut form, mode, &mut errors).complete(mode, &mut errors);
        let role = errors.optional(Field::ConsoleRoleName, form.console_role_name, |t| t.parse());
        let user_name = errors.optional(Field::ConsoleUsername, form.console_username, |t| t.parse());
        let password =
            errors.optional(Field::ConsolePassword, form.console_password, ConsolePassword::parse);
        let sign_in_url = errors.optional(Field::SignInLoginUrl, form.sign_in_login_url, |t| t.parse());
        let user = match (user_name, password) {
            (Some(name), Some(password)) => Some(ConsoleUser { name, password }),
            (Some(_), None) if errors.none_on(Field::ConsolePassword) => {
                errors.add(Field::ConsolePassword, "is needed together with consoleUsername");
                None
            }
            (None, Some(_)) if errors.none_on(Field::ConsoleUsername) => {
                errors.add(Field::ConsoleUsername, "is needed together with consolePassword");
                None
            }
            _ => None,
        };
        let console = ConsoleAccess::new(role, user);
        if console.is_none()
            && [Field::ConsoleRoleName, Field::ConsoleUsername, Field::ConsolePassword]
                .into_iter()
                .all(|field| errors.none_on(field))
        {
            errors.add(
                Field::ConsoleRoleName,
                "is needed, unless consoleUsername and consolePassword are given",
            );
        }
        match (name, access, console) {
            (Some(name), Some(access), Some(console)) if errors.0.is_empty() => {
                Ok(Self { name, access, console, sign_in_url })
            }
            _ => Err(errors.0),
        }
    }
}

/// What an update asks to change; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// A new name.
    pub name: Option<CloudAccountName>,
    /// By a key or by a role from now on. Comes with all that the other way needs, when it is another way.
    pub access_mode: AccessMode,
    /// A new access key id. Comes with a new secret.
    pub access_key_id: Option<AccessKeyId>,
    /// A new secret; alone, it is a new secret for the same key.
    pub secret: Option<SecretAccessKey>,
    /// A new role to assume.
    pub role_arn: Option<RoleArn>,
    /// A new external id.
    pub external_id: Option<ExternalId>,
    /// A new console role.
    pub console_role: Option<RoleName>,
    /// A new console user name.
    pub console_username: Option<UserName>,
    /// A new console password.
    pub console_password: Option<ConsolePassword>,
    /// A new sign-in URL.
    pub sign_in_url: Option<SignInUrl>,
}

impl Change {
    /// Checks an update request against the account it is for; names every field that is wrong.
    pub fn parse(mut form: Form, current: &CloudAccount) -> Result<Self, Vec<FieldError>> {
        let mut errors = Errors::default();
        errors.provider(form.provider.as_deref());
        let name = errors.optional(Field::Name, form.name.take(), |t| t.parse());
        let mode = errors.mode(form.access_mode.as_deref(), current.access.mode());
        let ways = Ways::parse(&mut form, mode, &mut errors);
        let access_mode = mode.unwrap_or(current.access.mode());
        if access_mode != current.access.mode() {
            ways.require(access_mode, &mut errors);
        }
        let change = Self {
            name,
            access_mode,
            access_key_id: ways.key_id,
            secret: ways.secret,
            role_arn: ways.role_arn,
            external_id: ways.external_id,
            console_role: errors.optional(Field::ConsoleRoleName, form.console_role_name, |t| t.parse()),
            console_username: errors.optional(Field::ConsoleUsername, form.console_username, |t| t.parse()),
            console_password: errors.optional(
                Field::ConsolePassword,
                form.console_password,
                ConsolePassword::parse,
            ),
            sign_in_url: errors.optional(Field::SignInLoginUrl, form.sign_in_login_url, |t| t.parse()),
        };
        let other_key = change.access_key_id.as_ref().is_some_and(|id| Some(id) != current.access.key());
        if other_key && change.secret.is_none() && errors.none_on(Field::AccessSecretKey) {
            errors.add(Field::AccessSecretKey, "is needed together with a new accessKeyId");
        }
        let other_user =
            change.console_username.is_some() && change.console_username != current.console_username;
        if other_user && change.console_password.is_none() && errors.none_on(Field::ConsolePassword) {
            errors.add(Field::ConsolePassword, "is needed together with a new consoleUsername");
        }
        let no_user = change.console_username.is_none() && current.console_username.is_none();
        if change.console_password.is_some() && no_user && errors.none_on(Field::ConsoleUsername) {
            errors.add(Field::ConsoleUsername, "is needed together with consolePassword");
        }
        if errors.0.is_empty() { Ok(change) } else { Err(errors.0) }
    }

    /// Whether it changes anything that AWS knows of, and so must be verified; a new name alone does not.
    pub fn touches_access(&self) -> bool {
        self.access_key_id.is_some()
            || self.secret.is_some()
            || self.role_arn.is_some()
            || self.external_id.is_some()
            || self.console_role.is_some()
            || self.console_username.is_some()
            || self.console_password.is_some()
            || self.sign_in_url.is_some()
    }
}

/// The fields of a form that say how Berth gets in, those of the other way left out.
struct Ways {
    key_id: Option<AccessKeyId>,
    secret: Option<SecretAccessKey>,
    role_arn: Option<RoleArn>,
    external_id: Option<ExternalId>,
}

impl Ways {
    /// Takes the fields from the form. Those that do not fit the mode are wrong, whatever they hold; without
    /// a mode that can be read, nobody can tell.
    fn parse(form: &mut Form, mode: Option<AccessMode>, errors: &mut Errors) -> Self {
        if mode == Some(AccessMode::Role) {
            let message = "does not go with accessMode role; leave it out, or give accessMode keys";
            errors.unfit(Field::AccessKeyId, &mut form.access_key_id, message);
            errors.unfit(Field::AccessSecretKey, &mut form.access_secret_key, message);
        }
        if mode == Some(AccessMode::Keys) {
            let message = "does not go with accessMode keys; leave it out, or give accessMode role";
            errors.unfit(Field::RoleArn, &mut form.role_arn, message);
            errors.unfit(Field::ExternalId, &mut form.external_id, message);
        }
        Self {
            key_id: errors.optional(Field::AccessKeyId, form.access_key_id.take(), |t| t.parse()),
            secret: errors.optional(
                Field::AccessSecretKey,
                form.access_secret_key.take(),
                SecretAccessKey::parse,
            ),
            role_arn: errors.optional(Field::RoleArn, form.role_arn.take(), |t| t.parse()),
            external_id: errors.optional(Field::ExternalId, form.external_id.take(), |t| t.parse()),
        }
    }

    /// Names what the mode needs and was not given.
    fn require(&self, mode: AccessMode, errors: &mut Errors) {
        let needed = match mode {
            AccessMode::Keys => [
                (Field::AccessKeyId, self.key_id.is_none()),
                (Field::AccessSecretKey, self.secret.is_none()),
            ],
            AccessMode::Role => {
                [(Field::RoleArn, self.role_arn.is_none()), (Field::ExternalId, self.external_id.is_none())]
            }
        };
        for (field, missing) in needed {
            if missing && errors.none_on(field) {
                errors.add(field, "is required");
            }
        }
    }

    /// The way in, when everything for it is there.
    fn complete(self, mode: Option<AccessMode>, errors: &mut Errors) -> Option<Access> {
        let mode = mode?;
        self.require(mode, errors);
        match mode {
            AccessMode::Keys => {
                let (id, secret) = self.key_id.zip(self.secret)?;
                Some(Access::Key(AccessKey { id, secret }))
            }
            AccessMode::Role => {
                let (arn, external_id) = self.role_arn.zip(self.external_id)?;
                Some(Access::Role(TrustingRole { arn, external_id }))
            }
        }
    }
}

#[derive(Default)]
struct Errors(Vec<FieldError>);

impl Errors {
    fn add(&mut self, field: Field, message: &str) {
        self.0.push(FieldError { field, message: message.to_owned() });
    }

    fn none_on(&self, field: Field) -> bool {
        self.0.iter().all(|error| error.field != field)
    }

    /// A field that must not be there, taken out.
    fn unfit<I>(&mut self, field: Field, input: &mut Option<I>, message: &str) {
        if input.take().is_some() {
            self.add(field, message);
        }
    }

    fn mode(&mut self, text: Option<&str>, otherwise: AccessMode) -> Option<AccessMode> {
        let Some(text) = text else { return Some(otherwise) };
        let mode = AccessMode::parse(text);
        if mode.is_none() {
            self.add(Field::AccessMode, "must be keys or role");
        }
        mode
    }

    fn optional<I, T>(
        &mut self,
        field: Field,
        input: Option<I>,
        parse: impl FnOnce(I) -> Result<T, Invalid>,
    ) -> Option<T> {
        match parse(input?) {
            Ok(value) => Some(value),
            Err(Invalid(message)) => {
                self.0.push(FieldError { field, message });
                None
            }
        }
    }

    fn required<I, T>(
        &mut self,
        field: Field,
        input: Option<I>,
        parse: impl FnOnce(I) -> Result<T, Invalid>,
    ) -> Option<T> {
        if input.is_none() {
            self.add(field, "is required");
        }
        self.optional(field, input, parse)
    }

    fn provider(&mut self, provider: Option<&str>) {
        match provider {
            None | Some("AWS") => {}
            Some("GCP") => self.add(
                Field::Provider,
                "GCP accounts cannot be registered: Berth provisions in AWS accounts only",
            ),
            Some(_) => self.add(Field::Provider, "must be AWS, the only provider Berth provisions in"),
        }
    }
}

/// The state of a cloud account, as the REST API names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Verified and usable.
    Active,
    /// Usable; a change is being verified.
    ChangeDraft,
    /// A delete is under way.
    DeleteDraft,
    /// Its access stopped working.
    ActiveError,
}

impl Status {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ChangeDraft => "change-draft",
            Self::DeleteDraft => "delete-draft",
            Self::ActiveError => "active-error",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::ChangeDraft, Self::DeleteDraft, Self::ActiveError]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// A registered AWS account, without its secrets.
#[derive(Clone, Debug)]
pub struct CloudAccount {
    /// Its id.
    pub id: CloudAccountId,
    /// The account it belongs to.
    pub account_id: AccountId,
    /// Its name, unique in the account.
    pub name: CloudAccountName,
    /// Its state.
    pub status: Status,
    /// Whether its access works.
    pub health: Health,
    /// Its way into AWS. An access key is unique in the account, an external id in this Berth.
    pub access: AccessId,
    /// The AWS account.
    pub aws_account_id: AwsAccountId,
    /// The IAM user that owns the access key, or the role.
    pub principal_arn: Arn,
    /// The console role, when it has one.
    pub console_role: Option<RoleName>,
    /// The console role's ARN.
    pub console_role_arn: Option<Arn>,
    /// The console user, when it has one.
    pub console_username: Option<UserName>,
    /// The sign-in URL.
    pub sign_in_url: SignInUrl,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When its access was last verified.
    pub verified_at: Timestamp,
}

/// A candidate that a verification has found sound: the only thing that can become, or change, a cloud account.
#[derive(Clone, Debug)]
pub struct Verified {
    candidate: Candidate,
    identity: Identity,
    console_role_arn: Option<Arn>,
    at: Timestamp,
}

impl Verified {
    /// Takes a candidate and the report on it; `None` unless the report's conclusion is *verified*.
    pub fn new(candidate: Candidate, report: &crate::findings::Report) -> Option<Self> {
        if report.conclusion() != crate::findings::Conclusion::Verified {
            return None;
        }
        Some(Self {
            candidate,
            identity: report.identity.clone()?,
            console_role_arn: report.console_role_arn.clone(),
            at: report.at,
        })
    }

    /// What was verified.
    pub fn candidate(&self) -> &Candidate {
        &self.candidate
    }

    /// The cloud account it becomes.
    pub fn into_cloud_account(
        self,
        id: CloudAccountId,
        account_id: AccountId,
        created_at: Timestamp,
    ) -> CloudAccount {
        let Candidate { name, access, console, sign_in_url } = self.candidate;
        CloudAccount {
            id,
            account_id,
            name,
            status: Status::Active,
            health: Health::Working,
            access: access.id(),
            sign_in_url: sign_in_url
                .unwrap_or_else(|| SignInUrl::of_account(&self.identity.aws_account_id)),
            aws_account_id: self.identity.aws_account_id,
            principal_arn: self.identity.principal_arn,
            console_username: console.user.map(|user| user.name),
            console_role: console.role,
            console_role_arn: self.console_role_arn,
            created_at,
            updated_at: self.at,
            verified_at: self.at,
        }
    }
}
