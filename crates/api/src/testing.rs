//! What several of this crate's unit tests need.

use std::sync::Arc;

use axum::response::Response;
use berth_control::environment::{Clock, Environment, Random};
use jiff::Timestamp;
use serde_json::Value;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl Random for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// A clock that stands still and randomness that isn't any.
pub(crate) fn environment() -> Environment {
    Environment { clock: Arc::new(Fixed), random: Arc::new(Fixed) }
}

/// A response's body, which must be JSON.
pub(crate) async fn json_of(response: Response) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), 1_000_000).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
