//! What every attempt of a session's calls has to pass before it is sent.
//!
//! What waits is not here: the SDK's interceptors can't, and what waits inside a call counts against its time-outs. So
//! calls wait for their turn before they are made (`ec2::pace`).

use std::{fmt, sync::Arc};

use aws_sdk_iam::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
    error::BoxError,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use berth_cloud::{Error, ErrorKind, Permit, may_change};
use berth_domain::permissions::TABLE;

use crate::errors::unexpected;

tokio::task_local! {
    /// What the call that is being made is called in errors, logs, metrics and allowances.
    pub(crate) static OPERATION: &'static str;
}

/// Stops what the permission table doesn't have, what goes by a wrong name, and changes that nobody permits any more.
#[derive(Clone)]
pub(crate) struct Guard {
    permit: Arc<dyn Permit>,
}

impl Guard {
    pub(crate) fn new(permit: Arc<dyn Permit>) -> Self {
        Self { permit }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "Guard"
    }

    /// The last that happens before an attempt goes out: after a role was assumed, which takes its time.
    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let asked = config.load::<Metadata>().map(action).unwrap_or_default();
        let operation = OPERATION.try_with(|name| *name).unwrap_or("a call without a name");
        if operation != asked {
            return Err(unexpected(operation, None, &format!("it is {asked}")).into());
        }
        if !TABLE.iter().any(|row| row.action == asked) {
            return Err(unexpected(operation, None, "the permission table has no such action").into());
        }
        if may_change(operation) && !self.permit.may_change() {
            let detail = "its time was over before it was sent".into();
            return Err(Error { operation, kind: ErrorKind::LeaseLost, request_id: None, detail }.into());
        }
        Ok(())
    }
}

/// The action of AWS's that a request asks for, such as `servicequotas:GetServiceQuota`.
fn action(asked: &Metadata) -> String {
    format!("{}:{}", asked.service().to_lowercase().replace(' ', ""), asked.name())
}

#[cfg(test)]
mod tests {
    use aws_sdk_iam::Client;
    use berth_domain::{access::AccessKey, secret::Secret, values::SecretAccessKey};

    use super::*;
    use crate::{AwsCloud, call::call, clients::ClientConfig};

    /// A client as sessions have it, which reaches nobody.
    async fn iam() -> Client {
        let secret = SecretAccessKey::parse(Secret::new("x".repeat(40))).unwrap();
        let key = AccessKey { id: "AKIAIOSFODNN7EXAMPLE".parse().unwrap(), secret };
        let cloud = AwsCloud::at("http://127.0.0.1:9", "eu-central-1").await;
        client!(ClientConfig::of_key(&cloud.config, &key, Default::default()), aws_sdk_iam)
    }

    #[tokio::test]
    async fn what_the_permission_table_does_not_have_is_not_sent() {
        let error = call("iam:ListUsers", iam().await.list_users().send()).await.unwrap_err();
        assert_eq!((error.kind, error.operation), (ErrorKind::Unexpected, "iam:ListUsers"));
        assert!(error.detail.contains("permission table"), "{}", error.detail);
    }

    #[tokio::test]
    async fn what_goes_by_a_wrong_name_is_not_sent() {
        let request = iam().await.list_account_aliases();
        let error = call("iam:ListAccessKeys", request.send()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unexpected);
        assert!(error.detail.contains("iam:ListAccountAliases"), "{}", error.detail);
    }
}
