//! The operator's own part of the port: becoming somebody else in a customer's AWS account, for a while.

use std::time::Duration;

use async_trait::async_trait;
use berth_domain::{
    access::SessionName,
    secret::Secret,
    values::{Arn, ExternalId},
};
use jiff::Timestamp;

use crate::{Answer, Error};

/// The operator's AWS credentials. All they are ever used for is to assume roles.
#[async_trait]
pub trait Operator: Send + Sync {
    /// Assumes a role (`sts:AssumeRole`). Fails as *operator credentials* where Berth has none, as *denied*
    /// where the role does not trust the operator, or not under these conditions.
    async fn assume_role(&self, request: &AssumeRole) -> Result<Answer<TemporaryCredentials>, Error>;
}

/// Which role, and how.
#[derive(Clone, Debug)]
pub struct AssumeRole {
    /// The role.
    pub role: Arn,
    /// What CloudTrail calls the session.
    pub name: SessionName,
    /// What the role's trust policy asks for, where it asks for one.
    pub external_id: Option<ExternalId>,
    /// The second factor, where the role's trust policy asks for one.
    pub second_factor: Option<SecondFactor>,
    /// How long the credentials are to work: from 15 minutes to the role's own limit, an hour unless its owner
    /// chose another.
    pub duration: Duration,
}

/// A code from an MFA device of the operator's.
#[derive(Clone, Debug)]
pub struct SecondFactor {
    /// The device's serial number or ARN.
    pub device: String,
    /// The code it shows: 6 digits.
    pub code: Secret,
}

/// Credentials that end. Kept in memory only.
#[derive(Clone, Debug)]
pub struct TemporaryCredentials {
    /// The access key's id.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: Secret,
    /// What has to go with both.
    pub session_token: Secret,
    /// When they stop working.
    pub expires_at: Timestamp,
}
