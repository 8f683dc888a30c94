//! HTTP over real sockets: what each good, bad, slow or rude client gets, and that the next one is served.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

mod common;

use common::{Runtime, SYNC, add, encode, endless};

#[test]
fn pipelined_requests_are_answered_in_order_even_where_a_function_runs_between() {
    let runtime = Runtime::start(&[]);
    let mut client = runtime.connect();
    let body = add(1, 2);
    client.send(format!(
        "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nPOST {SYNC} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}\
         HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n\
         GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        body.len()
    ));
    assert_eq!(client.answer().body, r#"{"status":"ok"}"#);
    assert_eq!(client.answer().json()["res"], encode("3"));
    assert_eq!(client.answer_to_head().field("content-length"), Some("15"));
    client.answer().is_error(404, "no such path");
    let last = client.answer();
    assert_eq!((last.status, last.field("connection")), (200, Some("close")));
    client.is_closed();
}

#[test]
fn a_request_that_comes_byte_by_byte_is_a_request() {
    let runtime = Runtime::start(&[]);
    let mut client = runtime.connect();
    for byte in b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" {
        client.send([*byte]);
    }
    assert_eq!(client.answer().status, 200);
}

#[test]
fn http_1_0_is_served_and_closed_unless_it_asks_to_stay() {
    let runtime = Runtime::start(&[]);
    let mut client = runtime.connect();
    client.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(client.answer().field("connection"), Some("keep-alive"));
    client.send("GET /healthz HTTP/1.0\r\n\r\n");
    assert_eq!(client.answer().field("connection"), Some("close"));
    client.is_closed();
}

#[test]
fn a_client_that_ends_its_side_after_a_request_gets_its_answer() {
    let runtime = Runtime::start(&[]);
    let mut client = runtime.connect();
    client.get("/healthz");
    client.end();
    assert_eq!(client.answer().status, 200);
    client.is_closed();
}

#[test]
fn a_client_that_asks_first_is_told_to_go_on_or_refused_at_once() {
    let runtime = Runtime::start(&["body-limit-bytes=2000"]);
    let body = add(1, 2);
    let ask = |path: &str, length: usize| {
        let mut client = runtime.connect();
        client.send(format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        ));
        client
    };
    let mut client = ask(SYNC, body.len());
    assert_eq!(client.answer().status, 100);
    client.send(&body);
    assert_eq!(client.answer().json()["ret_code"], 0);
    client.get("/healthz");
    assert_eq!(client.answer().status, 200);

    let mut client = ask(SYNC, 2001);
    client.answer().is_error(413, "2000 bytes");
    client.is_closed();
    let mut client = ask("/nowhere", 3);
    client.answer().is_error(404, "");
    client.is_closed();
}

#[test]
fn a_chunked_body_is_a_body() {
    let runtime = Runtime::start(&[]);
    let mut client = runtime.connect();
    let body = add(5, 6);
    let (one, other) = body.split_at(10);
    client.send(format!("POST {SYNC} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
    client.send(format!("A;x=y\r\n{one}\r\n{:x}\r\n{other}\r\n0\r\nX-Trailer: z\r\n\r\n", other.len()));
    assert_eq!(client.answer().json()["res"], encode("11"));
    client.get("/healthz");
    assert_eq!(client.answer().status, 200);
}

#[test]
fn bytes_that_cannot_be_served_get_their_code_and_the_connection_ends() {
    let runtime = Runtime::start(&["body-limit-bytes=2000"]);
    let post = format!("POST {SYNC} HTTP/1.1\r\nHost: a\r\n");
    let long = "x".repeat(9000);
    for (bytes, status, message) in [
        ("\u{16}\u{3}\u{1}\u{2}\u{0}garbage".to_owned(), 400, "not an HTTP request"),
        (format!("{long}{long}"), 400, "not an HTTP request"),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400, "Host"),
        (format!("{post}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400, "never both"),
        (format!("{post}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), 400, "contradict"),
        (format!("{post}Content-Length: many\r\n\r\n"), 400, "not a number"),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400, "chunked"),
        (format!("{post}Transfer-Encoding: gzip\r\n\r\n"), 501, "chunked"),
        (format!("{post}Expect: miracles\r\n\r\n"), 417, "100-continue"),
        (format!("{post}Content-Length: 2001\r\n\r\n{}", &long[..2001]), 413, "2000 bytes"),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\n7d1\r\n{long}"), 413, "2000 bytes"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"), 431, "8192"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(65)), 431, "64"),
        (format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), 414, "target"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 505, "HTTP/1.1"),
    ] {
        let mut client = runtime.connect();
        client.send(&bytes);
        let answer = client.answer();
        answer.is_error(status, message);
        assert_eq!(answer.field("connection"), Some("close"));
        client.is_closed();
        runtime.serves_the_next_client();
    }
}

