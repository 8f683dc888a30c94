//! Functions that fail while they run: each ends with a reason, and the next call works.

use crate::support::{
    assert_next_call_works, executors, executors_with, failure, input, limits, output, parameter, result, run_wat,
    success, text_of,
};
use skerry_executors::{CALL_STACK_BYTES, CallOptions, Executors, FailureKind, Lang, Limits, StopFlag};
use std::time::Duration;

const ENDLESS: &str = r#"(module (func (export "run") (loop $again (br $again))))"#;
const ENDLESS_START: &str = r#"(module (func $init (loop $again (br $again))) (start $init) (func (export "run")))"#;

/// Runs a function without parameters, checks that the next one works, and gives the reason of the failure.
#[track_caller]
fn reason(executors: &Executors, wat: &str, kind: FailureKind) -> String {
    let reason = failure(run_wat(executors, wat, &[]), kind);
    assert_next_call_works(executors);
    reason
}

#[test]
fn each_trap_has_its_reason() {
    let executors = executors();
    for (body, expected) in [
        ("(drop (i32.div_s (i32.const 1) (i32.const 0)))", "integer division by zero"),
        ("(drop (i64.rem_u (i64.const 1) (i64.const 0)))", "integer division by zero"),
        ("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", "integer overflow"),
        ("(drop (i32.load (i32.const 65533)))", "out-of-bounds memory access"),
        ("(i32.store (i32.const -1) (i32.const 1))", "out-of-bounds memory access"),
        ("(memory.fill (i32.const 0) (i32.const 1) (i32.const 65537))", "out-of-bounds memory access"),
        ("unreachable", "aborted"),
        ("(drop (i32.trunc_f64_s (f64.const nan)))", "NaN"),
        ("(drop (i32.trunc_f64_s (f64.const 1e30)))", "integer overflow"),
        ("(call_indirect (i32.const 0))", "null function pointer"),
        ("(call_indirect (i32.const 9))", "out-of-bounds table access"),
        ("(call_indirect (param i32) (i32.const 0) (i32.const 1))", "another type"),
    ] {
        let wat = format!(
            r#"(module (memory 1) (table 2 funcref) (elem (i32.const 1) $f) (func $f) (func (export "run") {body}))"#
        );
        let reason = reason(&executors, &wat, FailureKind::Trap);
        assert!(reason.contains(expected), "{body}: {reason}");
    }
}

#[test]
fn an_endless_loop_ends_at_the_time_limit() {
    let executors = executors_with(Limits { time: Duration::from_millis(50), ..limits() });
    let outcome = run_wat(&executors, ENDLESS, &[]);
    assert!(outcome.duration >= Duration::from_millis(50));
    assert_eq!(failure(outcome, FailureKind::Time), "the call ran longer than 50 ms");
    assert_next_call_works(&executors);
}

#[test]
fn an_endless_start_function_ends_at_the_time_limit() {
    let executors = executors_with(Limits { time: Duration::from_millis(50), ..limits() });
    assert!(reason(&executors, ENDLESS_START, FailureKind::Time).contains("50 ms"));
}

#[test]
fn endless_work_within_single_instructions_ends_at_the_time_limit() {
    let executors = executors_with(Limits { time: Duration::from_millis(50), ..limits() });
    let fill = r#"(module (memory 256) (func (export "run")
        (loop $again (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x1000000)) (br $again))))"#;
    reason(&executors, fill, FailureKind::Time);
}

#[test]
fn fuel_ends_a_call_at_the_same_instruction_every_time() {
    let executors = executors_with(Limits { fuel: Some(3_000_000), ..limits() });
    assert_eq!(reason(&executors, ENDLESS, FailureKind::Fuel), "the call used up its fuel");
    reason(&executors, ENDLESS_START, FailureKind::Fuel);
}

