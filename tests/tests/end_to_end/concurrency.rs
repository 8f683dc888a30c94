//! Many clients, many functions, several machines: all at once, each with its own answer.

use std::collections::BTreeSet;
use std::thread;

use serde_json::Value;
use skerry_tests::faas::{
    ASYNC, HEALTH, SYNC, c, encode, endless, failure, input, parameter, result, status_path, sum, text_at,
};
use skerry_tests::http::Connection;
use skerry_tests::process::wait_for;
use skerry_tests::runtime::Runtime;

/// A sample without labels on the metrics page.
fn metric(runtime: &Runtime, name: &str) -> f64 {
    let page = runtime.get("/metrics").body;
    let sample = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    sample.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} on\n{page}"))
}

#[test]
fn a_status_is_answered_while_a_long_synchronous_function_runs() {
    let runtime = Runtime::start(&[]);
    let task = runtime.start_task(&sum("3", "4.5"));
    let mut long = runtime.connect();
    long.send_post(SYNC, &endless());
    wait_for("the long function's start", || (metric(&runtime, "skerry_calls_in_progress") > 0.0).then_some(()));

    assert_eq!(runtime.finished_task(&task)["state"], "READY");
    runtime.serves_the_next_client();
    assert!(!long.has_news(), "the long function was answered before the requests that came after it");

    // Nobody waits for it any more: it ends, although its time is not over.
    drop(long);
    wait_for("the abandoned function's end", || (metric(&runtime, "skerry_calls_in_progress") == 0.0).then_some(()));
}

#[test]
fn a_client_may_wait_for_a_function_as_long_as_that_may_run() {
    // Longer than any patience of the guest's network with a client that says nothing.
    let runtime = Runtime::start(&["call-time-limit-ms=40000"]);
    let reason = failure(&runtime.post(SYNC, &endless()));
    assert!(reason.contains("longer than 40 s"), "{reason}");
}

#[test]
fn functions_of_all_workers_at_once_do_not_keep_others_from_being_told_how_it_stands() {
    let runtime = Runtime::start(&["workers=2", "call-time-limit-ms=2000"]);
    let tasks: Vec<_> = (0..4).map(|_| runtime.start_task(&endless())).collect();
    let refused = runtime.post(SYNC, "not a call");
    assert_eq!(refused.status, 400, "a faulty request waits for no function");
    for task in &tasks {
        assert_eq!(runtime.get(&status_path(task)).status, 200);
        assert_eq!(runtime.finished_task(task)["state"], "FAILED");
    }
    runtime.serves_the_next_client();
}

/// So many connections, each of which has had an answer. One after the other: QEMU's forwarding takes in two at a time,
/// and a client that comes then may wait for a minute.
fn served_clients(runtime: &Runtime, count: usize) -> Vec<Connection> {
    let served = |_| {
        let mut client = runtime.connect();
        assert_eq!(client.get(HEALTH).status, 200);
        client
    };
    (0..count).map(served).collect()
}

