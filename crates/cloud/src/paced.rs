//! A wrapper that spaces calls to one AWS account out, for work that nobody waits for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use berth_domain::{
    access::{Access, SessionName},
    values::AwsAccountId,
};
use tokio::time::{Instant, sleep_until};

use crate::{
    Cloud, Error, Operator, Session, SessionOptions,
    gated::{Fate, Gate, Gated},
};

/// The time between two calls to one AWS account: two in a second, half of what its least generous interface
/// (CloudTrail's) allows all of its users together.
const SPACING: Duration = Duration::from_millis(500);
/// Below this many AWS accounts, looking for those that were not called lately is not worth it.
const FEW: usize = 256;

/// Makes calls to one AWS account wait for each other, whatever cloud account they are for. Calls to different
/// ones don't. Cheap to clone; clones space together. A call counts once, with what the SDK repeats of it.
#[derive(Clone)]
pub struct Pacer {
    inner: Arc<dyn Cloud>,
    /// When each AWS account may be called next.
    free: Arc<Mutex<HashMap<AwsAccountId, Instant>>>,
}

impl Pacer {
    /// Spaces the calls that go to `inner`.
    pub fn new(inner: Arc<dyn Cloud>) -> Self {
        Self { inner, free: Arc::default() }
    }

    /// The way to this AWS account, to be called with its own keys and roles only.
    pub fn to(&self, account: &AwsAccountId) -> Arc<dyn Cloud> {
        Arc::new(Paced { pacer: self.clone(), account: account.clone() })
    }

    /// Takes the AWS account's next turn and says when it is.
    fn turn(&self, account: &AwsAccountId) -> Instant {
        let now = Instant::now();
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() > FEW && !free.contains_key(account) {
            free.retain(|_, free| *free > now);
        }
        let next = free.entry(account.clone()).or_insert(now);
        let turn = (*next).max(now);
        *next = turn + SPACING;
        turn
    }
}

#[derive(Clone)]
struct Paced {
    pacer: Pacer,
    account: AwsAccountId,
}

impl Cloud for Paced {
    fn session_with(
        &self,
        access: &Access,
        name: &SessionName,
        options: SessionOptions,
    ) -> Arc<dyn Session> {
        Arc::new(Gated { inner: self.pacer.inner.session_with(access, name, options), gate: self.clone() })
    }

    /// Unspaced: to assume a role is a call of the operator's AWS account, not of the customer's.
    fn operator(&self) -> Arc<dyn Operator> {
        self.pacer.inner.operator()
    }
}

#[async_trait]
impl Gate for Paced {
    async fn pass(&self, _: &'static str) -> Result<Fate, Error> {
        sleep_until(self.pacer.turn(&self.account)).await;
        Ok(Fate::Arrives)
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    struct Nowhere;

    impl Cloud for Nowhere {
        fn session_with(&self, _: &Access, _: &SessionName, _: SessionOptions) -> Arc<dyn Session> {
            unreachable!("nothing here opens a session")
        }

        fn operator(&self) -> Arc<dyn Operator> {
            unreachable!("nothing here assumes a role")
        }
    }

    fn pacer() -> Pacer {
        Pacer::new(Arc::new(Nowhere))
    }

    /// When each of so many calls to an AWS account, all asked for at once, goes through.
    async fn calls(pacer: &Pacer, number: u64, times: usize) -> Vec<Instant> {
        let paced = Paced { pacer: pacer.clone(), account: format!("{number:012}").parse().unwrap() };
        let call = async || {
            paced.pass("iam:GetRole").await.unwrap();
            Instant::now()
        };
        join_all((0..times).map(|_| call())).await
    }

    #[tokio::test(start_paused = true)]
    async fn one_aws_account_is_called_twice_a_second_however_many_call() {
        let pacer = pacer();

        let mut calls = join_all((0..3).map(|_| calls(&pacer, 1, 4))).await.concat();

        calls.sort_unstable();
        for window in calls.windows(3) {
            assert!(window[2] - window[0] >= Duration::from_secs(1), "{calls:?}");
        }
        assert!(calls[11] - calls[0] <= Duration::from_secs(6), "and no slower than that");
    }

    #[tokio::test(start_paused = true)]
    async fn aws_accounts_do_not_wait_for_each_other() {
        let (pacer, begun) = (pacer(), Instant::now());

        join_all((0..1_000).map(|number| calls(&pacer, number, 2))).await;

        assert!(begun.elapsed() <= Duration::from_secs(1), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn aws_accounts_that_are_called_no_more_are_forgotten() {
        let pacer = pacer();
        join_all((0..1_000).map(|number| calls(&pacer, number, 1))).await;
        tokio::time::sleep(Duration::from_secs(10)).await;

        calls(&pacer, 5_000, 1).await;

        assert_eq!(pacer.free.lock().unwrap().len(), 1);
    }
}
