//! Order, view, change and give up subscriptions: desired state in, a task out. Never calls AWS: what is built
//! is built by the deployments' reconciler, which takes over once a subscription is pending or deleting.

use berth_domain::{
    account::Principal,
    ids::{SubscriptionId, TaskId},
    problem::Problem,
    subscription::{
        Subscription,
        database::PlannedDatabase,
        fixed::FixedCreate,
        maintenance::MaintenanceWindows,
        order::{CreateRequest, Purpose},
        terms::SubscriptionChange,
    },
    task::{Command, ErrorType, Subject, Task},
};
use berth_store::{Error as StoreError, Page};
use serde::{Deserialize, Serialize};

use crate::{
    Control, Error,
    queue::{About, Queued},
    request,
};

/// What the audit log calls these resources.
pub(crate) const RESOURCE: &str = "Subscription";

/// What a task needs to carry out a request about a subscription.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Request {
    /// Create, or plan, a subscription in a cloud account.
    Create(Box<CreateRequest>),
    /// Create a free subscription or one of a fixed size.
    CreateFixed(FixedCreate),
    /// Change a subscription.
    Change(SubscriptionChange),
}

impl Control {
    /// The account's subscriptions by id.
    pub async fn list_subscriptions(&self, by: &Principal) -> Result<Vec<Subscription>, Error> {
        Ok(self.0.store.subscriptions(by.account_id).await?)
    }

    /// One flexible or annual subscription.
    pub async fn view_subscription(
        &self,
        by: &Principal,
        id: SubscriptionId,
    ) -> Result<Subscription, Error> {
        self.subscription(by, id, Subject::Subscription).await
    }

    /// One free subscription, or one of a fixed size.
    pub async fn view_fixed_subscription(
        &self,
        by: &Principal,
        id: SubscriptionId,
    ) -> Result<Subscription, Error> {
        self.subscription(by, id, Subject::FixedSubscription).await
    }

    /// The databases that are planned for a flexible or annual subscription, by id.
    pub async fn list_planned_databases(
        &self,
        by: &Principal,
        id: SubscriptionId,
        page: Page,
    ) -> Result<Vec<PlannedDatabase>, Error> {
        Ok(self.0.store.planned_databases(by.account_id, id, page).await?)
    }

    /// Queues the creation of a subscription, or the making of a plan for it.
    pub async fn create_subscription(&self, by: &Principal, request: CreateRequest) -> Result<Task, Error> {
        let order = &request.order;
        let standing = self.0.store.standing(by.account_id, Some(order.cloud_account_id)).await?;
        refuse(standing.examine(order, self.0.environment.now()))?;
        let id = match request.purpose {
            Purpose::Build => Some(self.0.store.allocate_subscription_id().await?),
            Purpose::DryRun => None,
        };
        let name = order.name.as_ref().map_or_else(|| "without a name".to_owned(), ToString::to_string);
        let what = match request.purpose {
            Purpose::Build => format!("Subscription {name} requested"),
            Purpose::DryRun => format!("Plan of subscription {name} requested"),
        };
        let request = Request::Create(Box::new(request));
        self.queue_order(by, Command::SubscriptionCreateRequest, id, Some(request), what).await
    }

    /// Queues the creation of a free subscription or one of a fixed size.
    pub async fn create_fixed_subscription(
        &self,
        by: &Principal,
        request: FixedCreate,
    ) -> Result<Task, Error> {
        let standing = self.0.store.standing(by.account_id, None).await?;
        refuse(standing.examine_fixed(&request.order, self.0.environment.now()))?;
        let id = Some(self.0.store.allocate_subscription_id().await?);
        let what = format!("Subscription {} requested", request.name);
        let request = Request::CreateFixed(request);
        self.queue_order(by, Command::FixedSubscriptionCreateRequest, id, Some(request), what).await
    }

    /// Queues a change of a subscription.
    pub async fn change_subscription(
        &self,
        by: &Principal,
        id: SubscriptionId,
        change: SubscriptionChange,
    ) -> Result<Task, Error> {
        let command = match change {
            SubscriptionChange::Update(_) => Command::SubscriptionUpdateRequest,
            SubscriptionChange::ResourceTags(_) => Command::SubscriptionResourceTagsUpdateRequest,
            SubscriptionChange::AllowList(_) => Command::CidrUpdateRequest,
            SubscriptionChange::MaintenanceWindows(_) => {
                Command::SubscriptionMaintenanceWindowsUpdateRequest
            }
            SubscriptionChange::Fixed(_) => Command::FixedSubscriptionUpdateRequest,
        };
        let current = self.subscription(by, id, command.subject()).await?;
        let what = format!("Change of subscription {} requested", current.name);
        if let Some(payment) = change.payment() {
            let standing = self.0.store.standing(by.account_id, None).await?;
            refuse(standing.examine_payment(&payment, self.0.environment.now()).into_iter().collect())?;
        }
        change.clone().apply(current).map_err(|problem| Error::invalid([problem]))?;
        self.queue_order(by, command, Some(id), Some(Request::Change(change)), what).await
    }

