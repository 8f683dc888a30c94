//! What a body may be, and what becomes of any other.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::service::{Answer, Service};

const GOOD: &str = r#"{"SERVERLESS_RUNTIME":{"FAAS":{"FLAVOUR":"minimal"}}}"#;

fn post(service: &Service, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    service.send("POST", "/serverless-runtimes", headers, body)
}

/// A request as raw bytes, and all that comes back until the server closes.
fn raw(service: &Service, request: &str) -> String {
    let mut stream = TcpStream::connect(service.address).unwrap();
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn malformed_json_is_placed_by_line_and_column() {
    let service = Service::start();
    let answer = post(&service, &[], b"{\n  \"SERVERLESS_RUNTIME\": {,}\n}").expect(400);
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("line 2 column 26"), "{message}");
    assert!(answer.json().get("path").is_none());
    let deep = "[".repeat(100_000);
    for body in [&b"\xff\xfe"[..], b"nul", b"{}{}", b"1e999", deep.as_bytes(), b"\"\\ud800\"", b"{'a':1}"] {
        post(&service, &[], body).expect(400);
    }
}

#[test]
fn an_invalid_member_is_pointed_to() {
    let service = Service::start();
    let body = json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": "minimal", "CPU": "1"}}});
    let answer = service.post(&body).expect(400).json();
    assert_eq!(answer["path"], "/SERVERLESS_RUNTIME/FAAS/CPU");
    assert_eq!(answer["error"], "bad request");
    let twice = br#"{"SERVERLESS_RUNTIME":{"FAAS":{"FLAVOUR":"minimal","FLAVOUR":"nature"}}}"#;
    assert!(post(&service, &[], twice).expect(400).text.contains("FLAVOUR comes twice"));
}

#[test]
fn a_missing_body_is_a_400() {
    let service = Service::start();
    let request = "POST /serverless-runtimes HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nConnection: close\r\n\r\n";
    assert!(raw(&service, request).starts_with("HTTP/1.1 400"));
}

#[test]
fn a_body_of_up_to_one_mib_is_read_and_a_larger_one_is_a_413() {
    let service = Service::start();
    let padded = |length: usize| format!("{GOOD}{}", " ".repeat(length - GOOD.len()));
    post(&service, &[], padded(1024 * 1024).as_bytes()).expect(201);
    post(&service, &[], padded(1024 * 1024 + 1).as_bytes()).expect(413);
    // Without a length that says so beforehand.
    let chunk = format!("{:x}\r\n{}\r\n0\r\n\r\n", 1024 * 1024 + 1, padded(1024 * 1024 + 1));
    let head = "POST /serverless-runtimes HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nConnection: close\r\n";
    let answer = raw(&service, &format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}"));
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    // An announcement alone is enough.
    let answer = raw(&service, &format!("{head}Content-Length: 99999999999\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[test]
fn a_body_is_json_or_says_nothing_of_its_kind() {
    let service = Service::start();
    for kind in ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"] {
        post(&service, &[("content-type", kind)], GOOD.as_bytes()).expect(201);
    }
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "json",
        "",
        "text/json+json",
    ] {
        post(&service, &[("content-type", kind)], GOOD.as_bytes()).expect(415);
    }
    let head = "POST /serverless-runtimes HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nConnection: close\r\n";
    let answer = raw(&service, &format!("{head}Content-Length: {}\r\n\r\n{GOOD}", GOOD.len()));
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

#[test]
fn a_refused_request_is_read_to_its_end_and_the_connection_serves_the_next() {
    let service = Service::start();
    for (request, code) in [
        ("POST /serverless-runtimes HTTP/1.1\r\nAuthorization: a\r\nContent-Type: text/plain", 415),
        ("POST /serverless-runtimes?x=y HTTP/1.1\r\nAuthorization: a", 400),
        ("POST /serverless-runtimes HTTP/1.1", 401),
        ("POST /nothing HTTP/1.1", 404),
        ("PATCH /healthz HTTP/1.1", 405),
        ("GET /healthz HTTP/1.1", 200),
    ] {
        let mut stream = TcpStream::connect(service.address).unwrap();
        let head = format!("{request}\r\nHost: x\r\nContent-Length: {}\r\n\r\n", GOOD.len());
        stream.write_all(head.as_bytes()).unwrap();
        // An answer that did not wait for the body would be found here.
        stream.set_read_timeout(Some(std::time::Duration::from_millis(100))).unwrap();
        assert!(stream.read(&mut [0; 1]).is_err(), "answered before the body was there: {request}");
        stream.set_read_timeout(None).unwrap();
        let next = "GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        stream.write_all(format!("{GOOD}{next}").as_bytes()).unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        assert!(answers.starts_with(&format!("HTTP/1.1 {code}")), "{request}: {answers}");
        assert!(answers.contains("skerry"), "the next request got no answer: {request}: {answers}");
    }
}

#[test]
fn a_body_that_never_ends_ends_its_connection() {
    let service = Service::start();
    // `raw` reads until the server closes.
    let answer = raw(&service, "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("connection: close"), "{answer}");
}

#[test]
fn a_client_that_goes_away_in_its_body_makes_nothing() {
    let service = Service::start();
    let mut stream = TcpStream::connect(service.address).unwrap();
    let head = "POST /serverless-runtimes HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\n";
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{GOOD}", GOOD.len() + 5).as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    assert_eq!(service.get("/serverless-runtimes").expect(200).json()["TOTAL"], 0);
}

/// Any JSON, the members' own names among its names.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        proptest::sample::select(vec![
            "SERVERLESS_RUNTIME",
            "FAAS",
            "DAAS",
            "SKERRY",
            "NAME",
            "CPU",
            "FLAVOUR",
            "VM_ID"
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        Just(json!("minimal")),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            4 => proptest::collection::btree_map(names.clone(), inner.clone(), 0..6)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
            1 => proptest::collection::vec(inner, 0..4).prop_map(Value::from),
        ]
    })
}

#[test]
fn any_json_is_a_201_a_400_or_a_422() {
    let service = Service::start();
    let runs = prop_oneof![
        any_json(),
        any_json().prop_map(|faas| json!({"SERVERLESS_RUNTIME": {"FAAS": faas}})),
        (any_json(), any_json()).prop_map(|(cpu, name)| {
            json!({"SERVERLESS_RUNTIME": {"NAME": name, "FAAS": {"FLAVOUR": "minimal", "CPU": cpu}}})
        }),
        "\\PC{0,8}".prop_map(|flavour| json!({"SERVERLESS_RUNTIME": {"FAAS": {"FLAVOUR": flavour}}})),
    ];
    TestRunner::new(Config::with_cases(500))
        .run(&runs, |body| {
            let answer = service.post(&body);
            prop_assert!([201, 400, 422].contains(&answer.status), "{body}: {answer:?}");
            prop_assert!(answer.json().is_object());
            Ok(())
        })
        .unwrap();
}

#[test]
fn any_bytes_are_a_400_and_a_damaged_body_never_a_500() {
    let service = Service::start();
    let damaged = (0..GOOD.len(), any::<u8>()).prop_map(|(place, byte)| {
        let mut bytes = GOOD.as_bytes().to_vec();
        bytes[place] = byte;
        bytes
    });
    let bodies = prop_oneof![proptest::collection::vec(any::<u8>(), 1..300), damaged];
    TestRunner::new(Config::with_cases(500))
        .run(&bodies, |body| {
            let answer = post(&service, &[], &body);
            prop_assert!([201, 400, 422].contains(&answer.status), "{answer:?}");
            Ok(())
        })
        .unwrap();
}
