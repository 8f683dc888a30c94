//! The Hermit kernel's source: fetched by cargo, checked, copied and edited.
//!
//! The kernel comes from the registry (`hermit-kernel`, pinned with its checksum by `guest/kernel/Cargo.lock`); none of it is
//! in this repository. What we need otherwise is a list of small edits ([`crate::kernel_edits`]) and a few files
//! of our own that take the place of the kernel's (`guest/kernel/overlay`). Both name the SHA-256 of the file that they were
//! written for: another kernel, or a registry that hands out something else, is an error and never a guess.

use crate::command::{CommandError, output};
use crate::fingerprint::{Fingerprint, files_below, sha256};
use crate::kernel_edits::{ADDITIONS, EDITS, FileEdits, OVERLAYS, Overlay};
use crate::toolchain::Compiler;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The kernel's package name in the registry.
const PACKAGE: &str = "hermit-kernel";
/// The release that edits and overlay were written for.
pub const VERSION: &str = "0.11.0";
/// Our own files for the kernel, below the source root.
const OVERLAY_FOLDER: &str = "guest/kernel/overlay";

/// Why the kernel's source could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// Cargo could not fetch it.
    #[error("the kernel's source could not be fetched from the registry (is there a network?)")]
    Fetch(#[from] CommandError),
    /// Cargo fetched something else than expected.
    #[error("cargo did not say where {PACKAGE} {VERSION} is")]
    NotFound,
    /// A file is not the one that an edit was written for.
    #[error(
        "{path} of {PACKAGE} {VERSION} is not the file that the edits were written for (SHA-256 {found}, not {expected})"
    )]
    Checksum {
        /// The file, within the package.
        path: &'static str,
        /// Its SHA-256.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The text that an edit replaces is not in its file exactly once.
    #[error("an edit of {path} finds its place {count} times, not once: {find:?}")]
    Place {
        /// The file, within the package.
        path: &'static str,
        /// How often it is there.
        count: usize,
        /// The text.
        find: &'static str,
    },
    /// A file could not be read or written.
    #[error("{path} could not be read or written", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Has cargo fetch the kernel's package, and returns the folder of its source in cargo's registry.
///
/// # Errors
/// When cargo fails, for want of a network for instance.
pub(crate) fn fetch(source_root: &Path, compiler: &Compiler, log: &Path) -> Result<PathBuf, PrepareError> {
    let mut command = Command::new(&compiler.cargo);
    command.env("RUSTC", &compiler.rustc.path);
    command.args(["metadata", "--format-version=1", "--locked", "--manifest-path"]);
    command.arg(source_root.join("guest/kernel/Cargo.toml"));
    let metadata = output(&mut command, log)?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata).map_err(|_| PrepareError::NotFound)?;
    let packages = metadata["packages"].as_array().ok_or(PrepareError::NotFound)?;
    packages
        .iter()
        .find(|package| package["name"] == PACKAGE && package["version"] == VERSION)
        .and_then(|package| package["manifest_path"].as_str())
        .and_then(|manifest| Path::new(manifest).parent())
        .map(Path::to_owned)
        .ok_or(PrepareError::NotFound)
}

/// Copies the kernel's source to `prepared` and applies edits and overlay. `prepared` is made anew.
///
/// # Errors
/// When a file is not the expected one, or an edit does not find its place.
pub(crate) fn prepare(source_root: &Path, fetched: &Path, prepared: &Path) -> Result<(), PrepareError> {
    if prepared.exists() {
        std::fs::remove_dir_all(prepared).map_err(io_error(prepared))?;
    }
    for file in files_below(fetched, |path| !path.ends_with("rust-toolchain.toml")).map_err(io_error(fetched))? {
        let copy = prepared.join(file.strip_prefix(fetched).unwrap_or(&file));
        if let Some(folder) = copy.parent() {
            std::fs::create_dir_all(folder).map_err(io_error(folder))?;
        }
        std::fs::copy(&file, &copy).map_err(io_error(&copy))?;
    }
    for edits in EDITS {
        let path = prepared.join(edits.path);
        let text = std::fs::read_to_string(&path).map_err(io_error(&path))?;
        std::fs::write(&path, apply(edits, &text)?).map_err(io_error(&path))?;
    }
    for overlay in OVERLAYS {
        replace(source_root, prepared, overlay)?;
    }
    for addition in ADDITIONS {
        let ours = source_root.join(OVERLAY_FOLDER).join(addition.file);
        std::fs::copy(&ours, prepared.join(addition.path)).map_err(io_error(&ours))?;
    }
    Ok(())
}

