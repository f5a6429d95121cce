//! Tasks: asynchronous operations, their states, and the errors they end with.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    findings::Finding,
    ids::{AccountId, CloudAccountId, SubscriptionId, TaskId},
    problem::Problem,
};

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident => $text:literal about $subject:ident,)*) => {
        /// What a task does, by its API name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum Command {
            $($(#[$doc])* $name,)*
        }

        impl Command {
            /// Every command.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name in the API and the database.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What it is about.
            pub fn subject(self) -> Subject {
                match self {
                    $(Self::$name => Subject::$subject,)*
                }
            }
        }
    };
}

commands! {
    /// Register a cloud account.
    CloudAccountCreateRequest => "cloudAccountCreateRequest" about CloudAccount,
    /// Change a cloud account.
    CloudAccountUpdateRequest => "cloudAccountUpdateRequest" about CloudAccount,
    /// Remove a cloud account.
    CloudAccountDeleteRequest => "cloudAccountDeleteRequest" about CloudAccount,
    /// Create a subscription, or plan one.
    SubscriptionCreateRequest => "subscriptionCreateRequest" about Subscription,
    /// Change a subscription.
    SubscriptionUpdateRequest => "subscriptionUpdateRequest" about Subscription,
    /// Remove a subscription.
    SubscriptionDeleteRequest => "subscriptionDeleteRequest" about Subscription,
    /// Replace a subscription's resource tags.
    SubscriptionResourceTagsUpdateRequest => "subscriptionResourceTagsUpdateRequest" about Subscription,
    /// Read a subscription's allow list.
    CidrGetRequest => "cidrGetRequest" about Subscription,
    /// Change a subscription's allow list.
    CidrUpdateRequest => "cidrUpdateRequest" about Subscription,
    /// Change a subscription's maintenance windows.
    SubscriptionMaintenanceWindowsUpdateRequest =>
        "subscriptionMaintenanceWindowsUpdateRequest" about Subscription,
    /// Create a free subscription or one of a fixed size.
    FixedSubscriptionCreateRequest => "fixedSubscriptionCreateRequest" about FixedSubscription,
    /// Change such a subscription.
    FixedSubscriptionUpdateRequest => "fixedSubscriptionUpdateRequest" about FixedSubscription,
    /// Remove such a subscription.
    FixedSubscriptionDeleteRequest => "fixedSubscriptionDeleteRequest" about FixedSubscription,
}

/// What a task is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A cloud account.
    CloudAccount,
    /// A subscription in a cloud account of the customer.
    Subscription,
    /// A subscription that is free or of a fixed size.
    FixedSubscription,
}

impl Command {
    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|command| command.as_str() == text)
    }

    /// Whether it makes its subject.
    pub fn creates(self) -> bool {
        matches!(
            self,
            Self::CloudAccountCreateRequest
                | Self::SubscriptionCreateRequest
                | Self::FixedSubscriptionCreateRequest
        )
    }

    /// Whether its subject is gone when it is done, or about to go.
    pub fn removes(self) -> bool {
        matches!(
            self,
            Self::CloudAccountDeleteRequest
                | Self::SubscriptionDeleteRequest
                | Self::FixedSubscriptionDeleteRequest
        )
    }
}

/// Where a task stands, by its API name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskStatus {
    /// Stored, waiting for its turn.
    Received,
    /// Being worked on.
    ProcessingInProgress,
    /// Done.
    ProcessingCompleted,
    /// Failed; nothing was changed.
    ProcessingError,
}

impl TaskStatus {
    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::ProcessingInProgress => "processing-in-progress",
            Self::ProcessingCompleted => "processing-completed",
            Self::ProcessingError => "processing-error",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Received, Self::ProcessingInProgress, Self::ProcessingCompleted, Self::ProcessingError]
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    /// Whether it will never change again.
    pub fn is_final(self) -> bool {
        matches!(self, Self::ProcessingCompleted | Self::ProcessingError)
    }
}

