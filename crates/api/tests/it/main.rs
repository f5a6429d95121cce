//! The API as clients see it: a whole Berth, real databases, AWS simulators that enforce IAM.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod access;
mod access_management;
mod bad_input;
mod console;
mod create;
mod delete;
mod deployments;
mod fixed_subscriptions;
mod health;
mod iam_kit;
mod isolation;
mod monitoring;
mod openapi;
mod orders;
mod reading;
mod rehearsal;
mod restores;
mod roles;
mod rotation;
mod sessions;
mod subscriptions;
mod support;
mod tasks;
mod update;
mod webhooks;
mod zones;
