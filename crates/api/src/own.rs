//! `/api`: what Berth has beyond the Redis Cloud API.

pub(crate) mod allow_list;
pub(crate) mod api_keys;
pub(crate) mod cloud_accounts;
pub(crate) mod deployments;
pub(crate) mod external_id;
pub(crate) mod findings;
pub(crate) mod iam_kit;
pub(crate) mod iam_kit_document;
pub(crate) mod logs;
pub(crate) mod monitoring;
pub(crate) mod openapi;
pub(crate) mod restore_policy;
pub(crate) mod restores;
pub(crate) mod rotation_schedule;
pub(crate) mod rotations;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod subscriptions;
pub(crate) mod support;
pub(crate) mod users;
pub(crate) mod verifications;
pub(crate) mod verify;
pub(crate) mod webhooks;
pub(crate) mod zones;
