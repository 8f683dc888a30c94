//! A user's crate of native functions in the place of `guest/functions`.
//!
//! `guest/unikernel` cannot be told by cargo's own means to take another crate for one of its path dependencies. So a
//! manifest of the same program is made, with the user's crate in it; the program's source stays where it is. Everything else
//! of the build is as without such a crate, flags included, so that both share what was compiled.

use crate::command::{CommandError, output};
use crate::fingerprint::Fingerprint;
use crate::toolchain::Compiler;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The line of the unikernel's manifest that names our own, empty crate.
const DEPENDENCY: &str = "skerry-functions = ";
/// Folders of a crate that never matter to an image.
const IGNORED_FOLDERS: [&str; 5] = ["target", "tests", "benches", "examples", ".git"];
/// Most crates that a crate of functions may have beside it on this machine; one that has more is no crate of functions.
const MOST_CRATES: usize = 100;

/// Why a crate of native functions cannot be built into an image.
#[derive(Debug, thiserror::Error)]
pub enum FunctionsError {
    /// There is no crate.
    #[error("{folder} holds no crate: there is no Cargo.toml in it", folder = folder.display())]
    NoCrate {
        /// The folder that was given.
        folder: PathBuf,
    },
    /// Its manifest cannot be read.
    #[error("cargo cannot read the crate of functions")]
    Manifest(#[source] CommandError),
    /// Cargo says something else than expected.
    #[error("cargo did not say which package {manifest} is; is it a workspace without one?", manifest = manifest.display())]
    NoPackage {
        /// The manifest.
        manifest: PathBuf,
    },
    /// It depends on too many crates by path.
    #[error("the crate of functions depends on more than {MOST_CRATES} crates by path")]
    TooManyCrates,
    /// The unikernel's manifest is not the one that this was written for.
    #[error("guest/unikernel/Cargo.toml names the crate of functions {count} times, not once")]
    Place {
        /// How often.
        count: usize,
    },
    /// A file could not be read or written.
    #[error("{path} could not be read or written", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A crate of native functions.
#[derive(Clone, Debug)]
pub(crate) struct Functions {
    package: String,
    version: String,
    folder: PathBuf,
    /// Its folder and those of the crates that it depends on by path, but those of the source tree itself.
    folders: BTreeSet<PathBuf>,
}

impl Functions {
    /// Looks at the crate in a folder.
    ///
    /// # Errors
    /// When there is none, or cargo cannot read it.
    pub(crate) fn find(
        folder: &Path,
        source_root: &Path,
        compiler: &Compiler,
        log: &Path,
    ) -> Result<Self, FunctionsError> {
        let no_crate = || FunctionsError::NoCrate { folder: folder.to_owned() };
        let folder = folder.canonicalize().ok().filter(|folder| folder.join("Cargo.toml").is_file());
        let folder = folder.ok_or_else(no_crate)?;
        let mut found: Option<(String, String)> = None;
        let mut folders = BTreeSet::from([folder.clone()]);
        let mut waiting = vec![folder.clone()];
        while let Some(next) = waiting.pop() {
            let package = package(&next, compiler, log)?;
            for dependency in package.local_dependencies {
                let dependency = dependency.canonicalize().map_err(io_error(&dependency))?;
                if !is_part_of_image(&dependency, source_root) && folders.insert(dependency.clone()) {
                    waiting.push(dependency);
                }
            }
            if folders.len() > MOST_CRATES {
                return Err(FunctionsError::TooManyCrates);
            }
            found.get_or_insert((package.name, package.version));
        }
        let (package, version) = found.unwrap_or_default();
        Ok(Self { package, version, folder, folders })
    }

    /// Name and version, for users.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.package, self.version)
    }

    /// Adds all that decides what the crate is compiled to.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn add_inputs(&self, fingerprint: &mut Fingerprint) -> Result<(), FunctionsError> {
        fingerprint.add("functions", self.title().as_bytes());
        for folder in &self.folders {
            let wanted = |path: &Path| !IGNORED_FOLDERS.iter().any(|ignored| path.ends_with(ignored));
            fingerprint.add_folder(folder, folder, wanted).map_err(io_error(folder))?;
        }
        Ok(())
    }

    /// Writes a manifest of the unikernel with this crate in it, and returns its place in `folder`.
    ///
    /// # Errors
    /// When a file cannot be read or written, or the unikernel's manifest is another one than expected.
    pub(crate) fn write_manifest(&self, source_root: &Path, folder: &Path) -> Result<PathBuf, FunctionsError> {
        let unikernel = source_root.join("guest/unikernel");
        let original = unikernel.join("Cargo.toml");
        let text = std::fs::read_to_string(&original).map_err(io_error(&original))?;
        let text = manifest(&text, &unikernel, &self.package, &self.folder)?;
        std::fs::create_dir_all(folder).map_err(io_error(folder))?;
        let written = folder.join("Cargo.toml");
        std::fs::write(&written, text).map_err(io_error(&written))?;
        // The versions that the runtime is tested with; cargo adds what the crate needs beyond.
        let lock = folder.join("Cargo.lock");
        std::fs::copy(unikernel.join("Cargo.lock"), &lock).map_err(io_error(&lock))?;
        Ok(written)
    }
}

/// What matters of a package.
struct Package {
    name: String,
    version: String,
    local_dependencies: Vec<PathBuf>,
}

