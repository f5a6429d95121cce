//! What the operator does on the command line: accounts, users, API keys, payment methods, subscriptions.

use berth_domain::{
    account::{
        Account, Actor, ApiKey, ApiKeyName, AuditEvent, Contract, PaymentMethod, Principal, Role, User,
    },
    cloud_account::CloudAccount,
    deployment::restore::RestorePolicy,
    ids::{AccountId, ApiKeyId, CloudAccountId, PaymentMethodId, SubscriptionId, UserId},
    regions::REGIONS,
    rotation::Rotation,
    secret::Secret,
    subscription::Subscription,
    task::ErrorType,
    values::{DisplayName, Email},
};
use berth_store::{Error as StoreError, NewAccount, NewApiKey, NewUser, Page, Store, Unique};
pub use berth_store::{NewPaymentMethod, NewSubscription};
use ipnet::IpNet;

use crate::{
    Error,
    access::{hash_password, hash_secret_key},
    environment::Environment,
    rotation, subscriptions,
};

/// Letters and digits of a generated key: over 250 bits.
const KEY_LENGTH: usize = 43;
/// Letters and digits of a generated password: over 140 bits.
const PASSWORD_LENGTH: usize = 24;

/// The operator's own use cases. Needs neither AWS nor the master key.
#[derive(Clone)]
pub struct Operator {
    store: Store,
    environment: Environment,
    /// Who does it, for the audit log.
    actor: Actor,
}

/// A new account, with what is shown once.
#[derive(Debug)]
pub struct NewCustomer {
    /// The account.
    pub account_id: AccountId,
    /// The owner's email.
    pub owner_email: Email,
    /// The owner's generated password.
    pub password: Secret,
    /// The API keys of the owner.
    pub api_key: NewKeys,
}

/// A pair of API keys, with what is shown once.
#[derive(Debug)]
pub struct NewKeys {
    /// The key's record.
    pub api_key: ApiKey,
    /// The account key (`x-api-key`).
    pub account_key: String,
    /// The user's secret key (`x-api-secret-key`), shown once.
    pub secret_key: Secret,
}

impl Operator {
    /// Works on this store.
    pub fn new(store: Store, environment: Environment) -> Self {
        Self { store, environment, actor: Actor::system() }
    }

    /// The same, in the name of a customer's own Owner.
    pub(crate) fn on_behalf_of(store: Store, environment: Environment, by: &Principal) -> Self {
        Self { store, environment, actor: Actor::from(by) }
    }

    /// Cloud accounts by id: of one account, or of all.
    pub async fn cloud_accounts(&self, of: Option<AccountId>) -> Result<Vec<CloudAccount>, Error> {
        Ok(match of {
            Some(account) => self.store.cloud_accounts(account, Page::default()).await?,
            None => self.store.all_cloud_accounts().await?,
        })
    }

    /// Begins to rotate a cloud account's access key; whichever `berth serve` runs on the database takes it up.
    pub async fn rotate(&self, id: CloudAccountId) -> Result<Rotation, Error> {
        let current = self.cloud_account(id).await?;
        let what = format!("Rotation of the access key of cloud account {} requested", current.name);
        let (store, actor) = (&self.store, self.actor.clone());
        rotation::begin(store, &self.environment, current.account_id, id, actor, what).await
    }

    /// A cloud account's rotations, newest first, at most 50.
    pub async fn rotations(&self, id: CloudAccountId) -> Result<Vec<Rotation>, Error> {
        let current = self.cloud_account(id).await?;
        Ok(self.store.rotations(current.account_id, id).await?)
    }

    /// One cloud account, of whatever account.
    pub async fn cloud_account(&self, id: CloudAccountId) -> Result<CloudAccount, Error> {
        self.store.any_cloud_account(id).await?.ok_or_else(|| {
            Error::rejected(
                ErrorType::CloudAccountNotFound,
                format!(
                    "There is no cloud account {id}. `berth cloud-account list` lists those there are."
                ),
            )
        })
    }

    /// Adds an account with its owner and a pair of API keys.
    pub async fn create_customer(&self, name: DisplayName, owner: Email) -> Result<NewCustomer, Error> {
        let password = self.secret(PASSWORD_LENGTH);
        let secret_key = self.secret(KEY_LENGTH);
        let account = NewAccount {
            name: name.clone(),
            account_key: self.environment.token(KEY_LENGTH),
            at: self.environment.now(),
        };
        let user = self.new_user(owner, name.clone(), Role::Owner, &password)?;
        let key = NewApiKey {
            name: "initial-owner-key".parse().expect("it is 17 letters and dashes"),
            secret_hash: hash_secret_key(secret_key.expose()),
            allowed_sources: Vec::new(),
        };
        let event = self.event("Account", None, "Account created", format!("Account {name} created."));
        let (account, user, api_key) =
            self.store.create_account(account, user, key, event).await.map_err(refuse)?;
        Ok(NewCustomer {
            account_id: account.id,
            owner_email: user.email,
            password,
            api_key: NewKeys { api_key, account_key: account.account_key, secret_key },
        })
    }

