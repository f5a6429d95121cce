//! The adapter against answers as AWS documents them.
//!
//! The bodies are written after the examples and error lists of AWS's IAM, STS and EC2 API references,
//! because no simulator produces most of them; nothing here was recorded from AWS itself.

mod answers;
mod calls;
mod errors;
mod limits;
mod server;
mod simulation;
mod telemetry;
