//! The key ring: master keys by id, one of them active. In memory and as JSON; files are not its business.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

/// The length of every key, in bytes.
pub(crate) const KEY_LEN: usize = 32;

/// Key material, wiped when dropped. Has no `Debug` on purpose.
pub(crate) struct MasterKey(Zeroizing<[u8; KEY_LEN]>);

impl MasterKey {
    /// A new key from the operating system's generator. Randomness is not injected here: a test that could
    /// choose keys or nonces would be a way to choose them in production.
    pub(crate) fn generate() -> Self {
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        fill_random(bytes.as_mut_slice());
        Self(bytes)
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        (bytes.len() == KEY_LEN).then(|| {
            key.copy_from_slice(bytes);
            Self(key)
        })
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }
}

impl Serialize for MasterKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(self.bytes())))
    }
}

impl<'de> Deserialize<'de> for MasterKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        STANDARD
            .decode(text.as_str())
            .ok()
            .and_then(|bytes| Self::from_slice(&Zeroizing::new(bytes)))
            .ok_or_else(|| de::Error::custom("not 32 bytes in base64"))
    }
}

/// Master keys by id. The active one exists, always.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyRing {
    active: String,
    keys: BTreeMap<String, MasterKey>,
}

impl KeyRing {
    /// One new key.
    pub(crate) fn generate() -> Self {
        let id = new_id();
        Self { active: id.clone(), keys: BTreeMap::from([(id, MasterKey::generate())]) }
    }

    /// Reads JSON; the error says what is wrong without quoting it.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, String> {
        // serde's own words may quote what it found, and that may be a key.
        let ring: Self = serde_json::from_slice(json)
            .map_err(|e| format!("it is not a key ring (line {}, column {})", e.line(), e.column()))?;
        if !ring.keys.keys().all(|id| is_sound_id(id)) {
            return Err("a key id is not 1 to 64 letters, digits, '.', '-' or '_'".to_owned());
        }
        if !ring.keys.contains_key(&ring.active) {
            return Err("its active key is not among its keys".to_owned());
        }
        Ok(ring)
    }

    pub(crate) fn to_json(&self) -> Zeroizing<Vec<u8>> {
        // Room for everything at once: growing would leave copies of keys behind in freed memory.
        let mut json = Zeroizing::new(Vec::with_capacity(256 + 192 * self.keys.len()));
        serde_json::to_writer_pretty(&mut *json, self).expect("text and a map of text are JSON");
        json.push(b'\n');
        json
    }

    /// Adds a new key and makes it the active one; returns its id.
    pub(crate) fn add_active(&mut self) -> String {
        let id = new_id();
        self.keys.insert(id.clone(), MasterKey::generate());
        self.active.clone_from(&id);
        id
    }

    /// Drops the keys that are neither active nor in `used`; returns their ids.
    pub(crate) fn retain(&mut self, used: &BTreeSet<String>) -> Vec<String> {
        let doomed = |id: &String| *id != self.active && !used.contains(id);
        let removed: Vec<String> = self.keys.keys().filter(|id| doomed(id)).cloned().collect();
        self.keys.retain(|id, _| !removed.contains(id));
        removed
    }

    pub(crate) fn active_id(&self) -> &str {
        &self.active
    }

    pub(crate) fn active_key(&self) -> &MasterKey {
        self.keys.get(&self.active).expect("the active key is always there")
    }

    pub(crate) fn get(&self, id: &str) -> Option<&MasterKey> {
        self.keys.get(id)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }
}

/// Fills `bytes` from the operating system's generator.
pub(crate) fn fill_random(bytes: &mut [u8]) {
    aws_lc_rs::rand::fill(bytes).expect("AWS-LC aborts the process before it runs out of randomness");
}

/// Says nothing about the key; long enough that no two files in the world share one by accident.
fn new_id() -> String {
    let mut bytes = [0; 8];
    fill_random(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}

pub(crate) fn is_sound_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
}
