//! The directory that each machine has for itself, and the removal of those whose owners are gone.
//!
//! A directory is in use as long as somebody holds a shared lock on it (flock(2)): the VMM, which inherits the open directory,
//! and the host process that looks after the machine. So it is free when the last of the two is gone, however they end.
//! Whoever makes a new directory first removes those that nobody holds. Which host process looks after the machine is
//! settled by a second lock, on a file in the directory, that the VMM has no part in.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::limits;

/// What a machine's directory is called, before the machine's name.
const PREFIX: &str = "vm-";
/// The file that the host process which looks after the machine holds locked.
const OWNER: &str = "owner";
/// Attempts at a name of its own. A name is only taken where a process id came round again.
const MOST_ATTEMPTS: u32 = 1000;

/// A machine's own directory (mode 0700), in use as long as this value or the VMM lives.
#[derive(Debug)]
pub(crate) struct VmDirectory {
    path: PathBuf,
    /// Never unlocked, only closed: unlocking would take the lock from the VMM too.
    lock: File,
    /// Held locked, and unknown to the VMM.
    _owner: File,
}

/// Why a directory cannot be taken over.
#[derive(Debug)]
pub(crate) enum TakeOverError {
    /// Another host process (or another part of this one) looks after its machine.
    Owned,
    /// It is gone, or the kernel refused.
    Failed(io::Error),
}

impl VmDirectory {
    /// Makes a directory below `parent` (made too when missing) and sweeps what others left there.
    pub(crate) fn create(parent: &Path, name: &str) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        // As long as this is held nobody else sweeps, so a directory whose lock is not taken yet is safe.
        let parent_lock = File::open(parent)?;
        parent_lock.lock()?;
        sweep(parent)?;
        // Absolute, because the VMM works in it, and comparable with what the kernel says that it works in.
        let path = make_unique(&parent.canonicalize()?, name)?;
        let lock = open_directory(&path)?;
        lock.lock_shared()?;
        let owner = create_file(&path, OWNER)?;
        owner.lock()?;
        Ok(Self { path, lock, _owner: owner })
    }

    /// Becomes the one that looks after the machine whose directory this is.
    pub(crate) fn take_over(path: &Path) -> Result<Self, TakeOverError> {
        let lock = open_directory(path).map_err(TakeOverError::Failed)?;
        // Held exclusively only by one who is about to remove it.
        lock.try_lock_shared().map_err(|error| TakeOverError::Failed(error.into()))?;
        let options = OpenOptions::new().append(true).custom_flags(libc::O_NOFOLLOW).open(path.join(OWNER));
        let owner = options.map_err(TakeOverError::Failed)?;
        owner.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => TakeOverError::Owned,
            TryLockError::Error(error) => TakeOverError::Failed(error),
        })?;
        Ok(Self { path: path.to_path_buf(), lock, _owner: owner })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The directory itself. The VMM has to inherit it, so that it stays in use while the VMM lives.
    pub(crate) fn file(&self) -> &File {
        &self.lock
    }

    /// Makes an empty file (mode 0600) in it.
    pub(crate) fn create_file(&self, name: &str) -> io::Result<File> {
        create_file(&self.path, name)
    }

    /// Removes it with all that is in it.
    pub(crate) fn remove(&self) -> io::Result<()> {
        remove(&self.path)
    }
}

/// Whether a machine's directory could have this path.
pub(crate) fn is_machines(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()))
}

/// The machine's name in the path of its directory.
pub(crate) fn machine_name(path: &Path) -> Option<&str> {
    let rest = path.file_name()?.to_str()?.strip_prefix(PREFIX)?;
    // Behind the name: process id and attempt.
    rest.rsplitn(3, '-').nth(2)
}

/// Removes the directories of machines below `parent` that neither run nor are looked after, and says which. A `parent`
/// that is not there has none.
pub(crate) fn remove_dead(parent: &Path) -> io::Result<Vec<PathBuf>> {
    let parent_lock = match File::open(parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        opened => opened?,
    };
    parent_lock.lock()?;
    sweep(parent)
}

/// Removes a machine's directory and its control groups; fine when they are gone. Its process must be.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    limits::remove_groups(path);
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn create_file(directory: &Path, name: &str) -> io::Result<File> {
    OpenOptions::new().append(true).create_new(true).mode(0o600).open(directory.join(name))
}

