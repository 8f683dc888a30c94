//! Compiles the C kernels with gcc -O2, each with an entry of its own name, into a library that the crate is linked with.
//! Without gcc there is none, and the crate has the functions in Rust alone.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const KERNELS: [&str; 10] =
    ["fib", "matrix", "nbody", "mandelbrot", "sha256", "quicksort", "strings", "sieve", "json", "levenshtein"];
/// As gcc -O2 compiles by default, but for a machine without a C library: position independent, as the image is; nothing of
/// the host's below the stack pointer, before functions or in `errno`.
const FLAGS: [&str; 9] = [
    "-O2",
    "-fPIE",
    "-fno-math-errno",
    "-fno-stack-protector",
    "-fcf-protection=none",
    "-fno-asynchronous-unwind-tables",
    "-fvisibility=hidden",
    "-mno-red-zone",
    "-c",
];

fn main() {
    println!("cargo::rustc-check-cfg=cfg(has_gcc)");
    println!("cargo::rerun-if-env-changed=PATH");
    let Some(folder) = env::var_os("OUT_DIR").map(PathBuf::from) else { return };
    match library(&folder) {
        Ok(()) => {
            println!("cargo::rustc-cfg=has_gcc");
            println!("cargo::rustc-link-search=native={}", folder.display());
            println!("cargo::rustc-link-lib=static=kernels");
        }
        Err(why) => println!("cargo::warning=without gcc's kernels: {why}"),
    }
}

fn library(folder: &Path) -> Result<(), String> {
    let mut archiver = Command::new("ar");
    let archive = folder.join("libkernels.a");
    archiver.arg("crs").arg(&archive);
    for name in KERNELS {
        let source = Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(name).with_extension("c");
        println!("cargo::rerun-if-changed={}", source.display());
        let object = folder.join(name).with_extension("o");
        let mut compiler = Command::new("gcc");
        compiler.args(FLAGS).arg(format!("-Drun=gcc_{name}")).arg("-o").arg(&object).arg(&source);
        run(&mut compiler)?;
        archiver.arg(&object);
    }
    // What an earlier build left in it would stay.
    let _ = std::fs::remove_file(&archive);
    run(&mut archiver)
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} ended with {status}")),
        Err(error) => Err(format!("{program} does not run: {error}")),
    }
}
