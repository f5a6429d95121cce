//! How sealing, opening and the key-ring file can fail, in words for the operator.

use std::{io, path::PathBuf};

use crate::Location;

/// Why the vault could not do what it was asked. Never holds key material or plain text.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no key-ring file.
    #[error(
        "there is no master key file at {}: put back the one this database was sealed with, or run \
         `berth init` for a new installation",
        path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Others than its owner can read or write the key-ring file.
    #[error(
        "the master key file {} has mode {mode:04o}, so others than its owner can get at it: run \
         `chmod 600 {}`",
        path.display(), path.display()
    )]
    NotPrivate {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key-ring file does not hold what it should.
    #[error("the master key file {} cannot be used: {reason}; restore it from a backup", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it. Never quotes the file.
        reason: String,
    },
    /// The operating system refused.
    #[error("could not {action} the master key file {}", path.display())]
    Io {
        /// What was tried: `read`, `write`, `lock`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// Sealed with a master key that the file doesn't hold.
    #[error(
        "this database was sealed with master key {key_id}, which {} doesn't hold: put back the master key \
         file that belongs to this database",
        path.display()
    )]
    UnknownKey {
        /// The key that is needed.
        key_id: String,
        /// The file that doesn't hold it.
        path: PathBuf,
    },
    /// The file has a key of the right id, but not the right key.
    #[error(
        "master key {key_id} in {} is not the one this database was sealed with: put back the master key \
         file that belongs to this database",
        path.display()
    )]
    WrongKey {
        /// The key's id.
        key_id: String,
        /// The file that holds it.
        path: PathBuf,
    },
    /// The stored value is not in a form that any version of the vault writes.
    #[error("what is stored as {location} is not a sealed value of a version this Berth knows")]
    NotSealed {
        /// Where it is stored.
        location: Location,
    },
    /// The stored value does not open.
    #[error(
        "what is stored as {location} does not open with master key {key_id} of {}: it was changed, or moved \
         there from elsewhere; enter the secret anew",
        path.display()
    )]
    DoesNotOpen {
        /// Where it is stored.
        location: Location,
        /// The master key it names.
        key_id: String,
        /// The file that holds it.
        path: PathBuf,
    },
}
