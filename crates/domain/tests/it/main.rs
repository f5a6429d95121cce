//! The rules, with no I/O.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod admission;
mod deployments;
mod forms;
mod orders;
mod permissions;
mod rotation;
