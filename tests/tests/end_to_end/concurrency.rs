//! Many clients, many functions, several machines: all at once, each with its own answer.

use std::collections::BTreeSet;
use std::thread;

use serde_json::Value;
use skerry_tests::faas::{HEALTH, SYNC, endless, result, status_path, sum};
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

#[test]
fn eight_connections_of_hundreds_of_requests_each_get_their_own_answers() {
    let runtime = Runtime::start(&[]);
    thread::scope(|scope| {
        for number in 0..8 {
            let runtime = &runtime;
            scope.spawn(move || {
                let mut connection = runtime.connect();
                for round in 0..300 {
                    if round % 10 == 0 {
                        let (a, b) = (number * 1000, round);
                        let answer = connection.post(SYNC, &sum(&a.to_string(), &b.to_string()));
                        assert_eq!(result(&answer), (a + b).to_string());
                    } else {
                        assert_eq!(connection.get(HEALTH).status, 200);
                    }
                }
            });
        }
    });
    assert!(metric(&runtime, "sr_func_succeeded_total") >= 240.0);
    runtime.serves_the_next_client();
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
    let tasks: Vec<_> = thread::scope(|scope| {
        let start = |number: u32| {
            let runtime = &runtime;
            scope.spawn(move || (number, runtime.start_task(&sum(&number.to_string(), "1000"))))
        };
        let started: Vec<_> = (0..8).map(start).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let names: BTreeSet<_> = tasks.iter().map(|(_, task)| task).collect();
    assert_eq!(names.len(), tasks.len());
    for (number, task) in &tasks {
        let status = runtime.finished_task(task);
        let expected = skerry_tests::faas::encode((number + 1000).to_string());
        assert_eq!(status["result"], Value::from(expected));
    }
}

#[test]
fn more_tasks_than_there_is_room_for_are_told_to_come_back_and_the_others_are_kept() {
    let runtime = Runtime::start(&["tasks=3", "call-time-limit-ms=60000"]);
    let tasks: Vec<_> = (0..3).map(|_| runtime.start_task(&endless())).collect();
    let answer = runtime.post(skerry_tests::faas::ASYNC, &sum("1", "2"));
    answer.is_error(503, "try again later");
    assert!(answer.field("retry-after").is_some());
    for task in tasks {
        assert_eq!(runtime.get(&status_path(&task)).json()["state"], "WORKING");
    }
    runtime.serves_the_next_client();
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
