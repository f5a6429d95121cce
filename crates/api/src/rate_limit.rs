//! Counts per minute, by key: requests of an account, failed authentications from an address.
//!
//! Each process counts for itself: of several replicas, each gives the whole allowance.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How long a window lasts, from the first event in it.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

/// Fewer keys than this are not worth looking for windows that are over.
const SMALL: usize = 1_024;

/// Where requests come from: an IPv4 address, or the /64 network that one IPv6 customer has to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Source(IpAddr);

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            v4 => v4,
        })
    }
}

/// No more in this window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted {
    /// Seconds until the window is over, rounded up, at least 1.
    pub(crate) retry_after: u32,
}

/// Allows so many events per key in a fixed window that begins with the key's first event.
pub(crate) struct Limiter<K> {
    limit: u32,
    most_keys: usize,
    windows: Mutex<Windows<K>>,
}

struct Windows<K> {
    by_key: HashMap<K, Window>,
    /// How many keys there may be before windows that are over are looked for and dropped.
    sweep_at: usize,
}

#[derive(Clone, Copy)]
struct Window {
    started: Instant,
    used: u32,
}

impl<K: Copy + Eq + Hash> Limiter<K> {
    /// Allows `limit` events a window, and remembers at most `most_keys` keys: beyond that the oldest
    /// window is forgotten.
    pub(crate) fn new(limit: u32, most_keys: usize) -> Self {
        let windows = Windows { by_key: HashMap::new(), sweep_at: SMALL.min(most_keys) };
        Self { limit, most_keys, windows: Mutex::new(windows) }
    }

    /// Counts one event of `key` at `now`; says how many are left after it.
    pub(crate) fn take(&self, key: K, now: Instant) -> Result<u32, Exhausted> {
        let mut windows = self.lock();
        let window = match windows.by_key.get_mut(&key) {
            Some(window) => window,
            None => {
                windows.make_room(self.most_keys, now);
                windows.by_key.entry(key).or_insert(Window { started: now, used: 0 })
            }
        };
        if window.is_over(now) {
            *window = Window { started: now, used: 0 };
        }
        if window.used >= self.limit {
            return Err(window.exhausted(now));
        }
        window.used += 1;
        Ok(self.limit - window.used)
    }

    /// Takes back one event of `key` that was counted and should not have been.
    pub(crate) fn give_back(&self, key: K) {
        if let Some(window) = self.lock().by_key.get_mut(&key) {
            window.used = window.used.saturating_sub(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Windows<K>> {
        // Counts are never half-written: a panic elsewhere leaves them sound.
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Windows<K> {
    fn make_room(&mut self, most_keys: usize, now: Instant) {
        if self.by_key.len() < self.sweep_at {
            return;
        }
        self.by_key.retain(|_, window| !window.is_over(now));
        if self.by_key.len() >= most_keys {
            let oldest = self.by_key.iter().min_by_key(|(_, window)| window.started).map(|(key, _)| *key);
            oldest.and_then(|key| self.by_key.remove(&key));
        }
        // Twice what is alive: so that sweeping costs little per key, however many there are.
        self.sweep_at = (self.by_key.len() * 2).clamp(SMALL.min(most_keys), most_keys);
    }
}

impl Window {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.started) >= WINDOW
    }

    fn exhausted(&self, now: Instant) -> Exhausted {
        let left = WINDOW.saturating_sub(now.duration_since(self.started));
        let seconds = left.as_millis().div_ceil(1_000).max(1);
        Exhausted { retry_after: u32::try_from(seconds).unwrap_or(u32::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_allowance_is_exact_and_counts_down() {
        let limiter = Limiter::new(3, 10);
        let now = Instant::now();

        let answers: Vec<_> = (0..5).map(|_| limiter.take("a", now)).collect();

        let exhausted = Err(Exhausted { retry_after: 60 });
        assert_eq!(answers, [Ok(2), Ok(1), Ok(0), exhausted, exhausted]);
    }

    #[test]
    fn a_window_begins_with_the_first_event_and_lasts_a_minute() {
        let limiter = Limiter::new(1, 10);
        let first = Instant::now();
        limiter.take("a", first).unwrap();

        assert_eq!(
            limiter.take("a", first + Duration::from_millis(59_001)),
            Err(Exhausted { retry_after: 1 })
        );
        assert_eq!(limiter.take("a", first + seconds(40)), Err(Exhausted { retry_after: 20 }));
        assert_eq!(limiter.take("a", first + WINDOW), Ok(0));
    }

    #[test]
    fn keys_do_not_share_an_allowance() {
        let limiter = Limiter::new(1, 10);
        let now = Instant::now();
        limiter.take("a", now).unwrap();

        assert_eq!(limiter.take("b", now), Ok(0));
        assert!(limiter.take("a", now).is_err());
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let limiter = Limiter::new(1, 10);
        let now = Instant::now();
        limiter.take("a", now).unwrap();

        limiter.give_back("a");
        limiter.give_back("a");

        assert_eq!(limiter.take("a", now), Ok(0));
        assert!(limiter.take("a", now).is_err());
    }

    #[test]
    fn never_more_keys_are_remembered_than_allowed_and_the_oldest_goes_first() {
        let limiter = Limiter::new(1, 3);
        let now = Instant::now();
        for key in 0..4 {
            limiter.take(key, now + Duration::from_millis(key)).unwrap();
        }

        assert_eq!(limiter.lock().by_key.len(), 3);
        assert!(limiter.take(3, now).is_err(), "the newest is remembered");
        assert_eq!(limiter.take(0, now), Ok(0), "the oldest is forgotten");
    }

    #[test]
    fn windows_that_are_over_are_dropped() {
        let limiter = Limiter::new(1, 1_000_000);
        let now = Instant::now();
        for key in 0..SMALL {
            limiter.take(key, now).unwrap();
        }

        limiter.take(SMALL, now + WINDOW).unwrap();

        assert_eq!(limiter.lock().by_key.len(), 1);
    }

    #[test]
    fn one_ipv6_network_is_one_source() {
        let source = |text: &str| Source::from(text.parse::<IpAddr>().unwrap());

        assert_eq!(source("2001:db8:0:1::1"), source("2001:db8:0:1:ffff::2"));
        assert_ne!(source("2001:db8:0:1::1"), source("2001:db8:0:2::1"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
    }
}
