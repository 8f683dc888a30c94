//! Each contender for real, where this machine can: started, asked for a sum, ended. What cannot be set up is skipped with
//! the reason; `SKERRY_IMAGE` and `SKERRY_BINARY` say what is there already.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

/// One at a time: they take a whole machine, and cargo, which they ask, works for one only.
static TURN: Mutex<()> = Mutex::new(());

fn contenders(names: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_contenders"));
    command.args(["--contenders", names]).stdin(Stdio::null());
    command
}

/// The folder with the files of all runs.
fn runs() -> PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_contenders")).ancestors().nth(2).unwrap();
    target.join("contenders/run")
}

/// The folders of one run.
fn folders_of(process_id: u32) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(runs()).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.to_string_lossy().contains(&format!("/skerry-bench-{process_id}-"))).collect()
}

/// Names of runc's containers.
fn containers() -> String {
    let output = Command::new("runc").args(["list", "--quiet"]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

#[track_caller]
fn answers_and_leaves_nothing(name: &str) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let child = contenders(name).stdout(Stdio::piped()).spawn().unwrap();
    let process_id = child.id();
    let output = child.wait_with_output().unwrap();
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    if let Some(reason) = line["missing"].as_str() {
        eprintln!("skipped: {name}: {reason}");
        return;
    }
    // It checks the sum itself, and that no process is left.
    assert!(output.status.success() && line["failure"].is_null(), "{line}");
    assert_eq!(line["contender"], name);
    assert!(line["first_answer_ms"].as_f64().unwrap() > 0.0, "{line}");
    let artefact = &line["artefact"];
    for number in ["bytes", "compressed_bytes", "files", "components", "code_bytes"] {
        assert!(artefact[number].as_u64().unwrap() > 0, "{number} in {line}");
    }
    assert!(artefact["compressed_bytes"].as_u64() < artefact["bytes"].as_u64(), "{line}");
    assert_eq!(folders_of(process_id), Vec::<PathBuf>::new());
    assert!(!containers().contains(&format!("skerry-bench-{process_id}-")));
}

#[test]
fn a_bare_process_answers_and_leaves_nothing() {
    answers_and_leaves_nothing("process");
}

#[test]
fn a_container_of_runc_answers_and_leaves_nothing() {
    answers_and_leaves_nothing("runc");
}

#[test]
fn a_container_of_podman_answers_and_leaves_nothing() {
    answers_and_leaves_nothing("podman");
}

#[test]
fn the_fastapi_service_answers_and_leaves_nothing() {
    answers_and_leaves_nothing("runc-fastapi");
}

#[test]
fn a_microvm_with_linux_answers_and_leaves_nothing() {
    // Its kernel hangs in one of some thirty boots under emulation, which is no fault of what is tested here.
    let hung = std::panic::catch_unwind(|| answers_and_leaves_nothing("linux-microvm")).is_err();
    if hung {
        eprintln!("once more: the microVM with Linux did not answer");
        answers_and_leaves_nothing("linux-microvm");
    }
}

#[test]
fn skerry_answers_by_each_start_path_and_leaves_nothing() {
    for name in ["skerry-cold", "skerry-snapshot", "skerry-pool"] {
        answers_and_leaves_nothing(name);
    }
}

#[test]
fn skerry_with_python_answers_by_each_start_path_and_leaves_nothing() {
    for name in ["skerry-python-cold", "skerry-python-snapshot", "skerry-python-pool"] {
        answers_and_leaves_nothing(name);
    }
}

#[test]
fn skerry_without_a_gateway_answers_and_leaves_nothing() {
    answers_and_leaves_nothing("skerry-cold-direct");
}

#[test]
fn what_a_killed_run_leaves_the_next_one_removes() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut child = contenders("runc,process").stdout(Stdio::null()).spawn().unwrap();
    let process_id = child.id();
    let deadline = Instant::now() + Duration::from_secs(600);
    // Until there is an instance: a folder within the run's, with a log.
    let is_there = |folder: &PathBuf| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path().join("log")).any(|log| log.exists())
    };
    while !folders_of(process_id).iter().any(is_there) {
        if child.try_wait().unwrap().is_some() {
            eprintln!("skipped: nothing was started before the run ended");
            return;
        }
        assert!(Instant::now() < deadline, "nothing is started");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!folders_of(process_id).is_empty(), "it was killed in the middle");
    assert!(contenders("runc,process").stdout(Stdio::null()).status().unwrap().success());
    assert_eq!(folders_of(process_id), Vec::<PathBuf>::new());
    assert!(!containers().contains(&format!("skerry-bench-{process_id}-")));
}

#[test]
fn a_name_that_nobody_has_is_refused_with_the_names_that_there_are() {
    let output = contenders("rnc").output().unwrap();
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("linux-microvm"), "{told}");
}
