//! Drives the real binary against AWS simulators: crashes, shutdown, secrets, and the published clients.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod building;
mod cli;
mod clients;
mod crashes;
mod harness;
mod health;
mod metrics;
mod ordering;
mod roles;
mod rotation;
mod secrets;
mod support;
mod trips;
mod verify;
mod webhooks;
