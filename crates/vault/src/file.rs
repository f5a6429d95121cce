//! The key-ring file: read only if private, replaced as a whole, never overwritten by mistake.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::{Error, ring::KeyRing};

/// Tells one content of a file from another without reading it. Replacing the file makes a new inode.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    inode: (u64, u64),
    len: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
        let meta = fs::metadata(path).map_err(|e| failed("read", path, e))?;
        Ok(Self::from_meta(&meta))
    }

    fn from_meta(meta: &Metadata) -> Self {
        Self {
            inode: (meta.dev(), meta.ino()),
            len: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

/// Reads the key ring; refuses a file that others can get at.
pub(crate) fn read(path: &Path) -> Result<(Stamp, KeyRing), Error> {
    let mut file = File::open(path).map_err(|e| failed("read", path, e))?;
    let meta = file.metadata().map_err(|e| failed("read", path, e))?;
    let malformed = |reason: String| Error::Malformed { path: path.to_owned(), reason };
    if !meta.is_file() {
        return Err(malformed("it is not a file".into()));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(Error::NotPrivate { path: path.to_owned(), mode: meta.mode() & 0o7777 });
    }
    let room = usize::try_from(meta.len()).unwrap_or_default() + 1;
    let mut json = Zeroizing::new(Vec::with_capacity(room));
    file.read_to_end(&mut json).map_err(|e| failed("read", path, e))?;
    let ring = KeyRing::parse(&json).map_err(malformed)?;
    Ok((Stamp::from_meta(&meta), ring))
}

/// Writes a new file; leaves one that is already there as it is.
pub(crate) fn write_new(path: &Path, ring: &KeyRing) -> Result<(), Error> {
    let file = write_beside(path, ring)?;
    match file.persist_noclobber(path) {
        Ok(_) => sync_directory(path),
        Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(failed("write", path, e.error)),
    }
}

/// Replaces the file in one step: a reader sees the old one or the new one, a crash leaves either.
pub(crate) fn replace(path: &Path, ring: &KeyRing) -> Result<(), Error> {
    // Behind a symbolic link, the file is replaced and the link stays.
    let path = path.canonicalize().map_err(|e| failed("write", path, e))?;
    write_beside(&path, ring)?.persist(&path).map_err(|e| failed("write", &path, e.error))?;
    sync_directory(&path)
}

/// Keeps other processes from changing the file until dropped. The lock is on its directory: the file
/// itself is replaced, and a lock on it would be on something that is gone.
pub(crate) fn lock(path: &Path) -> Result<File, Error> {
    let path = path.canonicalize().map_err(|e| failed("lock", path, e))?;
    let directory = File::open(directory_of(&path)).map_err(|e| failed("lock", &path, e))?;
    directory.lock().map_err(|e| failed("lock", &path, e))?;
    Ok(directory)
}

/// The ring in a file beside `path`, mode 0600 from its first byte, safely on disk.
fn write_beside(path: &Path, ring: &KeyRing) -> Result<NamedTempFile, Error> {
    let write = || {
        let mut file =
            tempfile::Builder::new().prefix(".berth-master-key-").tempfile_in(directory_of(path))?;
        file.write_all(&ring.to_json())?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(|e| failed("write", path, e))
}

/// Without this, a power cut could undo the rename of a key that values were sealed with since.
fn sync_directory(path: &Path) -> Result<(), Error> {
    File::open(directory_of(path))
        .and_then(|directory| directory.sync_all())
        .map_err(|e| failed("write", path, e))
}

fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> Error {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound if action != "write" => Error::Missing { path },
        _ => Error::Io { action, path, source },
    }
}