    /// Adds a user; returns it with its generated password, shown once.
    pub async fn create_user(
        &self,
        account: AccountId,
        email: Email,
        name: DisplayName,
        role: Role,
    ) -> Result<(User, Secret), Error> {
        let password = self.secret(PASSWORD_LENGTH);
        let event = self.event("User", None, "User created", format!("User {email} created as {role}."));
        let new = self.new_user(email, name, role, &password)?;
        let at = self.environment.now();
        let user = self.store.create_user(account, new, event, at).await.map_err(refuse)?;
        Ok((user, password))
    }

    /// An account's users.
    pub async fn users(&self, account: AccountId) -> Result<Vec<User>, Error> {
        self.existing(account).await?;
        Ok(self.store.users(account).await?)
    }

    /// Disables a user; its API keys stop working at once.
    pub async fn disable_user(&self, account: AccountId, email: &Email) -> Result<User, Error> {
        let user = self.user(account, email).await?;
        let event = self.event("User", Some(user.id.0), "User disabled", format!("User {email} disabled."));
        let at = self.environment.now();
        let disabled = self.store.disable_user(account, email, event, at).await.map_err(refuse)?;
        disabled.ok_or_else(|| no_user(account, email))
    }

    /// Adds an API key for a user of the account.
    pub async fn create_api_key(
        &self,
        account: AccountId,
        user: &Email,
        name: ApiKeyName,
        allowed_sources: Vec<IpNet>,
    ) -> Result<NewKeys, Error> {
        let account_key = self.existing(account).await?;
        let user: UserId = self.user(account, user).await?.id;
        let secret_key = self.secret(KEY_LENGTH);
        let event = self.event(
            "API key",
            None,
            "API key created",
            format!("API key {} created for user {user}.", name.as_str()),
        );
        let new = NewApiKey { name, secret_hash: hash_secret_key(secret_key.expose()), allowed_sources };
        let at = self.environment.now();
        let api_key = self.store.create_api_key(account, user, new, event, at).await.map_err(refuse)?;
        Ok(NewKeys { api_key, account_key, secret_key })
    }

    /// An account's API keys, revoked ones included.
    pub async fn api_keys(&self, account: AccountId) -> Result<Vec<ApiKey>, Error> {
        self.existing(account).await?;
        Ok(self.store.api_keys(account).await?)
    }

    /// Revokes an API key at once.
    pub async fn revoke_api_key(&self, account: AccountId, id: ApiKeyId) -> Result<ApiKey, Error> {
        let event = self.event("API key", Some(id.0), "API key revoked", format!("API key {id} revoked."));
        let at = self.environment.now();
        let revoked = self.store.revoke_api_key(account, id, event, at).await.map_err(refuse)?;
        revoked.ok_or_else(|| not_found(format!("Account {account} has no API key {id}.")))
    }

    /// Records under which contract an account subscribes from now on.
    pub async fn set_contract(&self, account: AccountId, contract: Contract) -> Result<Account, Error> {
        let description = match contract {
            Contract::None => format!("Account {account} is under no contract."),
            Contract::Annual => format!("Account {account} is under an annual contract."),
        };
        let event = self.event("Account", Some(account.0), "Contract recorded", description);
        let at = self.environment.now();
        let changed = self.store.set_contract(account, contract, event, at).await?;
        changed.ok_or_else(|| no_account(account))
    }

    /// Records a payment method.
    pub async fn add_payment_method(
        &self,
        account: AccountId,
        new: NewPaymentMethod,
    ) -> Result<PaymentMethod, Error> {
        let event = self.event(
            "Payment method",
            None,
            "Payment method added",
            format!("Payment method {} ending in {:04} added.", new.kind, new.last4),
        );
        let at = self.environment.now();
        self.store.add_payment_method(account, new, event, at).await.map_err(refuse)
    }

    /// An account's payment methods.
    pub async fn payment_methods(&self, account: AccountId) -> Result<Vec<PaymentMethod>, Error> {
        self.existing(account).await?;
        Ok(self.store.payment_methods(account).await?)
    }

    /// Removes a payment method.
    pub async fn remove_payment_method(
        &self,
        account: AccountId,
        id: PaymentMethodId,
    ) -> Result<PaymentMethod, Error> {
        let event = self.event(
            "Payment method",
            Some(id.0),
            "Payment method removed",
            format!("Payment method {id} removed."),
        );
        let at = self.environment.now();
        let removed = self.store.remove_payment_method(account, id, event, at).await.map_err(refuse)?;
        removed.ok_or_else(|| not_found(format!("Account {account} has no payment method {id}.")))
    }

