//! One set of executors, many threads and many functions.

use crate::support::{assert_next_call_works, executors, failure, input, limits, random, result, run_wat};
use skerry_executors::{CacheLimits, CallOptions, Executors, FailureKind, Lang, Limits, StopFlag};

const ADD_ONE: &str =
    r#"(module (func (export "run") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"#;

#[test]
fn two_threads_run_the_same_function_at_once() {
    let executors = executors();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let executors = &executors;
            scope.spawn(move || {
                for number in 0..200 {
                    let argument = thread * 1000 + number;
                    let outcome = run_wat(executors, ADD_ONE, &[input("int", &argument.to_string())]);
                    assert_eq!(result(outcome), (argument + 1).to_string());
                }
            });
        }
    });
}

#[test]
fn a_call_that_never_ends_does_not_hold_up_another() {
    let executors = executors();
    let wasm = wat::parse_str(r#"(module (memory 100) (func (export "run") (loop $again (br $again))))"#).unwrap();
    let stop = StopFlag::default();
    std::thread::scope(|scope| {
        let endless = executors.prepare(Lang::Wasm, &wasm, &[], &CallOptions::default()).unwrap();
        let endless = scope.spawn(|| executors.run(endless, &stop));
        assert_eq!(result(run_wat(&executors, ADD_ONE, &[input("int", "1")])), "2");
        stop.set();
        failure(endless.join().unwrap(), FailureKind::Stopped);
    });
    assert_next_call_works(&executors);
}

#[test]
fn calls_together_get_no_more_memory_than_the_runtime_has() {
    let memory_all_calls_bytes = 20 * 64 * 1024;
    let executors = Executors::new(Limits { memory_all_calls_bytes, ..limits() }, CacheLimits::default(), random);
    let outcome = run_wat(&executors, r#"(module (memory 21) (func (export "run")))"#, &[]);
    assert_eq!(
        failure(outcome, FailureKind::Memory),
        "all calls that run now would use more than 1280 KiB of memory; try again later"
    );
    assert!(run_wat(&executors, r#"(module (memory 20) (func (export "run")))"#, &[]).result.is_ok());
}

#[test]
fn functions_pushed_out_of_the_cache_run_again_and_prepared_calls_keep_theirs() {
    let executors = Executors::new(limits(), CacheLimits { entries: 1, bytes: usize::MAX }, random);
    let module = |number: i32| {
        wat::parse_str(format!(r#"(module (func (export "run") (result i32) (i32.const {number})))"#)).unwrap()
    };
    let first = executors.prepare(Lang::Wasm, &module(1), &[], &CallOptions::default()).unwrap();
    let second = executors.prepare(Lang::Wasm, &module(2), &[], &CallOptions::default()).unwrap();
    let again = executors.prepare(Lang::Wasm, &module(1), &[], &CallOptions::default()).unwrap();
    for (call, expected) in [(first, "1"), (second, "2"), (again, "1")] {
        assert_eq!(result(executors.run(call, &StopFlag::default())), expected);
    }
}
