//! The rules of deployments: sizes, networks, what is done next, what counts as drift.

mod drafts;
mod drifts;
mod model;
mod moves;
mod plans;
mod restores;
mod sizes;
