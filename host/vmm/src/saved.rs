//! What a saved machine is on disk: a directory (mode 0700) with files (mode 0600).
//!
//! - `state`: what QEMU wrote. Devices and, unless `memory` is there, the guest's memory.
//! - `memory`: the guest's memory as it lies in the machine, to be mapped privately by every machine that is restored.
//! - `machine.json`: how large they are and whether the guest was ready; written last.
//!
//! Nothing here is checked by a checksum: whoever keeps saved machines for long does that once, not at each restore.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use skerry_api::console::ReadyLine;

/// What QEMU wrote.
const STATE: &str = "state";
/// What it writes until it has succeeded.
const NEW_STATE: &str = "state.new";
/// The guest's memory, where it is not in the state.
const MEMORY: &str = "memory";
/// What describes both.
const SUMMARY: &str = "machine.json";
/// Raised when the meaning of the files changes.
const VERSION: u32 = 1;
/// A longer description is not ours.
const MOST_SUMMARY_BYTES: u64 = 64 * 1024;
/// The first bytes of every state of QEMU's ("QEVM"; its documentation, "Migration").
const MAGIC: [u8; 4] = *b"QEVM";

/// What is known of a saved machine beside its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// Length of `state`.
    pub(crate) state_bytes: u64,
    /// Length of `memory`, where there is one.
    pub(crate) memory_bytes: Option<u64>,
    /// The guest's readiness line, if it was ready.
    pub(crate) ready: Option<ReadyLine>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    #[serde(flatten)]
    summary: Summary,
}

/// A saved machine to restore from: open files, so that nothing can take their place meanwhile.
#[derive(Debug)]
pub(crate) struct SavedFiles {
    pub(crate) state: File,
    pub(crate) memory: Option<File>,
    pub(crate) ready: Option<ReadyLine>,
}

/// The directory of a machine that is being saved.
#[derive(Debug)]
pub(crate) struct SavedDirectory {
    path: PathBuf,
}

impl SavedDirectory {
    /// Makes it where it is missing.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Ok(Self { path: path.to_path_buf() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file to write the state to. What was saved there before stays until the new one is complete.
    pub(crate) fn begin_state(&self) -> io::Result<File> {
        self.create_file(NEW_STATE)
    }

    /// The file, of `bytes` zeros, to put the guest's memory into.
    pub(crate) fn begin_memory(&self, bytes: u64) -> io::Result<File> {
        // Machines may have the former one mapped.
        remove_file(&self.path.join(MEMORY))?;
        let file = self.create_file(MEMORY)?;
        file.set_len(bytes)?;
        Ok(file)
    }

    pub(crate) fn abandon_state(&self) -> io::Result<()> {
        remove_file(&self.path.join(NEW_STATE))
    }

    pub(crate) fn abandon_memory(&self) -> io::Result<()> {
        remove_file(&self.path.join(MEMORY))
    }

    /// Puts the new state in place of the old one.
    pub(crate) fn complete_state(&self, summary: &Summary) -> io::Result<()> {
        // Without a description there is nothing to restore, so no moment has one that does not fit.
        remove_file(&self.path.join(SUMMARY))?;
        if summary.memory_bytes.is_none() {
            self.abandon_memory()?;
        }
        fs::rename(self.path.join(NEW_STATE), self.path.join(STATE))?;
        let text = serde_json::to_vec(&Stored { version: VERSION, summary: summary.clone() })?;
        self.create_file(SUMMARY)?.write_all(&text)
    }

    fn create_file(&self, name: &str) -> io::Result<File> {
        let path = self.path.join(name);
        remove_file(&path)?;
        // For writing only: QEMU takes a descriptor only for the kind of access that it was opened for.
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
    }
}

/// Opens a saved machine; the reason why it cannot be one otherwise.
pub(crate) fn open(directory: &Path, memory_bytes: u64) -> Result<SavedFiles, String> {
    let summary = read_summary(directory)?;
    let mut state = open_file(directory, STATE, summary.state_bytes)?;
    let mut magic = [0; MAGIC.len()];
    state.read_exact(&mut magic).map_err(|error| format!("`{STATE}` cannot be read: {error}"))?;
    if magic != MAGIC {
        return Err(format!("`{STATE}` is not a state of QEMU's"));
    }
    // QEMU reads an inherited descriptor from where it is.
    io::Seek::rewind(&mut state).map_err(|error| format!("`{STATE}` cannot be read: {error}"))?;
    let memory = summary.memory_bytes.map(|bytes| open_file(directory, MEMORY, bytes)).transpose()?;
    if let Some(bytes) = summary.memory_bytes.filter(|bytes| *bytes != memory_bytes) {
        return Err(format!("it was saved with {bytes} bytes of memory, and is to be restored with {memory_bytes}"));
    }
    Ok(SavedFiles { state, memory, ready: summary.ready })
}

