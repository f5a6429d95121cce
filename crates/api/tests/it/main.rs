//! The API as clients see it: a whole Berth, real databases, AWS simulators that enforce IAM.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod access;
mod access_management;
mod bad_input;
mod console;
mod create;
mod delete;
mod iam_kit;
mod isolation;
mod reading;
mod rehearsal;
mod sessions;
mod subscriptions;
mod tasks;
mod update;