/// Has each client do the same, all at once, each with its number.
fn at_once<T: Send>(clients: Vec<Connection>, act: impl Fn(usize, &mut Connection) -> T + Sync) -> Vec<T> {
    let act = &act;
    thread::scope(|scope| {
        let start = |(number, mut client)| scope.spawn(move || act(number, &mut client));
        let started: Vec<_> = clients.into_iter().enumerate().map(start).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn eight_connections_of_hundreds_of_requests_each_get_their_own_answers() {
    let runtime = Runtime::start(&[]);
    at_once(served_clients(&runtime, 8), |number, client| {
        for round in 0..300 {
            if round % 10 == 0 {
                let (a, b) = (number * 1000, round);
                assert_eq!(result(&client.post(SYNC, &sum(&a.to_string(), &b.to_string()))), (a + b).to_string());
            } else {
                assert_eq!(client.get(HEALTH).status, 200);
            }
        }
    });
    assert!(metric(&runtime, "sr_func_succeeded_total") >= 240.0);
    runtime.serves_the_next_client();
}

#[test]
fn forty_eight_clients_of_one_address_that_call_at_the_same_moment_are_all_answered() {
    let runtime = Runtime::start(&[]);
    at_once(served_clients(&runtime, 48), |number, client| {
        assert_eq!(result(&client.post(SYNC, &sum(&number.to_string(), "0.5"))), format!("{number}.5"));
    });
}

#[test]
fn requests_sent_ahead_are_answered_in_their_order() {
    let runtime = Runtime::start(&[]);
    let mut connection = runtime.connect();
    for number in 0..20 {
        connection.send_post(SYNC, &sum(&number.to_string(), "0.5"));
        connection.send_get(HEALTH);
    }
    for number in 0..20 {
        assert_eq!(result(&connection.answer()), format!("{number}.5"));
        assert_eq!(connection.answer().body, r#"{"status":"ok"}"#);
    }
}

#[test]
fn tasks_started_at_once_have_names_and_results_of_their_own() {
    let runtime = Runtime::start(&[]);
    let tasks = at_once(served_clients(&runtime, 16), |number, client| {
        let answer = client.post(ASYNC, &sum(&number.to_string(), "1000"));
        assert_eq!(answer.status, 201, "{answer:?}");
        (number, text_at(&answer.json(), "/faas_uuid"))
    });
    let names: BTreeSet<_> = tasks.iter().map(|(_, task)| task).collect();
    assert_eq!(names.len(), tasks.len());
    for (number, task) in &tasks {
        let status = runtime.finished_task(task);
        let expected = encode((number + 1000).to_string());
        assert_eq!(status["result"], Value::from(expected));
    }
}

#[test]
fn more_tasks_than_there_is_room_for_are_told_to_come_back_and_the_others_are_kept() {
    let runtime = Runtime::start(&["tasks=3", "call-time-limit-ms=60000"]);
    let tasks: Vec<_> = (0..3).map(|_| runtime.start_task(&endless())).collect();
    let answer = runtime.post(ASYNC, &sum("1", "2"));
    answer.is_error(429, "try again later");
    assert!(answer.field("retry-after").is_some());
    for task in tasks {
        assert_eq!(runtime.get(&status_path(&task)).json()["state"], "WORKING");
    }
    runtime.serves_the_next_client();
}

#[test]
fn clients_that_leave_together_take_nothing_along() {
    let runtime = Runtime::start(&[]);
    for _ in 0..5 {
        drop(served_clients(&runtime, 60));
        runtime.serves_the_next_client();
    }
}

#[test]
fn everything_at_its_limit_at_once_still_fits_the_machine() {
    let runtime = Runtime::start(&[]);
    // Results of tasks: 400,000 zeroes, each with its comma.
    let zeroes = c("void zero(char *v) { v[0] = 0; }", &[parameter("signed char[400000]", "v", "", "OUT")]);
    for _ in 0..6 {
        let task = runtime.start_task(&zeroes);
        assert_eq!(runtime.finished_task(&task)["state"], "READY");
    }
    // Compiled code.
    for number in 0..80 {
        let statements: String = (0..300).map(|line| format!("x = x * {line} + {number}; ")).collect();
        let body = c(&format!("int f(int x) {{ {statements} return x; }}"), &[input("int", "1")]);
        assert_eq!(runtime.post(SYNC, &body).json()["ret_code"], 0);
    }
    // Memory of functions that run.
    let hold = c("void hold(char *v) { while (1) v[0]++; }", &[parameter("signed char[6000000]", "v", "", "OUT")]);
    let running: Vec<_> = (0..4).map(|_| runtime.start_task(&hold)).collect();
    // Bodies that are on their way.
    let mut senders: Vec<_> = (0..2).map(|_| runtime.connect()).collect();
    for sender in &mut senders {
        sender.send(format!("POST {SYNC} HTTP/1.1\r\nHost: test\r\nContent-Length: 4000000\r\n\r\n"));
        sender.send(" ".repeat(3_900_000));
    }
    // Connections.
    let mut clients = served_clients(&runtime, 60);
    assert_eq!(running.len(), 4);
    for client in &mut clients {
        assert_eq!(client.post(SYNC, "nonsense").status, 400);
    }
    // One that takes as much to prepare as a request can: text of two bytes for each number of eight.
    drop(senders);
    let list = format!("[{}0]", "0,".repeat(900_000));
    let large = c("double first(double *v) { return v[0]; }", &[parameter("double[]", "v", &list, "IN")]);
    for client in clients.iter_mut().take(4) {
        client.send_post(SYNC, &large);
    }
    for client in clients.iter_mut().take(4) {
        assert!([200, 400, 503].contains(&client.answer().status));
    }
}

#[test]
fn two_machines_at_once_know_nothing_of_each_other() {
    let [first, second] = Runtime::start_together(&[]);
    let tasks = thread::scope(|scope| {
        let calls = [(&first, "1"), (&second, "2")].map(|(runtime, a)| {
            scope.spawn(move || {
                for _ in 0..50 {
                    assert_eq!(result(&runtime.post(SYNC, &sum(a, "0.25"))), format!("{a}.25"));
                }
                (0..20).map(|_| runtime.start_task(&sum(a, "0.25"))).collect::<Vec<_>>()
            })
        });
        calls.map(|call| call.join().unwrap())
    });
    let names: BTreeSet<_> = tasks.iter().flatten().collect();
    assert_eq!(names.len(), 40, "a UUID was given twice");
    for (other, own) in [(&second, &tasks[0]), (&first, &tasks[1])] {
        other.get(&status_path(&own[0])).is_error(404, "no such task");
    }
    for (runtime, own) in [(&first, &tasks[0]), (&second, &tasks[1])] {
        for task in own {
            assert_eq!(runtime.finished_task(task)["state"], "READY");
        }
    }
}
