//! The FaaS API over real sockets: functions that work, functions that fail, requests that are wrong, and many at once.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

mod common;

use std::process::{Command, Stdio};

use common::{ASYNC, Runtime, SYNC, add, call, encode, endless, parameter};
use serde_json::json;

#[test]
fn a_synchronous_call_answers_with_the_result_and_how_long_it_took() {
    let runtime = Runtime::start(&[]);
    let answer = runtime.post(SYNC, &add(40, 2));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, r#"{"result":"NDI=","ret_code":0,"res":"NDI=","err":null}"#);
    assert!(answer.field("x-duration-seconds").unwrap().parse::<f64>().is_ok());
    assert_eq!(answer.field("content-type"), Some("application/json"));
}

#[test]
fn an_asynchronous_call_is_accepted_and_its_result_waits_under_its_name() {
    let runtime = Runtime::start(&[]);
    let answer = runtime.post(ASYNC, &add(40, 2));
    assert_eq!(answer.status, 201);
    let accepted = answer.json();
    let task = accepted["faas_uuid"].as_str().unwrap();
    assert_eq!(answer.field("location"), Some(format!("/v1/faas/{task}/status").as_str()));
    assert_eq!(accepted["exec_id"]["faas_task_uuid"], task);
    assert_eq!(accepted["status"], "WORKING");
    let status = runtime.finished(task);
    assert_eq!(status["state"], "READY");
    assert_eq!(status["result"], encode("42"));
    assert_eq!(status["res"]["ret_code"], 0);
    assert_eq!(runtime.finished(&task.to_uppercase()), status);
}

#[test]
fn a_call_that_comes_while_a_thread_wakes_for_another_does_not_wait_for_that_one() {
    for _ in 0..20 {
        let runtime = Runtime::start(&[]);
        runtime.serves_the_next_client();
        let (mut long, mut short) = (runtime.connect(), runtime.connect());
        let (endless, add) = (endless(), add(1, 2));
        long.post(SYNC, &endless);
        short.post(SYNC, &add);
        assert_eq!(short.answer().json()["res"], encode("3"));
    }
}

#[test]
fn the_first_public_release_gets_200_for_an_asynchronous_call() {
    let runtime = Runtime::start(&["compat=cognit-1.0"]);
    assert_eq!(runtime.post(ASYNC, &add(1, 2)).status, 200);
}

/// Functions that fail by themselves, and a word of the reason.
fn failing() -> [(String, &'static str); 5] {
    let divide = r#"(module (func (export "run") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0))))"#;
    let outside = r#"(module (memory 1) (func (export "run") (result i32) (i32.load (i32.const 0x7fffffff))))"#;
    let recursion = r#"(module (func $f (export "run") (call $f)))"#;
    let bomb = r#"(module (memory 1) (func (export "run")
        (loop (if (i32.eq (memory.grow (i32.const 64)) (i32.const -1)) (then unreachable)) (br 0))))"#;
    [
        (call(divide, &[parameter("int", "0")]), "zero"),
        (call(outside, &[]), "memory"),
        (call(recursion, &[]), "stack"),
        (call(bomb, &[]), ""),
        (endless(), "longer than"),
    ]
}

