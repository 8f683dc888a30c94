//! The binary as its users meet it: exit code, stdout, stderr. What needs a VM is tested in the workspace's `tests/`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn skerry(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skerry"));
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SKERRY_") {
            command.env_remove(name);
        }
    }
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    finish(skerry(arguments).output().expect("the binary runs"))
}

fn run_with_stdin(arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut command = skerry(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    stdin.write_all(input.as_bytes()).expect("the binary reads its stdin");
    drop(stdin);
    finish(child.wait_with_output().expect("it ends"))
}

fn finish(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A loopback endpoint at which nobody listens: port 9 (discard) is served by nothing that a test machine runs.
const NOBODY: &str = "http://127.0.0.1:9";

#[test]
fn help_is_a_result_and_wrong_usage_is_not() {
    let (code, stdout, stderr) = run(&["--help"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.contains("Exit codes:"), "{stdout}");
    for arguments in [&["conjure"][..], &["provision", "--cpu", "0"], &[], &["call"]] {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr.contains("Usage:") || stderr.contains("--help"), "{stderr}");
    }
}

#[test]
fn the_version_is_one_line_on_stdout() {
    let (code, stdout, _) = run(&["--version"]);
    assert_eq!((code, stdout), (Some(0), format!("skerry {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn flags_come_from_the_environment_too() {
    let output = skerry(&["provision"]).env("SKERRY_MEMORY", "lots").output().expect("the binary runs");
    let (code, _, stderr) = finish(output);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("`lots` does not begin with a whole number"), "{stderr}");
}

#[test]
fn a_runtime_that_is_not_there_is_a_failure_with_a_hint() {
    let (code, stdout, stderr) =
        run_with_stdin(&["call", "-e", NOBODY, "--lang", "C", "--file", "-", "a=3", "b=4.5"], SUM);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(
        stderr.starts_with("error: no answer from http://127.0.0.1:9/v1/faas/execute-sync\n  caused by: "),
        "{stderr}"
    );
    assert!(stderr.contains("\nhint: is the runtime up?"), "{stderr}");
    assert!(!stderr.contains('\u{1b}'), "no colours without a terminal: {stderr}");
}

const SUM: &str = "void sum(float a, float b, float *c) { *c = a + b; }";

#[test]
fn c_that_does_not_compile_is_refused_before_anything_is_sent() {
    let (code, _, stderr) =
        run_with_stdin(&["call", "-e", NOBODY, "--lang", "C", "--file", "-"], "int f(void) {\n  return 1 +;\n}");
    assert_eq!(code, Some(1));
    assert!(stderr.starts_with("error: the C source does not compile\n<stdin>:2:13: error: "), "{stderr}");
    assert!(stderr.ends_with("    2 |   return 1 +;\n      |             ^\n"), "{stderr}");
}

#[test]
fn a_wrong_endpoint_is_wrong_usage() {
    let (code, _, stderr) = run(&["call", "-e", "https://example.org/x", "--lang", "C", "--file", "-"]);
    assert_eq!(code, Some(2));
    assert!(stderr.starts_with("error: `https://example.org/x` is no endpoint"), "{stderr}");
}

#[test]
fn messages_are_json_on_request() {
    let (code, _, stderr) =
        run(&["--log-format", "json", "call", "-e", NOBODY, "--lang", "C", "--file", "/nonexistent"]);
    assert_eq!(code, Some(1));
    let message: serde_json::Value = serde_json::from_str(stderr.trim_end()).expect("one JSON object");
    assert_eq!(message["level"], "error");
    assert_eq!(message["message"], "cannot read /nonexistent\n  caused by: No such file or directory (os error 2)");
}

#[test]
fn a_shells_completion_is_a_result() {
    let (code, stdout, stderr) = run(&["completion", "bash"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.contains("complete ") && stdout.contains("skerry"), "{stdout}");
}

#[test]
fn doctor_lists_each_item_as_json_and_exits_by_what_is_required() {
    let (code, stdout, _) = run(&["doctor", "-o", "json"]);
    let items: Vec<serde_json::Value> = serde_json::from_str(&stdout).expect("one JSON array");
    let blocked = items.iter().any(|item| item["required"] == true && item["verdict"] != "ok");
    assert_eq!(code, Some(i32::from(blocked)));
    let names: Vec<_> = items.iter().filter_map(|item| item["name"].as_str()).collect();
    for name in ["qemu-system-x86_64", "guest compiler", "ld.lld", "KVM", "curl"] {
        assert!(names.contains(&name), "{names:?}");
    }
    for item in items {
        assert!(item["verdict"] == "ok" || item["verdict"] == "not-tried" || item["fix"].is_string(), "{item}");
    }
}

#[test]
fn doctor_without_qemu_fails_and_says_how_to_get_it() {
    let output = skerry(&["doctor"]).env("SKERRY_QEMU", "/nonexistent/qemu").output().expect("the binary runs");
    let (code, stdout, _) = finish(output);
    assert_eq!(code, Some(1));
    assert!(stdout.contains("scripts/setup installs what is missing"), "{stdout}");
}
