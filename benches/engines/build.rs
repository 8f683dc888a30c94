//! Compiles each kernel with gcc -O2 to an object whose entry has the kernel's name, for the linker.

use std::path::{Path, PathBuf};
use std::process::Command;

const KERNELS: [&str; 10] =
    ["fib", "matrix", "nbody", "mandelbrot", "sha256", "quicksort", "strings", "sieve", "json", "levenshtein"];

fn main() {
    let output = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo says where output goes"));
    for name in KERNELS {
        let source = Path::new("../kernels").join(name).with_extension("c");
        println!("cargo::rerun-if-changed={}", source.display());
        let object = output.join(name).with_extension("o");
        let mut gcc = Command::new("gcc");
        gcc.args(["-O2", "-fPIE", "-fno-math-errno", "-fno-stack-protector", "-fcf-protection=none", "-c"]);
        gcc.arg(format!("-Drun=kernel_{name}")).arg("-o").arg(&object).arg(&source);
        let status = gcc.status().expect("gcc runs");
        assert!(status.success(), "gcc does not compile {name}");
        println!("cargo::rustc-link-arg={}", object.display());
    }
}
