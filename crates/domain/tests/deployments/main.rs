//! The rules of deployments: sizes, networks, what is done next, what counts as drift.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod drafts;
mod drifts;
mod model;
mod moves;
mod plans;
mod restores;
mod sizes;
