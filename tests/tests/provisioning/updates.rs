//! Changes of a runtime that serves.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::json;
use skerry_tests::engine::EnginePlaces;
use skerry_tests::faas;
use skerry_tests::process::{is_running, wait_for};

#[test]
fn more_memory_moves_the_runtime_without_a_failed_request_or_a_lost_task() {
    let places = EnginePlaces::new(&["--pool", "minimal=0", "--boot-option", "call-time-limit-ms=2000"]);
    let engine = places.start();
    let id = engine.create_running();
    let (old_vm, old_machine) = (engine.get(id)["FAAS"]["VM_ID"].clone(), engine.machine_of(id));
    let task = engine.start_task(id, &faas::endless());
    let (moved, calls) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    while !moved.load(Ordering::Relaxed) {
                        assert_eq!(faas::result(&engine.call(id, &faas::sum("1", "2"))), "3");
                        calls.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let body = json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": "minimal", "MEMORY": 96}}}).to_string();
        let answer = engine.ask("PUT", &format!("/serverless-runtimes/{id}"), &[], &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json()["SERVERLESS_RUNTIME"]["FAAS"]["STATE"], "UPDATING");
        let meanwhile = engine.ask("PUT", &format!("/serverless-runtimes/{id}"), &[], &body);
        assert!(meanwhile.status == 423 || meanwhile.status == 200, "{}", meanwhile.body);
        engine.get_in(id, "RUNNING");
        wait_for("the old machine's end", || (!is_running(old_machine)).then_some(()));
        moved.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().expect("no request fails");
        }
    });
    assert!(calls.load(Ordering::Relaxed) > 0);
    let runtime = engine.get(id);
    assert_eq!(runtime["FAAS"]["MEMORY"], 96);
    assert_ne!(runtime["FAAS"]["VM_ID"], old_vm);
    let status = engine.task(id, &task);
    assert!(status["res"]["err"].as_str().unwrap().contains("longer than 2 s"), "its own end: {status}");
    assert!(
        engine
            .ask("GET", "/metrics", &[], "")
            .body
            .contains(&format!("skerry_memory_total_bytes{{runtime=\"{id}\"}} 100"))
    );
}

#[test]
fn a_deletion_ends_the_replaced_machine_too_whatever_it_still_does() {
    let arguments = ["--pool", "minimal=0", "--snapshots=false", "--boot-option", "call-time-limit-ms=86400000"];
    let places = EnginePlaces::new(&arguments);
    let engine = places.start();
    let id = engine.create_running();
    engine.start_task(id, &faas::endless());
    let body = json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": "minimal", "MEMORY": 96}}}).to_string();
    assert_eq!(engine.ask("PUT", &format!("/serverless-runtimes/{id}"), &[], &body).status, 200);
    engine.get_in(id, "RUNNING");
    assert_eq!(places.machines().len(), 2, "the old machine still runs the task");
    engine.delete(id);
    wait_for("the end of both machines", || places.machines().is_empty().then_some(()));
}

#[test]
fn less_memory_or_another_flavour_is_refused_and_changes_nothing() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let id = engine.create_running();
    let before = engine.get(id);
    for faas in [json!({"FLAVOUR": "minimal", "MEMORY": 48}), json!({"FLAVOUR": "python"})] {
        let body = json!({"SERVERLESS_RUNTIME": {"FAAS": faas}}).to_string();
        let answer = engine.ask("PUT", &format!("/serverless-runtimes/{id}"), &[], &body);
        assert_eq!(answer.status, 422, "{}", answer.body);
    }
    assert_eq!(engine.get(id), before);
}

#[test]
fn a_change_of_an_older_version_is_refused() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let id = engine.create_running();
    let path = format!("/serverless-runtimes/{id}");
    let tag = engine.ask("GET", &path, &[], "").field("etag").expect("an ETag").to_owned();
    let rename = |name: &str| json!({"SERVERLESS_RUNTIME": {"NAME": name, "FAAS": {"FLAVOUR": "minimal"}}}).to_string();
    let field = format!("If-Match: {tag}");
    assert_eq!(engine.ask("PUT", &path, &[&field], &rename("one")).status, 200);
    assert_eq!(engine.ask("PUT", &path, &[&field], &rename("two")).status, 412);
    assert_eq!(engine.get(id)["NAME"], "one");
}
