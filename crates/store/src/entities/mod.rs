//! The tables, one file each. Times are microseconds since 1970 (see `rows`), lists are JSON.

#![expect(unreachable_pub, reason = "sea-orm's derives make public items, and want public ones")]

pub(crate) mod account;
pub(crate) mod api_key;
pub(crate) mod audit_entry;
pub(crate) mod cloud_account;
pub(crate) mod payment_method;
pub(crate) mod session;
pub(crate) mod setting;
pub(crate) mod subscription;
pub(crate) mod task;
pub(crate) mod user;
