//! Drives the real binary against AWS simulators: crashes, shutdown, secrets, and the published clients.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod clients;
mod crashes;
mod harness;
mod secrets;
mod verify;
