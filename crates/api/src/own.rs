//! `/api`: what Berth has beyond the Redis Cloud API.

pub(crate) mod api_keys;
pub(crate) mod cloud_accounts;
pub(crate) mod findings;
pub(crate) mod iam_kit;
pub(crate) mod logs;
pub(crate) mod openapi;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod subscriptions;
pub(crate) mod users;
pub(crate) mod verify;
