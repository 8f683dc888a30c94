//! Functions that fail: each says why, ends its own call and nothing else, whichever way it was called.

use skerry_tests::faas::{SYNC, c, endless, failure, input, wasm};
use skerry_tests::runtime::Runtime;

/// Functions that fail by themselves, and words of the reason that users get.
pub(super) fn failing() -> Vec<(String, &'static str)> {
    let wasm_out_of_bounds =
        r#"(module (memory 1) (func (export "run") (result i32) (i32.load (i32.const 0x7fffffff))))"#;
    let bomb = r#"(module (memory 1) (func (export "run") (loop (drop (memory.grow (i32.const 16))) (br 0))))"#;
    let table_bomb = r#"(module (table 1 funcref) (func (export "run")
        (loop (drop (table.grow (ref.null func) (i32.const 10000))) (br 0))))"#;
    vec![
        (wasm(r#"(module (func (export "run") unreachable))"#, &[]), "unreachable"),
        (c("int f(int x) { return 1 / x; }", &[input("int", "0")]), "division by zero"),
        (c("long f(long x) { return x % 0; }", &[input("long", "1")]), "division by zero"),
        (c("int f(int i) { int v[4] = {0}; return v[i]; }", &[input("int", "2000000000")]), "out-of-bounds"),
        (c("int f(int *p) { return p[100000000]; }", &[input("int[]", "[1]")]), "out-of-bounds"),
        (wasm(wasm_out_of_bounds, &[]), "out-of-bounds"),
        (c("int f(int x) { return x + f(x + 1); }", &[input("int", "0")]), "stack overflow"),
        (wasm(r#"(module (func $f (export "run") (call $f)))"#, &[]), "stack overflow"),
        (wasm(bomb, &[]), "memory"),
        (wasm(table_bomb, &[]), "memory"),
        (wasm(r#"(module (memory 16384) (func (export "run")))"#, &[]), "1024 MiB"),
        (endless(), "longer than 1 s"),
        (wasm(r#"(module (func (export "run") (loop (br 0))))"#, &[]), "longer than 1 s"),
    ]
}

#[test]
fn a_call_says_why_it_failed_and_the_next_one_works() {
    let runtime = Runtime::start(&["call-time-limit-ms=1000"]);
    let failing = failing();
    for (body, reason) in &failing {
        let said = failure(&runtime.post(SYNC, body));
        assert!(said.contains(reason), "{reason:?} is not in {said:?}");
        runtime.serves_the_next_client();
    }
    let metrics = runtime.get("/metrics").body;
    assert!(metrics.contains(&format!("\nsr_func_failed_total {}\n", failing.len())), "{metrics}");
}

#[test]
fn a_task_says_why_it_failed_and_the_next_one_works() {
    let runtime = Runtime::start(&["call-time-limit-ms=1000"]);
    // All at once: they fail beside each other.
    let tasks: Vec<_> = failing().into_iter().map(|(body, reason)| (runtime.start_task(&body), reason)).collect();
    for (task, reason) in tasks {
        let status = runtime.finished_task(&task);
        assert_eq!((&status["state"], &status["res"]["ret_code"]), (&"FAILED".into(), &(-1).into()), "{status}");
        let said = status["res"]["err"].as_str().unwrap();
        // Beside each other they may also use up what all calls may have together.
        assert!(said.contains(reason) || said.contains("all calls"), "{reason:?} is not in {said:?}");
    }
    runtime.serves_the_next_client();
}

#[test]
fn recursion_may_go_deep_as_long_as_it_ends() {
    let runtime = Runtime::start(&[]);
    let source = "int depth(int n) { return n == 0 ? 0 : 1 + depth(n - 1); }";
    assert_eq!(skerry_tests::faas::result(&runtime.post(SYNC, &c(source, &[input("int", "5000")]))), "5000");
}

#[test]
fn source_that_nests_deeply_or_says_much_is_refused_and_not_followed() {
    let runtime = Runtime::start(&[]);
    let (open, close) = ("(".repeat(100_000), ")".repeat(100_000));
    for source in [
        format!("int f(int x) {{ return {open}x{close}; }}"),
        format!("int f(int x) {{ return {}x; }}", "-~".repeat(100_000)),
        format!("int f(int x) {}x;{}", "{".repeat(100_000), "}".repeat(100_000)),
        format!("int f(int x) {{ return x{}; }}", " + x".repeat(200_000)),
        format!("int f({}int x) {{ return x; }}", "int a,".repeat(50_000)),
        "#define A A A\n#define B A A A A\nint f(int x) { return B; }".to_owned(),
        "x".repeat(1_000_000),
        "/*".repeat(500_000),
    ] {
        let answer = runtime.post(SYNC, &c(&source, &[input("int", "1")]));
        assert!(answer.status == 405 || answer.status == 200, "{:.60}…: {answer:?}", source);
        runtime.serves_the_next_client();
    }
}
