//! `/api`: what Berth has beyond the Redis Cloud API.

pub(crate) mod cloud_accounts;
pub(crate) mod findings;
pub(crate) mod openapi;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod subscriptions;
pub(crate) mod verify;
