//! What a module may import beside the log: random bytes and the time.

use crate::support::{
    assert_mentions, assert_next_call_works, executors, executors_with, failure, limits, random, refusal_of_wat,
    result, run_wat,
};
use skerry_executors::{CacheLimits, CallOptions, Executors, FailureKind, Limits, StopFlag};
use std::io;
use std::time::{Duration, UNIX_EPOCH};

/// A module whose function runs `body`; it has two pages of memory, random bytes and the time.
fn module(body: &str) -> String {
    format!(
        r#"(module (import "skerry" "random" (func $random (param i32 i32)))
        (import "skerry" "unix_time_ms" (func $unix_time_ms (result i64)))
        (memory (export "memory") 2) (func (export "run") (result i64) {body}))"#
    )
}

fn filled(pointer: i64, length: i64, look_at: i64) -> String {
    let body = format!("(call $random (i32.const {pointer}) (i32.const {length})) (i64.load (i32.const {look_at}))");
    result(run_wat(&executors(), &module(&body), &[]))
}

#[test]
fn exactly_the_bytes_that_were_asked_for_become_random() {
    let mut given = [0; 8];
    random(&mut given).unwrap();
    assert_eq!(filled(16, 8, 16), i64::from_le_bytes(given).to_string());
    assert_eq!(filled(16, 8, 8), "0");
    assert_eq!(filled(16, 8, 24), "0");
    assert_eq!(filled(16, 0, 16), "0");
    assert_eq!(filled(131_072, 0, 16), "0");
}

#[test]
fn the_most_at_once_is_given_to_the_last_byte_and_no_byte_more() {
    let mut given = vec![0; 65_536];
    random(&mut given).unwrap();
    let end: [u8; 8] = given[65_528..].try_into().unwrap();
    assert_eq!(filled(65_536, 65_536, 131_064), i64::from_le_bytes(end).to_string());
    for length in [65_537, -1, i64::from(i32::MIN)] {
        let body = format!("(call $random (i32.const 0) (i32.const {length})) (i64.const 0)");
        let reason = failure(run_wat(&executors(), &module(&body), &[]), FailureKind::Trap);
        assert_eq!(reason, "skerry.random gives at most 65536 bytes at once");
    }
}

#[test]
fn random_bytes_outside_of_memory_trap() {
    for (pointer, length) in [(131_071, 2), (131_073, 0), (-1, 1), (-8, 16)] {
        let body = format!("(call $random (i32.const {pointer}) (i32.const {length})) (i64.const 0)");
        let executors = executors();
        let reason = failure(run_wat(&executors, &module(&body), &[]), FailureKind::Trap);
        assert_eq!(reason, "out-of-bounds memory access");
        assert_next_call_works(&executors);
    }
}

#[test]
fn a_machine_without_random_bytes_fails_the_call_and_not_the_runtime() {
    let executors = Executors::new(limits(), CacheLimits::default(), |_| Err(io::ErrorKind::Other.into()));
    let body = "(call $random (i32.const 0) (i32.const 1)) (i64.const 0)";
    assert_mentions(&failure(run_wat(&executors, &module(body), &[]), FailureKind::Trap), &["no random bytes"]);
    assert_next_call_works(&executors);
}

#[test]
fn a_loop_of_random_bytes_ends_at_the_time_limit_and_counts_as_fuel() {
    let body = "(loop $again (call $random (i32.const 0) (i32.const 65536)) (br $again)) (i64.const 0)";
    let executors = executors_with(Limits { time: Duration::from_millis(50), ..limits() });
    failure(run_wat(&executors, &module(body), &[]), FailureKind::Time);
    let executors = executors_with(Limits { fuel: Some(10_000_000), ..limits() });
    failure(run_wat(&executors, &module(body), &[]), FailureKind::Fuel);
    assert_next_call_works(&executors);
}

#[test]
fn an_abandoned_loop_of_random_bytes_ends() {
    let body = "(loop $again (call $random (i32.const 0) (i32.const 65536)) (br $again)) (i64.const 0)";
    let executors = executors();
    let wasm = wat::parse_str(module(body)).unwrap();
    let call = executors.prepare(skerry_executors::Lang::Wasm, &wasm, &[], &CallOptions::default()).unwrap();
    let stop = StopFlag::default();
    let outcome = std::thread::scope(|scope| {
        let running = scope.spawn(|| executors.run(call, &stop));
        std::thread::sleep(Duration::from_millis(20));
        stop.set();
        running.join().unwrap()
    });
    failure(outcome, FailureKind::Stopped);
}

#[test]
fn the_time_is_that_of_the_machine() {
    let milliseconds = || UNIX_EPOCH.elapsed().unwrap().as_millis();
    let before = milliseconds();
    let told: u128 = result(run_wat(&executors(), &module("(call $unix_time_ms)"), &[])).parse().unwrap();
    assert!((before..=milliseconds()).contains(&told));
}

#[test]
fn they_must_be_imported_as_what_they_are() {
    for (name, import, expected) in [
        ("random", "(func (param i32 i32) (result i32))", "(i32, i32) -> ()"),
        ("random", "(func (param i64 i64))", "(i32, i32) -> ()"),
        ("unix_time_ms", "(func (result f64))", "() -> (i64)"),
        ("unix_time_ms", "(global i64)", "() -> (i64)"),
    ] {
        let wat = format!(
            r#"(module (import "skerry" "{name}" {import}) (memory (export "memory") 1) (func (export "run")))"#
        );
        assert_mentions(&refusal_of_wat(&wat, &[]), &[name, expected]);
    }
    let no_memory = r#"(module (import "skerry" "random" (func (param i32 i32))) (memory 1) (func (export "run")))"#;
    assert_mentions(&refusal_of_wat(no_memory, &[]), &["skerry.random", "does not export `memory`"]);
    let no_need = r#"(module (import "skerry" "unix_time_ms" (func (result i64))) (func (export "run")))"#;
    run_wat(&executors(), no_need, &[]).result.unwrap();
}
