//! Queueing a task: the one way in, whatever the task is about.

use berth_domain::{
    account::{Actor, AuditEvent, Principal},
    ids::{CloudAccountId, SubscriptionId, TaskId},
    task::{Command, Task},
};
use berth_store::{Error as StoreError, NewTask, work::Kind};

use crate::{Control, tasks::words};

/// A task to be queued.
pub(crate) struct Queued {
    /// Its id; its request is sealed to it.
    pub(crate) id: TaskId,
    pub(crate) command: Command,
    /// What it is about; none when that does not exist yet.
    pub(crate) about: Option<About>,
    /// The kind of resource, as the audit log names it.
    pub(crate) resource: &'static str,
    pub(crate) sealed_request: Option<Vec<u8>>,
    /// What the audit log says, without the task's id.
    pub(crate) audit: String,
}

/// What a task is about.
#[derive(Clone, Copy)]
pub(crate) enum About {
    CloudAccount(CloudAccountId),
    Subscription(SubscriptionId),
}

impl Control {
    /// Queues a task with its audit entry, and wakes the runner.
    pub(crate) async fn queue_task(&self, by: &Principal, queued: Queued) -> Result<Task, StoreError> {
        let Queued { id, command, about, resource, sealed_request, audit } = queued;
        let (cloud_account_id, subscription_id) = match about {
            Some(About::CloudAccount(id)) => (Some(id), None),
            Some(About::Subscription(id)) => (None, Some(id)),
            None => (None, None),
        };
        let new = NewTask {
            id,
            account_id: by.account_id,
            command,
            cloud_account_id,
            subscription_id,
            sealed_request,
            description: "Received; waiting for its turn.".into(),
            at: self.0.environment.now(),
        };
        let event = AuditEvent {
            actor: Actor::from(by),
            resource,
            resource_id: cloud_account_id.map(|id| id.0).or(subscription_id.map(|id| id.0)),
            kind: words(command).requested,
            description: format!("{audit} (task {id})."),
        };
        let task = self.0.store.queue_task(new, event).await?;
        self.0.wakes.wake(Kind::Tasks);
        Ok(task)
    }
}
