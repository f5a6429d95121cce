//! What tests of Berth need: AWS simulators with customers in them, a proxy that spoils calls, databases.

pub mod app;
pub mod aws;
pub mod browser;
pub mod customer;
pub mod database;
pub mod environment;
pub mod meddling;
pub mod proxy;
pub mod receiver;
pub mod rotating;
pub mod simulator;
pub mod tls;
pub mod trips;
pub mod view;
