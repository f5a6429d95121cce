//! Rotation of access keys, on real databases against simulators that enforce IAM.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod changes;
mod crashes;
mod life;
mod refusals;
