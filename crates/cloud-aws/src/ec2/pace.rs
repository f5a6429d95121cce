//! How fast one AWS account is called: at half of what AWS allows, so that the customer's own tools have the rest.
//!
//! AWS gives every account a bucket of tokens for each group of EC2 actions in each region (EC2 developer guide,
//! "Request throttling"). A bucket here has half of the size and is refilled at half of the speed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use berth_domain::values::AwsAccountId;
use tokio::time::{Instant, sleep_until};

/// Above this many AWS accounts and regions, those whose buckets are full again are forgotten.
const MANY: usize = 1024;

/// One bucket: AWS's size and tokens per second, halved.
struct Allowance {
    size: f64,
    per_second: f64,
}

const GROUPS: usize = 5;

/// Reads; AWS: 100 and 20.
const READ: (usize, Allowance) = (0, Allowance { size: 50.0, per_second: 10.0 });
/// Writes that have no bucket of their own; AWS: 50 and 5.
const WRITE: (usize, Allowance) = (1, Allowance { size: 25.0, per_second: 2.5 });
/// `RunInstances` and `StartInstances`; AWS: 5 and 2.
const RUN: (usize, Allowance) = (2, Allowance { size: 2.0, per_second: 1.0 });
/// `TerminateInstances`; AWS: 100 and 5.
const TERMINATE: (usize, Allowance) = (3, Allowance { size: 50.0, per_second: 2.5 });
/// CloudTrail's `LookupEvents`; AWS: 2 a second.
const LOOK_UP: (usize, Allowance) = (4, Allowance { size: 1.0, per_second: 1.0 });

/// The bucket an operation draws from; none where AWS is generous.
fn group(operation: &str) -> Option<(usize, Allowance)> {
    match operation.split_once(':')? {
        ("ec2", "RunInstances" | "StartInstances") => Some(RUN),
        ("ec2", "TerminateInstances") => Some(TERMINATE),
        ("ec2", name) if name.starts_with("Describe") => Some(READ),
        ("ec2", _) => Some(WRITE),
        ("cloudtrail", _) => Some(LOOK_UP),
        _ => None,
    }
}

/// The buckets of one AWS account in one region. Clones draw from the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace(Arc<Mutex<[Option<Bucket>; GROUPS]>>);

/// When a bucket is full again.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    full_at: Instant,
}

impl Pace {
    /// Waits until a call of `operation` may be made. Those that wait go in the order they came.
    pub(crate) async fn turn(&self, operation: &str) {
        let Some((at, allowance)) = group(operation) else { return };
        let now = Instant::now();
        let turn = {
            let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let full_at = buckets[at].map_or(now, |bucket| bucket.full_at.max(now));
            let full_at = full_at + Duration::from_secs_f64(1.0 / allowance.per_second);
            buckets[at] = Some(Bucket { full_at });
            // A full bucket lets so many calls through at once.
            let whole = Duration::from_secs_f64(allowance.size / allowance.per_second);
            full_at.checked_sub(whole).map_or(now, |turn| turn.max(now))
        };
        if turn > now {
            sleep_until(turn).await;
        }
    }

    fn is_full(&self, now: Instant) -> bool {
        let buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.iter().flatten().all(|bucket| bucket.full_at <= now)
    }
}

/// The buckets of every AWS account and region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paces(Arc<Mutex<HashMap<(AwsAccountId, String), Pace>>>);

impl Paces {
    /// The buckets of an AWS account in a region.
    pub(crate) fn of(&self, account: &AwsAccountId, region: &str) -> Pace {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MANY {
            let now = Instant::now();
            known.retain(|_, pace| !pace.is_full(now));
        }
        known.entry((account.clone(), region.to_owned())).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: usize) -> AwsAccountId {
        format!("{number:012}").parse().unwrap()
    }

    /// How long so many calls take when nothing else does.
    async fn time_for(pace: &Pace, operation: &str, calls: usize) -> Duration {
        let begun = Instant::now();
        for _ in 0..calls {
            pace.turn(operation).await;
        }
        begun.elapsed()
    }

    #[rstest::rstest]
    #[case::reads("ec2:DescribeInstances", 50, 10)]
    #[case::writes("ec2:CreateVpc", 25, 2)]
    #[case::starts("ec2:RunInstances", 2, 1)]
    #[case::terminations("ec2:TerminateInstances", 50, 2)]
    #[tokio::test(start_paused = true)]
    async fn half_of_the_bucket_goes_at_once_and_then_half_of_the_speed(
        #[case] operation: &str,
        #[case] at_once: usize,
        #[case] per_second: usize,
    ) {
        let pace = Pace::default();
        assert_eq!(time_for(&pace, operation, at_once).await, Duration::ZERO);
        let taken = time_for(&pace, operation, per_second * 10).await;
        let expected = Duration::from_secs(8)..=Duration::from_millis(10_010);
        assert!(expected.contains(&taken), "{taken:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_fills_again() {
        let pace = Pace::default();
        time_for(&pace, "ec2:DescribeVpcs", 50).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(time_for(&pace, "ec2:DescribeVpcs", 50).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn an_aws_account_has_one_bucket_in_a_region_and_another_its_own() {
        let paces = Paces::default();
        time_for(&paces.of(&account(1), "eu-west-1"), "ec2:RunInstances", 2).await;
        assert_eq!(
            time_for(&paces.of(&account(2), "eu-west-1"), "ec2:RunInstances", 1).await,
            Duration::ZERO
        );
        assert_eq!(
            time_for(&paces.of(&account(1), "eu-west-2"), "ec2:RunInstances", 1).await,
            Duration::ZERO
        );
        assert!(
            time_for(&paces.of(&account(1), "eu-west-1"), "ec2:RunInstances", 1).await > Duration::ZERO
        );
    }

    #[tokio::test(start_paused = true)]
    async fn accounts_that_are_called_no_more_are_forgotten() {
        let paces = Paces::default();
        for number in 0..MANY {
            paces.of(&account(number), "eu-west-1").turn("ec2:CreateVpc").await;
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        paces.of(&account(MANY), "eu-west-1");
        assert_eq!(paces.0.lock().unwrap().len(), 1);
    }
}
