//! The API as clients see it: a whole Berth, real databases, AWS simulators that enforce IAM.

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
