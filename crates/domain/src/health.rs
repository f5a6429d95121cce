//! Health: whether a cloud account's access still works, how a verification changes that, and when the next one
//! is due.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    findings::{Conclusion, Finding, Verdict},
    ids::{CloudAccountId, VerificationId},
};

/// Whether a cloud account's access works, as the last verification that could tell found it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// It works.
    #[default]
    Working,
    /// It stopped working.
    Failing {
        /// When that was first found.
        since: Timestamp,
        /// What is wrong, as found last: every finding that failed.
        findings: Vec<Finding>,
    },
}

/// A change of health that people want to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// It worked and does no more.
    Degraded,
    /// It works again.
    Recovered,
}

impl Health {
    /// What it is after a verification at `at`, and what changed. What could not be checked changes nothing.
    #[must_use]
    pub fn after(
        &self,
        at: Timestamp,
        conclusion: Conclusion,
        findings: &[Finding],
    ) -> (Self, Option<Transition>) {
        match (conclusion, self) {
            (Conclusion::Unconfirmed, _) => (self.clone(), None),
            (Conclusion::Verified, Self::Working) => (Self::Working, None),
            (Conclusion::Verified, Self::Failing { .. }) => (Self::Working, Some(Transition::Recovered)),
            (Conclusion::Refused, Self::Working) => {
                let findings = failed(findings);
                (Self::Failing { since: at, findings }, Some(Transition::Degraded))
            }
            (Conclusion::Refused, Self::Failing { since, .. }) => {
                (Self::Failing { since: *since, findings: failed(findings) }, None)
            }
        }
    }
}

fn failed(findings: &[Finding]) -> Vec<Finding> {
    findings.iter().filter(|finding| finding.verdict == Verdict::Fail).cloned().collect()
}

/// What made a verification of a registered cloud account happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It was due.
    Schedule,
    /// Somebody asked for it.
    Demand,
    /// The account was registered, or its access changed.
    Task,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 3] = [Self::Schedule, Self::Demand, Self::Task];

    /// The name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Demand => "demand",
            Self::Task => "task",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == text)
    }
}

/// A verification of a registered cloud account, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Its id.
    pub id: VerificationId,
    /// When it was done.
    pub at: Timestamp,
    /// What it came to.
    pub conclusion: Conclusion,
    /// What is not as it should be: the findings that did not pass.
    pub findings: Vec<Finding>,
    /// How long it took, to the millisecond.
    pub took: Duration,
    /// What made it happen.
    pub cause: Cause,
}

impl Verification {
    /// Of a whole verification what is kept: an hour's findings that all passed would be most of the database.
    pub fn new(
        id: VerificationId,
        at: Timestamp,
        conclusion: Conclusion,
        findings: &[Finding],
        took: Duration,
        cause: Cause,
    ) -> Self {
        let findings =
            findings.iter().filter(|finding| finding.verdict != Verdict::Pass).cloned().collect();
        Self { id, at, conclusion, findings, took, cause }
    }
}

/// How soon an account is verified again that is failing or could not be checked.
const AGAIN: Duration = Duration::from_secs(5 * 60);
/// Which part of the interval the jitter is at most.
const JITTER: f64 = 0.05;

/// When registered cloud accounts are verified again.
///
/// Each has a place of its own in the interval, given by its id, so that however many are registered or found
/// overdue at once, they are due evenly over the interval. A little jitter keeps several Berths, and other
/// programs' full hours, out of step.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    interval: Duration,
}

impl Schedule {
    /// Every account once in this interval.
    pub fn every(interval: Duration) -> Self {
        Self { interval }
    }

    /// When an account that nothing is planned for yet is due: within one interval from `now`.
    /// `random` is any number; it decides the jitter.
    pub fn first(&self, id: CloudAccountId, now: Timestamp, random: u32) -> Timestamp {
        self.slot_after(id, now, random)
    }

    /// No account is due after this: one that is planned for later was planned by another schedule.
    pub fn horizon(&self, now: Timestamp) -> Timestamp {
        now + self.interval * 2
    }

    /// When an account is due after a verification that came to `conclusion` at `now`.
    pub fn next(
        &self,
        id: CloudAccountId,
        conclusion: Conclusion,
        now: Timestamp,
        random: u32,
    ) -> Timestamp {
        match conclusion {
            // From half an interval on, so that the jitter of this time can't make it due twice.
            Conclusion::Verified => self.slot_after(id, now + self.interval / 2, random),
            Conclusion::Refused | Conclusion::Unconfirmed => {
                let pause = AGAIN.min(self.interval);
                now + pause + jitter(pause, random)
            }
        }
    }

