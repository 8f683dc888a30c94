//! WASI preview 1: programs, their arguments, streams, clocks and ends; and modules that only import it.

use crate::support::{
    assert_mentions, assert_next_call_works, executors, executors_with, failure, input, limits, output, parameter,
    random, refusal_of_wat, result, run_wat, success, text_of,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use skerry_executors::{CallOptions, FailureKind, Lang, Limits, Outcome, StopFlag};
use std::time::{Duration, UNIX_EPOCH};

/// Imports of the functions that the tests use.
const IMPORTS: &str = r#"
    (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_res_get" (func $clock_res_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_filestat_get" (func $fd_filestat_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
    (import "wasi_snapshot_preview1" "sock_recv" (func $sock_recv (param i32 i32 i32 i32 i32 i32) (result i32)))
"#;

/// A program with two pages of memory; an `iovec` at 0 is of the 8 bytes at 64.
fn program(body: &str) -> String {
    format!(
        r#"(module {IMPORTS} (memory (export "memory") 2) (data (i32.const 0) "\40\00\00\00\08\00\00\00")
        (func $write (param $descriptor i32) (param $address i32) (param $length i32)
            (i32.store (i32.const 32) (local.get $address)) (i32.store (i32.const 36) (local.get $length))
            (drop (call $fd_write (local.get $descriptor) (i32.const 32) (i32.const 1) (i32.const 40))))
        (func (export "_start") {body}))"#
    )
}

/// A function that gives what `body` leaves, an i32.
fn function(body: &str) -> String {
    program("").replace(r#"(func (export "_start") )"#, &format!(r#"(func (export "run") (result i32) {body})"#))
}

fn errno(body: &str) -> String {
    result(run_wat(&executors(), &function(body), &[]))
}

fn text(name: &str, value: &str) -> Vec<u8> {
    parameter("char*", name, value, "IN")
}

#[test]
fn a_programs_arguments_are_the_parameters_in_their_order() {
    // Everything behind the first name, NULs and all.
    let body = r"(drop (call $args_sizes_get (i32.const 8) (i32.const 12)))
        (drop (call $args_get (i32.const 128) (i32.const 1024)))
        (call $write (i32.const 1) (i32.load (i32.const 132))
            (i32.sub (i32.load (i32.const 12)) (i32.sub (i32.load (i32.const 132)) (i32.const 1024))))";
    let parameters =
        [text("x", "a b"), input("int", "-7"), input("double", "1.5"), input("int[]", "[1,2]"), text("y", "")];
    assert_eq!(result(run_wat(&executors(), &program(body), &parameters)), "a b\0-7\x001.5\0[1,2]\0\0");
}

#[test]
fn the_environment_is_the_parameter_of_that_name() {
    let body = r"(drop (call $environ_sizes_get (i32.const 8) (i32.const 12)))
        (drop (call $environ_get (i32.const 128) (i32.const 1024)))
        (call $write (i32.const 1) (i32.const 1024) (i32.load (i32.const 12)))";
    assert_eq!(result(run_wat(&executors(), &program(body), &[text("env", "A=1\nB=x=y\n")])), "A=1\0B=x=y\0");
    assert_eq!(result(run_wat(&executors(), &program(body), &[])), "");
    assert_mentions(&refusal_of_wat(&program(body), &[text("env", "A=1\n=2")]), &["params[0]", "NAME=value"]);
    assert_mentions(&refusal_of_wat(&program(body), &[text("env", "A")]), &["NAME=value"]);
}

#[test]
fn a_program_reads_its_input_to_the_end_and_its_output_is_the_result() {
    // Copies, eight bytes at a time.
    let copy = r"(loop $again
        (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
        (call $write (i32.const 1) (i32.const 64) (i32.load (i32.const 16)))
        (br_if $again (i32.load (i32.const 16))))";
    let long = "0123456789 ä€ \0 and so on";
    let raw = |value: &[u8]| {
        let value = STANDARD.encode(value);
        format!(r#"{{"type":"bytes","var_name":"stdin","value":"{value}","mode":"IN"}}"#).into_bytes()
    };
    assert_eq!(result(run_wat(&executors(), &program(copy), &[raw(long.as_bytes())])), long);
    assert_eq!(result(run_wat(&executors(), &program(copy), &[])), "");
    let bytes: Vec<u8> = (0..=255).collect();
    let given = success(run_wat(&executors(), &program(copy), &[raw(&bytes)])).result;
    assert_eq!(given, Some(bytes), "output need not be text");
}

#[test]
fn parameters_that_no_program_can_have_are_refused() {
    assert_mentions(&refusal_of_wat(&program(""), &[output("int", "c")]), &["params[0]", "stdout"]);
    let nul = br#"{"type":"bytes","var_name":"x","value":"AA==","mode":"IN"}"#.to_vec();
    assert_mentions(&refusal_of_wat(&program(""), &[nul]), &["params[0]", "NUL"]);
    let odd = r#"(module (memory (export "memory") 1) (func (export "_start") (param i32)))"#;
    assert_mentions(&refusal_of_wat(odd, &[]), &["_start"]);
}

#[test]
fn stderr_goes_to_the_log_and_so_does_stdout_of_a_function() {
    let hello = r#"(i64.store (i32.const 64) (i64.const 0x0a6f6c6c656820)) (call $write (i32.const {fd}) (i32.const 64) (i32.const 3))
        (call $write (i32.const {fd}) (i32.const 67) (i32.const 4))"#;
    let outcome = run_wat(&executors(), &program(&hello.replace("{fd}", "2")), &[]);
    assert_eq!((outcome.log.as_str(), text_of(&success(outcome.clone()))), (" hello\n", Some("")));
    for descriptor in ["1", "2"] {
        let body = hello.replace("{fd}", descriptor) + "(i32.const 7)";
        let outcome = run_wat(&executors(), &function(&body), &[]);
        assert_eq!((outcome.log.as_str(), result(outcome.clone()).as_str()), (" hello\n", "7"));
    }
}

#[test]
fn an_exit_with_code_0_is_success_and_any_other_is_failure() {
    let written = "(call $write (i32.const 1) (i32.const 0) (i32.const 1))";
    let exit = |code: i64| format!("{written} (call $proc_exit (i32.const {code})) (loop $forever (br $forever))");
    assert_eq!(result(run_wat(&executors(), &program(&exit(0)), &[])), "@");
    for code in [1, 255, 4_294_967_295] {
        let reason = failure(run_wat(&executors(), &program(&exit(code)), &[]), FailureKind::Exception);
        assert_eq!(reason, format!("the program ended with exit code {code}"));
    }
    let function_exits = function("(call $proc_exit (i32.const 0)) (i32.const 1)");
    assert_eq!(success(run_wat(&executors(), &function_exits, &[])).result, None);
}

#[test]
fn a_module_that_is_no_program_is_initialized_before_its_function_runs() {
    let reactor = r#"(module (global $ready (mut i32) (i32.const 1))
        (func (export "_initialize") (global.set $ready (i32.mul (global.get $ready) (i32.const 21))))
        (func (export "answer") (result i32) (i32.mul (global.get $ready) (i32.const 2))))"#;
    assert_eq!(result(run_wat(&executors(), reactor, &[])), "42");
    // Whoever exports `run` beside a program means `run`.
    let both = r#"(module (func (export "_start") unreachable) (func (export "run") (result i32) (i32.const 1)))"#;
    assert_eq!(result(run_wat(&executors(), both, &[])), "1");
}

#[test]
fn clocks_tell_the_time_and_there_are_no_others() {
    let milliseconds = || UNIX_EPOCH.elapsed().unwrap().as_millis();
    let before = milliseconds();
    let realtime = r"(drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 64)))
        (call $write (i32.const 1) (i32.const 64) (i32.const 8))";
    let told = success(run_wat(&executors(), &program(realtime), &[])).result.unwrap();
    let told = u128::from(u64::from_le_bytes(told.try_into().unwrap()) / 1_000_000);
    assert!((before..=milliseconds()).contains(&told));
    for (clock, expected) in [("0", "0"), ("1", "0"), ("2", "0"), ("3", "0"), ("4", "28"), ("-1", "28")] {
        assert_eq!(
            errno(&format!("(call $clock_time_get (i32.const {clock}) (i64.const 0) (i32.const 64))")),
            expected
        );
        assert_eq!(errno(&format!("(call $clock_res_get (i32.const {clock}) (i32.const 64))")), expected);
    }
}

#[test]
fn random_bytes_are_those_of_the_machine_however_many() {
    let mut given = vec![0; 8];
    random(&mut given).unwrap();
    let body = r"(drop (call $random_get (i32.const 64) (i32.const 8))) (call $write (i32.const 1) (i32.const 60) (i32.const 16))";
    let seen = success(run_wat(&executors(), &program(body), &[])).result.unwrap();
    assert_eq!((&seen[4..12], &seen[12..]), (given.as_slice(), &[0; 4][..]));
    assert_eq!(errno("(call $random_get (i32.const 0) (i32.const 131072))"), "0");
    assert_eq!(errno("(call $random_get (i32.const 1) (i32.const 131072))"), "21");
    assert_eq!(errno("(call $random_get (i32.const -1) (i32.const -1))"), "21");
}

#[test]
fn there_are_three_streams_and_nothing_else() {
    for (call, expected) in [
        ("(call $fd_close (i32.const 1))", "0"),
        ("(call $fd_close (i32.const 3))", "8"),
        ("(call $fd_fdstat_get (i32.const 2) (i32.const 64))", "0"),
        ("(call $fd_fdstat_get (i32.const 3) (i32.const 64))", "8"),
        ("(call $fd_filestat_get (i32.const 0) (i32.const 64))", "0"),
        ("(call $fd_prestat_get (i32.const 3) (i32.const 64))", "8"),
        ("(call $fd_seek (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 64))", "70"),
        ("(call $fd_seek (i32.const 5) (i64.const 0) (i32.const 0) (i32.const 64))", "8"),
        ("(call $fd_read (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))", "8"),
        ("(call $fd_write (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16))", "8"),
        (
            "(call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 64))",
            "8",
        ),
        (
            "(call $sock_recv (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64) (i32.const 64))",
            "52",
        ),
        ("(call $sched_yield)", "0"),
    ] {
        assert_eq!(errno(call), expected, "{call}");
    }
    // What is not a terminal by its type and rights is not written to line by line.
    let rights = "(drop (call $fd_fdstat_get (i32.const 1) (i32.const 64))) (i32.add (i32.load8_u (i32.const 64)) (i32.load (i32.const 72)))";
    assert_eq!(errno(rights), (2 + (1 << 1) + (1 << 6)).to_string());
}

#[test]
fn addresses_outside_of_memory_are_an_error_number_and_nothing_is_touched() {
    for call in [
        "(call $fd_write (i32.const 1) (i32.const 131065) (i32.const 1) (i32.const 16))",
        "(call $fd_write (i32.const 1) (i32.const -8) (i32.const 2) (i32.const 16))",
        "(call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 131069))",
        "(call $fd_read (i32.const 0) (i32.const -1) (i32.const 1) (i32.const 16))",
        "(i32.store (i32.const 4) (i32.const 131009)) (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))",
        "(i32.store (i32.const 4) (i32.const -1)) (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 16))",
        "(i32.store (i32.const 0) (i32.const -4)) (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16))",
        "(call $args_get (i32.const 131070) (i32.const 0))",
        "(call $args_get (i32.const 0) (i32.const 131070))",
        "(call $args_get (i32.const -1) (i32.const -1))",
        "(call $args_sizes_get (i32.const 131069) (i32.const 0))",
        "(call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 131065))",
        "(call $fd_fdstat_get (i32.const 1) (i32.const -20))",
        "(call $poll_oneoff (i32.const -16) (i32.const 0) (i32.const 1) (i32.const 0))",
        "(call $poll_oneoff (i32.const 0) (i32.const 131041) (i32.const 1) (i32.const 0))",
        "(call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 131069))",
    ] {
        let executors = executors();
        let outcome = run_wat(&executors, &function(call), &[]);
        assert_eq!((outcome.log.as_str(), result(outcome.clone()).as_str()), ("", "21"), "{call}");
        assert_next_call_works(&executors);
    }
}

#[test]
fn too_many_pieces_or_too_much_in_them_is_an_error_number() {
    for count in ["1025", "-1", "536870912"] {
        assert_eq!(
            errno(&format!("(call $fd_write (i32.const 1) (i32.const 0) (i32.const {count}) (i32.const 16))")),
            "28"
        );
    }
    for count in ["0", "1025", "-1"] {
        assert_eq!(
            errno(&format!("(call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const {count}) (i32.const 16))")),
            "28"
        );
    }
    assert_eq!(errno("(call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 16))"), "0");
}

/// A loop whose every turn writes a thousand pieces, each of the same 64 KiB, to a descriptor.
fn flood(descriptor: i32) -> String {
    program(&format!(
        r"(local $at i32) (local.set $at (i32.const 1024))
        (loop $fill (i32.store (local.get $at) (i32.const 65536)) (i32.store offset=4 (local.get $at) (i32.const 65536))
            (local.set $at (i32.add (local.get $at) (i32.const 8))) (br_if $fill (i32.lt_u (local.get $at) (i32.const 9024))))
        (loop $again (drop (call $fd_write (i32.const {descriptor}) (i32.const 1024) (i32.const 1000) (i32.const 16))) (br $again))"
    ))
}

#[test]
fn a_flood_of_output_ends_the_call_and_one_of_log_is_cut_off_and_timed() {
    let executors = executors_with(Limits { time: Duration::from_millis(300), ..limits() });
    let reason = failure(run_wat(&executors, &flood(1), &[]), FailureKind::Output);
    assert_mentions(&reason, &["larger than 1 MiB"]);
    let outcome = run_wat(&executors, &flood(2), &[]);
    assert_mentions(&outcome.log, &["log cut off"]);
    failure(outcome, FailureKind::Time);
    assert_next_call_works(&executors);
}

#[test]
fn output_of_just_the_limit_is_given_and_one_byte_more_is_not() {
    let executors = executors_with(Limits { result_bytes: 8, ..limits() });
    let body = |length: u32| format!("(call $write (i32.const 1) (i32.const 64) (i32.const {length}))");
    assert_eq!(result(run_wat(&executors, &program(&body(8)), &[])).len(), 8);
    failure(run_wat(&executors, &program(&body(9)), &[]), FailureKind::Output);
    failure(run_wat(&executors, &program(&(body(8) + &body(1))), &[]), FailureKind::Output);
}

/// Waits by the monotonic clock for as many nanoseconds, and gives the error number.
fn waiting(nanoseconds: i64) -> String {
    format!(
        r"(i32.store (i32.const 272) (i32.const 1)) (i64.store (i32.const 280) (i64.const {nanoseconds}))
        (i64.store (i32.const 256) (i64.const 77))
        (call $poll_oneoff (i32.const 256) (i32.const 512) (i32.const 1) (i32.const 16))"
    )
}

#[test]
fn a_wait_lasts_as_long_as_it_should_and_tells_what_has_come() {
    let body = waiting(20_000_000)
        + "(i32.mul (i32.const 1000)) (i32.add (i32.load (i32.const 512))) (i32.add (i32.load (i32.const 16)))";
    let outcome = run_wat(&executors(), &function(&body), &[]);
    assert!(outcome.duration >= Duration::from_millis(20));
    assert_eq!(result(outcome), "78");
}

#[test]
fn of_several_waits_only_the_shortest_and_streams_that_are_ready_are_told() {
    let two = |first: &str, second: &str| {
        format!(
            r"(i32.store (i32.const 272) (i32.const 1)) {first} (i32.store (i32.const 320) (i32.const 1)) {second}
            (drop (call $poll_oneoff (i32.const 256) (i32.const 512) (i32.const 2) (i32.const 16))) (i32.load (i32.const 16))"
        )
    };
    let wait = |at: u32, nanoseconds: u64| format!("(i64.store (i32.const {at}) (i64.const {nanoseconds}))");
    assert_eq!(errno(&two(&wait(280, 1_000), &wait(328, 60_000_000_000))), "1");
    assert_eq!(errno(&two(&wait(280, 1_000), &wait(328, 1_000))), "2");
    let stream = "(i32.store8 (i32.const 312) (i32.const 2))";
    assert_eq!(errno(&two(&wait(280, 60_000_000_000), stream)), "1");
}

#[test]
fn a_wait_ends_with_the_calls_time_or_when_nobody_wants_it() {
    let forever = function(&waiting(-1));
    let executors = executors_with(Limits { time: Duration::from_millis(50), ..limits() });
    failure(run_wat(&executors, &forever, &[]), FailureKind::Time);
    let executors = crate::support::executors();
    let call = executors.prepare(Lang::Wasm, &wat::parse_str(&forever).unwrap(), &[], &CallOptions::default()).unwrap();
    let stop = StopFlag::default();
    let outcome: Outcome = std::thread::scope(|scope| {
        let running = scope.spawn(|| executors.run(call, &stop));
        std::thread::sleep(Duration::from_millis(20));
        stop.set();
        running.join().unwrap()
    });
    failure(outcome, FailureKind::Stopped);
}

#[test]
fn functions_of_wasi_must_be_imported_as_what_they_are() {
    let import = |name: &str, ty: &str| {
        format!(
            r#"(module (import "wasi_snapshot_preview1" "{name}" {ty}) (memory (export "memory") 1) (func (export "_start")))"#
        )
    };
    assert_mentions(
        &refusal_of_wat(&import("fd_write", "(func (param i32) (result i32))"), &[]),
        &["fd_write", "(i32, i32, i32, i32) -> (i32)"],
    );
    assert_mentions(
        &refusal_of_wat(&import("proc_exit", "(func (param i32) (result i32))"), &[]),
        &["proc_exit", "(i32) -> ()"],
    );
    assert_mentions(
        &refusal_of_wat(&import("fd_seek", "(func (param i32 i32 i32 i32) (result i32))"), &[]),
        &["(i32, i64, i32, i32) -> (i32)"],
    );
    assert_mentions(&refusal_of_wat(&import("fd_opendir", "(func)"), &[]), &["fd_opendir"]);
    let no_memory =
        r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (func (export "_start")))"#;
    assert_mentions(&refusal_of_wat(no_memory, &[]), &["sched_yield", "does not export `memory`"]);
}

#[test]
fn a_call_sees_nothing_of_the_streams_of_the_one_before() {
    let executors = executors();
    let body = r"(drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
        (call $write (i32.const 1) (i32.const 64) (i32.load (i32.const 16)))";
    for value in ["first", "2", ""] {
        assert_eq!(result(run_wat(&executors, &program(body), &[text("stdin", value)])), value);
    }
}
