//! Secret text: can be sealed and sent to AWS, cannot be printed, compared or serialised.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// Secret text that is wiped from memory when dropped and shows as `[secret]` in `Debug`.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes over `text`; its memory is wiped when the last copy is dropped.
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The secret itself. Call only where it leaves for AWS, the vault or a password check.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}
