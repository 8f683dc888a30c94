//! Machines with several processors.

use std::thread;

use skerry_tests::faas::{SYNC, endless, failure, result, status_path, sum};
use skerry_tests::process::wait_for;
use skerry_tests::runtime::{Runtime, Setup};

/// Clock ticks that only a processor which computes takes.
const BUSY_TICKS: u64 = 20;

fn with_processors(cpu_count: u32, options: &[&str]) -> Runtime {
    Runtime::boot(&Setup { cpu_count, ..Setup::with(options) })
}

#[test]
fn two_tasks_run_on_two_processors() {
    let runtime = with_processors(2, &["workers=3", "call-time-limit-ms=20000"]);
    // By then both runners are there, and the machine is idle.
    let before = runtime.thread_ticks();
    let tasks = [(); 2].map(|()| runtime.start_task(&endless()));
    wait_for("two busy processors", || {
        // The busiest two, for the machine's other threads only wait.
        let [first, second, ..] = runtime.thread_ticks()[..] else { return None };
        let idle = before.first().copied().unwrap_or_default();
        (first > idle + BUSY_TICKS && second > idle + BUSY_TICKS).then_some(())
    });
    for task in &tasks {
        let ended = runtime.finished_task(task);
        assert_eq!(ended["state"], "FAILED", "it ran to its time limit: {ended}");
    }
    runtime.serves_the_next_client();
}

#[test]
fn many_calls_at_once_get_their_own_answers_on_two_processors() {
    let runtime = with_processors(2, &[]);
    thread::scope(|scope| {
        for client in 0..6 {
            let runtime = &runtime;
            scope.spawn(move || {
                let mut connection = runtime.connect();
                for round in 0..50 {
                    let (a, b) = (client * 100 + round, 4.5);
                    let answer = connection.post(SYNC, &sum(&a.to_string(), &b.to_string()));
                    assert_eq!(result(&answer), (f64::from(a) + b).to_string());
                }
            });
        }
    });
}

#[test]
fn a_busy_processor_makes_room_for_the_next_function() {
    // Four runners on two processors: two of them share one with the endless ones.
    let runtime = with_processors(2, &["workers=4", "call-time-limit-ms=20000"]);
    let tasks = [(); 2].map(|()| runtime.start_task(&endless()));
    for _ in 0..20 {
        runtime.serves_the_next_client();
    }
    for task in &tasks {
        assert_eq!(runtime.get(&status_path(task)).json()["state"], "WORKING");
    }
    let reason = failure(&runtime.post(SYNC, &endless()));
    assert!(reason.contains("longer than 20 s"), "{reason}");
}
