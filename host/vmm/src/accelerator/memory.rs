//! What was proven on this machine, remembered in a small JSON file.
//!
//! The file is only ever a shortcut: missing, unreadable or corrupt means that nothing is remembered.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Raised when the meaning of an entry changes; files of another version are not read.
const VERSION: u32 = 1;
/// Most answers kept; the oldest goes first.
const MOST_ENTRIES: usize = 32;
/// A larger file is not ours.
const MOST_FILE_BYTES: u64 = 256 * 1024;

/// Everything that the answer depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Key {
    /// Linux's release and version.
    pub(super) kernel: String,
    /// QEMU's path and version.
    pub(super) qemu: String,
    /// The processor's model.
    pub(super) processor: String,
    /// The image's content hash.
    pub(super) image_id: String,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// For what.
    pub(super) key: Key,
    /// Whether KVM ran the image.
    pub(super) works: bool,
    /// How that showed.
    pub(super) reason: String,
    /// When, in seconds since 1970.
    pub(super) proven_at_s: u64,
}

#[derive(Default, Serialize, Deserialize)]
struct Memory {
    version: u32,
    entries: Vec<Entry>,
}

/// The answer that is remembered for `key`.
pub(super) fn recall(file: &Path, key: &Key) -> Option<Entry> {
    read(file).entries.into_iter().rev().find(|entry| entry.key == *key)
}

/// Remembers `entry` in place of what is known for its key. The file is replaced at once or not at all.
pub(super) fn remember(file: &Path, entry: Entry) -> io::Result<()> {
    let mut memory = Memory { version: VERSION, entries: read(file).entries };
    memory.entries.retain(|known| known.key != entry.key);
    memory.entries.push(entry);
    let surplus = memory.entries.len().saturating_sub(MOST_ENTRIES);
    memory.entries.drain(..surplus);
    let text = serde_json::to_string_pretty(&memory)?;
    if let Some(parent) = file.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    let mut new_name = file.as_os_str().to_owned();
    new_name.push(format!(".{}", std::process::id()));
    let new = Path::new(&new_name);
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(new)
        .and_then(|mut open| open.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(new, file));
    written.inspect_err(|_| {
        let _ = fs::remove_file(new);
    })
}

fn read(file: &Path) -> Memory {
    let mut text = String::new();
    let opened = fs::File::open(file).and_then(|open| open.take(MOST_FILE_BYTES).read_to_string(&mut text));
    let memory: Memory = opened.ok().and_then(|_| serde_json::from_str(&text).ok()).unwrap_or_default();
    if memory.version == VERSION { memory } else { Memory::default() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(image_id: &str, works: bool) -> Entry {
        let key = Key {
            kernel: "6.1".to_owned(),
            qemu: "7.2".to_owned(),
            processor: "x".to_owned(),
            image_id: image_id.to_owned(),
        };
        Entry { key, works, reason: "because".to_owned(), proven_at_s: 1 }
    }

    #[test]
    fn what_is_remembered_is_recalled_for_its_key_only() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("new/accelerator.json");
        assert_eq!(recall(&file, &entry("a", true).key), None);
        remember(&file, entry("a", true)).unwrap();
        remember(&file, entry("b", false)).unwrap();
        assert_eq!(recall(&file, &entry("a", true).key), Some(entry("a", true)));
        assert_eq!(recall(&file, &entry("c", true).key), None);
        remember(&file, entry("a", false)).unwrap();
        assert_eq!(recall(&file, &entry("a", true).key), Some(entry("a", false)), "the later answer counts");
        assert_eq!(fs::read_dir(directory.path().join("new")).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn only_the_last_answers_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("accelerator.json");
        for number in 0..=MOST_ENTRIES {
            remember(&file, entry(&number.to_string(), true)).unwrap();
        }
        assert_eq!(read(&file).entries.len(), MOST_ENTRIES);
        assert_eq!(recall(&file, &entry("0", true).key), None);
    }

    #[test]
    fn another_version_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("accelerator.json");
        remember(&file, entry("a", true)).unwrap();
        let text = fs::read_to_string(&file).unwrap().replace("\"version\": 1", "\"version\": 2");
        fs::write(&file, text).unwrap();
        assert_eq!(recall(&file, &entry("a", true).key), None);
    }

    proptest! {
        #[test]
        fn any_file_is_an_answer_or_none_and_can_be_overwritten(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("accelerator.json");
            fs::write(&file, bytes).unwrap();
            prop_assert_eq!(recall(&file, &entry("a", true).key), None);
            remember(&file, entry("a", true)).unwrap();
            prop_assert_eq!(recall(&file, &entry("a", true).key), Some(entry("a", true)));
        }
    }
}
