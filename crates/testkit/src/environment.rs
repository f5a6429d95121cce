//! The real clock and real randomness, for tests that drive whole programs.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use berth_control::environment::{Clock, Environment, Random};
use jiff::{SignedDuration, Timestamp};
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

struct Ahead(SignedDuration);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        System.now() + self.0
    }

    fn ahead(&self) -> SignedDuration {
        self.0
    }
}

/// A clock that is ahead of the real one, and real randomness.
pub fn ahead(by: SignedDuration) -> Environment {
    Environment { clock: Arc::new(Ahead(by)), random: Arc::new(System) }
}

struct Wrong(SignedDuration);

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        System.now() + self.0
    }
}

/// A clock that is wrong by so much without knowing it, and real randomness.
pub fn wrong(by: SignedDuration) -> Environment {
    Environment { clock: Arc::new(Wrong(by)), random: Arc::new(System) }
}

/// The real clock and real randomness.
pub fn system() -> Environment {
    Environment { clock: Arc::new(System), random: Arc::new(System) }
}

/// A clock that tests set forward; it goes on by itself as well.
#[derive(Clone, Debug, Default)]
pub struct MovedClock(Arc<AtomicI64>);

impl MovedClock {
    /// Sets it forward.
    pub fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(by.as_secs(), Ordering::SeqCst);
    }

    /// With this clock, and real randomness.
    pub fn environment(&self) -> Environment {
        Environment { clock: Arc::new(self.clone()), random: Arc::new(System) }
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        System.now() + self.ahead()
    }

    fn ahead(&self) -> SignedDuration {
        SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}
