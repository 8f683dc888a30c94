//! The snapshots of machines that have just become ready: kept by everything that decides whether one fits, verified before
//! they are used, thrown away by size.
//!
//! A snapshot is a folder named by the hash of its key: what skerry-vmm saved, and `snapshot.json` with key and checksums,
//! written last, so that a folder without it is no snapshot. Making them is the business of `machines`.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The file that makes a folder a snapshot.
const MANIFEST: &str = "snapshot.json";
/// Longest manifest that is read.
const MOST_MANIFEST_BYTES: u64 = 64 * 1024;

/// A folder of snapshots.
#[derive(Debug)]
pub struct Snapshots {
    folder: PathBuf,
    most_bytes: u64,
    /// Those whose checksums were found right in this process's life.
    verified: Mutex<HashMap<String, PathBuf>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    /// Everything that decides whether the snapshot fits, as text.
    key: String,
    /// SHA-256 of each file, by name.
    files: Vec<(String, String)>,
}

/// A snapshot that is there and must not be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It cannot be read or written.
    #[error("cannot read or write the snapshot {}", path.display())]
    Io {
        /// Its folder.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// Its manifest or a checksum is wrong.
    #[error("the snapshot {} is damaged: {reason}", path.display())]
    Damaged {
        /// Its folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl Snapshots {
    /// Opens a folder (made, mode 0700, when missing) that may hold `most_mib`, and removes what was left half made.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn open(folder: PathBuf, most_mib: u64) -> io::Result<Self> {
        make_private(&folder)?;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if !path.join(MANIFEST).is_file() {
                remove(&path);
            }
        }
        Ok(Self { folder, most_bytes: most_mib << 20, verified: Mutex::default() })
    }

    /// The snapshot for `key`, if there is one; its checksums are verified once in a process's life.
    ///
    /// # Errors
    /// [`SnapshotError`]; it was removed then.
    pub fn find(&self, key: &str) -> Result<Option<PathBuf>, SnapshotError> {
        if let Some(path) = self.verified().get(key) {
            return Ok(Some(path.clone()));
        }
        let path = self.path_of(key);
        if !path.join(MANIFEST).is_file() {
            return Ok(None);
        }
        match verify(&path, key) {
            Ok(()) => {
                self.verified().insert(key.to_owned(), path.clone());
                // The time of the last use, by which the size is kept.
                let _ = File::open(path.join(MANIFEST)).and_then(|file| file.set_modified(SystemTime::now()));
                Ok(Some(path))
            }
            Err(error) => {
                self.discard(key);
                Err(error)
            }
        }
    }

    /// A folder to save a machine into, which becomes the snapshot for `key` by [`Self::complete`].
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn begin(&self, key: &str) -> Result<PathBuf, SnapshotError> {
        let path = self.path_of(key).with_extension("new");
        remove(&path);
        make_private(&path).map_err(|source| SnapshotError::Io { path: path.clone(), source })?;
        Ok(path)
    }

    /// Makes a snapshot of what was saved into the folder from [`Self::begin`], and evicts others if all are too large.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn complete(&self, key: &str, saved: &Path) -> Result<PathBuf, SnapshotError> {
        let at = |source| SnapshotError::Io { path: saved.to_path_buf(), source };
        let manifest = Manifest { key: key.to_owned(), files: checksums(saved).map_err(at)? };
        let text = serde_json::to_vec_pretty(&manifest).map_err(|error| at(error.into()))?;
        fs::write(saved.join(MANIFEST), text).map_err(at)?;
        let path = self.path_of(key);
        remove(&path);
        fs::rename(saved, &path).map_err(at)?;
        self.verified().insert(key.to_owned(), path.clone());
        self.evict(&path);
        Ok(path)
    }

    /// Removes the snapshot for `key`: it did not work.
    pub fn discard(&self, key: &str) {
        self.verified().remove(key);
        remove(&self.path_of(key));
    }

    fn path_of(&self, key: &str) -> PathBuf {
        self.folder.join(hexadecimal(&Sha256::digest(key.as_bytes())[..16]))
    }

    /// Removes the least recently used others until all fit.
    fn evict(&self, newest: &Path) {
        let mut all: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let used = fs::metadata(path.join(MANIFEST)).ok()?.modified().ok()?;
                Some((used, size_of(&path), path))
            })
            .collect();
        all.sort();
        let mut total: u64 = all.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in all {
            if total <= self.most_bytes {
                break;
            }
            if path != newest {
                tracing::info!(path = %path.display(), "snapshot evicted");
                self.verified().retain(|_, verified| *verified != path);
                remove(&path);
                total -= bytes;
            }
        }
    }

    fn verified(&self) -> std::sync::MutexGuard<'_, HashMap<String, PathBuf>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn verify(path: &Path, key: &str) -> Result<(), SnapshotError> {
    let io_error = |source| SnapshotError::Io { path: path.to_path_buf(), source };
    let damaged = |reason: String| SnapshotError::Damaged { path: path.to_path_buf(), reason };
    let mut text = Vec::new();
    let manifest = File::open(path.join(MANIFEST)).map_err(io_error)?;
    manifest.take(MOST_MANIFEST_BYTES).read_to_end(&mut text).map_err(io_error)?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| damaged(format!("{MANIFEST}: {error}")))?;
    if manifest.key != key {
        return Err(damaged("it was made for another machine".to_owned()));
    }
    let found = checksums(path).map_err(io_error)?;
    if found != manifest.files {
        return Err(damaged("its checksums do not fit".to_owned()));
    }
    Ok(())
}

