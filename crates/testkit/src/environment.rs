//! The real clock and real randomness, for tests that drive whole programs.

use std::sync::Arc;

use berth_control::environment::{Clock, Environment, Random};
use jiff::Timestamp;
use rand::{TryRng, rngs::SysRng};

struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that tests inject")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl Random for System {
    fn fill(&self, bytes: &mut [u8]) {
        SysRng.try_fill_bytes(bytes).expect("the operating system has randomness");
    }
}

/// The real clock and real randomness.
pub fn system() -> Environment {
    Environment { clock: Arc::new(System), random: Arc::new(System) }
}
