//! berth.
fn main() {}
