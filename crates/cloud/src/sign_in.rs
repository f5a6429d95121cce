//! Signing in to the AWS console as an assumed role.

use async_trait::async_trait;
use berth_domain::secret::Secret;

use crate::TemporaryCredentials;

/// AWS's sign-in page for those who come with credentials.
#[async_trait]
pub trait ConsoleSignIn: Send + Sync + 'static {
    /// A URL that signs whoever opens it in, with these credentials and for as long as they last. It can be opened
    /// for 15 minutes.
    async fn url(&self, credentials: &TemporaryCredentials) -> Result<Secret, SignInError>;
}

/// Why there is no URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// No answer within 5 seconds.
    #[error("the sign-in page could not be reached")]
    Unreachable,
    /// An answer that is no success: its HTTP status.
    #[error("the sign-in page answered {0}")]
    Refused(u16),
    /// A success without a token in it.
    #[error("the sign-in page gave no token")]
    Unreadable,
}
