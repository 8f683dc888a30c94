//! What is wrong with a request gets the right code and a message that names it, or a close; and the next client is served.

use serde_json::{Value, json};
use skerry_tests::command::curl;
use skerry_tests::faas::{self, ASYNC, HEALTH, SYNC, c, encode, input, sum, wasm};
use skerry_tests::http::Connection;
use skerry_tests::runtime::Runtime;

/// A UUID that no task has.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// A body of these three fields.
fn body(lang: Value, fc: Value, params: Value) -> String {
    json!({"lang": lang, "fc": fc, "params": params}).to_string()
}

#[test]
fn a_body_that_is_no_call_is_a_400_that_names_the_field() {
    let runtime = Runtime::start(&[]);
    let source = encode("int f(int x) { return x; }");
    let raw_parameter = |text: &str| body(json!("C"), json!(source), json!([encode(text)]));
    let cases = [
        // Not JSON.
        (String::new(), "not JSON"),
        ("{\"lang\": \"C\"".to_owned(), "not JSON"),
        ("hello".to_owned(), "not JSON"),
        // Wrong types.
        ("[]".to_owned(), "JSON object"),
        (body(json!(1), json!(source), json!([])), "lang"),
        (body(json!("C"), json!(["a"]), json!([])), "fc"),
        (body(json!("C"), json!(source), json!("a")), "params"),
        (body(json!("C"), json!(source), json!(["e30=", 7])), "params[1]"),
        (json!({"lang": "C", "fc": source, "params": [], "fc_hash": 7}).to_string(), "fc_hash"),
        // Missing fields.
        ("{}".to_owned(), "lang is missing"),
        (json!({"lang": "C", "params": []}).to_string(), "fc is missing"),
        (json!({"lang": "C", "fc": source}).to_string(), "params is missing"),
        // Bad base64, base64 of nothing.
        (body(json!("C"), json!("!!"), json!([])), "fc is not base64"),
        (body(json!("C"), json!(source), json!(["!!"])), "params[0] is not base64"),
        (body(json!("C"), json!(""), json!([])), "fc is empty"),
        (body(json!("C"), json!(source), json!([""])), "params[0] is empty"),
        // A language that nobody knows.
        (body(json!("COBOL"), json!(source), json!([])), "COBOL"),
        // Parameters.
        (raw_parameter("nonsense"), "params[0]"),
        (raw_parameter("[]"), "params[0]"),
        (raw_parameter(r#"{"var_name":"x","value":"MQ==","mode":"IN"}"#), "params[0].type"),
        (raw_parameter(r#"{"type":"int","var_name":"x","value":"MQ==","mode":"BOTH"}"#), "params[0].mode"),
        (raw_parameter(r#"{"type":"int","var_name":"x","value":"!!","mode":"IN"}"#), "params[0].value"),
        (raw_parameter(r#"{"type":"int","var_name":"x","value":"","mode":"IN"}"#), "params[0].value"),
        (body(json!("C"), json!(source), json!([input("int", "many")])), "params[0].value"),
        (body(json!("C"), json!(source), json!([input("int", "3000000000")])), "params[0].value"),
    ];
    for path in [SYNC, ASYNC] {
        let mut connection = runtime.connect();
        for (body, message) in &cases {
            connection.post(path, body).is_error(400, message);
        }
        assert_eq!(connection.get(HEALTH).status, 200, "the connection is as good as before");
    }
    runtime.serves_the_next_client();
}

#[test]
fn code_that_cannot_run_here_is_a_405_that_says_why() {
    let runtime = Runtime::start(&[]);
    let cases = [
        // Known, and not in this flavour.
        (body(json!("PY"), json!(encode("def f(x):\n    return x\n")), json!([])), "PY"),
        // Does not parse: line and column.
        (c("int f(int x) {\n  return x +;\n}", &[input("int", "1")]), "function.c:2:"),
        (c("int f(int x) { return y; }", &[input("int", "1")]), "function.c:1:"),
        // Not covered: refused with its place, never miscompiled.
        (c("#include <threads.h>\nint f(int x) { return x; }", &[input("int", "1")]), "function.c:1:2: error: header"),
        (c("int f(int x) {\n  _Complex double c = x;\n  return c;\n}", &[input("int", "1")]), "function.c:2:"),
        (body(json!("WASM"), json!(encode("no module")), json!([])), ""),
        (wasm(r#"(module (import "env" "exit" (func)) (func (export "run")))"#, &[]), "env"),
        (wasm(r#"(module (func (export "a")) (func (export "b")))"#, &[]), ""),
        // The parameters do not fit the function.
        (c("int f(int x) { return x; }", &[]), "1 parameter"),
        (c("int f(int x) { return x; }", &[input("float", "1")]), "params[0]"),
    ];
    for path in [SYNC, ASYNC] {
        for (body, message) in &cases {
            let answer = runtime.post(path, body);
            answer.is_error(405, message);
            assert_eq!(answer.field("allow"), Some("POST"), "RFC 9110 wants it in every 405");
        }
    }
    runtime.serves_the_next_client();
    assert!(
        runtime.get("/metrics").body.contains("\nskerry_tasks{state=\"finished\"} 0\n"),
        "no task was made of them"
    );
}

#[test]
fn unknown_names_and_methods_get_their_codes() {
    let runtime = Runtime::start(&[]);
    runtime.get(&faas::status_path(NOBODY)).is_error(404, "no such task");
    for malformed in ["x", "0000", "00000000-0000-4000-8000-00000000000g", "00000000000040008000000000000000"] {
        runtime.get(&faas::status_path(malformed)).is_error(400, "UUID");
    }
    for path in ["/nowhere", "/v1", "/v1/faas", "/v1/faas/status", "/healthz/", "/v2/faas/execute-sync"] {
        runtime.get(path).is_error(404, "no such path");
    }
    let status = faas::status_path(NOBODY);
    for (method, path, allow) in [
        ("GET", SYNC, "POST"),
        ("PUT", ASYNC, "POST"),
        ("DELETE", &status, "GET, HEAD"),
        ("POST", HEALTH, "GET, HEAD"),
        ("PATCH", "/metrics", "GET, HEAD"),
        ("OPTIONS", "/", "GET, HEAD"),
    ] {
        let mut connection = runtime.connect();
        connection.send(format!("{method} {path} HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"));
        let answer = connection.answer();
        answer.is_error(405, allow);
        assert_eq!(answer.field("allow"), Some(allow), "{method} {path}");
    }
    runtime.serves_the_next_client();
}

#[test]
fn a_body_that_is_too_large_is_refused_before_it_is_there() {
    let runtime = Runtime::start(&["body-limit-bytes=4096"]);
    let mut connection = runtime.connect();
    connection.send(format!("POST {SYNC} HTTP/1.1\r\nHost: test\r\nContent-Length: 4097\r\n\r\n"));
    connection.answer().is_error(413, "4096 bytes");
    assert_eq!(connection.rest(), "", "the connection is closed");

    let mut connection = runtime.connect();
    let chunk = format!("800\r\n{}\r\n", "x".repeat(0x800));
    connection
        .send(format!("POST {SYNC} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}{chunk}"));
    connection.answer().is_error(413, "4096 bytes");
    assert_eq!(connection.rest(), "");
    runtime.serves_the_next_client();
}

#[test]
fn the_usual_limit_holds_for_bodies_of_megabytes() {
    let runtime = Runtime::start(&[]);
    // Padding that a JSON reader passes over.
    let padded = |bytes: usize| format!("{}{}", sum("3", "4.5"), " ".repeat(bytes));
    assert_eq!(faas::result(&runtime.post(SYNC, &padded(3_000_000))), "7.5");
    let mut connection = runtime.connect();
    connection.send_post(SYNC, &padded(17 * 1024 * 1024));
    connection.answer().is_error(413, "bytes");
    runtime.serves_the_next_client();
}

#[test]
fn a_header_that_is_too_large_is_a_431() {
    let runtime = Runtime::start(&[]);
    let long_field = format!("GET {HEALTH} HTTP/1.1\r\nHost: test\r\nX: {}\r\n\r\n", "x".repeat(9000));
    let many_fields = format!("GET {HEALTH} HTTP/1.1\r\nHost: test\r\n{}\r\n", "X: y\r\n".repeat(100));
    for request in [long_field, many_fields] {
        let mut connection = runtime.connect();
        connection.send(request);
        connection.answer().is_error(431, "header fields");
        assert_eq!(connection.rest(), "");
    }
    let mut connection = runtime.connect();
    connection.send(format!("GET /{} HTTP/1.1\r\nHost: test\r\n\r\n", "x".repeat(9000)));
    connection.answer().is_error(414, "target");
    // A megabyte of header, sent by somebody who does not listen.
    let mut connection = runtime.connect();
    connection.send(format!("GET {HEALTH} HTTP/1.1\r\n"));
    for _ in 0..16 {
        connection.send("X: y\r\n".repeat(10_000));
    }
    drop(connection);
    runtime.serves_the_next_client();
}

#[test]
fn half_a_request_is_a_408_or_a_close() {
    let runtime = Runtime::start(&["read-time-limit-ms=300", "idle-time-limit-ms=300"]);
    let whole = format!("POST {SYNC} HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\n12345");
    for bytes in [1, 10, 40, whole.len() - 1] {
        // Who stays gets a 408 when the time is over.
        let mut connection = runtime.connect();
        connection.send(&whole[..bytes]);
        connection.answer().is_error(408, "in time");
        assert_eq!(connection.rest(), "");
        // Who ends the connection gets its end.
        let mut connection = runtime.connect();
        connection.send(&whole[..bytes]);
        connection.end();
        let rest = connection.rest();
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 400 "), "{rest}");
        // Who goes without a word gets nothing.
        runtime.connect().send(&whole[..bytes]);
    }
    let mut idle = runtime.connect();
    assert_eq!(idle.rest(), "", "who never asks is not answered");
    runtime.serves_the_next_client();
}

#[test]
fn bytes_that_are_no_http_are_a_400_and_a_close() {
    let runtime = Runtime::start(&[]);
    let tls_hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(20);
    let zeroes = vec![0; 4096];
    let noise: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let garbage: [&[u8]; 7] = [
        &tls_hello,
        &zeroes,
        &noise,
        b"hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    for bytes in garbage {
        let mut connection = runtime.connect();
        connection.send(bytes);
        let answer = connection.answer();
        assert!([400, 505].contains(&answer.status), "{answer:?}");
        assert_eq!(connection.rest(), "");
    }
    // Framing that two readers could read in two ways.
    for framing in [
        "Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 1e3\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    ] {
        let mut connection = runtime.connect();
        connection.send(format!("POST {SYNC} HTTP/1.1\r\nHost: test\r\n{framing}"));
        let answer = connection.answer();
        assert!([400, 413].contains(&answer.status), "{framing:?}: {answer:?}");
        assert_eq!(connection.rest(), "");
    }
    runtime.serves_the_next_client();
}

#[test]
fn a_thousand_idle_connections_leave_room_for_the_next_client() {
    let runtime = Runtime::start(&[]);
    let mut idle: Vec<Connection> = Vec::new();
    let mut busy = runtime.connect();
    for number in 1..=1000 {
        idle.push(runtime.connect());
        // QEMU's forwarding takes in two connections at a time and lets the others wait for a second; once this is
        // answered, it has taken in the one before.
        assert_eq!(busy.get(HEALTH).status, 200, "a client that asks keeps its connection {number}");
        eprintln!("{number}");
        if number % 200 == 0 {
            runtime.serves_the_next_client();
        }
    }
    // The first ones had to make room.
    assert_eq!(idle.remove(0).rest(), "");
    let mut last = idle.pop().unwrap();
    assert_eq!(last.get(HEALTH).status, 200, "the last ones are still there");
    drop(idle);
    runtime.serves_the_next_client();
}

#[test]
fn a_hostile_parameter_does_not_take_the_machine_down() {
    let runtime = Runtime::start(&[]);
    let source = "int f(int x) { return x; }";
    // Each becomes many times its size in a reader that builds a tree of it.
    for list in ["[],", "0,", "{},", "\"\",", "[[[[[[]]]]]],"] {
        let list = list.repeat(2_000_000 / list.len());
        let json = format!(r#"{{"type":"int","var_name":"x","value":"MQ==","mode":"IN","more":[{list}0]}}"#);
        let answer = runtime.post(SYNC, &c(source, &[encode(json)]));
        assert!([200, 400].contains(&answer.status), "{answer:?}");
        runtime.serves_the_next_client();
    }
    let keys: String = (0..150_000).map(|number| format!("\"{number}\":0,")).collect();
    let answer = runtime.post(SYNC, &c(source, &[encode(format!("{{{keys}\"x\":0}}"))]));
    answer.is_error(400, "params[0]");
    runtime.serves_the_next_client();
}

#[test]
fn large_arrays_end_in_an_answer_whatever_they_ask_for() {
    let runtime = Runtime::start(&[]);
    let fill = "void fill(char *v) { v[0] = 1; }";
    let out = |length: u64| faas::parameter(&format!("signed char[{length}]"), "v", "", "OUT");
    // As text, a megabyte of this is two; and an answer has it three times, in base64.
    for length in [1_000_000, 8_000_000, 16_000_000] {
        let answer = runtime.post(SYNC, &c(fill, &[out(length)]));
        assert_eq!(answer.status, 200, "{answer:?}");
        runtime.serves_the_next_client();
    }
    for length in [17 * 1024 * 1024, u64::MAX] {
        runtime.post(SYNC, &c(fill, &[out(length)])).is_error(400, "params[0].value");
    }
    let mut clients: Vec<_> = (0..8).map(|_| runtime.connect()).collect();
    for client in &mut clients {
        client.send_post(SYNC, &c(fill, &[out(15_000_000)]));
    }
    for client in &mut clients {
        assert_eq!(client.answer().status, 200);
    }
    runtime.serves_the_next_client();
}

#[test]
fn curl_gets_along_in_each_of_its_ways() {
    let runtime = Runtime::start(&[]);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("body.json");
    let body = sum("3", "4.5");
    std::fs::write(&file, &body).unwrap();
    let data = format!("@{}", file.display());
    let url = runtime.url(SYNC);
    let ways: [&[&str]; 6] = [
        &["--data-binary", &data, &url],
        &["--data-binary", &data, "--header", "Expect: 100-continue", &url],
        &["--data-binary", &data, "--header", "Transfer-Encoding: chunked", &url],
        &["--data-binary", &data, "--header", "Transfer-Encoding: chunked", "--header", "Expect: 100-continue", &url],
        &["--data-binary", &data, "--http1.0", &url],
        &["--data-binary", &data, "--header", "Connection: close", &url],
    ];
    for way in ways {
        let Some(ended) = curl(way) else { return };
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{way:?}");
        let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(faas::decode(answer["res"].as_str().unwrap()), "7.5", "{way:?}");
    }
    // Larger than a megabyte, curl asks first by itself.
    std::fs::write(&file, format!("{body}{}", " ".repeat(1_500_000))).unwrap();
    let ended = curl(&["--verbose", "--data-binary", &data, &url]).unwrap();
    assert!(ended.stderr.contains("HTTP/1.1 100 Continue") && ended.stdout.contains("\"ret_code\":0"), "{ended:?}");
    // HEAD: the length of the content, and none.
    let ended = curl(&["--head", &runtime.url(HEALTH)]).unwrap();
    assert!(ended.stdout.starts_with("HTTP/1.1 200 OK\r\n"), "{ended:?}");
    assert!(ended.stdout.to_lowercase().contains("content-length: 15\r\n"), "{ended:?}");
    // Two on one connection, and a refusal.
    let health = runtime.url(HEALTH);
    let ended = curl(&["--verbose", &health, &health]).unwrap();
    assert!(ended.stderr.contains("Re-using existing connection"), "{ended:?}");
    let ended = curl(&["--fail", &runtime.url("/nowhere")]).unwrap();
    assert_eq!(ended.code, Some(22), "{ended:?}");
    runtime.serves_the_next_client();
}

#[test]
fn head_has_the_fields_of_get_and_no_content() {
    let runtime = Runtime::start(&[]);
    let mut connection = runtime.connect();
    for path in ["/", HEALTH] {
        let get = connection.get(path);
        connection.send(format!("HEAD {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
        let head = connection.answer_to_head();
        assert_eq!((head.status, &head.fields), (get.status, &get.fields));
    }
    assert_eq!(connection.get(HEALTH).status, 200, "nothing of a content was left on the connection");
}
