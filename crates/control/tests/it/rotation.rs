//! Rotation of access keys, on real databases against simulators that enforce IAM.

mod changes;
mod crashes;
mod life;
mod refusals;
