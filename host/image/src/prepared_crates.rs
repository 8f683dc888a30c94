//! Registry crates that a flavour needs with small changes: copied from cargo's registry, edited, put in the originals'
//! place by `[patch.crates-io]` on cargo's command line.
//!
//! `guest/unikernel/Cargo.lock` pins each with its checksum, which cargo verifies when it fetches. Every edit says how often
//! it must find its place; anything else is an error, never a guess.

use crate::command::{self, CommandError};
use crate::fingerprint::{Fingerprint, files_below};
use crate::toolchain::Compiler;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A crate of the registry and what is changed in it.
#[derive(Debug)]
pub(crate) struct PreparedCrate {
    /// Its name in the registry.
    pub(crate) name: &'static str,
    /// The release that the edits were written for.
    pub(crate) version: &'static str,
    /// The edits, applied in this order.
    pub(crate) edits: &'static [CrateEdit],
}

/// One text to replace.
#[derive(Debug)]
pub(crate) struct CrateEdit {
    /// Where.
    pub(crate) place: Place,
    /// The text to find.
    pub(crate) find: &'static str,
    /// What stands there afterwards.
    pub(crate) replace: &'static str,
    /// How often the text must be there.
    pub(crate) count: usize,
    /// Why.
    #[cfg_attr(not(test), expect(dead_code, reason = "for readers, and for the test that demands it"))]
    pub(crate) why: &'static str,
}

/// Which files of a crate an edit is for.
#[derive(Debug)]
pub(crate) enum Place {
    /// One file, named from the crate's folder.
    File(&'static str),
    /// All sources and the manifest, but those named.
    AllBut(&'static [&'static str]),
}

