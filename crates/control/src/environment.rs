//! Time and randomness, injected so that tests can choose them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;

    /// How far it is set ahead on purpose: in tests, that let what is due later be due now.
    fn ahead(&self) -> SignedDuration {
        SignedDuration::ZERO
    }
}

/// Makes random bytes, for ids, keys and passwords: must be fit for cryptography.
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// Where time and randomness come from.
#[derive(Clone)]
pub struct Environment {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

impl Environment {
    /// Now, in UTC.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A random (version 4) UUID.
    pub fn uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Any number.
    pub fn number(&self) -> u32 {
        let mut bytes = [0; 4];
        self.random.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    /// A token of `length` letters and digits: about 5.95 bits each.
    pub fn token(&self, length: usize) -> String {
        const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        // 248 is the largest multiple of 62 in a byte: taking only those below keeps every letter equally likely.
        const FAIR: u8 = 248;
        let mut token = String::with_capacity(length);
        let mut bytes = [0; 64];
        while token.len() < length {
            self.random.fill(&mut bytes);
            let letters =
                bytes.iter().filter(|byte| **byte < FAIR).map(|byte| ALPHABET[usize::from(byte % 62)]);
            token.extend(letters.take(length - token.len()).map(char::from));
        }
        token
    }
}
