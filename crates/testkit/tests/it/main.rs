//! The ground the other tests stand on.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod ec2;
mod proxy;
mod simulators;
