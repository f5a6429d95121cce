//! The API as clients see it: a whole Berth, real databases, AWS simulators that enforce IAM.

mod access;
mod bad_input;
mod create;
mod delete;
mod isolation;
mod reading;
mod tasks;
mod update;
