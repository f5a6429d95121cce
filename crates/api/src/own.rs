//! `/api`: what Berth has beyond the Redis Cloud API.

pub(crate) mod findings;
pub(crate) mod openapi;
