//! The flavour `jit`: functions as machine code, within the same limits and with the same words.

use skerry_tests::faas::{SYNC, c, endless, failure, input, result, status_path, wasm};
use skerry_tests::image;
use skerry_tests::process::wait_for;
use skerry_tests::runtime::{Runtime, Setup};

use super::functions_that_fail::failing;

/// Machine code takes more room than what is interpreted, and so does its maker.
const MEMORY_MIB: u32 = 128;

fn start(cpu_count: u32, options: &[&str]) -> Runtime {
    Runtime::boot(&Setup { memory_mib: MEMORY_MIB, cpu_count, ..Setup::of(image::jit(), options) })
}

#[test]
fn functions_in_c_and_webassembly_give_their_results_as_machine_code() {
    let runtime = start(1, &[]);
    runtime.serves_the_next_client();
    let fib = "int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }";
    let text =
        "#include <stdio.h>\n#include <math.h>\ndouble f(double x) { printf(\"%.3f\\n\", x); return pow(x, 2); }";
    let swap = r#"(module (func (export "run") (param f32 i64) (result f32) (local.get 0)))"#;
    for _ in 0..3 {
        assert_eq!(result(&runtime.post(SYNC, &c(fib, &[input("int", "25")]))), "75025");
        assert_eq!(result(&runtime.post(SYNC, &c(text, &[input("double", "1.5")]))), "2.25");
        let params = [input("float", "0.5"), input("long", "7")];
        assert_eq!(result(&runtime.post(SYNC, &wasm(swap, &params))), "0.5");
    }
}

#[test]
fn machine_code_that_fails_says_why_and_the_next_call_works() {
    let runtime = start(1, &["call-time-limit-ms=1000"]);
    for (body, reason) in failing() {
        let said = failure(&runtime.post(SYNC, &body));
        assert!(said.contains(reason), "{reason:?} is not in {said:?}");
        runtime.serves_the_next_client();
    }
}

#[test]
fn machine_code_lets_others_have_the_processor() {
    let runtime = start(1, &["workers=2", "call-time-limit-ms=20000"]);
    let task = runtime.start_task(&endless());
    wait_for("the task to run", || (runtime.get(&status_path(&task)).json()["state"] == "WORKING").then_some(()));
    for _ in 0..5 {
        runtime.serves_the_next_client();
    }
    assert_eq!(runtime.finished_task(&task)["state"], "FAILED");
}

#[test]
fn machine_code_runs_on_two_processors() {
    let runtime = start(2, &["workers=4"]);
    std::thread::scope(|scope| {
        for client in 0..4 {
            let runtime = &runtime;
            scope.spawn(move || {
                for round in 0..10 {
                    // Each its own code, so that code is made on one processor while it runs on another.
                    let source = format!("int f(int n) {{ return n + {}; }}", client * 100 + round);
                    let answer = runtime.post(SYNC, &c(&source, &[input("int", "1")]));
                    assert_eq!(result(&answer), (client * 100 + round + 1).to_string());
                }
            });
        }
    });
}

#[test]
fn more_code_than_the_cache_holds_gives_its_memory_back() {
    let runtime = start(1, &[]);
    for round in 0..150 {
        let source = format!("int f(int n) {{ return n * {round}; }}");
        assert_eq!(result(&runtime.post(SYNC, &c(&source, &[input("int", "2")]))), (2 * round).to_string());
    }
}
