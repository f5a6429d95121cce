//! What tests of Berth need: AWS simulators with customers in them, and a proxy that spoils calls.

pub mod customer;
pub mod database;
pub mod proxy;
pub mod simulator;
