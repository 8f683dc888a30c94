//! The directory that each machine has for itself, and the removal of those whose owners are gone.
//!
//! A directory is in use as long as somebody holds the lock on it. The lock belongs to an open file, the directory itself,
//! that host and VMM share (flock(2)), so it goes when the last of the two is gone, however they end. Whoever makes a new
//! directory first removes those that nobody holds.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What a machine's directory is called, before the machine's name.
const PREFIX: &str = "vm-";
/// Attempts at a name of its own. A name is only taken where a process id came round again.
const MOST_ATTEMPTS: u32 = 1000;

/// A machine's own directory (mode 0700), in use as long as this value or the VMM lives.
#[derive(Debug)]
pub(crate) struct VmDirectory {
    path: PathBuf,
    /// Never unlocked, only closed: unlocking would take the lock from the VMM too.
    lock: File,
}

impl VmDirectory {
    /// Makes a directory below `parent` (made too when missing) and sweeps what others left there.
    pub(crate) fn create(parent: &Path, name: &str) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        // As long as this is held nobody else sweeps, so a directory whose lock is not taken yet is safe.
        let parent_lock = File::open(parent)?;
        parent_lock.lock()?;
        sweep(parent)?;
        let path = make_unique(parent, name)?;
        let lock = open_directory(&path)?;
        lock.lock()?;
        Ok(Self { path, lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The descriptor that the VMM has to inherit, so that the directory stays in use while it lives.
    pub(crate) fn lock_descriptor(&self) -> RawFd {
        self.lock.as_raw_fd()
    }

    /// Makes an empty file (mode 0600) in it.
    pub(crate) fn create_file(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().append(true).create_new(true).mode(0o600).open(self.path.join(name))
    }

    /// Removes it with all that is in it.
    pub(crate) fn remove(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
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
fn sweep(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let Ok(entry) = entry else { continue };
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if ours && open_directory(&entry.path()).is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
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
