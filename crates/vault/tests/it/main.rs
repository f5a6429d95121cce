//! Sealing, and the file of keys.

mod key_ring;
mod sealing;
