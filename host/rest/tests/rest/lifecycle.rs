//! Each route's answers, as the table in the API's documentation has them.

use serde_json::{Value, json};
use skerry_api::provisioning::RuntimeState;

use crate::service::Service;

fn runtime(members: Value) -> Value {
    json!({"SERVERLESS_RUNTIME": members})
}

#[test]
fn a_creation_is_answered_at_once_with_the_object_in_pending() {
    let service = Service::start();
    let answer = service.post(&runtime(json!({"FAAS": {"FLAVOUR": "minimal"}}))).expect(201);
    assert_eq!(answer.header("location"), "/serverless-runtimes/1");
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.json()["SERVERLESS_RUNTIME"]["FAAS"]["STATE"], "PENDING");
    assert_eq!(answer.json()["SERVERLESS_RUNTIME"]["ID"], 1);
}

#[test]
fn the_public_device_clients_request_is_taken() {
    let service = Service::start();
    let body = runtime(json!({
        "NAME": "x",
        "FAAS": {"CPU": 1, "MEMORY": 768, "DISK_SIZE": 3072, "FLAVOUR": "nature", "ENDPOINT": ""},
        "DEVICE_INFO": {"LATENCY_TO_PE": 0, "GEOGRAPHIC_LOCATION": "43.05, -2.53"}, "DAAS": {}, "SCHEDULING": {},
    }));
    let created = service.post(&body).expect(201).json();
    service.memory.move_to(1, RuntimeState::Running);
    let read = service.get("/serverless-runtimes/1").expect(200).json();
    assert!(created["SERVERLESS_RUNTIME"]["ID"].is_u64());
    assert!(read["SERVERLESS_RUNTIME"]["FAAS"]["VM_ID"].is_string());
    assert_eq!(read["SERVERLESS_RUNTIME"]["FAAS"]["ENDPOINT"], "http://127.0.0.1:2719/r/1");
}

#[test]
fn what_was_read_can_be_changed_and_put_back() {
    let service = Service::start();
    let id = service.running();
    let mut body = service.get(&format!("/serverless-runtimes/{id}")).expect(200).json();
    body["SERVERLESS_RUNTIME"]["FAAS"]["MEMORY"] = json!(128);
    let changed = service.put(id, &[], &body).expect(200);
    assert_eq!(changed.json()["SERVERLESS_RUNTIME"]["FAAS"]["MEMORY"], 128);
    assert_eq!(changed.header("etag"), "\"3\"");
}

#[test]
fn a_body_for_another_id_is_refused() {
    let service = Service::start();
    let id = service.running();
    let body = runtime(json!({"ID": id + 1, "FAAS": {"FLAVOUR": "minimal", "MEMORY": 64}}));
    assert_eq!(service.put(id, &[], &body).expect(400).json()["path"], "/SERVERLESS_RUNTIME/ID");
}

#[test]
fn each_refusal_of_the_engine_has_its_code() {
    let service = Service::start();
    for (flavour, code, retry_after) in [
        ("full", 507, Some("30")),
        ("broken", 503, Some("5")),
        ("stopping", 503, Some("5")),
        ("forbidden", 403, None),
        ("no such", 422, None),
    ] {
        let answer = service.post(&runtime(json!({"FAAS": {"FLAVOUR": flavour}}))).expect(code);
        assert_eq!(answer.headers.get("retry-after").map(|value| value.to_str().unwrap()), retry_after, "{flavour}");
    }
}

#[test]
fn a_panic_is_a_500_and_the_next_request_is_served() {
    let service = Service::start();
    let answer = service.post(&runtime(json!({"FAAS": {"FLAVOUR": "panic"}}))).expect(500);
    assert!(!answer.text.contains("asked to"), "a fault's text stays in the log: {answer:?}");
    service.post(&runtime(json!({"FAAS": {"FLAVOUR": "minimal"}}))).expect(201);
}

#[test]
fn a_transient_runtime_is_neither_changed_nor_deleted() {
    let service = Service::start();
    let body = runtime(json!({"FAAS": {"FLAVOUR": "minimal"}}));
    service.post(&body).expect(201);
    assert_eq!(service.put(1, &[], &body).expect(423).header("retry-after"), "1");
    service.send("DELETE", "/serverless-runtimes/1", &[], b"").expect(423);
}

#[test]
fn a_deleted_runtime_is_gone() {
    let service = Service::start();
    let path = format!("/serverless-runtimes/{}", service.running());
    assert_eq!(service.send("DELETE", &path, &[], b"").expect(204).text, "");
    service.get(&path).expect(404);
    service.send("DELETE", &path, &[], b"").expect(404);
}

#[test]
fn ids_that_are_none_are_not_found() {
    let service = Service::start();
    service.running();
    for id in ["0", "01", "+1", "-1", "1.0", "x", "%ff", "%31x", "18446744073709551616", "1%20", "schema2"] {
        for rest in ["", "/history", "/log"] {
            service.get(&format!("/serverless-runtimes/{id}{rest}")).expect(404);
        }
    }
    service.get("/serverless-runtimes/%31").expect(200);
}

#[test]
fn protected_routes_answer_nobody_without_credentials_and_open_ones_anybody() {
    let service = Service::start();
    let anonymous = |path: &str| {
        let url = format!("http://{}{path}", service.address);
        let response = ureq::get(url).config().http_status_as_error(false).build().call().unwrap();
        response.status().as_u16()
    };
    for path in
        ["/serverless-runtimes", "/serverless-runtimes/1", "/serverless-runtimes/x", "/serverless-runtimes/1/log"]
    {
        assert_eq!(anonymous(path), 401, "{path}");
    }
    for path in [
        "/healthz",
        "/readyz",
        "/version",
        "/server/version",
        "/server/config",
        "/metrics",
        "/serverless-runtimes/schema",
    ] {
        assert_eq!(anonymous(path), 200, "{path}");
    }
}

#[test]
fn readiness_tells_why_not() {
    let service = Service::start();
    service.get("/readyz").expect(200);
    service.memory.set_not_ready(Some("the store is locked"));
    assert_eq!(service.get("/readyz").expect(503).json()["message"], "the store is locked");
    service.get("/healthz").expect(200);
}

#[test]
fn history_and_log_are_shown() {
    let service = Service::start();
    let id = service.running();
    let history = service.get(&format!("/serverless-runtimes/{id}/history")).expect(200);
    assert_eq!(history.json()[0]["event"], "created");
    let log = service.get(&format!("/serverless-runtimes/{id}/log?lines=2")).expect(200);
    assert_eq!(log.text.lines().count(), 2);
    assert_eq!(log.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(log.header("x-content-type-options"), "nosniff");
    for lines in ["0", "10001", "x", "", "-1"] {
        service.get(&format!("/serverless-runtimes/{id}/log?lines={lines}")).expect(400);
    }
}