#[test]
fn a_long_call_goes_on_over_many_slices_of_fuel() {
    let count = r#"(module (func (export "run") (param i64) (result i64) (local $sum i64)
        (loop $next
            (local.set $sum (i64.add (local.get $sum) (local.get 0)))
            (br_if $next (i32.eqz (i64.eqz (local.tee 0 (i64.sub (local.get 0) (i64.const 1)))))))
        (local.get $sum)))"#;
    assert_eq!(result(run_wat(&executors(), count, &[input("long", "3000000")])), "4500001500000");
}

#[test]
fn the_stop_flag_abandons_a_call_that_runs_and_one_that_has_not_begun() {
    let executors = executors();
    let wasm = wat::parse_str(ENDLESS).unwrap();
    let prepare = || executors.prepare(Lang::Wasm, &wasm, &[], &CallOptions::default()).unwrap();
    let stop = StopFlag::default();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| executors.run(prepare(), &stop));
        stop.set();
        assert_eq!(failure(running.join().unwrap(), FailureKind::Stopped), "the call was abandoned");
    });
    failure(executors.run(prepare(), &stop), FailureKind::Stopped);
    assert_next_call_works(&executors);
}

#[test]
fn endless_recursion_overflows_the_stack() {
    let executors = executors();
    for wat in [
        r#"(module (func $f (export "run") (call $f)))"#,
        r#"(module (func $f (export "run") (param i64) (local i64 i64 i64 i64) (call $f (local.get 4))))"#,
        r#"(module (table 1 funcref) (elem (i32.const 0) $f) (func $f (export "run") (call_indirect (i32.const 0))))"#,
    ] {
        let params = if wat.contains("param") { vec![input("long", "1")] } else { vec![] };
        let reason = failure(run_wat(&executors, wat, &params), FailureKind::Stack);
        assert_eq!(reason, "stack overflow (recursion too deep)");
        assert_next_call_works(&executors);
    }
}

#[test]
fn recursion_that_ends_may_go_ten_thousand_calls_deep() {
    let depth = r#"(module (func $f (export "run") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.const 0)))))"#;
    assert_eq!(result(run_wat(&executors(), depth, &[input("int", "10000")])), "10000");
}

#[test]
fn a_memory_bomb_ends_at_the_memory_limit() {
    let executors = executors();
    let bomb =
        r#"(module (memory 1) (func (export "run") (loop $again (drop (memory.grow (i32.const 1))) (br $again))))"#;
    assert_eq!(reason(&executors, bomb, FailureKind::Memory), "the call used more than 16 MiB of memory");
    let at_once = r#"(module (memory 1) (func (export "run") (drop (memory.grow (i32.const 60000)))))"#;
    assert_eq!(reason(&executors, at_once, FailureKind::Memory), "the call used more than 16 MiB of memory");
}

#[test]
fn a_table_bomb_ends_at_the_memory_limit() {
    let bomb = r#"(module (table 1 funcref) (func (export "run")
        (loop $again (drop (table.grow (ref.null func) (i32.const 1000))) (br $again))))"#;
    assert_eq!(reason(&executors(), bomb, FailureKind::Memory), "the call used more than 16 MiB of memory");
}

#[test]
fn growth_beyond_the_modules_own_maximum_is_the_modules_own_business() {
    let wat = r#"(module (memory 1 2) (func (export "run") (result i32) (memory.grow (i32.const 5))))"#;
    assert_eq!(result(run_wat(&executors(), wat, &[])), "-1");
}