fn make_unique(parent: &Path, name: &str) -> io::Result<PathBuf> {
    let process = std::process::id();
    for attempt in 0..MOST_ATTEMPTS {
        let path = parent.join(format!("{PREFIX}{name}-{process}-{attempt}"));
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Opens a directory (never through a symbolic link at its end), to lock it.
fn open_directory(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW).open(path)
}

/// Removes the directories of machines that are gone. One that cannot be removed is left for the next time.
fn sweep(parent: &Path) -> io::Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for entry in fs::read_dir(parent)? {
        let Ok(entry) = entry else { continue };
        let path = entry.path();
        let Some(lock) = is_machines(&path).then(|| open_directory(&path).ok()).flatten() else { continue };
        if lock.try_lock().is_ok() && remove(&path).is_ok() {
            removed.push(path);
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_directory_is_private_and_its_files_too() {
        let parent = tempfile::tempdir().unwrap();
        let directory = VmDirectory::create(&parent.path().join("a/b"), "x").unwrap();
        directory.create_file("serial.log").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(directory.path()), 0o700);
        assert_eq!(mode(&directory.path().join("serial.log")), 0o600);
    }

    #[test]
    fn what_nobody_holds_is_swept_and_what_somebody_holds_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let held = VmDirectory::create(parent.path(), "held").unwrap();
        let gone = VmDirectory::create(parent.path(), "gone").unwrap();
        let gone_path = gone.path().to_path_buf();
        fs::create_dir(parent.path().join("other")).unwrap();
        fs::create_dir(parent.path().join("vm-forgotten")).unwrap();
        drop(gone);
        assert!(gone_path.exists(), "only the next start removes it");
        let _next = VmDirectory::create(parent.path(), "next").unwrap();
        assert!(!gone_path.exists());
        assert!(!parent.path().join("vm-forgotten").exists());
        assert!(held.path().exists());
        assert!(parent.path().join("other").exists(), "not one of ours");
    }

    #[test]
    fn a_directory_is_taken_over_only_when_nobody_looks_after_it() {
        let parent = tempfile::tempdir().unwrap();
        let directory = VmDirectory::create(parent.path(), "a").unwrap();
        let path = directory.path().to_path_buf();
        assert!(matches!(VmDirectory::take_over(&path), Err(TakeOverError::Owned)));
        // What the VMM has of it.
        let inherited = directory.file().try_clone().unwrap();
        drop(directory);
        let taken = VmDirectory::take_over(&path).unwrap();
        assert!(matches!(VmDirectory::take_over(&path), Err(TakeOverError::Owned)));
        drop(inherited);
        assert!(remove_dead(parent.path()).unwrap().is_empty(), "it is looked after though the VMM is gone");
        drop(taken);
        assert_eq!(remove_dead(parent.path()).unwrap(), std::slice::from_ref(&path));
        assert!(matches!(VmDirectory::take_over(&path), Err(TakeOverError::Failed(_))));
        assert!(remove_dead(&parent.path().join("missing")).unwrap().is_empty());
    }

    #[test]
    fn a_machines_name_is_read_from_its_directory() {
        let parent = tempfile::tempdir().unwrap();
        let directory = VmDirectory::create(parent.path(), "a-b.c").unwrap();
        assert_eq!(machine_name(directory.path()), Some("a-b.c"));
        for path in ["/x/vm-", "/x/vm-a", "/x/vm-a-1", "/x/other-a-1-2", "/"] {
            assert_eq!(machine_name(Path::new(path)), None, "{path}");
        }
    }

    #[test]
    fn a_symbolic_link_is_neither_followed_nor_removed_by_the_sweep() {
        let parent = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("file"), "x").unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), parent.path().join("vm-link")).unwrap();
        let _next = VmDirectory::create(parent.path(), "next").unwrap();
        assert!(elsewhere.path().join("file").exists());
    }

    #[test]
    fn machines_of_one_name_have_directories_of_their_own() {
        let parent = tempfile::tempdir().unwrap();
        let first = VmDirectory::create(parent.path(), "same").unwrap();
        let second = VmDirectory::create(parent.path(), "same").unwrap();
        assert_ne!(first.path(), second.path());
        first.remove().unwrap();
        assert!(!first.path().exists() && second.path().exists());
        first.remove().unwrap();
    }
}
