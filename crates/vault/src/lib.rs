//! Seals secrets before they are stored, and opens them again.
//!
//! Envelope encryption: each value is encrypted with a data key of its own, and the data key with a master
//! key from the key-ring file. Both encryptions are AES-256-GCM and bound to the place the value is stored
//! in ([`Location`]), so that a ciphertext copied into another row or field doesn't open there. Nothing here
//! knows a database.

mod error;
mod file;
mod location;
mod ring;
mod sealed;
pub mod ssh;

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
};

use zeroize::Zeroizing;

pub use crate::{error::Error, location::Location};
use crate::{file::Stamp, ring::KeyRing, sealed::Envelope};

/// Opens and seals with the master keys of one key-ring file. Clones share the loaded keys.
///
/// The file is read again when it has changed, so that a running server follows `berth master-key rotate`.
/// Every method may read the file: a few microseconds, a little more after a change.
#[derive(Clone)]
pub struct Vault {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    loaded: RwLock<Loaded>,
}

struct Loaded {
    stamp: Stamp,
    ring: Arc<KeyRing>,
}

impl Vault {
    /// Opens the key ring at `path`.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let loaded = load(&path)?;
        Ok(Self { shared: Arc::new(Shared { path, loaded: RwLock::new(loaded) }) })
    }

    /// Opens the key ring at `path`; where there is none, creates it first, with one new master key and
    /// readable by its owner only. Never overwrites: of several that create at once one wins, and all open
    /// the winner's.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        if !path.exists() {
            file::write_new(&path, &KeyRing::generate())?;
        }
        Self::open(path)
    }

    /// Adds a new master key to the file and makes it the active one; the others stay, so that what they
    /// sealed still opens. Returns the new key's id. Safe to run while servers use the file, and twice at
    /// once.
    pub fn add_key(&self) -> Result<String, Error> {
        let path = &self.shared.path;
        let _lock = file::lock(path)?;
        let (_, mut ring) = file::read(path)?;
        let id = ring.add_active();
        file::replace(path, &ring)?;
        Ok(id)
    }

    /// Removes every master key from the file that is neither active nor in `used`; returns the removed
    /// ones' ids.
    ///
    /// `used` must hold [`Self::key_id_of`] every value stored anywhere, read after the last
    /// [`Self::add_key`] and after the transactions that were open then: a value whose key is gone can
    /// never be opened again.
    pub fn prune(&self, used: &BTreeSet<String>) -> Result<Vec<String>, Error> {
        let path = &self.shared.path;
        let _lock = file::lock(path)?;
        let (_, mut ring) = file::read(path)?;
        let removed = ring.retain(used);
        if !removed.is_empty() {
            file::replace(path, &ring)?;
        }
        Ok(removed)
    }

    /// Encrypts `plain`, to be stored at `location`.
    pub fn seal(&self, location: &Location, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let ring = self.current()?;
        Ok(Envelope::seal(ring.active_id(), ring.active_key(), location, plain).to_bytes())
    }

    /// Decrypts what [`Self::seal`] made for the same `location`.
    pub fn unseal(&self, location: &Location, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let envelope = parse(location, sealed)?;
        let ring = self.holding(envelope.key_id)?;
        let key = self.key(&ring, envelope.key_id)?;
        envelope.open(key, location).map_err(|_| self.does_not_open(location, envelope.key_id))
    }

    /// Seals the data key anew under the active master key, leaving the value as it is. None when that is
    /// the key it is sealed with already.
    pub fn rewrap(&self, location: &Location, sealed: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let envelope = parse(location, sealed)?;
        let ring = self.current()?;
        if envelope.key_id == ring.active_id() {
            return Ok(None);
        }
        let key = self.key(&ring, envelope.key_id)?;
        envelope
            .rewrap(key, ring.active_id(), ring.active_key(), location)
            .map(Some)
            .map_err(|_| self.does_not_open(location, envelope.key_id))
    }

    /// The id of the master key that `sealed` needs; none when it isn't something a vault sealed.
    pub fn key_id_of(sealed: &[u8]) -> Option<&str> {
        Envelope::parse(sealed).map(|envelope| envelope.key_id)
    }

    /// The ids of all master keys in the file.
    pub fn key_ids(&self) -> Result<Vec<String>, Error> {
        Ok(self.current()?.ids().map(str::to_owned).collect())
    }

    /// The id of the master key that new values are sealed with.
    pub fn active_key_id(&self) -> Result<String, Error> {
        Ok(self.current()?.active_id().to_owned())
    }

    /// A known text, sealed: kept in the database, it shows whether a key-ring file belongs to it. Made
    /// anew after each rotation, like every other value.
    pub fn make_check(&self) -> Result<Vec<u8>, Error> {
        self.seal(&check_location(), CHECK)
    }

    /// Whether the key ring is the one that `check` was made with.
    pub fn verify_check(&self, check: &[u8]) -> Result<(), Error> {
        match self.unseal(&check_location(), check) {
            Ok(text) if text.as_slice() == CHECK => Ok(()),
            Ok(_) => Err(Error::NotSealed { location: check_location() }),
            Err(Error::DoesNotOpen { key_id, path, .. }) => Err(Error::WrongKey { key_id, path }),
            Err(other) => Err(other),
        }
    }

    /// The file's key ring as it is now.
    fn current(&self) -> Result<Arc<KeyRing>, Error> {
        let now = Stamp::of(&self.shared.path)?;
        {
            let loaded = self.shared.loaded.read().expect("no panics under this lock");
            if loaded.stamp == now {
                return Ok(Arc::clone(&loaded.ring));
            }
        }
        let fresh = load(&self.shared.path)?;
        let ring = Arc::clone(&fresh.ring);
        *self.shared.loaded.write().expect("no panics under this lock") = fresh;
        Ok(ring)
    }

    /// The loaded key ring if it holds the key, else the file's: what is stored can be read although the
    /// file is away for a moment.
    fn holding(&self, key_id: &str) -> Result<Arc<KeyRing>, Error> {
        {
            let loaded = self.shared.loaded.read().expect("no panics under this lock");
            if loaded.ring.get(key_id).is_some() {
                return Ok(Arc::clone(&loaded.ring));
            }
        }
        self.current()
    }

    fn key<'a>(&self, ring: &'a KeyRing, key_id: &str) -> Result<&'a ring::MasterKey, Error> {
        ring.get(key_id)
            .ok_or_else(|| Error::UnknownKey { key_id: key_id.to_owned(), path: self.shared.path.clone() })
    }

    fn does_not_open(&self, location: &Location, key_id: &str) -> Error {
        Error::DoesNotOpen {
            location: location.clone(),
            key_id: key_id.to_owned(),
            path: self.shared.path.clone(),
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

const CHECK: &[u8] = b"this key ring belongs to this database";

fn check_location() -> Location {
    Location::new("vault", "check", "text")
}

fn load(path: &Path) -> Result<Loaded, Error> {
    let (stamp, ring) = file::read(path)?;
    Ok(Loaded { stamp, ring: Arc::new(ring) })
}

fn parse<'a>(location: &Location, sealed: &'a [u8]) -> Result<Envelope<'a>, Error> {
    Envelope::parse(sealed).ok_or_else(|| Error::NotSealed { location: location.clone() })
}
