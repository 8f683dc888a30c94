//! Finds the tools that build images: by looking, never by assuming.
//!
//! The guest's target (`x86_64-unknown-hermit`) has no precompiled standard library, so the compiler must come with the
//! library's source, and be of the release that the prepared kernel was written for. Debian's `rustc-web` with
//! `rust-web-src` is such a one, and so is a rustup toolchain with the component `rust-src`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The compiler release that kernel edits and lock files were written for; any patch release of it will do.
pub const RELEASE: &str = "1.96";
/// Environment variable: the compiler to use, before any other is looked for.
pub const RUSTC_VARIABLE: &str = "SKERRY_GUEST_RUSTC";

/// A tool that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// What it says of its version; empty when it says nothing.
    pub version: String,
}

/// One tool that building needs, found or not.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Its usual name.
    pub name: &'static str,
    /// What it does in a build.
    pub needed_for: &'static str,
    /// Where it is, or what is wrong.
    pub found: Result<Found, String>,
}

/// A compiler of the right release, with cargo and the standard library's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiler {
    /// The compiler itself.
    pub rustc: Found,
    /// Its cargo.
    pub cargo: PathBuf,
    /// The folder `library` of the standard library's source.
    pub library_source: PathBuf,
}

/// All that a build needs.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// Compiles kernel, guest and loader.
    pub compiler: Compiler,
    /// Links them.
    pub linker: Found,
    /// Renames the kernel's symbols and strips.
    pub objcopy: Found,
    /// Lists symbols.
    pub nm: Found,
}

/// Something that a build needs is missing.
#[derive(Debug, thiserror::Error)]
#[error("tools to build images with are missing:\n{list}\nscripts/setup installs them", list = .0.join("\n"))]
pub struct MissingTools(pub Vec<String>);

impl Toolchain {
    /// Finds everything.
    ///
    /// # Errors
    /// Names every tool that is missing, and why what was found would not do.
    pub fn find() -> Result<Self, MissingTools> {
        let compiler = find_compiler();
        let (linker, objcopy, nm) = (find_linker(), find_binary_tool("objcopy"), find_binary_tool("nm"));
        match (compiler, linker, objcopy, nm) {
            (Ok(compiler), Ok(linker), Ok(objcopy), Ok(nm)) => Ok(Self { compiler, linker, objcopy, nm }),
            (compiler, linker, objcopy, nm) => {
                let problems = [compiler.err(), linker.err(), objcopy.err(), nm.err()];
                Err(MissingTools(problems.into_iter().flatten().collect()))
            }
        }
    }

    /// What identifies the toolchain in a fingerprint: other tools make other images.
    #[must_use]
    pub fn identity(&self) -> String {
        format!("{}\n{}\n{}", self.compiler.rustc.version, self.linker.version, self.objcopy.version)
    }
}

/// Looks for every tool, for a report to the user.
#[must_use]
pub fn survey() -> Vec<Tool> {
    vec![
        Tool {
            name: "guest compiler",
            needed_for: "compiling kernel, runtime and loader",
            found: find_compiler().map(|compiler| compiler.rustc),
        },
        Tool { name: "ld.lld", needed_for: "linking them", found: find_linker() },
        Tool {
            name: "llvm-objcopy",
            needed_for: "keeping kernel and runtime apart in one image",
            found: find_binary_tool("objcopy"),
        },
        Tool { name: "llvm-nm", needed_for: "listing the kernel's symbols", found: find_binary_tool("nm") },
    ]
}

/// Finds the compiler: the explicit setting, a rustup toolchain of the release, or the system's.
///
/// # Errors
/// Lists each candidate with what is wrong with it.
pub fn find_compiler() -> Result<Compiler, String> {
    let mut rejected = Vec::new();
    for rustc in compiler_candidates() {
        match check_compiler(&rustc) {
            Ok(compiler) => return Ok(compiler),
            Err(problem) => rejected.push(format!("{}: {problem}", rustc.display())),
        }
    }
    let looked_at = if rejected.is_empty() { "none was found".to_owned() } else { rejected.join("; ") };
    Err(format!(
        "a Rust {RELEASE} compiler with the standard library's source is needed ({looked_at}); Debian 12 has one \
         (rustc-web, cargo-web, rust-web-src), rustup too (rustup toolchain install {RELEASE}.0 --component rust-src)"
    ))
}

fn compiler_candidates() -> Vec<PathBuf> {
    if let Some(explicit) = std::env::var_os(RUSTC_VARIABLE) {
        return vec![explicit.into()];
    }
    let mut candidates = rustup_toolchains();
    candidates.extend(on_path("rustc").into_iter().filter(|path| !is_rustup_proxy(path)));
    candidates.dedup();
    candidates
}

