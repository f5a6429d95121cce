//! The federation endpoint of AWS's sign-in page: credentials in, a sign-in token out.

use async_trait::async_trait;
use berth_cloud::{CALL_TIMEOUT, ConsoleSignIn, SignInError, TemporaryCredentials};
use berth_domain::secret::Secret;
use reqwest::{Client, Url, redirect};
use serde::{Deserialize, Serialize};

/// Where a new session begins.
const DESTINATION: &str = "https://console.aws.amazon.com/";

/// AWS's sign-in page.
#[derive(Clone, Debug)]
pub struct Federation {
    endpoint: Url,
    issuer: String,
    client: Client,
}

/// The credentials as the endpoint reads them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Session<'a> {
    session_id: &'a str,
    session_key: &'a str,
    session_token: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Token {
    signin_token: String,
}

impl Federation {
    /// At `endpoint`; people whose session is over are told to come back to `issuer`.
    pub fn new(endpoint: Url, issuer: String) -> Self {
        let client = Client::builder()
            .timeout(CALL_TIMEOUT)
            .redirect(redirect::Policy::none())
            .build()
            .expect("the settings are constant and TLS needs no file");
        Self { endpoint, issuer, client }
    }

    fn with(&self, parameters: &[(&str, &str)]) -> Url {
        let mut url = self.endpoint.clone();
        url.query_pairs_mut().extend_pairs(parameters);
        url
    }
}

#[async_trait]
impl ConsoleSignIn for Federation {
    async fn url(&self, credentials: &TemporaryCredentials) -> Result<Secret, SignInError> {
        let session = Session {
            session_id: &credentials.access_key_id,
            session_key: credentials.secret_access_key.expose(),
            session_token: credentials.session_token.expose(),
        };
        let session = serde_json::to_string(&session).expect("texts always serialise");
        // No SessionDuration: AWS refuses it from an operator that is a role itself, and without it the session
        // lasts as long as the credentials, which is what was asked for.
        let url = self.with(&[("Action", "getSigninToken"), ("Session", &session)]);
        // The errors name the URL, and with it the credentials: none of them is passed on.
        let response = self.client.get(url).send().await.map_err(|_| SignInError::Unreachable)?;
        if !response.status().is_success() {
            return Err(SignInError::Refused(response.status().as_u16()));
        }
        let token: Token = response.json().await.map_err(|_| SignInError::Unreadable)?;
        let url = self.with(&[
            ("Action", "login"),
            ("Issuer", &self.issuer),
            ("Destination", DESTINATION),
            ("SigninToken", &token.signin_token),
        ]);
        Ok(Secret::new(url.into()))
    }
}
