//! `scripts/setup` on machines that lack everything: only what it says is tested, nothing is installed.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Programs of every system that the script itself uses.
const BASE: [&str; 8] = ["sh", "env", "id", "cat", "grep", "cut", "getent", "printf"];

/// Runs the script with a PATH that holds nothing but the base programs and `programs`.
fn setup(arguments: &[&str], programs: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().expect("a directory");
    for name in BASE {
        if let Some(program) = on_path(name) {
            symlink(program, folder.path().join(name)).expect("a link");
        }
    }
    for (name, script) in programs {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, mode).expect("an executable");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/setup");
    let output = Command::new("/bin/sh")
        .arg(script)
        .args(arguments)
        .env_clear()
        .env("PATH", folder.path())
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("the script runs");
    assert!(output.stdout.is_empty(), "the script has no result for stdout");
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
}

fn on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// An apt that knows every package, Rust for the guest among them.
const APT: [(&str, &str); 2] = [("apt-get", "exit 1"), ("apt-cache", "echo \" $2 | 1.96.0+dfsg1-1 | bookworm\"")];

#[test]
fn a_dry_run_names_what_is_missing_and_one_command() {
    let (code, stderr) = setup(&["--dry-run"], &APT);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("  - qemu-system-x86_64: runs the microVMs\n"), "{stderr}");
    let command = "Would run, as root: env DEBIAN_FRONTEND=noninteractive apt-get install --yes \
                   --no-install-recommends --no-remove qemu-system-x86 rustc-web cargo-web rust-web-src lld llvm gcc \
                   libc6-dev curl\n";
    assert!(stderr.ends_with(command), "{stderr}");
}

#[test]
fn a_check_fails_when_something_is_missing() {
    assert_eq!(setup(&["--check"], &APT).0, Some(1));
}

#[test]
fn where_no_package_has_the_compiler_rustups_line_is_given() {
    let (code, stderr) = setup(&["--dry-run"], &[("dnf", "exit 1")]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("dnf install --assumeyes"), "{stderr}");
    assert!(stderr.contains("rustup toolchain install 1.96.0 --profile minimal --component rust-src"), "{stderr}");
}

#[test]
fn a_system_that_it_does_not_know_is_told_so() {
    let (code, stderr) = setup(&[], &[]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("found none of apt-get, dnf, pacman, zypper"), "{stderr}");
}

#[test]
fn when_packages_do_not_install_the_script_says_so() {
    // Not root, or root: `apt-get` fails either way, and sudo is not there.
    let (code, stderr) = setup(&[], &APT);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("error: "), "{stderr}");
}

#[test]
fn an_unknown_argument_is_wrong_usage() {
    assert_eq!(setup(&["--force"], &[]).0, Some(2));
}

#[test]
fn where_nothing_is_missing_nothing_is_run() {
    let everything = ["qemu-system-x86_64", "ld.lld", "llvm-objcopy", "llvm-nm", "cc", "curl", "cargo"];
    let mut programs: Vec<(&str, &str)> = everything.iter().map(|&name| (name, "exit 1")).collect();
    let sysroot = tempfile::tempdir().expect("a directory");
    let library = sysroot.path().join("lib/rustlib/src/rust/library/std");
    std::fs::create_dir_all(&library).expect("a directory");
    std::fs::write(library.join("Cargo.toml"), "").expect("a file");
    let rustc =
        format!("case $1 in --version) echo 'rustc 1.96.3 (web)' ;; *) echo {} ;; esac", sysroot.path().display());
    programs.push(("rustc", &rustc));
    programs.push(("apt-get", "echo 'apt-get was run' >&2; exit 1"));
    let (code, stderr) = setup(&[], &programs);
    assert_eq!((code, stderr.as_str()), (Some(0), "Everything that Skerry needs is installed; nothing to do.\n"));
}
