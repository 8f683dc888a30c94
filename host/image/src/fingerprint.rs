//! Fingerprints: SHA-256 over named inputs, so that the same inputs give the same name and any change another.

use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// Collects inputs. Every input is framed by its name and length, so that no two different sets hash alike.
#[derive(Clone, Default)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds bytes under a name.
    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) {
        for part in [name.as_bytes(), bytes] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
    }

    /// Adds all files below `folder` that `wanted` accepts, named by their path below `root`.
    ///
    /// # Errors
    /// When a folder or file cannot be read.
    pub(crate) fn add_folder(
        &mut self,
        root: &Path,
        folder: &Path,
        wanted: impl Fn(&Path) -> bool + Copy,
    ) -> io::Result<()> {
        for file in files_below(folder, wanted)? {
            let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().into_owned();
            self.add(&name, &std::fs::read(&file)?);
        }
        Ok(())
    }

    /// The hash in hexadecimal.
    pub(crate) fn finish(self) -> String {
        hexadecimal(&self.0.finalize())
    }
}

/// The SHA-256 of bytes in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files below a folder, sorted by path. `wanted` is asked for folders too, and prunes them.
pub(crate) fn files_below(folder: &Path, wanted: impl Fn(&Path) -> bool + Copy) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if !wanted(&path) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            files.extend(files_below(&path, wanted)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_between_name_and_bytes_counts() {
        let (mut first, mut second) = (Fingerprint::default(), Fingerprint::default());
        first.add("ab", b"c");
        second.add("a", b"bc");
        assert_ne!(first.finish(), second.finish());
    }

    #[test]
    fn only_wanted_files_count() {
        let folder = tempfile::tempdir().unwrap();
        let hash = |root: &Path| {
            let mut fingerprint = Fingerprint::default();
            fingerprint.add_folder(root, root, |path| !path.ends_with("target")).unwrap();
            fingerprint.finish()
        };
        std::fs::write(folder.path().join("a.rs"), "1").unwrap();
        let before = hash(folder.path());
        std::fs::create_dir(folder.path().join("target")).unwrap();
        std::fs::write(folder.path().join("target/b.rs"), "2").unwrap();
        assert_eq!(hash(folder.path()), before);
        std::fs::write(folder.path().join("a.rs"), "2").unwrap();
        assert_ne!(hash(folder.path()), before);
    }

    #[test]
    fn sha256_is_the_standards() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
