//! What Berth does, against simulators of AWS that enforce IAM.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod roles;
mod rotation;
mod support;
mod trouble;
mod verification;
mod webhooks;