/// SHA-256 of each file but the manifest, by name.
fn checksums(folder: &Path) -> io::Result<Vec<(String, String)>> {
    let mut sums = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != MANIFEST {
            sums.push((name, checksum(&entry.path())?));
        }
    }
    sums.sort();
    Ok(sums)
}

fn checksum(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 256 * 1024];
    loop {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            return Ok(hexadecimal(&hasher.finalize()));
        }
        hasher.update(&chunk[..count]);
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn size_of(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let files = fs::read_dir(folder).into_iter().flatten();
    // Blocks, not lengths: a memory file has holes.
    files.filter_map(|entry| entry.ok()?.metadata().ok()).map(|metadata| metadata.blocks() * 512).sum()
}

/// Makes a folder (and those above it) with mode 0700.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Removes a folder; one that cannot be removed now is met again at the next start.
pub(crate) fn remove(path: &Path) {
    if let Err(error) = fs::remove_dir_all(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), "cannot remove: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(snapshots: &Snapshots, key: &str, bytes: usize) -> PathBuf {
        let folder = snapshots.begin(key).unwrap();
        fs::write(folder.join("state"), vec![7; bytes]).unwrap();
        snapshots.complete(key, &folder).unwrap()
    }

    #[test]
    fn a_snapshot_is_found_by_its_whole_key_only_and_survives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::open(folder.path().join("s"), 10).unwrap();
        let path = make(&snapshots, "QEMU 1", 100);
        for snapshots in [&snapshots, &Snapshots::open(folder.path().join("s"), 10).unwrap()] {
            assert_eq!(snapshots.find("QEMU 1").unwrap().as_ref(), Some(&path));
            assert_eq!(snapshots.find("QEMU 2").unwrap(), None);
        }
    }

    #[test]
    fn a_snapshot_with_one_wrong_byte_is_refused_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = make(&Snapshots::open(folder.path().to_path_buf(), 10).unwrap(), "k", 100);
        let mut bytes = fs::read(path.join("state")).unwrap();
        bytes[50] ^= 1;
        fs::write(path.join("state"), bytes).unwrap();
        let snapshots = Snapshots::open(folder.path().to_path_buf(), 10).unwrap();
        assert!(matches!(snapshots.find("k"), Err(SnapshotError::Damaged { .. })));
        assert_eq!(snapshots.find("k").unwrap(), None);
        assert!(!path.exists());
    }

    #[test]
    fn a_manifest_that_is_nonsense_is_an_error_not_a_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let path = make(&Snapshots::open(folder.path().to_path_buf(), 10).unwrap(), "k", 1);
        for nonsense in ["", "{", "[]", "{\"key\":\"other\",\"files\":[]}"] {
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join(MANIFEST), nonsense).unwrap();
            let snapshots = Snapshots::open(folder.path().to_path_buf(), 10).unwrap();
            assert!(snapshots.find("k").is_err(), "{nonsense}");
        }
    }

    #[test]
    fn what_was_left_half_made_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::open(folder.path().to_path_buf(), 10).unwrap();
        let half = snapshots.begin("k").unwrap();
        fs::write(half.join("state"), "x").unwrap();
        let snapshots = Snapshots::open(folder.path().to_path_buf(), 10).unwrap();
        assert!(!half.exists());
        assert_eq!(snapshots.find("k").unwrap(), None);
    }

    #[test]
    fn the_least_recently_used_go_first_and_never_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::open(folder.path().to_path_buf(), 1).unwrap();
        let first = make(&snapshots, "1", 600 * 1024);
        let second = make(&snapshots, "2", 600 * 1024);
        assert!(!first.exists() && second.exists());
        assert_eq!(snapshots.find("1").unwrap(), None);
        let large = make(&snapshots, "3", 3 << 20);
        assert!(large.exists() && !second.exists());
    }
}
