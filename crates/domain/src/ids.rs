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

impl CloudAccountId {
    /// The operator's own AWS account ("internal resources"): in every list, never editable.
    pub const INTERNAL: Self = Self(1);
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
