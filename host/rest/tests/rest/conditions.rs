//! Conditional requests, idempotent creation, lists, methods: HTTP's own means.

use serde_json::{Value, json};

use crate::service::Service;

fn named(name: &str) -> Value {
    json!({"SERVERLESS_RUNTIME": {"NAME": name, "FAAS": {"FLAVOUR": "minimal", "MEMORY": 64}}})
}

#[test]
fn a_change_happens_only_to_the_version_that_was_read() {
    let service = Service::start();
    let id = service.running();
    let tag = service.get(&format!("/serverless-runtimes/{id}")).expect(200).header("etag").to_owned();
    assert_eq!(tag, "\"2\"");
    service.put(id, &[("if-match", &format!("\"9\", {tag}"))], &named("a")).expect(200);
    for stale in [tag.as_str(), "W/\"3\"", "\"x\"", "\"03\""] {
        assert_eq!(service.put(id, &[("if-match", stale)], &named("b")).expect(412).header("etag"), "\"3\"", "{stale}");
    }
    for malformed in ["3", "\"3", "\"3\"x", "*, \"3\"", ",", "\"3\" \"4\""] {
        service.put(id, &[("if-match", malformed)], &named("b")).expect(400);
    }
    service.put(id, &[("if-match", "*")], &named("b")).expect(200);
    service.put(id + 1, &[("if-match", "*")], &named("b")).expect(404);
    service.send("DELETE", &format!("/serverless-runtimes/{id}"), &[("if-match", "\"1\"")], b"").expect(412);
    service.send("DELETE", &format!("/serverless-runtimes/{id}"), &[("if-match", "\"4\"")], b"").expect(204);
}

#[test]
fn what_the_client_has_already_is_not_sent_again() {
    let service = Service::start();
    let path = format!("/serverless-runtimes/{}", service.running());
    for known in ["\"2\"", "W/\"2\"", "\"1\", \"2\"", "*"] {
        let answer = service.send("GET", &path, &[("if-none-match", known)], b"").expect(304);
        assert_eq!((answer.header("etag"), answer.text.as_str()), ("\"2\"", ""), "{known}");
    }
    service.send("GET", &path, &[("if-none-match", "\"1\"")], b"").expect(200);
}

#[test]
fn a_key_makes_one_runtime_however_often_it_comes() {
    let service = Service::start();
    let create = |key: &str, body: &str| {
        service.send("POST", "/serverless-runtimes", &[("idempotency-key", key)], body.as_bytes())
    };
    let first =
        create("k 1", r#"{"SERVERLESS_RUNTIME": {"NAME": "a", "FAAS": {"FLAVOUR": "minimal", "CPU": 1}}}"#).expect(201);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    // The same in another notation.
    let second = create(
        "k 1",
        r#"{"SERVERLESS_RUNTIME":{"DAAS":null,"FAAS":{"CPU":1.0,"FLAVOUR":"minimal","STATE":""},"NAME":"\u0061"}}"#,
    );
    let second = second.expect(201);
    assert_eq!(second.header("idempotent-replayed"), "true");
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(second.json(), first.json());
    create("k 1", &named("b").to_string()).expect(422);
    for unfit in ["", &"k".repeat(256), "k\u{e4}"] {
        create(unfit, &named("b").to_string()).expect(400);
    }
    assert_eq!(service.get("/serverless-runtimes").expect(200).json()["TOTAL"], 1);
}

#[test]
fn a_list_comes_in_pages_that_a_client_can_follow() {
    let service = Service::start();
    for number in 0..5 {
        service.post(&named(if number == 2 { "odd & one" } else { "same name" })).expect(201);
    }
    let mut path = "/serverless-runtimes?name=same%20name&limit=3&flavour=minimal&state=PENDING".to_owned();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let page = service.get(&path).expect(200);
        assert_eq!(page.json()["TOTAL"], 4);
        let runtimes = page.json()["SERVERLESS_RUNTIMES"].as_array().unwrap().clone();
        ids.extend(runtimes.iter().map(|one| one["SERVERLESS_RUNTIME"]["ID"].as_u64().unwrap()));
        let Some(link) = page.headers.get("link") else { break };
        let target = link.to_str().unwrap().strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
        assert_eq!(page.json()["NEXT"], 4);
        path = target.to_owned();
    }
    assert_eq!(ids, [1, 2, 4, 5]);
    assert_eq!(service.get("/serverless-runtimes?name=odd+%26%20one").expect(200).json()["TOTAL"], 1);
}

#[test]
fn query_parameters_that_are_unknown_or_unfit_are_refused_by_name() {
    let service = Service::start();
    for (query, named) in [
        ("colour=red", "colour"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=%2B5", "limit"),
        ("after=-1", "after"),
        ("after=", "after"),
        ("state=running", "state"),
        ("name=", "name"),
        ("limit=1&limit=2", "limit"),
    ] {
        let answer = service.get(&format!("/serverless-runtimes?{query}")).expect(400);
        assert!(answer.json()["message"].as_str().unwrap().contains(named), "{answer:?}");
    }
    let id = service.running();
    service.get(&format!("/serverless-runtimes/{id}?limit=1")).expect(400);
}

#[test]
fn other_methods_are_told_which_there_are() {
    let service = Service::start();
    let path = format!("/serverless-runtimes/{}", service.running());
    for (path, allow) in [
        ("/serverless-runtimes", "GET, HEAD, POST, OPTIONS"),
        (path.as_str(), "GET, HEAD, PUT, DELETE, OPTIONS"),
        ("/serverless-runtimes/schema", "GET, HEAD, OPTIONS"),
        ("/healthz", "GET, HEAD, OPTIONS"),
    ] {
        assert_eq!(service.send("PATCH", path, &[], b"").expect(405).header("allow"), allow, "{path}");
        assert_eq!(service.send("OPTIONS", path, &[], b"").expect(204).header("allow"), allow, "{path}");
        let (head, get) = (service.send("HEAD", path, &[], b"").expect(200), service.get(path));
        assert_eq!((head.text.as_str(), head.header("content-length")), ("", get.header("content-length")), "{path}");
    }
}

#[test]
fn unknown_paths_have_the_error_body_too() {
    let service = Service::start();
    for path in ["/", "/nothing", "/serverless-runtimes/", "/serverless-runtimes/1/2", "/healthz/"] {
        service.get(path).expect(404);
    }
}

#[test]
fn a_request_id_comes_back_and_a_missing_one_is_made() {
    let service = Service::start();
    let answer = service.send("GET", "/nothing", &[("x-request-id", "abc.1")], b"").expect(404);
    assert_eq!(answer.header("x-request-id"), "abc.1");
    assert_eq!(service.get("/healthz").expect(200).header("x-request-id").len(), 36);
    let replaced = service.send("GET", "/healthz", &[("x-request-id", "a b")], b"").expect(200);
    assert_ne!(replaced.header("x-request-id"), "a b");
}
