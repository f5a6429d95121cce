//! Identifiers. Integers fit in 31 bits because the public clients read them as `i32`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! integer_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    };
}

integer_id!(
    /// A customer organisation (tenant).
    AccountId
);
integer_id!(
    /// A registered AWS account.
    CloudAccountId
);
integer_id!(
    /// A person, or a robot, that belongs to an account.
    UserId
);
integer_id!(
    /// A user's API key.
    ApiKeyId
);
integer_id!(
    /// A payment method the operator keeps on record.
    PaymentMethodId
);
integer_id!(
    /// A subscription.
    SubscriptionId
);
integer_id!(
    /// An endpoint that is told of events.
    WebhookId
);
integer_id!(
    /// A database of a subscription.
    DatabaseId
);

impl CloudAccountId {
    /// The operator's own AWS account ("internal resources"): in every list, never editable.
    pub const INTERNAL: Self = Self(1);
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    };
}

uuid_id!(
    /// An asynchronous operation.
    TaskId
);
uuid_id!(
    /// A session of the console.
    SessionId
);
uuid_id!(
    /// What was built for a subscription in one region.
    DeploymentId
);
uuid_id!(
    /// One attempt to create something in AWS. Written down before the call, and a tag on what it makes.
    OperationId
);
uuid_id!(
    /// Something that drifted and was put right.
    RestoreId
);
uuid_id!(
    /// Something that happened, as webhooks tell of it.
    EventId
);
uuid_id!(
    /// A session in a customer's AWS console.
    ConsoleSessionId
);
uuid_id!(
    /// A verification of a registered cloud account.
    VerificationId
);
uuid_id!(
    /// A rotation of a cloud account's access key.
    RotationId
);
