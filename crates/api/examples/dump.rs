//! x
fn main() { print!("{}", berth_api::openapi_json()); }