#[test]
fn a_function_that_fails_says_why_and_the_next_call_works() {
    let runtime = Runtime::start(&["call-time-limit-ms=200"]);
    for (body, reason) in failing() {
        let answer = runtime.post(SYNC, &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let failed = answer.json();
        assert_eq!((&failed["ret_code"], &failed["res"], &failed["result"]), (&json!(-1), &json!(null), &json!(null)));
        assert!(failed["err"].as_str().unwrap().contains(reason), "{failed}");

        let task = runtime.post(ASYNC, &body).json()["faas_uuid"].as_str().unwrap().to_owned();
        let status = runtime.finished(&task);
        assert_eq!((&status["state"], &status["result"]), (&json!("FAILED"), &json!(null)));
        assert_eq!(status["res"]["ret_code"], -1);
        runtime.serves_the_next_client();
    }
    let metrics = runtime.get("/metrics").body;
    assert!(metrics.contains("\nsr_func_failed_total 10\n"), "{metrics}");
    assert!(metrics.contains("\nskerry_tasks{state=\"finished\"} 5\n"), "{metrics}");
}

#[test]
fn a_request_that_is_wrong_is_told_what_is_wrong_whichever_way_it_is_called() {
    let runtime = Runtime::start(&[]);
    let good = encode(wat::parse_str(r#"(module (func (export "run") (param i32)))"#).unwrap());
    let with = |params: &[String]| json!({"lang": "WASM", "fc": good, "params": params}).to_string();
    let raw =
        |text: &str| json!({"lang": "WASM", "fc": good, "params": [parameter("int", "1"), encode(text)]}).to_string();
    for (body, status, message) in [
        (String::new(), 400, "not JSON"),
        ("{\"lang\"".to_owned(), 400, "not JSON"),
        ("[]".to_owned(), 400, "JSON object"),
        (json!({"fc": good, "params": []}).to_string(), 400, "lang is missing"),
        (json!({"lang": "WASM", "params": []}).to_string(), 400, "fc is missing"),
        (json!({"lang": "WASM", "fc": good}).to_string(), 400, "params is missing"),
        (json!({"lang": 7, "fc": good, "params": []}).to_string(), 400, "lang"),
        (json!({"lang": "WASM", "fc": good, "params": ["e30=", 7]}).to_string(), 400, "params[1]"),
        (json!({"lang": "BASIC", "fc": good, "params": []}).to_string(), 400, "BASIC"),
        (json!({"lang": "WASM", "fc": "***", "params": []}).to_string(), 400, "fc is not base64"),
        (json!({"lang": "WASM", "fc": "", "params": []}).to_string(), 400, "fc is empty"),
        (json!({"lang": "WASM", "fc": good, "params": ["e30=", ""]}).to_string(), 400, "params[1] is empty"),
        (raw("not json"), 400, "params[1]"),
        (raw(r#"{"type":"int","var_name":"x","value":"!","mode":"IN"}"#), 400, "params[1].value"),
        (with(&[parameter("int", "many")]), 400, "params[0].value"),
        (with(&[parameter("int", "99999999999")]), 400, "params[0].value"),
        (json!({"lang": "PY", "fc": encode("def f(): pass"), "params": []}).to_string(), 405, "PY"),
        (json!({"lang": "WASM", "fc": encode("no module"), "params": []}).to_string(), 405, ""),
        (json!({"lang": "C", "fc": encode("int f( {"), "params": []}).to_string(), 405, "function.c:1:"),
        (with(&[]), 405, ""),
    ] {
        for path in [SYNC, ASYNC] {
            runtime.post(path, &body).is_error(status, message);
        }
        runtime.serves_the_next_client();
    }
    assert!(runtime.get("/metrics").body.contains("\nskerry_tasks{state=\"finished\"} 0\n"));
}

#[test]
fn extra_fields_and_a_hash_of_any_kind_of_nothing_are_accepted() {
    let runtime = Runtime::start(&[]);
    for hash in [json!(null), json!(""), json!("abc")] {
        let mut body: serde_json::Value = serde_json::from_str(&add(1, 2)).unwrap();
        body["fc_hash"] = hash;
        body["app_req_id"] = json!({"nested": [1, 2]});
        assert_eq!(runtime.post(SYNC, &body.to_string()).json()["ret_code"], 0);
    }
}

/// A body with these fields beside the usual ones.
fn with_fields(body: &str, fields: serde_json::Value) -> String {
    let mut body: serde_json::Value = serde_json::from_str(body).unwrap();
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

/// A function that logs `first`, an empty line and one with a quote, and then divides by its parameter.
fn logging(divisor: i32) -> String {
    let module = r#"(module (import "skerry" "log" (func $log (param i32 i32))) (memory (export "memory") 1)
        (data (i32.const 0) "first\n\n\"{\n")
        (func (export "run") (param i32) (result i32)
            (call $log (i32.const 0) (i32.const 10)) (i32.div_s (i32.const 6) (local.get 0))))"#;
    call(module, &[parameter("int", &divisor.to_string())])
}

#[test]
fn the_log_comes_back_for_whoever_asks_for_it_however_the_function_ends() {
    let runtime = Runtime::start(&[]);
    let lines = json!(["first", "", "\"{"]);
    for (divisor, ret_code) in [(2, 0), (0, -1)] {
        let asked = with_fields(&logging(divisor), json!({"log": true}));
        let answer = runtime.post(SYNC, &asked);
        assert_eq!((&answer.json()["ret_code"], &answer.json()["logs"]), (&json!(ret_code), &lines));
        assert!(answer.field("x-faas-uuid").is_some_and(|uuid| uuid.len() == 36), "{answer:?}");
        let task = runtime.post(ASYNC, &asked).json()["faas_uuid"].as_str().unwrap().to_owned();
        assert_eq!(runtime.finished(&task)["res"]["logs"], lines);
        for body in [logging(divisor), with_fields(&logging(divisor), json!({"log": false}))] {
            assert_eq!(runtime.post(SYNC, &body).json().get("logs"), None);
        }
    }
    let silent = runtime.post(SYNC, &with_fields(&add(1, 2), json!({"log": true}))).json();
    assert_eq!(silent["logs"], json!([]));
}

#[test]
fn a_request_lowers_the_limits_of_its_own_call() {
    let runtime = Runtime::start(&[]);
    let fails = |body: &str, fields, reason: &str| {
        let answer = runtime.post(SYNC, &with_fields(body, fields)).json();
        assert!(answer["err"].as_str().unwrap().contains(reason), "{answer}");
    };
    fails(&endless(), json!({"timeout_ms": 50}), "longer than 50 ms");
    let two_mib = call(r#"(module (memory 32) (func (export "run")))"#, &[]);
    fails(&two_mib, json!({"memory_mib": 1}), "a call may use 1 MiB");
    assert_eq!(runtime.post(SYNC, &with_fields(&two_mib, json!({"memory_mib": 2}))).json()["ret_code"], 0);
    let out = encode(json!({"type": "signed char[40]", "var_name": "x", "value": "", "mode": "OUT"}).to_string());
    let output = call(r#"(module (memory (export "memory") 1) (func (export "run") (param i32)))"#, &[out]);
    fails(&output, json!({"max_output_bytes": 40}), "larger than 40 bytes");
    assert_eq!(runtime.post(SYNC, &with_fields(&output, json!({"max_output_bytes": 200}))).json()["ret_code"], 0);
    runtime.serves_the_next_client();
}

#[test]
fn a_request_that_would_raise_a_limit_is_refused_with_the_limit() {
    let runtime =
        Runtime::start(&["call-time-limit-ms=7000", "call-memory-limit-bytes=3145728", "body-limit-bytes=8000"]);
    for (field, limit) in [("timeout_ms", 7000), ("memory_mib", 3), ("max_output_bytes", 2000)] {
        for path in [SYNC, ASYNC] {
            assert!(runtime.post(path, &with_fields(&add(1, 2), json!({field: limit}))).status < 300);
            for wrong in [limit + 1, 0] {
                let expected = format!("{field} is {wrong}; this runtime takes 1 to {limit}");
                runtime.post(path, &with_fields(&add(1, 2), json!({field: wrong}))).is_error(400, &expected);
            }
        }
    }
    runtime.serves_the_next_client();
}

#[test]
fn native_functions_are_called_by_name_and_listed() {
    let mut natives = skerry_native::Registry::default();
    natives.add("twice", |call| Ok(2 * call.parse::<i64>(0)?));
    let runtime = Runtime::start_with(&[], natives);
    let body =
        |name: &str, param: &str| json!({"lang": "NATIVE", "fc": encode(name), "params": [encode(param)]}).to_string();
    assert_eq!(runtime.post(SYNC, &body("twice", "21")).json()["res"], encode("42"));
    let task = runtime.post(ASYNC, &body("twice", "x")).json()["faas_uuid"].as_str().unwrap().to_owned();
    assert_eq!(runtime.finished(&task)["res"]["err"], "params[0] is `x`: invalid digit found in string");
    runtime.post(SYNC, &body("thrice", "1")).is_error(405, "no native function `thrice`; there are: twice");
    assert_eq!(runtime.get("/").json()["native_functions"], json!(["twice"]));
    assert!(runtime.get("/metrics").body.contains("skerry_function_duration_seconds_count{lang=\"NATIVE\"} 2"));
    let without = Runtime::start(&[]);
    assert_eq!(without.get("/").json().get("native_functions"), None);
    without.post(SYNC, &body("twice", "21")).is_error(405, "does not run NATIVE");
}

#[test]
fn the_page_tells_how_often_a_function_was_compiled_already() {
    let runtime = Runtime::start(&[]);
    for number in 0..3 {
        runtime.post(SYNC, &add(number, number));
    }
    let page = runtime.get("/metrics").body;
    for line in [
        r#"skerry_compiled_cache_hits_total{lang="WASM"} 2"#,
        r#"skerry_compiled_cache_misses_total{lang="WASM"} 1"#,
        r#"skerry_compiled_cache_misses_total{lang="C"} 0"#,
        "skerry_compiled_cache_entries 1",
    ] {
        assert!(page.lines().any(|written| written == line), "{line} is missing from\n{page}");
    }
}

#[test]
fn everything_but_running_goes_on_while_all_runners_are_busy() {
    let runtime = Runtime::start(&["workers=1"]);
    let mut busy = runtime.connect();
    busy.post(SYNC, &endless());
    // Accepted, refused and reported on, though nobody is free to run anything.
    let task = runtime.post(ASYNC, &add(1, 2)).json()["faas_uuid"].as_str().unwrap().to_owned();
    runtime.post(SYNC, "{").is_error(400, "not JSON");
    assert_eq!(runtime.get("/healthz").status, 200);
    let status = runtime.get(&format!("/v1/faas/{task}/status")).json();
    assert!(status["state"] == "WORKING" || status["state"] == "READY", "{status}");
    // The client goes, its call is abandoned, and the runner takes the task: the time limit is a minute away.
    drop(busy);
    assert_eq!(runtime.finished(&task)["result"], encode("3"));
}

#[test]
fn when_all_tasks_are_working_the_next_one_is_told_to_come_back() {
    let runtime = Runtime::start(&["tasks=2", "workers=1", "call-time-limit-ms=300"]);
    let first = runtime.post(ASYNC, &endless()).json()["faas_uuid"].as_str().unwrap().to_owned();
    let second = runtime.post(ASYNC, &endless()).json()["faas_uuid"].as_str().unwrap().to_owned();
    runtime.post(ASYNC, &endless()).is_error(429, "tasks");
    assert_eq!(runtime.finished(&second)["state"], "FAILED");
    assert_eq!(runtime.finished(&first)["state"], "FAILED");
    // The one that finished first makes room.
    assert_eq!(runtime.post(ASYNC, &add(1, 2)).status, 201);
    runtime.get(&format!("/v1/faas/{first}/status")).is_error(404, "no such task");
    assert_eq!(runtime.finished(&second)["state"], "FAILED");
}

/// Sends a body on behalf of a client, as a gateway does.
fn post_for(runtime: &Runtime, name: &str, path: &str, body: &str) -> common::Answer {
    let mut client = runtime.connect();
    let length = body.len();
    let fields = format!("Host: a\r\nX-Forwarded-For: {name}\r\nContent-Length: {length}");
    client.send(format!("POST {path} HTTP/1.1\r\n{fields}\r\n\r\n{body}"));
    client.answer()
}

fn task_of(answer: &common::Answer) -> String {
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["faas_uuid"].as_str().unwrap().to_owned()
}

#[test]
fn when_too_many_calls_wait_the_next_one_is_told_to_come_back() {
    let runtime = Runtime::start(&["workers=1"]);
    // One runs and 48 wait: no client gets more of the 64 places.
    let mut tasks: Vec<_> = (0..49).map(|_| task_of(&post_for(&runtime, "one", ASYNC, &endless()))).collect();
    post_for(&runtime, "one", ASYNC, &add(1, 2)).is_error(429, "tasks");
    tasks.extend((0..16).map(|_| task_of(&post_for(&runtime, "two", ASYNC, &endless()))));
    post_for(&runtime, "two", ASYNC, &add(1, 2)).is_error(429, "tasks");
    post_for(&runtime, "three", ASYNC, &add(1, 2)).is_error(429, "tasks");
    assert_eq!(runtime.get("/healthz").status, 200);
    // Cancelled ones give their places back.
    for task in &tasks {
        assert_eq!(runtime.delete(&format!("/v1/faas/{task}")).status, 204);
    }
    let last = task_of(&post_for(&runtime, "one", ASYNC, &add(1, 2)));
    assert_eq!(runtime.finished(&last)["result"], encode("3"));
}

#[test]
fn calls_that_wait_have_places_of_their_own_and_those_whose_clients_left_take_none() {
    let runtime = Runtime::start(&["workers=1"]);
    let mut running = runtime.connect();
    running.post(SYNC, &endless());
    runtime.wait_for_calls(1);
    let waiting: Vec<_> = (0..48)
        .map(|_| {
            let mut client = runtime.connect();
            client.post(SYNC, &endless());
            client
        })
        .collect();
    runtime.wait_for_calls(49);
    runtime.post(SYNC, &add(1, 2)).is_error(429, "calls");
    let task = task_of(&runtime.post(ASYNC, &add(1, 2)));
    drop(waiting);
    drop(running);
    assert_eq!(runtime.post(SYNC, &add(1, 2)).json()["res"], encode("3"));
    assert_eq!(runtime.finished(&task)["result"], encode("3"));
}

#[test]
fn a_task_that_is_cancelled_fails_and_frees_its_worker() {
    let runtime = Runtime::start(&["workers=1"]);
    let [running, waiting] = [(); 2].map(|()| task_of(&runtime.post(ASYNC, &endless())));
    let next = task_of(&runtime.post(ASYNC, &add(1, 2)));
    for task in [&waiting, &running] {
        let answer = runtime.delete(&format!("/v1/faas/{task}"));
        assert_eq!((answer.status, answer.body.as_str(), answer.field("content-length")), (204, "", None));
        let status = runtime.get(&format!("/v1/faas/{task}/status")).json();
        assert_eq!((&status["state"], &status["res"]["err"]), (&json!("FAILED"), &json!("cancelled")));
    }
    // The time limit is a minute away: had either gone on, this would wait for it.
    assert_eq!(runtime.finished(&next)["result"], encode("3"));
    runtime.wait_for_calls(0);
    let page = runtime.get("/metrics").body;
    // The one that waited never ran.
    assert!(page.contains("\nskerry_function_failures_total{kind=\"stopped\"} 1\n"), "{page}");
    assert_eq!(runtime.get(&format!("/v1/faas/{running}/status")).json()["res"]["err"], "cancelled");
}

#[test]
fn cancelling_what_has_finished_changes_nothing_and_what_is_unknown_is_not_there() {
    let runtime = Runtime::start(&[]);
    let task = task_of(&runtime.post(ASYNC, &add(1, 2)));
    assert_eq!(runtime.finished(&task)["state"], "READY");
    assert_eq!(runtime.delete(&format!("/v1/faas/{task}")).status, 204);
    assert_eq!(runtime.get(&format!("/v1/faas/{task}/status")).json()["state"], "READY");
    runtime.delete("/v1/faas/0188a6e2-1111-4222-8333-444455556666").is_error(404, "no such task");
    let wrong = runtime.get(&format!("/v1/faas/{task}"));
    assert_eq!((wrong.status, wrong.field("allow")), (405, Some("DELETE")));
}

#[test]
fn tasks_that_never_end_leave_a_worker_to_calls() {
    let runtime = Runtime::start(&["workers=3"]);
    for _ in 0..10 {
        task_of(&runtime.post(ASYNC, &endless()));
    }
    assert_eq!(runtime.post(SYNC, &add(1, 2)).json()["res"], encode("3"));
    runtime.serves_the_next_client();
}

#[test]
fn one_clients_many_tasks_delay_anothers_by_one_or_two() {
    let runtime = Runtime::start(&["workers=1", "call-time-limit-ms=1000"]);
    let many: Vec<_> = (0..40).map(|_| task_of(&post_for(&runtime, "one", ASYNC, &endless()))).collect();
    let other = task_of(&post_for(&runtime, "two", ASYNC, &add(1, 2)));
    assert_eq!(runtime.finished(&other)["result"], encode("3"));
    // In the order of their coming, all forty would have had their second before.
    assert_eq!(runtime.get(&format!("/v1/faas/{}/status", many[39])).json()["state"], "WORKING");
}

#[test]
fn bodies_that_do_not_fit_into_memory_together_are_told_to_come_back() {
    let runtime = Runtime::start(&["body-limit-bytes=100000"]);
    let begin = |length: usize| {
        let mut client = runtime.connect();
        client.send(format!("POST {SYNC} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"));
        client.send(vec![b' '; length - 1]);
        client
    };
    // Together twice the limit is allowed; which of the clients is the one too many depends on the order of reading.
    let mut clients: Vec<_> = (0..4).map(|_| begin(100_000)).collect();
    let is_refused = |client: &mut common::Client| {
        client.send("x");
        client.answer().status == 503
    };
    assert!(clients.iter_mut().filter_map(|client| is_refused(client).then_some(())).count() >= 1);
    drop(clients);
    runtime.serves_the_next_client();
}

#[test]
fn several_clients_get_each_their_own_result() {
    let runtime = Runtime::start(&[]);
    std::thread::scope(|scope| {
        for client_number in 0..8 {
            let runtime = &runtime;
            scope.spawn(move || {
                let mut client = runtime.connect();
                for number in 0..50 {
                    client.post(SYNC, &add(client_number * 1000, number));
                    let expected = (client_number * 1000 + number).to_string();
                    assert_eq!(client.answer().json()["res"], encode(expected));
                }
            });
        }
    });
}

#[test]
fn the_program_says_when_it_listens_and_ends_when_it_is_told_to() {
    use std::io::BufRead as _;

    let mut program = Command::new(env!("CARGO_BIN_EXE_skerry-runtime"))
        .args(["port=0", "log=error"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: skerry_api::console::ReadyLine = serde_json::from_str(&line).unwrap();
    assert_eq!((ready.event.as_str(), ready.langs.as_str()), ("ready", "C,WASM"));
    assert!(std::net::TcpStream::connect(("127.0.0.1", ready.port)).is_ok());
    assert!(Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap().success());
    assert_eq!(program.wait().unwrap().code(), Some(0));
}

#[test]
fn the_program_refuses_an_option_that_it_does_not_know_and_lists_those_that_it_does() {
    let run = |word: &str| Command::new(env!("CARGO_BIN_EXE_skerry-runtime")).arg(word).output().unwrap();
    let refused = run("taks=3");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("task-retention-ms"));
    let help = run("--help");
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&help.stdout).contains("call-time-limit-ms="));
}
