//! Drives the real binary against AWS simulators: crashes, shutdown, secrets, and the published clients.

mod clients;
mod crashes;
mod harness;
mod secrets;
mod verify;
