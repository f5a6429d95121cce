//! The API as clients see it: a whole Berth, real databases, AWS simulators that enforce IAM.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod access;
mod bad_input;
mod create;
mod delete;
mod isolation;
mod reading;
mod tasks;
mod update;
