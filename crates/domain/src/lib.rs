//! Berth's words: identifiers, validated values, findings, tasks, the permission table.
//!
//! Types and rules only. Nothing here talks to a database, a network or a clock.

pub mod access;
pub mod account;
pub mod breadth;
pub mod cloud_account;
pub mod deployment;
pub mod findings;
pub mod health;
pub mod iam;
pub mod iam_kit;
pub mod ids;
pub mod permissions;
pub mod problem;
pub mod reading;
pub mod regions;
pub mod rotation;
pub mod secret;
pub mod subscription;
pub mod support;
pub mod task;
pub mod trust;
pub mod values;
pub mod webhook;