#[test]
fn the_answer_to_a_body_that_is_too_large_survives_the_rest_of_the_body() {
    let runtime = Runtime::start(&["body-limit-bytes=2000"]);
    let mut client = runtime.connect();
    client.send(format!("POST {SYNC} HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n"));
    client.send(vec![b'x'; 3_000_000]);
    client.answer().is_error(413, "2000 bytes");
}

#[test]
fn half_a_request_and_an_end_is_an_end() {
    let runtime = Runtime::start(&[]);
    for half in ["", "GET /hea", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"] {
        let mut client = runtime.connect();
        client.send(half);
        client.end();
        client.is_closed();
        runtime.serves_the_next_client();
    }
}

#[test]
fn a_slow_request_gets_408_and_an_idle_connection_just_ends() {
    let runtime = Runtime::start(&["read-time-limit-ms=50", "idle-time-limit-ms=50"]);
    for slow in ["GET /hea", "POST /v1/faas/execute-sync HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"] {
        let mut client = runtime.connect();
        client.send(slow);
        client.answer().is_error(408, "in time");
        client.is_closed();
    }
    let mut idle = runtime.connect();
    idle.get("/healthz");
    assert_eq!(idle.answer().status, 200);
    idle.is_closed();
}

#[test]
fn idle_connections_make_room_for_new_ones_the_longest_idle_first() {
    let runtime = Runtime::start(&["connections=16"]);
    let mut idle: Vec<_> = (0..1000).map(|_| runtime.connect()).collect();
    runtime.serves_the_next_client();
    for client in &mut idle[..950] {
        client.is_closed();
    }
    let newest = &mut idle[999];
    newest.get("/healthz");
    assert_eq!(newest.answer().status, 200);
}

#[test]
fn when_all_connections_are_busy_the_next_client_is_told_to_come_back() {
    let runtime = Runtime::start(&["connections=3", "workers=1"]);
    let mut busy = Vec::new();
    // A client whose request has not been read yet still counts as idle and may lose its place to the next one, so more
    // of them than there are places may be needed.
    loop {
        let mut client = runtime.connect();
        client.post(SYNC, &endless());
        busy.push(client);
        let answer = runtime.get("/healthz");
        if answer.status == 503 {
            answer.is_error(503, "busy");
            break;
        }
    }
    drop(busy);
    loop {
        let mut client = runtime.connect();
        client.get("/healthz");
        if client.answer().status == 200 {
            break;
        }
    }
    runtime.serves_the_next_client();
}

#[test]
fn a_client_that_sends_much_and_reads_late_gets_every_answer() {
    let runtime = Runtime::start(&[]);
    for _ in 0..5 {
        let mut client = runtime.connect();
        // Few enough bytes for the system to hold them all, so that nothing more comes while the answers go out; and more
        // answers than it holds.
        let count = 1_500;
        client.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".repeat(count));
        for _ in 0..count {
            let answer = client.answer();
            assert_eq!(answer.status, 200);
            assert!(answer.body.ends_with('\n'));
        }
    }
    runtime.serves_the_next_client();
}

#[test]
fn wrong_methods_and_paths_get_their_codes() {
    let runtime = Runtime::start(&[]);
    for path in ["/", "/healthz", "/metrics", "/v1/faas/0188a6e2-1111-4222-8333-444455556666/status"] {
        let answer = runtime.post(path, "{}");
        answer.is_error(405, "GET");
        assert_eq!(answer.field("allow"), Some("GET, HEAD"));
    }
    let answer = runtime.get(SYNC);
    answer.is_error(405, "POST");
    assert_eq!(answer.field("allow"), Some("POST"));
    runtime.get("/v1/faas/not-a-uuid/status").is_error(400, "UUID");
    runtime.get("/v1/faas/0188a6e2-1111-4222-8333-444455556666/status").is_error(404, "no such task");
    runtime.get("/nowhere?x=y").is_error(404, "GET /");
    runtime.post("/v1/daas/things", "{}").is_error(501, "data service");
    runtime.get("/v1/daas/things").is_error(501, "data service");
    assert_eq!(runtime.get("/healthz?probe=1").status, 200);
}

#[test]
fn random_bytes_leave_the_runtime_serving() {
    let runtime = Runtime::start(&["read-time-limit-ms=20", "idle-time-limit-ms=20"]);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..50 {
        let bytes: Vec<u8> = (0..500)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state as u8
            })
            .collect();
        let mut client = runtime.connect();
        client.send(bytes);
        client.end();
    }
    runtime.serves_the_next_client();
}

#[test]
fn clients_that_go_on_sending_after_a_refusal_neither_take_memory_nor_places() {
    let runtime = Runtime::start(&["connections=2", "body-limit-bytes=2000"]);
    let mut rude: Vec<_> = (0..30).map(|_| runtime.connect()).collect();
    for client in &mut rude {
        client.send(format!("POST {SYNC} HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"));
        client.send(vec![b'x'; 100_000]);
        runtime.serves_the_next_client();
    }
}