    /// The account's next place in the interval from `from` on, with jitter.
    fn slot_after(&self, id: CloudAccountId, from: Timestamp, random: u32) -> Timestamp {
        let interval = i64::try_from(self.interval.as_micros()).unwrap_or(i64::MAX).max(1);
        let place = (fraction(id.0.unsigned_abs().wrapping_mul(GOLDEN)) * interval as f64) as i64;
        let wait = (place - from.as_microsecond()).rem_euclid(interval);
        from + Duration::from_micros(wait.unsigned_abs()) + jitter(self.interval, random)
    }
}

/// 2³² divided by the golden ratio: multiples of it, modulo 2³², are spread as evenly as can be, however many.
const GOLDEN: u32 = 0x9E37_79B9;

fn jitter(of: Duration, random: u32) -> Duration {
    of.mul_f64(JITTER * fraction(random))
}

/// From 0 to just below 1.
fn fraction(number: u32) -> f64 {
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::findings::Check;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    /// Any number, the same for the same `n`.
    fn noise(n: u32) -> u32 {
        n.wrapping_mul(0x2C1B_3C6D) ^ (n.wrapping_mul(0x297A_2D39) >> 15)
    }

    fn most_in_a_minute(due: impl Iterator<Item = Timestamp>) -> usize {
        let mut minutes = HashMap::new();
        for due in due {
            *minutes.entry(due.as_second() / 60).or_insert(0) += 1;
        }
        minutes.into_values().max().unwrap()
    }

    #[test]
    fn ten_thousand_accounts_that_nothing_is_planned_for_are_spread_over_the_hour() {
        let schedule = Schedule::every(HOUR);
        let due: Vec<_> =
            (101..10_101).map(|id| schedule.first(CloudAccountId(id), at(0), noise(id as u32))).collect();

        // Ten thousand in sixty minutes are 167 in each; the jitter moves a few to the next.
        assert!(most_in_a_minute(due.iter().copied()) <= 200, "{}", most_in_a_minute(due.into_iter()));
        assert!(due.iter().all(|due| *due >= at(0) && *due < at(3600 + 180)));
    }

    #[test]
    fn ten_thousand_accounts_stay_spread_hour_after_hour() {
        let schedule = Schedule::every(HOUR);
        let mut due: Vec<_> = (101..10_101)
            .map(|id| (CloudAccountId(id), schedule.first(CloudAccountId(id), at(0), 0)))
            .collect();
        for hour in 0..24 {
            for (id, due) in &mut due {
                let next = schedule.next(*id, Conclusion::Verified, *due, noise(id.0 as u32 + hour));
                let pause = next.duration_since(*due).as_secs();
                assert!((3400..=3800).contains(&pause), "{id}: {pause}");
                assert!(next < schedule.horizon(*due));
                *due = next;
            }
            let most = most_in_a_minute(due.iter().map(|(_, due)| *due));
            assert!(most <= 250, "{most} in a minute");
        }
    }

    #[test]
    fn what_fails_or_could_not_be_checked_is_looked_at_again_soon() {
        let schedule = Schedule::every(HOUR);
        for conclusion in [Conclusion::Refused, Conclusion::Unconfirmed] {
            let next = schedule.next(CloudAccountId(101), conclusion, at(0), u32::MAX);
            assert!(next >= at(300) && next <= at(316), "{next}");
        }
        let often = Schedule::every(Duration::from_secs(10));
        assert!(often.next(CloudAccountId(101), Conclusion::Refused, at(0), 0) == at(10));
    }

    #[test]
    fn health_changes_by_what_is_known_only() {
        let fail = Finding::fail(Check::Permission, "May not.");
        let findings = [fail.clone(), Finding::pass(Check::Credentials, "Valid.")];
        let failing = |since| Health::Failing { since, findings: vec![fail.clone()] };

        let (degraded, transition) = Health::Working.after(at(1), Conclusion::Refused, &findings);
        assert_eq!((&degraded, transition), (&failing(at(1)), Some(Transition::Degraded)));
        assert_eq!(degraded.after(at(2), Conclusion::Refused, &findings), (failing(at(1)), None));
        assert_eq!(degraded.after(at(2), Conclusion::Unconfirmed, &[]), (failing(at(1)), None));
        let recovered = degraded.after(at(2), Conclusion::Verified, &[]);
        assert_eq!(recovered, (Health::Working, Some(Transition::Recovered)));
        assert_eq!(Health::Working.after(at(3), Conclusion::Verified, &[]), (Health::Working, None));
        assert_eq!(Health::Working.after(at(3), Conclusion::Unconfirmed, &[]), (Health::Working, None));
    }
}
