//! What tasks about subscriptions do. They write down what was ordered; building it is the reconciler's work.

use berth_domain::{
    ids::SubscriptionId,
    subscription::{
        access::AllowList,
        maintenance::MaintenanceWindows,
        order::{CreateRequest, Purpose},
        terms::{ProTerms, Terms},
    },
    task::{Command, ErrorType, Task},
};
use berth_store::{Effect, OrderedSubscription};
use serde_json::json;

use crate::{
    Control, Error,
    deployments::PlanError,
    request,
    subscriptions::{Request, not_found},
    tasks::{Failure, Outcome, rejection, unreadable},
};

/// Carries out a task about a subscription.
pub(crate) async fn work(
    control: &Control,
    task: &Task,
    sealed_request: Option<&[u8]>,
) -> Result<Outcome, Error> {
    let request = sealed_request.map(|sealed| request::open_order(&control.0.vault, task.id, sealed));
    match (task.command, request.transpose()?, task.subscription_id) {
        (Command::SubscriptionCreateRequest, Some(Request::Create(request)), id) => {
            create(control, task, *request, id).await
        }
        (Command::FixedSubscriptionCreateRequest, Some(Request::CreateFixed(request)), Some(id)) => {
            let subject = format!("subscription {}", request.name);
            let terms = Terms::Fixed(request.order);
            let name = Some(request.name);
            let ordered = OrderedSubscription { id, name, terms, deployments: Vec::new() };
            Ok(outcome(Ok(Effect::Subscribe(Box::new(ordered))), subject))
        }
        (Command::CidrGetRequest, None, Some(id)) => read_allow_list(control, task, id).await,
        (command, None, Some(id)) if command.removes() => {
            Ok(outcome(Ok(Effect::Unsubscribe { id }), subject(control, task, id).await?))
        }
        (_, Some(Request::Change(change)), Some(id)) => {
            let subject = subject(control, task, id).await?;
            Ok(outcome(Ok(Effect::ChangeSubscription { id, change }), subject))
        }
        _ => Err(unreadable(task.id)),
    }
}

fn outcome(result: Result<Effect, Failure>, subject: String) -> Outcome {
    Outcome::without_verification(subject, result)
}

async fn subject(control: &Control, task: &Task, id: SubscriptionId) -> Result<String, Error> {
    let found = control.0.store.subscription(task.account_id, id).await?;
    Ok(found.map_or_else(|| format!("subscription {id}"), |found| format!("subscription {}", found.name)))
}

async fn create(
    control: &Control,
    task: &Task,
    request: CreateRequest,
    id: Option<SubscriptionId>,
) -> Result<Outcome, Error> {
    let CreateRequest { order, purpose } = request;
    let subject = match (&order.name, id) {
        (Some(name), _) => format!("subscription {name}"),
        (None, Some(id)) => format!("subscription {id}"),
        (None, None) => "a subscription without a name".to_owned(),
    };
    let plan = match control.plan_order(task.account_id, &order).await {
        Ok(plan) => plan,
        Err(PlanError::Refused(problems)) => {
            return Ok(outcome(Err(rejection(Error::invalid(problems))?), subject));
        }
        Err(PlanError::NotAnswered(cause)) => {
            return Ok(outcome(Err(Failure::new(ErrorType::ProvisionFailure, cause)), subject));
        }
        Err(PlanError::Berth(error)) => return Err(error),
    };
    let effect = match (purpose, id) {
        (Purpose::DryRun, _) => Effect::Answer(plan.tell()),
        (Purpose::Build, Some(id)) => {
            let name = order.name.clone();
            let allow_list = AllowList::default();
            let maintenance_windows = MaintenanceWindows::default();
            let terms = Terms::Pro(Box::new(ProTerms { order, allow_list, maintenance_windows }));
            let deployments = plan.into_deployments();
            Effect::Subscribe(Box::new(OrderedSubscription { id, name, terms, deployments }))
        }
        (Purpose::Build, None) => return Err(unreadable(task.id)),
    };
    Ok(outcome(Ok(effect), subject))
}

async fn read_allow_list(control: &Control, task: &Task, id: SubscriptionId) -> Result<Outcome, Error> {
    let found = control.0.store.subscription(task.account_id, id).await?;
    let Some(found) = found else {
        return Ok(outcome(Err(rejection(not_found(id))?), format!("subscription {id}")));
    };
    let subject = format!("the allow list of subscription {}", found.name);
    let result = match found.terms.pro() {
        Some(terms) => Ok(Effect::Answer(json!({
            "cidr_ips": terms.allow_list.cidrs,
            "security_group_ids": terms.allow_list.security_groups,
            "errors": [],
        }))),
        None => Err(Failure::new(
            ErrorType::CidrWhitelistNotAllowed,
            "The subscription has no allow list.".to_owned(),
        )),
    };
    Ok(outcome(result, subject))
}
