//! What is refused, with its code, and changes nothing.

use serde_json::json;
use skerry_tests::engine::EnginePlaces;

#[test]
fn a_flavour_that_there_is_none_of_is_refused_by_name() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let body = json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": "vanilla"}}}).to_string();
    let answer = engine.ask("POST", "/serverless-runtimes", &[], &body);
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(answer.body.contains("vanilla"), "{}", answer.body);
    assert_eq!(engine.ask("GET", "/serverless-runtimes", &[], "").json()["TOTAL"], 0);
}

#[test]
fn what_the_host_has_no_room_for_is_refused_with_the_numbers() {
    let places = EnginePlaces::new(&["--pool", "minimal=0", "--reserve-mib", "100000000"]);
    let engine = places.start();
    let body = json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": "minimal"}}}).to_string();
    let answer = engine.ask("POST", "/serverless-runtimes", &[], &body);
    assert_eq!(answer.status, 507, "{}", answer.body);
    assert!(answer.body.contains("MiB of memory are needed"), "{}", answer.body);
    let many = json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": "minimal", "CPU": 255}}}).to_string();
    assert_eq!(engine.ask("POST", "/serverless-runtimes", &[], &many).status, 507);
}

#[test]
fn a_repeated_creation_under_one_key_creates_nothing_new() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let body = |name: &str| json!({"SERVERLESS_RUNTIME": {"NAME": name, "FAAS": {"FLAVOUR": "minimal"}}}).to_string();
    let ask = |name: &str| engine.ask("POST", "/serverless-runtimes", &["Idempotency-Key: k1"], &body(name));
    let (first, second) = (ask("a"), ask("a"));
    assert_eq!(first.json()["SERVERLESS_RUNTIME"]["ID"], second.json()["SERVERLESS_RUNTIME"]["ID"]);
    assert_eq!(ask("b").status, 422);
    assert_eq!(engine.ask("GET", "/serverless-runtimes", &[], "").json()["TOTAL"], 1);
}

#[test]
fn a_creation_that_was_refused_leaves_its_key_free() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let ask = |cpu: u32| {
        let body = json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": "minimal", "CPU": cpu}}}).to_string();
        engine.ask("POST", "/serverless-runtimes", &["Idempotency-Key: k1"], &body).status
    };
    assert_eq!((ask(255), ask(255), ask(1), ask(1)), (507, 507, 201, 201));
    assert_eq!(engine.ask("GET", "/serverless-runtimes", &[], "").json()["TOTAL"], 1);
}

#[test]
fn a_second_engine_on_the_same_data_is_refused() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let _engine = places.start();
    let status = places.spawn(0).wait().unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(places.log().contains("another engine"), "{}", places.log());
}

#[test]
fn a_machine_that_cannot_start_leaves_a_runtime_in_error_with_the_reason() {
    let places = EnginePlaces::new(&["--pool", "minimal=0"]);
    let engine = places.start();
    let id = engine.create(json!({"MEMORY": 16}), json!({}));
    let runtime = engine.get_in(id, "ERROR");
    let reason = runtime["FAAS"]["ERROR"].as_str().unwrap();
    assert!(reason.contains("too little memory"), "{reason}");
    let answer = engine.ask("GET", &format!("/r/{id}/healthz"), &[], "");
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body.contains("too little memory"), "{}", answer.body);
    assert!(!answer.body.contains("skerry-loader"), "the console is the owner's: {}", answer.body);
    // More memory brings it to life.
    let raise = json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": "minimal", "MEMORY": 64}}}).to_string();
    assert_eq!(engine.ask("PUT", &format!("/serverless-runtimes/{id}"), &[], &raise).status, 200);
    engine.get_in(id, "RUNNING");
    engine.delete(id);
}
