//! A wrapper that makes calls to AWS fail, for tests.
//!
//! Around the port and not inside an adapter: tests count calls as their callers make them, an inventory being one,
//! and a program that customers run has no way to be told to lose answers.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use berth_domain::access::{Access, SessionName};

use crate::{
    Answer, AssumeRole, Cloud, Error, ErrorKind, Operator, Session, SessionOptions, TemporaryCredentials,
    gated::{Fate, Gate, Gated, through},
};

/// Passes calls on to `inner`, except those it was told to fail. Clones share what they were told.
#[derive(Clone)]
pub struct Unreliable {
    inner: Arc<dyn Cloud>,
    faults: Arc<Mutex<VecDeque<(&'static str, Fault)>>>,
    calls: Arc<Mutex<Calls>>,
    hook: Arc<Mutex<Option<Hook>>>,
}

/// Told of every call, before it is made and after it was answered.
type Hook = Arc<dyn Fn(&'static str, Moment) + Send + Sync>;

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It is about to be made.
    Before,
    /// AWS did what it does, and nobody has read its answer.
    After,
}

/// How a call goes wrong.
#[derive(Clone, Debug)]
enum Fault {
    /// It is not made.
    Refused(ErrorKind),
    /// It is made and done, and its answer never arrives.
    AnswerLost,
}

/// What was called so far, and which of it is to fail.
#[derive(Default)]
struct Calls {
    made: Vec<&'static str>,
    fail: Option<(usize, Fault)>,
}

impl Unreliable {
    /// Fails nothing until told to.
    pub fn new(inner: Arc<dyn Cloud>) -> Self {
        Self { inner, faults: Arc::default(), calls: Arc::default(), hook: Arc::default() }
    }

    /// Fails the next call of `operation`, such as `iam:GetRole`, with `kind`. Adds up.
    pub fn fail_next(&self, operation: &'static str, kind: ErrorKind) {
        self.faults.lock().expect("no panics under this lock").push_back((operation, Fault::Refused(kind)));
    }

    /// Has the next call of `operation` done, and loses its answer: it looks unreachable. Adds up.
    pub fn lose_next_answer(&self, operation: &'static str) {
        self.faults.lock().expect("no panics under this lock").push_back((operation, Fault::AnswerLost));
    }

    /// Forgets the calls so far, and fails the `index`-th one from here, counted from 0, whatever it is.
    pub fn fail_call(&self, index: usize, kind: ErrorKind) {
        self.fail_at(index, Fault::Refused(kind));
    }

    /// Forgets the calls so far, and loses the answer of the `index`-th one from here, counted from 0.
    pub fn lose_answer_of_call(&self, index: usize) {
        self.fail_at(index, Fault::AnswerLost);
    }

    fn fail_at(&self, index: usize, fault: Fault) {
        *self.calls.lock().expect("no panics under this lock") =
            Calls { made: Vec::new(), fail: Some((index, fault)) };
    }

    /// Tells `hook` of every call from here on, twice: before it is made, and after AWS has answered and
    /// before anybody sees the answer. What is done there is as a crash would be: a process that ends there has
    /// asked for nothing, or for something whose answer it never read.
    pub fn at_each_call(&self, hook: impl Fn(&'static str, Moment) + Send + Sync + 'static) {
        *self.hook.lock().expect("no panics under this lock") = Some(Arc::new(hook));
    }

    /// The operations called so far, failed ones included.
    pub fn calls(&self) -> Vec<&'static str> {
        self.calls.lock().expect("no panics under this lock").made.clone()
    }

    /// How many of the faults asked for have not happened yet.
    pub fn faults_left(&self) -> usize {
        self.faults.lock().expect("no panics under this lock").len()
    }

    fn tell(&self, operation: &'static str, moment: Moment) {
        let hook = self.hook.lock().expect("no panics under this lock").clone();
        if let Some(hook) = hook {
            hook(operation, moment);
        }
    }

    /// What is to go wrong with this call of `operation`.
    fn next_fault(&self, operation: &'static str) -> Option<Fault> {
        {
            let mut calls = self.calls.lock().expect("no panics under this lock");
            let index = calls.made.len();
            calls.made.push(operation);
            if let Some((_, fault)) = calls.fail.take_if(|(at, _)| *at == index) {
                return Some(fault);
            }
        }
        let mut faults = self.faults.lock().expect("no panics under this lock");
        let at = faults.iter().position(|(on, _)| *on == operation)?;
        faults.remove(at).map(|(_, fault)| fault)
    }
}

impl Cloud for Unreliable {
    fn session_with(
        &self,
        access: &Access,
        name: &SessionName,
        options: SessionOptions,
    ) -> Arc<dyn Session> {
        Arc::new(Gated { inner: self.inner.session_with(access, name, options), gate: self.clone() })
    }

    fn operator(&self) -> Arc<dyn Operator> {
        Arc::new(UnreliableOperator { inner: self.inner.operator(), cloud: self.clone() })
    }
}

struct UnreliableOperator {
    inner: Arc<dyn Operator>,
    cloud: Unreliable,
}

#[async_trait]
impl Operator for UnreliableOperator {
    async fn assume_role(&self, request: &AssumeRole) -> Result<Answer<TemporaryCredentials>, Error> {
        through(&self.cloud, "sts:AssumeRole", self.inner.assume_role(request)).await
    }
}

#[async_trait]
impl Gate for Unreliable {
    async fn pass(&self, operation: &'static str) -> Result<Fate, Error> {
        self.tell(operation, Moment::Before);
        match self.next_fault(operation) {
            None => Ok(Fate::Arrives),
            Some(Fault::AnswerLost) => Ok(Fate::IsLost),
            Some(Fault::Refused(kind)) => {
                Err(Error { operation, kind, request_id: None, detail: "injected fault".into() })
            }
        }
    }

    fn answered(&self, operation: &'static str) {
        self.tell(operation, Moment::After);
    }
}
