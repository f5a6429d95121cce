//! API keys that were looked up a moment ago: a client that sends many requests costs one look-up per moment.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use berth_store::KeyHolder;
use tokio::time::Instant;

/// How long a look-up holds. A revoked key, or one of a disabled user, must stop working within a second.
const HOLDS: Duration = Duration::from_millis(500);
/// How many are kept before those that no longer hold are thrown out.
const SWEEP_FROM: usize = 1024;

/// Look-ups that still hold, by the hash of the key's secret. Only keys in force are kept: a wrong key costs a
/// look-up each time, and can't fill the memory.
#[derive(Default)]
pub(crate) struct RecentKeys(Mutex<HashMap<[u8; 32], LookUp>>);

struct LookUp {
    begun: Instant,
    holder: Arc<KeyHolder>,
}

impl RecentKeys {
    /// Who holds the key, if that was looked up a moment before `now`.
    pub(crate) fn get(&self, secret_hash: &[u8; 32], now: Instant) -> Option<Arc<KeyHolder>> {
        let keys = self.0.lock().expect("no panics under this lock");
        let look_up = keys.get(secret_hash)?;
        holds(look_up, now).then(|| look_up.holder.clone())
    }

    /// Forgets every look-up: what this process revoked must stop working at once.
    pub(crate) fn forget(&self) {
        self.0.lock().expect("no panics under this lock").clear();
    }

    /// Remembers a look-up that began at `begun`: what the database says may be as old as that.
    pub(crate) fn put(&self, holder: Arc<KeyHolder>, begun: Instant) {
        let mut keys = self.0.lock().expect("no panics under this lock");
        if keys.len() >= SWEEP_FROM {
            keys.retain(|_, look_up| holds(look_up, begun));
        }
        keys.insert(holder.secret_hash, LookUp { begun, holder });
    }
}

fn holds(look_up: &LookUp, now: Instant) -> bool {
    now.saturating_duration_since(look_up.begun) < HOLDS
}

#[cfg(test)]
mod tests {
    use berth_domain::{
        account::{Principal, Role, Via},
        ids::{AccountId, ApiKeyId, UserId},
    };
    use jiff::Timestamp;

    use super::*;

    fn holder(secret_hash: [u8; 32]) -> Arc<KeyHolder> {
        let at = Timestamp::UNIX_EPOCH;
        Arc::new(KeyHolder {
            principal: Principal {
                account_id: AccountId(1),
                user_id: UserId(1),
                email: "ops@example.com".parse().unwrap(),
                role: Role::Owner,
                via: Via::ApiKey("test-key-1".parse().unwrap()),
            },
            account_key: "A".into(),
            secret_hash,
            allowed_sources: Vec::new(),
            key_id: ApiKeyId(1),
            key_created_at: at,
            key_last_used_at: None,
            user_name: "Ops".parse().unwrap(),
            account_name: "Acme".parse().unwrap(),
            account_created_at: at,
            account_updated_at: at,
        })
    }

    #[test]
    fn a_look_up_holds_for_less_than_a_second() {
        let (keys, begun) = (RecentKeys::default(), Instant::now());
        keys.put(holder([1; 32]), begun);

        assert!(keys.get(&[1; 32], begun + Duration::from_millis(499)).is_some());
        assert!(keys.get(&[1; 32], begun + Duration::from_millis(500)).is_none());
        assert!(keys.get(&[2; 32], begun).is_none());
    }

    #[test]
    fn what_no_longer_holds_is_thrown_out() {
        let (keys, begun) = (RecentKeys::default(), Instant::now());
        for number in 0..u16::try_from(SWEEP_FROM).unwrap() {
            let mut hash = [0; 32];
            hash[..2].copy_from_slice(&number.to_be_bytes());
            keys.put(holder(hash), begun);
        }
        keys.put(holder([9; 32]), begun + HOLDS);

        assert_eq!(keys.0.lock().unwrap().len(), 1);
    }
}
