//! The same runtime as a Linux program: static, so that nothing else is needed to run it, and built as the guest's is.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use super::artefact;
use crate::comparison::contender::{Artefact, Profile, Role};

/// What it is built for. Debian's and rustup's toolchains for this machine have it.
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// Where the unikernel's profile is.
const GUEST_MANIFEST: &str = "guest/unikernel/Cargo.toml";
/// Packages of the unikernel's profile that are no part of this program.
const GUEST_ONLY: &str = "rustpython";

/// The program.
#[derive(Clone, Debug)]
pub(super) struct LinuxProgram {
    /// Its file.
    pub(super) path: PathBuf,
    /// It alone, as all that has to be shipped.
    pub(super) artefact: Artefact,
}

impl LinuxProgram {
    /// Brings it up to date.
    ///
    /// # Errors
    /// When it does not build.
    pub(super) fn build(source_root: &Path, cache: &Path) -> anyhow::Result<Self> {
        let manifest = source_root.join(GUEST_MANIFEST);
        let manifest = fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
        let profile = cache.join("profile.toml");
        fs::create_dir_all(cache).with_context(|| format!("cannot make {}", cache.display()))?;
        fs::write(&profile, guest_profile(&manifest)).with_context(|| format!("cannot write {}", profile.display()))?;
        let arguments = [OsStr::new("--config"), profile.as_os_str()];
        let path = build(source_root, "skerry-runtime", cache, &arguments)?;
        let components = crates(source_root, "skerry-runtime", TARGET, &[])?.len() as u64;
        let artefact = artefact::of_files("Linux program, alone in its image", &[&path], components)?;
        Ok(Self { path, artefact })
    }

    /// What a contender is that runs it.
    pub(super) fn profile(&self, name: &'static str, title: &str, description: String) -> Profile {
        Profile {
            name,
            title: title.to_owned(),
            description,
            languages: &["C", "WASM"],
            role: Role::Everything,
            is_ours: false,
            artefact: self.artefact.clone(),
        }
    }
}

/// Builds a package with one program of its name as a static Linux program, with its own release profile.
///
/// # Errors
/// When it does not build.
pub(super) fn build_static(folder: &Path, package: &str, cache: &Path) -> anyhow::Result<PathBuf> {
    build(folder, package, cache, &[])
}

fn build(folder: &Path, package: &str, cache: &Path, arguments: &[&OsStr]) -> anyhow::Result<PathBuf> {
    let target_dir = cache.join("cargo");
    let status = cargo(folder)
        .args(["build", "--quiet", "--locked", "--release", "--package", package, "--bin", package])
        .args(["--target", TARGET, "--target-dir"])
        .arg(&target_dir)
        .args(arguments)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "cargo does not build {package} as a static Linux program: {status}");
    Ok(target_dir.join(TARGET).join("release").join(package))
}

/// The crates that a package is made of, with their versions, those for building not counted.
///
/// # Errors
/// When cargo does not say.
pub(super) fn crates(
    folder: &Path,
    package: &str,
    target: &str,
    features: &[&str],
) -> anyhow::Result<BTreeSet<String>> {
    let output = cargo(folder)
        .args(["tree", "--locked", "--package", package, "--edges", "normal,no-proc-macro", "--prefix", "none"])
        .args(["--format", "{p}", "--target", target, "--features", &features.join(",")])
        .output()
        .context("cannot run cargo")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo does not list the crates of {package}: {told}");
    Ok(names(&String::from_utf8_lossy(&output.stdout)))
}

fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder);
    command
}

/// A crate that is there for several others is listed again, with a mark; one of a workspace with its folder.
fn names(list: &str) -> BTreeSet<String> {
    let crates = list.lines().filter_map(|line| line.split(" (").next()).map(str::trim);
    crates.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The release profile in a manifest, stripped as the image builder strips the guest's, as settings for cargo.
fn guest_profile(manifest: &str) -> String {
    let mut profile = String::new();
    let mut is_wanted = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_wanted = line.starts_with("[profile.release") && !line.contains(GUEST_ONLY);
        }
        if is_wanted && !line.trim_start().starts_with('#') && !line.trim().is_empty() {
            profile += line;
            profile += "\n";
            if line == "[profile.release]" {
                profile += "strip = true\n";
            }
        }
    }
    profile
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guests_profile_is_taken_over_and_nothing_else() {
        let manifest = "[package]\nname = \"a\"\n\n# Size.\n[profile.release]\nopt-level = \"s\"\n\n[profile.release.package.wasmi]\n\
                        # Speed.\nopt-level = 2\n[profile.release.package.rustpython-codegen]\nopt-level = \"z\"\n[profile.dev]\nopt-level = 1\n";
        let expected =
            "[profile.release]\nstrip = true\nopt-level = \"s\"\n[profile.release.package.wasmi]\nopt-level = 2\n";
        assert_eq!(guest_profile(manifest), expected);
    }

    #[test]
    fn the_guests_manifest_still_has_the_profile_where_it_is_looked_for() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(GUEST_MANIFEST);
        let profile = guest_profile(&fs::read_to_string(manifest).unwrap());
        for line in ["lto = \"fat\"", "codegen-units = 1", "panic = \"abort\"", "strip = true"] {
            assert!(profile.contains(line), "{profile}");
        }
    }

    #[test]
    fn a_crate_counts_once() {
        assert_eq!(names("a v1\nb v1\nb v1 (*)\n\nb v2\na v1 (/src/a)\n").len(), 3);
    }
}