/// Asks cargo about the package in a folder.
fn package(folder: &Path, compiler: &Compiler, log: &Path) -> Result<Package, FunctionsError> {
    let manifest = folder.join("Cargo.toml");
    let mut command = Command::new(&compiler.cargo);
    command.env("RUSTC", &compiler.rustc.path);
    command.args(["metadata", "--format-version=1", "--no-deps", "--manifest-path"]).arg(&manifest);
    let metadata = output(&mut command, log).map_err(FunctionsError::Manifest)?;
    let read = || {
        let metadata: serde_json::Value = serde_json::from_slice(&metadata).ok()?;
        let is_it = |package: &&serde_json::Value| {
            package["manifest_path"].as_str().is_some_and(|path| Path::new(path) == manifest)
        };
        let package = metadata["packages"].as_array()?.iter().find(is_it)?;
        let is_built = |dependency: &&serde_json::Value| dependency["kind"] != "dev";
        let dependencies = package["dependencies"].as_array()?.iter().filter(is_built);
        Some(Package {
            name: package["name"].as_str()?.to_owned(),
            version: package["version"].as_str()?.to_owned(),
            local_dependencies: dependencies.filter_map(|one| one["path"].as_str()).map(PathBuf::from).collect(),
        })
    };
    read().ok_or_else(|| FunctionsError::NoPackage { manifest: manifest.clone() })
}

/// Whether a folder's files count for each image anyway.
fn is_part_of_image(folder: &Path, source_root: &Path) -> bool {
    let source_root = source_root.canonicalize().unwrap_or_else(|_| source_root.to_owned());
    ["api", "guest"].iter().any(|part| folder.starts_with(source_root.join(part)))
}

/// The unikernel's manifest for another folder, and with another crate of functions.
fn manifest(original: &str, unikernel: &Path, package: &str, folder: &Path) -> Result<String, FunctionsError> {
    let here = unikernel.display().to_string();
    let mut text = String::from("# Made by the image builder.\n");
    let mut count = 0;
    for line in original.lines() {
        if line.starts_with(DEPENDENCY) {
            count += 1;
            let dependency =
                format!("{{ package = {}, path = {} }}", quoted(package), quoted(&folder.display().to_string()));
            text.push_str(&format!("{DEPENDENCY}{dependency}\n"));
        } else if !line.starts_with("members = ") {
            let line = line.replace("path = \"../", &format!("path = {}", beginning(&format!("{here}/../"))));
            let line = line.replace("path = \"src/", &format!("path = {}", beginning(&format!("{here}/src/"))));
            text.push_str(&line);
            text.push('\n');
        }
    }
    if count != 1 {
        return Err(FunctionsError::Place { count });
    }
    // They are there for speed.
    text.push_str(&format!("\n[profile.release.package.{}]\nopt-level = 3\n", quoted(package)));
    Ok(text)
}

/// A string as TOML writes it; JSON's escapes are among TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The same without the quotation mark at its end.
fn beginning(text: &str) -> String {
    let quoted = quoted(text);
    quoted.strip_suffix('"').unwrap_or(&quoted).to_owned()
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> FunctionsError + use<> {
    let path = path.to_owned();
    move |source| FunctionsError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::{Functions, FunctionsError, manifest};
    use crate::fingerprint::Fingerprint;
    use crate::toolchain::Toolchain;
    use std::path::Path;

    fn unikernel() -> (&'static Path, String) {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../guest/unikernel"));
        (folder, std::fs::read_to_string(folder.join("Cargo.toml")).unwrap())
    }

    #[test]
    fn the_unikernels_manifest_takes_another_crate_and_works_from_another_folder() {
        let (_, original) = unikernel();
        let written = manifest(&original, Path::new("/s/guest/unikernel"), "mine", Path::new("/home/a \"b\"")).unwrap();
        for line in [
            r#"skerry-functions = { package = "mine", path = "/home/a \"b\"" }"#,
            r#"skerry-native = { path = "/s/guest/unikernel/../native" }"#,
            r#"path = "/s/guest/unikernel/src/main.rs""#,
            r#"[profile.release.package."mine"]"#,
        ] {
            assert!(written.lines().any(|written| written == line), "{line} is missing from\n{written}");
        }
        assert!(!written.contains("\"../"), "{written}");
    }

    #[test]
    fn a_manifest_without_a_place_for_the_crate_is_refused() {
        let refused = manifest("[dependencies]\n", Path::new("/"), "mine", Path::new("/mine"));
        assert!(matches!(refused, Err(FunctionsError::Place { count: 0 })));
    }

    #[test]
    fn what_a_crate_depends_on_by_path_counts_and_what_is_no_crate_is_named() {
        let (root, tools) = (tempfile::tempdir().unwrap(), Toolchain::find().unwrap());
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "mine/Cargo.toml",
            "[package]\nname = \"mine\"\nversion = \"1.2.3\"\n[dependencies]\nbeside = { path = \"../beside\" }\n",
        );
        write("mine/src/lib.rs", "");
        write("beside/Cargo.toml", "[package]\nname = \"beside\"\nversion = \"0.1.0\"\n");
        write("beside/src/lib.rs", "");
        let find = |folder: &str| {
            let log = root.path().join("log");
            Functions::find(&root.path().join(folder), Path::new("/nowhere"), &tools.compiler, &log)
        };
        let hash = || {
            let mut fingerprint = Fingerprint::default();
            find("mine").unwrap().add_inputs(&mut fingerprint).unwrap();
            fingerprint.finish()
        };
        assert_eq!(find("mine").unwrap().title(), "mine 1.2.3");
        let before = hash();
        assert_eq!(hash(), before);
        write("beside/src/lib.rs", "// changed");
        assert_ne!(hash(), before);
        assert!(matches!(find("nothing"), Err(FunctionsError::NoCrate { .. })));
        write("broken/Cargo.toml", "[package\n");
        let error = find("broken").unwrap_err();
        assert!(matches!(error, FunctionsError::Manifest(_)), "{error}");
    }
}