#[test]
fn memory_that_is_too_large_from_the_start_says_how_large() {
    let executors = executors();
    let gigabyte = reason(&executors, r#"(module (memory 16384) (func (export "run")))"#, FailureKind::Memory);
    assert!(gigabyte.contains("1024 MiB") && gigabyte.contains("16 MiB"), "{gigabyte}");
    reason(&executors, r#"(module (table 9000000 funcref) (func (export "run")))"#, FailureKind::Memory);
    reason(&executors, r#"(module (memory 65536) (func (export "run")))"#, FailureKind::Memory);
}

#[test]
fn buffers_count_as_the_calls_memory() {
    let executors = executors();
    let full = r#"(module (memory (export "memory") 256) (func (export "run") (param i32)))"#;
    failure(run_wat(&executors, full, &[output("int", "c")]), FailureKind::Memory);
    let fixed = r#"(module (memory (export "memory") 1 1) (func (export "run") (param i32)))"#;
    failure(run_wat(&executors, fixed, &[output("int", "c")]), FailureKind::Trap);
    assert_next_call_works(&executors);
}

#[test]
fn a_result_beyond_its_limit_fails_the_call_before_it_is_made() {
    let executors = executors_with(Limits { result_bytes: 100, ..limits() });
    let wat = r#"(module (memory (export "memory") 1) (func (export "run") (param i32 i32)))"#;
    let run = |first: &str, second: &str| run_wat(&executors, wat, &[output(first, "a"), output(second, "b")]);
    // Names count too: "a" with 49 characters of text, "b" with 49.
    assert_eq!(success(run("signed char[24]", "signed char[24]")).outs.len(), 2);
    for (first, second) in [
        ("signed char[24]", "signed char[25]"),
        ("signed char[16000000]", "signed char"),
        ("signed char", "signed char[16000000]"),
    ] {
        let reason = failure(run(first, second), FailureKind::Output);
        assert_eq!(reason, "the result is larger than 100 bytes");
    }
    assert_next_call_works(&executors);
}

#[test]
fn data_outside_of_memory_fails_the_call() {
    let executors = executors();
    reason(&executors, r#"(module (memory 1) (data (i32.const 65535) "ab") (func (export "run")))"#, FailureKind::Trap);
    let element = r#"(module (table 1 funcref) (elem (i32.const 1) $f) (func $f (export "run")))"#;
    reason(&executors, element, FailureKind::Trap);
}

#[test]
fn a_log_flood_is_cut_off_and_the_call_goes_on() {
    let executors = executors_with(Limits { log_bytes: 100, ..limits() });
    let flood = r#"(module (import "skerry" "log" (func $log (param i32 i32))) (memory (export "memory") 1)
        (func (export "run") (param i32) (result i32)
            (loop $again
                (call $log (i32.const 0) (i32.const 65536))
                (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (i32.const 42)))"#;
    let outcome = run_wat(&executors, flood, &[input("int", "1000")]);
    assert!(outcome.log.len() < 200 && outcome.log.contains("cut off after 100 bytes"));
    assert_eq!(result(outcome), "42");
}

#[test]
fn logging_what_lies_outside_of_memory_is_a_trap_and_keeps_the_log_so_far() {
    let wat = r#"(module (import "skerry" "log" (func $log (param i32 i32))) (memory (export "memory") 1)
        (func (export "run") (param i32 i32)
            (i32.store8 (i32.const 0) (i32.const 65)) (call $log (i32.const 0) (i32.const 1))
            (call $log (local.get 0) (local.get 1))))"#;
    let executors = executors();
    for (pointer, length) in [("65536", "1"), ("0", "65537"), ("-1", "1"), ("0", "-1"), ("-1", "-1")] {
        let outcome = run_wat(&executors, wat, &[input("int", pointer), input("int", length)]);
        assert_eq!(outcome.log, "A\n");
        assert_eq!(failure(outcome, FailureKind::Trap), "out-of-bounds memory access");
    }
    assert_next_call_works(&executors);
}

#[test]
fn a_call_leaves_nothing_behind_for_the_next() {
    let executors = executors();
    let wat = r#"(module (memory (export "memory") 1) (global $g (mut i32) (i32.const 0))
        (func (export "run") (param i32) (result i32)
            (global.set $g (i32.add (global.get $g) (i32.const 1)))
            (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
            (if (local.get 0) (then unreachable))
            (i32.add (global.get $g) (i32.load (i32.const 0)))))"#;
    for _ in 0..3 {
        failure(run_wat(&executors, wat, &[input("int", "1")]), FailureKind::Trap);
        assert_eq!(result(run_wat(&executors, wat, &[input("int", "0")])), "2");
    }
}

#[test]
fn memory_of_all_calls_is_given_back_after_each_way_to_end() {
    let executors = executors_with(Limits { memory_all_calls_bytes: 16 * 1024 * 1024, ..limits() });
    for body in ["", "unreachable", "(drop (memory.grow (i32.const 1000)))"] {
        let wat = format!(r#"(module (memory 200) (func (export "run") {body}))"#);
        let outcome = run_wat(&executors, &wat, &[]);
        assert_eq!(outcome.result.is_ok(), body.is_empty());
        assert_next_call_works(&executors);
    }
    let list = success(run_wat(
        &executors,
        r#"(module (memory (export "memory") 1) (func (export "run") (param i32)))"#,
        &[parameter("int[]", "list", "[1,2]", "OUT")],
    ));
    assert_eq!(text_of(&list), Some("[1,2]"));
}

/// The interpreter's way from instruction to instruction must not use up native stack, whoever compiled it: see the
/// features of wasmi in this crate's manifest. Here are the instructions for which optimisers have missed a tail call.
#[test]
fn no_instruction_uses_up_native_stack() {
    for body in [
        "",
        "(drop (memory.grow (i32.const 0)))",
        "(drop (table.grow (ref.null func) (i32.const 0)))",
        "(drop (call_indirect (result i32) (i32.const 0)))",
        "(drop (call $one))",
        "(drop (call $tail))",
        "(drop (call $tail_indirect))",
        "(call $log (i32.const 0) (i32.const 0))",
        "(memory.fill (i32.const 0) (i32.const 1) (i32.const 2))",
        "(memory.copy (i32.const 0) (i32.const 1) (i32.const 2))",
        "(drop (block $a (result i32) (block $b (result i32) (br_table $a $b (i32.const 7) (local.get $i)))))",
        "(block $a (result i32 i64) (block $b (result i32 i64)
            (br_table $a $b (i32.const 7) (i64.const 8) (local.get $i)))) (drop) (drop)",
    ] {
        let wat = format!(
            r#"(module (import "skerry" "log" (func $log (param i32 i32))) (memory (export "memory") 1)
            (table 1 funcref) (elem (i32.const 0) $one) (func $one (result i32) (i32.const 1))
            (func $tail (result i32) (return_call $one))
            (func $tail_indirect (result i32) (return_call_indirect (result i32) (i32.const 0)))
            (func (export "run") (result i32) (local $i i32)
                (loop $next {body}
                    (br_if $next (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))
                (local.get $i)))"#
        );
        let run = move || result(run_wat(&executors(), &wat, &[]));
        let thread = std::thread::Builder::new().stack_size(256 * 1024 + CALL_STACK_BYTES).spawn(run).unwrap();
        assert_eq!(thread.join().unwrap(), "100000", "{body}");
    }
}

#[test]
fn memory_that_grows_when_the_fuel_of_a_slice_is_nearly_used_up_is_given() {
    // A large growth takes a fifth of a slice's fuel. What is spent before differs by less than that from call to call.
    let wat = r#"(module (memory 1) (func (export "run") (param $spent i32) (result i32)
        (loop $spend (br_if $spend (i32.gt_s (local.tee $spent (i32.sub (local.get $spent) (i32.const 1))) (i32.const 0))))
        (drop (memory.grow (i32.const 200)))
        (memory.size)))"#;
    let executors = executors();
    for spent in (0..500_000).step_by(25_000) {
        assert_eq!(result(run_wat(&executors, wat, &[input("int", &spent.to_string())])), "201");
    }
}
