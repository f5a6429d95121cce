//! A wrapper that makes calls to AWS fail, for tests.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use berth_domain::{
    cloud_account::AccessKey,
    values::{Arn, RoleName, UserName},
};

use crate::{Cloud, Decision, Error, ErrorKind, Role, Session, Simulation};

/// Passes calls on to `inner`, except those it was told to fail.
#[derive(Clone)]
pub struct Unreliable {
    inner: Arc<dyn Cloud>,
    faults: Arc<Mutex<VecDeque<(&'static str, ErrorKind)>>>,
}

impl Unreliable {
    /// Fails nothing until told to.
    pub fn new(inner: Arc<dyn Cloud>) -> Self {
        Self { inner, faults: Arc::default() }
    }

    /// Fails the next call of `operation`, such as `iam:GetRole`, with `kind`. Adds up.
    pub fn fail_next(&self, operation: &'static str, kind: ErrorKind) {
        self.faults.lock().expect("no panics under this lock").push_back((operation, kind));
    }

    /// How many of the faults asked for have not happened yet.
    pub fn faults_left(&self) -> usize {
        self.faults.lock().expect("no panics under this lock").len()
    }
}

impl Cloud for Unreliable {
    fn session(&self, key: &AccessKey) -> Arc<dyn Session> {
        Arc::new(UnreliableSession { inner: self.inner.session(key), cloud: self.clone() })
    }
}

struct UnreliableSession {
    inner: Arc<dyn Session>,
    cloud: Unreliable,
}

impl UnreliableSession {
    fn fault(&self, operation: &'static str) -> Result<(), Error> {
        let mut faults = self.cloud.faults.lock().expect("no panics under this lock");
        let Some(at) = faults.iter().position(|(on, _)| *on == operation) else { return Ok(()) };
        let (_, kind) = faults.remove(at).expect("the position was just found");
        Err(Error { operation, kind, request_id: None, detail: "injected fault".into() })
    }
}

#[async_trait]
impl Session for UnreliableSession {
    async fn caller_arn(&self) -> Result<Arn, Error> {
        self.fault("sts:GetCallerIdentity")?;
        self.inner.caller_arn().await
    }

    async fn role(&self, name: &RoleName) -> Result<Role, Error> {
        self.fault("iam:GetRole")?;
        self.inner.role(name).await
    }

    async fn instance_profiles_of_role(&self, name: &RoleName) -> Result<Vec<String>, Error> {
        self.fault("iam:ListInstanceProfilesForRole")?;
        self.inner.instance_profiles_of_role(name).await
    }

    async fn login_profile(&self, user: &UserName) -> Result<(), Error> {
        self.fault("iam:GetLoginProfile")?;
        self.inner.login_profile(user).await
    }

    async fn account_aliases(&self) -> Result<Vec<String>, Error> {
        self.fault("iam:ListAccountAliases")?;
        self.inner.account_aliases().await
    }

    async fn simulate(&self, question: &Simulation) -> Result<Vec<Decision>, Error> {
        self.fault("iam:SimulatePrincipalPolicy")?;
        self.inner.simulate(question).await
    }
}
