//! The adapter against answers as AWS documents them.
//!
//! The bodies are written after the examples and error lists of AWS's IAM, STS and EC2 API references,
//! because no simulator produces most of them; nothing here was recorded from AWS itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod answers;
mod calls;
mod ec2;
mod errors;
mod limits;
mod permit;
mod policies;
mod roles;
mod server;
mod simulation;
mod table;
mod telemetry;
mod trial;
