//! The tables, one file each. Times are microseconds since 1970 (see `rows`), lists are JSON.

#![expect(unreachable_pub, reason = "sea-orm's derives make public items, and want public ones")]

pub(crate) mod account;
pub(crate) mod api_key;
pub(crate) mod audit_entry;
pub(crate) mod cloud_account;
pub(crate) mod console_session;
pub(crate) mod database;
pub(crate) mod deployment;
pub(crate) mod deployment_drift;
pub(crate) mod deployment_resource;
pub(crate) mod external_id;
pub(crate) mod node_reading;
pub(crate) mod payment_method;
pub(crate) mod reading;
pub(crate) mod restore;
pub(crate) mod restore_policy;
pub(crate) mod rotation;
pub(crate) mod rotation_schedule;
pub(crate) mod session;
pub(crate) mod setting;
pub(crate) mod subscription;
pub(crate) mod support_access;
pub(crate) mod task;
pub(crate) mod user;
pub(crate) mod verification;
pub(crate) mod webhook;
pub(crate) mod webhook_delivery;
