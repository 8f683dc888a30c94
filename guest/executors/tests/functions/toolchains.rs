//! Modules as compilers make them: clang, AssemblyScript, Rust. The sources, in `tests/toolchains`, are the worked
//! examples of the documentation.

use crate::support::{assert_mentions, executors, failure, input, output, parameter, result, run, success, text_of};
use skerry_executors::{FailureKind, Lang, Outcome};
use std::path::{Path, PathBuf};
use std::process::Command;

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/toolchains").join(name)
}

/// Where what is compiled goes.
fn made(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Runs a compiler that writes `output`; `None`, with a word about it, where it is not there or cannot do this.
fn compiled(compiler: &mut Command, output: &Path) -> Option<Vec<u8>> {
    let _ = std::fs::remove_file(output);
    let ran = match compiler.output() {
        Ok(ran) => ran,
        Err(error) => {
            eprintln!("skipped: no {} ({error})", compiler.get_program().display());
            return None;
        }
    };
    if !ran.status.success() {
        eprintln!("skipped: {compiler:?} failed: {}", String::from_utf8_lossy(&ran.stderr));
        return None;
    }
    Some(std::fs::read(output).unwrap())
}

fn clang(name: &str, words: &[&str]) -> Option<Vec<u8>> {
    let output = made(&format!("{name}.wasm"));
    compiled(Command::new("clang").args(words).arg("-o").arg(&output).arg(source(name)), &output)
}

fn assembly_script(name: &str) -> Option<Vec<u8>> {
    let output = made(&format!("{name}.wasm"));
    let words = ["--exportRuntime", "-O", "-o"];
    compiled(Command::new("asc").arg(source(name)).args(words).arg(&output), &output)
}

/// Compiles the package `rust`: with the target where it is installed, else with a standard library built for it.
fn rust(kind: &str, name: &str, start_file: Option<&str>) -> Option<Vec<u8>> {
    const TARGET: &str = "wasm32-wasip1";
    let folder = made("rust");
    let mut cargo = Command::new("cargo");
    let libraries = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output().ok()?;
    let is_installed = Path::new(String::from_utf8_lossy(&libraries.stdout).trim()).exists();
    if !is_installed {
        // Debian's compiler and library source, and its C library for WASI.
        cargo = Command::new("/usr/bin/cargo");
        cargo.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=std,panic_abort");
    }
    cargo.current_dir(source("rust")).args(["rustc", "--release", "--target", TARGET, kind]);
    cargo.args((kind == "--bin").then_some(name)).arg("--target-dir").arg(&folder);
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    if !is_installed {
        cargo.args(["--", "-Clinker=wasm-ld", "-Clink-self-contained=no", "-Lnative=/usr/lib/wasm32-wasi"]);
        cargo.args(start_file.map(|file| format!("-Clink-arg=/usr/lib/wasm32-wasi/{file}")));
    }
    compiled(&mut cargo, &folder.join(TARGET).join("release").join(format!("{name}.wasm")))
}

fn call(wasm: &[u8], parameters: &[Vec<u8>]) -> Outcome {
    run(&executors(), Lang::Wasm, wasm, parameters).unwrap()
}

fn text(name: &str, value: &str) -> Vec<u8> {
    parameter("char*", name, value, "IN")
}

#[test]
fn a_function_of_clang_takes_and_gives_a_text() {
    let Some(wasm) = clang("shout.c", &["--target=wasm32", "-O2", "-nostdlib", "-Wl,--no-entry"]) else { return };
    let outcome = call(&wasm, &[text("text", "hello, world"), output("char*", "answer")]);
    assert_eq!(result(outcome), "HELLO, WORLD");
}

#[test]
fn a_program_of_clang_with_a_c_library_reads_and_writes() {
    let Some(wasm) = clang("lines.c", &["--target=wasm32-wasi", "-O2"]) else { return };
    let parameters = [text("x", "a b"), input("int", "7"), text("stdin", "one\ntwo"), text("env", "HOME=here")];
    let outcome = call(&wasm, &parameters);
    assert_eq!(
        (outcome.log.as_str(), result(outcome.clone()).as_str()),
        ("read 2 lines\n", "1 one\n2 two<a b><7>here")
    );
    let reason = failure(call(&wasm, &[text("stdin", "1\n2\n3\n4\n5\n6\n7\n")]), FailureKind::Exception);
    assert_eq!(reason, "the program ended with exit code 7");
}

#[test]
fn functions_of_assembly_script_take_and_give_strings_and_array_buffers() {
    if let Some(wasm) = assembly_script("greet.ts") {
        let parameters = [text("name", "Jörg 😀"), input("int", "2"), output("char*", "answer")];
        let outcome = call(&wasm, &parameters);
        assert_eq!(outcome.log, "greeted Jörg 😀\n");
        assert_eq!(result(outcome), "Hello Jörg 😀! Hello Jörg 😀! ");
        let reason =
            failure(call(&wasm, &[text("name", "x"), input("int", "100"), output("char*", "a")]), FailureKind::Trap);
        assert_mentions(&reason, &["too often", "greet.ts:5:"]);
        // Enough strings for the garbage collector.
        let long = "x".repeat(20_000);
        let outcome = call(&wasm, &[text("name", &long), input("int", "20"), output("char*", "answer")]);
        assert_eq!(text_of(&success(outcome)).unwrap().len(), 20 * (20_000 + "Hello ! ".len()));
    }
    if let Some(wasm) = assembly_script("scale.ts") {
        let parameters = [input("double[]", "[1,2.5]"), input("double", "2"), output("double[]", "answer")];
        assert_eq!(result(call(&wasm, &parameters)), "[2,5]");
    }
}

#[test]
fn a_function_and_a_program_of_rust_run() {
    if let Some(wasm) = rust("--lib", "shout", None) {
        let outcome = call(&wasm, &[text("text", "straße"), output("char*", "answer")]);
        assert_eq!((outcome.log.as_str(), result(outcome.clone()).as_str()), ("7 bytes came\n", "STRASSE"));
    }
    if let Some(wasm) = rust("--bin", "words", Some("crt1-command.o")) {
        let outcome = call(&wasm, &[text("x", "a"), text("stdin", "some words here"), text("env", "HOME=/h")]);
        assert_eq!(outcome.log, "read 15 bytes\n");
        assert_eq!(result(outcome), "3 words, [\"a\"], /h\n");
        let outcome = call(&wasm, &[text("x", "a"), text("y", "b"), text("z", "c")]);
        assert_mentions(&outcome.log, &["too many arguments"]);
        failure(outcome, FailureKind::Trap);
    }
}