/// The compilers of rustup's toolchains whose names begin with the release.
fn rustup_toolchains() -> Vec<PathBuf> {
    let home = std::env::var_os("RUSTUP_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".rustup")));
    let Some(entries) = home.and_then(|home| std::fs::read_dir(home.join("toolchains")).ok()) else {
        return Vec::new();
    };
    let mut toolchains: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(RELEASE))
        .map(|entry| entry.path().join("bin/rustc"))
        .collect();
    toolchains.sort();
    toolchains
}

/// rustup puts programs on the PATH that start a toolchain's own; asking one could download a toolchain.
fn is_rustup_proxy(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.join("rustup").exists())
}

fn check_compiler(rustc: &Path) -> Result<Compiler, String> {
    let said = ask(rustc, &["--version"]).ok_or("it does not run")?;
    let release = said.split_whitespace().nth(1).unwrap_or_default();
    if !(release == RELEASE || release.starts_with(&format!("{RELEASE}."))) {
        return Err(format!("it is of release {release:?}, not {RELEASE}"));
    }
    let sysroot = ask(rustc, &["--print", "sysroot"]).ok_or("it does not tell its sysroot")?;
    let library_source = Path::new(&sysroot).join("lib/rustlib/src/rust/library");
    if !library_source.join("std/Cargo.toml").exists() {
        return Err("it has no standard library source (Debian: rust-web-src; rustup: component rust-src)".to_owned());
    }
    let cargo = rustc.with_file_name("cargo");
    if !cargo.exists() {
        return Err("there is no cargo beside it (Debian: cargo-web)".to_owned());
    }
    Ok(Compiler { rustc: Found { path: rustc.to_owned(), version: said }, cargo, library_source })
}

/// Finds LLVM's linker: on the PATH, or in a rustup toolchain, each of which ships one.
///
/// # Errors
/// Says what to install.
pub fn find_linker() -> Result<Found, String> {
    let in_rustup = || {
        let sysroot = on_path("rustc").into_iter().find_map(|rustc| ask(&rustc, &["--print", "sysroot"]))?;
        let shipped = Path::new(&sysroot).join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
        shipped.exists().then_some(shipped)
    };
    let path = llvm_tool("ld.lld")
        .or_else(|| on_path("rust-lld").into_iter().next())
        .or_else(in_rustup)
        .ok_or("ld.lld is needed to link images; install the package lld (Debian, Fedora, Arch)")?;
    let version = ask(&path, &["--version"]).or_else(|| ask(&path, &["-flavor", "gnu", "--version"]));
    Ok(Found { version: version.unwrap_or_default(), path })
}

/// Finds `objcopy` or `nm`: LLVM's, or the GNU binutils'.
fn find_binary_tool(name: &str) -> Result<Found, String> {
    let path = llvm_tool(&format!("llvm-{name}"))
        .or_else(|| on_path(name).into_iter().next())
        .ok_or_else(|| format!("llvm-{name} is needed to put images together; install the package llvm"))?;
    Ok(Found { version: ask(&path, &["--version"]).unwrap_or_default(), path })
}

/// A tool of LLVM's by its plain name, or with the newest version that distributions append.
fn llvm_tool(name: &str) -> Option<PathBuf> {
    let versioned = (14..=24).rev().map(|version| format!("{name}-{version}"));
    std::iter::once(name.to_owned()).chain(versioned).find_map(|name| on_path(&name).into_iter().next())
}

/// All programs of a name on the PATH, in its order; `/usr/bin` is looked at even when the PATH lacks it.
fn on_path(name: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(std::iter::once(PathBuf::from("/usr/bin")));
    let mut found: Vec<PathBuf> = folders.map(|folder| folder.join(name)).filter(|path| path.is_file()).collect();
    let mut seen = std::collections::HashSet::new();
    found.retain(|path| seen.insert(path.clone()));
    found
}

/// The first line that a program prints, trimmed; `None` when it fails or prints nothing.
fn ask<S: AsRef<OsStr>>(program: &Path, arguments: &[S]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn program(folder: &Path, name: &str, script: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn a_compiler_of_another_release_is_refused_by_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let rustc = program(folder.path(), "rustc", "echo rustc 1.95.0 '(abc 2026-01-01)'");
        assert_eq!(check_compiler(&rustc).unwrap_err(), "it is of release \"1.95.0\", not 1.96");
    }

    #[test]
    fn a_compiler_without_the_librarys_source_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let rustc = program(folder.path(), "rustc", "[ \"$1\" = --version ] && echo rustc 1.96.2 || echo /nonexistent");
        assert!(check_compiler(&rustc).unwrap_err().contains("rust-web-src"));
    }

    #[test]
    fn what_does_not_run_is_no_compiler() {
        assert_eq!(check_compiler(Path::new("/nonexistent/rustc")).unwrap_err(), "it does not run");
    }

    #[test]
    fn the_survey_names_every_tool() {
        assert_eq!(survey().len(), 4);
    }
}