/// Adds to a fingerprint all that makes a prepared kernel what it is.
pub(crate) fn add_inputs(fingerprint: &mut Fingerprint, source_root: &Path) -> io::Result<()> {
    fingerprint.add("kernel version", VERSION.as_bytes());
    for edits in EDITS {
        fingerprint.add(edits.path, edits.sha256.as_bytes());
        for edit in edits.edits {
            fingerprint.add(edit.find, edit.replace.as_bytes());
        }
    }
    fingerprint.add_folder(source_root, &source_root.join("guest/kernel"), |path| !path.ends_with("target"))
}

/// Applies a file's edits to its text.
fn apply(edits: &FileEdits, text: &str) -> Result<String, PrepareError> {
    check(edits.path, text, edits.sha256)?;
    let mut text = text.to_owned();
    for edit in edits.edits {
        let count = text.matches(edit.find).count();
        if count != 1 {
            return Err(PrepareError::Place { path: edits.path, count, find: edit.find });
        }
        text = text.replacen(edit.find, edit.replace, 1);
    }
    Ok(text)
}

fn replace(source_root: &Path, prepared: &Path, overlay: &Overlay) -> Result<(), PrepareError> {
    let original = prepared.join(overlay.path);
    let text = std::fs::read_to_string(&original).map_err(io_error(&original))?;
    check(overlay.path, &text, overlay.sha256)?;
    let ours = source_root.join(OVERLAY_FOLDER).join(overlay.file);
    std::fs::copy(&ours, &original).map_err(io_error(&ours))?;
    Ok(())
}

fn check(path: &'static str, text: &str, expected: &'static str) -> Result<(), PrepareError> {
    let found = sha256(text.as_bytes());
    if found == expected { Ok(()) } else { Err(PrepareError::Checksum { path, found, expected }) }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> PrepareError + use<> {
    let path = path.to_owned();
    move |source| PrepareError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel_edits::Edit;

    const TEXT: &str = "one two two";
    const NO_SHA256: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    fn edits(sha256: &'static str, edits: &'static [Edit]) -> FileEdits {
        FileEdits { path: "src/file.rs", sha256, edits }
    }

    #[test]
    fn a_file_of_another_checksum_is_refused() {
        let error = apply(&edits(NO_SHA256, &[]), "something else").unwrap_err();
        assert!(matches!(error, PrepareError::Checksum { path: "src/file.rs", .. }));
    }

    #[test]
    fn an_edit_must_find_its_place_exactly_once() {
        const ONCE: &[Edit] = &[Edit { find: "one", replace: "1", why: "" }];
        const TWICE: &[Edit] = &[Edit { find: "two", replace: "2", why: "" }];
        const NEVER: &[Edit] = &[Edit { find: "three", replace: "3", why: "" }];
        let sha: &'static str = Box::leak(sha256(TEXT.as_bytes()).into_boxed_str());
        assert_eq!(apply(&edits(sha, ONCE), TEXT).unwrap(), "1 two two");
        assert!(matches!(apply(&edits(sha, TWICE), TEXT), Err(PrepareError::Place { count: 2, .. })));
        assert!(matches!(apply(&edits(sha, NEVER), TEXT), Err(PrepareError::Place { count: 0, .. })));
    }

    #[test]
    fn every_edit_says_why() {
        for edits in EDITS {
            assert!(edits.edits.iter().all(|edit| edit.why.len() > 20), "{}", edits.path);
        }
    }
}
