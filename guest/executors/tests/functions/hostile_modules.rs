//! Modules that are broken at random: whatever they do, it is an answer, never a panic.

use crate::support::{assert_next_call_works, input, limits, output, random, text_of};
use proptest::prelude::*;
use skerry_executors::{CacheLimits, CallOptions, Executors, Lang, Limits, StopFlag};

/// A module with something of every section, to be damaged.
const VICTIM: &str = r#"(module
    (import "skerry" "log" (func $log (param i32 i32)))
    (table 4 funcref) (memory (export "memory") 1 3) (global $g (mut i64) (i64.const 7))
    (elem (i32.const 0) $helper $init) (data (i32.const 16) "some data")
    (func $helper (param i32) (result i32) (i32.div_s (i32.const 100) (local.get 0)))
    (func $init (call $log (i32.const 16) (i32.const 9)))
    (func (export "run") (param $n i32) (param $out i32) (result i32) (local $i i32)
        (block $done (loop $next
            (br_if $done (i32.ge_s (local.get $i) (local.get $n)))
            (global.set $g (i64.mul (global.get $g) (i64.const 31)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $next)))
        (i32.store (local.get $out) (i32.wrap_i64 (global.get $g)))
        (drop (memory.grow (i32.const 1)))
        (call_indirect (param i32) (result i32) (local.get $n) (i32.const 0)))
    (start $init))"#;

/// Executors that end what a damaged loop would never end, after a number of instructions.
fn executors() -> Executors {
    let limits = Limits { fuel: Some(1_000_000), ..limits() };
    Executors::new(limits, CacheLimits { entries: 0, bytes: 0 }, random)
}

fn run_if_possible(executors: &Executors, wasm: &[u8]) {
    let params = [input("int", "3"), output("int", "out")];
    for params in [&params[..], &params[..1], &[]] {
        if let Ok(call) = executors.prepare(Lang::Wasm, wasm, params, &CallOptions::default()) {
            executors.run(call, &StopFlag::default());
        }
    }
}

#[test]
fn the_victim_runs_while_it_is_whole() {
    let executors = executors();
    let wasm = wat::parse_str(VICTIM).unwrap();
    let call = executors
        .prepare(Lang::Wasm, &wasm, &[input("int", "3"), output("int", "out")], &CallOptions::default())
        .unwrap();
    let outcome = executors.run(call, &StopFlag::default());
    assert_eq!(outcome.log, "some data\n");
    assert_eq!(text_of(&outcome.result.unwrap()), Some("208537"));
}

#[test]
fn a_module_cut_off_anywhere_is_an_answer() {
    let executors = executors();
    let wasm = wat::parse_str(VICTIM).unwrap();
    for end in 0..wasm.len() {
        run_if_possible(&executors, &wasm[..end]);
    }
    assert_next_call_works(&executors);
}

proptest! {
    #[test]
    fn random_bytes_are_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let executors = executors();
        run_if_possible(&executors, &bytes);
        run_if_possible(&executors, &[b"\0asm\x01\0\0\0", bytes.as_slice()].concat());
    }

    #[test]
    fn damaged_modules_are_an_answer(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let executors = executors();
        let mut wasm = wat::parse_str(VICTIM).unwrap();
        for (index, byte) in damage {
            let index = index.index(wasm.len());
            wasm[index] = byte;
        }
        run_if_possible(&executors, &wasm);
        assert_next_call_works(&executors);
    }
}