    /// Records a subscription.
    pub async fn add_subscription(
        &self,
        account: AccountId,
        new: NewSubscription,
    ) -> Result<Subscription, Error> {
        if new.cloud_account_id.is_some() && !new.plan.brings_own_cloud() {
            return Err(refused(format!(
                "A {} subscription runs in the operator's AWS account; only flexible and annual ones run in \
                 a cloud account of the customer.",
                new.plan
            )));
        }
        if let Some(region) =
            new.regions.iter().find(|name| REGIONS.iter().all(|region| region.name != **name))
        {
            return Err(refused(format!("{region:?} is no AWS region; one is eu-west-1.")));
        }
        let event = self.event(
            "Subscription",
            None,
            "Subscription added",
            format!("Subscription {} added ({}).", new.name, new.plan),
        );
        let cloud_account = new.cloud_account_id;
        let at = self.environment.now();
        self.store.add_subscription(account, new, event, at).await.map_err(|error| {
            match (error, cloud_account) {
                (StoreError::NoSuchCloudAccount, Some(id)) => {
                    not_found(format!("Account {account} has no cloud account {id}."))
                }
                (StoreError::NotActive, Some(id)) => Error::rejected(
                    ErrorType::CloudAccountNotActive,
                    format!("Cloud account {id} is being deleted."),
                ),
                (error, _) => refuse(error),
            }
        })
    }

    /// An account's subscriptions.
    pub async fn subscriptions(&self, account: AccountId) -> Result<Vec<Subscription>, Error> {
        self.existing(account).await?;
        Ok(self.store.subscriptions(account).await?)
    }

    /// Removes a subscription from the records.
    pub async fn remove_subscription(
        &self,
        account: AccountId,
        id: SubscriptionId,
    ) -> Result<Subscription, Error> {
        let event = self.event(
            "Subscription",
            Some(id.0),
            "Subscription removed",
            format!("Subscription {id} removed."),
        );
        let at = self.environment.now();
        let removed = self.store.remove_subscription(account, id, event, at).await.map_err(refuse)?;
        removed.ok_or_else(|| not_found(format!("Account {account} has no subscription {id}.")))
    }

    /// What of a subscription is restored.
    pub async fn restore_policy(
        &self,
        account: AccountId,
        id: SubscriptionId,
    ) -> Result<RestorePolicy, Error> {
        let policy = self.store.restore_policy(account, id).await?;
        policy.ok_or_else(|| not_found(format!("Account {account} has no subscription {id}.")))
    }

    /// Sets what of a subscription is restored. The server looks at what has drifted already the next time it looks.
    pub async fn set_restore_policy(
        &self,
        account: AccountId,
        id: SubscriptionId,
        policy: &RestorePolicy,
    ) -> Result<(), Error> {
        let kind = "Restore policy changed";
        let event = self.event("Subscription", Some(id.0), kind, format!("Subscription {id}: {policy}."));
        let at = self.environment.now();
        let done = self.store.set_restore_policy(account, id, policy, event, at).await;
        done.map_err(|error| match error {
            StoreError::NoSuchSubscription | StoreError::NoSuchAccount => {
                not_found(format!("Account {account} has no subscription {id}."))
            }
            error => subscriptions::rejected(error, Some(id)),
        })
    }

    fn event(
        &self,
        resource: &'static str,
        resource_id: Option<i32>,
        kind: &'static str,
        description: String,
    ) -> AuditEvent {
        AuditEvent { actor: self.actor.clone(), resource, resource_id, kind, description }
    }

    fn secret(&self, length: usize) -> Secret {
        Secret::new(self.environment.token(length))
    }

    fn new_user(
        &self,
        email: Email,
        name: DisplayName,
        role: Role,
        password: &Secret,
    ) -> Result<NewUser, Error> {
        let mut salt = [0; 16];
        self.environment.random.fill(&mut salt);
        Ok(NewUser { email, name, role, password_hash: hash_password(password, &salt)? })
    }

    /// The account key of an account that exists.
    async fn existing(&self, account: AccountId) -> Result<String, Error> {
        let found = self.store.account(account).await?;
        found.map(|found| found.account_key).ok_or_else(|| no_account(account))
    }

    async fn user(&self, account: AccountId, email: &Email) -> Result<User, Error> {
        let users = self.users(account).await?;
        users.into_iter().find(|user| user.email == *email).ok_or_else(|| no_user(account, email))
    }
}

fn refuse(error: StoreError) -> Error {
    match error {
        StoreError::Taken(Unique::Email) => {
            Error::rejected(ErrorType::BadRequest, "A user with this email address exists already.")
        }
        StoreError::NoSuchAccount => not_found("There is no such account.".into()),
        StoreError::Refused(problems) => Error::invalid(problems),
        error => error.into(),
    }
}

fn no_account(account: AccountId) -> Error {
    not_found(format!("There is no account {account}; `berth init` adds one."))
}

fn no_user(account: AccountId, email: &Email) -> Error {
    not_found(format!("Account {account} has no user {email}; `berth user list` shows those it has."))
}

fn refused(message: String) -> Error {
    Error::rejected(ErrorType::BadRequest, message)
}

fn not_found(message: String) -> Error {
    Error::rejected(ErrorType::NotFound, message)
}