/// Reads the description.
pub(crate) fn read_summary(directory: &Path) -> Result<Summary, String> {
    let mut text = Vec::new();
    let opened =
        File::open(directory.join(SUMMARY)).and_then(|file| file.take(MOST_SUMMARY_BYTES).read_to_end(&mut text));
    opened.map_err(|error| format!("`{SUMMARY}` cannot be read: {error}"))?;
    let stored: Stored = serde_json::from_slice(&text).map_err(|error| format!("`{SUMMARY}` is corrupt: {error}"))?;
    if stored.version == VERSION {
        Ok(stored.summary)
    } else {
        Err(format!("`{SUMMARY}` has version {}, not {VERSION}", stored.version))
    }
}

fn open_file(directory: &Path, name: &str, bytes: u64) -> Result<File, String> {
    let unreadable = |error| format!("`{name}` cannot be read: {error}");
    let file = File::open(directory.join(name)).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_file() && metadata.len() == bytes {
        Ok(file)
    } else {
        Err(format!("`{name}` has {} bytes instead of {bytes}", metadata.len()))
    }
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::*;

    use super::*;

    const STATE_BYTES: &[u8] = b"QEVM and more";

    fn summary() -> Summary {
        Summary { state_bytes: STATE_BYTES.len() as u64, memory_bytes: None, ready: None }
    }

    fn save(directory: &Path) {
        let saved = SavedDirectory::create(directory).unwrap();
        saved.begin_state().unwrap().write_all(STATE_BYTES).unwrap();
        saved.complete_state(&summary()).unwrap();
    }

    #[test]
    fn what_was_saved_is_opened_and_is_private() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("a/b");
        save(&directory);
        let mut read = String::new();
        open(&directory, 1).unwrap().state.read_to_string(&mut read).unwrap();
        assert_eq!(read.as_bytes(), STATE_BYTES);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        for name in [STATE, SUMMARY] {
            assert_eq!(mode(&directory.join(name)), 0o600, "{name}");
        }
        assert!(!directory.join(NEW_STATE).exists());
    }

    #[test]
    fn an_attempt_that_fails_leaves_what_was_there() {
        let directory = tempfile::tempdir().unwrap();
        save(directory.path());
        let saved = SavedDirectory::create(directory.path()).unwrap();
        saved.begin_state().unwrap().write_all(b"half").unwrap();
        saved.abandon_state().unwrap();
        assert!(open(directory.path(), 1).is_ok());
    }

    #[test]
    fn what_is_cut_short_missing_or_something_else_is_refused_with_the_reason() {
        let directory = tempfile::tempdir().unwrap();
        let refused = |with: &str| {
            let reason = open(directory.path(), 1).unwrap_err();
            assert!(reason.contains(with), "{reason}");
        };
        refused("machine.json");
        save(directory.path());
        fs::write(directory.path().join(STATE), &STATE_BYTES[..5]).unwrap();
        refused("5 bytes instead of 13");
        fs::write(directory.path().join(STATE), "no state, same").unwrap();
        refused("bytes");
        fs::write(directory.path().join(STATE), "no state here").unwrap();
        refused("not a state");
        save(directory.path());
        fs::remove_file(directory.path().join(STATE)).unwrap();
        refused("`state` cannot be read");
    }

    #[test]
    fn memory_of_another_size_than_the_machines_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let saved = SavedDirectory::create(directory.path()).unwrap();
        saved.begin_state().unwrap().write_all(STATE_BYTES).unwrap();
        saved.begin_memory(4096).unwrap();
        saved.complete_state(&Summary { memory_bytes: Some(4096), ..summary() }).unwrap();
        assert!(open(directory.path(), 4096).unwrap().memory.is_some());
        assert!(open(directory.path(), 8192).unwrap_err().contains("8192"));
        save(directory.path());
        assert!(!directory.path().join(MEMORY).exists(), "a plain state has no memory beside it");
    }

    proptest! {
        #[test]
        fn any_description_is_one_or_refused(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let directory = tempfile::tempdir().unwrap();
            save(directory.path());
            fs::write(directory.path().join(SUMMARY), text).unwrap();
            prop_assert!(open(directory.path(), 1).is_err());
        }
    }
}
