//! `skerry engine` and `skerry runtime` as a user types them.

use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use skerry_tests::command::binary;
use skerry_tests::engine::{EnginePlaces, PASSWORD, RunningEngine};
use skerry_tests::faas;
use skerry_tests::http::Connection;
use skerry_tests::process::{signal, wait_for};

/// Runs `skerry` as a client of an engine: exit code, stdout, stderr.
#[track_caller]
fn skerry(engine: &RunningEngine<'_>, password: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(binary())
        .args(arguments)
        .env("SKERRY_ENGINE", format!("http://{}", engine.address))
        .env("SKERRY_PASSWORD", password)
        .output()
        .expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_runtime_verbs_create_call_change_list_and_delete() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let ask = |arguments: &[&str]| {
        let (code, stdout, stderr) = skerry(&engine, PASSWORD, arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {stderr}");
        stdout
    };
    let id = ask(&["runtime", "create", "-q", "--name", "sums", "--memory", "64Mi"]);
    assert_eq!(id, "1\n");
    let source = places.data_dir().join("sum.c");
    std::fs::write(&source, "void sum(float a, float b, float *c) { *c = a + b; }").expect("a file");
    let source = source.to_str().expect("UTF-8");
    for kind in [&[][..], &["--async"]] {
        let call = [&["runtime", "call", "1", "--lang", "C", "--file", source, "a=3", "b=4.5"], kind].concat();
        assert_eq!(ask(&call), "7.5\n");
    }
    let updated = ask(&["runtime", "update", "1", "--memory", "96", "--name", "more", "-o", "json"]);
    let updated: Value = serde_json::from_str(&updated).expect("JSON");
    let runtime = &updated["SERVERLESS_RUNTIME"];
    assert_eq!((&runtime["NAME"], &runtime["FAAS"]["MEMORY"]), (&json!("more"), &json!(96)));
    assert_eq!(runtime["FAAS"]["STATE"], "RUNNING", "it waits");
    assert!(ask(&["runtime", "ls"]).contains("more"));
    assert_eq!(ask(&["runtime", "ls", "-q", "--state", "RUNNING"]), "1\n");
    assert_eq!(ask(&["runtime", "ls", "-q", "--name", "none such"]), "");
    let shown = ask(&["runtime", "get", "1"]);
    assert!(shown.contains("replaced") && shown.contains("memory       96 MB"), "{shown}");
    assert!(ask(&["runtime", "logs", "1"]).contains("\"event\":\"ready\""));
    assert_eq!(ask(&["runtime", "rm", "1"]), "1\n");
    assert_eq!(ask(&["runtime", "ls", "-q"]), "");
}

#[test]
fn what_fails_says_what_to_do() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    for (password, arguments, wanted) in [
        ("wrong", &["runtime", "ls"][..], "SKERRY_PASSWORD"),
        (PASSWORD, &["runtime", "get", "7"], "there is no runtime 7"),
        (PASSWORD, &["runtime", "create", "--flavour", "vanilla"], "minimal"),
        (PASSWORD, &["runtime", "create", "--memory", "16"], "too little memory"),
        (PASSWORD, &["runtime", "ls", "--state", "ASLEEP"], "state"),
    ] {
        let (code, stdout, stderr) = skerry(&engine, password, arguments);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(wanted), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_password_is_made_shown_once_and_kept() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]).without_password();
    let engine = places.start();
    let shown = places.output();
    let password = shown.split("password ").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a password");
    assert!(password.len() >= 20, "{shown}");
    assert_eq!(skerry(&engine, password, &["runtime", "ls", "-q"]).0, Some(0));
    assert!(!places.log().contains(password));
    assert_eq!(engine.stop(), Some(0));

    let engine = places.start();
    assert_eq!(places.output(), shown, "it is not shown again");
    assert_eq!(skerry(&engine, password, &["runtime", "ls", "-q"]).0, Some(0));
    assert_eq!(skerry(&engine, "another", &["runtime", "ls", "-q"]).0, Some(1));
}

#[test]
fn a_second_signal_ends_at_once() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let id = engine.create_running();
    let mut connection = Connection::open(engine.address);
    connection.send(engine.request("POST", &format!("/r/{id}/v1/faas/execute-sync"), &[], &faas::endless()));
    let running = format!("skerry_calls_in_progress{{runtime=\"{id}\"}} 1");
    wait_for("the call", || engine.ask("GET", "/metrics", &[], "").body.contains(&running).then_some(()));
    signal(engine.process_id(), Signal::SIGTERM);
    wait_for("the first signal", || places.log().contains("stopping: no new requests").then_some(()));
    signal(engine.process_id(), Signal::SIGTERM);
    assert_eq!(engine.stop_waited(), Some(143));
}

#[test]
fn the_commented_settings_file_is_one_that_the_engine_takes() {
    let output = Command::new(binary()).args(["engine", "print-config"]).output().expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("provisioning-engine.conf");
    // One setting that can be seen from outside; all others stay as they are.
    std::fs::write(&file, text.replace("#idle_timeout_s: 300", "idle_timeout_s: 77")).expect("a file");
    let places = EnginePlaces::new(&["--pool", "minimal=0", "--config", file.to_str().expect("UTF-8")]);
    let engine = places.start();
    assert_eq!(engine.ask("GET", "/server/config", &[], "").json()["idle_timeout_s"], 77);
}
