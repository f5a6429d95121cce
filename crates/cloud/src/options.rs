//! What whoever opens a session has to say about its calls.

use std::sync::Arc;

use uuid::Uuid;

/// Whether whoever works on something may still change it: a lease that has not run out, say.
///
/// A session asks before it sends any attempt of a call that [`may_change`] something. A refusal ends the call as
/// [`crate::ErrorKind::LeaseLost`]. Asked often, and while a call waits: the answer comes from memory.
pub trait Permit: Send + Sync {
    /// Whether a call that changes something may be sent now.
    fn may_change(&self) -> bool;
}

/// Lets everything be sent.
#[derive(Clone, Copy, Debug)]
pub struct Always;

impl Permit for Always {
    fn may_change(&self) -> bool {
        true
    }
}

/// What a session's calls have in common besides their credentials; by default nothing.
#[derive(Clone)]
pub struct SessionOptions {
    /// Asked before each attempt of a call that may change something.
    pub permit: Arc<dyn Permit>,
    /// What the calls are made for. AWS keeps it as part of the user agent, `berth/<operation>`: so in CloudTrail a
    /// call can be found again whose answer was lost, and that has no tag to find it by.
    pub operation: Option<Uuid>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self { permit: Arc::new(Always), operation: None }
    }
}

/// Whether an operation, such as `iam:CreateAccessKey`, may change something: whatever doesn't say that it only looks.
pub fn may_change(operation: &str) -> bool {
    let name = operation.split_once(':').map_or(operation, |(_, name)| name);
    !["Describe", "Get", "List", "Lookup", "Simulate"].iter().any(|word| name.starts_with(word))
}

#[cfg(test)]
mod tests {
    use berth_domain::permissions::{Function, TABLE};

    use super::may_change;

    #[test]
    fn verification_and_monitoring_change_nothing() {
        let only_look = [Function::Verify, Function::Monitor];
        for row in TABLE.iter().filter(|row| only_look.contains(&row.function)) {
            assert!(!may_change(row.action), "{}", row.action);
        }
        assert!(may_change("ec2:RunInstances") && may_change("iam:CreateAccessKey"));
    }
}
