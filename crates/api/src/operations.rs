//! What whoever runs Berth asks of it, without API keys.

mod gauges;
pub(crate) mod health;
pub(crate) mod metrics;
pub(crate) mod ready;