/// Why a crate could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareCratesError {
    /// Cargo could not fetch it.
    #[error("the crates could not be fetched from the registry (is there a network?)")]
    Fetch(#[from] CommandError),
    /// Cargo fetched something else than expected.
    #[error("cargo did not say where {name} {version} is: guest/unikernel/Cargo.lock pins another release")]
    NotFound {
        /// The crate.
        name: &'static str,
        /// Its release.
        version: &'static str,
    },
    /// The text that an edit replaces is there too often or not often enough.
    #[error("an edit of {name} finds its place {count} times, not {expected}: {find:?}")]
    Place {
        /// The crate.
        name: &'static str,
        /// How often it is there.
        count: usize,
        /// How often it should be.
        expected: usize,
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

/// What cargo is told so that it takes the prepared crates.
#[derive(Debug, Default)]
pub struct Patches {
    /// The copies, by the crates' names.
    crates: Vec<(&'static str, PathBuf)>,
    /// The lock file that fits them; `None` where there are none.
    lock: Option<PathBuf>,
}

impl Patches {
    /// Adds them to a cargo command that is run with `RUSTC_BOOTSTRAP=1`, after its verb.
    pub fn apply(&self, cargo: &mut Command) {
        self.apply_named(cargo, Path::to_owned);
    }

    /// The same for a cargo that knows the crates' folders by other names.
    pub(crate) fn apply_named(&self, cargo: &mut Command, name: impl Fn(&Path) -> PathBuf) {
        for (package, copy) in &self.crates {
            cargo.arg("--config").arg(format!("patch.crates-io.{package}.path={:?}", name(copy).display().to_string()));
        }
        if let Some(lock) = &self.lock {
            cargo.args(["-Zlockfile-path", "--config"]);
            cargo.arg(format!("resolver.lockfile-path={:?}", lock.display().to_string()));
        }
    }
}

/// Fetches `crates`, prepares them in a folder below `build` and returns what to tell cargo.
///
/// # Errors
/// When cargo cannot fetch, or an edit does not find its place.
pub(crate) fn prepare(
    crates: &[&PreparedCrate],
    source_root: &Path,
    compiler: &Compiler,
    build: &Path,
    log: &Path,
) -> Result<Patches, PrepareCratesError> {
    if crates.is_empty() {
        return Ok(Patches::default());
    }
    let workspace = source_root.join("guest/unikernel");
    let folder = build.join(format!("crates-{}", &fingerprint(crates)[..16]));
    let done = folder.join("done");
    let mut copies = Vec::new();
    let lock = workspace.join("Cargo.lock");
    let lock = std::fs::read_to_string(&lock).map_err(io_error(&lock))?;
    let metadata =
        if done.exists() { None } else { Some(metadata(crates, &lock, &folder.join("fetch"), compiler, log)?) };
    for prepared in crates {
        let copy = folder.join(prepared.name);
        if let Some(metadata) = &metadata {
            let original = find(metadata, prepared)?;
            make_copy(&original, &copy)?;
            edit(prepared, &copy)?;
        }
        copies.push((prepared.name, copy));
    }
    // Written anew each time: the original may have changed since.
    let patched_lock = folder.join("Cargo.lock");
    std::fs::write(&patched_lock, unlock(&lock, crates)).map_err(io_error(&patched_lock))?;
    std::fs::write(&done, "").map_err(io_error(&done))?;
    Ok(Patches { crates: copies, lock: Some(patched_lock) })
}

fn fingerprint(crates: &[&PreparedCrate]) -> String {
    let mut fingerprint = Fingerprint::default();
    for prepared in crates {
        fingerprint.add(prepared.name, prepared.version.as_bytes());
        for edit in prepared.edits {
            fingerprint.add(&format!("{:?}", edit.place), format!("{}\0{}", edit.find, edit.replace).as_bytes());
        }
    }
    fingerprint.finish()
}

/// What cargo knows of a package that depends on `crates` and nothing else, as `lock` pins them. The guest's own workspace
/// would have cargo fetch the crates of all flavours.
fn metadata(
    crates: &[&PreparedCrate],
    lock: &str,
    folder: &Path,
    compiler: &Compiler,
    log: &Path,
) -> Result<serde_json::Value, PrepareCratesError> {
    std::fs::create_dir_all(folder).map_err(io_error(folder))?;
    let manifest = folder.join("Cargo.toml");
    for (file, text) in [("Cargo.toml", fetch_manifest(crates).as_str()), ("Cargo.lock", lock), ("lib.rs", "")] {
        let file = folder.join(file);
        std::fs::write(&file, text).map_err(io_error(&file))?;
    }
    let mut cargo = Command::new(&compiler.cargo);
    cargo.env("RUSTC", &compiler.rustc.path);
    cargo.args(["metadata", "--format-version=1", "--manifest-path"]).arg(manifest);
    Ok(serde_json::from_slice(&command::output(&mut cargo, log)?).unwrap_or_default())
}

fn fetch_manifest(crates: &[&PreparedCrate]) -> String {
    let package = "[package]\nname = \"skerry-prepared-crates\"\nedition = \"2024\"\n\n[lib]\npath = \"lib.rs\"\n";
    crates.iter().fold(format!("[workspace]\n\n{package}\n[dependencies]\n"), |mut manifest, prepared| {
        let &PreparedCrate { name, version, .. } = *prepared;
        manifest.push_str(&format!("{name} = {{ version = \"={version}\", default-features = false }}\n"));
        manifest
    })
}

fn find(metadata: &serde_json::Value, wanted: &PreparedCrate) -> Result<PathBuf, PrepareCratesError> {
    let &PreparedCrate { name, version, .. } = wanted;
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    packages
        .iter()
        .find(|package| package["name"] == name && package["version"] == version)
        .and_then(|package| package["manifest_path"].as_str())
        .and_then(|manifest| Path::new(manifest).parent())
        .map(Path::to_owned)
        .ok_or(PrepareCratesError::NotFound { name, version })
}

fn make_copy(original: &Path, copy: &Path) -> Result<(), PrepareCratesError> {
    if copy.exists() {
        std::fs::remove_dir_all(copy).map_err(io_error(copy))?;
    }
    for file in files_below(original, |_| true).map_err(io_error(original))? {
        let target = copy.join(file.strip_prefix(original).unwrap_or(&file));
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).map_err(io_error(folder))?;
        }
        std::fs::copy(&file, &target).map_err(io_error(&target))?;
    }
    Ok(())
}

fn edit(prepared: &PreparedCrate, copy: &Path) -> Result<(), PrepareCratesError> {
    for edit in prepared.edits {
        let files = match edit.place {
            Place::File(file) => vec![copy.join(file)],
            Place::AllBut(others) => {
                let mut files = files_below(&copy.join("src"), |_| true).map_err(io_error(copy))?;
                files.push(copy.join("Cargo.toml"));
                let wanted = |file: &PathBuf| {
                    let is_text = file.extension().is_some_and(|extension| extension == "rs" || extension == "toml");
                    is_text && !others.iter().any(|other| *file == copy.join(other))
                };
                files.into_iter().filter(wanted).collect()
            }
        };
        let mut count = 0;
        for file in files {
            let text = std::fs::read_to_string(&file).map_err(io_error(&file))?;
            let found = text.matches(edit.find).count();
            if found > 0 {
                count += found;
                std::fs::write(&file, text.replace(edit.find, edit.replace)).map_err(io_error(&file))?;
            }
        }
        if count != edit.count {
            return Err(PrepareCratesError::Place {
                name: prepared.name,
                count,
                expected: edit.count,
                find: edit.find,
            });
        }
    }
    Ok(())
}

/// The lock file as cargo would write it for the patched crates: those have no source and no checksum.
fn unlock(lock: &str, crates: &[&PreparedCrate]) -> String {
    let (mut name, mut is_patched) = ("", false);
    let mut text = String::with_capacity(lock.len());
    for line in lock.lines() {
        if let Some(text) = line.strip_prefix("name = ") {
            (name, is_patched) = (text.trim_matches('"'), false);
        } else if let Some(text) = line.strip_prefix("version = ") {
            let version = text.trim_matches('"');
            is_patched = crates.iter().any(|prepared| (prepared.name, prepared.version) == (name, version));
        }
        let is_pin = line.starts_with("source = ") || line.starts_with("checksum = ");
        if !(is_patched && is_pin) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> PrepareCratesError + use<> {
    let path = path.to_owned();
    move |source| PrepareCratesError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flavour::Flavour;

    const CRATE: PreparedCrate = PreparedCrate {
        name: "one",
        version: "1.0.0",
        edits: &[CrateEdit { place: Place::AllBut(&["src/b.rs"]), find: "two", replace: "2", count: 2, why: "" }],
    };

    fn folder(a: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("src/a.rs"), a).unwrap();
        std::fs::write(folder.path().join("src/b.rs"), "two").unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), "two").unwrap();
        folder
    }

    #[test]
    fn an_edit_must_find_its_place_exactly_as_often_as_it_says() {
        let good = folder("one two");
        edit(&CRATE, good.path()).unwrap();
        assert_eq!(std::fs::read_to_string(good.path().join("src/a.rs")).unwrap(), "one 2");
        assert_eq!(std::fs::read_to_string(good.path().join("src/b.rs")).unwrap(), "two");
        for text in ["one", "two two"] {
            let error = edit(&CRATE, folder(text).path()).unwrap_err();
            assert!(matches!(error, PrepareCratesError::Place { expected: 2, .. }), "{error}");
        }
    }

    #[test]
    fn a_prepared_crate_loses_its_pin_and_no_other_does() {
        let package = |name: &str, version: &str, pin: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{pin}\n")
        };
        let pin = "source = \"r\"\nchecksum = \"c\"\n";
        let others = package("one", "2.0.0", pin) + &package("two", "1.0.0", pin);
        let lock = &format!("version = 4\n\n{}{others}", package("one", "1.0.0", pin));
        let expected = format!("version = 4\n\n{}{others}", package("one", "1.0.0", ""));
        assert_eq!(unlock(lock, &[&CRATE]), expected);
    }

    #[test]
    fn every_edit_says_why() {
        for flavour in Flavour::ALL {
            for prepared in flavour.prepared_crates() {
                assert!(prepared.edits.iter().all(|edit| edit.why.len() > 20), "{}", prepared.name);
            }
        }
    }
}
