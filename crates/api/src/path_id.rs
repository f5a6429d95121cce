//! Ids in paths.

use std::{str::FromStr, sync::Arc};

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use berth_domain::{
    ids::{
        ApiKeyId, CloudAccountId, ConsoleSessionId, DeploymentId, RotationId, SessionId, SubscriptionId,
        TaskId, UserId, WebhookId,
    },
    task::ErrorType,
};

use crate::{failure::Failure, state::Api};

/// The id in a path. What cannot be an id names nothing: 404, like an id that nothing has.
pub(crate) struct Id<T>(pub(crate) T);

/// An id that stands in paths.
pub(crate) trait PathId: FromStr {
    /// What to answer when there is no such thing.
    fn missing() -> Failure;
}

impl PathId for CloudAccountId {
    fn missing() -> Failure {
        Failure::new(
            ErrorType::CloudAccountNotFound,
            "There is no such cloud account. GET /v1/cloud-accounts lists those there are.",
        )
    }
}

impl PathId for SubscriptionId {
    fn missing() -> Failure {
        Failure::new(
            ErrorType::SubscriptionNotFound,
            "There is no such subscription. GET /v1/subscriptions and GET /v1/fixed/subscriptions list those \
             there are.",
        )
    }
}

impl PathId for DeploymentId {
    fn missing() -> Failure {
        Failure::new(
            ErrorType::NotFound,
            "There is no such deployment. GET /api/subscriptions/{id}/deployments lists those of a subscription.",
        )
    }
}

impl PathId for TaskId {
    fn missing() -> Failure {
        Failure::new(
            ErrorType::NotFound,
            "There is no such task. GET /v1/tasks lists those of the last 10 days.",
        )
    }
}

impl PathId for RotationId {
    fn missing() -> Failure {
        Failure::new(
            ErrorType::NotFound,
            "There is no such rotation. GET /api/cloud-accounts/{id}/rotations lists those there are.",
        )
    }
}

impl PathId for SessionId {
    fn missing() -> Failure {
        Failure::new(
            ErrorType::NotFound,
            "There is no such session of yours. GET /api/sessions lists those there are.",
        )
    }
}

impl PathId for ConsoleSessionId {
    fn missing() -> Failure {
        Failure::new(
            ErrorType::NotFound,
            "There is no such console session. GET /api/cloud-accounts/{id}/console-sessions lists those there \
             are.",
        )
    }
}

impl PathId for WebhookId {
    fn missing() -> Failure {
        Failure::new(
            ErrorType::NotFound,
            "There is no such webhook. GET /api/webhooks lists those there are.",
        )
    }
}

impl PathId for ApiKeyId {
    fn missing() -> Failure {
        Failure::new(
            ErrorType::NotFound,
            "There is no such API key. GET /api/api-keys lists those there are.",
        )
    }
}

impl PathId for UserId {
    fn missing() -> Failure {
        Failure::new(ErrorType::NotFound, "There is no such user. GET /v1/users lists those there are.")
    }
}

impl<T: PathId> FromRequestParts<Arc<Api>> for Id<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Failure> {
        let text = Path::<String>::from_request_parts(parts, api).await.ok();
        text.and_then(|Path(text)| text.parse().ok()).map(Self).ok_or_else(T::missing)
    }
}

/// Two ids in a path: something, and something of it.
pub(crate) struct Ids<A, B>(pub(crate) A, pub(crate) B);

impl<A: PathId, B: PathId> FromRequestParts<Arc<Api>> for Ids<A, B> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Failure> {
        let texts = Path::<(String, String)>::from_request_parts(parts, api).await.ok();
        let Some(Path((first, second))) = texts else { return Err(A::missing()) };
        let first = first.parse().map_err(|_| A::missing())?;
        let second = second.parse().map_err(|_| B::missing())?;
        Ok(Self(first, second))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("101", true)]
    #[case("abc", false)]
    #[case("2147483648", false)]
    #[case("1.0", false)]
    #[case("", false)]
    fn only_32_bit_integers_are_ids_of_cloud_accounts(#[case] text: &str, #[case] good: bool) {
        assert_eq!(text.parse::<CloudAccountId>().is_ok(), good);
    }
}
