//! `/v1`: what clients of the Redis Cloud API know.

pub(crate) mod cloud_accounts;
pub(crate) mod databases;
pub(crate) mod fixed;
pub(crate) mod logs;
pub(crate) mod payment_methods;
pub(crate) mod regions;
pub(crate) mod root;
pub(crate) mod subscriptions;
pub(crate) mod tasks;
pub(crate) mod users;