    /// Queues the removal of a flexible or annual subscription, with all that was built for it.
    ///
    /// Its planned databases go with it: they hold nothing that could be lost.
    pub async fn delete_subscription(&self, by: &Principal, id: SubscriptionId) -> Result<Task, Error> {
        self.delete(by, id, Command::SubscriptionDeleteRequest).await
    }

    /// Queues the removal of a free subscription or one of a fixed size.
    pub async fn delete_fixed_subscription(
        &self,
        by: &Principal,
        id: SubscriptionId,
    ) -> Result<Task, Error> {
        self.delete(by, id, Command::FixedSubscriptionDeleteRequest).await
    }

    /// Queues a look at a subscription's allow list.
    pub async fn read_allow_list(&self, by: &Principal, id: SubscriptionId) -> Result<Task, Error> {
        let current = self.subscription(by, id, Subject::Subscription).await?;
        if current.terms.pro().is_none() {
            return Err(Error::rejected(
                ErrorType::CidrWhitelistNotAllowed,
                "There is no allow list: the operator keeps this subscription on record, and Berth built nothing \
                 for it.",
            ));
        }
        let what = format!("Allow list of subscription {} requested", current.name);
        self.queue_order(by, Command::CidrGetRequest, Some(id), None, what).await
    }

    /// When Berth may disturb a flexible or annual subscription.
    pub async fn view_maintenance_windows(
        &self,
        by: &Principal,
        id: SubscriptionId,
    ) -> Result<MaintenanceWindows, Error> {
        let current = self.subscription(by, id, Subject::Subscription).await?;
        Ok(current.terms.pro().map(|terms| terms.maintenance_windows.clone()).unwrap_or_default())
    }

    async fn delete(&self, by: &Principal, id: SubscriptionId, command: Command) -> Result<Task, Error> {
        let current = self.subscription(by, id, command.subject()).await?;
        let what = format!("Removal of subscription {} requested", current.name);
        self.queue_order(by, command, Some(id), None, what).await
    }

    async fn subscription(
        &self,
        by: &Principal,
        id: SubscriptionId,
        subject: Subject,
    ) -> Result<Subscription, Error> {
        let found = self.0.store.subscription(by.account_id, id).await?;
        let found =
            found.filter(|found| (subject == Subject::Subscription) == found.plan.brings_own_cloud());
        found.ok_or_else(|| not_found(id))
    }

    async fn queue_order(
        &self,
        by: &Principal,
        command: Command,
        subscription_id: Option<SubscriptionId>,
        request: Option<Request>,
        audit: String,
    ) -> Result<Task, Error> {
        let id = TaskId(self.0.environment.uuid());
        let sealed_request =
            request.map(|request| request::seal_order(&self.0.vault, id, &request)).transpose()?;
        let new = Queued {
            id,
            command,
            about: subscription_id.map(About::Subscription),
            resource: RESOURCE,
            sealed_request,
            audit,
        };
        self.queue_task(by, new).await.map_err(|error| rejected(error, subscription_id))
    }
}

/// What a store's refusal means for a request about a subscription.
pub(crate) fn rejected(error: StoreError, id: Option<SubscriptionId>) -> Error {
    match (error, id) {
        (StoreError::NoSuchSubscription, Some(id)) => not_found(id),
        (StoreError::SubscriptionDeleting, _) => Error::rejected(
            ErrorType::SubscriptionNotActive,
            "The subscription is being deleted; nothing else can be done with it.",
        ),
        (StoreError::Refused(problems), _) => Error::invalid(problems),
        (error, _) => error.into(),
    }
}

fn refuse(problems: Vec<Problem>) -> Result<(), Error> {
    if problems.is_empty() { Ok(()) } else { Err(Error::invalid(problems)) }
}

pub(crate) fn not_found(id: SubscriptionId) -> Error {
    Error::rejected(
        ErrorType::SubscriptionNotFound,
        format!(
            "There is no subscription {id} of this kind. GET /v1/subscriptions and GET /v1/fixed/subscriptions \
             list those there are."
        ),
    )
}
