//! The real time and the real randomness.

use std::sync::Arc;

use berth_control::environment::{Clock, Environment, Random};
use jiff::Timestamp;
use rand::{TryRng, rngs::SysRng};

/// The machine's clock and the operating system's randomness.
pub(crate) fn real() -> Environment {
    Environment { clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) }
}

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that is injected everywhere else")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        SysRng.try_fill_bytes(bytes).expect("without the operating system's randomness no key is safe");
    }
}
