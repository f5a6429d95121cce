//! The rules of deployments: sizes, networks, what is done next, what counts as drift.

mod drafts;
mod drifts;
mod kept;
mod model;
mod moves;
mod plans;
mod restores;
mod sizes;
