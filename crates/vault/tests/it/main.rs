//! Sealing, and the file of keys.

#![expect(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod key_ring;
mod sealing;
