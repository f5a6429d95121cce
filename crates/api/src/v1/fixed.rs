//! `/v1/fixed`: free subscriptions and those of a fixed size. They are in the operator's AWS account, and Berth
//! builds nothing for them: they are on record.

pub(crate) mod plans;
pub(crate) mod subscriptions;
