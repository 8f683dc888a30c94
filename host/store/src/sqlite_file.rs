//! The SQLite file itself: making it for its user alone, and the lock beside it by which one engine claims it. What is
//! in the file is not looked at here.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::StoreError;

/// Owner only: documents and settings hold users' names and password hashes.
const FILE_MODE: u32 = 0o600;

/// A claimed file. The claim ends with this value, or with the process however it ends.
#[derive(Debug)]
pub(crate) struct ClaimedFile {
    /// The file's own path, links resolved: two names of one file are one claim.
    pub(crate) path: PathBuf,
    // A lock of its own file, since SQLite's locks on the database are SQLite's business.
    _lock: File,
}

impl ClaimedFile {
    /// Makes the file if there is none, and claims it. `None` if another engine has it.
    pub(crate) fn claim(path: &Path) -> Result<Option<Self>, StoreError> {
        open(path).map_err(|error| failure(path, error))?;
        let path = path.canonicalize().map_err(|error| failure(path, error))?;
        let mut lock_path = path.clone().into_os_string();
        lock_path.push(".lock");
        let lock_path = PathBuf::from(lock_path);
        let lock = open(&lock_path).map_err(|error| failure(&lock_path, error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { path, _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failure(&lock_path, error)),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path)
}

fn failure(path: &Path, error: io::Error) -> StoreError {
    let location = path.display().to_string();
    match error.kind() {
        io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::ReadOnly { location, source: Arc::new(sqlx::Error::Io(error)) }
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            StoreError::DiskFull { location, source: Arc::new(sqlx::Error::Io(error)) }
        }
        _ => StoreError::File { path: location, source: Arc::new(error) },
    }
}
