//! Berth's words: identifiers, validated values, findings, tasks, the permission table.
//!
//! Types and rules only. Nothing here talks to a database, a network or a clock.

pub mod account;
pub mod cloud_account;
pub mod findings;
pub mod iam;
pub mod iam_kit;
pub mod ids;
pub mod permissions;
pub mod regions;
pub mod secret;
pub mod subscription;
pub mod task;
pub mod trust;
pub mod values;