macro_rules! error_types {
    ($($(#[$doc:meta])* $name:ident => $status:literal,)*) => {
        /// Why a request or a task failed, by the API's enum.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum ErrorType {
            $($(#[$doc])* $name,)*
        }

        impl ErrorType {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The HTTP status that goes with it.
            pub fn http_status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                }
            }
        }
    };
}

error_types! {
    /// No such cloud account in this account.
    CloudAccountNotFound => 404,
    /// The name is taken.
    CloudAccountNameExists => 409,
    /// The access key is registered already.
    CloudAccountAccessKeyExists => 409,
    /// AWS refused the credentials.
    CloudAccountInvalidCreds => 400,
    /// The credentials are valid but may not do what is needed.
    CloudAccountPermissionFailed => 403,
    /// Not in a state that allows this.
    CloudAccountNotActive => 403,
    /// Subscriptions use it.
    CloudAccountUsed => 409,
    /// A rotation of its access key is in the way, or is not where it would have to be.
    KeyRotationConflict => 409,
    /// No provider that is known.
    NotKnownCloudProvider => 400,
    /// A subscription has one provider.
    MultipleCloudProvidersNotSupported => 400,
    /// The provider is not that of the cloud account.
    SubscriptionCaProviderMismatch => 400,
    /// On GCP there are only the operator's own resources.
    SubscriptionGcpAllowOnlyInternal => 400,
    /// No such subscription in this account.
    SubscriptionNotFound => 404,
    /// The subscription is not in a state that allows this.
    SubscriptionNotActive => 403,
    /// Too many subscriptions are not active.
    TooManyPendingSubscriptions => 429,
    /// A payment method that the account does not have.
    SubscriptionPiNotFound => 400,
    /// A region without a network.
    SubscriptionNetworkingMissing => 400,
    /// A network that cannot be used.
    SubscriptionInvalidCidr => 400,
    /// No such region.
    SubscriptionInvalidRegionName => 400,
    /// The wrong number of preferred availability zones.
    SubscriptionBadPreferredAzSize => 400,
    /// No such availability zone.
    SubscriptionPreferredAzInvalidValue => 400,
    /// An availability zone is named twice.
    SubscriptionPreferredAzMustBeDefinedOnce => 400,
    /// The region has too few availability zones.
    SubscriptionRegionDoesNotSupportMultiAz => 400,
    /// A subscription without databases.
    SubscriptionMustHaveAtLeastOneDatabase => 400,
    /// A network without its CIDR.
    NetworkingCidrMissing => 400,
    /// A VPC of the customer's without its security group.
    NetworkingSecurityGroupMissing => 400,
    /// A VPC of the customer's without its subnets.
    NetworkingSubnetIdsMissing => 400,
    /// Subnets or a security group without their VPC.
    NetworkingVpcIdMissing => 400,
    /// Not one subnet for each availability zone.
    InvalidNumberOfSubnetIds => 400,
    /// The operator's resources are not in a VPC of the customer's.
    VpcIdNotAllowedWithInternalCloudAccount => 400,
    /// The operator's resources are not in subnets of the customer's.
    SubnetIdNotAllowedWithInternalCloudAccount => 400,
    /// The operator's resources have no security group of the customer's.
    SecurityGroupIdNotAllowedWithInternalCloudAccount => 400,
    /// More resource tags than there may be.
    ResourceTagsExceedsMaximumCount => 400,
    /// The key of a resource tag is too long.
    ResourceTagKeyExceedsMaximumLength => 400,
    /// The value of a resource tag is too long.
    ResourceTagValueExceedsMaximumLength => 400,
    /// The operator's resources have no tags of the customer's.
    ResourceTagsNotAllowedWithInternalCloudAccount => 400,
    /// The key of a resource tag is taken or has characters it may not have.
    ResourceTagsNameNotAllowed => 400,
    /// A resource tag without a key.
    ResourceTagsEmptyKey => 400,
    /// Two resource tags have the same key.
    ResourceTagsDuplicateKey => 400,
    /// A resource tag without a value.
    ResourceTagsMissingValue => 400,
    /// A database's name is malformed.
    DatabaseInvalidName => 400,
    /// A database's name is too long.
    DatabaseNameTooLong => 400,
    /// Two databases have the same name.
    DatabaseNameDuplicate => 400,
    /// A database is too small.
    DatabaseSizeTooSmall => 400,
    /// A database is too large.
    DatabaseSizeTooBig => 400,
    /// A database without a size.
    DatabaseSizeLimitNotDefined => 400,
    /// A database with two sizes.
    DatabaseSizeLimitInvalidTooManyMemorySpecifications => 400,
    /// More databases, or fewer, than there may be.
    DatabaseInvalidQuantity => 400,
    /// A throughput that cannot be.
    PlannerInvalidThroughput => 400,
    /// A number of shards that cannot be.
    DatabaseInvalidShardsCount => 400,
    /// A port that cannot be.
    DatabasePortInvalidValue => 400,
    /// Two databases have the same port.
    DatabaseCustomPortNotUnique => 400,
    /// A module without a name.
    DatabaseInvalidModule => 400,
    /// A module is named twice.
    DatabaseModuleMustBeDefinedOnce => 400,
    /// Memcached has no modules.
    DatabaseMemcachedContainsModules => 400,
    /// Only databases on flash have a percentage in RAM.
    DatabaseRamPercentageNotAllowed => 400,
    /// A percentage in RAM that cannot be.
    DatabaseRamPercentageIsInvalid => 400,
    /// No plan can be made for this.
    PlannerInvalidPlan => 400,
    /// There are too few availability zones.
    PlannerNotEnoughAzs => 400,
    /// The AWS account has no room for what would be built.
    PlannerFailure => 400,
    /// AWS refused to build it.
    ProvisionFailure => 500,
    /// An allow list with something that is no CIDR.
    CidrWhitelistInvalidCidrs => 400,
    /// An allow list with something that is no security group.
    CidrWhitelistInvalidSg => 400,
    /// An allow list that is too long.
    CidrWhitelistLimitExceeded => 400,
    /// An allow list that names a CIDR twice.
    CidrWhitelistDuplicateCidrs => 400,
    /// An allow list that names a security group twice.
    CidrWhitelistDuplicateSg => 400,
    /// There is no allow list in the operator's own AWS account.
    CidrWhitelistNotAllowed => 400,
    /// Neither manual nor automatic.
    MaintenanceWindowInvalidMaintenanceWindowModeProvided => 400,
    /// Manual, but without windows.
    MaintenanceWindowManualModeWithNoMaintenanceWindows => 400,
    /// Automatic, but with windows.
    MaintenanceWindowAutomaticModeWithMaintenanceWindows => 400,
    /// More windows than there may be.
    MaintenanceWindowGreaterThanMaximumAllowableMaintenanceWindowsProvided => 400,
    /// A window that is malformed.
    MaintenanceWindowInvalidMaintenanceWindowSpecProvided => 400,
    /// No hour of the day.
    MaintenanceWindowInvalidStartHour => 400,
    /// Too short or too long.
    MaintenanceWindowInvalidDurationInHours => 400,
    /// Too short for a subscription on flash.
    MaintenanceWindowInvalidDurationForRofSubscription => 400,
    /// No day of the week.
    MaintenanceWindowInvalidDays => 400,
    /// A day is named twice.
    MaintenanceWindowDuplicateDays => 400,
    /// No payment method was named.
    PaymentInfoNotProvided => 400,
    /// The payment method has expired.
    PaymentInfoExpired => 400,
    /// An account under a contract names no payment method.
    PaymentInfoNotAllowedInContractAssociatedAccount => 400,
    /// A free plan is not paid for.
    FixedPaymentInfoNotAllowedInFreeFixedPlan => 400,
    /// No such plan.
    FixedSubscriptionCreatePlanNotFound => 404,
    /// No plan this subscription can change to.
    FixedSubscriptionUpdateInvalidPlan => 400,
    /// No plan was named.
    FixedSubscriptionPlanNotProvided => 400,
    /// An account has one free subscription.
    FixedSubscriptionAccountAlreadyHasAFreePlan => 409,
    /// The plan is of another provider.
    FixedMismatchBetweenRequestPlanCloudProviderAndSubscriptionCloudProvider => 400,
    /// The plan is of another region.
    FixedMismatchBetweenRequestPlanRegionAndSubscriptionRegion => 400,
    /// No name for a subscription.
    FixedSubscriptionInvalidName => 400,
    /// A subscription without a name.
    FixedSubscriptionNameNotProvided => 400,
    /// The request is malformed.
    BadRequest => 400,
    /// API keys missing, wrong or revoked.
    Unauthorized => 401,
    /// The key's role or source address does not allow this.
    Forbidden => 403,
    /// No such thing.
    NotFound => 404,
    /// The path exists, the method doesn't.
    MethodNotAllowed => 405,
    /// The body is too large.
    PayloadTooLarge => 413,
    /// Too many requests.
    TooManyRequests => 429,
    /// Not now: AWS or the database could not be reached.
    ServiceUnavailable => 503,
    /// Something unforeseen.
    GeneralError => 500,
}

impl ErrorType {
    /// The status as task errors spell it, such as `400 BAD_REQUEST`.
    pub fn status_line(self) -> &'static str {
        match self.http_status() {
            400 => "400 BAD_REQUEST",
            401 => "401 UNAUTHORIZED",
            403 => "403 FORBIDDEN",
            404 => "404 NOT_FOUND",
            405 => "405 METHOD_NOT_ALLOWED",
            409 => "409 CONFLICT",
            413 => "413 PAYLOAD_TOO_LARGE",
            429 => "429 TOO_MANY_REQUESTS",
            503 => "503 SERVICE_UNAVAILABLE",
            _ => "500 INTERNAL_SERVER_ERROR",
        }
    }
}

/// Why a task failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// The kind of failure.
    pub kind: ErrorType,
    /// Cause, task id and next step, for people.
    pub description: String,
    /// The fields of the request at fault, when it was some of them.
    #[serde(default)]
    pub fields: Vec<Problem>,
}

/// A task as clients see it.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The account it belongs to.
    pub account_id: AccountId,
    /// What it does.
    pub command: Command,
    /// Where it stands.
    pub status: TaskStatus,
    /// What is going on, in one sentence.
    pub description: String,
    /// When the status last changed.
    pub updated_at: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// The cloud account it is about; for a create, known once it is done.
    pub cloud_account_id: Option<CloudAccountId>,
    /// The subscription it is about; for a create, the one that it makes.
    pub subscription_id: Option<SubscriptionId>,
    /// What it found out, when that is what it was for.
    pub resource: Option<Value>,
    /// Why it failed, when it did.
    pub error: Option<TaskError>,
    /// The verification's findings, once there was one.
    pub findings: Vec<Finding>,
}
